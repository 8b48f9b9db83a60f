//! The *JSON* renderer, for scripts: one document with a format version, described by a schema in
//! `schema/`.

use super::{escape, escape::Each};
use crate::{
    diagnostic::{Diagnostic, Level, Report},
    source::Place,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{borrow::Cow, io};

/// The format version of all documents. A new field increments the minor version, so readers must ignore
/// unknown fields. A changed or removed field increments the major version.
pub const FORMAT_VERSION: &str = "1.0";

/// The output of `validate --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnostics {
    /// Version of this format: `1.0`.
    pub format_version: Cow<'static, str>,
    /// The diagnostics, sorted by file and place.
    pub diagnostics: Vec<DiagnosticEntry>,
    /// Number of diagnostics of each level.
    pub summary: Summary,
}

/// A mistake in the files.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiagnosticEntry {
    /// Violated rule: `unknown-field`.
    pub rule: Cow<'static, str>,
    /// Level of the diagnostic.
    pub level: Level,
    /// Description, in one sentence.
    pub message: String,
    /// Place in the file.
    #[serde(flatten)]
    pub extent: Extent,
    /// Suggested fix, or null.
    pub help: Option<String>,
    /// Related places.
    pub related: Vec<RelatedEntry>,
}

/// A place related to a diagnostic.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RelatedEntry {
    /// Place in the file.
    #[serde(flatten)]
    pub extent: Extent,
    /// Label of the place.
    pub message: String,
}

/// A range of a file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Extent {
    /// File path relative to the workspace, with `/` as separator.
    pub file: String,
    /// First line, counted from 1.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// Column of the first character, counted from 1 in characters.
    #[schemars(range(min = 1))]
    pub column: usize,
    /// Last line.
    #[schemars(range(min = 1))]
    pub end_line: usize,
    /// Column after the last character.
    #[schemars(range(min = 1))]
    pub end_column: usize,
    /// Cell, if the file is a spreadsheet: `C7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
}

/// Number of diagnostics of each level.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Errors, which block planning.
    pub errors: usize,
    /// Warnings about probable mistakes.
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
            cell: place.cell().map(|cell| cell.to_string()),
        }
    }
}

impl From<&Diagnostic> for DiagnosticEntry {
    fn from(diagnostic: &Diagnostic) -> Self {
        let Diagnostic {
            rule,
            level,
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
            level: *level,
            message: message.clone(),
            extent: place.into(),
            help: help.clone(),
            related: related.collect(),
        }
    }
}

/// [`Diagnostics`], with entries that are made when they are written.
#[derive(Serialize)]
struct Streamed<D> {
    format_version: &'static str,
    diagnostics: D,
    summary: Summary,
}

/// Writes a report.
///
/// # Errors
/// The writer fails.
pub fn report(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let sorted = report.sorted();
    let entries = sorted.iter().map(|one| DiagnosticEntry::from(*one));
    let document = Streamed {
        format_version: FORMAT_VERSION,
        diagnostics: Each(entries),
        summary: Summary {
            errors: report.count(Level::Error),
            warnings: report.count(Level::Warning),
        },
    };
    escape::json(&document, out)
}

#[cfg(test)]
mod tests {
    use super::{
        super::samples::{hostile, ordinary, written},
        *,
    };

    #[test]
    fn one_document_contains_everything() {
        insta::assert_snapshot!(written(|out| report(&ordinary(), out)), @r#"
        {
          "format_version": "1.0",
          "diagnostics": [
            {
              "rule": "unanswered-calls",
              "level": "warning",
              "message": "unanswered calls to bob are disconnected",
              "file": "people.yaml",
              "line": 4,
              "column": 3,
              "end_line": 4,
              "end_column": 6,
              "help": "enable voicemail, or forward the calls",
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
                  "message": "used by users/bob"
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
    fn hostile_text_is_escaped_and_decodes_to_itself() {
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
                "cell",
                "help",
                "related"
            ]
        );
        assert_eq!(properties["file"]["type"], "string");
    }

    #[test]
    fn a_plan_is_a_document_without_unsafe_characters() {
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
        // What is written operation by operation is the same document, with the same digest.
        for (heading, plan) in [planned::ordinary(), planned::hostile()] {
            let built = document::plan(&heading, &plan);
            let view = document::view(&heading, &plan, None);
            let json = serde_json::to_value(&built).unwrap();
            assert_eq!(serde_json::to_string(&view).unwrap(), json.to_string());
            assert_eq!(view.digest(), document::digest(json));
            assert_eq!(view.operation_count(), built.operations.len());
        }
    }
}
