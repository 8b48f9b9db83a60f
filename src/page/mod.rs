//! The *page* of people shows a whole phone system in a browser: who there is, what each has and may do, what the plan
//! changes, and where calls go. It is read-only, one file, and loads nothing.
//!
//! [`document`] is the data; [`baked`] is the page with the data in it, [`shell`] the same page that asks its server
//! for the data. Both embed one style sheet and one script, which the content security policy alone allows.

mod document;
mod flow;
mod policy;

pub use document::{Document, Head, document};
pub use policy::policy;

use serde::Serialize;
use std::io::{self, Write};

const STYLE: &str = include_str!("people.css");
const SCRIPT: &str = include_str!("people.js");

/// Writes the page with its data.
///
/// # Errors
/// The writer fails.
pub fn baked(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let policy = policy(STYLE, SCRIPT);
    begin(&policy, out)?;
    data(out, "data", document)?;
    end(out)
}

/// The page that asks its server for the data at `data`, with a token that its reader gives, or gets by logging in with
/// `fields`.
#[must_use]
pub fn shell(fields: &[&str]) -> String {
    let policy = format!("{}; connect-src 'self'", policy(STYLE, SCRIPT));
    let mut out = Vec::new();
    begin(&policy, &mut out)
        .and_then(|()| data(&mut out, "login", &fields))
        .and_then(|()| end(&mut out))
        .expect("memory takes everything");
    String::from_utf8(out).expect("the page is text")
}

fn begin(policy: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Callsheet</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <noscript><p>This page needs its own script to show people; it loads nothing.</p></noscript>\n\
         <div id=\"app\"></div>"
    )
}

/// Writes data that the script reads.
fn data(out: &mut dyn Write, id: &str, data: &impl Serialize) -> io::Result<()> {
    writeln!(out, "<script type=\"application/json\" id=\"{id}\">")?;
    serde_json::to_writer(Inert(out), data)?;
    writeln!(out, "\n</script>")
}

fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// A writer of JSON into a page: nothing in it can end the element, and no character hides another.
struct Inert<'w>(&'w mut dyn Write);

impl Write for Inert<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(at) = rest
            .iter()
            .position(|byte| matches!(byte, b'<' | b'>' | b'&'))
        {
            self.0.write_all(&rest[..at])?;
            write!(self.0, "\\u{:04x}", rest[at])?;
            rest = &rest[at + 1..];
        }
        self.0.write_all(rest)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_data() {
        let hostile = "</script><script>alert(1)</script><!-- & ]]>";
        let mut out = Vec::new();
        serde_json::to_writer(Inert(&mut out), &[hostile]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains(['<', '>', '&']), "{text}");
        let read: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(read, [hostile]);
    }

    #[test]
    fn a_page_has_its_own_script_and_no_other() {
        let shell = shell(&["username", "</script>"]);
        assert_eq!(shell.matches("<script>").count(), 1);
        assert_eq!(shell.matches("</script>").count(), 2);
        assert!(!shell.contains("http://") && !shell.contains("https://"));
        assert!(shell.contains("connect-src 'self'"));
    }
}
