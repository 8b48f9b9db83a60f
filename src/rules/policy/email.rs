//! The check that *e-mail addresses* are in the domains of the policy.

use super::super::Context;
use crate::{
    diagnostic::{Report, Rule, did_you_mean},
    model::Value,
};

/// The fields of a user that hold addresses of the organisation.
const FIELDS: [&str; 3] = ["email", "voicemail.email", "available_from_emails"];

/// Reports users' addresses in other domains.
// N22
pub(in crate::rules) fn addresses_are_in_the_domains(context: &Context<'_>, report: &mut Report) {
    let domains = &context.config.policy.email.domains;
    let domains: Vec<String> = domains.iter().map(|one| one.to_lowercase()).collect();
    if domains.is_empty() {
        return;
    }
    for (address, resource) in context.users() {
        for field in FIELDS {
            let value = resource.fields.at(field.split('.'));
            let texts = value.into_iter().flat_map(|value| match value {
                Value::List(list) => list.iter().filter_map(Value::as_text).collect(),
                value => value.as_text().into_iter().collect::<Vec<_>>(),
            });
            for text in texts {
                let domain = text.rsplit('@').next().unwrap_or_default().to_lowercase();
                if domains.contains(&domain) {
                    continue;
                }
                let message = format!(
                    "{address}: `{field}` is in the domain {domain}, and the policy allows {}",
                    domains.join(", ")
                );
                let near = did_you_mean(&domain, domains.iter().map(|one| &**one));
                let help = near.map_or_else(
                    || Rule::EmailDomain.help().to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let found = context.at_text(Rule::EmailDomain, address, field, text, message);
                report.add(found.help(help));
            }
        }
    }
}
