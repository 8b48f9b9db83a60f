//! The *configuration* is what `callsheet.yaml` says of a workspace: which portal, which policy, whose
//! field is whose, which findings are waived, what must not exist.

use crate::model::{
    Address, FindingRule, SecretRef,
    text::{Line, RelativePath, Username},
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

/// What `callsheet.yaml` says of a workspace.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The live system.
    pub portal: PortalConfig,
    /// What a plan may do, and what a declaration must be.
    #[serde(default)]
    pub policy: Policy,
    /// Whose each field is, by kind and field: `users.dnd: initial`. Fields that aren't named are
    /// enforced.
    #[serde(default)]
    pub fields: BTreeMap<FieldName, FieldPolicy>,
    /// Waivers: each lets one finding pass, for a while, for a reason.
    #[serde(default)]
    pub allow: Vec<Waiver>,
    /// What must not exist, though no commit ever declared it.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true))]
    pub absent: Vec<Address>,
}

/// The live system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PortalConfig {
    /// Which one.
    pub kind: PortalKind,
    /// Sandbox only: its database, relative to the workspace. The sandbox then runs inside the command.
    pub database: Option<RelativePath>,
    /// Where it is served: https, or http on this machine.
    pub url: Option<Line>,
    /// The account, domain or realm: whatever the portal calls it.
    pub tenant: Option<Line>,
    /// How to get in.
    pub credentials: Option<CredentialsConfig>,
    /// The rate limit for requests to the portal. The default depends on the portal.
    pub rate_limit: Option<RateLimitConfig>,
}

/// The rate limit for requests to a portal.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimitConfig {
    /// The number of requests per second.
    #[schemars(range(min = 1, max = 10_000))]
    pub per_second: Option<u32>,
    /// The number of requests that may start at once after a pause.
    #[schemars(range(min = 1, max = 10_000))]
    pub burst: Option<u32>,
}

/// Which portal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PortalKind {
    /// The built-in one.
    Sandbox,
    /// Kazoo, by its Crossbar API in version 2: Kazoo 4 and 5, and what is built on them.
    Kazoo,
}

impl PortalKind {
    /// Whether only some scopes let a user serve a queue there (S2.16); a Kazoo lets everybody.
    #[must_use]
    pub const fn agents_need_a_scope(self) -> bool {
        match self {
            Self::Sandbox => true,
            Self::Kazoo => false,
        }
    }
}

impl fmt::Display for PortalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sandbox => "sandbox",
            Self::Kazoo => "kazoo",
        })
    }
}

/// How to get into a portal. Never the secret, always where it is kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialsConfig {
    /// The token. Kazoo: the API key of an account.
    pub token: Option<SecretRef>,
    /// The user whom they belong to, if it is one of the portal's users: a plan that takes the user's
    /// access away is blocked. With `password`, also who logs in.
    pub user: Option<Username>,
    /// Kazoo: the password of `user`, instead of a token.
    pub password: Option<SecretRef>,
    /// Kazoo: the account that `user` belongs to, where that is not the tenant but one above it: its
    /// name, its realm or its id.
    pub account: Option<Line>,
    /// Kazoo: how name and password are hashed on their way; `md5` unless given.
    pub hash: Option<LoginHash>,
}

/// How a name and a password are hashed on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LoginHash {
    /// MD5.
    #[default]
    Md5,
    /// SHA-1.
    Sha,
}

/// What a plan may do, and what a declaration must be.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// What may be deleted.
    pub prune: Prune,
    /// How many may be deleted in one plan.
    pub deletes: Deletes,
    /// How many administrators there must be.
    pub administrators: Administrators,
    /// What an extension must be.
    pub extensions: Extensions,
    /// What changes may cost. A portal that asks for money is refused, unless given.
    pub charges: Option<Charges>,
}

/// What the changes of one run may cost, in the portal's currency. Both limits must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Charges {
    /// At once, all changes of a run together, in whole units of the currency.
    pub today: u32,
    /// Each month from then on, as the portal states it for the whole account, in whole units.
    pub monthly: u32,
}

/// What may be deleted besides what `absent` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Prune {
    /// Nothing.
    Never,
    /// What Git shows that this workspace declared, and declares no more.
    #[default]
    Declared,
    /// Everything that isn't declared.
    All,
}

/// How many resources may be deleted in one plan: whichever limit is lower, but always one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deletes {
    /// At most this many.
    #[schemars(extend("default" = 10))]
    pub max: u32,
    /// At most this part of the live objects of the kind, in percent.
    #[schemars(range(min = 0, max = 100), extend("default" = 25))]
    pub percent: u8,
}

impl Default for Deletes {
    fn default() -> Self {
        Self {
            max: 10,
            percent: 25,
        }
    }
}

/// How many administrators there must be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Administrators {
    /// At least this many active users with an administrator's scope, where there were as many.
    #[schemars(extend("default" = 1))]
    pub min: u32,
}

impl Default for Administrators {
    fn default() -> Self {
        Self { min: 1 }
    }
}

/// What an extension must be.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Extensions {
    /// How many digits it has: `4`, or `2-4`.
    pub digits: Digits,
}

/// A range of numbers of digits, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    /// The fewest.
    pub min: usize,
    /// The most.
    pub max: usize,
}

impl Default for Digits {
    fn default() -> Self {
        Self { min: 2, max: 15 }
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min == self.max {
            write!(f, "{}", self.min)
        } else {
            write!(f, "{}-{}", self.min, self.max)
        }
    }
}

impl FromStr for Digits {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (min, max) = text.split_once('-').unwrap_or((text, text));
        match (min.parse(), max.parse()) {
            (Ok(min), Ok(max)) if (1..=max).contains(&min) && max <= 15 => Ok(Self { min, max }),
            _ => Err(format!(
                "`{text}` is not a number of digits up to 15, such as 4 or 2-4"
            )),
        }
    }
}

impl Serialize for Digits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Digits {
    fn schema_name() -> Cow<'static, str> {
        "Digits".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "pattern": "^([1-9]|1[0-5])(-([1-9]|1[0-5]))?$", "default": "2-15",
            "examples": ["2-4"], "x-format": "digits",
        })
    }
}

/// A kind and a field: `users.dnd`, `users.voicemail.email`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldName(pub String);

impl JsonSchema for FieldName {
    fn schema_name() -> Cow<'static, str> {
        "FieldName".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let kinds = crate::model::Kind::ALL
            .map(crate::model::Kind::name)
            .join("|");
        schemars::json_schema!({
            "type": "string", "pattern": format!("^({kinds})(\\.[a-z_]+)+$"), "examples": ["users.dnd"],
        })
    }
}

/// Whose a field is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FieldPolicy {
    /// Ours: what is declared is what the portal holds.
    #[default]
    Enforce,
    /// Ours when the resource is created, the portal's from then on.
    Initial,
    /// The portal's: what is declared counts for nothing.
    Ignore,
}

/// Lets one finding pass, for a while, for a reason (law 11).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The finding, by the rule id that the plan prints.
    pub finding: FindingRule,
    /// The resource that it is waived for; every one, unless given.
    pub address: Option<Address>,
    /// For findings that count something: waived up to this number.
    pub max: Option<u32>,
    /// The last day on which it holds.
    pub until: WaiverDate,
    /// Why.
    pub because: Line,
}

/// A day, as `2026-12-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WaiverDate(pub Date);

impl JsonSchema for WaiverDate {
    fn schema_name() -> Cow<'static, str> {
        "WaiverDate".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The last day on which it holds, as 2026-12-01.",
            "type": "string",
            "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "examples": ["2026-12-01"],
        })
    }
}
