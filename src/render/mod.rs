//! A *renderer* writes a report, a plan or a result in one format: for people, for scripts, or for a CI
//! service.
//!
//! Each renderer is a file named after its format. It gets data and a writer, has no other input, and
//! writes the same bytes for the same data. Text from files and portals passes through [`escape`], and
//! lines of files come from [`excerpt`], so that neither secrets nor escape sequences are written.

mod alike;
mod difference;
pub mod document;
pub mod escape;
mod excerpt;
pub mod github;
pub mod html;
pub mod json;
mod labels;
pub mod links;
pub mod markdown;
pub mod overview;
mod person;
#[cfg(test)]
mod planned;
pub mod prose;
#[cfg(test)]
mod samples;
pub mod sarif;
mod section;
pub mod shown;
pub mod table;
pub mod text;
mod verdict;

use crate::diagnostic::Report;
use std::io;

/// An output format. Each command accepts the formats that suit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "lower")]
pub enum Format {
    /// Text for a terminal or a log.
    #[default]
    Text,
    /// A JSON document for scripts, described by a schema in `schema/`.
    Json,
    /// Markdown for a comment on a pull request.
    Markdown,
    /// A self-contained HTML page.
    Html,
    /// Workflow commands, which GitHub shows as annotations in a pull request.
    Github,
    /// SARIF 2.1.0 for code scanning tools.
    Sarif,
}

/// How much of a plan is written as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// New resources are shortened, except for what gives access or sends calls elsewhere.
    Summary,
    /// Every field of every resource; the members of long lists are counted.
    #[default]
    Fields,
    /// Everything.
    All,
}

/// Settings of the output. The caller queries the terminal, not the renderer.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whether text is colored.
    pub color: bool,
    /// The maximum width of text, in columns; [`usize::MAX`] in a pipe, where nothing is wrapped.
    pub width: usize,
    /// How much of a plan is written as text.
    pub detail: Detail,
    /// Whether the people whom an apply changed are listed.
    pub people: bool,
    /// The path from the root of the repository to the workspace, with `/` as separator; empty if they
    /// are the same. CI services need paths relative to the root.
    pub prefix: String,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            color: false,
            width: 120,
            detail: Detail::default(),
            people: true,
            prefix: String::new(),
        }
    }
}

impl Look {
    /// The path of a workspace's file, relative to the root of the repository.
    #[must_use]
    pub fn from_root(&self, name: &str) -> String {
        path_from_root(&self.prefix, name)
    }
}

/// The path of a file from the root of the repository: `prefix` is that of its workspace, and `name` begins with
/// `../` where the workspace includes it.
fn path_from_root(prefix: &str, name: &str) -> String {
    let mut parts: Vec<&str> = prefix
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let mut name = name;
    while let Some(rest) = name.strip_prefix("../") {
        if parts.pop().is_none() {
            break;
        }
        name = rest;
    }
    parts.push(name);
    parts.join("/")
}

/// Writes a report in a format. HTML is a format of plans: reports are written as text instead, for stderr.
///
/// # Errors
/// The writer fails.
pub fn report(
    format: Format,
    heading: &document::Heading,
    report: &Report,
    look: &Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Text | Format::Html => text::report(report, look, out),
        Format::Markdown => markdown::report(heading, report, markdown::BUDGET, out),
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
