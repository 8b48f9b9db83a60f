//! The *table* says which attribute of SCIM contains which field of the model. Reading, writing, capabilities
//! and the docs use it.

use crate::{
    model::{Kind, Value as ModelValue},
    portal::{
        FieldMapping,
        rest::doc::{self, Doc},
    },
};
use serde_json::{Map, Value, json};

/// A field of a user and the corresponding attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The field in the model.
    pub(super) field: &'static str,
    /// The schema that defines the attribute.
    pub(super) schema: Schema,
    /// The attribute.
    pub(super) at: &'static str,
    /// The representation.
    pub(super) form: Form,
}

/// The schema that defines an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// The core schema of users.
    User,
    /// The core schema of groups.
    Group,
    /// The extension for telephony, if the portal has one.
    Telephony,
}

/// The representation of a value in SCIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Text.
    Text,
    /// Text that is compared without regard to case.
    LowerCase,
    /// `true` or `false`.
    Flag,
    /// One sub-attribute of the list's entry for work. Other entries are kept.
    Work(&'static str),
    /// Text that can't be read.
    Secret,
    /// Phones by their MAC address.
    Devices,
    /// The user is one of the group's members.
    Member,
}

const fn row(field: &'static str, schema: Schema, at: &'static str, form: Form) -> Row {
    Row {
        field,
        schema,
        at,
        form,
    }
}

/// Every field that SCIM can contain.
pub(super) const ROWS: &[Row] = &[
    row("username", Schema::User, "userName", Form::LowerCase),
    row("first_name", Schema::User, "name.givenName", Form::Text),
    row("last_name", Schema::User, "name.familyName", Form::Text),
    row("alias", Schema::User, "nickName", Form::Text),
    row("title", Schema::User, "title", Form::Text),
    row("email", Schema::User, "emails", Form::Work("value")),
    row("phone", Schema::User, "phoneNumbers", Form::Work("value")),
    row(
        "address",
        Schema::User,
        "addresses",
        Form::Work("formatted"),
    ),
    row("active", Schema::User, "active", Form::Flag),
    row("groups", Schema::Group, "members", Form::Member),
    row("password", Schema::User, "password", Form::Secret),
    row("extension", Schema::Telephony, "extension", Form::Text),
    row("phones", Schema::Telephony, "devices", Form::Devices),
    row(
        "voicemail.pin",
        Schema::Telephony,
        "voicemailPin",
        Form::Secret,
    ),
];

impl Row {
    /// The names of the attribute and of the sub-attribute that it needs.
    pub(super) fn names(self) -> (&'static str, Option<&'static str>) {
        match self.form {
            Form::Work(sub) => (self.at, Some(sub)),
            Form::Devices => (self.at, Some("mac")),
            _ => match self.at.split_once('.') {
                Some((name, sub)) => (name, Some(sub)),
                None => (self.at, None),
            },
        }
    }

    /// The row for the docs.
    pub(super) fn mapping(self) -> FieldMapping {
        FieldMapping {
            kind: Kind::Users,
            field: self.field,
            document: match self.schema {
                Schema::User => "User",
                Schema::Group => "Group",
                Schema::Telephony => "telephony extension",
            },
            portal_field: self.at,
            representation: std::borrow::Cow::Borrowed(match self.form {
                Form::Text => "text",
                Form::LowerCase => "compared without regard to case; the default is the key",
                Form::Flag => "`true` or `false`",
                Form::Work("value") => {
                    "the `value` of the entry of type `work`; other entries are kept"
                }
                Form::Work(_) => "`formatted` of the entry of type `work`; other entries are kept",
                Form::Secret => "write-only",
                Form::Devices => "entries with `mac`, `model` and `name`",
                Form::Member => "the user is one of the members; other members are kept",
            }),
        }
    }

    /// The value in a user's document, in the model's JSON. `telephony` is the URN of the extension.
    pub(super) fn read(self, user: &Doc, telephony: Option<&str>) -> Option<Value> {
        let user = match self.schema {
            Schema::Telephony => user.get(telephony?)?.as_object()?,
            Schema::User | Schema::Group => user,
        };
        let value = doc::at(user, self.at)?;
        match self.form {
            Form::Text | Form::Flag | Form::Devices => Some(value.clone()),
            Form::LowerCase => Some(value.as_str()?.to_lowercase().into()),
            Form::Work(sub) => {
                let entries = value.as_array()?;
                Some(entries[work(entries)?].get(sub)?.clone())
            }
            Form::Secret | Form::Member => None,
        }
    }

    /// Writes a value into a user's document; `None` removes it.
    pub(super) fn write(
        self,
        user: &mut Doc,
        telephony: Option<&str>,
        value: Option<&ModelValue>,
        secret: Option<&str>,
    ) {
        let user = match (self.schema, telephony) {
            (Schema::Telephony, Some(urn)) => {
                let inner = user.entry(urn).or_insert_with(|| Map::new().into());
                let Value::Object(inner) = inner else { return };
                inner
            }
            (Schema::Telephony, None) | (Schema::Group, _) => return,
            (Schema::User, _) => user,
        };
        let text = value.and_then(ModelValue::as_text);
        let old = doc::at(user, self.at).cloned();
        let new = match self.form {
            Form::Text | Form::LowerCase => text.map(Value::from),
            Form::Flag => Some(value.and_then(ModelValue::as_bool).unwrap_or(true).into()),
            Form::Work(sub) => with_work(old, sub, text),
            Form::Secret => secret.map(Value::from),
            Form::Devices => {
                let phones = value.map_or(&[][..], ModelValue::elements);
                with_devices(old.as_ref(), phones)
            }
            Form::Member => return,
        };
        doc::put(user, self.at, new);
    }
}

/// The position of the entry for work: of that type, or else the primary entry without a type.
fn work(entries: &[Value]) -> Option<usize> {
    let has_type = |entry: &Value| {
        let of_type = entry["type"].as_str();
        of_type.is_some_and(|of_type| of_type.eq_ignore_ascii_case("work"))
    };
    let is_untyped = |entry: &Value| entry["type"].as_str().is_none();
    let untyped = || {
        let primary = |entry: &Value| is_untyped(entry) && entry["primary"] == true;
        let primary = entries.iter().position(primary);
        primary.or_else(|| entries.iter().position(is_untyped))
    };
    entries.iter().position(has_type).or_else(untyped)
}

/// A list with another value in its entry for work.
fn with_work(old: Option<Value>, sub: &str, text: Option<&str>) -> Option<Value> {
    let mut entries = match old {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    match (work(&entries), text) {
        (Some(at), Some(text)) => entries[at][sub] = text.into(),
        (None, Some(text)) => entries.push(json!({"type": "work", sub: text})),
        (Some(at), None) => drop(entries.remove(at)),
        (None, None) => {}
    }
    (!entries.is_empty()).then_some(Value::Array(entries))
}

/// The devices of phones. What a device has besides is kept.
fn with_devices(old: Option<&Value>, phones: &[ModelValue]) -> Option<Value> {
    let old = old.and_then(Value::as_array);
    let device = |phone: &ModelValue| {
        let phone = phone.as_map()?;
        let mac = phone.text("mac")?;
        let is_same = |device: &&Value| hex(device["mac"].as_str().unwrap_or_default()) == hex(mac);
        let known = old.and_then(|old| old.iter().find(is_same)?.as_object());
        let mut device = known.cloned().unwrap_or_default();
        for name in ["mac", "model", "name"] {
            doc::put(&mut device, name, phone.text(name).map(Value::from));
        }
        Some(Value::Object(device))
    };
    let devices: Vec<Value> = phones.iter().filter_map(device).collect();
    (!devices.is_empty()).then_some(Value::Array(devices))
}

/// The digits of a MAC address, however they are separated.
fn hex(mac: &str) -> String {
    let digits = mac.chars().filter(char::is_ascii_hexdigit);
    digits.map(|digit| digit.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Form, ROWS, Row, hex, with_devices, with_work};
    use crate::model::{Fields, Name, Value as ModelValue};
    use serde_json::{Value, json};

    fn row(field: &str) -> Row {
        *ROWS.iter().find(|row| row.field == field).unwrap()
    }

    fn read(field: &str, user: Value) -> Option<Value> {
        row(field).read(user.as_object().unwrap(), Some("urn:x"))
    }

    #[test]
    fn the_entry_for_work_is_read() {
        for (emails, found) in [
            (
                json!([{"type": "home", "value": "h"}, {"type": "Work", "value": "w"}]),
                Some("w"),
            ),
            (
                json!([{"value": "a"}, {"value": "p", "primary": true}]),
                Some("p"),
            ),
            (
                json!([{"type": "home", "value": "h"}, {"value": "a"}]),
                Some("a"),
            ),
            (
                json!([{"type": "home", "value": "h", "primary": true}]),
                None,
            ),
            (json!([]), None),
            (json!("a"), None),
        ] {
            let value = read("email", json!({ "emails": emails }));
            assert_eq!(value, found.map(Value::from), "{emails}");
        }
    }

    #[test]
    fn other_entries_of_a_list_are_kept() {
        let home = json!({"type": "home", "value": "h", "primary": true});
        let both = |work: &str| json!([home, {"type": "work", "value": work, "display": "D"}]);
        let changed = with_work(Some(both("a")), "value", Some("b"));
        assert_eq!(changed, Some(both("b")));
        let removed = with_work(Some(both("a")), "value", None);
        assert_eq!(removed, Some(json!([home])));
        let added = with_work(Some(json!([home])), "value", Some("c"));
        assert_eq!(added, Some(json!([home, {"type": "work", "value": "c"}])));
        let only = json!([{"type": "work", "value": "a"}]);
        assert_eq!(with_work(Some(only), "value", None), None);
        assert_eq!(with_work(None, "value", None), None);
    }

    #[test]
    fn attributes_are_read_from_their_schema() {
        let user = json!({"userName": "Ann.Ng", "name": {"givenName": "Ann"}, "active": false,
            "urn:x": {"extension": "1001"}, "extension": "9999"});
        assert_eq!(read("username", user.clone()), Some(json!("ann.ng")));
        assert_eq!(read("first_name", user.clone()), Some(json!("Ann")));
        assert_eq!(read("last_name", user.clone()), None);
        assert_eq!(read("active", user.clone()), Some(json!(false)));
        assert_eq!(read("extension", user.clone()), Some(json!("1001")));
        let user = user.as_object().unwrap();
        assert_eq!(
            row("extension").read(user, None),
            None,
            "there is no extension"
        );
    }

    #[test]
    fn fields_are_written_and_cleared_in_their_schema() {
        let mut user = json!({"active": false, "urn:x": {"voicemailPin": "1"}});
        let user = user.as_object_mut().unwrap();
        let mut write = |field: &str, value: Option<&str>, secret: Option<&str>| {
            let value = value.map(ModelValue::text);
            row(field).write(user, Some("urn:x"), value.as_ref(), secret);
        };
        write("extension", Some("1001"), None);
        write("voicemail.pin", None, Some("0042"));
        write("first_name", Some("Ann"), None);
        write("title", None, None);
        write("active", None, None);
        write("groups", Some("sales"), None);
        let expected = json!({"active": true, "urn:x": {"voicemailPin": "0042", "extension": "1001"},
            "name": {"givenName": "Ann"}});
        assert_eq!(Value::Object(user.clone()), expected);
        row("extension").write(user, Some("urn:x"), None, None);
        assert_eq!(user["urn:x"], json!({"voicemailPin": "0042"}));
    }

    #[test]
    fn a_device_is_known_by_its_mac_address() {
        let phone = |mac: &str, model: Option<&str>| {
            let fields = [("mac", Some(mac)), ("model", model)].into_iter();
            let fields = fields.filter_map(|(name, text)| Some((name, text?)));
            let fields = fields.map(|(name, text)| (Name::from(name), ModelValue::text(text)));
            ModelValue::Map(fields.collect::<Fields>())
        };
        let old = json!([{"mac": "0015-65AA-0001", "model": "t46", "line": 2}, {"mac": "ff"}]);
        let phones = [
            phone("00:15:65:aa:00:01", Some("t54")),
            phone("00:15:65:aa:00:02", None),
        ];
        let expected = json!([{"mac": "00:15:65:aa:00:01", "model": "t54", "line": 2},
            {"mac": "00:15:65:aa:00:02"}]);
        assert_eq!(with_devices(Some(&old), &phones), Some(expected));
        assert_eq!(with_devices(Some(&old), &[]), None);
        assert_eq!(hex("00:15:65:AA:00:01"), "001565aa0001");
    }

    #[test]
    fn no_attribute_contains_two_fields() {
        for (at, row) in ROWS.iter().enumerate() {
            let mut others = ROWS[at + 1..].iter();
            assert!(!others.any(|other| (other.schema, other.at) == (row.schema, row.at)));
            assert!(row.form != Form::Member || row.names() == ("members", None));
        }
    }
}
