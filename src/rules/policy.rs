//! What the configuration asks of declarations, and of itself.

use super::Context;
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::Kind,
};

/// Every extension has as many digits as the policy says (S1.18).
pub(super) fn extensions_have_their_digits(context: &Context<'_>, report: &mut Report) {
    let digits = context.config.policy.extensions.digits;
    // What isn't digits at all, the schema has refused.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    for claim in context
        .claims
        .iter()
        .filter(|claim| claim.space == "extension" && is_number(claim.value))
    {
        let count = claim.value.len();
        if !(digits.min..=digits.max).contains(&count) {
            let message = format!(
                "{}: the extension {} has {count} digit{}, and the policy says {digits}",
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

/// No waiver has expired.
pub(super) fn waivers_hold(context: &Context<'_>, report: &mut Report) {
    for (waiver, place) in context.config.allow.iter().zip(&context.places.waivers) {
        if waiver.until.0 < context.today {
            let message = format!(
                "the waiver for `{}` held until {}",
                waiver.finding, waiver.until.0
            );
            let help = "remove it, or give it a new date if the reason still stands";
            report.add(Diagnostic::new(Rule::ExpiredWaiver, place.clone(), message).help(help));
        }
    }
}
