//! Values in *words*, as plans, lists and pages show them.

use crate::model::Value;

/// A value as text, on one line unless it contains line breaks. It can't contain secrets: the model has none.
#[must_use]
pub fn value_in_words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Text(text)) if text.is_empty() => "(empty)".to_owned(),
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Secret(secret)) => format!("(secret, version {})", secret.version),
        Some(Value::List(list)) => {
            let list: Vec<String> = list.iter().map(|one| value_in_words(Some(one))).collect();
            format!("[{}]", list.join(", "))
        }
        Some(Value::Map(fields)) => {
            let entries: Vec<String> = fields
                .iter()
                .map(|(name, one)| format!("{name}: {}", value_in_words(Some(one))))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
