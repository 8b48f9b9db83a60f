//! The *policy for secrets*: what a PIN and a password must be like. It is checked whenever a secret is read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Strength of the secrets that the files refer to. Each is checked when it is read: before the first write of an
/// apply, or by `validate --secrets`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsPolicy {
    /// Strength of PINs, such as `voicemail.pin`. A PIN always consists of up to 15 digits.
    pub pin: PinPolicy,
    /// Strength of passwords.
    pub password: PasswordPolicy,
}

/// Strength of PINs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PinPolicy {
    /// Fewest digits.
    #[schemars(range(min = 1, max = 15), extend("default" = 4))]
    pub digits: u8,
    /// Patterns that a PIN must not follow.
    #[schemars(extend("uniqueItems" = true))]
    pub not: BTreeSet<PinPattern>,
}

impl PinPolicy {
    /// Most digits of any PIN.
    pub const MAX_DIGITS: usize = 15;
}

impl Default for PinPolicy {
    fn default() -> Self {
        Self {
            digits: 4,
            not: BTreeSet::new(),
        }
    }
}

/// A pattern that makes a PIN easy to guess.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PinPattern {
    /// The person's extension or mailbox, also backwards: the PIN is it, contains it (from 3 digits on), or is part of it.
    Extension,
    /// Equal steps up or down, such as `123456`, `8642`, `246810` or `112233`, and `2580`, the middle of a keypad.
    Sequence,
    /// One digit or a few, repeated, such as `1111`, `1212` or `123123`.
    Repeat,
}

/// Strength of passwords.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordPolicy {
    /// Fewest characters.
    #[schemars(range(min = 1, max = 128), extend("default" = 1))]
    pub length: u8,
    /// Patterns that a password must not follow.
    #[schemars(extend("uniqueItems" = true))]
    pub not: BTreeSet<PasswordPattern>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            length: 1,
            not: BTreeSet::new(),
        }
    }
}

/// A pattern that makes a password easy to guess.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PasswordPattern {
    /// The password contains the person's username, first or last name (from 3 characters on), or what is before the `@`
    /// of the e-mail address.
    Person,
    /// One character or a few, repeated, such as `aaaaaaaaaaaa`.
    Repeat,
}
