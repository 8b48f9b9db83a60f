//! *Support* for what is declared: compares the declared state with a portal's capabilities. Each
//! unsupported field is a diagnostic on its line, before any plan is made. Templates of a portal without
//! templates stay in the files.

use crate::{
    config::{Config, FieldName, FieldPolicy},
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Condition, Kind, Origin, Requirement, Resource, Shape, State, Value},
    portal::{Capabilities, Declaration, KindCapability, Limit},
    rules,
};

/// Reports every declared field that the portal doesn't support.
#[must_use]
pub fn check_support(state: &State, portal: &Capabilities) -> Report {
    let mut report = Report::default();
    for (address, resource) in &state.resources {
        if is_local_only(address.kind, portal) {
            continue;
        }
        let Some(kind) = portal.kinds.get(&address.kind) else {
            let message = format!(
                "{address}: the portal {} has no {}",
                portal.portal, address.kind
            );
            report.add(unsupported(resource.origin.as_ref(), "", message));
            continue;
        };
        check(address, resource, kind, portal, state, &mut report);
    }
    report
}

/// Removes what is only used locally: the templates, if the portal has none, which are already expanded into
/// the users' fields; and the username that every user has, if the portal has none.
pub fn strip_local_only(state: &mut State, config: &mut Config, portal: &Capabilities) {
    let mut ignore = |field: &str| {
        let field = FieldName(field.to_owned());
        config.fields.insert(field, FieldPolicy::Ignore);
    };
    if is_local_only(Kind::Templates, portal) {
        let resources = &mut state.resources;
        resources.retain(|address, _| address.kind != Kind::Templates);
        ignore("users.template");
        ignore("users.with");
    }
    let users = portal.kinds.get(&Kind::Users);
    if users.is_some_and(|users| users.unsupported.contains("username")) {
        ignore("users.username");
    }
}

/// Whether a kind is expanded locally and never sent to the portal.
fn is_local_only(kind: Kind, portal: &Capabilities) -> bool {
    kind == Kind::Templates && !portal.kinds.contains_key(&kind)
}

fn check(
    address: &Address,
    resource: &Resource,
    kind: &KindCapability,
    portal: &Capabilities,
    state: &State,
    report: &mut Report,
) {
    let is_in_files = |field: &str| portal.is_in_files(address.kind, field);
    let portal = portal.portal;
    let origin = resource.origin.as_ref();
    let fields = &resource.fields;
    // What is always required is checked with the files, all at once; there, `null` counts as declared.
    for Requirement {
        condition,
        fields: required,
    } in &kind.requires
    {
        for field in required {
            let is_missing = match (fields.get(field), condition) {
                (None, Condition::Always) => false,
                (value, _) => value.is_none_or(|value| *value == Value::Null),
            };
            if condition.holds(fields) && is_missing {
                let message =
                    format!("{address}: the portal {portal} requires `{field}`{condition}");
                let place = rules::place_of(origin, "");
                report.add(
                    Diagnostic::new(Rule::MissingField, place, message)
                        .help(format!("Declare `{field}`.")),
                );
            }
        }
    }
    for field in kind.unsupported.iter().filter(|field| !is_in_files(field)) {
        // Every user has a username, whose value is the key if none is declared.
        if let Some((path, value)) = declared(address, resource, field)
            && !(*field == address.kind.key_field() && value.as_text() == Some(&address.key))
        {
            let message = format!(
                "{address}: the portal {portal} doesn't support `{}`",
                display_name(field, &path)
            );
            report.add(unsupported(origin, &path, message));
        }
    }
    for Limit {
        field,
        only,
        accepts,
    } in &kind.limits
    {
        for (path, value) in declared_values(address, resource, field) {
            // The value of a secret isn't known before it is sent.
            let is_secret = matches!(value, Value::Secret(_));
            if !is_secret && !accepts(&value, Declaration { fields, state }) {
                let message = format!(
                    "{address}: in `{}`, the portal {portal} supports only {only}",
                    display_name(field, &path)
                );
                report.add(unsupported(origin, &path, message));
            }
        }
    }
}

/// The paths and values of a field that a capability names, in each element of a list: `phones[].model`.
fn declared_values(address: &Address, resource: &Resource, field: &str) -> Vec<(String, Value)> {
    let Some((list, rest)) = field.split_once("[].") else {
        return declared(address, resource, field).into_iter().collect();
    };
    let Some((path, value)) = declared(address, resource, list) else {
        return Vec::new();
    };
    let elements = value.elements().iter().enumerate();
    let within = elements.filter_map(|(index, element)| {
        let value = element.as_map()?.at(rest.split('.'))?;
        Some((format!("{path}[{index}].{rest}"), value.clone()))
    });
    within.collect()
}

/// The path and value of a field that a capability names, if the resource declares it.
fn declared(address: &Address, resource: &Resource, field: &str) -> Option<(String, Value)> {
    let kind = address.kind;
    let at = |path: &str| {
        let value = resource.fields.at(path.split('.'))?;
        Some((path.to_owned(), value.clone()))
    };
    if field == kind.key_field() {
        return at(field).or_else(|| Some((String::new(), Value::text(&address.key))));
    }
    let Shape::Variants { tag, types } = kind.shape() else {
        return at(field);
    };
    // A kind with several types: a field of one type, the name of a type, or a field of every type.
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

/// The name of a field in a message; an unsupported type is named by its tag's value.
fn display_name<'n>(field: &'n str, path: &'n str) -> &'n str {
    match path {
        "" | "kind" => field,
        path => path,
    }
}

fn unsupported(origin: Option<&Origin>, path: &str, message: String) -> Diagnostic {
    let place = rules::place_of(origin, path);
    Diagnostic::new(Rule::Unsupported, place, message).help(Rule::Unsupported.help())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        desired,
        model::{NO_ACTIONS, NO_SCOPES},
        repo::Files,
    };
    use std::collections::{BTreeMap, BTreeSet};

    fn state(text: &str) -> State {
        let mut files = Files::default();
        files.take("people.yaml".to_owned(), text.into());
        desired::load(files, jiff::civil::date(2026, 9, 1)).state
    }

    fn messages(state: &State, portal: &Capabilities) -> Vec<String> {
        let report = check_support(state, portal);
        let one = |one: &Diagnostic| format!("{} {}", one.place, one.message);
        report.sorted().into_iter().map(one).collect()
    }

    const LIMITS: &[Limit] = &[
        Limit {
            field: "username",
            only: "lower case",
            accepts: &|value, _| {
                value
                    .as_text()
                    .is_none_or(|text| !text.contains(char::is_uppercase))
            },
        },
        Limit {
            field: "forwarding.destinations",
            only: "one destination",
            accepts: &|value, _| value.elements().len() <= 1,
        },
    ];

    const TYPES: &[Limit] = &[Limit {
        field: "fax.retries",
        only: "0 to 4",
        accepts: &|value, _| matches!(value, Value::Integer(0..=4)),
    }];

    fn limited_portal() -> Capabilities {
        let users = KindCapability {
            unsupported: BTreeSet::from(["voicemail.mailbox", "color"]),
            requires: vec![Requirement {
                condition: Condition::Declared("forwarding"),
                fields: vec!["extension"],
            }],
            limits: LIMITS.to_vec(),
            ..KindCapability::full(Kind::Users)
        };
        let extensions = KindCapability {
            unsupported: BTreeSet::from(["call_queue", "fax.owner"]),
            limits: TYPES.to_vec(),
            ..KindCapability::full(Kind::Extensions)
        };
        Capabilities {
            actions: &NO_ACTIONS,
            portal: "small",
            scopes: &NO_SCOPES,
            kinds: BTreeMap::from([(Kind::Users, users), (Kind::Extensions, extensions)]),
        }
    }

    #[test]
    fn an_unsupported_field_is_reported_on_its_line() {
        let state = state(
            "users:\n  Ann:\n    first_name: Ann\n    last_name: Lee\n    email: ann@x.example\n    \
             voicemail:\n      mailbox: 7\n    forwarding: { destinations: [\"10\", \"11\"] }\n\
             groups:\n  sales: {}\n\
             extensions:\n  20: { kind: fax, name: Fax, owner: Ann, retries: 9 }\n  \
             21: { kind: call_queue, name: Q }\n",
        );
        assert_eq!(
            messages(&state, &limited_portal()),
            [
                "people.yaml:2 users/Ann: the portal small requires `extension` with `forwarding`",
                "people.yaml:2 users/Ann: in `username`, the portal small supports only lower case",
                "people.yaml:7 users/Ann: the portal small doesn't support `voicemail.mailbox`",
                "people.yaml:8 users/Ann: in `forwarding.destinations`, the portal small supports only one destination",
                "people.yaml:10 groups/sales: the portal small has no groups",
                "people.yaml:12 extensions/20: the portal small doesn't support `owner`",
                "people.yaml:12 extensions/20: in `retries`, the portal small supports only 0 to 4",
                "people.yaml:13 extensions/21: the portal small doesn't support `call_queue`",
            ]
        );
    }

    #[test]
    fn a_username_that_nobody_declared_stays_in_the_files() {
        let people = |username: &str| {
            state(&format!(
                "users:\n  ann: {{ first_name: Ann, last_name: Lee, email: a@x.example{username} }}\n"
            ))
        };
        let mut portal = limited_portal();
        let users = portal.kinds.get_mut(&Kind::Users).unwrap();
        users.unsupported.insert("username");
        users.identity = crate::model::Identity::Field("email");
        users.requires = Vec::new();
        assert_eq!(messages(&people(""), &portal), [""; 0]);
        assert_eq!(
            messages(&people(", username: lee"), &portal),
            ["people.yaml:2 users/ann: the portal small doesn't support `username`"]
        );
        let mut config: Config =
            serde_json::from_value(serde_json::json!({"portal": {"kind": "sandbox"}})).unwrap();
        strip_local_only(&mut people(""), &mut config, &portal);
        assert!(
            config
                .fields
                .contains_key(&FieldName("users.username".to_owned()))
        );
    }

    #[test]
    fn templates_stay_in_the_files_if_the_portal_has_none() {
        let mut state = state(
            "templates:\n  desk: { user: { dnd: true }, attributes: { no: { prompt: Number } } }\n\
             users:\n  ann: { template: desk, with: { no: \"12\" }, first_name: Ann, last_name: Lee, \
             email: ann@x.example, extension: \"12\" }\n",
        );
        let mut config: Config =
            serde_json::from_value(serde_json::json!({"portal": {"kind": "sandbox"}})).unwrap();
        let mut portal = limited_portal();
        let users = portal.kinds.get_mut(&Kind::Users).unwrap();
        users.unsupported.extend(["template", "with"]);
        assert_eq!(messages(&state, &portal), [""; 0]);
        strip_local_only(&mut state, &mut config, &portal);
        assert_eq!(state.of_kind(Kind::Templates).count(), 0);
        assert_eq!(config.fields.len(), 2);
    }
}
