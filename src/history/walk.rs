//! The *walk* goes from HEAD back through all its ancestors, not only first parents, and answers what a
//! plan asks. A commit that changes nothing of the workspace costs a look at one tree; a file that
//! doesn't change is read once; the walk ends when every question is answered.

use super::{
    History, Questions,
    part::{Content, Contents, Interest, Part, assembled},
};
use crate::{
    model::{Address, Ancestry, Commit, Gap, Removed, Version},
    repo::{BlobId, Holdings, Step},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

/// How many bytes of files are kept between commits.
const KEPT: usize = 48 << 20;

/// How many commits are remembered with what they declare.
const REMEMBERED: usize = 256;

/// What one commit declares of what is asked for.
#[derive(Default)]
struct Snapshot {
    /// The tree that says so; nothing of a commit that is no evidence.
    tree: Option<Holdings>,
    entries: BTreeMap<Address, Rc<Content>>,
}

impl Snapshot {
    /// The keys by which the portal knows what is declared.
    fn keys(&self) -> BTreeSet<Address> {
        let keys = self
            .entries
            .iter()
            .map(|(address, content)| Address::new(address.kind, content.portal_key.clone()));
        keys.collect()
    }
}

/// Answers `questions` from the ancestors of HEAD.
pub(super) fn ancestry(
    history: &History,
    questions: &Questions<'_>,
    since: Option<&Commit>,
) -> Ancestry {
    let mut addresses = questions.resources.clone();
    addresses.extend(questions.previously.values().cloned());
    let steps = match history.git.ancestors(since) {
        Ok(steps) => steps,
        Err(gap) => {
            return Ancestry {
                incomplete: Some(gap),
                ..Ancestry::default()
            };
        }
    };
    // A predecessor that is found on the way is asked for from the beginning.
    loop {
        let known = addresses.len();
        let mut walk = Walk::new(history, questions, addresses);
        walk.run(&steps);
        if walk.interest.addresses.len() + walk.found.len() == known {
            return walk.finish();
        }
        addresses = walk.interest.addresses;
        addresses.append(&mut walk.found);
    }
}

struct Walk<'a> {
    history: &'a History,
    questions: &'a Questions<'a>,
    interest: Interest,
    /// Addresses to ask for too.
    found: BTreeSet<Address>,
    ancestry: Ancestry,
    /// Which address each had directly before, in the order in which that is found.
    links: BTreeMap<Address, Vec<Address>>,
    /// Removals that only a merge can have made.
    by_merge: BTreeMap<Address, Removed>,
    /// Resources that no version explains yet.
    unexplained: BTreeSet<Address>,
    /// Resources of which the commit isn't known that introduced what HEAD declares.
    unattributed: BTreeSet<Address>,
    /// Objects of which no removal is known.
    unfound: BTreeSet<Address>,
    /// The trees whose declarations are known.
    versioned: BTreeSet<Holdings>,
    /// The trees whose renames are known.
    linked: BTreeSet<Holdings>,
    seen_contents: BTreeSet<usize>,
    head: Rc<Snapshot>,
    head_keys: BTreeSet<Address>,
    parts: BTreeMap<BlobId, Rc<Part>>,
    contents: Contents,
    trees: BTreeMap<Holdings, Rc<Snapshot>>,
    commits: BTreeMap<BlobId, Option<Rc<Snapshot>>>,
    order: VecDeque<BlobId>,
}

impl<'a> Walk<'a> {
    fn new(
        history: &'a History,
        questions: &'a Questions<'a>,
        addresses: BTreeSet<Address>,
    ) -> Self {
        let mut links: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        for (address, previous) in &questions.previously {
            links
                .entry(address.clone())
                .or_default()
                .push(previous.clone());
        }
        Self {
            history,
            questions,
            interest: Interest::new(addresses, questions.objects.clone(), questions.capabilities),
            found: BTreeSet::new(),
            ancestry: Ancestry::default(),
            links,
            by_merge: BTreeMap::new(),
            unexplained: if questions.is_answered.is_some() {
                questions.resources.clone()
            } else {
                BTreeSet::new()
            },
            unattributed: questions.resources.clone(),
            unfound: questions.objects.clone(),
            versioned: BTreeSet::new(),
            linked: BTreeSet::new(),
            seen_contents: BTreeSet::new(),
            head: Rc::default(),
            head_keys: BTreeSet::new(),
            parts: BTreeMap::new(),
            contents: Contents::new(),
            trees: BTreeMap::new(),
            commits: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    fn run(&mut self, steps: &[Step]) {
        let Some(first) = steps.first() else { return };
        self.head = self.snapshot(first.id).unwrap_or_default();
        self.head_keys = self.head.keys();
        let head = Rc::clone(&self.head);
        self.unattributed
            .retain(|address| head.entries.contains_key(address));
        for step in steps {
            self.step(step);
            if self.is_done() {
                break;
            }
        }
    }

    fn step(&mut self, step: &Step) {
        if step.is_boundary {
            self.gap(boundary());
        }
        let now = self.snapshot(step.id);
        if let Some(now) = &now {
            self.versions(now);
        }
        let parents: Vec<Option<Rc<Snapshot>>> =
            step.parents.iter().map(|id| self.snapshot(*id)).collect();
        // The commit that was last applied is a parent and no step, and says which renames it took.
        for snapshot in now.iter().chain(parents.iter().flatten()) {
            self.predecessors(snapshot);
        }
        // What another portal's files say, and a folder that isn't there, removes nothing.
        let Some(now) = now else { return };
        let differs = |parent: &Rc<Snapshot>| parent.tree != now.tree;
        if parents.iter().flatten().any(differs)
            || parents.iter().any(Option::is_none)
            || parents.is_empty()
        {
            self.changed(step, &now, &parents);
        }
        for (id, parent) in step.parents.iter().zip(&parents) {
            match parent {
                Some(parent) if differs(parent) => self.removed(step, &now, parent, &parents),
                Some(_) => {}
                None => self.began(step, *id),
            }
        }
    }

    /// Whether nothing is left to look for.
    fn is_done(&self) -> bool {
        self.unexplained.is_empty() && self.unattributed.is_empty() && self.unfound.is_empty()
    }

    /// The distinct declarations of what is asked for.
    fn versions(&mut self, now: &Snapshot) {
        let Some(is_answered) = self.questions.is_answered else {
            return;
        };
        let tree = now.tree.clone();
        if tree.is_some_and(|tree| !self.versioned.insert(tree)) {
            return;
        }
        for (address, content) in &now.entries {
            // Contents are kept until the walk ends, so their places in memory tell them apart.
            if !self.seen_contents.insert(Rc::as_ptr(content).addr()) {
                continue;
            }
            let version = Version {
                address: address.clone(),
                fields: content.fields.clone(),
            };
            let own = self.ancestry.versions.entry(address.clone()).or_default();
            if own.contains(&version) {
                continue;
            }
            let links = &self.links;
            let of_others = links
                .keys()
                .filter(|resource| chain(links, resource).contains(address));
            let resources: Vec<&Address> = of_others.chain([address]).collect();
            for resource in resources {
                if self.unexplained.contains(resource) && is_answered(resource, &version) {
                    self.unexplained.remove(resource);
                }
            }
            own.push(version);
        }
    }

    /// Which addresses resources had before, and have again where a rename was reverted.
    fn predecessors(&mut self, now: &Snapshot) {
        let tree = now.tree.clone();
        if tree.is_some_and(|tree| !self.linked.insert(tree)) {
            return;
        }
        for (address, content) in &now.entries {
            let Some(previous) = &content.previously else {
                continue;
            };
            let previous = Address::new(address.kind, previous.clone());
            self.link(address, &previous);
            if !self.head.entries.contains_key(address) && self.head.entries.contains_key(&previous)
            {
                self.link(&previous, address);
            }
        }
    }

    fn link(&mut self, address: &Address, previous: &Address) {
        let own = self.links.entry(address.clone()).or_default();
        if address != previous && !own.contains(previous) {
            own.push(previous.clone());
        }
        for one in [address, previous] {
            if !self.interest.addresses.contains(one) {
                self.found.insert(one.clone());
            }
        }
    }

    /// The commit that introduced what HEAD declares: it declares that, and no parent of it does.
    fn changed(&mut self, step: &Step, now: &Snapshot, parents: &[Option<Rc<Snapshot>>]) {
        if step.is_boundary {
            return;
        }
        let mut known = Vec::new();
        for address in &self.unattributed {
            let (Some(head), Some(own)) =
                (self.head.entries.get(address), now.entries.get(address))
            else {
                continue;
            };
            let same = |content: &Rc<Content>| Rc::ptr_eq(content, head) || content == head;
            let had = |parent: &Option<Rc<Snapshot>>| {
                let content = parent
                    .as_ref()
                    .and_then(|parent| parent.entries.get(address));
                content.is_some_and(same)
            };
            if same(own) && !parents.iter().any(had) {
                let commit = self.history.git.described(step.id);
                known.push((address.clone(), commit));
            }
        }
        for (address, commit) in known {
            self.unattributed.remove(&address);
            self.ancestry.changed.insert(address, commit);
        }
    }

    /// What a commit removed that HEAD doesn't declare either.
    fn removed(
        &mut self,
        step: &Step,
        now: &Snapshot,
        parent: &Snapshot,
        parents: &[Option<Rc<Snapshot>>],
    ) {
        let kept = now.keys();
        let removed = parent.entries.iter().filter_map(|(address, content)| {
            let object = Address::new(address.kind, content.portal_key.clone());
            let is_asked = self.questions.objects.contains(&object);
            let is_gone = !kept.contains(&object) && !self.head_keys.contains(&object);
            (is_asked && is_gone).then(|| (object, content.fields.clone()))
        });
        for (object, last) in removed.collect::<Vec<_>>() {
            let removal = Removed {
                commit: Some(self.history.git.described(step.id)),
                last,
            };
            let lacks = |parent: &Option<Rc<Snapshot>>| {
                let keys = parent.as_ref().map(|parent| parent.keys());
                keys.is_some_and(|keys| !keys.contains(&object))
            };
            // A merge takes over what one of its sides removed: the commit on that side is looked for.
            if step.parents.len() > 1 && parents.iter().any(lacks) {
                self.by_merge.entry(object).or_insert(removal);
            } else {
                self.unfound.remove(&object);
                self.ancestry.removed.entry(object).or_insert(removal);
            }
        }
    }

    /// The workspace is at a commit and was not at its parent: maybe it was there under another name.
    fn began(&mut self, step: &Step, parent: BlobId) {
        let (commit, parent) = (step.id.to_string(), parent.to_string());
        let from = self
            .history
            .places
            .renamed_from(&self.history.git, &commit, &parent);
        match from {
            Ok(Some(from)) => {
                let name = self.history.name();
                let shown = if from.is_empty() { "." } else { &from };
                let short = commit.get(..7).unwrap_or(&commit);
                self.gap(Gap::new(
                    format!("the workspace {name} began in {short}, which took away {shown}, a workspace of the same portal"),
                    format!("If it is the same workspace, say so in callsheet.yaml: `workspace: {shown}`."),
                ));
            }
            Ok(None) => {}
            Err(gap) => self.gap(gap),
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.ancestry.incomplete.get_or_insert(gap);
    }

    /// What a commit declares; nothing if it is no evidence.
    fn snapshot(&mut self, commit: BlobId) -> Option<Rc<Snapshot>> {
        if let Some(known) = self.commits.get(&commit) {
            return known.clone();
        }
        let snapshot = self.read(commit).unwrap_or_else(|gap| {
            self.gap(gap);
            None
        });
        self.commits.insert(commit, snapshot.clone());
        self.order.push_back(commit);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.commits.remove(&oldest);
        }
        snapshot
    }

    fn read(&mut self, commit: BlobId) -> Result<Option<Rc<Snapshot>>, Gap> {
        let history = self.history;
        let git = &history.git;
        let Some(place) = history.places.at(git, &commit.to_string())? else {
            return Ok(None);
        };
        let Some(tree) = git.holdings(commit, &place.folder, &place.include)? else {
            return Ok(None);
        };
        if let Some(snapshot) = self.trees.get(&tree) {
            return Ok(Some(Rc::clone(snapshot)));
        }
        let mut parts = Vec::new();
        for blob in git.blobs(&tree, &place.folder, &history.selection)? {
            if let Some(part) = self.parts.get(&blob.id).filter(|_| !blob.is_link()) {
                parts.push(Rc::clone(part));
                continue;
            }
            let bytes = git.text(&tree, &blob)?.unwrap_or_default();
            let text = String::from_utf8(bytes).unwrap_or_default();
            let part = Rc::new(Part::of(text, &self.interest));
            if !blob.is_link() {
                self.parts.insert(blob.id, Rc::clone(&part));
            }
            parts.push(part);
        }
        let snapshot = Rc::new(Snapshot {
            tree: Some(tree.clone()),
            entries: assembled(&parts, &mut self.contents, &self.interest),
        });
        if self.parts.values().map(|part| part.size()).sum::<usize>() > KEPT {
            self.parts.clear();
        }
        if self.trees.len() >= REMEMBERED {
            self.trees.clear();
        }
        self.trees.insert(tree, Rc::clone(&snapshot));
        Ok(Some(snapshot))
    }

    fn finish(self) -> Ancestry {
        let Self {
            mut ancestry,
            links,
            by_merge,
            questions,
            ..
        } = self;
        for (object, removal) in by_merge {
            ancestry.removed.entry(object).or_insert(removal);
        }
        for address in &questions.resources {
            let chain = chain(&links, address);
            if !chain.is_empty() {
                ancestry.predecessors.insert(address.clone(), chain);
            }
        }
        ancestry
    }
}

/// The addresses that one had, one after the other.
fn chain(links: &BTreeMap<Address, Vec<Address>>, address: &Address) -> Vec<Address> {
    let mut chain: Vec<Address> = Vec::new();
    let mut open: VecDeque<&Address> = VecDeque::from([address]);
    while let Some(next) = open.pop_front() {
        for previous in links.get(next).into_iter().flatten() {
            if previous != address && !chain.contains(previous) {
                chain.push(previous.clone());
                open.push_back(previous);
            }
        }
    }
    chain
}

fn boundary() -> Gap {
    Gap::new(
        "this clone is shallow, so earlier commits aren't known",
        "Fetch the whole history: `fetch-depth: 0` for actions/checkout, or `git fetch --unshallow`.",
    )
}
