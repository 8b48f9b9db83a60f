//! Uniqueness of extensions, usernames, e-mail addresses and phones.

use super::{Claim, Context};
use crate::{
    diagnostic::{Report, Rule},
    model::Kind,
};

/// Reports values with more than one owner.
pub(super) fn values_are_unique(context: &Context<'_>, report: &mut Report) {
    let same = |a: &Claim<'_>, b: &Claim<'_>| (a.space, a.value) == (b.space, b.value);
    for claims in context
        .claims
        .chunk_by(same)
        .filter(|claims| claims.len() > 1)
    {
        let first = claims[0].address;
        let path = path_of(context, &claims[0], 0);
        let elsewhere = match path.ends_with(']') {
            true => context.place_of_text(first, &path, claims[0].value),
            false => context.place(first, &path),
        };
        for (at, claim) in claims.iter().enumerate().skip(1) {
            let Claim {
                space,
                value,
                address,
            } = claim;
            let what = match *space {
                "mac" => "phone",
                "email" => "e-mail address",
                space => space,
            };
            let message = if *address == first {
                format!("{address} has the {what} {value} twice")
            } else {
                format!("{address} has the same {what} as {first}: {value}")
            };
            let before = claims[..at].iter().filter(|one| one.address == *address);
            let path = path_of(context, claim, before.count());
            let diagnostic = if path.ends_with(']') {
                context.at_text(Rule::DuplicateValue, address, &path, value, message)
            } else {
                context.at(Rule::DuplicateValue, address, &path, message)
            };
            report
                .add(diagnostic.related(elsewhere.clone(), format!("{first} has the same {what}")));
        }
    }
}

/// The path of a claimed value; the `nth`, counted from 0, if the resource contains it more than once.
fn path_of(context: &Context<'_>, claim: &Claim<'_>, nth: usize) -> String {
    let mut paths = Vec::new();
    if claim.address.kind == Kind::Extensions && claim.space == "extension" {
        paths.push(String::new());
    }
    if let Some(resource) = context.state.get(claim.address) {
        let shape = claim.address.kind.shape();
        shape.claims(&resource.fields, &mut |path, space, value| {
            if &**space == claim.space && value == claim.value {
                paths.push(path.to_owned());
            }
        });
    }
    paths.into_iter().nth(nth).unwrap_or_default()
}
