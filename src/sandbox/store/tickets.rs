//! The table of *tickets*: tokens that are valid once and for some time, by their digests.

use super::{Error, Tx};
use crate::sandbox::object::Row;
use rusqlite::{OptionalExtension as _, params};

/// What a ticket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Purpose {
    /// To set a password.
    Password,
    /// To provision a mobile app.
    Mobile,
    /// To provision a desktop app.
    Desktop,
}

impl Purpose {
    /// The name in the table.
    const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Mobile => "mobile",
            Self::Desktop => "desktop",
        }
    }

    /// How long a ticket is valid, in seconds: a week to follow a mail, ten minutes to scan a code.
    pub(in crate::sandbox) const fn seconds(self) -> u32 {
        match self {
            Self::Password => 7 * 24 * 60 * 60,
            Self::Mobile | Self::Desktop => 10 * 60,
        }
    }
}

impl Tx<'_> {
    /// Keeps a ticket of a user in place of earlier ones for the same purpose.
    pub(in crate::sandbox) fn issue_ticket(
        &self,
        token: &[u8],
        seq: i64,
        purpose: Purpose,
    ) -> Result<(), Error> {
        self.void_tickets(seq, purpose)?;
        let sql = "INSERT INTO tickets VALUES (?1, ?2, ?3, unixepoch() + ?4)";
        let values = params![token, seq, purpose.name(), purpose.seconds()];
        self.tx.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Makes the tickets of a user for a purpose invalid.
    pub(in crate::sandbox) fn void_tickets(&self, seq: i64, purpose: Purpose) -> Result<(), Error> {
        let sql = "DELETE FROM tickets WHERE object = ?1 AND purpose = ?2";
        self.tx
            .prepare_cached(sql)?
            .execute(params![seq, purpose.name()])?;
        Ok(())
    }

    /// Takes a ticket in, and returns its user; nothing if it is unknown, used or too old.
    pub(in crate::sandbox) fn use_ticket(
        &self,
        token: &[u8],
        purpose: Purpose,
    ) -> Result<Option<Row<'static>>, Error> {
        let sql = "DELETE FROM tickets WHERE token = ?1 AND purpose = ?2 RETURNING object, expires > unixepoch()";
        let mut statement = self.tx.prepare_cached(sql)?;
        let used: Option<(i64, bool)> = statement
            .query_row(params![token, purpose.name()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        match used {
            Some((seq, true)) => self.user(seq),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Kind, sandbox::Store};
    use serde_json::json;

    #[test]
    fn a_ticket_is_valid_once_for_its_purpose_and_for_some_time() {
        let store = Store::in_memory().unwrap();
        let fields = json!({"first_name": "Ann", "last_name": "Lee", "email": "ann@acme.example"});
        let fields = Kind::Users.shape().read(&fields).unwrap();
        store
            .seed([(Kind::Users, "ann".into(), fields)].into_iter())
            .unwrap();
        store
            .write(|tx| {
                let ann = tx.by_key(Kind::Users, "ann")?.unwrap();
                let is_valid = |token: &[u8], purpose| {
                    let user = tx.use_ticket(token, purpose)?;
                    Ok::<_, Error>(user.is_some_and(|user| user.key == "ann"))
                };
                tx.issue_ticket(b"one", ann.seq, Purpose::Mobile)?;
                assert!(!is_valid(b"one", Purpose::Desktop)?);
                assert!(is_valid(b"one", Purpose::Mobile)?);
                assert!(!is_valid(b"one", Purpose::Mobile)?);
                tx.issue_ticket(b"two", ann.seq, Purpose::Mobile)?;
                tx.issue_ticket(b"three", ann.seq, Purpose::Mobile)?;
                assert!(
                    !is_valid(b"two", Purpose::Mobile)?,
                    "a newer one replaces it"
                );
                tx.tx
                    .execute("UPDATE tickets SET expires = expires - 601", [])?;
                assert!(!is_valid(b"three", Purpose::Mobile)?);
                Ok::<_, Error>(())
            })
            .unwrap();
    }
}
