//! *SARIF* 2.1.0 is the format in which analysers hand results to tools that collect them.
//!
//! Only what has a meaning for a diagnostic is written. The same files give the same bytes: there is
//! no date, no machine and no run in it.

use super::{Look, escape, escape::Each};
use crate::{
    diagnostic::{Diagnostic, Level, Report, Rule},
    source::Place,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write as _, io};

/// The URL of the format's schema.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The base id of paths relative to the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// Writes a report.
///
/// # Errors
/// The writer fails.
pub fn report(report: &Report, look: &Look, out: &mut dyn io::Write) -> io::Result<()> {
    let sorted = report.sorted();
    let violated: BTreeSet<Rule> = sorted.iter().map(|one| one.rule).collect();
    let violated: Vec<Rule> = violated.into_iter().collect();
    let rules: Vec<Value> = violated.iter().map(|rule| described(*rule)).collect();
    let results = sorted.iter().map(|one| result(one, &violated, look));
    let document = Document {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": "callsheet",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }}),
            column_kind: "unicodeCodePoints",
            results: Each(results),
        }],
    };
    escape::json(&document, out)
}

/// The SARIF document.
#[derive(Serialize)]
struct Document<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<R>; 1],
}

/// The only run of a document. Its results may be many.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<R> {
    tool: Value,
    column_kind: &'static str,
    results: R,
}

/// The SARIF name of a level.
fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

/// The description of a rule.
fn described(rule: Rule) -> Value {
    // Doc comments contain line breaks.
    let meaning = rule.meaning().split_whitespace();
    let meaning = meaning.collect::<Vec<&str>>().join(" ");
    json!({
        "id": rule.id(),
        "shortDescription": { "text": meaning },
        "help": { "text": rule.help() },
        "defaultConfiguration": { "level": level(rule.level()) },
    })
}

/// The result for a diagnostic. `rules` are the rules described in the document.
fn result(diagnostic: &Diagnostic, rules: &[Rule], look: &Look) -> Value {
    let Diagnostic {
        rule,
        level: found,
        message,
        place,
        related,
        help,
    } = diagnostic;
    let mut text = escape::line(&place.with_cell(message));
    if let Some(help) = help {
        // Writing to a string can't fail.
        _ = write!(text, "\n{}", escape::lines(help));
    }
    let mut result = json!({
        "ruleId": rule.id(),
        "ruleIndex": rules.binary_search(rule).unwrap_or_default(),
        "level": level(*found),
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical(place, look) }],
    });
    if !related.is_empty() {
        let related = related.iter().enumerate().map(|(id, (place, what))| {
            json!({
                "id": id,
                "physicalLocation": physical(place, look),
                "message": { "text": escape::line(what) },
            })
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

/// The physical location of a place.
fn physical(place: &Place, look: &Look) -> Value {
    let (start, end) = (place.start(), place.end());
    json!({
        "artifactLocation": { "uri": uri(&look.from_root(place.source.name())), "uriBaseId": ROOT },
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        },
    })
}

/// A path as a relative reference (RFC 3986 §4.2). Special characters are escaped, including colons, since
/// `a:b` would be a URL with the scheme `a`.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
    path.bytes().fold(String::new(), |mut uri, byte| {
        if plain(byte) {
            uri.push(char::from(byte));
        } else {
            _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::samples::{hostile, ordinary, written},
        *,
    };

    #[test]
    fn contains_rules_results_and_places() {
        let look = Look {
            prefix: "tenants/acme".into(),
            ..Look::default()
        };
        let shown = written(|out| report(&ordinary(), &look, out));
        let read: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["version"], "2.1.0");
        let run = &read["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        assert_eq!(run["results"].as_array().unwrap().len(), 3);
        insta::assert_snapshot!(format!("{:#}", run["tool"]["driver"]["rules"][0]), @r#"
        {
          "id": "duplicate-address",
          "shortDescription": {
            "text": "A resource is declared twice. Files are merged, so one declaration would silently replace the other."
          },
          "help": {
            "text": "Keep one of the two declarations."
          },
          "defaultConfiguration": {
            "level": "error"
          }
        }
        "#);
        insta::assert_snapshot!(format!("{:#}", run["results"][1]), @r#"
        {
          "ruleId": "duplicate-address",
          "ruleIndex": 0,
          "level": "error",
          "message": {
            "text": "users/alice is declared twice"
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "tenants/acme/people.yaml",
                  "uriBaseId": "%SRCROOT%"
                },
                "region": {
                  "startLine": 6,
                  "startColumn": 3,
                  "endLine": 6,
                  "endColumn": 8
                }
              }
            }
          ],
          "relatedLocations": [
            {
              "id": 0,
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "tenants/acme/people.yaml",
                  "uriBaseId": "%SRCROOT%"
                },
                "region": {
                  "startLine": 2,
                  "startColumn": 3,
                  "endLine": 2,
                  "endColumn": 8
                }
              },
              "message": {
                "text": "first declared here"
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn hostile_text_is_escaped() {
        let shown = written(|out| report(&hostile(), &Look::default(), out));
        assert!(!shown.chars().any(|c| c != '\n' && escape::is_unsafe(c)));
        let read: Value = serde_json::from_str(&shown).unwrap();
        let result = &read["runs"][0]["results"][0];
        assert_eq!(
            result["message"]["text"],
            "no `\\u{1b}[2J`\\r\\n::error::100% taken\\u{202e} over\n\\u{3a}:stop-commands::x\n##\\u{5b}add-path]y"
        );
        assert_eq!(
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "a%1B%5B31m,b%3Ac%25.yaml"
        );
    }
}
