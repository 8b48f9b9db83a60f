//! A *forge* hosts the repository and runs its pipeline: GitHub. What a pipeline tells of the event that
//! started it is an [`Event`]; a [`Repository`] is where comments, issues and artefacts are.
//!
//! Nothing that the forge's API returns is trusted: somebody else's comment is never taken for ours, and an
//! artefact is only data, of a limited size.

mod archive;
mod event;
mod repository;

pub use event::{Event, Pull};
pub use repository::{Artifact, Note, Repository, Thread};

/// Why the forge can't do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The pipeline's variables or its event are not those of a pipeline of GitHub.
    #[error("{0}")]
    Event(String),
    /// The token lacks a permission.
    #[error("the token may not {what}{detail}; give the job `permissions: {{ {permission} }}`")]
    Forbidden {
        /// What was to be done.
        what: &'static str,
        /// The permission that is needed, as the workflow spells it.
        permission: &'static str,
        /// The forge's message, after a separator.
        detail: String,
    },
    /// The request failed.
    #[error("GitHub can't {what}: {reason}")]
    Failed {
        /// What was to be done.
        what: &'static str,
        /// The cause.
        reason: String,
    },
}
