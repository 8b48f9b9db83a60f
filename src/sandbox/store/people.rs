//! The tables about *people*: their secrets and sessions, mails, messages, licences and rebuilds.

use super::{Error, Tx, moment, row_of};
use crate::{
    model::{Kind, Message},
    sandbox::object::Row,
};
use rusqlite::{OptionalExtension as _, params};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Tx<'_> {
    /// Stores the hash of a secret of an object.
    pub(in crate::sandbox) fn set_secret(
        &self,
        seq: i64,
        path: &str,
        hash: &str,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO secrets VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET hash = ?3";
        self.tx
            .prepare_cached(sql)?
            .execute(params![seq, path, hash])?;
        Ok(())
    }

    /// The hash of a secret of an object.
    pub(in crate::sandbox) fn secret(&self, seq: i64, path: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT hash FROM secrets WHERE object = ?1 AND path = ?2";
        let mut statement = self.tx.prepare_cached(sql)?;
        Ok(statement
            .query_row(params![seq, path], |row| row.get(0))
            .optional()?)
    }

    /// The user whose unique value this is, such as an e-mail address.
    pub(in crate::sandbox) fn user_with(
        &self,
        space: &str,
        value: &str,
    ) -> Result<Option<Row<'static>>, Error> {
        let mut statement = self.tx.prepare_cached(
            "SELECT seq, id, key, version, system, voicemail_messages, body,
                invited_at, must_set_password, has_agreed FROM objects
             JOIN claims ON object = seq WHERE kind = 'users' AND space = ?1 AND value = ?2",
        )?;
        let mut rows = statement.query([space, value])?;
        let row = rows.next()?;
        row.map(|row| Ok(row_of(self.profile(), Kind::Users, row)?.into_owned()))
            .transpose()
    }

    /// The user with a number that only this database knows.
    pub(super) fn user(&self, seq: i64) -> Result<Option<Row<'static>>, Error> {
        let mut statement = self.tx.prepare_cached(
            "SELECT seq, id, key, version, system, voicemail_messages, body,
                invited_at, must_set_password, has_agreed FROM objects WHERE seq = ?1",
        )?;
        let mut rows = statement.query([seq])?;
        let row = rows.next()?;
        row.map(|row| Ok(row_of(self.profile(), Kind::Users, row)?.into_owned()))
            .transpose()
    }

    /// Whether a user has accepted the licence agreement.
    pub(in crate::sandbox) fn has_agreed(&self, seq: i64) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM agreements WHERE object = ?1";
        let mut statement = self.tx.prepare_cached(sql)?;
        Ok(statement.exists([seq])?)
    }

    /// Remembers that a user has accepted the licence agreement.
    pub(in crate::sandbox) fn agree(&self, seq: i64) -> Result<(), Error> {
        let sql = "INSERT OR IGNORE INTO agreements VALUES (?1)";
        self.tx.prepare_cached(sql)?.execute([seq])?;
        Ok(())
    }

    /// Remembers a session, by the digest of its token.
    pub(in crate::sandbox) fn begin_session(&self, token: &[u8], seq: i64) -> Result<(), Error> {
        let sql = "INSERT INTO sessions VALUES (?1, ?2)";
        self.tx.prepare_cached(sql)?.execute(params![token, seq])?;
        Ok(())
    }

    /// Ends a session.
    pub(in crate::sandbox) fn end_session(&self, token: &[u8]) -> Result<(), Error> {
        let sql = "DELETE FROM sessions WHERE token = ?1";
        self.tx.prepare_cached(sql)?.execute([token])?;
        Ok(())
    }

    /// The user of a session.
    pub(in crate::sandbox) fn session(&self, token: &[u8]) -> Result<Option<Row<'static>>, Error> {
        let sql = "SELECT object FROM sessions WHERE token = ?1";
        let mut statement = self.tx.prepare_cached(sql)?;
        let seq: Option<i64> = statement.query_row([token], |row| row.get(0)).optional()?;
        seq.map_or(Ok(None), |seq| self.user(seq))
    }

    /// Ends all sessions of a user.
    pub(in crate::sandbox) fn end_sessions(&self, seq: i64) -> Result<(), Error> {
        let sql = "DELETE FROM sessions WHERE object = ?1";
        self.tx.prepare_cached(sql)?.execute([seq])?;
        Ok(())
    }

    /// Forgets the hash of a secret, and says whether there was one.
    pub(in crate::sandbox) fn forget_secret(&self, seq: i64, path: &str) -> Result<bool, Error> {
        let sql = "DELETE FROM secrets WHERE object = ?1 AND path = ?2";
        let gone = self.tx.prepare_cached(sql)?.execute(params![seq, path])?;
        Ok(gone > 0)
    }

    /// Makes the password of a user invalid, and ends the user's sessions.
    pub(in crate::sandbox) fn void_password(&self, seq: i64) -> Result<(), Error> {
        self.forget_secret(seq, "password")?;
        self.end_sessions(seq)?;
        self.note("must_set_password = 1", seq)
    }

    /// Remembers that a user has a valid password.
    pub(in crate::sandbox) fn password_set(&self, seq: i64) -> Result<(), Error> {
        self.note("must_set_password = 0", seq)
    }

    /// Remembers that a welcome was sent to a user.
    pub(in crate::sandbox) fn invite(&self, seq: i64) -> Result<(), Error> {
        self.note("invited_at = unixepoch()", seq)
    }

    /// Remembers that a user doesn't wait for a welcome any more.
    pub(in crate::sandbox) fn welcome_followed(&self, seq: i64) -> Result<(), Error> {
        self.note("invited_at = NULL", seq)
    }

    /// Notes something about a user's login. The version of the object stays.
    fn note(&self, assignment: &'static str, seq: i64) -> Result<(), Error> {
        let sql = format!("UPDATE objects SET {assignment} WHERE seq = ?1");
        self.tx.prepare_cached(&sql)?.execute([seq])?;
        Ok(())
    }

    /// Deletes the voicemail messages of a user, and says how many there were.
    pub(in crate::sandbox) fn clear_messages(&self, seq: i64) -> Result<u32, Error> {
        let sql = "SELECT voicemail_messages FROM objects WHERE seq = ?1";
        let mut statement = self.tx.prepare_cached(sql)?;
        let count = statement.query_row([seq], |row| row.get(0))?;
        let sql = "DELETE FROM messages WHERE object = ?1";
        self.tx.prepare_cached(sql)?.execute([seq])?;
        let sql = "UPDATE objects SET voicemail_messages = 0 WHERE seq = ?1";
        self.tx.prepare_cached(sql)?.execute([seq])?;
        Ok(count)
    }

    /// Keeps a mail that a real system would have sent.
    pub(in crate::sandbox) fn send_mail(
        &self,
        to: &str,
        subject: &str,
        body: &str,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO outbox (recipient, subject, body) VALUES (?1, ?2, ?3)";
        self.tx.prepare_cached(sql)?.execute([to, subject, body])?;
        Ok(())
    }

    /// The mails, in the order in which they were sent.
    pub(in crate::sandbox) fn mails(&self) -> Result<Vec<Value>, Error> {
        let sql = "SELECT recipient, subject, body FROM outbox ORDER BY seq";
        let mut statement = self.tx.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let text = |at| row.get::<_, String>(at);
            Ok(json!({ "to": text(0)?, "subject": text(1)?, "body": text(2)? }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Leaves a voicemail message.
    pub(in crate::sandbox) fn leave_message(
        &self,
        seq: i64,
        caller: &str,
        seconds: u32,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO messages (object, caller, seconds, left_at) VALUES (?1, ?2, ?3, unixepoch())";
        self.tx
            .prepare_cached(sql)?
            .execute(params![seq, caller, seconds])?;
        Ok(())
    }

    /// The voicemail messages of a user.
    pub(in crate::sandbox) fn messages(&self, seq: i64) -> Result<Vec<Message>, Error> {
        let sql = "SELECT caller, seconds, left_at FROM messages WHERE object = ?1 ORDER BY seq";
        let mut statement = self.tx.prepare_cached(sql)?;
        let rows = statement.query_map([seq], |row| {
            Ok(Message {
                from: row.get(0)?,
                seconds: row.get(1)?,
                at: moment(row.get(2)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores the sound of a user's greeting.
    pub(in crate::sandbox) fn set_greeting(&self, seq: i64, sound: &[u8]) -> Result<(), Error> {
        let sql = "INSERT INTO greetings VALUES (?1, ?2) ON CONFLICT DO UPDATE SET sound = ?2";
        self.tx.prepare_cached(sql)?.execute(params![seq, sound])?;
        Ok(())
    }

    /// The sound of a user's greeting.
    pub(in crate::sandbox) fn greeting(&self, seq: i64) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT sound FROM greetings WHERE object = ?1";
        let mut statement = self.tx.prepare_cached(sql)?;
        Ok(statement.query_row([seq], |row| row.get(0)).optional()?)
    }

    /// Removes the sound of a user's greeting.
    pub(in crate::sandbox) fn forget_greeting(&self, seq: i64) -> Result<(), Error> {
        let sql = "DELETE FROM greetings WHERE object = ?1";
        self.tx.prepare_cached(sql)?.execute([seq])?;
        Ok(())
    }

    /// Sets how many licences of a type there are.
    pub(in crate::sandbox) fn set_licences(&self, of: &str, total: u32) -> Result<(), Error> {
        let sql = "INSERT INTO licences VALUES (?1, ?2) ON CONFLICT DO UPDATE SET total = ?2";
        self.tx.prepare_cached(sql)?.execute(params![of, total])?;
        Ok(())
    }

    /// How many licences of each type there are, and how many users take one.
    pub(in crate::sandbox) fn licences(&self) -> Result<BTreeMap<String, (u64, u64)>, Error> {
        let mut statement = self.tx.prepare_cached(
            "SELECT type, total, (SELECT count(*) FROM objects
                 WHERE kind = 'users' AND json_extract(body, '$.scope') = type) FROM licences",
        )?;
        let rows = statement.query_map([], |row| {
            let count = |at| Ok::<_, rusqlite::Error>(u64::from(row.get::<_, u32>(at)?));
            Ok((row.get(0)?, (count(1)?, count(2)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes a rebuild of an instance, with the features of its users.
    pub(in crate::sandbox) fn rebuild(&self, seq: i64, instance: &str) -> Result<(), Error> {
        let mut statement = self.tx.prepare_cached(
            "SELECT DISTINCT kind.key || '/' || one.value AS feature
             FROM objects, json_each(body, '$.features') AS kind, json_each(kind.value) AS one
             WHERE objects.kind = 'users' AND json_extract(body, '$.instance') = ?1 ORDER BY feature",
        )?;
        let features = statement.query_map([instance], |row| row.get(0))?;
        let features: Vec<String> = features.collect::<Result<_, _>>()?;
        let sql = "INSERT INTO rebuilds VALUES (?1, 1, unixepoch(), ?2) ON CONFLICT DO UPDATE
                   SET count = count + 1, rebuilt_at = unixepoch(), registered = ?2";
        let features = serde_json::to_string(&features)?;
        self.tx
            .prepare_cached(sql)?
            .execute(params![seq, features])?;
        Ok(())
    }

    /// The last rebuild of an instance: how many there were, when, and the features that the phones know since then.
    pub(in crate::sandbox) fn rebuilt(&self, seq: i64) -> Result<Value, Error> {
        let sql = "SELECT count, rebuilt_at, registered FROM rebuilds WHERE object = ?1";
        let mut statement = self.tx.prepare_cached(sql)?;
        let last: Option<(u32, i64, String)> = statement
            .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((count, at, registered)) = last else {
            return Ok(json!({ "rebuilds": 0, "registered": [] }));
        };
        let registered: Value = serde_json::from_str(&registered)?;
        Ok(json!({ "rebuilds": count, "rebuilt_at": moment(at), "registered": registered }))
    }
}
