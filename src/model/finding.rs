//! A *finding rule* is one thing that a guard can have to say about a plan; waivers name it by its id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares the finding rules: name, id, what it means, what to do.
macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $rule:ident = $id:literal, $remedy:literal;)*) => {
        /// One thing that a guard can have to say about a plan.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        #[schemars(inline)]
        pub enum FindingRule { $($(#[doc = $doc])+ $rule,)* }

        impl FindingRule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// Its name, for people and for waivers.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$rule => $id),* }
            }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$rule => concat!($($doc, "\n"),+).trim_ascii()),* }
            }

            /// What to do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$rule => $remedy),* }
            }
        }
    };
}

findings! {
    /// A listing of the portal may lack objects, so nothing is known to be missing and nothing may be deleted.
    IncompleteRead = "incomplete-read", "Plan again; if it stays, ask the portal's operator. It can't be waived.";
    /// What is to be deleted, deactivated or renumbered is still referred to; portals don't refuse, and calls then fail (S3.13, S3.14).
    InUse = "in-use", "Remove the references first, or in the same change.";
    /// What is declared has an extension, a username, an e-mail address or a phone that somebody else holds on the portal.
    Taken = "taken", "Choose another, or declare the holder so that it can be moved.";
    /// A change of something that the portal made for itself.
    SystemObject = "system-object", "Declare something of your own instead.";
}

impl fmt::Display for FindingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}
