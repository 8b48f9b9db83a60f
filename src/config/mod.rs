//! The *configuration* is what `callsheet.yaml` says of a workspace: the portal, the policy, the owner of each
//! field, the waived findings, and what must not exist.
//!
//! The doc comments of its types become the JSON Schema and `docs/configuration.md`.

mod email;
mod range;
mod secrets;

pub use email::EmailPolicy;
pub use range::{ExtensionKind, Range};
pub use secrets::{PasswordPattern, PasswordPolicy, PinPattern, PinPolicy, SecretsPolicy};

use crate::{
    model::{
        Address, FindingRule, PortalIdentity, Removal, SecretRef,
        text::{GroupKey, Line, RelativePath, Username},
    },
    portals::portals,
    profile::{Profile, ProfileName},
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

/// The configuration of a workspace.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the workspace, by which its history is known. Defaults to its path in the repository.
    pub workspace: Option<Line>,
    /// The portal that the workspace manages, and the credentials for it.
    pub portal: PortalConfig,
    /// Which files of the folder are read.
    #[serde(default)]
    pub files: FilesConfig,
    /// Files and folders of the same Git repository, outside of the workspace, whose resources belong to it too, such as
    /// `../all-tenants/templates.yaml`.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true))]
    pub include: Vec<Line>,
    /// Limits on what a plan may do and on what the files may declare.
    #[serde(default)]
    pub policy: Policy,
    /// The owner of a field, by kind and field: `users.dnd: initial`. All other fields are enforced.
    #[serde(default)]
    pub fields: BTreeMap<FieldName, FieldPolicy>,
    /// Waivers. Each lets findings of one rule pass until a date, for a reason.
    #[serde(default)]
    pub allow: Vec<Waiver>,
    /// Addresses of objects that must not exist, even if no commit ever declared them. A plan deletes them, also with
    /// `policy.removal: deactivate`.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true))]
    pub absent: Vec<Address>,
}

/// The portal that the workspace manages, and the credentials for it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PortalConfig {
    /// Kind of portal.
    pub kind: PortalKind,
    /// System that the sandbox behaves like. Defaults to `sandbox`. Only for the sandbox.
    pub profile: Option<ProfileName>,
    /// Database of a sandbox that runs inside the command, relative to the workspace. Only for the sandbox,
    /// instead of `url`.
    pub database: Option<RelativePath>,
    /// Address of the portal: `https`, or `http` on this machine.
    pub url: Option<Line>,
    /// Account, domain or realm on the portal, by name or id.
    pub tenant: Option<Line>,
    /// Credentials for the portal. A sandbox with a `database` needs none.
    pub credentials: Option<CredentialsConfig>,
    /// The rate limit for requests to the portal. The default depends on the portal.
    pub rate_limit: Option<RateLimitConfig>,
    /// Where the record of what was applied is kept. Defaults to `portal` if the portal has a place for it, else to `git`.
    pub record: Option<RecordPlace>,
    /// Settings for a portal with SCIM.
    pub scim: Option<ScimConfig>,
}

/// Settings for a portal with SCIM.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScimConfig {
    /// URN of the users' extension for telephony. Defaults to the first whose URN ends with `:extension:telephony:2.0:User`.
    pub extension: Option<Line>,
    /// What happens to a user who is removed from the files. Defaults to `delete`.
    pub removal: Option<ScimRemoval>,
}

/// What happens to a user who is removed from the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
pub enum ScimRemoval {
    /// The user is deleted.
    Delete,
    /// The user stays and is deactivated, for a portal that doesn't really delete users.
    Deactivate,
}

impl From<ScimRemoval> for Removal {
    fn from(removal: ScimRemoval) -> Self {
        match removal {
            ScimRemoval::Delete => Self::Delete,
            ScimRemoval::Deactivate => Self::Deactivate,
        }
    }
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

impl PortalConfig {
    /// The configuration that names a kind of portal, and nothing else.
    #[must_use]
    pub const fn new(kind: PortalKind) -> Self {
        Self {
            kind,
            profile: None,
            database: None,
            url: None,
            tenant: None,
            credentials: None,
            rate_limit: None,
            record: None,
            scim: None,
        }
    }

    /// The settings that are only for one kind of portal, each with its name.
    pub fn settings_of_kinds(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let profile = self.profile.map(|_| ("profile", "sandbox"));
        let scim = self.scim.as_ref().map(|_| ("scim", "scim"));
        profile.into_iter().chain(scim)
    }

    /// What the portal supports, requires and does.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        let name = self.profile.filter(|_| self.kind == PortalKind::Sandbox);
        Profile::named(name.map_or(self.kind.name(), ProfileName::name))
    }

    /// Which portal and tenant it is.
    #[must_use]
    pub fn identity(&self) -> PortalIdentity {
        let place = self.url.as_deref().or(self.database.as_deref());
        PortalIdentity::new(
            &self.kind.to_string(),
            place.unwrap_or_default(),
            self.tenant.as_deref().unwrap_or_default(),
        )
    }
}

macro_rules! portal_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal, $module:ident;)*) => {
        /// Kind of portal.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
        )]
        #[schemars(inline)]
        pub enum PortalKind {
            $($(#[doc = $doc])+ #[serde(rename = $name)] #[value(name = $name)] $kind,)*
        }

        impl PortalKind {
            /// The text of `portal.kind`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

portals!(portal_kinds);

impl fmt::Display for PortalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where the record of what was applied is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RecordPlace {
    /// On the portal, so that every clone sees it. For portals that have a place for it.
    Portal,
    /// In the Git repository, as a ref that is fetched before a plan and pushed after an apply.
    Git,
    /// In this clone only.
    Local,
}

/// Which files are read.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FilesConfig {
    /// Files of other tools, as Git's path patterns from the folder of the workspace: `docker-compose.yml`, `tools/**`.
    pub exclude: Vec<Line>,
}

/// Credentials for a portal. The file never holds a secret, only where it is kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialsConfig {
    /// Token that the portal accepts. For Kazoo, the API key of the account.
    pub token: Option<SecretRef>,
    /// Username of the portal user that the credentials belong to. A plan that takes away this user's access is
    /// blocked. With `password`, also the login.
    pub user: Option<Username>,
    /// Password of `user`, instead of a token. Not for every portal.
    pub password: Option<SecretRef>,
    /// OAuth client that `user` logs in with. Only for portals with OAuth.
    pub client: Option<OauthClientConfig>,
    /// Account that `user` belongs to, by name, realm or id, if it is an account above the tenant. Only for
    /// Kazoo.
    pub account: Option<Line>,
    /// Hash that name and password are sent as. Only for Kazoo.
    #[schemars(extend("default" = "md5"))]
    pub hash: Option<LoginHash>,
}

/// OAuth client that a user logs in with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OauthClientConfig {
    /// ID of the client.
    pub id: Line,
    /// Secret of the client.
    pub secret: SecretRef,
}

/// Hash that a name and a password are sent as.
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

/// Limits on what a plan may do and on what the files may declare.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Objects that a plan may delete.
    pub prune: Prune,
    /// What happens to a user who is removed from the files. What `absent` lists is deleted in any case.
    pub removal: RemovalPolicy,
    /// Limit on the number of deletes in one plan.
    pub deletes: Deletes,
    /// Limit on the number of administrators.
    pub administrators: Administrators,
    /// Form of extensions.
    pub extensions: Extensions,
    /// Users' e-mail addresses.
    pub email: EmailPolicy,
    /// Strength of the secrets that the files refer to. Each is checked when it is read: before the first write of an
    /// apply, or by `validate --secrets`.
    pub secrets: SecretsPolicy,
    /// Whether each person and each phone needs an `emergency` location.
    pub emergency: EmergencyPolicy,
    /// Reuse of phone numbers.
    pub numbers: NumbersPolicy,
    /// Limit on what changes may cost. Without it, a change that the portal charges for is refused.
    pub charges: Option<Charges>,
}

/// Whether each user with an extension or a phone, and each extension of the type `phone`, needs `emergency` with a
/// location or a caller ID. Inactive users need none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum EmergencyPolicy {
    /// It isn't needed.
    #[default]
    Optional,
    /// It is needed.
    Required,
}

/// Reuse of phone numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NumbersPolicy {
    /// Number of days for which a number gets no destination after it lost one. A plan that takes the destination of a
    /// number away sets its `state` to `cooling`.
    #[schemars(range(min = 0, max = 3650))]
    pub cooling_days: u16,
}

/// Limit on what the changes of one run may cost, in the portal's currency. Both limits must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Charges {
    /// Most that all changes of a run may cost at once, in whole units of the currency.
    pub today: u32,
    /// Most that the whole account may cost each month afterwards, as the portal states it, in whole units.
    pub monthly: u32,
}

/// Objects that a plan may delete, besides those that `absent` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Prune {
    /// No objects.
    Never,
    /// Objects that a commit of this workspace declared and a later one removed.
    #[default]
    Declared,
    /// All objects that aren't declared.
    All,
}

/// What happens to a user who is removed from the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RemovalPolicy {
    /// The user is deleted, if the portal can delete users.
    #[default]
    Delete,
    /// The user stays and is deactivated, with messages and settings, and is reactivated if declared again. To delete
    /// the user later, list the address in `absent`. Objects that can't be inactive are deleted.
    Deactivate,
}

/// Limit on the number of deletes in one plan. The lower of both limits holds, but one delete is always allowed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deletes {
    /// Most objects that one plan may delete.
    #[schemars(extend("default" = 10))]
    pub max: u32,
    /// Largest share of the live objects of a kind that one plan may delete, in percent.
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

/// Limit on the number of administrators.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Administrators {
    /// Fewest active users with an administrator's scope that a plan may leave, if there were as many before.
    #[schemars(extend("default" = 1))]
    pub min: u32,
}

impl Default for Administrators {
    fn default() -> Self {
        Self { min: 1 }
    }
}

/// Form of extensions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Extensions {
    /// Number of digits, such as `4`, or a range, such as `2-4`.
    pub digits: Digits,
    /// The extensions of each group: `sales: 10xx` or `sales: 1000-1049`. The members of the group have one of them, and
    /// nobody else has. A member of several groups with ranges has one of any of them. Ranges don't overlap.
    pub ranges: BTreeMap<GroupKey, Range>,
    /// The extensions of each kind of `extensions`: `call_queue: 20xx`. They are for this kind only.
    pub kinds: BTreeMap<ExtensionKind, Range>,
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
            "patternErrorMessage": "Write a number of digits up to 15, such as 4, or a range such as 2-4.",
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
            "patternErrorMessage": "Write a kind and a field, such as users.dnd.",
        })
    }
}

/// Owner of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FieldPolicy {
    /// The files own the field: the portal holds what is declared.
    #[default]
    Enforce,
    /// The files set the field when the object is created; afterwards the portal owns it.
    Initial,
    /// The portal owns the field: what is declared is ignored.
    Ignore,
}

/// Waiver that lets findings of one rule pass until a date, for a reason.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Rule of the finding, as the plan prints it.
    pub finding: FindingRule,
    /// Address of the resource that the finding is about. Without it, the waiver covers all resources.
    pub address: Option<Address>,
    /// Highest number to let pass, for findings that count something.
    pub max: Option<u32>,
    /// Last day of the waiver, such as `2026-12-01`.
    pub until: WaiverDate,
    /// Reason for the waiver. The plan shows it.
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
            "description": "Last day of the waiver, such as 2026-12-01.",
            "patternErrorMessage": "Write a date such as 2026-12-01.",
            "type": "string",
            "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "examples": ["2026-12-01"],
        })
    }
}
