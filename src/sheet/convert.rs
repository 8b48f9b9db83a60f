//! The *conversions* of cells: from the text of a cell to what it states.

use super::{
    country::{Country, US, digits},
    dialect::{Conversion, Meaning},
    path::{Step, shape_at, steps},
};
use crate::{
    diagnostic::{Rule, did_you_mean},
    model::{
        Kind, Secret, SecretOrigin, Shape, State, Value,
        text::{E164, Format, InstanceKey},
    },
    profile::Profile,
};
use deunicode::deunicode;

/// What the conversion of cells depends on.
#[derive(Clone, Copy)]
pub struct Setting<'s> {
    /// The domain of the account.
    pub tenant: Option<&'s str>,
    /// The country of phone numbers without a plus sign.
    pub country: Option<Country>,
    /// What the portal supports and requires.
    pub profile: &'static Profile,
    /// What is declared.
    pub state: &'s State,
}

/// What a cell states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// The value of a field.
    Value(Value),
    /// The secret of a field.
    Secret(Hidden),
    /// The key of the resource.
    Key(Box<str>),
    /// A number whose calls the person takes.
    Assigned(Box<str>),
    /// An instance, by its key and its title.
    Site(Box<str>, Box<str>),
    /// A part of the name of a model.
    ModelPart(Box<str>),
    /// Nothing that isn't so anyway.
    Nothing,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hidden(pub(super) Box<str>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(crate::sensitive::STARS)
    }
}

/// What a cell states, with what is worth knowing about it.
pub(super) type Read = (Given, Option<String>);

/// What is wrong with a cell.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) rule: Rule,
    pub(super) message: String,
    pub(super) help: String,
}

impl Wrong {
    fn value(message: String, help: impl Into<String>) -> Self {
        Self {
            rule: Rule::InvalidValue,
            message,
            help: help.into(),
        }
    }
}

/// The words of NetSapiens for what is sent when there is a message.
pub(super) const DELIVERIES: &[(&str, &str)] = &[
    ("no", "none"),
    ("yes", "notice"),
    ("attnew", "attach"),
    ("attsave", "attach_save"),
    ("atttrash", "attach_trash"),
    ("brief", "brief"),
    ("briefattnew", "brief_attach"),
    ("briefattsave", "brief_attach_save"),
    ("briefatttrash", "brief_attach_trash"),
];

/// Reads a cell that has text.
pub(super) fn read(
    kind: Kind,
    Meaning { path, conversion }: &Meaning,
    text: &str,
    setting: Setting<'_>,
) -> Result<Read, Wrong> {
    let field = |text: &str| by_shape(kind, path, text);
    let given = match conversion {
        Conversion::Field => field(text)?,
        Conversion::Key => {
            let format = kind.key_format();
            match format.accepts(text) {
                true => Given::Key(text.into()),
                false => return Err(invalid("key", text, format)),
            }
        }
        Conversion::Domain => match setting.tenant {
            Some(tenant) if !tenant.eq_ignore_ascii_case(text) => {
                let message =
                    format!("the domain `{text}` is not the workspace's, which is {tenant}");
                let help = "move the row to a sheet for the workspace of its domain";
                return Err(Wrong::value(message, help));
            }
            _ => Given::Nothing,
        },
        Conversion::Login => match text.split_once('@') {
            Some((login, _)) if !login.is_empty() && login.bytes().all(|b| b.is_ascii_digit()) => {
                Given::Nothing
            }
            _ => field(text)?,
        },
        Conversion::Scope => Given::Value(Value::text(&scope(text, setting))),
        Conversion::Seconds => return seconds(path, text),
        Conversion::PhoneNumber => phone_number(kind, path, text, setting)?,
        Conversion::OneEmail => match text.contains([';', ',']) {
            true => {
                let message = format!("`{path}`: `{text}` is more than one address");
                return Err(Wrong::value(message, "keep one address here"));
            }
            false => field(text)?,
        },
        Conversion::Transcribe => match boolean(text) {
            Some(false) => Given::Nothing,
            Some(true) => {
                let message = format!("`{path}`: `{text}` doesn't say which service transcribes");
                return Err(Wrong::value(
                    message,
                    "write the name of the service, or `no`",
                ));
            }
            None => field(text)?,
        },
        Conversion::Delivery => {
            let known = DELIVERIES
                .iter()
                .find(|(word, _)| word.eq_ignore_ascii_case(text));
            match known {
                Some((_, delivery)) => Given::Value(Value::text(delivery)),
                None => {
                    let words: Vec<&str> = DELIVERIES.iter().map(|(word, _)| *word).collect();
                    let message = format!("`{path}`: `{text}` is not one of {}", words.join(", "));
                    return Err(Wrong::value(message, near(text, words)));
                }
            }
        }
        Conversion::DeliveryEnabled => match boolean(text) {
            Some(true) => Given::Nothing,
            Some(false) => Given::Value(Value::text("none")),
            None => return Err(no_boolean(path, text)),
        },
        Conversion::Site => site(text, setting)?,
        Conversion::DialPlan => match setting.tenant {
            Some(tenant) if tenant.eq_ignore_ascii_case(text) => Given::Nothing,
            _ => field(text)?,
        },
        Conversion::ModelPart => Given::ModelPart(text.into()),
        Conversion::Assigned => match phone_number(Kind::Numbers, "", text, setting)? {
            Given::Value(Value::Text(number)) => Given::Assigned(number),
            other => other,
        },
        Conversion::Password => Given::Secret(Hidden(text.into())),
    };
    Ok((given, None))
}

/// A text that isn't of its format.
fn invalid(field: &str, text: &str, format: &'static Format) -> Wrong {
    let shown: String = text.chars().take(80).collect();
    let message = format!("`{field}`: `{shown}` is not {}", format.what);
    Wrong::value(
        message,
        lost(text, format).unwrap_or_else(|| format.help_for(text)),
    )
}

/// What Excel took away from a number, if it looks like that.
fn lost(text: &str, format: &Format) -> Option<String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match format.name {
        "mac" if is_hexadecimal && (6..12).contains(&text.len()) => Some(format!(
            "a spreadsheet program may have dropped the zeros at the beginning: `'{text:0>12}`; format the column as text"
        )),
        "e164" | "number-key" | "dialed-number" if digits && text.len() >= 7 => Some(format!(
            "write the plus sign and the country code too, such as `'+{text}` for a number that begins with its country code, in a column formatted as text; for numbers without a country, use --country"
        )),
        "extension" if digits && text.len() == 1 => Some(format!(
            "a spreadsheet program may have dropped zeros at the beginning: write `'0{text}`, or format the column as text"
        )),
        _ => None,
    }
}

fn near<'w>(text: &str, words: impl IntoIterator<Item = &'w str>) -> String {
    match did_you_mean(&text.to_lowercase(), words) {
        Some(near) => format!("did you mean `{near}`?"),
        None => Rule::InvalidValue.help().to_owned(),
    }
}

/// A truth value, in the words that people and programs write.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match &*text.to_lowercase() {
        "yes" | "y" | "true" | "1" | "on" | "x" => Some(true),
        "no" | "n" | "false" | "0" | "off" => Some(false),
        _ => None,
    }
}

fn no_boolean(path: &str, text: &str) -> Wrong {
    Wrong::value(
        format!("`{path}`: `{text}` is not yes or no"),
        "write `yes` or `no`",
    )
}

/// Reads a text as the field's type wants it.
fn by_shape(kind: Kind, path: &str, text: &str) -> Result<Given, Wrong> {
    let shape = shape_at(kind.shape(), path);
    if let Some(Shape::Secret) = shape.map(Shape::strict) {
        return match steps(path).last() {
            Some(Step::Name(part)) if ["env", "file", "command", "version"].contains(&&**part) => {
                Ok(Given::Value(Value::text(text)))
            }
            _ => Ok(Given::Secret(Hidden(text.into()))),
        };
    }
    value(shape.map(Shape::strict), path, text).map(Given::Value)
}

fn value(shape: Option<&Shape>, path: &str, text: &str) -> Result<Value, Wrong> {
    match shape {
        Some(Shape::Text(Some(format))) => match format.accepts(text) {
            true => Ok(Value::Text((format.canonical)(text).into())),
            false => Err(invalid(path, text, format)),
        },
        Some(Shape::Choice(words)) => {
            let word = super::dialect::normal(text);
            match words.iter().find(|known| ***known == *word) {
                Some(word) => Ok(Value::text(word)),
                None => {
                    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
                    let message = format!("`{path}`: `{text}` is not one of {}", words.join(", "));
                    Err(Wrong::value(message, near(text, words)))
                }
            }
        }
        Some(Shape::Integer) => text.parse().map(Value::Integer).map_err(|_error| {
            let message = format!("`{path}`: `{text}` is not a whole number");
            Wrong::value(message, "write digits only")
        }),
        Some(Shape::Boolean) => boolean(text)
            .map(Value::Bool)
            .ok_or_else(|| no_boolean(path, text)),
        Some(Shape::List { item, .. }) => {
            let elements = text.split(';').map(str::trim).filter(|one| !one.is_empty());
            let elements = elements.map(|one| value(Some(item.strict()), path, one));
            Ok(Value::List(elements.collect::<Result<Vec<_>, _>>()?.into()))
        }
        _ => Ok(Value::text(text)),
    }
}

/// The name of the scope with a title or a name.
pub(super) fn scope(text: &str, setting: Setting<'_>) -> String {
    let built_in = setting.profile.scopes.iter();
    let titles = built_in.map(|(name, scope)| (name, &*scope.title));
    let declared = setting.state.of_kind(Kind::Scopes);
    let declared =
        declared.filter_map(|(address, one)| Some((&*address.key, one.fields.text("title")?)));
    let mut all = titles.chain(declared);
    let named = all.find(|(_, title)| title.eq_ignore_ascii_case(text));
    named.map_or_else(|| super::dialect::normal(text), |(name, _)| name.to_owned())
}

/// Seconds as rings, of which one takes five.
fn seconds(path: &str, text: &str) -> Result<Read, Wrong> {
    let number = text
        .parse::<i64>()
        .ok()
        .filter(|seconds| (0..=3600).contains(seconds));
    let Some(seconds) = number else {
        let message = format!("`{path}`: `{text}` is not a number of seconds");
        return Err(Wrong::value(
            message,
            "write seconds, such as 20 for four rings",
        ));
    };
    let rings = (seconds / 5).max(1);
    let note = (seconds % 5 != 0 || seconds == 0)
        .then(|| format!("{seconds} seconds become {rings} rings, each of 5 seconds"));
    Ok((Given::Value(Value::Integer(rings)), note))
}

/// A number in E.164: with its plus sign, with the eleven digits of the US, or as people in the country write it.
fn phone_number(kind: Kind, path: &str, text: &str, setting: Setting<'_>) -> Result<Given, Wrong> {
    let shape = shape_at(kind.shape(), path).map(Shape::strict);
    let format = match shape {
        Some(Shape::Text(Some(format))) => format,
        _ => &E164::FORMAT,
    };
    let country = setting.country.or_else(|| {
        // NetSapiens writes eleven digits for numbers of the US.
        let digits = digits(text)?;
        (digits.len() == 11 && digits.starts_with('1')).then_some(US)
    });
    let plus = text
        .strip_prefix('+')
        .and_then(digits)
        .map(|digits| format!("+{digits}"));
    let candidates = [
        Some(text.to_owned()),
        plus,
        country.and_then(|country| country.international(text)),
    ];
    let valid = candidates
        .into_iter()
        .flatten()
        .find(|one| format.accepts(one));
    match valid {
        Some(number) => Ok(Given::Value(Value::Text(number.into()))),
        None => Err(invalid(
            if path.is_empty() { "number" } else { path },
            text,
            format,
        )),
    }
}

/// The instance that a site is: one with this key or this title, or a new one.
pub(super) fn site(text: &str, setting: Setting<'_>) -> Result<Given, Wrong> {
    let key = slug(text);
    let declared = setting.state.of_kind(Kind::Instances);
    let known = declared.into_iter().find(|(address, one)| {
        let title = one.fields.text("title").unwrap_or_default();
        title == text || *address.key == *text
    });
    if let Some((address, _)) = known {
        return Ok(Given::Site(address.key.clone(), text.into()));
    }
    match InstanceKey::FORMAT.accepts(&key) {
        true => Ok(Given::Site(key.into(), text.into())),
        false => Err(invalid("instance", text, &InstanceKey::FORMAT)),
    }
}

/// A name as a key: ASCII letters and digits in lower case, with hyphens between words.
pub(super) fn slug(text: &str) -> String {
    let ascii = deunicode(text).to_ascii_lowercase();
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// A reference to a secret from its parts; nothing if they make none.
pub(super) fn secret_from(
    part: impl Fn(&str) -> Option<String>,
    old: Option<&Secret>,
) -> Option<Secret> {
    let origin = part("env")
        .map(|name| SecretOrigin::Env(name.into()))
        .or_else(|| part("file").map(|path| SecretOrigin::File(path.into())))
        .or_else(|| {
            let words = part("command")?;
            Some(SecretOrigin::Command(
                words.split(';').map(Into::into).collect(),
            ))
        })
        .or_else(|| old?.origin.clone())?;
    let version = match part("version") {
        Some(version) => version.parse().ok()?,
        None => old.map_or(1, |old| old.version),
    };
    Some(Secret {
        origin: Some(origin),
        version,
    })
}
