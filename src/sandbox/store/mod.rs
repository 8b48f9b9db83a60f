//! The *store* keeps objects and their unique values in SQLite.
//!
//! Only this folder uses `rusqlite`. One connection writes, behind a lock, and another one reads, so that long
//! listings don't wait for writes. Each request is one transaction. All functions block; the routes call them
//! outside the async threads.

mod people;
mod tickets;

pub(super) use tickets::Purpose;

use super::object::{Draft, Row};
use crate::{
    model::{Fields, Kind, LoginState, Value},
    profile::{FirstLogin, Profile},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use rusqlite_migration::{M, Migrations};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long to wait for another process that writes to the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum size of a connection's page cache, in KiB.
const CACHE: i64 = 64 * 1024;

/// The sandbox's database. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Connections>);

struct Connections {
    profile: &'static Profile,
    writer: Mutex<Connection>,
    /// None for an in-memory database, which only one connection can use.
    reader: Option<Mutex<Connection>>,
}

/// An error of the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database can't be read or written.
    #[error("the sandbox's database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database is of a sandbox that behaves like another system.
    #[error(
        "the sandbox's database has the profile {there}, not {asked}; use another database, or `profile: {there}`"
    )]
    Profile {
        /// The database's profile.
        there: String,
        /// The expected one.
        asked: &'static str,
    },
    /// The database is from a newer version, or damaged.
    #[error("the sandbox's database can't be migrated: {0}")]
    Migration(#[from] rusqlite_migration::Error),
    /// A stored object is invalid.
    #[error("the sandbox's database contains an invalid object: {0}")]
    Body(#[from] serde_json::Error),
    /// The directory can't be created, or the server can't listen.
    #[error("the sandbox can't start: {0}")]
    Io(#[from] std::io::Error),
}

impl Store {
    /// Opens a database file that behaves like a profile; created if missing.
    ///
    /// # Errors
    /// The file can't be opened, isn't a sandbox database, or has another profile.
    pub fn open(path: &Path, profile: &'static Profile) -> Result<Self, Error> {
        let mut writer = Connection::open(path)?;
        prepare(&writer)?;
        // A commit survives a crash of the process; after `checkpoint` also a crash of the machine.
        writer.pragma_update(None, "journal_mode", "WAL")?;
        migrate(&mut writer, profile)?;
        let reader = Connection::open(path)?;
        prepare(&reader)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self::over(profile, writer, Some(reader)))
    }

    /// Creates an in-memory database with the sandbox's own profile, dropped with its last handle.
    ///
    /// # Errors
    /// The database can't be created.
    pub fn in_memory() -> Result<Self, Error> {
        Self::in_memory_like(Profile::named("sandbox"))
    }

    /// Creates an in-memory database that behaves like a profile, dropped with its last handle.
    ///
    /// # Errors
    /// The database can't be created.
    pub fn in_memory_like(profile: &'static Profile) -> Result<Self, Error> {
        let mut writer = Connection::open_in_memory()?;
        prepare(&writer)?;
        migrate(&mut writer, profile)?;
        Ok(Self::over(profile, writer, None))
    }

    /// The profile that it behaves like.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        self.0.profile
    }

    fn over(profile: &'static Profile, writer: Connection, reader: Option<Connection>) -> Self {
        Self(Arc::new(Connections {
            profile,
            writer: Mutex::new(writer),
            reader: reader.map(Mutex::new),
        }))
    }

    /// Loads many objects in one transaction. Only uniqueness is checked. Secrets are stored by version
    /// only.
    ///
    /// # Errors
    /// Two objects share a key or a unique value, or the database fails. Then nothing is loaded.
    pub fn seed(
        &self,
        objects: impl Iterator<Item = (Kind, Box<str>, Fields)>,
    ) -> Result<(), Error> {
        self.write(|tx| {
            let mut revision = tx.revision()?;
            for (kind, key, mut fields) in objects {
                revision += 1;
                let profile = self.profile().kinds.get(&kind);
                for (field, default) in profile.into_iter().flat_map(|kind| &kind.defaults) {
                    if fields.get(field).is_none() {
                        fields.set(field.as_str().into(), Value::text(default));
                    }
                }
                tx.insert_at(revision, &Draft::new(self.profile(), kind, key, fields)?)?;
            }
            tx.tx
                .execute("UPDATE revision SET value = ?1", [revision])?;
            Ok(())
        })
    }

    /// Sets the number of a user's voicemail messages. Returns whether the user exists.
    ///
    /// # Errors
    /// The database fails.
    pub fn leave_voicemail(&self, username: &str, messages: u32) -> Result<bool, Error> {
        self.write(|tx| {
            let changed = tx.tx.execute(
                "UPDATE objects SET voicemail_messages = ?3 WHERE kind = ?1 AND key = ?2",
                params![Kind::Users.name(), username, messages],
            )?;
            Ok(changed == 1)
        })
    }

    /// Writes all committed changes to the database file on disk.
    ///
    /// # Errors
    /// The database fails.
    pub fn checkpoint(&self) -> Result<(), Error> {
        let writer = locked(&self.0.writer);
        writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Runs a read transaction.
    pub(super) fn read<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = locked(self.0.reader.as_ref().unwrap_or(&self.0.writer));
        let tx = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(Error::from)?;
        let profile = self.profile();
        read(&Tx { tx, profile })
    }

    /// Runs a write transaction, committed if `write` succeeds.
    pub(super) fn write<T, E: From<Error>>(
        &self,
        write: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = locked(&self.0.writer);
        // Immediate: another process can't change what is read before the first write.
        let tx = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::from)?;
        let profile = self.profile();
        let tx = Tx { tx, profile };
        let value = write(&tx)?;
        tx.tx.commit().map_err(Error::from)?;
        Ok(value)
    }
}

/// A transaction.
pub(super) struct Tx<'c> {
    tx: Transaction<'c>,
    profile: &'static Profile,
}

impl Tx<'_> {
    /// The profile that the sandbox behaves like.
    pub(super) fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// The number of writes so far.
    pub(super) fn revision(&self) -> Result<i64, Error> {
        let sql = "SELECT value FROM revision";
        Ok(self
            .tx
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?)
    }

    /// The number of objects of each kind.
    pub(super) fn totals(&self) -> Result<BTreeMap<Kind, i64>, Error> {
        let mut statement = self.tx.prepare_cached("SELECT kind, total FROM totals")?;
        let mut rows = statement.query([])?;
        let mut totals: BTreeMap<Kind, i64> = Kind::ALL.into_iter().map(|kind| (kind, 0)).collect();
        while let Some(row) = rows.next()? {
            // Kinds of newer versions are ignored.
            if let Ok(kind) = row.get_ref(0)?.as_str().map_err(cell)?.parse() {
                totals.insert(kind, row.get::<_, i64>(1)?);
            }
        }
        Ok(totals)
    }

    /// Calls `visit` for at most `limit` objects of a kind, sorted by key, with keys after `after`, the first
    /// `offset` of them left out.
    pub(super) fn page(
        &self,
        kind: Kind,
        after: &str,
        offset: u32,
        limit: u32,
        mut visit: impl FnMut(Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = self.tx.prepare_cached(
            "SELECT seq, id, key, version, system, voicemail_messages, body,
                invited_at, must_set_password, has_agreed FROM objects
             WHERE kind = ?1 AND key > ?2 ORDER BY key LIMIT ?3 OFFSET ?4",
        )?;
        let mut rows = statement.query(params![kind.name(), after, limit, offset])?;
        while let Some(row) = rows.next()? {
            visit(row_of(self.profile, kind, row)?)?;
        }
        Ok(())
    }

    /// The object with an id, if it has this kind.
    pub(super) fn by_id(&self, kind: Kind, id: &str) -> Result<Option<Row<'static>>, Error> {
        self.one(kind, "id", id)
    }

    /// The object with a key.
    pub(super) fn by_key(&self, kind: Kind, key: &str) -> Result<Option<Row<'static>>, Error> {
        self.one(kind, "key", key)
    }

    fn one(&self, kind: Kind, column: &str, value: &str) -> Result<Option<Row<'static>>, Error> {
        let mut statement = self.tx.prepare_cached(&format!(
            "SELECT seq, id, key, version, system, voicemail_messages, body,
                invited_at, must_set_password, has_agreed FROM objects
             WHERE kind = ?1 AND {column} = ?2"
        ))?;
        let mut rows = statement.query([kind.name(), value])?;
        Ok(match rows.next()? {
            Some(row) => Some(row_of(self.profile, kind, row)?.into_owned()),
            None => None,
        })
    }

    /// The owner of a unique value, such as `users/bob`, unless it is the object `seq` itself.
    pub(super) fn owner(
        &self,
        space: &str,
        value: &str,
        seq: Option<i64>,
    ) -> Result<Option<String>, Error> {
        let mut statement = self.tx.prepare_cached(
            "SELECT kind || '/' || key FROM claims JOIN objects ON seq = object
             WHERE space = ?1 AND value = ?2 AND seq IS NOT ?3",
        )?;
        let owner = statement.query_row(params![space, value, seq], |row| row.get(0));
        Ok(owner.optional()?)
    }

    /// Inserts an object and returns its id.
    pub(super) fn insert(&self, draft: &Draft) -> Result<String, Error> {
        let revision = self.next_revision()?;
        self.insert_at(revision, draft)
    }

    fn insert_at(&self, revision: i64, draft: &Draft) -> Result<String, Error> {
        let id = uuid::Uuid::new_v4().to_string();
        let mut statement = self.tx.prepare_cached(
            "INSERT INTO objects (id, kind, key, version, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let kind = draft.kind.name();
        statement.execute(params![id, kind, draft.key, revision, draft.body])?;
        self.claim(self.tx.last_insert_rowid(), draft)?;
        Ok(id)
    }

    /// Replaces the body and the key of an object.
    pub(super) fn update(&self, seq: i64, draft: &Draft) -> Result<(), Error> {
        let revision = self.next_revision()?;
        let mut statement = self.tx.prepare_cached(
            "UPDATE objects SET key = ?2, version = ?3, body = ?4 WHERE seq = ?1",
        )?;
        statement.execute(params![seq, draft.key, revision, draft.body])?;
        let mut statement = self
            .tx
            .prepare_cached("DELETE FROM claims WHERE object = ?1")?;
        statement.execute([seq])?;
        self.claim(seq, draft)
    }

    /// Deletes an object and releases its unique values. References to it are left dangling.
    // S3.14
    pub(super) fn delete(&self, seq: i64) -> Result<(), Error> {
        self.next_revision()?;
        let mut statement = self
            .tx
            .prepare_cached("DELETE FROM objects WHERE seq = ?1")?;
        statement.execute([seq])?;
        Ok(())
    }

    /// The name of the account.
    pub(super) fn account(&self) -> Result<String, Error> {
        let sql = "SELECT value FROM settings WHERE name = 'account'";
        let mut statement = self.tx.prepare_cached(sql)?;
        let name = statement.query_row([], |row| row.get(0)).optional()?;
        Ok(name.unwrap_or_else(|| "sandbox".to_owned()))
    }

    /// The record of a workspace.
    pub(super) fn record(&self, workspace: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT record FROM records WHERE workspace = ?1";
        let mut statement = self.tx.prepare_cached(sql)?;
        Ok(statement
            .query_row([workspace], |row| row.get(0))
            .optional()?)
    }

    /// Replaces the record of a workspace. It isn't an object, so the revision stays.
    pub(super) fn set_record(&self, workspace: &str, record: &str) -> Result<(), Error> {
        let sql =
            "INSERT INTO records VALUES (?1, ?2) ON CONFLICT (workspace) DO UPDATE SET record = ?2";
        self.tx.prepare_cached(sql)?.execute([workspace, record])?;
        Ok(())
    }

    fn next_revision(&self) -> Result<i64, Error> {
        let sql = "UPDATE revision SET value = value + 1 RETURNING value";
        Ok(self
            .tx
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?)
    }

    fn claim(&self, seq: i64, draft: &Draft) -> Result<(), Error> {
        let mut statement = self
            .tx
            .prepare_cached("INSERT INTO claims (space, value, object) VALUES (?1, ?2, ?3)")?;
        for claim in &draft.claims {
            statement.execute(params![&*claim.space, claim.value, seq])?;
        }
        Ok(())
    }
}

fn locked(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A panic in a transaction rolls it back, so the connection is still valid.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // Unique values are inserted in random order: seeding is fast only if their pages fit into memory.
    connection.pragma_update(None, "cache_size", -CACHE)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// Migrates the tables and creates the built-in scopes.
fn migrate(connection: &mut Connection, profile: &Profile) -> Result<(), Error> {
    let migrations = vec![
        M::up(include_str!("../migrations/0001_objects.sql")),
        M::up(include_str!("../migrations/0002_records.sql")),
        M::up(include_str!("../migrations/0003_settings.sql")),
        M::up(include_str!("../migrations/0004_people.sql")),
        M::up(include_str!("../migrations/0005_greetings.sql")),
        M::up(include_str!("../migrations/0006_logins.sql")),
    ];
    Migrations::new(migrations).to_latest(connection)?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let there: Option<String> = tx
        .query_row(
            "SELECT value FROM settings WHERE name = 'profile'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    match there {
        Some(there) if there != profile.name => {
            return Err(Error::Profile {
                there,
                asked: profile.name,
            });
        }
        Some(_) => {}
        None => {
            tx.execute(
                "INSERT INTO settings VALUES ('profile', ?1)",
                [profile.name],
            )?;
        }
    }
    for (name, scope) in profile.scopes.iter() {
        let permissions = scope.permissions.iter().map(|one| Value::text(one));
        let mut fields = Fields::new();
        fields.set("title".into(), Value::text(&scope.title));
        if let Some(extends) = &scope.extends {
            fields.set("extends".into(), Value::text(extends));
        }
        fields.set("permissions".into(), Value::List(permissions.collect()));
        let draft = Draft::new(profile, Kind::Scopes, name.into(), fields)?;
        tx.execute(
            "INSERT INTO objects (id, kind, key, version, system, body) VALUES (?1, ?2, ?3, 0, 1, ?4)
             ON CONFLICT (kind, key) DO UPDATE SET system = 1, body = excluded.body",
            params![
                uuid::Uuid::new_v4().to_string(),
                draft.kind.name(),
                draft.key,
                draft.body
            ],
        )?;
    }
    tx.commit()?;
    Ok(())
}

fn row_of<'r>(
    profile: &'static Profile,
    kind: Kind,
    row: &'r rusqlite::Row<'_>,
) -> Result<Row<'r>, Error> {
    let text = |at| -> Result<_, Error> { Ok(row.get_ref(at)?.as_str().map_err(cell)?.into()) };
    Ok(Row {
        seq: row.get(0)?,
        kind,
        profile,
        id: text(1)?,
        key: text(2)?,
        version: row.get(3)?,
        system: row.get(4)?,
        messages: row.get(5)?,
        body: text(6)?,
        login: login_state(profile, row)?,
    })
}

/// How far a login is, by the columns after the body.
fn login_state(profile: &Profile, row: &rusqlite::Row<'_>) -> Result<LoginState, Error> {
    let asks_for_eula = profile.login.as_ref().and_then(|login| login.first);
    let invited_at: Option<i64> = row.get(7)?;
    Ok(LoginState {
        invited_at: invited_at.map(moment),
        must_set_password: row.get(8)?,
        has_accepted_eula: match asks_for_eula {
            Some(FirstLogin::Eula) => Some(row.get(9)?),
            None => None,
        },
    })
}

/// The moment that a column tells as seconds.
fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A cell with the wrong type. Tables are strict, so the file is damaged.
fn cell(error: rusqlite::types::FromSqlError) -> Error {
    Error::Database(error.into())
}
