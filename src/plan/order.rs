//! *Order*: which operation must be done before which.
//!
//! Two things order operations. A value that only one resource may have is given up before it is
//! taken; that always holds. What is referred to comes before what refers to it, and goes after it;
//! that holds unless it is a cycle, since portals take a reference to what isn't there yet.
//!
//! Resources that want each other's values in a cycle (two people who swap extensions) can't be
//! ordered. Then one of them releases its value first, in an operation of its own.

use super::{Action, Operation};
use crate::model::{
    Address, Capabilities, Change, Claim, Fields, Identity, Kind, Name, Shape, Value,
};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Puts operations in an order in which they can be done, and says what each must wait for.
#[must_use]
pub fn ordered(mut operations: Vec<Operation>, capabilities: &Capabilities) -> Vec<Operation> {
    operations.sort_by(|a, b| rank(a).cmp(&rank(b)));
    loop {
        let edges = Edges::between(&operations, capabilities);
        match edges.sorted() {
            Ok(order) => return restore_original_fields(arranged(operations, &order, &edges)),
            Err(cycles) => {
                for cycle in cycles {
                    break_cycle(&mut operations, &cycle, capabilities);
                }
                operations.sort_by(|a, b| rank(a).cmp(&rank(b)));
            }
        }
    }
}

/// For each operation, those that must or should be done before it.
pub(super) fn needed(
    operations: &[Operation],
    capabilities: &Capabilities,
) -> Vec<BTreeSet<usize>> {
    let Edges { hard, soft } = Edges::between(operations, capabilities);
    let both = hard.into_iter().zip(soft);
    both.map(|(hard, soft)| &hard | &soft).collect()
}

/// Among operations that don't wait for each other: what comes into being first, what goes last.
fn rank(operation: &Operation) -> (bool, Kind, &Address, bool) {
    let goes = operation.is_removal();
    (
        goes,
        operation.address.kind,
        &operation.address,
        !operation.is_release,
    )
}

/// What an object claims: its unique values, and the key that the portal knows it by.
fn claims(kind: Kind, identity: Identity, key: &str, fields: &Fields) -> BTreeSet<Claim> {
    let (space, value) = match (identity, kind) {
        (Identity::Field(field), _) => (field, key.into()),
        (Identity::Key, Kind::Extensions) => ("extension", key.into()),
        (Identity::Key, _) => (KEY, format!("{kind}/{key}").into()),
    };
    let mut claims = BTreeSet::from([Claim {
        space: space.into(),
        value,
    }]);
    kind.shape().claims(fields, &mut |_, space, value| {
        claims.insert(Claim {
            space: space.clone(),
            value: value.into(),
        });
    });
    claims
}

/// The space of keys.
const KEY: &str = "key";

fn claims_before(operation: &Operation, capabilities: &Capabilities) -> BTreeSet<Claim> {
    let kind = operation.address.kind;
    let identity = capabilities.identity(kind);
    operation
        .object
        .as_ref()
        .map_or_else(BTreeSet::new, |object| {
            claims(kind, identity, &object.key, &object.fields)
        })
}

fn claims_after(operation: &Operation, capabilities: &Capabilities) -> BTreeSet<Claim> {
    let Operation {
        address, target, ..
    } = operation;
    if operation.action == Action::Delete {
        return BTreeSet::new();
    }
    let identity = capabilities.identity(address.kind);
    claims(
        address.kind,
        identity,
        identity.key(address, target),
        target,
    )
}

/// What must come before what.
struct Edges {
    /// For each operation, those that must be done before it.
    hard: Vec<BTreeSet<usize>>,
    /// For each operation, those that had better be done before it.
    soft: Vec<BTreeSet<usize>>,
}

impl Edges {
    fn between(operations: &[Operation], capabilities: &Capabilities) -> Self {
        let none = || vec![BTreeSet::new(); operations.len()];
        let mut edges = Self {
            hard: none(),
            soft: none(),
        };
        edges.values(operations, capabilities);
        edges.references(operations, capabilities);
        edges.parts(operations);
        edges
    }

    /// What makes way does so before the rest of the same resource changes.
    fn parts(&mut self, operations: &[Operation]) {
        let mut last: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
        let (first, rest): (Vec<usize>, Vec<usize>) =
            (0..operations.len()).partition(|at| operations[*at].is_release);
        for at in first.into_iter().chain(rest) {
            if let Some(resource) = resource(&operations[at])
                && let Some(before) = last.insert(resource, at)
            {
                self.hard[at].insert(before);
            }
        }
    }

    /// A value is given up before it is taken.
    fn values(&mut self, operations: &[Operation], capabilities: &Capabilities) {
        let mut given_up: BTreeMap<Claim, usize> = BTreeMap::new();
        let after = |at: usize| claims_after(&operations[at], capabilities);
        let before: Vec<BTreeSet<Claim>> = operations
            .iter()
            .map(|one| claims_before(one, capabilities))
            .collect();
        for (at, before) in before.iter().enumerate() {
            // What is created gives nothing up.
            if !before.is_empty() {
                let after = after(at);
                given_up.extend(before.difference(&after).map(|claim| (claim.clone(), at)));
            }
        }
        if given_up.is_empty() {
            return;
        }
        for (at, before) in before.iter().enumerate() {
            for claim in after(at).difference(before) {
                // A placeholder value is taken from no other resource.
                let givers = given_up.get(claim).filter(|giver| {
                    **giver != at && resource(&operations[**giver]) != resource(&operations[at])
                });
                self.hard[at].extend(givers);
            }
        }
    }

    /// What is referred to comes first, and goes last.
    fn references(&mut self, operations: &[Operation], capabilities: &Capabilities) {
        let mut comes: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
        let mut goes: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
        for (at, operation) in operations.iter().enumerate() {
            let Operation {
                address,
                action,
                target,
                object,
                ..
            } = operation;
            let extension = |fields: &'_ Fields| fields.text("extension").map(str::to_owned);
            match action {
                Action::Create | Action::Rename => {
                    comes.insert((address.kind, &address.key), at);
                    // Others mention it by what the portal knows it by.
                    let key = capabilities.portal_key(address, target);
                    comes.insert((address.kind, key), at);
                }
                Action::Delete => {
                    goes.insert((address.kind, &address.key), at);
                    if let Some(object) = object {
                        goes.insert((address.kind, &object.key), at);
                    }
                }
                Action::Deactivate if operation.is_removal() => {
                    goes.insert((address.kind, &address.key), at);
                }
                Action::Update | Action::Deactivate | Action::Reactivate => {}
            }
            // A person's extension is a destination too.
            let held = object
                .as_ref()
                .and_then(|object| object.fields.text("extension"));
            if let Some(number) = target
                .text("extension")
                .filter(|number| held != Some(*number))
            {
                comes.entry((Kind::Extensions, number)).or_insert(at);
            }
            if let Some(number) =
                held.filter(|number| extension(target).as_deref() != Some(*number))
            {
                goes.entry((Kind::Extensions, number)).or_insert(at);
            }
        }
        for (at, operation) in operations.iter().enumerate() {
            let shape = operation.address.kind.shape();
            let mentions = |fields: &Fields, found: &BTreeMap<(Kind, &str), usize>| {
                let mut mentioned: BTreeSet<usize> = BTreeSet::new();
                shape.references(fields, &mut |_, kinds, text| {
                    mentioned.extend(kinds.iter().filter_map(|kind| found.get(&(*kind, text))));
                });
                mentioned
            };
            let first = mentions(&operation.target, &comes);
            self.soft[at].extend(first.into_iter().filter(|other| *other != at));
            if let Some(object) = &operation.object {
                for other in mentions(&object.fields, &goes) {
                    // A reference is given up before its target is deleted.
                    if other != at && operations[other].is_removal() {
                        self.soft[other].insert(at);
                    }
                }
            }
        }
    }

    /// The operations in order, or cycles in which some wait for each other.
    fn sorted(&self) -> Result<Vec<usize>, Vec<Vec<usize>>> {
        let count = self.hard.len();
        let mut waits: Vec<(usize, usize)> = (0..count)
            .map(|at| {
                (
                    self.hard[at].len(),
                    self.soft[at].difference(&self.hard[at]).count(),
                )
            })
            .collect();
        let mut hard_next = vec![Vec::new(); count];
        let mut soft_next = vec![Vec::new(); count];
        for at in 0..count {
            self.hard[at]
                .iter()
                .for_each(|first| hard_next[*first].push(at));
            self.soft[at]
                .difference(&self.hard[at])
                .for_each(|first| soft_next[*first].push(at));
        }
        // Operations were sorted by rank, so a place is a rank.
        let mut ready: BTreeSet<usize> = (0..count).filter(|at| waits[*at] == (0, 0)).collect();
        let mut pending: BTreeSet<usize> = (0..count).filter(|at| !ready.contains(at)).collect();
        let mut order = Vec::with_capacity(count);
        while order.len() < count {
            let next = ready.pop_first().or_else(|| {
                // A cycle of references only: portals take it.
                let loose = pending.iter().copied().find(|at| waits[*at].0 == 0)?;
                pending.remove(&loose);
                Some(loose)
            });
            let Some(next) = next else {
                return Err(self.cycles(&pending));
            };
            order.push(next);
            for other in &hard_next[next] {
                waits[*other].0 -= 1;
            }
            for other in &soft_next[next] {
                waits[*other].1 -= 1;
            }
            for other in hard_next[next].iter().chain(&soft_next[next]) {
                if waits[*other] == (0, 0) && pending.remove(other) {
                    ready.insert(*other);
                }
            }
        }
        Ok(order)
    }

    /// The cycles among operations each of which must wait for another of them: at least one, and no
    /// operation in two.
    fn cycles(&self, pending: &BTreeSet<usize>) -> Vec<Vec<usize>> {
        let mut cycles = Vec::new();
        let mut seen = BTreeSet::new();
        for start in pending {
            let mut path = Vec::new();
            let mut at = *start;
            while seen.insert(at) {
                path.push(at);
                let first = self.hard[at].iter().find(|first| pending.contains(first));
                at = *first.expect("what is pending waits for what is pending");
            }
            if let Some(begin) = path.iter().position(|known| *known == at) {
                cycles.push(path.split_off(begin));
            }
        }
        cycles
    }
}

/// The live object that an operation is about.
fn resource(operation: &Operation) -> Option<(Kind, &str)> {
    let object = operation.object.as_ref()?;
    Some((operation.address.kind, &object.id))
}

/// Puts operations in `order`; each waits only for what comes earlier.
fn arranged(operations: Vec<Operation>, order: &[usize], edges: &Edges) -> Vec<Operation> {
    let mut place = vec![0; operations.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let mut arranged: Vec<Option<Operation>> = operations.into_iter().map(Some).collect();
    order
        .iter()
        .map(|old| {
            let mut operation = arranged[*old]
                .take()
                .expect("an order names each operation once");
            let first: BTreeSet<usize> = edges.hard[*old]
                .union(&edges.soft[*old])
                .map(|other| place[*other])
                .collect();
            operation.after = first
                .into_iter()
                .filter(|first| *first < place[*old])
                .collect();
            operation
        })
        .collect()
}

/// Restores the original fields of released objects: guards compare against what an object held before.
fn restore_original_fields(mut operations: Vec<Operation>) -> Vec<Operation> {
    // Of those who made way twice, the first time counts, and the last one that is collected stays.
    let held: BTreeMap<Box<str>, Fields> = operations
        .iter()
        .rev()
        .filter(|one| one.is_release)
        .filter_map(|one| one.object.as_ref())
        .map(|object| (object.id.clone(), object.fields.clone()))
        .collect();
    for object in operations.iter_mut().filter_map(|one| one.object.as_mut()) {
        if let Some(fields) = held.get(&object.id) {
            object.fields.clone_from(fields);
        }
    }
    operations
}

/// Lets the first operation of a cycle make way for the others.
fn break_cycle(operations: &mut Vec<Operation>, cycle: &[usize], capabilities: &Capabilities) {
    let wanted: BTreeSet<Claim> = cycle
        .iter()
        .flat_map(|at| {
            let operation = &operations[*at];
            let before = claims_before(operation, capabilities);
            claims_after(operation, capabilities)
                .into_iter()
                .filter(move |claim| !before.contains(claim))
        })
        .collect();
    // Operations were sorted by rank: people come before queues, whose number is all that they are
    // known by.
    let at = *cycle.iter().min().expect("a cycle isn't empty");
    let (first, rest) = split(&operations[at], &wanted, capabilities);
    operations[at] = rest;
    operations.push(first);
}

/// Splits an operation in two: giving up what others want, and all that remains.
fn split(
    operation: &Operation,
    wanted: &BTreeSet<Claim>,
    capabilities: &Capabilities,
) -> (Operation, Operation) {
    let object = operation.object.clone().expect("a live object makes way");
    let shape = operation.address.kind.shape();
    let mut parked = object.fields.clone();
    let mut key = object.key.clone();
    let stand_in = stand_in(&operation.address);
    let identity = capabilities.identity(operation.address.kind);
    let given_up = claims_before(operation, capabilities);
    for Claim { space, value } in given_up.into_iter().filter(|claim| wanted.contains(claim)) {
        let is_identity = identity.field() == Some(&*space);
        match &*space {
            "extension" if operation.address.kind == Kind::Users && !is_identity => {
                drop(parked.take("extension"));
            }
            "extension" if is_identity => {
                let number = stand_in_number(&operation.address);
                parked.set("extension".into(), Value::text(&number));
                key = number.into();
            }
            "email" => {
                let email = format!("{stand_in}@callsheet.invalid");
                parked.set("email".into(), Value::text(&email));
                if is_identity {
                    key = email.into();
                }
            }
            "mac" => {
                let phones = parked.get("phones").map_or(&[][..], Value::elements);
                let kept = phones.iter().filter(|phone| {
                    phone.as_map().and_then(|phone| phone.text("mac")) != Some(&*value)
                });
                let kept = kept.cloned().collect();
                parked.set("phones".into(), Value::List(kept));
            }
            field if is_identity => {
                parked.set(field.into(), Value::text(&stand_in));
                key = stand_in.as_str().into();
            }
            "username" => parked.set("username".into(), Value::text(&stand_in)),
            _ if *space == *KEY || operation.address.kind == Kind::Extensions => {
                key = stand_in.as_str().into();
            }
            _ => leave_out(shape, &mut parked, &space, &value),
        }
    }
    let parked = shape.without_defaults(parked);
    let changes_first: Vec<Change> = super::changes(shape, &object.fields, &parked);
    let renames = identity == Identity::Key && key != object.key;
    let address = if renames {
        Address::new(operation.address.kind, key.clone())
    } else {
        operation.address.clone()
    };
    let cause_of = |change: &Change| {
        let own = operation
            .changes
            .iter()
            .position(|one| one.path == change.path);
        own.and_then(|at| operation.causes.get(at))
            .copied()
            .unwrap_or(operation.cause)
    };
    let first = Operation {
        causes: changes_first.iter().map(cause_of).collect(),
        address,
        action: if key == object.key {
            Action::Update
        } else {
            Action::Rename
        },
        changes: changes_first,
        target: parked.clone(),
        object: Some(object.clone()),
        after: Vec::new(),
        is_release: true,
        ..operation.clone()
    };
    let changes = super::changes(shape, &parked, &operation.target);
    let rest = Operation {
        causes: changes.iter().map(cause_of).collect(),
        changes,
        object: Some(super::Object {
            key,
            fields: parked,
            ..object
        }),
        ..operation.clone()
    };
    (first, rest)
}

/// Takes a claimed value out of the lists that contain it.
fn leave_out(shape: &Shape, fields: &mut Fields, space: &str, value: &str) {
    let mut lists: Vec<String> = Vec::new();
    shape.claims(fields, &mut |path, own, claimed| {
        if (&**own, claimed) == (space, value)
            && let Some((list, _)) = path.rsplit_once('[')
        {
            lists.push(list.to_owned());
        }
    });
    for list in lists {
        let all = fields.at(list.split('.')).map_or(&[][..], Value::elements);
        let kept = all.iter().filter(|one| one.as_text() != Some(value));
        let kept = Value::List(kept.cloned().collect());
        let path: Vec<Name> = list.split('.').map(Name::from).collect();
        fields.put(&path, Some(kept));
    }
}

/// A placeholder for an extension by which the portal knows a resource: long, so that nobody has it.
fn stand_in_number(address: &Address) -> String {
    let digest = Sha256::digest(address.to_string());
    let digits = digest
        .iter()
        .take(9)
        .map(|byte| char::from(b'0' + byte % 10));
    std::iter::once('9').chain(digits).collect()
}

/// A placeholder that no other resource has: the same in every run.
fn stand_in(address: &Address) -> String {
    let digest = Sha256::digest(address.to_string());
    let hex = digest
        .iter()
        .take(4)
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("parked-{hex}")
}
