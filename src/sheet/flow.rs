//! A *flow* is a value in one line of YAML, which every reader reads as the same value.

use crate::model::Value;

/// A value in one line.
pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(list) => {
            let list: Vec<String> = list.iter().map(flow).collect();
            format!("[{}]", list.join(", "))
        }
        Value::Map(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", key(name), flow(value)));
            let fields: Vec<String> = fields.collect();
            match fields.is_empty() {
                true => "{}".to_owned(),
                false => format!("{{ {} }}", fields.join(", ")),
            }
        }
        Value::Secret(secret) => {
            let mut fields = match serde_json::to_value(secret) {
                Ok(serde_json::Value::Object(fields)) => fields,
                _ => serde_json::Map::new(),
            };
            if fields.get("version") == Some(&1.into()) {
                fields.remove("version");
            }
            let value = |value: &serde_json::Value| match value {
                serde_json::Value::String(text) => quoted(text),
                other => other.to_string(),
            };
            let fields = fields
                .iter()
                .map(|(name, one)| format!("{name}: {}", value(one)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A scalar as the old one was written: in the same quotes.
pub(super) fn in_style(old: &str, value: &Value) -> String {
    let Value::Text(text) = value else {
        return flow(value);
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_printable = !text.chars().any(char::is_control);
    if old.starts_with('\'') && is_printable {
        return format!("'{}'", text.replace('\'', "''"));
    }
    if old.starts_with('"') {
        return json(text);
    }
    match is_number(old) && is_number(text) {
        true => text.to_string(),
        false => quoted(text),
    }
}

/// A key of a mapping.
pub(super) fn key(name: &str) -> String {
    quoted(name)
}

/// A text that every reader of YAML reads as a text, in quotes if it needs them.
fn quoted(text: &str) -> String {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | ' ' | '/'))
        && !text.ends_with(' ');
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    match is_word && !words.contains(&&*text.to_ascii_lowercase()) {
        true => text.to_owned(),
        false => json(text),
    }
}

/// A text in double quotes, which YAML reads as JSON does.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
