//! The plan engine by itself: a workspace and a portal that hold the same, then one of them changes.

mod capability;
mod field;
mod in_use;
mod law;
mod live;
mod name;
mod operation;
mod order;
mod swap;
mod taken;

use callsheet::{
    config::{Config, PortalConfig, PortalKind},
    model::{
        Address, Capabilities, Fields, Kind, Listing, Live, LiveObject, Resource, State, Value,
    },
    plan::{Inputs, Past, Plan, plan},
    portal,
};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// A workspace, its configuration, and a portal.
struct World {
    state: State,
    config: Json,
    capabilities: Capabilities,
    live: Live,
}

/// Three people, a queue, and what they refer to.
fn office() -> World {
    office_on(portal::capabilities(&PortalConfig::new(
        PortalKind::Sandbox,
    )))
}

/// The office on a portal that isn't quite the sandbox.
fn office_on(capabilities: Capabilities) -> World {
    let mut world = World {
        state: State::default(),
        config: json!({"portal": {"kind": "sandbox"}}),
        capabilities,
        live: Live::default(),
    };
    world
        .declare("scopes/lead", json!({"extends": "call_center_agent"}))
        .declare("groups/sales", json!({"title": "Sales"}))
        .declare(
            "users/alice",
            json!({"first_name": "Alice", "last_name": "Ng", "email": "alice@acme.example",
                "extension": "1001", "scope": "lead", "groups": ["sales"],
                "phones": [{"mac": "001565aabb01", "model": "t54"}],
                "password": {"version": 1}}),
        )
        .declare(
            "users/bob",
            json!({"first_name": "Bob", "last_name": "Orr", "email": "bob@acme.example",
                "extension": "1002", "phones": [{"mac": "001565aabb02", "model": "t54"}]}),
        )
        .declare(
            "users/carol",
            json!({"first_name": "Carol", "last_name": "Poe", "email": "carol@acme.example",
                "extension": "1003"}),
        )
        .declare(
            "extensions/2000",
            json!({"kind": "call_queue", "name": "Sales", "agents": ["alice"]}),
        );
    world.live = live_of(&world.state, &world.capabilities);
    world
}

/// The portal that holds what a workspace declares.
fn live_of(state: &State, capabilities: &Capabilities) -> Live {
    let mut live = Live::default();
    for kind in Kind::ALL {
        live.listings.insert(kind, Listing::default());
    }
    for (address, resource) in &state.resources {
        let key = capabilities.portal_key(address, &resource.fields);
        let mut fields = address
            .kind
            .shape()
            .with_references(&resource.fields, &|kinds, text| {
                let users = state.get(&Address::new(Kind::Users, text));
                let user = users.filter(|_| kinds.contains(&Kind::Users))?;
                let address = Address::new(Kind::Users, text);
                Some(capabilities.portal_key(&address, &user.fields).into())
            });
        for (field, default) in capabilities.defaults(address.kind) {
            if fields.get(field).is_none() {
                fields.set((*field).into(), default.clone());
            }
        }
        put(&mut live, address.kind, key, fields);
    }
    live
}

fn put(live: &mut Live, kind: Kind, key: &str, fields: Fields) {
    let object = LiveObject {
        id: format!("id-{key}").into(),
        etag: Some("\"1\"".into()),
        fields: kind.shape().without_defaults(fields),
        ..LiveObject::default()
    };
    let listing = live.listings.get_mut(&kind).unwrap();
    listing.objects.insert(key.into(), object);
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

impl World {
    /// Declares a resource; a null at its top stays one.
    fn declare(&mut self, at: &str, fields: Json) -> &mut Self {
        let address = address(at);
        let mut read = address.kind.shape().read(&fields).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            if value.is_null() {
                read.set(name.as_str().into(), Value::Null);
            }
        }
        if address.kind == Kind::Users && read.get("username").is_none() {
            read.set("username".into(), Value::text(&address.key));
        }
        let resource = Resource {
            fields: read,
            ..Resource::default()
        };
        self.state.resources.insert(address, resource);
        self
    }

    /// Changes what is declared of a resource.
    fn amend(&mut self, at: &str, fields: Json) -> &mut Self {
        let address = address(at);
        let shape = address.kind.shape();
        let read = shape.read(&fields).unwrap();
        let known = self.state.resources.get_mut(&address).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            let value = if value.is_null() {
                Value::Null
            } else {
                read.get(name).unwrap().clone()
            };
            known.fields.set(name.as_str().into(), value);
        }
        self
    }

    /// Declares a field no more.
    fn release(&mut self, at: &str, field: &str) -> &mut Self {
        let known = self.state.resources.get_mut(&address(at)).unwrap();
        known.fields.take(field).unwrap();
        self
    }

    /// Somebody edits the portal.
    fn edit(&mut self, at: &str, fields: Json) -> &mut Self {
        let Address { kind, key } = address(at);
        let read = kind.shape().read(&fields).unwrap();
        let listing = self.live.listings.get_mut(&kind).unwrap();
        let object = listing.objects.get_mut(&key).unwrap();
        let mut held = object.fields.clone();
        for (name, _) in fields.as_object().unwrap() {
            held.take(name);
        }
        held.extend_with(read);
        object.fields = kind.shape().without_defaults(held);
        self
    }

    /// The portal holds what nobody declares.
    fn foreign(&mut self, at: &str, fields: Json) -> &mut Self {
        let Address { kind, key } = address(at);
        let mut read = kind.shape().read(&fields).unwrap();
        if kind == Kind::Users {
            read.set("username".into(), Value::text(&key));
        }
        put(&mut self.live, kind, &key, read);
        self
    }

    /// A resource that is the portal's no more.
    fn lose(&mut self, at: &str) -> &mut Self {
        let Address { kind, key } = address(at);
        let listing = self.live.listings.get_mut(&kind).unwrap();
        listing.objects.remove(&key).unwrap();
        self
    }

    fn configure(&mut self, name: &str, value: Json) -> &mut Self {
        self.config[name] = value;
        self
    }

    fn plan(&self) -> Plan {
        self.plan_with(Past::default())
    }

    /// The plan where `applied` is what was applied last.
    fn plan_after(&self, applied: &State) -> Plan {
        self.plan_with(Past {
            applied: Some(applied),
            base: Some(applied),
            ..Past::default()
        })
    }

    fn plan_with(&self, past: Past<'_>) -> Plan {
        let config: Config = serde_json::from_value(self.config.clone()).unwrap();
        plan(Inputs {
            desired: &self.state,
            config: &config,
            capabilities: &self.capabilities,
            live: &self.live,
            today: jiff::civil::date(2026, 8, 22),
            past,
            filter: callsheet::plan::Filter::default(),
        })
    }

    /// The plan, a line an operation, a field or a finding.
    fn shown(&self) -> String {
        show(&self.plan())
    }
}

trait Extend {
    fn extend_with(&mut self, other: Fields);
}

impl Extend for Fields {
    fn extend_with(&mut self, other: Fields) {
        for (name, value) in other {
            self.set(name, value);
        }
    }
}

fn show(plan: &Plan) -> String {
    let mut text = String::new();
    let json = |value: &Option<Value>| {
        let value = value.as_ref();
        value.map_or_else(|| "-".to_owned(), |v| serde_json::to_string(v).unwrap())
    };
    for (at, operation) in plan.operations.iter().enumerate() {
        let action = serde_json::to_value(operation.action).unwrap();
        let action = action.as_str().unwrap();
        write!(text, "{at} {action} {}", operation.address).unwrap();
        if operation.is_release {
            text.push_str(" to make way");
        }
        if let Some(object) = &operation.object
            && *object.key != *operation.address.key
        {
            write!(text, " (now {})", object.key).unwrap();
        }
        if !operation.after.is_empty() {
            let after: Vec<String> = operation.after.iter().map(ToString::to_string).collect();
            write!(text, " after [{}]", after.join(", ")).unwrap();
        }
        text.push('\n');
        for change in &operation.changes {
            let path = change.path.join(".");
            let (before, after) = (json(&change.before), json(&change.after));
            writeln!(text, "    {path}: {before} → {after}").unwrap();
        }
    }
    for finding in &plan.findings {
        let level = serde_json::to_value(finding.level).unwrap();
        let (level, rule) = (level.as_str().unwrap(), finding.rule);
        writeln!(text, "{level} {rule}: {}", finding.message).unwrap();
        if let Some(because) = &finding.waived {
            writeln!(text, "    waived: {because}").unwrap();
        }
    }
    for (kind, count) in &plan.unmanaged {
        writeln!(text, "{count} {kind} not managed").unwrap();
    }
    text
}
