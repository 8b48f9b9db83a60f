//! *Escaping* makes text safe to show: it can't move the cursor, reorder the text around it, start a
//! command of a CI runner, or become markup.
//!
//! All text from files and portals is untrusted until it is escaped: a CI runner plans pull requests
//! from outside contributors, and people read its log in a terminal.

use serde::Serialize;
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// Whether a character is unsafe to print: control characters, bidirectional controls, Unicode line
/// separators and invisible characters. Joiners are safe, since names in several scripts need them.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Text on one line. Unsafe characters become escapes such as `\u{1b}`, and so does the bracket of
/// `##[`, which starts a command of GitHub's runner anywhere in a line.
#[must_use]
pub fn line(text: &str) -> String {
    let escaped = text
        .chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            match c {
                '\n' => escaped.push_str("\\n"),
                '\r' => escaped.push_str("\\r"),
                '\t' => escaped.push_str("\\t"),
                c if is_unsafe(c) => {
                    // Writing to a string can't fail.
                    _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
                }
                c => escaped.push(c),
            }
            escaped
        });
    escaped.replace("##[", r"##\u{5b}")
}

/// Text with its line breaks kept. Each line is escaped, and so is a leading `::`, which starts a command
/// of GitHub's runner.
#[must_use]
pub fn lines(text: &str) -> String {
    let lines = text.lines().map(|text| {
        let escaped = line(text);
        match escaped.trim_start().strip_prefix("::") {
            Some(rest) => format!(r"\u{{3a}}:{rest}"),
            None => escaped,
        }
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// Writes one JSON document. Unsafe characters are written as `\u001b`: a JSON parser decodes them,
/// and a terminal never sees them.
///
/// # Errors
/// The writer fails.
pub fn json(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut escaping = Escaping {
        out,
        pending: Vec::new(),
        hashes: 0,
    };
    serde_json::to_writer_pretty(&mut escaping, document)?;
    escaping.out.write_all(b"\n")
}

/// One JSON document on one line, escaped as by [`json`].
///
/// # Errors
/// The document can't be serialized.
pub fn json_line(document: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    json_line_to(document, &mut line)?;
    Ok(line)
}

/// Writes one JSON document on one line, escaped as by [`json`].
///
/// # Errors
/// The document can't be serialized, or the writer fails.
pub fn json_line_to(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut escaping = Escaping {
        out,
        pending: Vec::new(),
        hashes: 0,
    };
    serde_json::to_writer(&mut escaping, document)?;
    escaping.out.write_all(b"\n")
}

/// A writer that escapes JSON on its way, so that no document is kept in memory twice.
struct Escaping<'w> {
    out: &'w mut dyn Write,
    /// The first bytes of a character.
    pending: Vec<u8>,
    /// The number of hash signs at the end of what was written.
    hashes: usize,
}

impl Write for Escaping<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let valid = match std::str::from_utf8(&pending) {
            Ok(text) => text,
            Err(error) => {
                let (valid, rest) = pending.split_at(error.valid_up_to());
                self.pending = rest.to_vec();
                std::str::from_utf8(valid).unwrap_or_default()
            }
        };
        let mut escaped = String::with_capacity(valid.len());
        for c in valid.chars() {
            // Raw line breaks are layout: those inside strings are escaped already. A bracket after two
            // hash signs is escaped as in a line of text, but a parser decodes it again.
            if c != '\n' && is_unsafe(c) || c == '[' && self.hashes >= 2 {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    _ = write!(escaped, "\\u{unit:04x}");
                }
            } else {
                escaped.push(c);
            }
            self.hashes = if c == '#' { self.hashes + 1 } else { 0 };
        }
        self.out.write_all(escaped.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A list that is serialized element by element, rather than collected first.
pub struct Each<I>(pub I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Each<I> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

/// Text as a Markdown code span, in which mentions, references and tags have no effect. The fence is
/// longer than any run of backticks in the text.
#[must_use]
pub fn code(text: &str) -> String {
    let escaped = line(text);
    let mut longest = 0;
    let mut run = 0;
    for c in escaped.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // A Markdown renderer strips one space at each end, unless the whole span is spaces.
    let needs_space =
        escaped.starts_with(['`', ' ']) || escaped.ends_with(['`', ' ']) || escaped.is_empty();
    let space = if needs_space { " " } else { "" };
    format!("{fence}{space}{escaped}{space}{fence}")
}

/// Text of an HTML page, between tags or in a quoted attribute. Line breaks are kept.
#[must_use]
pub fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in lines(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The message of a GitHub workflow command. Line breaks are kept as `%0A`, which the runner decodes.
#[must_use]
pub fn github_message(text: &str) -> String {
    lines(text).replace('%', "%25").replace('\n', "%0A")
}

/// A property of a GitHub workflow command.
#[must_use]
pub fn github_property(text: &str) -> String {
    line(text)
        .replace('%', "%25")
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_characters_are_escaped_and_readable_text_is_kept() {
        assert_eq!(
            line("a\u{1b}[31m\u{9b}\u{202e}\u{e0041}\n\tb"),
            r"a\u{1b}[31m\u{9b}\u{202e}\u{e0041}\n\tb"
        );
        let names = "Zoë Ng, 李小龍, \u{646}\u{200c}\u{627}, 👩\u{200d}🔧";
        assert_eq!(line(names), names);
        assert_eq!(lines("one\r\ntwo\u{7}"), "one\ntwo\\u{7}");
        assert_eq!(lines("a::b\n ::c\n##[d]"), "a::b\n\\u{3a}:c\n##\\u{5b}d]");
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("@a #1 <b>"), "`@a #1 <b>`");
        assert_eq!(
            html("<b a='\"'>&\u{1b}"),
            "&lt;b a=&#39;&quot;&#39;&gt;&amp;\\u{1b}"
        );
    }

    #[test]
    fn escaped_json_decodes_to_the_same_values() {
        let value = "\u{7f}\u{9b}\u{202e}\u{e0041}\n\\u001b é ##[x]";
        let mut out = Vec::new();
        json(&value, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            !text.trim_end().chars().any(is_unsafe) && !text.contains("##["),
            "{text:?}"
        );
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
        let line = String::from_utf8(json_line(&value).unwrap()).unwrap();
        assert_eq!(line, text);
    }
}
