//! *Fitting*: what is declared against what a portal can hold. What it can't hold is a diagnostic on
//! the line that asked for it, before any plan is made.

use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Fields, Origin, State},
    portal::Capabilities,
    rules,
    source::{Place, Source, Span},
};

/// Everything that is declared and that a portal can't hold.
#[must_use]
pub fn fit(state: &State, portal: &Capabilities) -> Report {
    let mut report = Report::default();
    for (address, resource) in &state.resources {
        let origin = resource.origin.as_ref();
        let Some(kind) = portal.kinds.get(&address.kind) else {
            let message = format!(
                "{address}: the portal {} has no {}",
                portal.portal, address.kind
            );
            report.add(misfit(origin, "", message));
            continue;
        };
        for path in kind
            .lacks
            .iter()
            .filter(|path| declares(&resource.fields, path))
        {
            report.add(misfit(origin, path, lacking(address, path, portal)));
        }
    }
    report
}

/// Whether something is declared at a dotted path.
fn declares(fields: &Fields, path: &str) -> bool {
    fields.at(path.split('.')).is_some()
}

fn lacking(address: &Address, path: &str, portal: &Capabilities) -> String {
    format!(
        "{address}: the portal {} can't hold `{path}`",
        portal.portal
    )
}

fn misfit(origin: Option<&Origin>, path: &str, message: String) -> Diagnostic {
    let nowhere = || Place::new(&Source::new("", ""), Span::default());
    let place = origin.map_or_else(nowhere, |origin| match path {
        "" => origin.place(),
        path => rules::of_field(origin, path),
    });
    Diagnostic::new(Rule::Unsupported, place, message).help(Rule::Unsupported.remedy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{desired, model::Kind, portal::KindCapability, repo::Files};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn what_a_portal_lacks_is_shown_on_the_line_that_asked_for_it() {
        let mut files = Files::default();
        let people = "users:\n  ann:\n    first_name: Ann\n    last_name: Lee\n    email: ann@x.example\n    voicemail:\n      mailbox: 7\ngroups:\n  sales: {}\n";
        files.take("people.yaml".to_owned(), people.into());
        let state = desired::load(files, jiff::civil::date(2026, 9, 1)).state;
        let users = KindCapability {
            lacks: BTreeSet::from(["voicemail.mailbox", "color"]),
            deletes: true,
        };
        let portal = Capabilities {
            portal: "small",
            kinds: BTreeMap::from([(Kind::Users, users)]),
        };
        let report = fit(&state, &portal);
        let told: Vec<String> = report
            .sorted()
            .iter()
            .map(|one| format!("{} {}", one.place, one.message))
            .collect();
        assert_eq!(
            told,
            [
                "people.yaml:7 users/ann: the portal small can't hold `voicemail.mailbox`",
                "people.yaml:9 groups/sales: the portal small has no groups",
            ]
        );
    }
}
