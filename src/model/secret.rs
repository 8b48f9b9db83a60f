//! A *secret reference* names the place where a password or a PIN is kept. The secret itself is never
//! stored, compared or shown; it is read only when it is sent.

use super::text::{Line, RelativePath, Variable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reference to a secret: exactly one of `env`, `file` and `command`, and a version. The secret itself is
/// never written in YAML.
// S2.26, S3.08, S4.25
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-secret" = true, "minProperties" = 1,
    "oneOf" = [{"required": ["env"]}, {"required": ["file"]}, {"required": ["command"]}],
    "examples" = [{"env": "ALICE_PASSWORD", "version": 2}]))]
pub struct SecretRef {
    /// Environment variable that holds the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<Variable>,
    /// File that holds the secret, relative to the workspace; a trailing line break is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<RelativePath>,
    /// Program and arguments that print the secret; run without a shell, for at most 30 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub command: Option<Vec<Line>>,
    /// Version of the secret. Increase it to send the secret again: changes of the secret itself aren't
    /// detected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000), extend("default" = 1))]
    pub version: Option<u32>,
}
