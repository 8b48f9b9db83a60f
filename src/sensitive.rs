//! A *sensitive* key looks like the name of a secret: `password`, `api_key`, `pinCode`, or a misspelling of
//! one.
//!
//! The model knows where secrets belong. This module finds them where they were written by mistake.

use std::{borrow::Cow, collections::BTreeMap};

/// Replaces a value that may be a secret.
pub const STARS: &str = "***";

/// Words that match with up to one wrong letter in four.
const NEARLY: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credentials",
    "kennwort",
];

/// Words that only match exactly, since short words are similar to many others.
const EXACTLY: &[&str] = &[
    "pass",
    "pw",
    "pwd",
    "psw",
    "pswd",
    "psk",
    "pin",
    "pins",
    "puk",
    "otp",
    "pincode",
    "passkey",
    "apikey",
    "authkey",
    "credential",
    "bearer",
    "authorization",
    "senha",
    "clave",
    "geheim",
    "pword",
];

/// Parts of words that match.
const WITHIN: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "kennwort",
    "contrase",
    "apikey",
    "pincode",
];

/// Words that match before the word `key`.
const KEYS: &[&str] = &[
    "api",
    "access",
    "private",
    "secret",
    "auth",
    "encryption",
    "signing",
    "shared",
    "master",
    "license",
    "srtp",
];

/// Whether a key looks like the name of a secret.
#[must_use]
pub fn looks_secret(key: &str) -> bool {
    let words = words(key);
    let is = |word: &String| {
        // The distance is at least the difference of the lengths, and costs more than that.
        let near = |known: &&str| {
            let limit = known.len() / 4;
            let begins = word.bytes().zip(known.bytes()).take(2).any(|(a, b)| a == b);
            let swapped = word.as_bytes().first() == known.as_bytes().get(1);
            word.len().abs_diff(known.len()) <= limit
                && (begins || swapped)
                && strsim::damerau_levenshtein(word, known) <= limit
        };
        EXACTLY.contains(&&**word)
            || WITHIN.iter().any(|known| word.contains(known))
            || word.contains("secret") && !word.contains("secretar")
            || NEARLY.iter().any(near)
    };
    let joined = words.concat();
    let is_key = |pair: &[String]| pair[1] == "key" && (KEYS.contains(&&*pair[0]));
    words.iter().any(is) || words.len() > 1 && is(&joined) || words.windows(2).any(is_key)
}

/// The lower-case words of a key: those of `sipPassword`, `sip_password` and `SIP-Password` are the same.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = None;
    // The limit keeps the cost of hostile keys low.
    for c in key.chars().take(128) {
        let begins = c.is_uppercase() && before.is_some_and(char::is_lowercase);
        if (!c.is_alphanumeric() || begins) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A text without what follows a word that looks like the name of a secret, as in `password hunter2`.
#[must_use]
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let separates = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | ',' | ';');
    let mut at = 0;
    for word in text.split_inclusive(separates) {
        at += word.len();
        let name = word.trim_end_matches(separates);
        if name.len() < word.len() && looks_secret(name) && !text[at..].trim().is_empty() {
            return format!("{}…", &text[..at]).into();
        }
    }
    text.into()
}

/// The bytes of a line after a key that looks like the name of a secret, unless a reference follows.
#[must_use]
pub fn secret_in(line: &str) -> Option<(usize, usize)> {
    let signs = line.match_indices([':', '=']).map(|(at, _)| at);
    // A long line has few different keys.
    let mut known: BTreeMap<&str, bool> = BTreeMap::new();
    let after_sign = signs.into_iter().find(|at| {
        let key = key_before(&line[..*at]);
        let is_secret = *known.entry(key).or_insert_with(|| looks_secret(key));
        let value = || line[at + 1..].trim();
        // What is in a mapping of credentials has keys of its own.
        let is_mapping = key.eq_ignore_ascii_case("credentials") && value().starts_with('{');
        is_secret && !is_mapping && !value().is_empty() && !is_reference(value())
    });
    let first = after_sign.map(|at| at + 1);
    let bare = bare_key(line);
    let first = match (first, bare) {
        (Some(one), Some(other)) => one.min(other),
        (one, other) => one.or(other)?,
    };
    Some((first, line.len()))
}

/// The end of such a key without a colon, if a value follows.
fn bare_key(line: &str) -> Option<usize> {
    let word = line.trim_start_matches([' ', '\t', '-', '?', '{', ',']);
    let start = line.len() - word.len();
    let end = start + word.find([' ', '\t'])?;
    let value = line[end..].trim();
    let is_bare = !value.is_empty() && !value.starts_with([':', '=', '#']);
    (is_bare && looks_secret(&line[start..end]) && !line[start..end].contains([':', '=']))
        .then_some(end)
}

/// Whether a value is a reference to a secret.
fn is_reference(value: &str) -> bool {
    let names = ["env", "file", "command", "version"];
    let begins = |text: &str| {
        let name = text.split([':', ' ']).next().unwrap_or_default();
        names.contains(&name)
    };
    let Some(inner) = value.strip_prefix('{') else {
        // `env: NAME` on the line of a key that a dash or a brace stands before.
        return value.starts_with("env:");
    };
    let inner = inner.split('}').next().unwrap_or_default().trim();
    if inner.is_empty() {
        return true;
    }
    // The commas of a command are between its words.
    let rest = inner.split(',').map(str::trim);
    begins(inner) && (inner.starts_with("command") || rest.into_iter().all(begins))
}

/// The key at the end of a text, without quotes. The length limit keeps the cost of hostile lines linear.
fn key_before(text: &str) -> &str {
    let trimmed = text.trim_end_matches([' ', '\t', '"', '\'']);
    let part = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let length = trimmed.chars().rev().take(64).take_while(part);
    let length: usize = length.map(char::len_utf8).sum();
    &trimmed[trimmed.len() - length..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_looks_secret_in_any_spelling() {
        for key in [
            "password",
            "Password",
            "pasword",
            "passwrod",
            "sip_password",
            "sipPassword",
            "SIP-PASSWORD",
            "userpassword",
            "pass_word",
            "Passwort",
            "psw",
            "pwd",
            "pin",
            "pin_code",
            "pinCode",
            "moderator_pin",
            "api_key",
            "apikey",
            "apiKey",
            "private-key",
            "api-Tokens",
            "client_secret",
            "credentials",
            "contraseña",
        ] {
            assert!(looks_secret(key), "{key}");
        }
        for key in [
            "",
            "spin",
            "pint",
            "key",
            "dial_key",
            "secretary",
            "compass",
            "first_name",
            "last_name",
            "email",
            "extension",
            "title",
            "opening_hours",
            "passenger",
        ] {
            assert!(!looks_secret(key), "{key}");
        }
    }

    #[test]
    fn text_after_a_secret_word_is_removed() {
        assert_eq!(without_secrets("password hunter2"), "password …");
        assert_eq!(
            without_secrets("a@b.example psw: hunter2 x"),
            "a@b.example psw:…"
        );
        assert_eq!(without_secrets("the password"), "the password");
        assert_eq!(without_secrets("Sales desk"), "Sales desk");
    }

    #[test]
    fn values_are_hidden_and_references_are_shown() {
        let hidden = |line: &str| secret_in(line).map(|(start, end)| line[start..end].to_owned());
        assert_eq!(hidden("  password hunter2").as_deref(), Some(" hunter2"));
        assert_eq!(hidden("psw= hunter2").as_deref(), Some(" hunter2"));
        assert_eq!(hidden("  password:hunter2").as_deref(), Some("hunter2"));
        assert_eq!(hidden("- pin_code: 1234").as_deref(), Some(" 1234"));
        assert_eq!(
            hidden("pin: { env: A, value: hunter2 }").as_deref(),
            Some(" { env: A, value: hunter2 }")
        );
        for line in [
            "pin: { env: A }",
            "pin: { env: A, version: 2 }",
            "pin: { command: [cat, x], version: 2 }",
            "password:",
            "spin: 4",
            "title: Password reset",
        ] {
            assert_eq!(hidden(line), None, "{line}");
        }
    }
}
