//! A *codec* says how a value of the model is represented in a document.

use super::{
    super::Error,
    doc::{self, Doc},
};
use crate::model::Value as ModelValue;
use serde_json::{Value, json};
use std::borrow::Cow;

/// How a value of the model is represented in a document.
#[derive(Clone, Copy, Debug)]
pub enum Codec {
    /// Text.
    Text,
    /// Text that the portal compares without regard to case.
    LowerCase,
    /// `true` or `false`.
    Flag,
    /// `yes` or `no`, and words that begin with one of them.
    YesNo,
    /// Text, and the word that stands for none.
    Or(&'static str),
    /// A phone number without its `+`, and the word that stands for none. A short number, which begins with
    /// none, is unchanged.
    Digits(&'static str),
    /// A list of such numbers.
    DigitsList,
    /// A list of such numbers, each in a field of its own.
    DigitsIn(&'static [&'static str]),
    /// Words, the last of which is in the last of several fields, and the others in the first.
    WordsIn(&'static [&'static str]),
    /// A text in the model, the first item of a text of items with separators on the portal. Other items are
    /// kept.
    FirstOf(char),
    /// A whole number.
    Integer,
    /// A whole number, multiplied.
    Scaled(i64),
    /// A whole number, divided.
    Divided(i64),
    /// One of several words: the model's and the portal's. The first one is the default.
    Choice(&'static [(&'static str, &'static str)]),
    /// A list with at most one element in the model, a single text on the portal.
    Single,
    /// A text in the model, the first element of a list on the portal. Other elements are kept.
    First,
    /// The same, where the elements are objects: the field that contains the text, and the `types` of a new
    /// element.
    FirstField(&'static str, &'static [&'static str]),
    /// The same, of the entry of a type, or else the first one without a type: the type, and the field that
    /// contains the text. Other entries and fields are kept.
    OfType(&'static str, &'static str),
    /// A list of texts.
    List,
    /// A list of texts in the model, one text with commas on the portal.
    Joined,
    /// A list of objects in both: the field that an element is known by, whatever separates its characters,
    /// and all fields of the model. What an element contains besides is kept.
    Elements(&'static str, &'static [&'static str]),
    /// The ID of a user.
    User,
    /// A secret, which is never read. The text says where its version is stored.
    Secret(&'static str),
    /// A secret that the portal shows, as the function says; it is compared, and never kept. The text says
    /// how it is shown.
    Readable(fn(&str) -> String, &'static str),
    /// Something that code reads and writes, described by the text.
    Derived(&'static str),
}

/// The keys and IDs of the objects to which a field can refer.
pub trait Names {
    /// The key of the user with an ID.
    fn user_key(&self, id: &str) -> Option<&str>;
}

/// A portal whose fields don't contain the IDs of users.
impl Names for () {
    fn user_key(&self, _: &str) -> Option<&str> {
        None
    }
}

impl Codec {
    /// Reads the field; `None` if it is absent or has the wrong type.
    pub(super) fn read(self, doc: &Doc, at: &str, names: &dyn Names) -> Option<Value> {
        let there = doc::at(doc, at);
        if let Self::Choice(words) = self {
            let Some(there) = there.and_then(Value::as_str).map(str::trim) else {
                return Some(words.first()?.0.into());
            };
            let known = words.iter().find(|(_, word)| *word == there);
            return Some(known.map_or(there, |(ours, _)| *ours).into());
        }
        let in_fields = |fields: &[&str]| {
            let texts = fields.iter().filter_map(|field| doc::text(doc, field));
            texts
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        match self {
            Self::DigitsIn(fields) => {
                let numbers = in_fields(fields);
                return Some(numbers.iter().map(|digits| with_plus(digits)).collect());
            }
            Self::WordsIn(fields) => {
                let words = in_fields(fields).join(" ");
                return (!words.is_empty()).then(|| words.into());
            }
            _ => {}
        }
        let there = there?;
        match self {
            Self::Text => there.is_string().then(|| there.clone()),
            Self::LowerCase => there.as_str().map(|text| text.to_lowercase().into()),
            Self::OfType(of_type, field) => {
                let entries = there.as_array()?;
                let text = entries[position(entries, of_type)?].get(field)?.as_str();
                text.map(Value::from)
            }
            Self::Flag => there.is_boolean().then(|| there.clone()),
            Self::Integer => there.as_i64().map(Value::from),
            Self::YesNo => there.as_str().map(|word| word.starts_with("yes").into()),
            Self::Or(none) => there.as_str().filter(|text| *text != none).map(Value::from),
            Self::Digits(none) => {
                let digits = there.as_str().filter(|digits| *digits != none);
                digits.map(|digits| with_plus(digits).into())
            }
            Self::DigitsList => {
                let all = there.as_array()?.iter();
                Some(
                    all.map(|one| with_plus(one.to_string().trim_matches('"')))
                        .collect(),
                )
            }
            Self::FirstOf(separator) => {
                let first = there.as_str()?.split(separator).next()?.trim();
                (!first.is_empty()).then(|| first.into())
            }
            Self::Scaled(by) => there.as_i64().map(|number| (number / by).into()),
            Self::Divided(by) => there.as_i64()?.checked_mul(by).map(Value::from),
            Self::Single => there.as_str().map(|text| json!([text])),
            Self::First => there.get(0)?.as_str().map(Value::from),
            Self::FirstField(field, _) => there.get(0)?.get(field)?.as_str().map(Value::from),
            Self::Elements(..) => Some(there.clone()),
            Self::Joined => {
                let texts = there.as_str()?.split([',', ';', ' ']);
                Some(texts.filter(|text| !text.is_empty()).collect())
            }
            Self::List if there.is_string() => Some(json!([there])),
            Self::List => there.is_array().then(|| there.clone()),
            Self::User => names.user_key(there.as_str()?).map(Value::from),
            Self::Choice(_)
            | Self::DigitsIn(_)
            | Self::WordsIn(_)
            | Self::Secret(_)
            | Self::Readable(..)
            | Self::Derived(_) => None,
        }
    }

    /// Writes a value to a document; `None` removes it. `id_of` resolves the key of a user.
    pub(super) fn write(
        self,
        doc: &mut Doc,
        at: &str,
        value: Option<&ModelValue>,
        id_of: impl Fn(&str) -> Result<String, Error>,
    ) -> Result<(), Error> {
        let value = value.filter(|value| **value != ModelValue::Null);
        let first = || value?.elements().first()?.as_text();
        let text = value.and_then(ModelValue::as_text);
        let there = match self {
            Self::Text | Self::LowerCase | Self::Flag | Self::Integer => value.and_then(scalar),
            Self::OfType(of_type, field) => {
                let old = doc::at(doc, at).and_then(Value::as_array);
                with_entry(old.cloned().unwrap_or_default(), (of_type, field), text)
            }
            Self::YesNo => match value {
                Some(ModelValue::Bool(flag)) => Some(if *flag { "yes" } else { "no" }.into()),
                _ => None,
            },
            Self::Or(none) => Some(text.unwrap_or(none).into()),
            Self::Digits(none) => Some(text.map_or(none, without_plus).into()),
            Self::DigitsList => {
                let all = value.map_or(&[][..], ModelValue::elements).iter();
                Some(
                    all.filter_map(ModelValue::as_text)
                        .map(without_plus)
                        .collect(),
                )
            }
            Self::FirstOf(separator) => {
                let old = doc::text(doc, at).unwrap_or_default();
                let others = old.split(separator).skip(1).map(str::trim);
                let items = text.map(|text| std::iter::once(text).chain(others));
                let items: Vec<&str> = items.into_iter().flatten().collect();
                Some(items.join(&separator.to_string()).into())
            }
            Self::Scaled(by) => match value {
                Some(ModelValue::Integer(number)) => Some((number * by).into()),
                _ => None,
            },
            Self::Divided(by) => match value {
                Some(ModelValue::Integer(number)) => Some((number / by).into()),
                _ => None,
            },
            Self::Choice(words) => {
                let known = words.iter().find(|(ours, _)| Some(*ours) == text);
                let default = words.first().map(|(_, word)| *word);
                known
                    .map(|(_, word)| *word)
                    .or(text)
                    .or(default)
                    .map(Value::from)
            }
            Self::Single => first().map(Value::from),
            Self::First => {
                set_first(doc, at, text.map(Value::from));
                return Ok(());
            }
            Self::DigitsIn(fields) => {
                let all = value.map_or(&[][..], ModelValue::elements).iter();
                let mut numbers = all.filter_map(ModelValue::as_text).map(without_plus);
                for field in fields {
                    doc::set(doc, field, numbers.next().unwrap_or_default());
                }
                return Ok(());
            }
            Self::WordsIn(fields) => {
                let text = text.unwrap_or_default();
                let (first, last) = text.rsplit_once(' ').unwrap_or((text, ""));
                for (at, field) in fields.iter().enumerate() {
                    let is_last = at + 1 == fields.len();
                    let words = if at == 0 {
                        first
                    } else if is_last {
                        last
                    } else {
                        ""
                    };
                    doc::set(doc, field, words);
                }
                return Ok(());
            }
            Self::FirstField(field, types) => {
                let element = text.map(|text| json!({field: text, "types": types}));
                set_first(doc, at, element);
                return Ok(());
            }
            Self::Joined => {
                let all = value.map_or(&[][..], ModelValue::elements).iter();
                let texts: Vec<&str> = all.filter_map(ModelValue::as_text).collect();
                Some(texts.join(",").into())
            }
            Self::List => {
                let all = value.map_or(&[][..], ModelValue::elements).iter();
                Some(all.filter_map(ModelValue::as_text).collect())
            }
            Self::Elements(key, fields) => {
                let elements = value.map_or(&[][..], ModelValue::elements);
                with_elements(doc::list(doc, at), elements, key, fields)
            }
            Self::User => text.map(id_of).transpose()?.map(Value::from),
            Self::Secret(_) | Self::Readable(..) | Self::Derived(_) => return Ok(()),
        };
        doc::put(doc, at, there);
        Ok(())
    }

    /// A value in the type that the codec reads: portals show numbers as texts, and texts of digits as numbers.
    fn typed(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Integer | Self::Scaled(_) | Self::Divided(_), Value::String(text)) => {
                text.parse::<i64>().ok().map(Value::from)
            }
            (
                Self::Text | Self::LowerCase | Self::Or(_) | Self::Digits(_) | Self::Readable(..),
                Value::Number(number),
            ) => Some(number.to_string().into()),
            _ => None,
        }
    }

    /// Converts the field to the type that the codec reads, if it has another one.
    pub(super) fn retype(self, doc: &mut Doc, at: &str) {
        if let Some(typed) = doc::at(doc, at).and_then(|value| self.typed(value)) {
            doc::put(doc, at, Some(typed));
        }
    }

    /// The fields that it uses besides the one of its row.
    pub(super) const fn further_fields(self) -> &'static [&'static str] {
        match self {
            Self::DigitsIn(fields) | Self::WordsIn(fields) => fields,
            _ => &[],
        }
    }

    /// Whether the codec reads and writes the value, rather than code.
    pub(super) const fn is_plain(self) -> bool {
        !matches!(
            self,
            Self::Secret(_) | Self::Readable(..) | Self::Derived(_)
        )
    }

    /// The representation in the docs.
    pub(super) fn representation(self) -> Cow<'static, str> {
        match self {
            Self::Text | Self::Flag | Self::Integer => "unchanged".into(),
            Self::LowerCase => "compared without regard to case".into(),
            Self::OfType(of_type, field) => {
                format!("`{field}` of the entry of type `{of_type}`; other entries are kept").into()
            }
            Self::YesNo => "`yes` or `no`".into(),
            Self::Or(none) => format!("unchanged, or `{none}`").into(),
            Self::Digits("") => "without the `+`".into(),
            Self::Digits(none) => format!("without the `+`, or `{none}`").into(),
            Self::DigitsList => "a list, each without the `+`".into(),
            Self::DigitsIn(fields) => format!("without the `+`, in {}", listed(fields)).into(),
            Self::WordsIn(fields) => {
                let last = fields.last().copied().unwrap_or_default();
                format!("the last word in `{last}`").into()
            }
            Self::FirstOf(separator) => {
                format!("the first item before `{separator}`; other items are kept").into()
            }
            Self::Scaled(1000) => "in thousandths".into(),
            Self::Divided(60) => "in minutes".into(),
            Self::Divided(by) => format!("divided by {by}").into(),
            Self::Scaled(by) => format!("times {by}").into(),
            Self::Choice(words) => {
                let words = words.iter().map(|(ours, word)| match ours == word {
                    true => format!("`{ours}`"),
                    false => format!("`{ours}` is `{word}`"),
                });
                words.collect::<Vec<_>>().join(" or ").into()
            }
            Self::Single => "one item".into(),
            Self::First | Self::FirstField(..) => {
                "the first item of the list; other items are kept".into()
            }
            Self::List => "a list".into(),
            Self::Joined => "separated by commas".into(),
            Self::Elements(_, fields) => {
                let fields = listed(fields);
                format!("entries with {fields}; what an entry has besides is kept").into()
            }
            Self::User => "the ID of the user".into(),
            Self::Secret(note) | Self::Readable(_, note) | Self::Derived(note) => note.into(),
        }
    }
}

/// A phone number with a `+`, unless it is too short to begin with a country code.
pub fn with_plus(digits: &str) -> String {
    let is_long = digits.len() > 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let plus = if is_long { "+" } else { "" };
    format!("{plus}{digits}")
}

/// The names of fields in a sentence.
fn listed(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    let (last, others) = fields.split_last().expect("there are fields");
    format!("{} and {last}", others.join(", "))
}

/// A phone number without its `+`.
pub fn without_plus(number: &str) -> &str {
    number.trim_start_matches('+')
}

fn scalar(value: &ModelValue) -> Option<Value> {
    match value {
        ModelValue::Text(text) => Some((**text).into()),
        ModelValue::Bool(flag) => Some((*flag).into()),
        ModelValue::Integer(number) => Some((*number).into()),
        ModelValue::Null | ModelValue::List(_) | ModelValue::Map(_) | ModelValue::Secret(_) => None,
    }
}

/// The position of the entry of a type, or else of the primary or first entry without a type.
fn position(entries: &[Value], of_type: &str) -> Option<usize> {
    let type_of = |entry: &Value| entry["type"].as_str().map(str::to_lowercase);
    let is_untyped = |entry: &&Value| type_of(entry).is_none();
    let find = |is_it: &dyn Fn(&Value) -> bool| entries.iter().position(is_it);
    find(&|entry| type_of(entry).as_deref() == Some(of_type))
        .or_else(|| find(&|entry| is_untyped(&entry) && entry["primary"] == true))
        .or_else(|| find(&|entry| is_untyped(&entry)))
}

/// A list with another text in its entry of a type; `None` if it becomes empty.
fn with_entry(
    mut entries: Vec<Value>,
    (of_type, field): (&str, &str),
    text: Option<&str>,
) -> Option<Value> {
    match (position(&entries, of_type), text) {
        (Some(at), Some(text)) => entries[at][field] = text.into(),
        (None, Some(text)) => entries.push(json!({"type": of_type, field: text})),
        (Some(at), None) => drop(entries.remove(at)),
        (None, None) => {}
    }
    (!entries.is_empty()).then_some(Value::Array(entries))
}

/// The elements of a list with their fields replaced; `None` if there are none.
fn with_elements(
    old: &[Value],
    elements: &[ModelValue],
    key: &str,
    fields: &[&str],
) -> Option<Value> {
    let own = |text: &str| -> String {
        let kept = text.chars().filter(char::is_ascii_alphanumeric);
        kept.map(|c| c.to_ascii_lowercase()).collect()
    };
    let element = |element: &ModelValue| {
        let element = element.as_map()?;
        let name = own(element.text(key)?);
        let is_same = |old: &&Value| old[key].as_str().is_some_and(|old| own(old) == name);
        let known = old.iter().find(is_same).and_then(Value::as_object);
        let mut new = known.cloned().unwrap_or_default();
        for field in fields {
            doc::put(&mut new, field, element.text(field).map(Value::from));
        }
        Some(Value::Object(new))
    };
    let elements: Vec<Value> = elements.iter().filter_map(element).collect();
    (!elements.is_empty()).then_some(Value::Array(elements))
}

/// Replaces the first item of a list and keeps the others. `None` clears the list.
pub fn set_first(doc: &mut Doc, path: &str, first: Option<Value>) {
    let list = doc::at(doc, path).and_then(Value::as_array).cloned();
    let mut list = list.unwrap_or_default();
    match (first, list.is_empty()) {
        // Other fields of the item, such as its types, are kept.
        (Some(first), false) => match (&mut list[0], first) {
            (Value::Object(old), Value::Object(new)) => {
                for (name, value) in new {
                    if name != "types" || !old.contains_key("types") {
                        old.insert(name, value);
                    }
                }
            }
            (old, new) => *old = new,
        },
        (Some(first), true) => list.push(first),
        (None, false) => list.clear(),
        (None, true) => return,
    }
    doc::put(doc, path, Some(list.into()));
}

#[cfg(test)]
mod tests;
