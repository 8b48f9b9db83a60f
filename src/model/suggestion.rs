//! A *suggestion* is the valid text that an invalid one was most likely meant to be: a phone number without
//! its spaces, a key in lower case.

use super::text::{Destination, E164, Format};

/// The maximum size of a text that is worth a suggestion, in bytes.
const MAX_TEXT: usize = 256;

impl Format {
    /// What to write instead of an invalid text.
    #[must_use]
    pub fn help_for(&self, text: &str) -> String {
        match self.suggestion(text) {
            Some(valid) => format!("write `{valid}`"),
            None if self.is_number() && text.chars().filter(char::is_ascii_digit).count() > 6 => {
                format!(
                    "write a plus sign, the country code and the number, such as `{}`",
                    E164::FORMAT.example
                )
            }
            None => format!("for example `{}`", self.example),
        }
    }

    /// The valid text that an invalid one was most likely meant to be.
    fn suggestion(&self, text: &str) -> Option<String> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let trimmed = text.trim();
        let plain: String = trimmed.chars().filter_map(usual).collect();
        let candidates = match self.name {
            "e164" | "number-key" | "destination" | "extension" | "extension-key" | "mailbox" => {
                vec![plain.clone(), phone_number(&plain)]
            }
            "dialed-number" => vec![plain.clone(), phone_number(&plain)],
            "template-key" => Vec::new(),
            "email" => vec![address(trimmed)],
            "color" => vec![format!("#{trimmed}")],
            "permission" => vec![trimmed.replace([':', '/', ' '], ".")],
            "username" | "user-key" => vec![trimmed.replace(' ', ".")],
            "scope-key" => key(trimmed, '_'),
            name if name.ends_with("-key") || name == "identifier" => key(trimmed, '-'),
            _ => Vec::new(),
        };
        let mut valid = candidates.into_iter().chain([trimmed.to_owned()]);
        valid.find(|valid| valid != text && self.accepts(valid) && self.is_meant(&plain, valid))
    }

    /// Whether a valid text keeps the meaning. Where texts of several kinds are valid, a phone number without
    /// its country code would become something else.
    fn is_meant(&self, text: &str, valid: &str) -> bool {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
        let is_dialled = valid.starts_with(['+', '*']) || digits(valid) <= 6;
        self.name != Destination::FORMAT.name || is_dialled || text == valid
    }

    fn is_number(&self) -> bool {
        ["e164", "number-key", "dialed-number"].contains(&self.name)
            || self.name == Destination::FORMAT.name
    }
}

/// The usual form of a character: a full-width one as ASCII, any space as a space, any dash as a hyphen.
/// Invisible characters disappear.
fn usual(c: char) -> Option<char> {
    Some(match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)?,
        '\u{660}'..='\u{669}' => char::from_u32(u32::from(c) - 0x660 + u32::from('0'))?,
        '\u{6f0}'..='\u{6f9}' => char::from_u32(u32::from(c) - 0x6f0 + u32::from('0'))?,
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => {
            return None;
        }
        c if c.is_whitespace() => ' ',
        c => c,
    })
}

/// A phone number in E.164. A zero in parentheses is dialled only inside the country.
fn phone_number(text: &str) -> String {
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let text = match text.starts_with('+') || text.starts_with("00") {
        true => text.replace("(0)", ""),
        false => text.to_owned(),
    };
    let number = without_separators(&text);
    match number.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => number,
    }
}

/// A number without what people put between its digits.
fn without_separators(text: &str) -> String {
    text.replace([' ', '.', '-', '(', ')', '/', '\u{b7}'], "")
}

/// The address in `Alice Ng <alice@acme.example>`.
fn address(text: &str) -> String {
    let inner = text.split_once('<').map_or(text, |(_, rest)| rest);
    inner.trim_end_matches('>').trim().to_owned()
}

/// A key in lower case, with one separator between its words. Nothing but case and separators is replaced.
fn key(text: &str, separator: char) -> Vec<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    if !text.chars().all(is_plain) {
        return Vec::new();
    }
    let words = text
        .split([' ', '-', '_', '.'])
        .filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    vec![words.join(&separator.to_string())]
}

#[cfg(test)]
mod tests {
    use super::super::text::{
        Color, ContactKey, Destination, E164, Email, Extension, Format, Permission, ScopeKey,
    };

    fn help(format: &Format, text: &str) -> String {
        assert!(!format.accepts(text), "{text}");
        format.help_for(text)
    }

    #[test]
    fn a_phone_number_is_written_in_e164() {
        for text in [
            "+1 415 555 0112",
            "+1 (415) 555-0112",
            "+1.415.555.0112",
            "+1-415-555-0112",
            "001 415 555 0112",
            "tel:+1-415-555-0112",
            "＋１４１５５５５０１１２",
            "+1\u{a0}415\u{2011}555\u{2011}0112",
            "\u{202a}+14155550112\u{202c}",
        ] {
            for format in [&E164::FORMAT, &Destination::FORMAT] {
                assert_eq!(help(format, text), "write `+14155550112`", "{text}");
            }
        }
        assert_eq!(
            help(&E164::FORMAT, "+44 (0)20 7946 0958"),
            "write `+442079460958`"
        );
        for text in ["(415) 555-0112", "415 555 0112"] {
            for format in [&E164::FORMAT, &Destination::FORMAT] {
                assert!(help(format, text).contains("country code"), "{text}");
            }
        }
        assert_eq!(help(&Destination::FORMAT, "* 97"), "write `*97`");
    }

    #[test]
    fn other_texts_are_suggested_where_they_are_clear() {
        for (format, text, valid) in [
            (&Extension::FORMAT, "1 001", "1001"),
            (&Extension::FORMAT, "１００１", "1001"),
            (
                &Email::FORMAT,
                "Alice <alice@acme.example>",
                "alice@acme.example",
            ),
            (&Color::FORMAT, "1f77b4", "#1f77b4"),
            (&Permission::FORMAT, "users:view", "users.view"),
            (&ContactKey::FORMAT, "Fire Brigade", "fire-brigade"),
            (&ScopeKey::FORMAT, "Basic User", "basic_user"),
        ] {
            assert_eq!(help(format, text), format!("write `{valid}`"));
        }
        assert_eq!(help(&Extension::FORMAT, "none"), "for example `1001`");
        assert!(help(&Email::FORMAT, "alice").starts_with("for example"));
        assert!(help(&ContactKey::FORMAT, "Zoë").starts_with("for example"));
        assert!(help(&ScopeKey::FORMAT, "a\u{202e}b").starts_with("for example"));
    }
}
