//! A *guard* has something to say about a plan: a finding. It blocks the plan, warns, or informs; a
//! waiver in `callsheet.yaml` lets a blocking one pass (law 11).
//!
//! Each guard is a function and a line in [`GUARDS`]; what its rule means stands in
//! [`FindingRule`].

mod access;
mod account;
mod delete;
mod history;
mod listing;
mod number;
mod person;
mod reference;
mod support;
mod taken;
mod waiver;

use super::{Inputs, Plan};
use crate::model::{Address, FindingRule};
use jiff::civil::Date;
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
    /// It should be reviewed.
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
    /// How many there are of what it counts, where it counts something; a waiver's `max` must reach it.
    pub count: Option<u32>,
    /// Why it was let pass, if a waiver did so.
    pub waived: Option<String>,
    /// The last day of the waiver that a plan proposes for it.
    pub waivable_until: Option<Date>,
    /// The next step, where it is another than the rule's.
    pub help: Option<String>,
}

impl Finding {
    /// A finding that blocks.
    pub fn block(rule: FindingRule, address: Option<Address>, message: String) -> Self {
        Self {
            rule,
            level: Level::Block,
            address,
            message,
            count: None,
            waived: None,
            waivable_until: None,
            help: None,
        }
    }

    /// The next step.
    #[must_use]
    pub fn help(&self) -> &str {
        self.help.as_deref().unwrap_or_else(|| self.rule.help())
    }

    /// A finding that should be reviewed.
    pub fn warn(rule: FindingRule, address: &Address, message: String) -> Self {
        Self {
            level: Level::Warn,
            ..Self::block(rule, Some(address.clone()), message)
        }
    }

    /// A finding that is good to know.
    pub fn info(rule: FindingRule, address: &Address, message: String) -> Self {
        Self {
            level: Level::Info,
            ..Self::block(rule, Some(address.clone()), message)
        }
    }

    /// Whether a waiver can let it pass: a finding that can't be known to be harmless has no waiver.
    #[must_use]
    pub fn can_be_waived(&self) -> bool {
        !matches!(
            self.rule,
            FindingRule::IncompleteRead
                | FindingRule::MayNot
                | FindingRule::LicencesShort
                | FindingRule::SystemObject
                | FindingRule::UnsupportedObject
                | FindingRule::FixedField
                | FindingRule::NotCleared
                | FindingRule::Taken
                | FindingRule::PortalChanged
        )
    }
}

/// One guard.
type Guard = fn(&Inputs<'_>, &Plan) -> Vec<Finding>;

/// Every guard, in the order in which a plan shows what they find.
const GUARDS: &[Guard] = &[
    listing::incomplete_read,
    account::may_not,
    account::licences_short,
    listing::unmanageable_object,
    support::fixed_field,
    support::not_cleared,
    listing::empty_workspace,
    history::history_incomplete,
    history::older_than_applied,
    listing::conflict,
    delete::delete_limit,
    delete::prune_all,
    delete::protected,
    history::not_the_one,
    history::declared_elsewhere,
    history::uncommitted_removal,
    history::same_person,
    history::prune_outside_git,
    history::previously_applied,
    delete::leaver_kept,
    delete::voicemail_loss,
    access::last_administrator,
    access::self_lockout,
    access::privilege_escalation,
    access::portal_escalation,
    taken::taken,
    taken::taken_from,
    number::not_ours,
    number::cooling,
    reference::in_use,
    person::person_swap,
    person::revive,
    person::login_change,
    person::renumber_impact,
    person::default_sender_change,
    delete::not_deleted,
    person::new_device,
    support::secret_unknown,
    listing::waiting,
];

/// What the guards find, after waivers.
pub(super) fn findings(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut findings: Vec<Finding> = GUARDS
        .iter()
        .flat_map(|guard| guard(inputs, plan))
        .collect();
    waiver::apply(inputs, &mut findings);
    findings.sort_by_key(|finding| finding.level);
    findings
}
