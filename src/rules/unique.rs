//! One owner for every extension, username, e-mail address and phone.

use super::{Claim, Context};
use crate::diagnostic::{Report, Rule};

/// No two resources claim the same value.
pub(super) fn one_owner_each(context: &Context<'_>, report: &mut Report) {
    let same = |a: &Claim<'_>, b: &Claim<'_>| (a.space, a.value) == (b.space, b.value);
    for claims in context
        .claims
        .chunk_by(same)
        .filter(|claims| claims.len() > 1)
    {
        let (first, others) = claims
            .split_first()
            .expect("a chunk has at least one claim");
        for claim in others {
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
            let message = if address == &first.address {
                format!("{address} has the {what} {value} twice")
            } else {
                format!(
                    "{address} has the {what} {value}, which {} has too",
                    first.address
                )
            };
            let path_in = |claim: &Claim<'_>| path_of(context, claim);
            let diagnostic = context.at(Rule::DuplicateValue, address, &path_in(claim), message);
            let elsewhere = context.place(first.address, &path_in(first));
            report.add(diagnostic.related(elsewhere, format!("{} has it here", first.address)));
        }
    }
}

/// The path of a claim; the last one, where a resource makes it twice.
fn path_of(context: &Context<'_>, claim: &Claim<'_>) -> String {
    let mut found = String::new();
    if let Some(resource) = context.state.get(claim.address) {
        claim
            .address
            .kind
            .shape()
            .claims(&resource.fields, &mut |path, space, value| {
                if &**space == claim.space && value == claim.value {
                    path.clone_into(&mut found);
                }
            });
    }
    found
}
