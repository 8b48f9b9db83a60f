//! A *phone* is a device with a MAC address. Devices without one (soft phones, mobiles) aren't managed, and
//! are kept.

use super::super::rest::{Doc, Entry, doc};
use crate::model::{Fields, text::Mac, text::PhoneModel};
use serde_json::{Value, json};

/// The model of a phone without provisioning.
const UNKNOWN: &str = "unknown";

/// Converts a device to a phone; `None` without a valid MAC address.
pub(super) fn read(device: &Entry) -> Option<Value> {
    let mac = device.text("mac_address")?;
    if !Mac::FORMAT.accepts(mac) {
        return None;
    }
    let name = device
        .text("name")
        .filter(|name| *name != default_name(mac));
    Some(json!({"mac": mac, "model": model(device.doc()), "name": name}))
}

/// The brand, family and model, joined with underscores.
fn model(device: &Doc) -> String {
    let part = |name: &str| match doc::at(device, &format!("provision.{name}")) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let parts = ["endpoint_brand", "endpoint_family", "endpoint_model"];
    let parts: Vec<String> = parts.into_iter().filter_map(part).collect();
    let word: String = parts
        .join("_")
        .chars()
        .map(|c| {
            if PhoneModel::FORMAT.accepts(&format!("a{c}")) {
                c
            } else {
                '-'
            }
        })
        .collect();
    if PhoneModel::FORMAT.accepts(&word) {
        word
    } else {
        UNKNOWN.to_owned()
    }
}

/// The twelve digits of a MAC address, as in Kazoo.
pub(super) fn digits(mac: &str) -> String {
    let digits = mac.chars().filter(char::is_ascii_hexdigit);
    digits.map(|c| c.to_ascii_lowercase()).collect()
}

/// The default name of a phone.
fn default_name(mac: &str) -> String {
    digits(mac)
}

/// Writes the fields of a phone to a new or existing device. Correct fields aren't changed.
pub(super) fn write(device: &mut Doc, phone: &Fields) {
    let mac = phone.text("mac").unwrap_or_default();
    device.insert("mac_address".to_owned(), digits(mac).into());
    let name = phone
        .text("name")
        .map_or_else(|| default_name(mac), str::to_owned);
    device.insert("name".to_owned(), name.into());
    let target = phone.text("model").unwrap_or(UNKNOWN);
    if model(device) == target {
        return;
    }
    for part in ["endpoint_brand", "endpoint_family", "endpoint_model"] {
        doc::put(device, &format!("provision.{part}"), None);
    }
    let parts: Vec<&str> = target.splitn(3, '_').collect();
    let names: &[&str] = match parts.len() {
        _ if target == UNKNOWN => &[],
        1 => &["endpoint_model"],
        2 => &["endpoint_brand", "endpoint_model"],
        _ => &["endpoint_brand", "endpoint_family", "endpoint_model"],
    };
    for (name, part) in names.iter().zip(parts) {
        doc::put(device, &format!("provision.{name}"), Some(part.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::{Doc, digits, model, read, write};
    use crate::{
        model::{Fields, Value},
        portal::rest::Entry,
    };
    use serde_json::json;

    fn phone(model: &str) -> Fields {
        let text = |name: &str, text: &str| (name.into(), Value::text(text));
        [text("mac", "00:15:65:aa:bb:cc"), text("model", model)]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_model_is_read_back_as_written() {
        for word in [
            "yealink_t5x_t54w",
            "polycom_vvx",
            "t42s",
            "a_b_c_d",
            "unknown",
        ] {
            let mut device = Doc::new();
            write(&mut device, &phone(word));
            assert_eq!(model(&device), word);
            let entry = Entry {
                summary: device,
                document: None,
            };
            let expected = json!({"mac": "001565aabbcc", "model": word, "name": null});
            assert_eq!(read(&entry), Some(expected));
        }
    }

    #[test]
    fn a_model_can_be_a_number_and_a_device_without_mac_is_no_phone() {
        let device = json!({"provision": {"endpoint_brand": "polycom", "endpoint_model": 410}});
        assert_eq!(model(device.as_object().unwrap()), "polycom_410");
        assert_eq!(read(&Entry::default()), None);
        assert_eq!(digits("00-15-65-AA-BB-CC"), "001565aabbcc");
    }
}
