//! The *journal* of an action: one JSON line for each thing that began or ended, written to disk before the next one
//! begins. It contains no secret.

use super::ActResult;
use crate::{
    apply::Outcome,
    journal::Lines,
    model::{Address, PortalAction},
    render::{document::Author, escape},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};

/// One line of the journal of an action.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Record {
    /// The action begins.
    Begin {
        /// The version of this format: `1.0`.
        format_version: String,
        /// When.
        #[schemars(with = "String")]
        at: Timestamp,
        /// Who does it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The address of the pipeline's run that does it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run_url: Option<String>,
        /// The portal: `sandbox (embedded)`.
        portal: String,
        /// The action.
        action: PortalAction,
        /// The objects that it is done for, in this order.
        addresses: Vec<Address>,
    },
    /// The request for one object is about to be sent.
    Started {
        /// When.
        #[schemars(with = "String")]
        at: Timestamp,
        /// The object.
        address: Address,
    },
    /// The outcome for one object is known.
    Ended {
        /// When.
        #[schemars(with = "String")]
        at: Timestamp,
        /// The object.
        address: Address,
        /// The outcome.
        outcome: Outcome,
        /// Why it was not done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

/// What heads the journal of an action.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Who does it.
    pub author: Option<Author>,
    /// The portal.
    pub portal: String,
    /// The action.
    pub action: PortalAction,
    /// The objects.
    pub addresses: Vec<Address>,
}

/// A journal that is being written.
pub struct Journal {
    lines: Lines,
    path: PathBuf,
    now: fn() -> Timestamp,
}

impl Journal {
    /// Begins a journal: a new file, never one that exists.
    ///
    /// # Errors
    /// The file exists, or can't be written.
    pub fn begin(path: &Path, now: fn() -> Timestamp, heading: Heading) -> io::Result<Self> {
        let mut journal = Self {
            lines: Lines::create(path)?,
            path: path.to_owned(),
            now,
        };
        let Heading {
            author,
            portal,
            action,
            addresses,
        } = heading;
        let (by, run_url) =
            author.map_or((None, None), |author| (Some(author.name), author.run_url));
        journal.write(&Record::Begin {
            format_version: "1.0".to_owned(),
            at: now(),
            by,
            run_url,
            portal,
            action,
            addresses,
        })?;
        Ok(journal)
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records that a request is about to be sent; it must not be sent before this is on disk.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn started(&mut self, address: &Address) -> io::Result<()> {
        self.write(&Record::Started {
            at: (self.now)(),
            address: address.clone(),
        })
    }

    /// Records the outcome for one object.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn ended(&mut self, result: &ActResult) -> io::Result<()> {
        self.write(&Record::Ended {
            at: (self.now)(),
            address: result.address.clone(),
            outcome: result.outcome,
            error: result.error.clone(),
        })
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        self.lines.append(&escape::json_line(record)?)
    }
}
