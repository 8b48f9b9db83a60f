//! Each profile names only what the model has.

use super::{FILES, Profile, ProfileName};
use crate::model::{Field, Kind, Shape, Value};
use clap::ValueEnum as _;

/// The shape at a path such as `phones[].model`, `fax.retries`, or `name` of every type.
fn shape_at(shape: &'static Shape, path: &str) -> Option<&'static Shape> {
    if path.is_empty() {
        return Some(shape);
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    if let Shape::Variants { types, .. } = shape
        && let Some((_, of_type)) = types.iter().find(|(word, _)| **word == *first)
    {
        return shape_at(of_type, rest);
    }
    let (name, is_list) = match first.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (first, false),
    };
    let field: &Field = shape.field_of_any_type(name)?;
    match field.shape.strict() {
        Shape::List { item, .. } if is_list => shape_at(item, rest),
        shape => shape_at(shape, rest),
    }
}

#[test]
fn each_name_is_one_of_the_model() {
    for profile in Profile::all() {
        for (kind, own) in &profile.kinds {
            let requires = own.requires.iter().flat_map(|(condition, fields)| {
                let field = condition
                    .split('=')
                    .next()
                    .filter(|_| condition != "always");
                fields.iter().map(String::as_str).chain(field)
            });
            let late = profile.habits.create_without.get(kind);
            let late = late.into_iter().flatten().map(String::as_str);
            let limits = own.limits.keys().map(String::as_str);
            let supports = own.supports.iter().flatten().map(String::as_str);
            let defaults = own.defaults.keys().map(String::as_str);
            let names = requires
                .chain(late)
                .chain(limits)
                .chain(supports)
                .chain(defaults);
            for name in names.filter(|name| *name != kind.key_field()) {
                let known = shape_at(kind.shape(), name).is_some();
                assert!(known, "{}: {kind} have no {name}", profile.name);
            }
        }
    }
}

#[test]
fn what_is_required_limited_or_set_late_is_supported() {
    for profile in Profile::all() {
        for (kind, own) in &profile.kinds {
            let fields = own.requires.values().flatten();
            let late = profile.habits.create_without.get(kind);
            for field in fields
                .chain(late.into_iter().flatten())
                .chain(own.defaults.keys())
            {
                let supported = profile.shape(*kind).field_of_any_type(field);
                assert!(supported.is_some(), "{}: {kind}.{field}", profile.name);
            }
            for field in own
                .limits
                .keys()
                .filter(|field| **field != *kind.key_field())
            {
                let supported = shape_at(profile.shape(*kind), field);
                assert!(supported.is_some(), "{}: {kind}.{field}", profile.name);
            }
        }
    }
}

#[test]
fn each_limit_is_a_schema_that_refuses_something() {
    for profile in Profile::all() {
        for (kind, capability) in profile.capabilities().kinds {
            let own = &profile.kinds[&kind];
            assert_eq!(
                capability.limits.len(),
                own.limits.len(),
                "{}",
                profile.name
            );
            for (field, limit) in &own.limits {
                let is_empty = limit.schema.is_empty() && limit.from.is_none();
                assert!(!is_empty, "{}: {kind}.{field}", profile.name);
            }
        }
    }
}

#[test]
fn scopes_extend_scopes_of_the_same_profile() {
    for profile in Profile::all() {
        for (name, scope) in profile.scopes.iter() {
            let base = scope.extends.as_deref();
            assert!(
                base.is_none_or(|base| profile.scopes.get(base).is_some()),
                "{name}"
            );
        }
        let scopes =
            |field: &str, value: &str| field == "scope" && profile.scopes.get(value).is_none();
        let defaults = profile.kinds.values().flat_map(|kind| &kind.defaults);
        for (field, value) in defaults {
            assert!(!scopes(field, value), "{}: {value}", profile.name);
        }
    }
}

#[test]
fn logins_require_what_the_profile_knows() {
    for profile in Profile::all() {
        for word in profile.login.iter().flat_map(|login| &login.requires) {
            let is_known = word == "active" || profile.known_permissions().contains(&**word);
            assert!(is_known, "{}: {word}", profile.name);
        }
    }
}

#[test]
fn every_name_and_every_portal_has_a_profile() {
    for name in ProfileName::value_variants() {
        assert_eq!(Profile::named(name.name()).name, name.name());
    }
    assert_eq!(Profile::all().count(), FILES.len());
    let titles: Vec<&str> = Profile::all().map(|profile| &*profile.title).collect();
    assert!(titles.is_sorted_by(|one, other| one != other), "{titles:?}");
}

#[test]
fn a_name_covers_what_is_inside_it() {
    let voiply = Profile::named("voiply").capabilities();
    let users = &voiply.kinds[&Kind::Users];
    assert!(users.unsupported.contains("username") && users.unsupported.contains("color"));
    assert!(
        !users.unsupported.contains("directory") && !users.unsupported.contains("voicemail.pin")
    );
    let extensions = &voiply.kinds[&Kind::Extensions];
    assert!(
        extensions.unsupported.contains("fax") && !extensions.unsupported.contains("ring_group")
    );
    assert!(!voiply.kinds.contains_key(&Kind::Contacts));
    let shape = Profile::named("voiply").shape(Kind::Users);
    assert!(shape.field_of_any_type("username").is_none());
    assert_eq!(voiply.defaults(Kind::Users), [] as [(&str, Value); 0]);
}
