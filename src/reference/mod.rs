//! The *reference* is the docs that are written from the model and from what portals say of themselves:
//! pages for `docs/`, and tables in pages that a person wrote. They are checked to be fresh.

mod mapping;
mod portals;

pub use mapping::filled;

use crate::{
    diagnostic::{Level, Rule},
    model::{Field, FindingRule, Kind, ListOrder, Shape, Value},
};
use std::fmt::Write as _;

/// What every page begins with.
const GENERATED: &str =
    "<!-- Written by `callsheet schema --write`; change the source, not this page. -->\n\n";

/// Every generated page, by name.
#[must_use]
pub fn pages() -> Vec<(&'static str, String)> {
    vec![
        ("fields", fields()),
        ("portals", portals::page()),
        ("rules", rules()),
    ]
}

/// One line of Markdown out of a doc comment.
fn flat(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

fn rules() -> String {
    let mut page = format!(
        "{GENERATED}# Rules\n\nWhat `validate` can find wrong in the files, and what a guard can have to say about a plan. \
         The names are for scripts and waivers, and don't change.\n\n## In the files\n"
    );
    for rule in Rule::ALL {
        let level = match rule.level() {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        _ = write!(
            page,
            "\n### `{rule}` ({level})\n\n{}\n\n{}\n",
            flat(rule.meaning()),
            flat(rule.help())
        );
    }
    page.push_str("\n## In a plan\n");
    for rule in FindingRule::ALL {
        _ = write!(
            page,
            "\n### `{rule}`\n\n{}\n\n{}\n",
            flat(rule.meaning()),
            flat(rule.help())
        );
    }
    page
}

fn fields() -> String {
    let mut page = format!(
        "{GENERATED}# Fields\n\nEvery field of every kind. A field that is absent is not managed, `null` clears it, and a list that \
         is empty is an empty list. The IDs name the guide that a field comes from.\n"
    );
    for kind in Kind::ALL {
        _ = write!(page, "\n## {kind}\n");
        match kind.shape() {
            Shape::Variants { tag, types } => {
                for (word, shape) in types {
                    _ = write!(page, "\n### `{tag}: {word}`\n");
                    table(&mut page, shape.all_fields());
                }
            }
            shape => table(&mut page, shape.all_fields()),
        }
    }
    page
}

fn table(page: &mut String, fields: Vec<&Field>) {
    page.push_str("\n| field | what | type | default |\n|---|---|---|---|\n");
    rows(page, "", fields);
}

fn rows(page: &mut String, prefix: &str, fields: Vec<&Field>) {
    for field in fields {
        let name = format!("{prefix}{}", field.name);
        let required = if field.required { " (required)" } else { "" };
        let default = field
            .default
            .as_ref()
            .map_or_else(String::new, |default| format!("`{}`", spelled(default)));
        _ = writeln!(
            page,
            "| `{name}`{required} | {} | {} | {default} |",
            flat(&field.description),
            what(&field.shape)
        );
        match field.shape.strict() {
            shape @ Shape::Record(_) => rows(page, &format!("{name}."), shape.all_fields()),
            Shape::List { item, .. } => rows(page, &format!("{name}[]."), item.all_fields()),
            Shape::Map { item, .. } => rows(page, &format!("{name}.*."), item.all_fields()),
            _ => {}
        }
    }
}

fn spelled(value: &Value) -> String {
    serde_json::to_string(value)
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

fn what(shape: &Shape) -> String {
    match shape.strict() {
        Shape::Text(Some(format)) => flat(format.what),
        Shape::Text(None) => "text".to_owned(),
        Shape::Choice(words) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", "),
        Shape::Integer => "a whole number".to_owned(),
        Shape::Boolean => "`true` or `false`".to_owned(),
        Shape::Secret => "a reference to a secret".to_owned(),
        Shape::Templated(strict) => what(strict),
        Shape::List { item, order } => match order {
            ListOrder::Ordered => format!("a list, in order, of: {}", what(item)),
            ListOrder::Set => format!("a set of: {}", what(item)),
            ListOrder::Keyed(key) => format!("a list, known by `{key}`"),
        },
        Shape::Map { item, .. } => format!("a mapping to: {}", what(item)),
        Shape::Record(_) | Shape::Variants { .. } => "a mapping".to_owned(),
    }
}
