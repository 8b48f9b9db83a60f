//! A *redactor* finds secrets in foreign text, in any common encoding, and replaces them.
//!
//! A portal's refusal may quote the request: literally, escaped as in JSON, encoded for a URL or a
//! header, in another letter case, or truncated. The redactor searches for all of these before a text is
//! truncated or displayed.

use super::{Error, Problem, Written};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Replaces a text that contains a secret.
const REDACTED: &str = "(redacted: contains a secret)";

/// The maximum length, in characters, of a text that is searched. The rest is dropped; displayed texts are
/// much shorter.
const MAX_TEXT: usize = 4096;
/// The maximum number of nested encodings.
const MAX_LAYERS: usize = 3;
/// The number of consecutive characters of a long secret that count as a match.
const MIN_RUN: usize = 10;
/// The number of leading characters that count as a match at the end of a text or before an ellipsis.
const MIN_PREFIX: usize = 6;
/// The minimum length of a secret that is found in an identifier.
const MIN_WHOLE: usize = 8;
/// The minimum length of a partial match.
const MIN_PART: usize = 4;

/// A set of secrets to find in texts.
#[derive(Default)]
pub struct Redactor {
    spellings: Vec<SecretString>,
}

impl Redactor {
    /// Creates a redactor for the given secrets.
    pub fn of<'s>(secrets: impl IntoIterator<Item = &'s SecretString>) -> Self {
        let mut redactor = Self::default();
        for secret in secrets {
            redactor.add(secret.expose_secret());
        }
        redactor
    }

    /// Combines several redactors.
    pub fn all<'r>(redactors: impl IntoIterator<Item = &'r Self>) -> Self {
        let spellings = redactors
            .into_iter()
            .flat_map(|redactor| &redactor.spellings);
        Self {
            spellings: spellings.cloned().collect(),
        }
    }

    fn add(&mut self, secret: &str) {
        let bytes = secret.as_bytes();
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string can't fail.
            _ = write!(hex, "{byte:02x}");
            hex
        });
        let plain = normalize(secret);
        if plain.is_empty() {
            return;
        }
        self.spellings.push(plain.into());
        // The encoding of a very short secret would match any text.
        if bytes.len() >= MIN_PART {
            self.spellings.push(hex.into());
            for before in 0..3 {
                self.spellings.push(base64(bytes, before).into());
            }
        }
    }

    /// Whether a text contains a secret or a significant part of one.
    #[must_use]
    pub fn finds_in(&self, text: &str) -> bool {
        if self.spellings.is_empty() {
            return false;
        }
        let text: String = text.chars().take(MAX_TEXT).collect();
        decodings(text).iter().any(|decoded| {
            let decoded = normalize(decoded);
            let mut spellings = self.spellings.iter();
            spellings.any(|secret| contains(&decoded, secret.expose_secret()))
        })
    }

    /// Replaces a text that contains a secret.
    #[must_use]
    pub fn text(&self, text: String) -> String {
        if self.finds_in(&text) {
            REDACTED.to_owned()
        } else {
            text
        }
    }

    /// Replaces every text in a JSON value that contains a secret.
    #[must_use]
    pub fn json(&self, json: Value) -> Value {
        match json {
            Value::String(text) => self.text(text).into(),
            Value::Number(number) if self.finds_in(&number.to_string()) => REDACTED.into(),
            Value::Array(list) => list.into_iter().map(|item| self.json(item)).collect(),
            Value::Object(object) => {
                let entries = object.into_iter();
                let entries = entries.map(|(name, value)| (self.text(name), self.json(value)));
                Value::Object(entries.collect::<Map<_, _>>())
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    /// Redacts the texts of an error.
    #[must_use]
    pub fn error(&self, error: Error) -> Error {
        let text = |text: String| self.text(text);
        let suffix = |detail: String| match self.finds_in(&detail) {
            true => format!(": {REDACTED}"),
            false => detail,
        };
        match error {
            Error::Misconfigured { setting, reason } => Error::Misconfigured {
                setting,
                reason: text(reason),
            },
            Error::Unreachable { url, cause, reason } => Error::Unreachable {
                url: text(url),
                cause,
                reason: text(reason),
            },
            Error::Unauthorized { url, detail } => Error::Unauthorized {
                url: text(url),
                detail: suffix(detail),
            },
            Error::Forbidden { what, detail } => Error::Forbidden {
                what: text(what),
                detail: suffix(detail),
            },
            Error::Refused {
                status,
                detail,
                problems,
            } => Error::Refused {
                status,
                detail: text(detail),
                problems: problems
                    .into_iter()
                    .map(|problem| {
                        let Problem {
                            field,
                            code,
                            message,
                        } = problem;
                        Problem {
                            field: text(field),
                            code: text(code),
                            message: text(message),
                        }
                    })
                    .collect(),
            },
            Error::NoRequest { what, detail } => Error::NoRequest {
                what: text(what),
                detail: text(detail),
            },
            Error::Unreadable { what, reason } => Error::unreadable(text(what), text(reason)),
            Error::Unknown { what, reason } => Error::Unknown {
                what: text(what),
                reason: text(reason),
            },
            Error::Partial { what, reason } => Error::Partial {
                what: text(what),
                reason: Box::new(self.error(*reason)),
            },
            Error::Accepted { what } => Error::Accepted { what: text(what) },
            unchanged @ (Error::Stale { .. } | Error::NotReady { .. }) => unchanged,
        }
    }

    /// Removes a version that contains a secret from the result of a write.
    ///
    /// # Errors
    /// The object's ID contains a secret, so it can't be recorded.
    pub fn written(&self, written: Written) -> Result<Written, Error> {
        let Written { id, etag } = written;
        if self.finds_whole_in(&id) {
            return Err(Error::Unknown {
                what: "the change".to_owned(),
                reason: "the object's ID in the answer contains a secret".to_owned(),
            });
        }
        let etag = etag.filter(|etag| !self.finds_whole_in(etag));
        Ok(Written { id, etag })
    }

    /// Whether an identifier contains a whole secret. Random identifiers contain short secrets, such as PINs,
    /// and parts of longer ones by chance.
    fn finds_whole_in(&self, identifier: &str) -> bool {
        let identifier = normalize(identifier);
        let mut spellings = self.spellings.iter().map(SecretString::expose_secret);
        spellings.any(|secret| secret.len() >= MIN_WHOLE && identifier.contains(secret))
    }
}

/// Whether a text contains a whole secret, a long part of it, or its beginning before a truncation.
fn contains(text: &str, secret: &str) -> bool {
    if text.contains(secret) {
        return true;
    }
    let length = secret.chars().count();
    if length <= MIN_PART {
        return false;
    }
    let characters: Vec<(usize, char)> = secret.char_indices().collect();
    let part = |from: usize, count: usize| {
        let end = characters
            .get(from + count)
            .map_or(secret.len(), |(at, _)| *at);
        &secret[characters[from].0..end]
    };
    let run = MIN_RUN.min((length * 3).div_ceil(4)).max(MIN_PART);
    if (0..=length - run).any(|from| text.contains(part(from, run))) {
        return true;
    }
    let prefix = part(0, MIN_PREFIX.min(length.div_ceil(2)).max(MIN_PART));
    let mut found = text.match_indices(prefix);
    found.any(|(at, _)| {
        let shared = text[at..].chars().zip(secret.chars());
        let shared = shared.take_while(|(one, other)| one == other);
        let end = at + shared.map(|(one, _)| one.len_utf8()).sum::<usize>();
        let rest = text[end..].trim_start_matches(['"', '\'', '`', ')']);
        rest.is_empty() || rest.starts_with(['…', '*']) || rest.starts_with("...")
    })
}

/// Normalizes a text for comparison: lower case, without whitespace and invisible characters, and with
/// the standard base64 alphabet.
fn normalize(text: &str) -> String {
    let visible = text
        .chars()
        .filter(|c| !c.is_whitespace() && super::http::is_printable(*c));
    let one_alphabet = visible.map(|c| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    });
    one_alphabet.flat_map(char::to_lowercase).collect()
}

/// The part of a secret's base64 that is independent of the surrounding text. `before` is the number of
/// bytes before the secret in its first group of three.
fn base64(secret: &[u8], before: usize) -> String {
    let padded = [&[0; 2][..before], secret].concat();
    let encoded = BASE64_STANDARD_NO_PAD.encode(&padded);
    // A character that also encodes bits of the surrounding bytes is excluded.
    let start = (before * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    normalize(&encoded[start..end])
}

/// A text and its possible decodings.
fn decodings(text: String) -> Vec<String> {
    let mut all = vec![text];
    let mut from = 0;
    for _ in 0..MAX_LAYERS {
        let new: Vec<String> = all[from..]
            .iter()
            .flat_map(|text| {
                [
                    unescaped(text),
                    percent_decoded(text),
                    without_entities(text),
                ]
            })
            .collect();
        from = all.len();
        for text in new {
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }
    all
}

/// Decodes backslash escapes, as in JSON and most programming languages.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        let digits = match rest.clone().next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => 0,
        };
        let code: String = rest.clone().skip(1).take(digits).collect();
        let coded = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
        if let (Some(c), true) = (coded, code.len() == digits) {
            plain.push(c);
            rest.by_ref().take(digits + 1).for_each(drop);
        } else if let Some(c) = rest.next() {
            // Escaped whitespace is dropped, like other whitespace.
            if !matches!(c, 'n' | 'r' | 't') {
                plain.push(c);
            }
        }
    }
    plain
}

/// Decodes percent-encoding, as in a URL.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let code = text.get(at + 1..at + 3);
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        if let (b'%', Some(code)) = (byte, code) {
            bytes.push(code);
            at += 3;
        } else {
            bytes.push(if *byte == b'+' { b' ' } else { *byte });
            at += 1;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Decodes entities such as `&amp;` and `&#39;`, as in HTML and XML.
fn without_entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        let decoded = entity.and_then(|(name, after)| Some((character(name)?, after)));
        match decoded {
            Some((c, after)) => {
                plain.push(c);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain + rest
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let code = entity.strip_prefix('#')?;
            let code = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => code.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

    const SECRET: &str = "Zx81 \"quoted\" & \\ 100% é/+secret";

    fn finds(secret: &str, text: &str) -> bool {
        Redactor::of([&SecretString::from(secret)]).finds_in(text)
    }

    #[test]
    fn a_secret_is_found_in_every_encoding() {
        let json = serde_json::to_string(SECRET).unwrap();
        let twice = serde_json::to_string(&json).unwrap();
        let url: Vec<String> = SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let url = url.concat();
        let form = url.replace("%20", "+");
        let wide: Vec<String> = SECRET
            .chars()
            .map(|c| format!("\\u{:04x}", u32::from(c)))
            .collect();
        let wide = wide.concat();
        let html = SECRET.replace('&', "&amp;").replace('"', "&#34;");
        let hex: Vec<String> = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
        let hex = hex.concat();
        let mut spellings = vec![
            SECRET.to_owned(),
            SECRET.to_uppercase(),
            json,
            twice,
            url.replace('%', "%25"),
            url,
            form,
            wide,
            html,
            hex,
        ];
        for before in ["", "u", "us", "user:"] {
            for after in ["", "!", "!!", " and more"] {
                let text = format!("{before}{SECRET}{after}");
                spellings.push(BASE64_STANDARD.encode(&text));
                spellings.push(BASE64_URL_SAFE.encode(&text));
            }
        }
        for spelling in spellings {
            assert!(
                finds(SECRET, &format!("no: {spelling} is known")),
                "{spelling}"
            );
            assert!(finds(SECRET, &spelling), "{spelling}");
        }
    }

    #[test]
    fn a_truncated_secret_is_found() {
        let token = "tok-canary-77aa-abcdefghijklmnopqrstuvwxyz";
        for text in [
            "it was tok-canary-7",
            "it was tok-can",
            "tok-cana… is no token",
            "'tok-cana...' is no token",
            "\"tok-canary\"",
            "it ends in defghijklmnop, they say",
            "dG9rLWNhbmFyeS03N2FhLWFi",
        ] {
            assert!(finds(token, text), "{text}");
        }
        assert!(finds("hunter2xx", "hunter2x is too short"));
        assert!(finds("80817263", "the pin 80817263 is taken"));
        let far = format!("{}{token}", "x".repeat(MAX_TEXT - 8));
        assert!(finds(token, &far));
    }

    #[test]
    fn a_text_without_a_secret_is_unchanged() {
        for (secret, text) in [
            ("password123!", "the password is too short"),
            ("1234", "123 users"),
            ("tok-canary-77aa", "the token is unknown"),
            ("hunter2xx", ""),
            ("", "anything"),
        ] {
            assert!(!finds(secret, text), "{secret}: {text}");
        }
    }

    #[test]
    fn json_keeps_its_structure() {
        let redactor = Redactor::of([&SecretString::from("hunter2xx")]);
        let json = serde_json::json!({ "a": ["it is hunter2xx", 7], "hunter2xx": null });
        let redacted = serde_json::json!({ "a": [REDACTED, 7], REDACTED: null });
        assert_eq!(redactor.json(json), redacted);
    }

    #[test]
    fn the_result_of_a_write_contains_no_secret() {
        let redactor = Redactor::of([&SecretString::from("hunter2xx")]);
        let written = |id: &str, etag: &str| Written {
            id: id.into(),
            etag: Some(etag.into()),
        };
        let kept = redactor.written(written("7", "\"hunter2xx\"")).unwrap();
        assert_eq!((&*kept.id, kept.etag), ("7", None));
        assert!(redactor.written(written("hunter2xx", "1")).is_err());
        // Short secrets are in random identifiers by chance.
        let short = Redactor::of(["1", "4711", "471100"].map(SecretString::from).iter());
        let kept = short.written(written("4711-0081-471100", "1")).unwrap();
        assert_eq!(
            (&*kept.id, kept.etag.as_deref()),
            ("4711-0081-471100", Some("1"))
        );
    }
}
