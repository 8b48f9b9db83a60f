//! A *renderer* writes what Callsheet has found out in one format: for people, for scripts, or for
//! the forge that runs it.
//!
//! A renderer is a file named after its format, with a function for each thing that it can show. It
//! gets data and a writer, asks nobody anything, and writes the same bytes for the same data. What
//! came from a file or a portal passes through [`escape`] on its way out, and the lines of a file come
//! from [`excerpt`], so that neither a secret nor an escape sequence gets through.

mod difference;
pub mod document;
pub mod escape;
mod excerpt;
pub mod github;
pub mod html;
pub mod json;
pub mod markdown;
#[cfg(test)]
mod planned;
pub mod prose;
#[cfg(test)]
mod samples;
pub mod sarif;
mod section;
pub mod text;
mod words;

use crate::diagnostic::Report;
use std::io;

/// The formats that there are; each command takes those that make sense for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "lower")]
pub enum Format {
    /// For people, at a terminal or in a log.
    #[default]
    Text,
    /// One document for scripts; `schema/` describes it.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// A page that stands alone.
    Html,
    /// Commands that GitHub shows as annotations on the lines of a pull request.
    Github,
    /// SARIF 2.1.0, for tools that collect what others have found.
    Sarif,
}

/// How things are to look. The renderer doesn't ask the terminal: whoever calls it has.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whether text is coloured.
    pub color: bool,
    /// How many columns text may take.
    pub width: usize,
    /// The path from the root of the repository to the workspace, with `/` between its parts, empty
    /// where they are the same. A forge knows files by their path from the root.
    pub prefix: String,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            color: false,
            width: 120,
            prefix: String::new(),
        }
    }
}

impl Look {
    /// The path of a file of the workspace, from the root of the repository.
    #[must_use]
    pub fn from_root(&self, name: &str) -> String {
        match self.prefix.trim_matches('/') {
            "" | "." => name.to_owned(),
            prefix => format!("{}/{name}", prefix.trim_start_matches("./")),
        }
    }
}

/// Writes a report in one format. Markdown and HTML are formats of plans; a report in them is text,
/// which belongs on stderr beside them.
///
/// # Errors
/// The writer fails.
pub fn report(
    format: Format,
    report: &Report,
    look: &Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Text | Format::Markdown | Format::Html => text::report(report, look, out),
        Format::Json => json::report(report, out),
        Format::Github => github::report(report, look, out),
        Format::Sarif => sarif::report(report, look, out),
    }
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}
