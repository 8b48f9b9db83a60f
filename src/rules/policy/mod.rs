//! Checks of the policy and the waivers in the configuration.

mod email;
mod range;
mod secret;

pub(super) use email::addresses_are_in_the_domains;
pub(super) use range::{extensions_are_in_their_range, ranges_are_sound};
pub use secret::{ReadSecret, check_secret};

use super::Context;
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::Kind,
};

/// Reports extensions with the wrong number of digits.
// S1.18
pub(super) fn extensions_match_the_policy(context: &Context<'_>, report: &mut Report) {
    let digits = context.config.policy.extensions.digits;
    // The schema has rejected extensions that aren't numbers.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    for claim in context
        .claims
        .iter()
        .filter(|claim| claim.space == "extension" && is_number(claim.value))
    {
        let count = claim.value.len();
        if !(digits.min..=digits.max).contains(&count) {
            let message = format!(
                "{}: the extension {} has {count} digit{}, but the policy requires {digits}",
                claim.address,
                claim.value,
                if count == 1 { "" } else { "s" },
            );
            let path = if claim.address.kind == Kind::Extensions {
                ""
            } else {
                "extension"
            };
            report.add(context.at(Rule::ExtensionDigits, claim.address, path, message));
        }
    }
}

/// Reports expired waivers.
pub(super) fn waivers_are_current(context: &Context<'_>, report: &mut Report) {
    for (waiver, place) in context.config.allow.iter().zip(&context.places.waivers) {
        if waiver.until.0 < context.today {
            let message = format!(
                "the waiver for `{}` expired on {}",
                waiver.finding, waiver.until.0
            );
            let help = "remove it, or extend its date if the reason still applies";
            report.add(Diagnostic::new(Rule::ExpiredWaiver, place.clone(), message).help(help));
        }
    }
}
