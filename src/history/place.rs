//! A *place* is the folder in which a workspace lay at a commit, if that commit is evidence: the folder
//! of its name whose `callsheet.yaml` speaks of the same portal.

use crate::{
    diagnostic::Report,
    model::{Commit, Gap, PortalIdentity},
    repo::{BlobId, CONFIGURATION, Git, from_root, joined},
    source::Source,
    yaml::{self, Node},
};
use std::{cell::RefCell, collections::BTreeMap};

/// Where a workspace lay at each commit.
pub(super) struct Places {
    name: String,
    /// Whether the configuration gives the name, so that the folder may have been another.
    is_named: bool,
    prefix: String,
    portal: PortalIdentity,
    /// What each version of a `callsheet.yaml` says, by the id of its content.
    said: RefCell<BTreeMap<BlobId, Said>>,
}

/// What a `callsheet.yaml` says of the identity of its workspace.
#[derive(Clone, Debug)]
struct Said {
    name: Option<String>,
    portal: PortalIdentity,
    /// What it includes, by the paths that it writes.
    include: Vec<String>,
}

/// Where a workspace lay at a commit.
pub(super) struct Place {
    /// Its folder.
    pub(super) folder: String,
    /// What it included, by its name and its path from the root of the repository.
    pub(super) include: Vec<(String, String)>,
}

impl Place {
    fn new(folder: String, said: &Said) -> Self {
        let include = said.include.iter().filter_map(|name| {
            let path = from_root(&folder, name)?;
            Some((name.trim_end_matches('/').to_owned(), path))
        });
        Self {
            include: include.collect(),
            folder,
        }
    }
}

impl Places {
    pub(super) fn new(git: &Git, name: Option<&str>, portal: PortalIdentity) -> Self {
        let prefix = git.prefix().to_owned();
        Self {
            name: name.map_or_else(|| own_name(&prefix), str::to_owned),
            is_named: name.is_some(),
            prefix,
            portal,
            said: RefCell::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where the workspace lay at a commit; nothing if the commit is no evidence.
    pub(super) fn at(&self, git: &Git, commit: &str) -> Result<Option<Place>, Gap> {
        if let Some(id) = git.file_at(commit, &joined(&self.prefix, CONFIGURATION))? {
            let said = self.said(git, id)?;
            if self.is_ours(&said, &self.prefix) {
                let is_evidence = said.portal == self.portal;
                return Ok(is_evidence.then(|| Place::new(self.prefix.clone(), &said)));
            }
        }
        // Without a name of its own, a workspace is its folder.
        if !self.is_named {
            return Ok(None);
        }
        for (folder, id) in git.workspaces_at(commit)? {
            let said = self.said(git, id)?;
            if self.is_ours(&said, &folder) && said.portal == self.portal {
                return Ok(Some(Place::new(folder, &said)));
            }
        }
        Ok(None)
    }

    /// The folders of a commit that are other workspaces of the same portal.
    pub(super) fn others(&self, git: &Git, commit: &Commit) -> Result<Vec<String>, Gap> {
        let mut others = Vec::new();
        // A database lies in the folder of its workspace, so no other workspace has the same one.
        if self.portal.is_embedded() {
            return Ok(others);
        }
        for (folder, id) in git.workspaces_at(&commit.id)? {
            let said = self.said(git, id)?;
            if folder != self.prefix && said.portal == self.portal {
                others.push(folder);
            }
        }
        Ok(others)
    }

    /// The folder that a workspace had before it was renamed in `commit`, as far as that can be told: a
    /// folder with the same portal in the parent that is gone in the commit.
    pub(super) fn renamed_from(
        &self,
        git: &Git,
        commit: &str,
        parent: &str,
    ) -> Result<Option<String>, Gap> {
        let now: Vec<String> = git
            .workspaces_at(commit)?
            .into_iter()
            .map(|(folder, _)| folder)
            .collect();
        for (folder, id) in git.workspaces_at(parent)? {
            if !now.contains(&folder) && self.said(git, id)?.portal == self.portal {
                return Ok(Some(folder));
            }
        }
        Ok(None)
    }

    fn is_ours(&self, said: &Said, folder: &str) -> bool {
        said.name
            .as_deref()
            .map_or_else(|| own_name(folder) == self.name, |name| name == self.name)
    }

    fn said(&self, git: &Git, id: BlobId) -> Result<Said, Gap> {
        if let Some(said) = self.said.borrow().get(&id) {
            return Ok(said.clone());
        }
        let said = Said::read(&git.blob(id)?);
        self.said.borrow_mut().insert(id, said.clone());
        Ok(said)
    }
}

impl Said {
    fn read(text: &str) -> Self {
        let source = Source::new("", text.trim_start_matches('\u{feff}'));
        let root = yaml::parse(&source, &mut Report::default());
        let text = |path: &str| {
            let node = root.find(&source, path);
            node.filter(|node| !node.is_null(&source))
                .and_then(|node: &Node| node.text(&source))
        };
        let include = root
            .find(&source, "include")
            .map_or(&[][..], Node::elements);
        let include = include.iter().filter_map(|one| one.text(&source));
        let place = text("portal.url").or_else(|| text("portal.database"));
        Self {
            name: text("workspace").map(str::to_owned),
            portal: PortalIdentity::new(
                text("portal.kind").unwrap_or_default(),
                place.unwrap_or_default(),
                text("portal.tenant").unwrap_or_default(),
            ),
            include: include.map(str::to_owned).collect(),
        }
    }
}

/// The name of a workspace that gives itself none.
fn own_name(folder: &str) -> String {
    if folder.is_empty() { "." } else { folder }.to_owned()
}
