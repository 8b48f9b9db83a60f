//! What is *written* into a cell: a value as text that an import reads back.

use super::{
    convert::{DELIVERIES, Given, Setting, boolean, scope, site},
    country::US,
    dialect::Conversion,
};
use crate::model::{Address, Kind, Secret, SecretOrigin, Value};

/// A value as the text of a cell, which [`read`](super::convert::read) reads back; nothing if no cell can hold it.
pub(super) fn written(
    conversion: Conversion,
    value: &Value,
    setting: Setting<'_>,
) -> Option<String> {
    let text = value.as_text();
    match conversion {
        Conversion::Scope => {
            let name = text?;
            let title = setting.profile.scopes.get(name).map(|scope| &*scope.title);
            let title = title.filter(|title| scope(title, setting) == name);
            (title.is_some() || scope(name, setting) == name)
                .then(|| title.unwrap_or(name).to_owned())
        }
        Conversion::Seconds => match value {
            Value::Integer(rings) => Some((rings * 5).to_string()),
            _ => None,
        },
        Conversion::PhoneNumber => {
            let number = text?;
            let national = number.strip_prefix('+').filter(|digits| {
                let back = setting.country.unwrap_or(US).international(digits);
                digits.starts_with('1') && digits.len() == 11 && back.as_deref() == Some(number)
            });
            Some(national.unwrap_or(number).to_owned())
        }
        Conversion::Transcribe
        | Conversion::DialPlan
        | Conversion::Login
        | Conversion::OneEmail => {
            let text = text?;
            let tenant = setting
                .tenant
                .is_some_and(|tenant| tenant.eq_ignore_ascii_case(text));
            let is_lost = match conversion {
                Conversion::Transcribe => boolean(text).is_some(),
                Conversion::DialPlan => tenant,
                Conversion::Login => text
                    .split_once('@')
                    .is_some_and(|(login, _)| login.bytes().all(|byte| byte.is_ascii_digit())),
                _ => false,
            };
            (!is_lost).then(|| text.to_owned())
        }
        Conversion::Delivery => {
            let known = DELIVERIES
                .iter()
                .find(|(_, delivery)| Some(*delivery) == text);
            known.map(|(word, _)| (*word).to_owned())
        }
        Conversion::DeliveryEnabled => Some(if text? == "none" { "no" } else { "yes" }.to_owned()),
        Conversion::Site => {
            let key = text?;
            let address = Address::new(Kind::Instances, key);
            let title = setting
                .state
                .get(&address)
                .and_then(|one| one.fields.text("title"));
            let is_it = |name: &&str| matches!(site(name, setting), Ok(Given::Site(found, _)) if *found == *key);
            [title, Some(key)]
                .into_iter()
                .flatten()
                .find(is_it)
                .map(str::to_owned)
        }
        Conversion::Field => plain(value),
        Conversion::Key
        | Conversion::Domain
        | Conversion::ModelPart
        | Conversion::Assigned
        | Conversion::Password => None,
    }
}

/// A value as a message shows it.
pub(super) fn shown(value: &Value) -> Option<String> {
    plain(value)
}

/// A value as the text of a cell: lists with semicolons.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(if *value { "yes" } else { "no" }.to_owned()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.to_string()),
        Value::List(list) if !list.is_empty() => {
            let texts = list
                .iter()
                .map(|one| plain(one).filter(|text| !text.contains(';')));
            let texts: Option<Vec<String>> = texts.collect();
            texts.map(|texts| texts.join(";"))
        }
        Value::Null | Value::List(_) | Value::Map(_) | Value::Secret(_) => None,
    }
}

/// The parts of a reference to a secret, each for a column of its own.
pub(super) fn secret_parts(secret: &Secret) -> Vec<(&'static str, Option<String>)> {
    let mut parts = Vec::new();
    match &secret.origin {
        Some(SecretOrigin::Env(name)) => parts.push(("env", Some(name.to_string()))),
        Some(SecretOrigin::File(path)) => parts.push(("file", Some(path.to_string()))),
        Some(SecretOrigin::Command(words)) => {
            let is_plain = words
                .iter()
                .all(|word| !word.contains(';') && !word.is_empty());
            parts.push(("command", is_plain.then(|| words.join(";"))));
        }
        None => return parts,
    }
    if secret.version != 1 {
        parts.push(("version", Some(secret.version.to_string())));
    }
    parts
}
