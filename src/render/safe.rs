//! *Safe* text can be shown anywhere: nothing in it moves a cursor, reorders what stands beside it,
//! starts a command of a runner, or becomes markup.
//!
//! Whatever a person or a portal wrote is hostile until it has been here: a pull request from a
//! stranger is planned by a runner, and its log is read by a person at a terminal.

use serde::Serialize;
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// Whether a character acts instead of being seen: control characters, what reorders text, what
/// breaks lines behind a terminal's back, and what is invisible and stands for nothing. Joiners stay,
/// since names in several scripts need them.
#[must_use]
pub fn acts(c: char) -> bool {
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

/// Text on one line, with escapes such as `\u{1b}` for what acts, and for the bracket of `##[`, which
/// begins a command of GitHub's runner wherever in a line of a log it stands.
#[must_use]
pub fn line(text: &str) -> String {
    let shown = text
        .chars()
        .fold(String::with_capacity(text.len()), |mut shown, c| {
            match c {
                '\n' => shown.push_str("\\n"),
                '\r' => shown.push_str("\\r"),
                '\t' => shown.push_str("\\t"),
                c if acts(c) => {
                    // Writing to a string can't fail.
                    _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
                }
                c => shown.push(c),
            }
            shown
        });
    shown.replace("##[", r"##\u{5b}")
}

/// Text on as many lines as it has, with escapes for whatever else acts, and for the colons of `::`,
/// which begins a command of GitHub's runner at the start of a line.
#[must_use]
pub fn lines(text: &str) -> String {
    let lines = text.lines().map(|text| {
        let shown = line(text);
        match shown.trim_start().strip_prefix("::") {
            Some(rest) => format!(r"\u{{3a}}:{rest}"),
            None => shown,
        }
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// Writes one JSON document. Characters that act are written as `\u001b`: a reader of the document
/// gets them back, a terminal never sees them.
///
/// # Errors
/// The writer fails.
pub fn json(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    let mut shown = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // The line breaks are the layout's: those inside strings are escaped already.
        if c != '\n' && acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown.push('\n');
    // As for a line of text, but the reader gets the bracket back.
    out.write_all(shown.replace("##[", r"##\u005b").as_bytes())
}

/// Text as a code span of Markdown, where nothing in it means anything: not even a mention, a reference
/// or a tag. The fence is longer than any that the text holds.
#[must_use]
pub fn code(text: &str) -> String {
    let shown = line(text);
    let mut longest = 0;
    let mut run = 0;
    for c in shown.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // One space at each end is taken away again by whoever reads it, unless all of it is space.
    let is_bare = shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) || shown.is_empty();
    let space = if is_bare { " " } else { "" };
    format!("{fence}{space}{shown}{space}{fence}")
}

/// Text of a page, between tags or in a quoted attribute. Line breaks stay, the rest that acts is
/// escaped.
#[must_use]
pub fn html(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in lines(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            c => shown.push(c),
        }
    }
    shown
}

/// The message of a GitHub workflow command. What acts is escaped first, line breaks aside, which
/// the runner puts back from `%0A`.
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
    fn what_acts_is_escaped_and_what_is_read_stays() {
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
    fn markup_is_text() {
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
    fn json_keeps_its_values() {
        let value = "\u{7f}\u{9b}\u{202e}\u{e0041}\n\\u001b é ##[x]";
        let mut out = Vec::new();
        json(&value, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            !text.trim_end().chars().any(acts) && !text.contains("##["),
            "{text:?}"
        );
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
    }
}
