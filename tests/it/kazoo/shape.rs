//! A *shape* is the server's schema for a document: types, limits and defaults.
//!
//! It is written as lines of `path type limits = default`. A path that ends with `!` is required, and
//! `[]` stands for every item of a list. A line whose parent is absent is skipped, so that `x object =
//! {}` before `x.y flag = true` fills in both.

use super::faults::Faults;
use serde_json::{Value, json};
use std::ops::RangeInclusive;

enum Type {
    Any,
    Text(RangeInclusive<usize>),
    /// The characters allowed in a user name.
    Login(RangeInclusive<usize>),
    Email(RangeInclusive<usize>),
    Number(RangeInclusive<i64>),
    Flag,
    Object,
    List,
    /// A list of texts.
    Texts,
    /// A list of texts of digits.
    Digits,
    OneOf(Vec<&'static str>),
}

struct Line {
    path: Vec<&'static str>,
    is_required: bool,
    kind: Type,
    default: Option<Value>,
}

pub(super) struct Shape(Vec<Line>);

/// A range such as `1..10` or `1..`, or none.
fn range<N: std::str::FromStr>(text: &str, least: N, most: N) -> RangeInclusive<N> {
    let (low, high) = text.split_once("..").unwrap_or(("", ""));
    low.parse().unwrap_or(least)..=high.parse().unwrap_or(most)
}

impl Shape {
    pub(super) fn parse(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        Self(lines.map(Line::parse).collect())
    }

    /// Coerces values, fills in defaults, and returns the violations. `dot` is the separator between the
    /// names of a path.
    pub(super) fn apply(&self, value: &mut Value, at: &[&str], dot: &str, faults: &mut Faults) {
        let at: Vec<String> = at.iter().map(|name| (*name).to_owned()).collect();
        for line in &self.0 {
            let mut fault = |mut at: Vec<String>, name: &str, rule: &str, details: Value| {
                at.push(name.to_owned());
                faults.add(&at.join(dot), rule, details);
            };
            line.visit(value, &line.path, at.clone(), &mut fault);
        }
    }
}

type Fault<'f> = &'f mut dyn FnMut(Vec<String>, &str, &str, Value);

impl Line {
    fn parse(line: &'static str) -> Self {
        let (rule, default) = line.split_once(" = ").unwrap_or((line, ""));
        let default =
            (!default.is_empty()).then(|| serde_json::from_str(default).expect("a default"));
        let mut words = rule.split_whitespace();
        let path = words.next().expect("a path");
        let (kind, limits) = (words.next().expect("a type"), words.next().unwrap_or(""));
        let is_required = path.ends_with('!');
        let path = path.trim_end_matches('!').split('.').collect();
        let lengths = || range(limits, 0, usize::MAX);
        let kind = match kind {
            "any" => Type::Any,
            "text" => Type::Text(lengths()),
            "login" => Type::Login(lengths()),
            "email" => Type::Email(lengths()),
            "number" => Type::Number(range(limits, i64::MIN, i64::MAX)),
            "flag" => Type::Flag,
            "object" => Type::Object,
            "list" => Type::List,
            "texts" => Type::Texts,
            "digits" => Type::Digits,
            "one-of" => Type::OneOf(limits.split('|').collect()),
            kind => panic!("{kind} is no type"),
        };
        Self {
            path,
            is_required,
            kind,
            default,
        }
    }

    fn visit(&self, value: &mut Value, path: &[&str], at: Vec<String>, fault: Fault<'_>) {
        match (path, value) {
            ([name], Value::Object(fields)) => {
                if !fields.contains_key(*name)
                    && let Some(default) = &self.default
                {
                    fields.insert((*name).into(), default.clone());
                }
                match fields.get_mut(*name) {
                    None if self.is_required => {
                        let message = "This must be there";
                        fault(
                            at,
                            name,
                            "required",
                            json!({"message": message, "value": name}),
                        );
                    }
                    None => {}
                    Some(value) => {
                        self.coerce(value);
                        self.check(value, &mut |rule, details| {
                            fault(at.clone(), name, rule, details);
                        });
                    }
                }
            }
            (["[]", rest @ ..], Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    let mut at = at.clone();
                    at.push(index.to_string());
                    self.visit(item, rest, at, fault);
                }
            }
            ([name, rest @ ..], Value::Object(fields)) => {
                if let Some(value) = fields.get_mut(*name) {
                    let mut at = at;
                    at.push((*name).to_owned());
                    self.visit(value, rest, at, fault);
                }
            }
            // The line of the parent says that it is of the wrong type.
            _ => {}
        }
    }

    /// Converts text to a number or boolean if the schema requires one, but not the reverse.
    fn coerce(&self, value: &mut Value) {
        let read = match (&self.kind, &*value) {
            (Type::Number(_), Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
            (Type::Flag, Value::String(text)) => text.parse::<bool>().ok().map(Value::from),
            _ => None,
        };
        if let Some(read) = read {
            *value = read;
        }
    }

    fn check(&self, value: &Value, fault: &mut dyn FnMut(&str, Value)) {
        let mut wrong = |target: &str| {
            fault(
                "type",
                json!({"message": "This is of the wrong type", "target": target, "value": value}),
            );
        };
        match (&self.kind, value) {
            (Type::Any, _)
            | (Type::Flag, Value::Bool(_))
            | (Type::Object, Value::Object(_))
            | (Type::List, Value::Array(_)) => {}
            (
                Type::Text(lengths) | Type::Login(lengths) | Type::Email(lengths),
                Value::String(text),
            ) => {
                length(text, lengths, fault);
                if matches!(self.kind, Type::Login(_)) && !is_login(text) {
                    let message = "This has the wrong signs";
                    fault(
                        "pattern",
                        json!({"message": message, "target": "a login name", "value": text}),
                    );
                }
                if matches!(self.kind, Type::Email(_)) && !is_email(text) {
                    let message = "This is written wrong";
                    fault(
                        "wrong_format",
                        json!({"message": message, "format": "email", "value": text}),
                    );
                }
            }
            (Type::OneOf(known), Value::String(text)) if known.contains(&text.as_str()) => {}
            (Type::OneOf(known), Value::String(text)) => {
                let message = "This is none of the choices";
                fault(
                    "enum",
                    json!({"message": message, "target": known, "value": text}),
                );
            }
            (Type::Number(limits), Value::Number(number)) if number.is_i64() => {
                let number = number.as_i64().expect("an integer");
                if number < *limits.start() {
                    let message = "This is too little";
                    fault(
                        "minimum",
                        json!({"message": message, "target": limits.start(), "value": number}),
                    );
                }
                if number > *limits.end() {
                    let message = "This is too much";
                    fault(
                        "maximum",
                        json!({"message": message, "target": limits.end(), "value": number}),
                    );
                }
            }
            (Type::Texts | Type::Digits, Value::Array(items)) => {
                if items.iter().any(|item| !item.is_string()) {
                    wrong("string");
                } else if matches!(self.kind, Type::Digits) && !items.iter().all(is_digits) {
                    let message = "This has the wrong signs";
                    fault(
                        "pattern",
                        json!({"message": message, "target": "digits", "value": value}),
                    );
                }
            }
            (Type::Text(_) | Type::Login(_) | Type::Email(_) | Type::OneOf(_), _) => {
                wrong("string");
            }
            (Type::Number(_), _) => wrong("integer"),
            (Type::Flag, _) => wrong("boolean"),
            (Type::Object, _) => wrong("object"),
            (Type::List | Type::Texts | Type::Digits, _) => wrong("array"),
        }
    }
}

fn length(text: &str, lengths: &RangeInclusive<usize>, fault: &mut dyn FnMut(&str, Value)) {
    let length = text.chars().count();
    let (least, most) = (lengths.start(), lengths.end());
    if length < *least {
        let message = format!("This is shorter than {least}");
        fault(
            "minLength",
            json!({"message": message, "target": least, "value": text}),
        );
    }
    if length > *most {
        let message = format!("This is longer than {most}");
        fault(
            "maxLength",
            json!({"message": message, "target": most, "value": text}),
        );
    }
}

fn is_login(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "+@._-".contains(c))
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts
        .is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty() && !text.contains(' '))
}

fn is_digits(value: &Value) -> bool {
    let text = value.as_str().unwrap_or("");
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
