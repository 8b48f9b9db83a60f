//! *Order*: which operation must be done before which.
//!
//! Two things order operations. A value that only one resource may have is given up before it is
//! taken; that always holds. What is referred to comes before what refers to it, and goes after it;
//! that holds unless it is a cycle, since portals take a reference to what isn't there yet.
//!
//! Resources that want each other's values in a cycle (two people who swap extensions) can't be
//! ordered. Then one of them releases its value first, in an operation of its own.

use super::{Action, Operation};
use crate::model::{Address, Change, Claim, Fields, Kind, Value};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Puts operations in an order in which they can be done, and says what each must wait for.
#[must_use]
pub fn ordered(mut operations: Vec<Operation>) -> Vec<Operation> {
    operations.sort_by(|a, b| rank(a).cmp(&rank(b)));
    loop {
        let edges = Edges::between(&operations);
        match edges.sorted() {
            Ok(order) => return restore_original_fields(arranged(operations, &order, &edges)),
            Err(cycles) => {
                for cycle in cycles {
                    break_cycle(&mut operations, &cycle);
                }
                operations.sort_by(|a, b| rank(a).cmp(&rank(b)));
            }
        }
    }
}

/// Among operations that don't wait for each other: what comes into being first, what goes last.
fn rank(operation: &Operation) -> (bool, Kind, &Address, bool) {
    let goes = operation.action == Action::Delete;
    (
        goes,
        operation.address.kind,
        &operation.address,
        !operation.is_release,
    )
}

/// What an operation claims before and after it.
fn claims(address: &Address, key: Option<&str>, fields: &Fields) -> BTreeSet<Claim> {
    let mut claims = BTreeSet::new();
    if let Some(key) = key {
        let space = if address.kind == Kind::Extensions {
            "extension"
        } else {
            address.kind.identity()
        };
        let space = if address.kind == Kind::Users {
            "username"
        } else {
            space
        };
        let qualified = match address.kind {
            Kind::Extensions | Kind::Users => key.into(),
            kind => format!("{kind}/{key}").into(),
        };
        claims.insert(Claim {
            space: space.into(),
            value: qualified,
        });
    }
    address.kind.shape().claims(fields, &mut |_, space, value| {
        claims.insert(Claim {
            space: space.clone(),
            value: value.into(),
        });
    });
    claims
}

fn claims_before(operation: &Operation) -> BTreeSet<Claim> {
    operation
        .object
        .as_ref()
        .map_or_else(BTreeSet::new, |object| {
            claims(&operation.address, Some(&object.key), &object.fields)
        })
}

fn claims_after(operation: &Operation) -> BTreeSet<Claim> {
    if operation.action == Action::Delete {
        return BTreeSet::new();
    }
    let key = (operation.address.kind != Kind::Users).then_some(&*operation.address.key);
    claims(&operation.address, key, &operation.target)
}

/// What must come before what.
struct Edges {
    /// For each operation, those that must be done before it.
    hard: Vec<BTreeSet<usize>>,
    /// For each operation, those that had better be done before it.
    soft: Vec<BTreeSet<usize>>,
}

impl Edges {
    fn between(operations: &[Operation]) -> Self {
        let none = || vec![BTreeSet::new(); operations.len()];
        let mut edges = Self {
            hard: none(),
            soft: none(),
        };
        edges.values(operations);
        edges.references(operations);
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
    fn values(&mut self, operations: &[Operation]) {
        let mut given_up: BTreeMap<Claim, usize> = BTreeMap::new();
        let sides: Vec<_> = operations
            .iter()
            .map(|one| (claims_before(one), claims_after(one)))
            .collect();
        for (at, (before, after)) in sides.iter().enumerate() {
            given_up.extend(before.difference(after).map(|claim| (claim.clone(), at)));
        }
        if given_up.is_empty() {
            return;
        }
        for (at, (before, after)) in sides.iter().enumerate() {
            for claim in after.difference(before) {
                // A placeholder value is taken from no other resource.
                let givers = given_up.get(claim).filter(|giver| {
                    **giver != at && resource(&operations[**giver]) != resource(&operations[at])
                });
                self.hard[at].extend(givers);
            }
        }
    }

    /// What is referred to comes first, and goes last.
    fn references(&mut self, operations: &[Operation]) {
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
                    // Others mention a user by the name that the portal knows.
                    if let Some(name) = target.text("username")
                        && address.kind == Kind::Users
                    {
                        comes.insert((address.kind, name), at);
                    }
                }
                Action::Delete => {
                    goes.insert((address.kind, &address.key), at);
                    if let Some(object) = object {
                        goes.insert((address.kind, &object.key), at);
                    }
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
                    if other != at && operations[other].action == Action::Delete {
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
fn break_cycle(operations: &mut Vec<Operation>, cycle: &[usize]) {
    let wanted: BTreeSet<Claim> = cycle
        .iter()
        .flat_map(|at| {
            let operation = &operations[*at];
            let before = claims_before(operation);
            claims_after(operation)
                .into_iter()
                .filter(move |claim| !before.contains(claim))
        })
        .collect();
    // Operations were sorted by rank: people come before queues, whose number is all that they are
    // known by.
    let at = *cycle.iter().min().expect("a cycle isn't empty");
    let (first, rest) = split(&operations[at], &wanted);
    operations[at] = rest;
    operations.push(first);
}

/// Splits an operation in two: giving up what others want, and all that remains.
fn split(operation: &Operation, wanted: &BTreeSet<Claim>) -> (Operation, Operation) {
    let object = operation.object.clone().expect("a live object makes way");
    let shape = operation.address.kind.shape();
    let mut parked = object.fields.clone();
    let mut key = object.key.clone();
    let stand_in = stand_in(&operation.address);
    let given_up = claims_before(operation);
    for Claim { space, value } in given_up.into_iter().filter(|claim| wanted.contains(claim)) {
        match &*space {
            "extension" if operation.address.kind == Kind::Users => drop(parked.take("extension")),
            "email" => parked.set(
                "email".into(),
                Value::text(&format!("{stand_in}@callsheet.invalid")),
            ),
            "username" => {
                parked.set("username".into(), Value::text(&stand_in));
                key = stand_in.as_str().into();
            }
            "mac" => {
                let phones = parked.get("phones").map_or(&[][..], Value::elements);
                let kept = phones.iter().filter(|phone| {
                    phone.as_map().and_then(|phone| phone.text("mac")) != Some(&*value)
                });
                let kept = kept.cloned().collect();
                parked.set("phones".into(), Value::List(kept));
            }
            _ => key = stand_in.as_str().into(),
        }
    }
    let parked = shape.without_defaults(parked);
    let changes_first: Vec<Change> = super::changes(shape, &object.fields, &parked);
    let renames = operation.address.kind != Kind::Users && key != object.key;
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

/// A placeholder that no other resource has: the same in every run.
fn stand_in(address: &Address) -> String {
    let digest = Sha256::digest(address.to_string());
    let hex = digest
        .iter()
        .take(4)
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("parked-{hex}")
}
