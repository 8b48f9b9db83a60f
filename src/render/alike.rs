//! Findings that are *alike* are shown as one: the same rule, level and waiver for several resources.

use super::labels;
use crate::plan::{Finding, Plan, guard::Level};
use std::collections::BTreeMap;

/// The number of findings from which those that are alike are shown as one.
const THRESHOLD: usize = 3;

/// Findings that are alike, or one that is like no other.
pub(super) struct Alike<'p> {
    /// The findings, in the order of the plan.
    pub(super) findings: Vec<&'p Finding>,
}

impl<'p> Alike<'p> {
    /// The findings of a plan, those that are alike as one, blocking ones first.
    pub(super) fn all(plan: &'p Plan) -> Vec<Self> {
        let key = |one: &'p Finding| (one.rule, one.level, one.waived.as_deref(), one.help());
        let mut sizes: BTreeMap<_, usize> = BTreeMap::new();
        for finding in plan.findings.iter().filter(|one| one.address.is_some()) {
            *sizes.entry(key(finding)).or_default() += 1;
        }
        let mut places: BTreeMap<_, usize> = BTreeMap::new();
        let mut all: Vec<Self> = Vec::new();
        for finding in &plan.findings {
            let size = sizes.get(&key(finding)).copied().unwrap_or_default();
            if finding.address.is_some() && size >= THRESHOLD {
                let at = *places.entry(key(finding)).or_insert(all.len());
                if let Some(group) = all.get_mut(at) {
                    group.findings.push(finding);
                    continue;
                }
            }
            all.push(Self {
                findings: vec![finding],
            });
        }
        all.sort_by_key(|one| one.first().level);
        all
    }

    /// The first finding, which represents the others.
    pub(super) fn first(&self) -> &'p Finding {
        self.findings[0]
    }

    /// The findings by what they say besides their address, in the order of the plan.
    pub(super) fn by_message(&self) -> Vec<(String, Vec<&'p Finding>)> {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut all: Vec<(String, Vec<&Finding>)> = Vec::new();
        for finding in &self.findings {
            let message = remainder(finding);
            let at = *places.entry(message.clone()).or_insert(all.len());
            match all.get_mut(at) {
                Some((_, findings)) => findings.push(finding),
                None => all.push((message, vec![finding])),
            }
        }
        all
    }

    /// The one waiver that lets all of them pass.
    pub(super) fn waiver(&self) -> Option<String> {
        if self.findings.len() == 1 {
            return labels::waiver(self.first());
        }
        labels::waiver(&Finding {
            address: None,
            count: self.findings.iter().filter_map(|one| one.count).max(),
            ..self.first().clone()
        })
    }

    /// The next step, where somebody must act.
    pub(super) fn help(&self) -> Option<&str> {
        let first = self.first();
        (first.level == Level::Block && first.waived.is_none()).then(|| first.help())
    }
}

/// What a finding says besides its address.
fn remainder(finding: &Finding) -> String {
    let Some(address) = &finding.address else {
        return finding.message.clone();
    };
    let address = address.to_string();
    let rest = finding.message.strip_prefix(&*address);
    let rest = rest.map(|rest| rest.trim_start_matches([':', ',', ' ']));
    rest.unwrap_or(&finding.message).to_owned()
}
