//! *Words* are texts from files and portals as Markdown: prose in which nothing is markup, and code.
//!
//! Forges look for mentions, references and addresses in the finished page, where escapes are gone, so a
//! character that could start one is separated from the next one by a space without width.

use crate::{
    model::Kind,
    render::{document::Heading, escape, labels},
};
use std::fmt::Write as _;

/// The maximum length of one text, in bytes.
pub(super) const TEXT: usize = 200;

/// The maximum length of a message, in bytes.
pub(super) const MESSAGE: usize = 400;

/// A short text as code.
pub(super) fn code(text: &str) -> String {
    code_of(&short(text, TEXT))
}

/// A text as code, also in a table: there a vertical bar would end even a code span.
fn code_of(text: &str) -> String {
    if text.contains(['|', '\\']) {
        let mut html = "<code>".to_owned();
        for c in text.chars() {
            entity_into(c, c.is_ascii_punctuation(), &mut html);
        }
        html.push_str("</code>");
        html
    } else {
        escape::code(text)
    }
}

/// A message as prose. Addresses of resources, and what is between backticks, become code.
pub(super) fn prose(text: &str) -> String {
    let text = short(text, MESSAGE);
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let mut prose = String::with_capacity(text.len() + text.len() / 4);
    for (at, part) in parts.into_iter().enumerate() {
        match at % 2 {
            0 => plain_into(part, &mut prose),
            // A backtick without its pair, or a pair with nothing in between.
            _ if at == last || part.is_empty() => {
                prose.push_str("&#x60;");
                plain_into(part, &mut prose);
                if at != last {
                    prose.push_str("&#x60;");
                }
            }
            _ => prose.push_str(&code_of(part)),
        }
    }
    prose
}

fn plain_into(text: &str, prose: &mut String) {
    for word in text.split_inclusive(' ') {
        let core = word.trim_end_matches([' ', ',', ':', ';', ')', '.']);
        let is_address = core
            .split_once('/')
            .is_some_and(|(kind, key)| !key.is_empty() && kind.parse::<Kind>().is_ok());
        if is_address {
            prose.push_str(&code_of(core));
            prose.push_str(&word[core.len()..]);
            continue;
        }
        let mut rest = word;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            let begins = |text: &str| {
                rest.get(..text.len())
                    .is_some_and(|found| found.eq_ignore_ascii_case(text))
            };
            let is_within_word =
                prose.ends_with(char::is_alphanumeric) && rest.starts_with(char::is_alphanumeric);
            let is_markup = c.is_ascii_punctuation()
                && !" ,.'\"();:?-/+=".contains(c)
                && !(c == '_' && is_within_word);
            entity_into(c, is_markup, prose);
            // Addresses begin with `://` or `www.`, and GitHub takes `GH-1` for a reference.
            let links = c == ':' && begins("/")
                || matches!(c, 'w' | 'W') && begins("ww.")
                || matches!(c, 'g' | 'G') && begins("h-")
                || "@#!~$%&^[".contains(c) && !rest.is_empty() && !rest.starts_with(' ');
            if links {
                prose.push_str("&#x200b;");
            }
        }
    }
}

fn entity_into(c: char, is_entity: bool, text: &mut String) {
    if is_entity {
        // Writing to a string can't fail.
        _ = write!(text, "&#x{:x};", u32::from(c));
    } else {
        text.push(c);
    }
}

/// A place in a file, as a link where the forge is known.
pub(super) fn place(heading: &Heading, file: &str, line: usize) -> String {
    let text = code(&format!("{file}:{line}"));
    linked(text, heading.line(file, line))
}

/// An abbreviated commit, as a link where the forge is known.
pub(super) fn commit(heading: &Heading, id: &str) -> String {
    let links = heading.links.as_ref();
    linked(
        code(labels::short(id)),
        links.and_then(|links| links.commit(id)),
    )
}

/// Code as a link, if there is an address.
pub(super) fn linked(code: String, address: Option<String>) -> String {
    match address {
        Some(address) => format!("[{code}]({address})"),
        None => code,
    }
}

/// At most `limit` bytes of a text, with an ellipsis if it is longer.
pub(super) fn short(text: &str, limit: usize) -> String {
    let escaped = escape::line(text);
    if escaped.len() <= limit {
        return escaped;
    }
    let end = escaped.floor_char_boundary(limit.saturating_sub(3));
    format!("{}…", &escaped[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_quoted_words_are_code_and_the_rest_is_prose() {
        assert_eq!(
            prose("users/bob: the scope `basic_user` and users/*a*, last_name"),
            "`users/bob`: the scope `basic_user` and `users/*a*`, last_name"
        );
        assert_eq!(prose("a ` b"), "a &#x60; b");
        assert_eq!(prose("a `` b"), "a &#x60;&#x60; b");
    }

    #[test]
    fn nothing_is_mentioned_referred_to_or_linked() {
        assert_eq!(
            prose("@octocat #1 GH-2 a|b <b> http://x www.x"),
            "&#x40;&#x200b;octocat &#x23;&#x200b;1 G&#x200b;H-2 a&#x7c;b \
             &#x3c;b&#x3e; http:&#x200b;//x w&#x200b;ww.x"
        );
        assert_eq!(code("a|`b"), "<code>a&#x7c;&#x60;b</code>");
    }
}
