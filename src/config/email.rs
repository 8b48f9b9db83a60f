//! The *policy for e-mail addresses*: the domains that users' addresses are in.

use crate::model::text::Domain;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Users' e-mail addresses.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmailPolicy {
    /// Domains of the users' addresses: `email`, `voicemail.email` and `available_from_emails`. A subdomain is another domain.
    /// Without domains, every domain is allowed.
    #[schemars(extend("uniqueItems" = true))]
    pub domains: Vec<Domain>,
}
