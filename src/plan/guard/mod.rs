//! A *guard* has something to say about a plan: a finding. It blocks the plan, warns, or informs; a
//! waiver in `callsheet.yaml` lets a blocking one pass (law 11).
//!
//! Each guard is a function and a line in [`GUARDS`]; what its rule means stands in
//! [`FindingRule`](crate::model::FindingRule).

mod listing;
mod reference;
mod taken;

use super::{Inputs, Plan};
use crate::model::{Address, FindingRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing is applied until it is mended or waived.
    Block,
    /// Somebody should look.
    Warn,
    /// Good to know.
    Info,
}

/// What a guard has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its rule.
    pub rule: FindingRule,
    /// How much it matters.
    pub level: Level,
    /// The resource that it is about, if it is about one.
    pub address: Option<Address>,
    /// What there is to say, in one sentence without a full stop.
    pub message: String,
    /// Why it was let pass, if a waiver did so.
    pub waived: Option<String>,
}

impl Finding {
    /// A finding that blocks.
    pub fn block(rule: FindingRule, address: Option<Address>, message: String) -> Self {
        Self {
            rule,
            level: Level::Block,
            address,
            message,
            waived: None,
        }
    }

    /// Whether a waiver can let it pass: what nobody can know to be harmless can't be waived.
    #[must_use]
    pub fn can_be_waived(&self) -> bool {
        match self.rule {
            FindingRule::InUse => true,
            FindingRule::IncompleteRead | FindingRule::SystemObject | FindingRule::Taken => false,
        }
    }
}

/// One guard.
type Guard = fn(&Inputs<'_>, &Plan) -> Vec<Finding>;

/// Every guard, in the order in which a plan shows what they find.
const GUARDS: &[Guard] = &[
    listing::incomplete_read,
    listing::system_object,
    taken::taken,
    reference::in_use,
];

/// What the guards find, after waivers.
pub(super) fn findings(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut findings: Vec<Finding> = GUARDS
        .iter()
        .flat_map(|guard| guard(inputs, plan))
        .collect();
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.can_be_waived())
    {
        let waiver = inputs.config.allow.iter().find(|waiver| {
            waiver.finding == finding.rule
                && waiver.until.0 >= inputs.today
                && (waiver.address.is_none() || waiver.address == finding.address)
        });
        if let Some(waiver) = waiver {
            finding.level = Level::Warn;
            finding.waived = Some(waiver.because.to_string());
        }
    }
    findings
}
