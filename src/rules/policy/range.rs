//! The checks of the *ranges* of extensions: who has an extension of which range.

use super::super::Context;
use crate::{
    config::Range,
    diagnostic::{Diagnostic, Report, Rule, did_you_mean},
    model::{Address, Kind, Resource, Value},
};

/// A range, and whom it is for.
struct Reserved<'c> {
    owner: Owner<'c>,
    range: Range,
}

/// Whom a range is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner<'c> {
    /// The members of a group.
    Group(&'c str),
    /// The extensions of one kind.
    Kind(&'c str),
}

impl Owner<'_> {
    /// The path of its range in the configuration.
    fn path(self) -> String {
        match self {
            Self::Group(key) => format!("policy.extensions.ranges.{key}"),
            Self::Kind(word) => format!("policy.extensions.kinds.{word}"),
        }
    }

    fn is_of(self, address: &Address, resource: &Resource) -> bool {
        match (self, address.kind) {
            (Self::Group(key), Kind::Users) => {
                let groups = resource
                    .fields
                    .get("groups")
                    .map_or(&[][..], Value::elements);
                groups.iter().any(|group| group.as_text() == Some(key))
            }
            (Self::Kind(word), Kind::Extensions) => resource.fields.text("kind") == Some(word),
            _ => false,
        }
    }
}

impl std::fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Group(key) => write!(f, "the group {key}"),
            Self::Kind(word) => write!(f, "{word}"),
        }
    }
}

fn reserved<'c>(context: &Context<'c>) -> Vec<Reserved<'c>> {
    let policy = &context.config.policy.extensions;
    let groups = policy.ranges.iter().map(|(key, range)| Reserved {
        owner: Owner::Group(key),
        range: *range,
    });
    let kinds = policy.kinds.iter().map(|(word, range)| Reserved {
        owner: Owner::Kind(&word.0),
        range: *range,
    });
    groups.chain(kinds).collect()
}

/// Reports ranges that overlap, and ranges of groups that don't exist.
// N22
pub(in crate::rules) fn ranges_are_sound(context: &Context<'_>, report: &mut Report) {
    let reserved = reserved(context);
    for (at, one) in reserved.iter().enumerate() {
        let place = || context.places.range(&one.owner.path());
        let mut earlier = reserved[..at].iter();
        if let Some(other) = earlier.find(|other| other.range.overlaps(&one.range)) {
            let message = format!(
                "the extensions {} of {} overlap those of {}: {}",
                one.range, one.owner, other.owner, other.range
            );
            let found = Diagnostic::new(Rule::OverlappingRanges, place(), message);
            let elsewhere = context.places.range(&other.owner.path());
            report.add(
                found
                    .related(elsewhere, format!("those of {}", other.owner))
                    .help(Rule::OverlappingRanges.help()),
            );
        }
        if let Owner::Group(key) = one.owner
            && context
                .state
                .get(&Address::new(Kind::Groups, key))
                .is_none()
        {
            let groups = context
                .state
                .of_kind(Kind::Groups)
                .map(|(group, _)| &*group.key);
            let help = match did_you_mean(key, groups) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare the group, or remove its range".to_owned(),
            };
            let message = format!("there is no group `{key}`, and it has a range of extensions");
            report.add(Diagnostic::new(Rule::UnknownReference, place(), message).help(help));
        }
    }
}

/// Reports extensions outside of the ranges of those who have them, and in the ranges of others.
// N22
pub(in crate::rules) fn extensions_are_in_their_range(context: &Context<'_>, report: &mut Report) {
    let reserved = reserved(context);
    if reserved.is_empty() {
        return;
    }
    let claims = context.claims.iter();
    for claim in claims.filter(|claim| claim.space == "extension") {
        let Some(resource) = context.state.get(claim.address) else {
            continue;
        };
        let (address, extension) = (claim.address, claim.value);
        let own: Vec<&Reserved<'_>> = reserved
            .iter()
            .filter(|one| one.owner.is_of(address, resource))
            .collect();
        let holder = reserved.iter().find(|one| one.range.contains(extension));
        let message = match holder {
            Some(holder) if own.iter().any(|one| one.owner == holder.owner) => continue,
            None if own.is_empty() => continue,
            _ if !own.is_empty() => {
                let ranges: Vec<String> = own
                    .iter()
                    .map(|one| format!("{} of {}", one.range, one.owner))
                    .collect();
                format!(
                    "{address}: the extension {extension} is outside of {}",
                    ranges.join(" and ")
                )
            }
            Some(holder) => format!(
                "{address}: the extension {extension} is one of {}, which are for {}",
                holder.range, holder.owner
            ),
            None => continue,
        };
        let path = match address.kind {
            Kind::Extensions => "",
            _ => "extension",
        };
        let found = context.at(Rule::ExtensionRange, address, path, message);
        report.add(found.help(Rule::ExtensionRange.help()));
    }
}
