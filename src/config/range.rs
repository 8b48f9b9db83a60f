//! A *range* of extensions: `10xx`, or `1000-1099`.

use crate::model::{Kind, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, str::FromStr};

/// A range of extensions with the same number of digits, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    first: u64,
    last: u64,
    digits: usize,
}

impl Range {
    /// Whether an extension is in the range.
    #[must_use]
    pub fn contains(&self, extension: &str) -> bool {
        let number = extension.parse::<u64>();
        extension.len() == self.digits
            && number.is_ok_and(|number| (self.first..=self.last).contains(&number))
    }

    /// Whether two ranges have an extension in common.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.digits == other.digits && self.first <= other.last && other.first <= self.last
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            first,
            last,
            digits,
        } = self;
        write!(f, "{first:0digits$}-{last:0digits$}")
    }
}

impl FromStr for Range {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a range of extensions, such as 10xx or 1000-1099");
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (first.to_owned(), last.to_owned()),
            None => {
                let fixed = text.trim_end_matches('x');
                let open = text.len() - fixed.len();
                let end = |digit: &str| fixed.to_owned() + &digit.repeat(open);
                if fixed.is_empty() {
                    return Err(wrong());
                }
                (end("0"), end("9"))
            }
        };
        let digits = first.len();
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_range = (1..=15).contains(&digits)
            && digits == last.len()
            && is_number(&first)
            && is_number(&last)
            && first <= last;
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if is_range => Ok(Self {
                first,
                last,
                digits,
            }),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Range {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Range {
    fn schema_name() -> Cow<'static, str> {
        "Range".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "pattern": "^([0-9]{1,15}-[0-9]{1,15}|[0-9]{1,15}|[0-9]{1,14}x{1,14})$", "examples": ["10xx"],
            "patternErrorMessage": "Write a range of extensions such as 10xx or 1000-1099.",
        })
    }
}

/// A kind of extension: `call_queue`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExtensionKind(pub String);

impl JsonSchema for ExtensionKind {
    fn schema_name() -> Cow<'static, str> {
        "ExtensionKind".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words: Vec<&str> = match Kind::Extensions.shape() {
            Shape::Variants { types, .. } => types.iter().map(|(word, _)| &**word).collect(),
            _ => Vec::new(),
        };
        schemars::json_schema!({
            "type": "string", "pattern": format!("^({})$", words.join("|")), "examples": ["call_queue"],
            "patternErrorMessage": format!("Write a kind of extension: {}.", words.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_extensions_of_its_length() {
        let range = |text: &str| text.parse::<Range>().unwrap();
        assert!(range("10xx").contains("1000") && range("10xx").contains("1099"));
        for other in ["1100", "0999", "10000", "100", "10xx", "+100"] {
            assert!(!range("10xx").contains(other), "{other}");
        }
        assert!(range("0100-0199").contains("0150") && !range("0100-0199").contains("150"));
        assert_eq!(range("0100-0199").to_string(), "0100-0199");
        assert!(range("1000-1050").overlaps(&range("105x")));
        assert!(!range("10xx").overlaps(&range("10xxx")));
        for wrong in ["xx10", "1099-1000", "100-1000", "", "1x0x", "1000-", "é0"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }
}
