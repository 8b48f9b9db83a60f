//! *JSON* is for scripts: one document, with the version of its format, described by a schema in
//! `schema/`.

use super::escape;
use crate::{
    diagnostic::{Diagnostic, Level, Report},
    source::Place,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{borrow::Cow, io};

/// The version of every document here. A new field raises the second number; whoever reads a document
/// ignores fields that they don't know. A changed or removed one raises the first.
pub const FORMAT_VERSION: &str = "1.0";

/// What `validate --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnostics {
    /// The version of this format: `1.0`.
    pub format_version: Cow<'static, str>,
    /// Everything that is wrong in the files, by file and place.
    pub diagnostics: Vec<DiagnosticEntry>,
    /// How many there are.
    pub summary: Summary,
}

/// Something that is wrong in the files.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiagnosticEntry {
    /// The rule that is broken: `unknown-field`.
    pub rule: Cow<'static, str>,
    /// How much it matters.
    pub level: Level,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where it is.
    #[serde(flatten)]
    pub extent: Extent,
    /// What to write instead, or null.
    pub help: Option<String>,
    /// Other places that it speaks of.
    pub related: Vec<RelatedEntry>,
}

/// Another place that a diagnostic speaks of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RelatedEntry {
    /// Where it is.
    #[serde(flatten)]
    pub extent: Extent,
    /// What is there.
    pub message: String,
}

/// A stretch of a file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Extent {
    /// The file, relative to the workspace, with `/` between the parts of its path.
    pub file: String,
    /// The first line, counted from 1.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// The column of the first character, counted from 1 in characters.
    #[schemars(range(min = 1))]
    pub column: usize,
    /// The last line.
    #[schemars(range(min = 1))]
    pub end_line: usize,
    /// The column after the last character.
    #[schemars(range(min = 1))]
    pub end_column: usize,
}

/// How many diagnostics there are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Those that must be mended before anything is planned.
    pub errors: usize,
    /// Those that are probably mistakes.
    pub warnings: usize,
}

impl From<&Place> for Extent {
    fn from(place: &Place) -> Self {
        let (start, end) = (place.start(), place.end());
        Self {
            file: place.source.name().to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

impl From<&Diagnostic> for DiagnosticEntry {
    fn from(diagnostic: &Diagnostic) -> Self {
        let Diagnostic {
            rule,
            message,
            place,
            related,
            help,
        } = diagnostic;
        let related = related.iter().map(|(place, message)| RelatedEntry {
            extent: place.into(),
            message: message.clone(),
        });
        Self {
            rule: rule.id().into(),
            level: rule.level(),
            message: message.clone(),
            extent: place.into(),
            help: help.clone(),
            related: related.collect(),
        }
    }
}

impl From<&Report> for Diagnostics {
    fn from(report: &Report) -> Self {
        let sorted = report.sorted().into_iter();
        Self {
            format_version: FORMAT_VERSION.into(),
            diagnostics: sorted.map(DiagnosticEntry::from).collect(),
            summary: Summary {
                errors: report.count(Level::Error),
                warnings: report.count(Level::Warning),
            },
        }
    }
}

/// Writes a report.
///
/// # Errors
/// The writer fails.
pub fn report(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    escape::json(&Diagnostics::from(report), out)
}

#[cfg(test)]
mod tests {
    use super::{
        super::samples::{hostile, ordinary, written},
        *,
    };

    #[test]
    fn one_document_holds_everything() {
        insta::assert_snapshot!(written(|out| report(&ordinary(), out)), @r#"
        {
          "format_version": "1.0",
          "diagnostics": [
            {
              "rule": "unanswered-calls",
              "level": "warning",
              "message": "nobody answers bob's calls",
              "file": "people.yaml",
              "line": 4,
              "column": 3,
              "end_line": 4,
              "end_column": 6,
              "help": "turn voicemail on, or forward the calls",
              "related": []
            },
            {
              "rule": "duplicate-address",
              "level": "error",
              "message": "users/alice is declared twice",
              "file": "people.yaml",
              "line": 6,
              "column": 3,
              "end_line": 6,
              "end_column": 8,
              "help": null,
              "related": [
                {
                  "file": "people.yaml",
                  "line": 2,
                  "column": 3,
                  "end_line": 2,
                  "end_column": 8,
                  "message": "first declared here"
                }
              ]
            },
            {
              "rule": "duplicate-value",
              "level": "error",
              "message": "extension 1001 is taken",
              "file": "queues.yaml",
              "line": 2,
              "column": 3,
              "end_line": 2,
              "end_column": 7,
              "help": null,
              "related": [
                {
                  "file": "people.yaml",
                  "line": 5,
                  "column": 16,
                  "end_line": 5,
                  "end_column": 20,
                  "message": "users/bob has it"
                }
              ]
            }
          ],
          "summary": {
            "errors": 2,
            "warnings": 1
          }
        }
        "#);
    }

    #[test]
    fn hostile_text_is_escaped_and_comes_back_whole() {
        let shown = written(|out| report(&hostile(), out));
        assert!(!shown.chars().any(|c| c != '\n' && escape::is_unsafe(c)));
        assert!(!shown.contains("hunter2"));
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["diagnostics"][0]["file"], "a\u{1b}[31m,b:c%.yaml");
    }

    #[test]
    fn the_schema_describes_the_document() {
        let schema = schemars::schema_for!(Diagnostics);
        let properties = &schema.as_value()["$defs"]["DiagnosticEntry"]["properties"];
        let names: Vec<&String> = properties.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "rule",
                "level",
                "message",
                "file",
                "line",
                "column",
                "end_line",
                "end_column",
                "help",
                "related"
            ]
        );
        assert_eq!(properties["file"]["type"], "string");
    }

    #[test]
    fn a_plan_is_a_document_in_which_nothing_acts() {
        use super::super::{document, escape, planned};
        let shown = |(heading, plan): &(document::Heading, crate::plan::Plan)| {
            written(|out| escape::json(&document::plan(heading, plan), out))
        };
        insta::assert_snapshot!(shown(&planned::ordinary()));
        let hostile = shown(&planned::hostile());
        for line in hostile.lines() {
            assert!(!line.chars().any(escape::is_unsafe), "{line:?}");
            assert!(!line.starts_with("::") && !line.contains("##["), "{line}");
        }
        let read: serde_json::Value = serde_json::from_str(&hostile).unwrap();
        assert_eq!(read["workspace"], planned::HOSTILE);
    }
}
