//! Guard over phone numbers of the account.

use super::Finding;
use crate::{
    model::{Address, Extent, Fields, FindingRule, Kind},
    plan::{Action, Inputs, Plan},
    rules,
};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A number that comes to be a caller ID or a feature is one of the account's. An account without numbers
/// keeps them elsewhere, so nothing is known.
// S1.19
pub(super) fn not_ours(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let Some(listing) = inputs.live.listings.get(&Kind::Numbers) else {
        return Vec::new();
    };
    if listing.objects.is_empty() || listing.extent != Extent::Whole {
        return Vec::new();
    }
    let created: BTreeSet<&str> = plan
        .operations
        .iter()
        .filter(|one| one.address.kind == Kind::Numbers && one.action != Action::Delete)
        .map(|one| &*one.address.key)
        .collect();
    let mut findings = Vec::new();
    let operations = plan.operations.iter();
    for operation in operations.filter(|one| !one.is_release && one.action != Action::Delete) {
        let address = &operation.address;
        let had = operation
            .object
            .as_ref()
            .map_or_else(BTreeSet::new, |object| numbers(address, &object.fields));
        for (path, number) in numbers(address, &operation.target).difference(&had) {
            let is_ours = listing.objects.contains_key(*number) || created.contains(number);
            if is_ours {
                continue;
            }
            let declared = inputs.desired.get(address);
            let place = declared
                .and_then(|declared| declared.origin.as_ref())
                .map_or_else(String::new, |origin| {
                    format!(": {}", rules::of_text(origin, path, number))
                });
            let message = format!(
                "{address} is to have {number} in {path}, which is none of the account's numbers{place}"
            );
            findings.push(Finding::block(
                FindingRule::NotOurs,
                Some(address.clone()),
                message,
            ));
        }
    }
    findings
}

/// The numbers to which a resource refers, with their fields.
fn numbers<'f>(address: &Address, fields: &'f Fields) -> BTreeSet<(String, &'f str)> {
    let mut found = BTreeSet::new();
    let shape = address.kind.shape();
    shape.references(fields, &mut |path, kinds, text| {
        if kinds == [Kind::Numbers] {
            let field = path.split('[').next().unwrap_or(path);
            found.insert((field.to_owned(), text));
        }
    });
    found
}

/// A number that is reserved or cooling on the portal gets no destination.
pub(super) fn cooling(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let operations = plan.operations.iter().filter(|one| !one.is_release);
    let cooling = operations.filter_map(|operation| {
        let address = &operation.address;
        let object = operation.object.as_ref()?;
        let gets = operation.target.text("destination").is_some()
            && object.fields.text("destination").is_none();
        if address.kind != Kind::Numbers || !gets || operation.action == Action::Delete {
            return None;
        }
        let how = match object.fields.text("state")? {
            "reserved" => "reserved".to_owned(),
            _ => {
                let until = object.fields.text("until")?;
                let day: Option<Date> = until.parse().ok();
                if day.is_some_and(|day| day < inputs.today) {
                    return None;
                }
                format!("cooling until {until}")
            }
        };
        let message = format!("{address} is to get a destination, and it is {how} on the portal");
        Some(Finding::block(
            FindingRule::NumberCooling,
            Some(address.clone()),
            message,
        ))
    });
    cooling.collect()
}
