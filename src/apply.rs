//! *Applying* a plan: each operation is one write, made as soon as those it waits for are done.
//!
//! Independent operations run side by side and don't suffer from each other's failures; what waited for
//! a failed one is not attempted. Asked to stop, nothing new is begun, what is in flight is finished,
//! and the rest is reported. Every operation has an outcome, and none is ever guessed.

use crate::{
    model::{Address, Greeting, Kind, Name, SecretOrigin, Value},
    plan::{Action, Operation, Plan},
    portal::{Check, Error, ObjectRef, Portal, Redactor, Verb, Write, Written, with_hint},
    rules,
};
use async_trait::async_trait;
use futures::{StreamExt as _, future::OptionFuture, stream::FuturesUnordered};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};
use tokio::sync::{Semaphore, watch};

/// How many operations are in flight for each one that may be sent at once: some more wait until their start or
/// their end is recorded, so that sending never waits for the disk.
const IN_FLIGHT: usize = 3;

/// Why an operation was not begun after the run was asked to stop.
const INTERRUPTED: &str = "interrupted before it was begun";

/// What became of one operation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The portal says that it was done.
    Done,
    /// It was not done.
    Failed,
    /// It was not begun: something that it waited for was not done, or the run was stopped.
    NotAttempted,
    /// It was sent, and its outcome is unknown. Planning again shows it.
    Unknown,
}

/// What became of a plan.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// What became of each operation, in the order of the plan.
    pub results: Vec<OperationResult>,
    /// Whether the run was stopped before every operation had begun.
    pub interrupted: bool,
    /// How it went to finish on the portal what was written. What was written is done, whatever these say.
    pub checks: Vec<Check>,
}

/// What became of one operation, and why.
#[derive(Clone, Debug)]
pub struct OperationResult {
    /// What became of it.
    pub outcome: Outcome,
    /// Why it wasn't done.
    pub error: Option<String>,
    /// What it left behind.
    pub written: Option<Written>,
}

impl Applied {
    /// How many operations had an outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.results
            .iter()
            .filter(|result| result.outcome == outcome)
            .count()
    }

    /// Whether every operation was done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.results
            .iter()
            .all(|result| result.outcome == Outcome::Done)
    }
}

/// The secrets that a plan sends, by operation and path. They exist from the moment in which all of
/// them could be read until the run ends.
#[derive(Debug, Default)]
pub struct Secrets(BTreeMap<usize, BTreeMap<Vec<Name>, SecretString>>);

/// A secret that can't be read: which resource wants it, where it should be, and why it isn't.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wanted_by} needs {origin}: {reason}")]
pub struct MissingSecret {
    /// The resource and the field.
    pub wanted_by: String,
    /// Where it should be.
    pub origin: String,
    /// Why it can't be read.
    pub reason: String,
}

/// Reads one secret from where it is kept.
pub type ReadSecret<'a> = dyn Fn(&SecretOrigin) -> Result<SecretString, String> + 'a;

impl Secrets {
    /// Reads every secret that a plan sends, each once, before anything is written.
    ///
    /// # Errors
    /// All that can't be read.
    pub fn read(plan: &Plan, read: &ReadSecret<'_>) -> Result<Self, Vec<MissingSecret>> {
        let mut known: BTreeMap<SecretOrigin, Result<SecretString, String>> = BTreeMap::new();
        let mut secrets = Self::default();
        let mut missing = Vec::new();
        for (at, operation) in plan.operations.iter().enumerate() {
            for change in &operation.changes {
                let Some(Value::Secret(secret)) = &change.after else {
                    continue;
                };
                let Some(origin) = &secret.origin else {
                    continue;
                };
                match known.entry(origin.clone()).or_insert_with(|| read(origin)) {
                    Ok(value) => {
                        let of = secrets.0.entry(at).or_default();
                        of.insert(change.path.clone(), value.clone());
                    }
                    Err(reason) => missing.push(MissingSecret {
                        wanted_by: format!("{} {}", operation.address, change.path.join(".")),
                        origin: origin.to_string(),
                        reason: reason.clone(),
                    }),
                }
            }
        }
        if missing.is_empty() {
            Ok(secrets)
        } else {
            Err(missing)
        }
    }

    /// The secrets, each with the place of its operation in the plan and its path.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[Name], &SecretString)> {
        self.0.iter().flat_map(|(at, secrets)| {
            let secrets = secrets.iter();
            secrets.map(|(path, secret)| (*at, &**path, secret))
        })
    }
}

/// The sounds of the greetings that a plan sends, by digest. A sound is read once, before anything is written.
#[derive(Debug, Default)]
pub struct Greetings(BTreeMap<Box<str>, Vec<u8>>);

/// Reads the file of a greeting from where the files of the workspace are.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<Option<Vec<u8>>, String> + 'a;

impl Greetings {
    /// Reads the files of the greetings that a plan changes.
    ///
    /// # Errors
    /// All that can't be read, and all that aren't what was planned.
    pub fn read(plan: &Plan, read: &ReadFile<'_>) -> Result<Self, Vec<String>> {
        let mut greetings = Self::default();
        let mut wrong = Vec::new();
        for operation in &plan.operations {
            let (Some(planned), Some(file)) = (
                planned_digest(operation),
                operation.target.at(Greeting::FILE).and_then(Value::as_text),
            ) else {
                continue;
            };
            if greetings.0.contains_key(planned) {
                continue;
            }
            let address = &operation.address;
            match read(file) {
                Ok(Some(sound)) if Greeting::digest(&sound) == planned => {
                    greetings.0.insert(planned.into(), sound);
                }
                Ok(Some(_)) => wrong.push(format!(
                    "{address}: the greeting {file} is not the one that was planned; plan again"
                )),
                Ok(None) => {}
                Err(reason) => wrong.push(format!(
                    "{address}: the greeting {file} can't be read: {reason}"
                )),
            }
        }
        if wrong.is_empty() {
            Ok(greetings)
        } else {
            Err(wrong)
        }
    }

    /// The sound that an operation sends.
    fn of(&self, operation: &Operation) -> Option<&[u8]> {
        let sound = self.0.get(planned_digest(operation)?);
        sound.map(Vec::as_slice)
    }
}

/// The digest of the greeting that an operation sends.
fn planned_digest(operation: &Operation) -> Option<&str> {
    let path = Greeting::DIGEST.map(Name::from);
    let mut changes = operation.changes.iter();
    let is_changed = operation.address.kind == Kind::Users
        && changes.any(|change| path.starts_with(&change.path));
    let digest = operation.target.at(Greeting::DIGEST);
    digest.filter(|_| is_changed)?.as_text()
}

/// Receives the start and the outcome of each operation while a plan is applied.
#[async_trait]
pub trait Observer: Sync {
    /// One operation, by its place in the plan, is about to be sent. If this fails, it isn't.
    ///
    /// # Errors
    /// Why it must not be sent.
    async fn starting(&self, at: usize, operation: &Operation) -> io::Result<()>;

    /// One operation has its outcome.
    ///
    /// # Errors
    /// It can't be recorded; nothing more is begun then.
    async fn ended(
        &self,
        at: usize,
        operation: &Operation,
        result: &OperationResult,
    ) -> io::Result<()>;
}

/// Ignores all events.
#[async_trait]
impl Observer for () {
    async fn starting(&self, _: usize, _: &Operation) -> io::Result<()> {
        Ok(())
    }
    async fn ended(&self, _: usize, _: &Operation, _: &OperationResult) -> io::Result<()> {
        Ok(())
    }
}

/// Does what a plan says. Once `stop` turns true, nothing new is begun.
pub async fn apply(
    plan: &Plan,
    portal: &dyn Portal,
    secrets: &Secrets,
    greetings: &Greetings,
    stop: watch::Receiver<bool>,
    observer: &dyn Observer,
) -> Applied {
    let count = plan.operations.len();
    let mut waits: Vec<usize> = plan.operations.iter().map(|one| one.after.len()).collect();
    let mut next = vec![Vec::new(); count];
    for (at, operation) in plan.operations.iter().enumerate() {
        operation
            .after
            .iter()
            .for_each(|first| next[*first].push(at));
    }
    let mut results: Vec<Option<OperationResult>> = vec![None; count];
    let mut ready: BTreeSet<usize> = (0..count).filter(|at| waits[*at] == 0).collect();
    let mut versions: BTreeMap<Box<str>, Written> = BTreeMap::new();
    let concurrency = portal.concurrency().max(1);
    let line = Line {
        portal,
        observer,
        sending: Semaphore::new(concurrency),
        stopped: stop.clone(),
    };
    let mut in_flight = FuturesUnordered::new();
    let mut stopped = stop;
    // What can't be recorded must not be done.
    let mut unrecorded: Option<String> = None;
    loop {
        let stopping = *stopped.borrow();
        while !stopping && unrecorded.is_none() && in_flight.len() < IN_FLIGHT * concurrency {
            let Some(at) = ready.pop_first() else { break };
            let operation = &plan.operations[at];
            let object = operation.object.as_ref();
            let latest = object.and_then(|object| versions.get(&object.id));
            let performing = Performing {
                at,
                operation,
                latest: latest.cloned(),
                secrets: secrets.0.get(&at),
                greeting: greetings.of(operation),
            };
            in_flight.push(performing.perform(&line));
        }
        let ended = tokio::select! {
            ended = in_flight.next() => ended,
            // Only to look again at whether to stop; a sender that is gone never asks to.
            Ok(()) = stopped.changed(), if !stopping => continue,
        };
        let Some(Performed {
            at,
            result,
            recorded,
        }) = ended
        else {
            break;
        };
        if let Err(reason) = recorded {
            unrecorded = Some(reason);
        }
        let Some(result) = result else { continue };
        if let Some(written) = &result.written {
            versions.insert(written.id.clone(), written.clone());
        }
        if result.outcome == Outcome::Done {
            for other in &next[at] {
                waits[*other] -= 1;
                if waits[*other] == 0 {
                    ready.insert(*other);
                }
            }
        }
        results[at] = Some(result);
    }
    let is_left = |result: &Option<OperationResult>| {
        result
            .as_ref()
            .is_none_or(|result| result.outcome == Outcome::NotAttempted)
    };
    let interrupted = *stopped.borrow() && results.iter().any(is_left);
    let results = not_attempted(plan, results, interrupted, unrecorded.as_deref());
    let checks = settle(plan, &results, portal).await;
    Applied {
        results,
        interrupted,
        checks,
    }
}

/// Lets the portal finish what was written, or may have been.
async fn settle(plan: &Plan, results: &[OperationResult], portal: &dyn Portal) -> Vec<Check> {
    let written: Vec<&Address> = plan
        .operations
        .iter()
        .zip(results)
        .filter(|(_, result)| matches!(result.outcome, Outcome::Done | Outcome::Unknown))
        .map(|(operation, _)| &operation.address)
        .collect();
    if written.is_empty() {
        return Vec::new();
    }
    match portal.settle(&written).await {
        Ok(checks) => checks,
        Err(error) => vec![Check::failed("settle", with_hint(&error))],
    }
}

/// An error, with the line of the files behind each field that the portal found fault with.
fn placed(error: &Error, operation: &Operation) -> String {
    let (
        Error::Refused {
            detail, problems, ..
        },
        Some(origin),
    ) = (error, &operation.origin)
    else {
        return error.to_string();
    };
    let mut text = format!("the portal refused: {detail}");
    for problem in problems {
        let place = rules::of_field(origin, &problem.field);
        let line = format!("; {place}: {}: {}", problem.field, problem.message);
        text.push_str(&line);
    }
    text
}

/// Gives what was never begun its outcome, and names what it waited for.
fn not_attempted(
    plan: &Plan,
    results: Vec<Option<OperationResult>>,
    interrupted: bool,
    unrecorded: Option<&str>,
) -> Vec<OperationResult> {
    let failed: BTreeSet<usize> = results
        .iter()
        .enumerate()
        .filter(|(_, result)| {
            result
                .as_ref()
                .is_none_or(|result| result.outcome != Outcome::Done)
        })
        .map(|(at, _)| at)
        .collect();
    let mut ended = Vec::with_capacity(results.len());
    for (at, result) in results.into_iter().enumerate() {
        ended.push(result.unwrap_or_else(|| {
            let first = plan.operations[at]
                .after
                .iter()
                .find(|first| failed.contains(first));
            let why = match first {
                Some(first) => format!(
                    "waited for {}, which was not done",
                    plan.operations[*first].address
                ),
                None if unrecorded.is_some() => unrecorded.unwrap_or_default().to_owned(),
                None if interrupted => INTERRUPTED.to_owned(),
                None => "not begun".to_owned(),
            };
            OperationResult {
                outcome: Outcome::NotAttempted,
                error: Some(why),
                written: None,
            }
        }));
    }
    ended
}

/// An operation that is being performed.
struct Performing<'a> {
    at: usize,
    operation: &'a Operation,
    /// What an earlier write of this run left of the same object.
    latest: Option<Written>,
    secrets: Option<&'a BTreeMap<Vec<Name>, SecretString>>,
    greeting: Option<&'a [u8]>,
}

/// Where operations wait until they may be sent.
struct Line<'a> {
    portal: &'a dyn Portal,
    observer: &'a dyn Observer,
    /// How many may be sent at once.
    sending: Semaphore,
    stopped: watch::Receiver<bool>,
}

/// What became of it.
struct Performed {
    at: usize,
    /// Nothing if it wasn't begun.
    result: Option<OperationResult>,
    /// Whether its start and its end were recorded, or why nothing more may be begun.
    recorded: Result<(), String>,
}

impl Performing<'_> {
    /// Records its start, makes its write unless the run was stopped by then, and records its outcome.
    async fn perform(self, line: &Line<'_>) -> Performed {
        let Self { at, operation, .. } = self;
        let observer = line.observer;
        if let Err(error) = observer.starting(at, operation).await {
            return Performed {
                at,
                result: None,
                recorded: Err(format!("it can't be recorded: {error}")),
            };
        }
        let slot = line.sending.acquire().await;
        let written = match *line.stopped.borrow() {
            true => None,
            false => Some(self.write(line.portal)),
        };
        let written = OptionFuture::from(written).await;
        drop(slot);
        let result = match written {
            None => OperationResult {
                outcome: Outcome::NotAttempted,
                error: Some(INTERRUPTED.to_owned()),
                written: None,
            },
            Some(Ok(written)) => OperationResult {
                outcome: Outcome::Done,
                error: None,
                written: Some(written),
            },
            Some(Err(error)) => OperationResult {
                outcome: match error.may_be_done() {
                    true => Outcome::Unknown,
                    false => Outcome::Failed,
                },
                error: Some(placed(&error, operation)),
                written: None,
            },
        };
        let recorded = observer.ended(at, operation, &result).await;
        Performed {
            at,
            result: Some(result),
            recorded: recorded.map_err(|error| format!("what was done can't be recorded: {error}")),
        }
    }

    /// Makes its write.
    async fn write(&self, portal: &dyn Portal) -> Result<Written, Error> {
        let operation = self.operation;
        let none = BTreeMap::new();
        let latest = self.latest.as_ref();
        let object = operation.object.as_ref().map(|object| ObjectRef {
            id: &object.id,
            key: &object.key,
            etag: latest.map_or(object.etag.as_deref(), |written| written.etag.as_deref()),
        });
        let verb = match (operation.action, object) {
            (Action::Delete, Some(object)) => Verb::Delete(object),
            (_, Some(object)) => Verb::Update(object),
            (_, None) => Verb::Create,
        };
        let write = Write {
            address: &operation.address,
            verb,
            target: &operation.target,
            changes: &operation.changes,
            secrets: self.secrets.unwrap_or(&none),
            greeting: self.greeting,
        };
        let redactor = Redactor::of(write.secrets.values());
        let written = portal.write(&write).await;
        written
            .and_then(|written| redactor.written(written))
            .map_err(|error| redactor.error(error))
    }
}
