//! A *text format* restricts a text: an extension, an e-mail address, the key of a scope.
//!
//! The table at the end of this file defines all formats. The pattern is used in the JSON Schema, the
//! canonical form in each [`Value`](super::Value), and the referenced kinds by the reference checks, the
//! order of writes and the `in-use` guard.

use super::Kind;
use regex::Regex;
use std::{borrow::Cow, sync::OnceLock};

/// A text format.
#[derive(Debug)]
pub struct Format {
    /// The name in `x-format`.
    pub name: &'static str,
    /// The description of a valid text in messages: "not {what}".
    pub what: &'static str,
    /// The pattern of valid texts, an ECMA-262 regular expression.
    pub pattern: &'static str,
    /// The maximum length, in characters.
    pub max: usize,
    /// An example.
    pub example: &'static str,
    /// The kinds that the text may refer to.
    pub refers_to: &'static [Kind],
    /// Converts a valid text to its canonical form.
    pub canonical: fn(&str) -> Cow<'_, str>,
}

impl Format {
    /// The format with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().copied().find(|format| format.name == name)
    }

    /// Whether a text is valid.
    #[must_use]
    pub fn accepts(&self, text: &str) -> bool {
        static PATTERNS: OnceLock<Vec<Regex>> = OnceLock::new();
        let compile = |format: &&Self| Regex::new(format.pattern).expect("the patterns are tested");
        let patterns = PATTERNS.get_or_init(|| FORMATS.iter().map(compile).collect());
        let at = FORMATS.iter().position(|format| format.name == self.name);
        let matched = at.is_some_and(|at| patterns[at].is_match(text));
        matched && text.chars().nth(self.max).is_none()
    }
}

/// Text that is already canonical.
fn as_written(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Lower case: e-mail addresses and colours are compared and kept without regard to case.
fn lower_case(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) {
        text.to_lowercase().into()
    } else {
        text.into()
    }
}

/// Upper case: codes of countries.
fn upper_case(text: &str) -> Cow<'_, str> {
    text.to_ascii_uppercase().into()
}

/// Twelve lower-case digits in pairs: `00:15:65:aa:bb:cc`.
// S3.24
fn mac(text: &str) -> Cow<'_, str> {
    let is_canonical = |(at, byte): (usize, u8)| match at % 3 {
        2 => byte == b':',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    if text.len() == 17 && text.bytes().enumerate().all(is_canonical) {
        return text.into();
    }
    let digits: Vec<char> = text.chars().filter(char::is_ascii_hexdigit).collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    pairs.join(":").to_lowercase().into()
}

/// Declares the formats: a newtype for each, and the table.
macro_rules! formats {
    ($( $(#[doc = $doc:literal])+ $type:ident = $name:literal, $what:literal, $max:literal, $pattern:literal,
        $example:literal, [$($kind:ident),*], $canonical:ident; )*) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            pub struct $type(Box<str>);

            impl $type {
                /// The format of this text.
                pub const FORMAT: Format = Format {
                    name: $name, what: $what, pattern: $pattern, max: $max, example: $example,
                    refers_to: &[$(Kind::$kind),*], canonical: $canonical,
                };
            }

            impl std::ops::Deref for $type {
                type Target = str;
                fn deref(&self) -> &str { &self.0 }
            }

            impl std::fmt::Display for $type {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl schemars::JsonSchema for $type {
                fn schema_name() -> Cow<'static, str> { stringify!($type).into() }
                fn inline_schema() -> bool { true }
                fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    schemars::json_schema!({
                        "type": "string",
                        "description": concat!($($doc, "\n"),+).trim(),
                        "pattern": $pattern,
                        "maxLength": $max,
                        "examples": [$example],
                        "x-format": $name,
                    })
                }
            }
        )*

        /// All text formats.
        pub static FORMATS: &[&Format] = &[$(&$type::FORMAT),*];
    };
}

formats! {
    /// One line of text: 1 to 255 characters, no control characters, no white space at either end.
    Line = "line", "one line of 1 to 255 characters, with no white space at either end", 255,
        r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        "Main menu", [], as_written;
    /// Text of up to 4,000 characters; line breaks and tabs are allowed, other control characters are not.
    Prose = "prose", "text of 1 to 4,000 characters without control characters", 4000,
        r"^[^\u0000-\u0008\u000b-\u001f\u007f]+$", "Welcome to Acme.", [], as_written;
    /// An e-mail address, at most 254 characters (RFC 5321 §4.5.3); compared without regard to case.
    Email = "email", "an e-mail address such as alice@acme.example", 254,
        r"^[^\s@,;<>()\u0000-\u001f\u007f]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        "alice@acme.example", [], lower_case;
    /// A domain of e-mail addresses; compared without regard to case.
    Domain = "domain", "a domain such as acme.example", 253,
        r"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        "acme.example", [], lower_case;
    /// An extension: 2 to 15 digits, kept as text, so that `0100` stays `0100`. A workspace narrows the
    /// count with `policy.extensions.digits`.
    // S1.17, S1.18
    Extension = "extension", "an extension of 2 to 15 digits", 15, r"^[0-9]{2,15}$", "1001", [], as_written;
    /// A phone number in E.164: a plus sign and 7 to 15 digits (ITU-T E.164 §6).
    E164 = "e164", "a phone number in E.164, such as +14155550100", 16, r"^\+[1-9][0-9]{6,14}$",
        "+14155550100", [], as_written;
    /// A caller name: 1 to 15 characters, the limit of the telephone network.
    CallerName = "caller-name", "a name of 1 to 15 characters, with no white space at either end", 15,
        r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        "Acme Ltd", [], as_written;
    /// The hardware address of a phone: 12 hexadecimal digits, with any separators in any case; kept as
    /// `00:15:65:aa:bb:cc`.
    // S3.24
    Mac = "mac", "a MAC address of 12 hexadecimal digits, such as 00:15:65:aa:bb:cc", 17,
        r"^([0-9A-Fa-f]{12}|([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|([0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}|([0-9A-Fa-f]{2} ){5}[0-9A-Fa-f]{2}|([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})$",
        "00:15:65:aa:bb:cc", [], mac;
    /// The model of a phone, as the portal's catalogue spells it.
    // S3.22
    PhoneModel = "phone-model", "a phone model such as yealink_t54w", 64, r"^[A-Za-z0-9][A-Za-z0-9._ +-]{0,63}$",
        "yealink_t54w", [], as_written;
    /// A login name: 1 to 64 letters, digits and `. _ @ + -`, starting with a letter or digit; compared as
    /// written.
    // S3.03, S4.08
    Username = "username", "a login name of letters, digits and . _ @ + -", 64,
        r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$", "alice", [], as_written;
    /// The number of a mailbox: 1 to 15 digits.
    Mailbox = "mailbox", "a mailbox number of 1 to 15 digits", 15, r"^[0-9]{1,15}$", "1001", [], as_written;
    /// A color: `#` and six hexadecimal digits.
    // S4.21
    Color = "color", "a color such as #1f77b4", 7, r"^#[0-9A-Fa-f]{6}$", "#1f77b4", [], lower_case;
    /// A call destination: the key of a user, an extension of anything, a phone number in E.164, or a
    /// feature code such as `*97`.
    // S1.38, S2.02
    Destination = "destination", "a user, an extension, a phone number in E.164, or a feature code such as \"*97\"", 64,
        r"^(\+[1-9][0-9]{6,14}|\*[0-9*#]{1,15}|[A-Za-z0-9][A-Za-z0-9._@+-]{0,63})$", "alice",
        [Users, Extensions], as_written;
    /// The key of a user.
    UserKey = "user-key", "the key of a user", 64, r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$", "alice", [Users], as_written;
    /// The key of an extension: its number, 2 to 15 digits.
    ExtensionKey = "extension-key", "the number of an extension, 2 to 15 digits", 15, r"^[0-9]{2,15}$", "2000",
        [Extensions], as_written;
    /// A phone number of the account, in E.164. Once a workspace declares `numbers`, it is one of them.
    // S1.19
    NumberKey = "number-key", "a phone number in E.164, such as +14155550100", 16, r"^\+[1-9][0-9]{6,14}$",
        "+14155550100", [Numbers], as_written;
    /// The name of a scope: lower-case letters, digits and underscores.
    ScopeKey = "scope-key", "the name of a scope, such as basic_user", 63, r"^[a-z][a-z0-9_]{0,62}$",
        "basic_user", [Scopes], as_written;
    /// The name of a template: one line of text, which may contain spaces.
    // S0.43
    TemplateKey = "template-key", "the name of a template: one line of 1 to 255 characters, such as desk-user", 255,
        r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        "desk-user", [Templates], as_written;
    /// The name of a group.
    GroupKey = "group-key", "the name of a group, such as sales", 63, r"^[a-z0-9][a-z0-9_-]{0,62}$", "sales",
        [Groups], as_written;
    /// The name of an instance.
    // S0.13
    InstanceKey = "instance-key", "the name of an instance, such as leeds", 63, r"^[a-z0-9][a-z0-9_-]{0,62}$",
        "leeds", [Instances], as_written;
    /// The name of a location.
    LocationKey = "location-key", "the name of a location, such as leeds-2f", 63, r"^[a-z0-9][a-z0-9_-]{0,62}$",
        "leeds-2f", [Locations], as_written;
    /// The name of a schedule.
    ScheduleKey = "schedule-key", "the name of a schedule, such as night", 63, r"^[a-z0-9][a-z0-9_-]{0,62}$",
        "night", [Schedules], as_written;
    /// A country: its two letters (ISO 3166-1).
    Country = "country", "the two letters of a country, such as GB", 2, r"^[A-Za-z]{2}$", "GB", [], upper_case;
    /// A time zone of the IANA database.
    TimeZone = "time-zone", "a time zone such as Europe/London", 64,
        r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$", "Europe/London", [], as_written;
    /// A time of day: hours and minutes, `00:00` to `24:00`.
    TimeOfDay = "time-of-day", "a time of day such as \"18:00\"", 5, r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        "18:00", [], as_written;
    /// A day: year, month and day.
    Day = "day", "a day such as 2026-12-25", 10, r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        "2026-12-25", [], as_written;
    /// A number that phones dial: E.164, or a short number of 2 to 6 digits such as `112`.
    DialedNumber = "dialed-number", "a phone number in E.164, such as +14155550100, or a short number such as 112", 16,
        r"^(\+[1-9][0-9]{6,14}|[0-9]{2,6})$", "+14155550100", [], as_written;
    /// The name of a contact: lower-case letters, digits, `-` and `_`.
    ContactKey = "contact-key", "the name of a contact, such as fire-brigade", 63, r"^[a-z0-9][a-z0-9_-]{0,62}$",
        "fire-brigade", [], as_written;
    /// One permission: a module and a verb.
    // S4.33
    Permission = "permission", "a permission such as users.view", 127, r"^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$",
        "users.view", [], as_written;
    /// A name: lower-case letters, digits, `-` and `_`.
    Identifier = "identifier", "a name of lower-case letters, digits, - and _", 63, r"^[a-z][a-z0-9_-]{0,62}$",
        "did", [], as_written;
    /// A key of a telephone: `0` to `9`, `*` or `#`.
    DialKey = "dial-key", "one key of a telephone: 0 to 9, * or #", 1, r"^[0-9*#]$", "1", [], as_written;
    /// What click-to-dial opens, as the dialing software expects it: one line, usually an address, with the merge
    /// fields `[Field:PhoneNumber]` and `[Field:Ext]`.
    // S4.22, S4.23, S4.24
    ClickToDial = "click-to-dial", "one line such as https://dialler.example/?to=[Field:PhoneNumber]", 2032,
        r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        "https://dialler.example/?to=[Field:PhoneNumber]", [], as_written;
    /// The name of an environment variable.
    Variable = "variable", "the name of an environment variable, such as ALICE_PASSWORD", 255,
        r"^[A-Za-z_][A-Za-z0-9_]{0,254}$", "ALICE_PASSWORD", [], as_written;
    /// A path inside the workspace, relative to it, with `/` as separator.
    RelativePath = "relative-path", "a path inside the workspace, such as secrets/alice", 1024,
        r"^(\.?[^./\\\u0000-\u001f\u007f][^/\\\u0000-\u001f\u007f]*/)*\.?[^./\\\u0000-\u001f\u007f][^/\\\u0000-\u001f\u007f]*$", "secrets/alice", [], as_written;
    /// The SHA-256 digest of a file, 64 hexadecimal digits.
    Digest = "digest", "a SHA-256 digest of 64 hexadecimal digits", 64, r"^[0-9A-Fa-f]{64}$",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", [], lower_case;
}

/// Converts a name to the form of a key: `Sales Team` becomes `sales-team`.
#[must_use]
pub fn key_of(name: &str) -> String {
    let mut key = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() || c == '_' {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
    }
    key.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_has_one_canonical_spelling() {
        for text in [
            "00:15:65:AA:BB:CC",
            "00-15-65-aa-bb-cc",
            "001565aabbcc",
            "0015.65AA.BBCC",
        ] {
            assert_eq!((Mac::FORMAT.canonical)(text), "00:15:65:aa:bb:cc");
        }
    }

    #[test]
    fn every_example_is_valid_and_canonical() {
        for format in FORMATS {
            assert!(format.accepts(format.example), "{}", format.name);
            assert_eq!(
                (format.canonical)(format.example),
                format.example,
                "{}",
                format.name
            );
            assert!(!format.accepts("a\u{1b}[31m"), "{}", format.name);
        }
    }

    #[test]
    fn names_of_formats_differ() {
        let mut names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FORMATS.len());
    }
}
