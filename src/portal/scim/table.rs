//! The *table* of the model's fields and the corresponding attributes of SCIM. The attributes of the extension
//! for telephony are in the object `telephony`, whatever its URN.

use super::dialect::Resource as Collection;
use crate::{
    model::Value as ModelValue,
    portal::rest::{
        Codec::{Derived, Flag, LowerCase, OfType, Secret, Text},
        Row, Table,
        codec::Names,
        doc,
        table::rows,
    },
};
use serde_json::Value;

/// The name of the extension for telephony in documents.
pub(super) const TELEPHONY: &str = "telephony";
const WRITE_ONLY: &str = "write-only; the record of what was applied remembers its version";

/// Every field that SCIM can contain.
pub(super) static TABLE: Table<Collection> = Table::new(rows! {
    Users {
        "username" list Users "userName" LowerCase;
        "first_name" list Users "name.givenName" Text;
        "last_name" list Users "name.familyName" Text;
        "alias" list Users "nickName" Text;
        "title" list Users "title" Text;
        "email" list Users "emails" OfType("work", "value");
        "phone" list Users "phoneNumbers" OfType("work", "value");
        "address" list Users "addresses" OfType("work", "formatted");
        "active" list Users "active" Flag;
        "groups" list Groups "members" Derived("the user is one of the members; other members are kept");
        "password" list Users "password" Secret(WRITE_ONLY);
        "extension" list Users "telephony.extension" Text;
        "phones" list Users "telephony.devices" Derived("entries with `mac`, `model` and `name`; what an entry has besides is kept");
        "voicemail.pin" list Users "telephony.voicemailPin" Secret(WRITE_ONLY);
    }
});

/// The attribute that a row needs, without the extension, and its sub-attribute.
pub(super) fn attribute(row: &Row<Collection>) -> (&'static str, Option<&'static str>) {
    let at = row.at.strip_prefix("telephony.").unwrap_or(row.at);
    match (row.codec, at.split_once('.')) {
        (OfType(_, field), _) => (at, Some(field)),
        (Derived(_), _) if row.field == "phones" => (at, Some("mac")),
        (_, Some((name, sub))) => (name, Some(sub)),
        (_, None) => (at, None),
    }
}

/// No field of SCIM contains the ID of a user.
impl Names for () {
    fn user_key(&self, _: &str) -> Option<&str> {
        None
    }
}

/// The devices of phones. What a device has besides is kept.
pub(super) fn with_devices(old: Option<&Value>, phones: &[ModelValue]) -> Option<Value> {
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
    use super::{hex, with_devices};
    use crate::model::{Fields, Name, Value as ModelValue};
    use serde_json::json;

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
}
