//! The *origin* of a value is where it comes from: a line of a file, a template, a date in somebody's life, or the
//! portal.

use super::{Object, View};
use crate::{
    config::FieldPolicy,
    model::{Address, Field, Fields, Kind, Name, Shape, Value},
    rules::place::Finder,
    source::Place,
    template,
};
use std::{collections::BTreeSet, fmt};

/// A value of an object, and where it comes from.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The field: `voicemail.email`.
    pub path: String,
    /// What the object holds; nothing if it doesn't hold what is declared yet.
    pub value: Option<Value>,
    /// What is declared, where the object doesn't hold it.
    pub declared: Option<Value>,
    /// Where the value comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The files declare it of the object itself.
    File(Place),
    /// The template that the user is built from.
    Template {
        /// The template's key.
        template: Box<str>,
        /// The attribute that gives the value, if one does, and whether the user gives it.
        attribute: Option<(Box<str>, bool)>,
        /// Where the value stands.
        place: Place,
    },
    /// It follows from when somebody starts or leaves, in words.
    Lifecycle(Box<str>),
    /// The portal has it, and nothing declares it.
    Portal,
    /// The portal has it, and may: a policy of the field says so.
    Policy {
        /// The name in `fields`.
        name: Box<str>,
        /// The policy.
        policy: FieldPolicy,
    },
    /// The portal sets it where nothing else is set.
    Default,
}

impl Origin {
    /// Where it stands in the files, if it does.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::File(place) | Self::Template { place, .. } => Some(place),
            Self::Lifecycle(_) | Self::Portal | Self::Policy { .. } | Self::Default => None,
        }
    }

    /// What it is, as one word of JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Template { .. } => "template",
            Self::Lifecycle(_) => "lifecycle",
            Self::Portal => "portal",
            Self::Policy { .. } => "policy",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) => write!(f, "{}", line(place)),
            Self::Template {
                template,
                attribute,
                place,
            } => {
                write!(f, "template {template}, ")?;
                match attribute {
                    Some((name, true)) => write!(f, "with {name}, ")?,
                    Some((name, false)) => write!(f, "its default for {name}, ")?,
                    None => {}
                }
                write!(f, "{}", line(place))
            }
            Self::Lifecycle(because) => write!(f, "{because}"),
            Self::Portal => f.write_str("the portal, undeclared"),
            Self::Policy { name, policy } => {
                let policy = match policy {
                    FieldPolicy::Enforce => "enforce",
                    FieldPolicy::Initial => "initial",
                    FieldPolicy::Ignore => "ignore",
                };
                write!(f, "the portal (fields: {name} {policy})")
            }
            Self::Default => f.write_str("the portal's default"),
        }
    }
}

/// A file and a line.
fn line(place: &Place) -> String {
    format!("{}:{}", place.source.name(), place.start().line)
}

impl View<'_> {
    /// The values of an object in the order of the model, each with its origin. Values that the portal sets
    /// by itself are among them.
    #[must_use]
    pub fn values(&self, address: &Address, object: Object<'_>) -> Vec<Shown> {
        let nothing = Fields::new();
        let live = object.live.map(|live| &live.fields);
        let declared = object.declared.map_or(&nothing, |one| &one.fields);
        let shape = address.kind.shape();
        let held = live.unwrap_or(declared);
        let known = match shape.fields(declared) {
            [] => shape.fields(held),
            known => known,
        };
        let mut found = Vec::new();
        leaves("", known, (Some(held), Some(declared)), &mut found);
        let lacks = self.capabilities.kinds.get(&address.kind);
        let lacks = |path: &str| lacks.is_some_and(|kind| kind.unsupported.contains(path));
        let values = found.into_iter().filter_map(|leaf| {
            let is_set = leaf.held.is_some() || leaf.declared.is_some();
            let lasts = !leaf.field.is_some_and(|field| field.create_only);
            let shown = is_set || (live.is_some() && lasts && !lacks(&leaf.path));
            shown.then(|| self.shown(address, object, &leaf)).flatten()
        });
        values.collect()
    }

    /// One value; nothing if there is none to show.
    fn shown(&self, address: &Address, object: Object<'_>, leaf: &Leaf<'_>) -> Option<Shown> {
        let path = &*leaf.path;
        let mut defaults = self.capabilities.defaults(address.kind).iter();
        let default = defaults.find(|(name, _)| *name == path).map(|(_, own)| own);
        let default = default.or_else(|| leaf.field?.default.as_ref());
        let policy = self
            .policy(address.kind, path)
            .filter(|_| object.live.is_some());
        let declared = leaf.declared.filter(|_| policy.is_none());
        let value = leaf.held.or(default);
        let is_sent = object.live.is_some()
            && !leaf.field.is_some_and(|field| field.create_only)
            && !self.capabilities.is_in_files(address.kind, path);
        let differs = declared.filter(|declared| {
            let cleared = **declared == Value::Null && leaf.held.is_none();
            is_sent && !cleared && !Value::same(Some(declared), value)
        });
        let origin = match (declared, policy) {
            (Some(_), _) => self.origin(address, object, path),
            (None, Some((name, policy))) if leaf.held.is_some() => Origin::Policy {
                name: name.into(),
                policy,
            },
            (None, _) if leaf.held.is_some() && leaf.held != default => Origin::Portal,
            (None, _) => Origin::Default,
        };
        let value = value.or(declared.filter(|_| !is_sent));
        let name = path.rsplit('.').next().unwrap_or(path);
        (value.is_some() || differs.is_some()).then(|| Shown {
            path: path.to_owned(),
            value: value.map(|value| value.starred(name)),
            declared: differs.map(|value| value.starred(name)),
            origin,
        })
    }

    /// The policy that leaves a field to the portal, and its name in `fields`.
    fn policy(&self, kind: Kind, path: &str) -> Option<(&str, FieldPolicy)> {
        let mut policies = self.config.fields.iter();
        policies.find_map(|(name, policy)| {
            let of_kind = name.0.strip_prefix(kind.name())?.strip_prefix('.')?;
            let rest = path.strip_prefix(of_kind)?;
            let covers = rest.is_empty() || rest.starts_with('.');
            (covers && *policy != FieldPolicy::Enforce).then_some((&*name.0, *policy))
        })
    }

    /// Where a declared value comes from.
    fn origin(&self, address: &Address, object: Object<'_>, path: &str) -> Origin {
        let Some(resource) = object.declared else {
            return Origin::Portal;
        };
        let top = path.split('.').next().unwrap_or(path);
        let derived = resource.derived.iter().find(|one| *one.field == *top);
        if let Some(derived) = derived {
            return Origin::Lifecycle(derived.because.clone());
        }
        let Some(origin) = &resource.origin else {
            return Origin::Portal;
        };
        if let Some((place, _)) = self.places.declared(origin, path) {
            return Origin::File(place);
        }
        let found = resource.fields.text("template").and_then(|template| {
            let own = Address::new(Kind::Templates, template);
            let body = self.declared.get(&own)?.origin.as_ref()?;
            let mut finders = self.templates.borrow_mut();
            let finder = finders.entry(template.into()).or_default();
            let (place, text) = finder.declared(body, &format!("user.{path}"))?;
            Some(self.of_template(address, template, finder, place, text.as_deref()))
        });
        // The key of a user is the username where none is declared.
        found.unwrap_or_else(|| Origin::File(origin.place()))
    }

    /// The origin of a value that a template gives.
    fn of_template(
        &self,
        address: &Address,
        template: &str,
        finder: &Finder,
        place: Place,
        text: Option<&str>,
    ) -> Origin {
        let state = self.declared;
        let origin_of = |address: &Address| state.get(address)?.origin.as_ref();
        let names = text.map_or_else(Vec::new, template::placeholders);
        let attribute = match *names {
            [name] if !name.starts_with("user.") => {
                let own = origin_of(address)
                    .and_then(|own| self.places.declared(own, &format!("with.{name}")));
                let body = origin_of(&Address::new(Kind::Templates, template));
                let default = ["default", "value"]
                    .into_iter()
                    .find_map(|word| finder.declared(body?, &format!("attributes.{name}.{word}")));
                match (own, default) {
                    (Some((place, _)), _) => Some((name, true, place)),
                    (None, Some((place, _))) => Some((name, false, place)),
                    (None, None) => None,
                }
            }
            _ => None,
        };
        let (attribute, place) = match attribute {
            Some((name, given, place)) => (Some((name.into(), given)), place),
            None => (None, place),
        };
        Origin::Template {
            template: template.into(),
            attribute,
            place,
        }
    }
}

/// A field of an object that isn't a record: what the object holds in it, and what is declared.
struct Leaf<'f> {
    path: String,
    field: Option<&'f Field>,
    held: Option<&'f Value>,
    declared: Option<&'f Value>,
}

/// The leaves below a path, in the order of the model.
fn leaves<'f>(
    before: &str,
    known: &'f [Field],
    (held, declared): (Option<&'f Fields>, Option<&'f Fields>),
    found: &mut Vec<Leaf<'f>>,
) {
    for field in known {
        let at = |fields: Option<&'f Fields>| fields.and_then(|one| one.get(&field.name));
        let (held, declared) = (at(held), at(declared));
        let path = joined(before, &field.name);
        let maps = (
            held.and_then(Value::as_map),
            declared.and_then(Value::as_map),
        );
        let is_there = maps.0.is_some() || maps.1.is_some();
        match field.shape.strict() {
            Shape::Record(known) => leaves(&path, known, maps, found),
            Shape::Map { .. } if is_there => {
                let names = [maps.0, maps.1].into_iter().flatten();
                let names: BTreeSet<&Name> =
                    names.flat_map(Fields::iter).map(|(name, _)| name).collect();
                found.extend(names.into_iter().map(|name| Leaf {
                    path: joined(&path, name),
                    field: None,
                    held: maps.0.and_then(|map| map.get(name)),
                    declared: maps.1.and_then(|map| map.get(name)),
                }));
            }
            _ => found.push(Leaf {
                path,
                field: Some(field),
                held,
                declared,
            }),
        }
    }
}

fn joined(before: &str, name: &str) -> String {
    match before {
        "" => name.to_owned(),
        before => format!("{before}.{name}"),
    }
}
