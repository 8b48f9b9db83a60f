//! An *import* is a path in a source file to another module of the crate, in a `use` or elsewhere.

/// The module of a file: `plan/order.rs` is `plan::order`.
pub(super) fn module_path(file: &str) -> Vec<&str> {
    let stem = file.trim_end_matches(".rs");
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    stem.split('/').collect()
}

/// A token: a word or a symbol.
pub(super) struct Token<'t> {
    pub(super) line: usize,
    pub(super) word: &'t str,
}

/// The tokens of a Rust source, without comments and literals.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = skipped(rest).unwrap_or_else(|| {
            let word = rest.strip_prefix("r#").unwrap_or(rest);
            let end = word.find(|c: char| !c.is_alphanumeric() && c != '_');
            let length = match end.unwrap_or(word.len()) {
                0 if rest.starts_with("::") => 2,
                0 => c.len_utf8(),
                length => length,
            };
            let raw = rest.len() - word.len();
            if !c.is_whitespace() {
                let word = &word[..length];
                found.push(Token { line, word });
            }
            raw + length
        });
        line += rest[..length].matches('\n').count();
        at += length;
    }
    found
}

/// The length of the comment or literal at the start of a text.
fn skipped(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        let mut depth = 0;
        for (at, _) in text.char_indices() {
            if text[at..].starts_with("/*") {
                depth += 1;
            } else if text[..at].ends_with("*/") && at > 3 {
                depth -= 1;
            }
            if depth == 0 {
                return Some(at);
            }
        }
        return Some(text.len());
    }
    let quoted = |text: &str, quote: char| {
        let mut escaped = false;
        let end = text.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        end.map_or(text.len(), |(at, _)| at + 1)
    };
    let unprefixed = text.trim_start_matches(['b', 'c']);
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(body) = raw[hashes..].strip_prefix('"') {
            let closing = format!("\"{}", "#".repeat(hashes));
            let end = body
                .find(&closing)
                .map_or(body.len(), |at| at + closing.len());
            return Some(text.len() - body.len() + end);
        }
    }
    if text.len() - unprefixed.len() <= 1 && unprefixed.starts_with('"') {
        return Some(text.len() - unprefixed.len() + quoted(unprefixed, '"'));
    }
    // A lifetime has no second quote.
    let character = text.strip_prefix('\'')?;
    let c = character.chars().next()?;
    let closed = c == '\\' || character[c.len_utf8()..].starts_with('\'');
    Some(if closed { quoted(text, '\'') } else { 1 })
}

/// The top-level modules that a file imports or names, with their lines. Imports that bypass the table
/// (`*`, `self`, `crate`, `#[path]`) are listed too, and match no entry.
pub(super) fn imports(file: &[&str], text: &str) -> Vec<(usize, String)> {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word);
    let mut found = Vec::new();
    // The module of each open brace, if any.
    let mut inside: Vec<Option<&str>> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let here = || file.iter().copied().chain(inside.iter().copied().flatten());
        let starts_path = at == 0 || word(at - 1) != "::";
        match word(at) {
            "{" => {
                let module = (at > 1 && word(at - 2) == "mod").then(|| word(at - 1));
                inside.push(module);
            }
            "}" => {
                inside.pop();
            }
            "#" if word(at + 1) == "[" && word(at + 2) == "path" => {
                found.push((tokens[at].line, "#[path]".to_owned()));
            }
            "crate" | "super" if word(at + 1) == ")" => {}
            "crate" | "super" | "self" if starts_path && word(at + 1) == "::" => {
                let here: Vec<&str> = here().collect();
                at = follow(&tokens, at, &here, &mut found);
                continue;
            }
            "crate" => found.push((tokens[at].line, "crate".to_owned())),
            _ => {}
        }
        at += 1;
    }
    found
}

/// Follows a path and the paths of its groups, from module `here`. Returns its end.
fn follow(
    tokens: &[Token<'_>],
    mut at: usize,
    here: &[&str],
    found: &mut Vec<(usize, String)>,
) -> usize {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word);
    let mut module = here.to_vec();
    loop {
        match word(at) {
            "crate" => module.clear(),
            "super" => {
                module.pop();
            }
            "self" if word(at + 1) == "::" => {}
            "{" => {
                at += 1;
                while !matches!(word(at), "}" | "") {
                    at = follow(tokens, at, &module, found);
                    // The end of the path, maybe with a new name.
                    while !matches!(word(at), "," | "}" | "") {
                        at += 1;
                    }
                    at += usize::from(word(at) == ",");
                }
                return at + 1;
            }
            name => {
                // Only the first module of the path matters.
                let name = module.first().copied().unwrap_or(name);
                found.push((tokens[at.min(tokens.len() - 1)].line, name.to_owned()));
                module.push(name);
                // The rest is inside that module.
                while word(at + 1) == "::" && word(at + 2) != "{" {
                    at += 2;
                }
                at += 1;
                if word(at) == "::" {
                    // A group can't leave the module.
                    let mut depth = 0;
                    loop {
                        at += 1;
                        match word(at) {
                            "{" => depth += 1,
                            "}" if depth == 1 => return at + 1,
                            "}" => depth -= 1,
                            "" => return at,
                            _ => {}
                        }
                    }
                }
                return at;
            }
        }
        at += 1;
        if word(at) != "::" {
            return at;
        }
        at += 1;
    }
}

#[test]
fn every_form_of_import_is_found() {
    let seen = |file: &str, text: &str| -> String {
        let found = imports(&module_path(file), text).into_iter();
        found.map(|(_, name)| name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        seen("a/b.rs", "use crate::c; fn f() { crate::d::g() }"),
        "c d"
    );
    assert_eq!(
        seen("a/b.rs", "use crate::{c::{x, y}, d as e, f::g};"),
        "c d f"
    );
    assert_eq!(seen("a/b.rs", "use super::super::c; use super::x;"), "c a");
    assert_eq!(seen("a/b.rs", "use super::{super::{c, d::e}, x};"), "c d a");
    assert_eq!(seen("a/mod.rs", "use super::c; use self::x;"), "c a");
    assert_eq!(
        seen("a.rs", "mod tests { use super::*; use super::super::c; }"),
        "a c"
    );
    assert_eq!(seen("a.rs", "mod tests { mod m { } } use super::c;"), "c");
    assert_eq!(
        seen("a.rs", "use {std::fmt, crate::c}; use ::std::io;"),
        "c"
    );
    assert_eq!(
        seen("a.rs", "macro_rules! m { () => { $crate::c::d } }"),
        "c"
    );
    assert_eq!(seen("a.rs", "use crate::r#c;"), "c");
    assert_eq!(
        seen(
            "a.rs",
            "pub(crate) struct A; pub(super) mod b {} pub(in crate::a) struct B;"
        ),
        "a"
    );
    // An alias of the root would hide imports.
    assert_eq!(seen("a.rs", "use crate::*;"), "*");
    assert_eq!(seen("a.rs", "use super::{self as root};"), "self");
    assert_eq!(seen("a.rs", "use crate as root;"), "crate");
    assert_eq!(seen("a.rs", "#[path = \"../c.rs\"] mod c;"), "#[path]");
    let quiet = r##"
        /// See [`crate::c`]. /* crate::c */
        /* crate::c /* nested */ crate::c */
        const A: &str = "crate::c \" crate::c"; const B: &str = r#"crate::c " crate::c"#;
        const C: char = '"'; const D: char = '\''; fn f<'a>(_: &'a str) -> Self { self.c() } // crate::c
    "##;
    assert_eq!(seen("a.rs", quiet), "");
}
