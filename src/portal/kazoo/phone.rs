//! A *phone* is a device with a hardware address. Devices without one (soft phones, mobiles) are
//! nobody's to manage here, and stay.

use super::{
    doc::{self, Doc},
    tenant::Known,
};
use crate::model::{Fields, text::Mac, text::PhoneModel};
use serde_json::{Value, json};

/// What the model of a phone is where nothing is provisioned.
const UNKNOWN: &str = "unknown";

/// A device as a phone.
pub(super) fn read(device: &Known) -> Option<Value> {
    let mac = device.text("mac_address")?;
    if !Mac::FORMAT.accepts(mac) {
        return None;
    }
    let name = device
        .text("name")
        .filter(|name| *name != default_name(mac));
    Some(json!({"mac": mac, "model": model(device.doc()), "name": name}))
}

/// Brand, family and model, as one word.
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

/// The twelve digits of a hardware address, as Kazoo keeps them.
pub(super) fn digits(mac: &str) -> String {
    let digits = mac.chars().filter(char::is_ascii_hexdigit);
    digits.map(|c| c.to_ascii_lowercase()).collect()
}

/// The name of a phone that was given none.
fn default_name(mac: &str) -> String {
    digits(mac)
}

/// Writes a phone onto a device, new or not. What is as it should be is left as it is.
pub(super) fn write(device: &mut Doc, phone: &Fields) {
    let mac = phone.text("mac").unwrap_or_default();
    device.insert("mac_address".to_owned(), digits(mac).into());
    let name = phone
        .text("name")
        .map_or_else(|| default_name(mac), str::to_owned);
    device.insert("name".to_owned(), name.into());
    let wanted = phone.text("model").unwrap_or(UNKNOWN);
    if model(device) == wanted {
        return;
    }
    for part in ["endpoint_brand", "endpoint_family", "endpoint_model"] {
        doc::put(device, &format!("provision.{part}"), None);
    }
    let parts: Vec<&str> = wanted.splitn(3, '_').collect();
    let names: &[&str] = match parts.len() {
        _ if wanted == UNKNOWN => &[],
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
        portal::kazoo::tenant::Known,
    };
    use serde_json::json;

    fn phone(model: &str) -> Fields {
        let text = |name: &str, text: &str| (name.into(), Value::text(text));
        [text("mac", "00:15:65:aa:bb:cc"), text("model", model)]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_model_comes_back_as_it_was_written() {
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
            let known = Known {
                summary: device,
                full: None,
            };
            let expected = json!({"mac": "001565aabbcc", "model": word, "name": null});
            assert_eq!(read(&known), Some(expected));
        }
    }

    #[test]
    fn a_model_may_be_a_number_and_a_device_need_not_be_a_phone() {
        let device = json!({"provision": {"endpoint_brand": "polycom", "endpoint_model": 410}});
        assert_eq!(model(device.as_object().unwrap()), "polycom_410");
        assert_eq!(read(&Known::default()), None);
        assert_eq!(digits("00-15-65-AA-BB-CC"), "001565aabbcc");
    }
}
