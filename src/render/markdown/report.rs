//! A *report* as Markdown: the verdict, and a table of what is wrong with the files.

use super::{
    MIN_BUDGET, title,
    words::{place, prose},
};
use crate::{
    diagnostic::{Diagnostic, Level, Report, Rule},
    render::{document::Heading, labels},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::{self, Write},
};

/// The number of rows that aren't folded.
const UNFOLDED: usize = 20;

/// The number of places that a row names.
const PLACES: usize = 6;

/// The bytes reserved for the heading and for the number of omitted rows.
const RESERVED: usize = 1_200;

/// The head of each table.
const COLUMNS: &str = "| | Place | Rule | Message |\n| --- | --- | --- | --- |\n";

/// Writes a report in at most `budget` bytes; a budget below [`MIN_BUDGET`] counts as that.
///
/// # Errors
/// The writer fails.
pub fn report(
    heading: &Heading,
    report: &Report,
    budget: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let groups = groups(report);
    let mut text = title(heading, &verdict(report));
    let mut room = budget.max(MIN_BUDGET).saturating_sub(text.len() + RESERVED);
    let mut written = 0;
    for (at, group) in groups.iter().enumerate() {
        let row = row(heading, group);
        if row.len() > room {
            break;
        }
        room -= row.len();
        if at == 0 {
            text.push_str(COLUMNS);
        } else if at == UNFOLDED {
            let more = labels::counted(groups.len() - UNFOLDED, "more row");
            _ = write!(text, "\n<details>\n<summary>{more}</summary>\n\n{COLUMNS}");
        }
        text.push_str(&row);
        written += group.len();
    }
    let omitted: usize = groups.iter().map(Vec::len).sum::<usize>() - written;
    if groups.len() > UNFOLDED && text.contains("<details>") {
        text.push_str("\n</details>\n");
    }
    if omitted > 0 {
        let omitted = labels::thousands(omitted);
        _ = writeln!(
            text,
            "\n… and {omitted} more; `callsheet validate --format json` has all of them"
        );
    }
    if !groups.is_empty() {
        let files = groups.iter().flatten();
        let files: BTreeSet<&str> = files.map(|one| one.place.source.name()).collect();
        let files = labels::counted(files.len(), "file");
        _ = writeln!(
            text,
            "\nIn {files}. `callsheet validate` shows the lines, and `callsheet explain RULE` says what a rule asks for."
        );
    }
    out.write_all(text.as_bytes())
}

/// `valid`, or `12 errors, 1 warning`.
fn verdict(report: &Report) -> String {
    let levels = [(Level::Error, "error"), (Level::Warning, "warning")];
    let counts = levels.map(|(level, word)| (report.count(level), word));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, word)| labels::counted(*count, word))
        .collect();
    match (report.has_errors(), counts.is_empty()) {
        (_, true) => "valid".to_owned(),
        (false, false) => format!("valid, {}", counts.join(", ")),
        (true, false) => counts.join(", "),
    }
}

/// The diagnostics, errors first; those that say the same are in one group.
fn groups(report: &Report) -> Vec<Vec<&Diagnostic>> {
    let mut groups: Vec<Vec<&Diagnostic>> = Vec::new();
    let mut known: BTreeMap<(Rule, &str, Option<&str>), usize> = BTreeMap::new();
    let mut sorted = report.sorted();
    sorted.sort_by_key(|one| one.level());
    for one in sorted {
        // What has places of its own is a row of its own.
        if !one.related.is_empty() {
            groups.push(vec![one]);
            continue;
        }
        let key = (one.rule, &*one.message, one.help.as_deref());
        let at = *known.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(one);
    }
    groups
}

fn row(heading: &Heading, group: &[&Diagnostic]) -> String {
    let first = group[0];
    let level = match first.level() {
        Level::Error => "**error**",
        Level::Warning => "warning",
    };
    let at = |one: &crate::source::Place| place(heading, one.source.name(), one.start().line);
    let mut places: Vec<String> = group
        .iter()
        .take(PLACES)
        .map(|one| at(&one.place))
        .collect();
    if let Some(more @ 1..) = group.len().checked_sub(PLACES) {
        places.push(format!("and {} more", labels::thousands(more)));
    }
    let mut message = prose(&first.message);
    for (place, what) in first.related.iter().take(PLACES) {
        _ = write!(message, "<br>{} {}", at(place), prose(what));
    }
    if let Some(help) = &first.help {
        let lines: Vec<String> = help.lines().map(prose).collect();
        _ = write!(message, "<br>_Help:_ {}", lines.join("<br>"));
    }
    format!(
        "| {level} | {} | `{}` | {message} |\n",
        places.join("<br>"),
        first.rule
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        render::{
            escape,
            markdown::BUDGET,
            planned,
            samples::{hostile, ordinary, place, written},
        },
        source::Source,
    };

    fn shown(heading: &Heading, what: &Report) -> String {
        written(|out| report(heading, what, BUDGET, out))
    }

    #[test]
    fn the_verdict_comes_first_and_places_are_linked() {
        let heading = planned::linked();
        insta::assert_snapshot!(shown(&heading, &ordinary()));
        insta::assert_snapshot!(shown(&heading, &Report::default()), @r"
        <!-- callsheet:eu/phones -->
        ### Callsheet `acme`: valid
        ");
    }

    #[test]
    fn equal_diagnostics_are_one_row_and_many_rows_are_folded() {
        let source = Source::new("a.yaml", "a: 1\n");
        let mut all = Report::default();
        for nth in 0..2_000 {
            let message = match nth % 100 {
                0..=60 => "all the same".to_owned(),
                _ => format!("another {nth}"),
            };
            all.add(Diagnostic::new(
                Rule::InvalidValue,
                place(&source, "a", 0),
                message,
            ));
        }
        let shown = shown(&planned::linked(), &all);
        assert!(shown.len() <= BUDGET);
        assert!(
            shown.contains("and 1,214 more | `invalid-value` | all the same |"),
            "{shown}"
        );
        let rows = shown.matches("\n| **error**").count();
        let omitted = shown
            .split("… and ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        assert_eq!(rows - 1 + omitted.parse::<usize>().unwrap(), 780);
        assert_eq!(shown.matches("<details>").count(), 1);
        assert!(shown.contains("</details>\n\n… and"), "{shown}");
    }

    #[test]
    fn hostile_text_is_no_markup() {
        let shown = shown(&Heading::default(), &hostile());
        insta::assert_snapshot!(shown);
        for line in shown.lines() {
            assert!(!line.starts_with("::") && !line.contains("##["), "{line}");
            assert!(!line.chars().any(escape::is_unsafe), "{line:?}");
        }
    }
}
