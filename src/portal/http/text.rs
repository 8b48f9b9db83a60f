//! *Plain text* is text from a portal that is safe to display.

/// The maximum length, in characters, of a portal's text in a message.
const MAX_TEXT: usize = 300;

/// Makes foreign text safe for display: one line without control characters, which could forge terminal
/// or log output, truncated to 300 characters.
#[must_use]
pub fn plain(text: &str) -> String {
    let printable = text.chars().filter(|c| is_printable(*c));
    let mut plain: String = printable.take(MAX_TEXT + 1).collect();
    if let Some((at, _)) = plain.char_indices().nth(MAX_TEXT - 1)
        && plain.chars().nth(MAX_TEXT).is_some()
    {
        plain.truncate(at);
        plain.push('…');
    }
    plain
}

/// Whether a character is visible and has no side effects such as moving the cursor.
#[must_use]
pub fn is_printable(c: char) -> bool {
    !c.is_control() && !is_format(c)
}

/// Whether a character reverses or hides the text around it.
const fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_from_a_portal_cannot_control_a_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{202e}d"), "a[2Jbcd");
        assert_eq!(plain(&"x".repeat(300)), "x".repeat(300));
        assert_eq!(plain(&"ä".repeat(301)), format!("{}…", "ä".repeat(299)));
    }
}
