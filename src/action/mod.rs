//! *Doing* an action for some objects, one after the other. Each has an outcome, and none is ever guessed.

mod journal;

pub use journal::{Heading, Journal, Record};

use crate::{
    apply::Outcome,
    model::Address,
    portal::{Act, Error, ObjectRef, Portal, Task, with_hint},
};
use secrecy::SecretString;
use std::io;
use tokio::sync::watch;

/// An object that an action is done for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The object as the files name it.
    pub address: Address,
    /// The object as the portal knows it.
    pub on_portal: Address,
    /// The portal's ID of the object.
    pub id: Box<str>,
    /// The version that was read.
    pub etag: Option<Box<str>>,
}

impl Subject {
    /// The action for this object.
    #[must_use]
    pub fn act<'a>(&'a self, task: Task<'a>) -> Act<'a> {
        Act {
            address: &self.on_portal,
            object: ObjectRef {
                id: &self.id,
                key: &self.on_portal.key,
                etag: self.etag.as_deref(),
            },
            task,
        }
    }
}

/// What became of an action for one object.
#[derive(Clone, Debug)]
pub struct ActResult {
    /// The object as the files name it.
    pub address: Address,
    /// The outcome.
    pub outcome: Outcome,
    /// What the portal tells.
    pub messages: Vec<String>,
    /// Why it was not done.
    pub error: Option<String>,
    /// The link that provisions an app.
    pub link: Option<SecretString>,
}

/// What became of an action.
#[derive(Debug, Default)]
pub struct Done {
    /// One result for each object, in the given order.
    pub results: Vec<ActResult>,
    /// Whether it was stopped before the last object.
    pub is_interrupted: bool,
    /// Why the journal is incomplete. Nothing was sent after that.
    pub error: Option<io::Error>,
}

/// Does an action for some objects, until it is asked to stop. The refusal of one object doesn't stop it; what concerns
/// all of them does.
pub async fn perform(
    subjects: &[Subject],
    task: Task<'_>,
    portal: &dyn Portal,
    journal: &mut Journal,
    stopped: &watch::Receiver<bool>,
) -> Done {
    let mut done = Done::default();
    let mut is_over = false;
    for subject in subjects {
        let mut result = ActResult {
            address: subject.address.clone(),
            outcome: Outcome::NotAttempted,
            messages: Vec::new(),
            error: None,
            link: None,
        };
        done.is_interrupted |= !is_over && *stopped.borrow();
        is_over |= done.is_interrupted;
        if !is_over && let Err(error) = journal.started(&subject.address) {
            done.error = Some(error);
            is_over = true;
        }
        if is_over {
            done.results.push(result);
            continue;
        }
        match portal.act(&subject.act(task)).await {
            Ok(acted) => {
                result.outcome = Outcome::Done;
                result.messages = acted.messages;
                result.link = acted.link;
            }
            Err(error) => {
                result.outcome = match error.may_be_done() {
                    true => Outcome::Unknown,
                    false => Outcome::Failed,
                };
                is_over = concerns_all(&error);
                result.error = Some(with_hint(&error));
            }
        }
        if let Err(error) = journal.ended(&result) {
            done.error = Some(error);
            is_over = true;
        }
        done.results.push(result);
    }
    done
}

/// Whether an error would be the same for every other object.
fn concerns_all(error: &Error) -> bool {
    match error {
        Error::Misconfigured { .. }
        | Error::Unreachable { .. }
        | Error::Unauthorized { .. }
        | Error::NotReady { .. }
        | Error::NoRequest { .. }
        | Error::Unknown { .. } => true,
        Error::Forbidden { .. }
        | Error::Refused { .. }
        | Error::Stale { .. }
        | Error::Unreadable { .. }
        | Error::Accepted { .. }
        | Error::Partial { .. } => false,
    }
}
