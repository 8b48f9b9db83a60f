//! Every supported *field* of every kind: set, changed, cleared, and its list reversed.

use super::{
    run::{Workspace, step},
    subject::Subject,
    value::{self, Place},
};
use crate::report::skipped;
use callsheet::{
    model::{Field, Kind, ListOrder, Secret, SecretOrigin, Shape, Value},
    portal::Capabilities,
    support::check_support,
};
use serde_json::json;

/// The resource under test.
const KEYS: &[(Kind, &str)] = &[
    (Kind::Scopes, "conf_lead"),
    (Kind::Groups, "conf-crew"),
    (Kind::Instances, "conf-hull"),
    (Kind::Templates, "conf-hall"),
    (Kind::Users, "conf-tess"),
    (Kind::Extensions, "79002"),
    (Kind::Numbers, "+14155550123"),
    (Kind::Contacts, "conf-fire"),
];

/// The resources to which others refer.
pub(super) fn neighbours(subject: &Subject) -> Workspace {
    let portal = subject.capabilities();
    let mut workspace = Workspace::default();
    let has = |kind: Kind| portal.kinds.contains_key(&kind);
    for (kind, keys) in [
        (Kind::Groups, ["conf-sales", "conf-night"]),
        (Kind::Instances, ["conf-leeds", "conf-york"]),
    ] {
        for key in keys.iter().filter(|_| has(kind)) {
            workspace.declare(kind, key, &json!({}));
        }
    }
    if has(Kind::Templates) {
        workspace.declare(Kind::Templates, "conf-desk", &json!({}));
    }
    for (key, name) in [("conf-ann", "Ann"), ("conf-bob", "Bob")] {
        let mut user = json!({"first_name": name, "last_name": "Conf", "email": format!("{key}@acme.example")});
        if name == "Ann" {
            // Whom an outer number leads to has an inner one.
            user["extension"] = "79005".into();
        }
        workspace.declare(Kind::Users, key, &user);
    }
    let desk = json!({"kind": "ring_group", "name": "Desk", "members": ["conf-ann"]});
    workspace.declare(Kind::Extensions, "79001", &desk);
    workspace
}

/// The required fields of a resource.
fn minimal(kind: Kind, word: Option<&str>) -> serde_json::Value {
    match (kind, word) {
        (Kind::Users, _) => {
            json!({"first_name": "Tess", "last_name": "Ter", "email": "tess@acme.example",
            "extension": "79009"})
        }
        (Kind::Extensions, Some("forward")) => {
            json!({"kind": "forward", "name": "Elsewhere", "destination": "+14155550170"})
        }
        (Kind::Extensions, Some("ring_group")) => {
            json!({"kind": "ring_group", "name": "Tested", "members": ["conf-bob"]})
        }
        (Kind::Extensions, Some(word)) => json!({"kind": word, "name": "Tested"}),
        (Kind::Numbers, _) => json!({"destination": "79001"}),
        (Kind::Contacts, _) => json!({"name": "Fire brigade"}),
        _ => json!({}),
    }
}

fn all_fields(subject: &Subject) {
    let portal = subject.capabilities();
    let foreign = subject.foreign();
    let mut workspace = neighbours(subject);
    step(subject, &workspace, true, "the neighbours");
    for (kind, capability) in &portal.kinds {
        let key = KEYS.iter().find(|(known, _)| known == kind).unwrap().1;
        let words: Vec<Option<String>> = match kind.shape() {
            Shape::Variants { types, .. } => types
                .iter()
                .map(|(word, _)| Some(word.to_string()))
                .collect(),
            _ => vec![None],
        };
        for word in words.into_iter().filter(|word| {
            word.as_ref()
                .is_none_or(|word| !capability.unsupported.contains(word.as_str()))
        }) {
            let declared = workspace
                .declare(*kind, key, &minimal(*kind, word.as_deref()))
                .clone();
            let label = word.as_deref().unwrap_or("");
            step(subject, &workspace, true, &format!("{kind} {label} comes"));
            let fields = kind.shape().fields(&declared);
            let mut place = Place {
                kind: *kind,
                word,
                names: Vec::new(),
            };
            walk(subject, &mut workspace, key, &mut place, fields, &portal);
        }
        workspace.remove(*kind, key);
        step(subject, &workspace, true, &format!("{kind} goes"));
    }
    clean(subject, &mut workspace);
    subject.assert_untouched(&foreign);
}

/// Deletes the objects of the suite in an order without dangling references.
pub(super) fn clean(subject: &Subject, workspace: &mut Workspace) {
    let members = workspace.state.of_kind(Kind::Users).filter(|(_, user)| {
        let groups = user.fields.get("groups");
        groups.is_some_and(|groups| !groups.elements().is_empty())
    });
    let members: Vec<Box<str>> = members.map(|(address, _)| address.key.clone()).collect();
    for key in &members {
        let fields = workspace.fields(Kind::Users, key);
        fields.set("groups".into(), Value::List([].into()));
    }
    if !members.is_empty() {
        step(subject, workspace, true, "everybody leaves the groups");
    }
    for kind in Kind::ALL.into_iter().rev() {
        let keys = workspace
            .state
            .of_kind(kind)
            .map(|(address, _)| address.key.clone());
        let keys: Vec<Box<str>> = keys.collect();
        if keys.is_empty() {
            continue;
        }
        for key in keys {
            workspace.remove(kind, &key);
        }
        step(subject, workspace, true, &format!("{kind} are taken away"));
    }
}

fn walk(
    subject: &Subject,
    workspace: &mut Workspace,
    key: &str,
    place: &mut Place,
    fields: &[Field],
    portal: &Capabilities,
) {
    // What counts only while a user is made can't be changed later.
    for field in fields.iter().filter(|field| !field.create_only) {
        place.names.push(field.name.to_string());
        let label = place.label();
        let is_lacking = portal.kinds[&place.kind]
            .unsupported
            .iter()
            .any(|lacks| *lacks == label);
        // The word itself is what the types are walked for; an own name and a template are tested by
        // themselves.
        let is_special = matches!(label.as_str(), "username" | "template" | "with")
            || place.word.is_some() && *field.name == *"kind";
        if !is_lacking && !is_special {
            let is_whole = matches!(
                (place.kind, &*label),
                (Kind::Users, "voicemail.greeting") | (Kind::Templates, "user")
            );
            match &field.shape {
                Shape::Record(inner) if !is_whole => {
                    walk(subject, workspace, key, place, inner, portal);
                }
                _ => one(subject, workspace, key, place, field, portal),
            }
        }
        place.names.pop();
    }
}

/// Sets, changes and clears one field.
fn one(
    subject: &Subject,
    workspace: &mut Workspace,
    key: &str,
    place: &Place,
    field: &Field,
    portal: &Capabilities,
) {
    let path: Vec<callsheet::model::Name> = place
        .names
        .iter()
        .map(|name| name.as_str().into())
        .collect();
    let label = format!("{}.{}", place.kind, place.label());
    let before = workspace.fields(place.kind, key).clone();
    let values: Vec<Value> = match &field.shape {
        Shape::Secret => (1..=2).map(|version| secret(&label, version)).collect(),
        shape => value::of(place, shape),
    };
    let is_held = |workspace: &Workspace, value: &Value| {
        let mut tried = workspace.clone();
        tried
            .fields(place.kind, key)
            .put(&path, Some(value.clone()));
        check_support(&tried.state, portal).sorted().is_empty()
    };
    let values: Vec<Value> = values
        .into_iter()
        .filter(|value| is_held(workspace, value))
        .collect();
    assert!(
        !values.is_empty(),
        "{}: {label} has no value that can be held",
        subject.name
    );
    let mut held = before.at(path.iter().map(|name| &**name)).cloned();
    for value in values {
        let is_new = Some(&value) != held.as_ref().or(field.default.as_ref());
        workspace
            .fields(place.kind, key)
            .put(&path, Some(value.clone()));
        let told: String = format!("{label} = {value:?}").chars().take(120).collect();
        step(subject, workspace, is_new, &told);
        if let (Shape::List { order, .. }, Value::List(list)) = (&field.shape, &value)
            && !matches!(order, ListOrder::Ordered | ListOrder::Distinct)
            && list.len() > 1
        {
            // Whoever asks in another order asks for the same.
            let turned: Vec<Value> = list.iter().rev().cloned().collect();
            let turned = Shape::arrange(order, turned);
            workspace.fields(place.kind, key).put(&path, Some(turned));
            step(subject, workspace, false, &format!("{label} turned round"));
        }
        held = Some(value);
    }
    let nothing = Value::Null;
    if !field.required && is_held(workspace, &nothing) {
        let had = held.is_some() && held != field.default;
        workspace.fields(place.kind, key).put(&path, Some(nothing));
        step(subject, workspace, had, &format!("{label} cleared"));
        held = None;
    }
    // What was there at first comes back; what was not declared is nobody's any more.
    let first = before.at(path.iter().map(|name| &**name)).cloned();
    let back = first.is_some() && first != held;
    *workspace.fields(place.kind, key) = before;
    step(
        subject,
        workspace,
        back,
        &format!("{label} as it was at first"),
    );
}

fn secret(label: &str, version: u32) -> Value {
    let name = if label.contains("pin") {
        "PIN"
    } else {
        "PASSWORD"
    };
    Value::Secret(Box::new(Secret {
        origin: Some(SecretOrigin::Env(name.into())),
        version,
    }))
}

#[test]
fn the_sandbox_supports_every_field() {
    all_fields(&Subject::sandbox());
}

#[test]
fn kazoo_4_supports_every_field() {
    all_fields(&Subject::four());
}

#[test]
fn kazoo_5_supports_every_field() {
    all_fields(&Subject::five());
}

#[test]
fn a_real_kazoo_supports_every_field() {
    match Subject::real() {
        Some(real) => all_fields(&real),
        None => skipped("a real Kazoo: CALLSHEET_KAZOO_URL is not set"),
    }
}
