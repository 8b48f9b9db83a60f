//! *Fitting*: what is declared against what a portal can hold. What it can't hold is a diagnostic on
//! the line that asked for it, before any plan is made; what it needn't hold stays in the files.

use crate::{
    config::{Config, FieldName, FieldPolicy},
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Kind, Origin, Resource, Shape, State, Value},
    portal::{Capabilities, Declared, KindCapability, Limit},
    rules,
    source::{Place, Source, Span},
};

/// Everything that is declared and that a portal can't hold.
#[must_use]
pub fn fit(state: &State, portal: &Capabilities) -> Report {
    let mut report = Report::default();
    for (address, resource) in &state.resources {
        if stays(address.kind, portal) {
            continue;
        }
        let Some(kind) = portal.kinds.get(&address.kind) else {
            let message = format!(
                "{address}: the portal {} has no {}",
                portal.portal, address.kind
            );
            report.add(misfit(resource.origin.as_ref(), "", message));
            continue;
        };
        check(address, resource, kind, portal.portal, state, &mut report);
    }
    report
}

/// Leaves in the files what a portal needn't hold: templates are expanded here, wherever they are kept.
pub fn leave_in_files(state: &mut State, config: &mut Config, portal: &Capabilities) {
    if !stays(Kind::Templates, portal) {
        return;
    }
    state
        .resources
        .retain(|address, _| address.kind != Kind::Templates);
    for field in ["users.template", "users.with"] {
        config
            .fields
            .insert(FieldName(field.to_owned()), FieldPolicy::Ignore);
    }
}

/// Whether a kind is one that stays in the files.
fn stays(kind: Kind, portal: &Capabilities) -> bool {
    kind == Kind::Templates && !portal.kinds.contains_key(&kind)
}

fn check(
    address: &Address,
    resource: &Resource,
    kind: &KindCapability,
    portal: &str,
    state: &State,
    report: &mut Report,
) {
    let origin = resource.origin.as_ref();
    let fields = &resource.fields;
    for field in &kind.lacks {
        if let Some((path, _)) = declared(address, resource, field) {
            let message = format!(
                "{address}: the portal {portal} can't hold `{}`",
                named(field, &path)
            );
            report.add(misfit(origin, &path, message));
        }
    }
    for Limit { field, only, holds } in kind.limits {
        if let Some((path, value)) = declared(address, resource, field)
            && !holds(&value, Declared { fields, state })
        {
            let message = format!(
                "{address}: in `{}` the portal {portal} can hold {only}",
                named(field, &path)
            );
            report.add(misfit(origin, &path, message));
        }
    }
}

/// What a resource declares in a field that a capability names: its path there, and the value.
fn declared(address: &Address, resource: &Resource, field: &str) -> Option<(String, Value)> {
    let kind = address.kind;
    let at = |path: &str| {
        let value = resource.fields.at(path.split('.'))?;
        Some((path.to_owned(), value.clone()))
    };
    if field == kind.identity() {
        return at(field).or_else(|| Some((String::new(), Value::text(&address.key))));
    }
    let Shape::Variants { tag, types } = kind.shape() else {
        return at(field);
    };
    // Of several types: a field of one of them, the word of one, or a field of them all.
    let own = resource.fields.text(tag);
    match field.split_once('.') {
        Some((word, path)) if types.iter().any(|(known, _)| **known == *word) => {
            at(path).filter(|_| own == Some(word))
        }
        None if types.iter().any(|(known, _)| **known == *field) => {
            at(tag).filter(|_| own == Some(field))
        }
        _ => at(field),
    }
}

/// A field as a message names it: the word of a type that the portal lacks by itself.
fn named<'n>(field: &'n str, path: &'n str) -> &'n str {
    match path {
        "" | "kind" => field,
        path => path,
    }
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
    use crate::{desired, repo::Files};
    use std::collections::{BTreeMap, BTreeSet};

    fn state(text: &str) -> State {
        let mut files = Files::default();
        files.take("people.yaml".to_owned(), text.into());
        desired::load(files, jiff::civil::date(2026, 9, 1)).state
    }

    fn told(state: &State, portal: &Capabilities) -> Vec<String> {
        let report = fit(state, portal);
        let one = |one: &Diagnostic| format!("{} {}", one.place, one.message);
        report.sorted().into_iter().map(one).collect()
    }

    const LIMITS: &[Limit] = &[
        Limit {
            field: "username",
            only: "lower case",
            holds: |value, _| {
                value
                    .as_text()
                    .is_none_or(|text| !text.contains(char::is_uppercase))
            },
        },
        Limit {
            field: "forwarding.destinations",
            only: "one destination",
            holds: |value, _| value.elements().len() <= 1,
        },
    ];

    const TYPES: &[Limit] = &[Limit {
        field: "fax.retries",
        only: "0 to 4",
        holds: |value, _| matches!(value, Value::Integer(0..=4)),
    }];

    fn small() -> Capabilities {
        let users = KindCapability {
            lacks: BTreeSet::from(["voicemail.mailbox", "color"]),
            limits: LIMITS,
            deletes: true,
        };
        let extensions = KindCapability {
            lacks: BTreeSet::from(["call_queue", "fax.owner"]),
            limits: TYPES,
            deletes: true,
        };
        Capabilities {
            portal: "small",
            kinds: BTreeMap::from([(Kind::Users, users), (Kind::Extensions, extensions)]),
        }
    }

    #[test]
    fn what_a_portal_lacks_is_shown_on_the_line_that_asked_for_it() {
        let state = state(
            "users:\n  Ann:\n    first_name: Ann\n    last_name: Lee\n    email: ann@x.example\n    \
             voicemail:\n      mailbox: 7\n    forwarding: { destinations: [\"10\", \"11\"] }\n\
             groups:\n  sales: {}\n\
             extensions:\n  20: { kind: fax, name: Fax, owner: Ann, retries: 9 }\n  \
             21: { kind: call_queue, name: Q }\n",
        );
        assert_eq!(
            told(&state, &small()),
            [
                "people.yaml:2 users/Ann: in `username` the portal small can hold lower case",
                "people.yaml:7 users/Ann: the portal small can't hold `voicemail.mailbox`",
                "people.yaml:8 users/Ann: in `forwarding.destinations` the portal small can hold one destination",
                "people.yaml:10 groups/sales: the portal small has no groups",
                "people.yaml:12 extensions/20: the portal small can't hold `owner`",
                "people.yaml:12 extensions/20: in `retries` the portal small can hold 0 to 4",
                "people.yaml:13 extensions/21: the portal small can't hold `call_queue`",
            ]
        );
    }

    #[test]
    fn templates_that_a_portal_does_not_have_stay_in_the_files() {
        let mut state = state("templates:\n  desk: { user: { dnd: true } }\n");
        let mut config: Config =
            serde_json::from_value(serde_json::json!({"portal": {"kind": "sandbox"}})).unwrap();
        assert_eq!(told(&state, &small()), [""; 0]);
        leave_in_files(&mut state, &mut config, &small());
        assert!(state.resources.is_empty());
        assert_eq!(config.fields.len(), 2);
    }
}
