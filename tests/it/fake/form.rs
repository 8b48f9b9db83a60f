//! A *form* is a body or a query that isn't JSON: fields as percent-encoded text, or as parts.

use serde_json::{Map, Value as Json};

/// Decodes percent-encoded text; a plus sign is a space in a form, and itself in a path.
pub(crate) fn decoded(text: &str, is_form: bool) -> String {
    let text = if is_form {
        &text.replace('+', " ")
    } else {
        text
    };
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let digits = others
            .get(..2)
            .and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        (rest, _) = match byte.filter(|_| *first == b'%') {
            Some(byte) => (&others[2..], bytes.push(byte)),
            None => (others, bytes.push(*first)),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Encodes a segment of a path, so that each name has one spelling.
pub(super) fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~*@:+".contains(&byte);
    text.bytes().fold(String::new(), |text, byte| match byte {
        byte if is_plain(byte) => text + &char::from(byte).to_string(),
        byte => text + &format!("%{byte:02X}"),
    })
}

/// Adds a field; a name with `[]` is an item of a list.
fn add(fields: &mut Map<String, Json>, name: &str, value: String) {
    match name.strip_suffix("[]") {
        None => drop(fields.insert(name.to_owned(), value.into())),
        Some(list) => {
            let items = fields
                .entry(list)
                .or_insert_with(|| Json::Array(Vec::new()));
            if let Json::Array(items) = items {
                items.push(value.into());
            }
        }
    }
}

/// The fields of a query or of a form.
pub(super) fn urlencoded(text: &str) -> Map<String, Json> {
    let mut fields = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        add(&mut fields, &decoded(name, true), decoded(value, true));
    }
    fields
}

/// The fields of a body in parts.
pub(super) fn multipart(media: &str, body: &[u8]) -> Map<String, Json> {
    let text = String::from_utf8_lossy(body);
    let boundary = media.split("boundary=").nth(1).unwrap_or_default();
    let boundary = format!("--{}", boundary.trim_matches('"'));
    let mut fields = Map::new();
    for part in text.split(&boundary) {
        let parsed = part.split_once("\r\n\r\n").and_then(|(head, value)| {
            let name = head.split("name=\"").nth(1)?.split('"').next()?;
            Some((name, value.strip_suffix("\r\n").unwrap_or(value)))
        });
        if let Some((name, value)) = parsed {
            add(&mut fields, name, value.to_owned());
        }
    }
    fields
}
