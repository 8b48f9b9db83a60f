//! The *registry* holds the adapter of each portal: what the engine, the command line and the docs must know
//! of it before it is opened.

use super::{Capabilities, Description, Error, FieldMapping, Portal, Target};
use crate::{
    config::{PortalConfig, PortalKind},
    portals::portals,
};

/// The adapter of a portal.
#[derive(Debug)]
pub struct Adapter {
    /// The description for the docs.
    pub description: Description,
    /// What the portal supports by its configuration alone, before anything is asked.
    pub capabilities: fn(&PortalConfig) -> Capabilities,
    /// The mapping of its fields for the docs; empty if they are Callsheet's own.
    pub mapping: fn() -> Vec<FieldMapping>,
    /// The credentials that it accepts.
    pub credentials: &'static [CredentialKind],
    /// Whether it can run inside the command, from the file that `database:` names.
    pub is_embeddable: bool,
    /// What `callsheet init` writes.
    pub example: Example,
    /// Creates the adapter. No request is sent.
    pub open: fn(&Target) -> Result<Box<dyn Portal>, Error>,
}

/// A kind of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// `token:`, and what it is: an account's API key.
    Token(&'static str),
    /// `user:` and `password:`.
    Login,
    /// `user:` and `password:`, and `client:`, the OAuth client that they log in with.
    ClientLogin,
}

/// The files of a new workspace.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// `portal:` in `callsheet.yaml`.
    pub portal: &'static str,
    /// The resources in `people.yaml`.
    pub people: &'static str,
}

macro_rules! adapters {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal, $module:ident;)*) => {
        /// The adapter of a portal.
        #[must_use]
        pub fn adapter(kind: PortalKind) -> &'static Adapter {
            match kind { $(PortalKind::$kind => &super::$module::ADAPTER,)* }
        }
    };
}

portals!(adapters);

/// What a portal supports by its configuration alone, before anything is asked.
#[must_use]
pub fn capabilities(config: &PortalConfig) -> Capabilities {
    (adapter(config.kind).capabilities)(config)
}
