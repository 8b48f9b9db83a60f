//! A *secret reference* says where a password or a PIN is kept. The secret itself is never written
//! down, never compared and never shown; it is read when it is sent, and only then.

use super::text::{Line, RelativePath, Variable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a secret is kept, and which version of it is meant. Exactly one of `env`, `file` and
/// `command`. The secret itself is never written in YAML (S2.26, S3.08, S4.25).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-secret" = true, "minProperties" = 1,
    "oneOf" = [{"required": ["env"]}, {"required": ["file"]}, {"required": ["command"]}],
    "examples" = [{"env": "ALICE_PASSWORD", "version": 2}]))]
pub struct SecretRef {
    /// The environment variable that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<Variable>,
    /// The file that holds it, relative to the workspace; a line break at its end is not part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<RelativePath>,
    /// The command that prints it: program and arguments, run without a shell, at most 30 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub command: Option<Vec<Line>>,
    /// A higher version sends the secret again. A changed secret under the same version is not noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000), extend("default" = 1))]
    pub version: Option<u32>,
}
