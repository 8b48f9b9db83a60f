//! The *records of applies* are kept in the account document, which every clone can read: its field
//! `callsheet` maps the name of a workspace to its record.
//!
//! A write sends one workspace's entry only, since a PATCH merges. Credentials that may not read the account
//! document have no place for records.

use super::{
    super::{
        Error,
        http::{Answer, Body, Failure, Request},
        rest::{Doc, Link as _, doc::difference},
    },
    session::Session,
    wire::{self, Envelope},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Mutex;

/// The field of the account document.
const FIELD: &str = "callsheet";
/// The maximum number of attempts for one record.
const TRIES: u32 = 3;

/// The records of an account.
#[derive(Default)]
pub(super) struct Records {
    /// The account document as it was read last.
    account: Mutex<Option<Account>>,
    /// Whether the credentials may not read the account document.
    is_unreadable: AtomicBool,
}

/// The part of the account document that Callsheet keeps.
struct Account {
    /// The records by workspace.
    entries: Doc,
    revision: Option<String>,
}

impl Account {
    fn of(envelope: Envelope) -> Self {
        let entries = envelope.data.get(FIELD).and_then(Value::as_object);
        Self {
            entries: entries.cloned().unwrap_or_default(),
            revision: envelope.revision,
        }
    }

    /// The document that merges a record into the account document, or `None` if it is already there.
    fn patch(&self, workspace: &str, record: &Value) -> Option<Value> {
        let mut after = self.entries.clone();
        after.insert(workspace.to_owned(), record.clone());
        let patch = difference(&self.entries, &after);
        (!patch.is_empty()).then(|| json!({"data": {FIELD: patch}}))
    }
}

impl Records {
    /// Whether the account document has a place for records, as far as it is known.
    pub(super) fn have_place(&self) -> bool {
        !self.is_unreadable.load(Ordering::Relaxed)
    }

    /// Reads the record of a workspace. `None` if there is none, or no place for it.
    pub(super) async fn get(
        &self,
        session: &Session,
        workspace: &str,
    ) -> Result<Option<String>, Error> {
        let mut account = self.account.lock().await;
        let read = match read(session).await {
            Err(Error::Forbidden { .. } | Error::Refused { .. }) => None,
            read => read?,
        };
        if read.is_none() {
            self.is_unreadable.store(true, Ordering::Relaxed);
        }
        *account = read;
        let entries = account.as_ref().map(|account| &account.entries);
        let record = entries.and_then(|entries| entries.get(workspace));
        Ok(record.map(ToString::to_string))
    }

    /// Writes the record of a workspace.
    pub(super) async fn set(
        &self,
        session: &Session,
        workspace: &str,
        record: &str,
    ) -> Result<(), Error> {
        let what = || "the record of what was applied".to_owned();
        let record: Value = serde_json::from_str(record).map_err(|error| Error::Unreadable {
            what: what(),
            reason: error.to_string(),
        })?;
        let mut known = self.account.lock().await;
        let mut last_failure = None;
        for _ in 0..TRIES {
            let account = match known.take() {
                Some(account) => account,
                None => read(session).await?.ok_or_else(|| Error::Unreadable {
                    what: what(),
                    reason: "the account document doesn't exist (404)".to_owned(),
                })?,
            };
            // After a lost answer the record may be there already.
            let Some(patch) = account.patch(workspace, &record) else {
                *known = Some(account);
                return Ok(());
            };
            let etag = account.revision.map(|revision| format!("\"{revision}\""));
            let request = Request::new(Method::PATCH, &[])
                .with_if_match(etag.as_deref())
                .with_body(Body::json(&patch));
            match session.write(&request).await {
                Ok(answer) if answer.is_success() => {
                    *known = parse(&answer).ok();
                    return Ok(());
                }
                // The account document was changed meanwhile.
                Ok(Answer {
                    status: status @ (409 | 412),
                    ..
                }) => {
                    last_failure = Some(format!("the answer was {status}"));
                }
                Ok(answer) => return Err(wire::refusal(&answer, |field| field)),
                Err(Failure::NotDone(error)) => return Err(error),
                Err(Failure::Ambiguous { reason }) => last_failure = Some(reason),
            }
        }
        Err(Error::Unknown {
            what: what(),
            reason: format!(
                "{}; it was sent {TRIES} times",
                last_failure.unwrap_or_default()
            ),
        })
    }
}

async fn read(session: &Session) -> Result<Option<Account>, Error> {
    let envelope = session.get(&[], &[]).await?;
    Ok(envelope.map(Account::of))
}

fn parse(answer: &Answer) -> Result<Account, Error> {
    Envelope::of(answer, "PATCH /v2/accounts").map(Account::of)
}

#[cfg(test)]
mod tests {
    use super::Account;
    use serde_json::{Value, json};

    fn account(entries: &Value) -> Account {
        Account {
            entries: entries.as_object().cloned().unwrap(),
            revision: None,
        }
    }

    #[test]
    fn a_patch_contains_one_workspace_only() {
        let account = account(&json!({"a.b": {"commit": "1", "run": ""}, "c": {"commit": "2"}}));
        let patch = account.patch("a.b", &json!({"commit": "3", "run": ""}));
        let expected = json!({"data": {"callsheet": {"a.b": {"commit": "3"}}}});
        assert_eq!(patch, Some(expected));
        assert_eq!(account.patch("c", &json!({"commit": "2"})), None);
        // A field of an earlier record doesn't stay.
        let patch = account.patch("a.b", &json!({"commit": "1"}));
        let expected = json!({"data": {"callsheet": {"a.b": {"run": null}}}});
        assert_eq!(patch, Some(expected));
    }
}
