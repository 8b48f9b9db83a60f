//! Waivers: each lets one finding pass, for the resource, the number and the time that it names
//! (law 11).

use super::{Finding, Level};
use crate::{config::Waiver, model::FindingRule, plan::Inputs};
use jiff::ToSpan as _;

/// How many days a proposed waiver lasts.
const PROPOSED: i64 = 14;

/// Lets pass what a waiver covers, and tells of waivers that cover nothing.
pub(super) fn apply(inputs: &Inputs<'_>, findings: &mut Vec<Finding>) {
    let waivers: Vec<&Waiver> = inputs
        .config
        .allow
        .iter()
        .filter(|waiver| waiver.until.0 >= inputs.today)
        .collect();
    let mut used = vec![false; waivers.len()];
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.can_be_waived())
    {
        finding.waivable_until = inputs.today.checked_add(PROPOSED.days()).ok();
        for (waiver, used) in waivers.iter().zip(&mut used) {
            if covers(waiver, finding) {
                *used = true;
                if finding.level == Level::Block {
                    finding.level = Level::Warn;
                    finding.waived = Some(waiver.because.to_string());
                }
            }
        }
    }
    // What a limited plan leaves out may be what a waiver is for.
    if !inputs.filter.targets.is_empty() {
        return;
    }
    for (waiver, _) in waivers.iter().zip(used).filter(|(_, used)| !used) {
        let whom = waiver
            .address
            .as_ref()
            .map_or_else(String::new, |address| format!(" of {address}"));
        let message = format!(
            "the waiver for `{}`{whom} lets nothing pass",
            waiver.finding
        );
        findings.push(Finding {
            level: Level::Info,
            ..Finding::block(FindingRule::UnusedWaiver, waiver.address.clone(), message)
        });
    }
}

fn covers(waiver: &Waiver, finding: &Finding) -> bool {
    let counted = finding
        .count
        .is_none_or(|count| waiver.max.is_some_and(|max| count <= max));
    waiver.finding == finding.rule
        && (waiver.address.is_none() || waiver.address == finding.address)
        && counted
}
