//! An *encoding* is values as JSON that can be read back: as plans are printed, saved and journalled.
//! A secret is an object with the one key `$secret`, and holds where the secret is kept, never the secret.

use super::{Fields, Name, Secret, SecretOrigin, Value};
use serde_json::{Map, Value as Json, json};

/// The key of an encoded secret; no field's name begins with a dollar sign.
const SECRET: &str = "$secret";

/// Encodes a value.
#[must_use]
pub fn encode(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => (&**text).into(),
        Value::List(list) => list.iter().map(encode).collect(),
        Value::Map(fields) => encode_fields(fields),
        Value::Secret(secret) => json!({ SECRET: secret }),
    }
}

/// Encodes fields.
#[must_use]
pub fn encode_fields(fields: &Fields) -> Json {
    fields
        .iter()
        .map(|(name, value)| (name.to_string(), encode(value)))
        .collect::<Map<_, _>>()
        .into()
}

/// Reads a value back.
///
/// # Errors
/// What no value can be, in one clause.
pub fn decode(json: &Json) -> Result<Value, String> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            let whole = number.as_i64();
            Value::Integer(whole.ok_or_else(|| format!("{number} is no whole number"))?)
        }
        Json::String(text) => Value::text(text),
        Json::Array(list) => Value::List(list.iter().map(decode).collect::<Result<_, _>>()?),
        Json::Object(entries) => match entries.get(SECRET) {
            Some(secret) => Value::Secret(Box::new(decode_secret(secret))),
            None => Value::Map(decode_fields(json)?),
        },
    })
}

/// Reads fields back.
///
/// # Errors
/// What no fields can be, in one clause.
pub fn decode_fields(json: &Json) -> Result<Fields, String> {
    let entries = json.as_object().ok_or("a resource is no mapping")?;
    entries
        .iter()
        .map(|(name, value)| Ok((Name::from(&**name), decode(value)?)))
        .collect()
}

fn decode_secret(json: &Json) -> Secret {
    let text = |name: &str| json[name].as_str().map(Box::from);
    let command = json["command"].as_array().map(|words| {
        let words = words.iter().filter_map(Json::as_str);
        SecretOrigin::Command(words.map(Into::into).collect())
    });
    let origin = command
        .or_else(|| text("env").map(SecretOrigin::Env))
        .or_else(|| text("file").map(SecretOrigin::File));
    let version = json["version"]
        .as_u64()
        .and_then(|version| u32::try_from(version).ok());
    Secret {
        origin,
        version: version.unwrap_or(0),
    }
}

/// A path as one text: `voicemail.email`; a dot within a name is written `\.`.
#[must_use]
pub fn encode_path(path: &[Name]) -> String {
    let names: Vec<String> = path
        .iter()
        .map(|name| name.replace('\\', "\\\\").replace('.', "\\."))
        .collect();
    names.join(".")
}

/// Reads a path back.
#[must_use]
pub fn decode_path(text: &str) -> Vec<Name> {
    let mut path = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, path.last_mut()) {
            ('\\', Some(name)) => name.extend(chars.next()),
            ('.', _) => path.push(String::new()),
            (c, Some(name)) => name.push(c),
            (_, None) => {}
        }
    }
    path.iter().map(|name| Name::from(&**name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_comes_back_whole() {
        for path in [
            &["voicemail", "email"][..],
            &["commands", "*7.2"],
            &["a\\", ".b"],
        ] {
            let path: Vec<Name> = path.iter().map(|name| Name::from(*name)).collect();
            assert_eq!(decode_path(&encode_path(&path)), path);
        }
    }
}
