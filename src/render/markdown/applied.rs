//! The *result* of an apply as Markdown: the verdict, what wasn't done, and what was done, deletes first.

use super::{
    List, MIN_BUDGET, head_line, title,
    words::{TEXT, code, prose},
};
use crate::{
    apply::{Applied, OperationResult, Outcome},
    plan::{Action, Operation, Plan, Summary},
    render::{
        document::{Author, Heading, Outcomes},
        labels, person,
    },
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write},
};

/// The bytes reserved for headings and for the numbers of omitted lines.
const RESERVED: usize = 1_200;

/// The number of resources that a line names.
const NAMED: usize = 8;

/// Writes the result of an apply in at most `budget` bytes; a budget below [`MIN_BUDGET`] counts as that.
///
/// # Errors
/// The writer fails.
pub fn applied(
    heading: &Heading,
    plan: &Plan,
    applied: &Applied,
    budget: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = title(heading, &verdict(applied));
    text.push_str(&head_line(heading));
    if let Some(author) = heading
        .author
        .as_ref()
        .filter(|_| !plan.operations.is_empty())
    {
        text.push_str(&applied_by(author));
    }
    if applied.interrupted {
        text.push_str(
            "> [!CAUTION]\n> **The apply was interrupted. Apply again to finish it.**\n\n",
        );
    }
    let mut room = budget.max(MIN_BUDGET).saturating_sub(text.len() + RESERVED);
    let mut results: Vec<(&Operation, &OperationResult)> =
        plan.operations.iter().zip(&applied.results).collect();
    results.sort_by_key(|(operation, _)| !operation.is_removal());
    let with = |outcome: Outcome| {
        let results = results.iter().copied();
        results.filter(move |(_, result)| result.outcome == outcome)
    };
    let lists = [
        List::of(
            "Failed",
            "failure",
            with(Outcome::Failed).map(line).map(|line| (1, line)),
            &mut room,
        ),
        List::of(
            "Unknown: plan again to find out what happened",
            "unknown operation",
            with(Outcome::Unknown).map(line).map(|line| (1, line)),
            &mut room,
        ),
        List::of(
            "Not attempted",
            "operation",
            not_attempted(with(Outcome::NotAttempted)).into_iter(),
            &mut room,
        ),
        List::of(
            "Not finished",
            "warning",
            applied
                .checks
                .iter()
                .filter(|check| !check.ok)
                .map(|check| {
                    let line = format!("- {}: {}\n", code(&check.name), prose(&check.message));
                    (1, line)
                }),
            &mut room,
        ),
    ];
    for list in lists {
        list.write("the journal", &mut text);
    }
    done_into(
        &with(Outcome::Done).map(|(one, _)| one).collect::<Vec<_>>(),
        &mut room,
        &mut text,
    );
    out.write_all(text.as_bytes())
}

/// `Applied by ann in this run`, with the run as a link.
fn applied_by(author: &Author) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:%".contains(c);
    let run = author.run_url.as_deref().filter(|url| {
        url.starts_with("https://") && url.len() <= TEXT && url.chars().all(is_plain)
    });
    let run = run.map_or_else(String::new, |url| format!(" in [this run]({url})"));
    format!("Applied by {}{run}.\n\n", code(&author.name))
}

/// `15 of 15 done`, or `12 of 15 done, 1 failed, 2 not attempted`.
fn verdict(applied: &Applied) -> String {
    let Outcomes {
        done,
        failed,
        not_attempted,
        unknown,
    } = Outcomes::of(applied);
    if applied.results.is_empty() {
        return "nothing to do".to_owned();
    }
    let all = labels::thousands(applied.results.len());
    let mut text = format!("{} of {all} done", labels::thousands(done));
    for (count, what) in [
        (failed, "failed"),
        (not_attempted, "not attempted"),
        (unknown, "unknown"),
    ] {
        if count > 0 {
            _ = write!(text, ", {} {what}", labels::thousands(count));
        }
    }
    text
}

/// What was to be done to a resource, and to whom.
fn what(operation: &Operation) -> String {
    let verb = labels::verb(operation.action);
    let mut text = format!("**{verb}** {}", code(&operation.address.to_string()));
    if let Some(subject) = person::deleted(operation) {
        _ = write!(text, " ({})", prose(&subject));
    }
    text
}

fn line((operation, result): (&Operation, &OperationResult)) -> String {
    let error = result.error.as_deref().unwrap_or_default();
    let errors: Vec<String> = error.lines().map(prose).collect();
    format!("- {}: {}\n", what(operation), errors.join(" "))
}

/// The operations that weren't attempted, by the reason.
fn not_attempted<'p>(
    results: impl Iterator<Item = (&'p Operation, &'p OperationResult)>,
) -> Vec<(usize, String)> {
    let mut reasons: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for (operation, result) in results {
        let reason = result.error.as_deref().unwrap_or_default();
        reasons.entry(reason).or_default().push(operation);
    }
    let lines = reasons.into_iter().map(|(reason, operations)| {
        let named = operations.iter().take(NAMED).copied().map(what);
        let mut named: Vec<String> = named.collect();
        if let Some(more @ 1..) = operations.len().checked_sub(NAMED) {
            named.push(format!("and {} more", labels::thousands(more)));
        }
        let reason = prose(reason);
        let line = format!("- {reason}: {}\n", named.join(", "));
        (operations.len(), line)
    });
    lines.collect()
}

/// What was done, folded unless it is little.
fn done_into(done: &[&Operation], room: &mut usize, text: &mut String) {
    if done.is_empty() {
        return;
    }
    let counts = labels::counts(Summary::of(done.iter().copied()));
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, action)| format!("{} {}", labels::thousands(count), labels::past(action)))
        .collect();
    let is_open = done.len() <= NAMED || done.iter().any(|one| one.action == Action::Delete);
    let open = if is_open { " open" } else { "" };
    _ = writeln!(
        text,
        "<details{open}>\n<summary><b>Done</b>: {}</summary>\n",
        counts.join(", ")
    );
    let mut written = 0;
    for operation in done {
        let line = format!("- {}\n", what(operation));
        if line.len() > *room {
            break;
        }
        *room -= line.len();
        text.push_str(&line);
        written += 1;
    }
    if written < done.len() {
        let more = labels::thousands(done.len() - written);
        _ = writeln!(text, "- … and {more} more; the journal has all of them");
    }
    text.push_str("\n</details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        portal::Check,
        render::{
            markdown::BUDGET,
            planned::{self, HOSTILE, operation},
            samples::written,
        },
    };

    fn result(outcome: Outcome, error: Option<&str>) -> OperationResult {
        OperationResult {
            outcome,
            error: error.map(str::to_owned),
            written: None,
        }
    }

    fn shown(plan: &Plan, result: &Applied) -> String {
        written(|out| applied(&planned::linked(), plan, result, BUDGET, out))
    }

    #[test]
    fn what_was_not_done_comes_first_and_deletes_before_the_rest() {
        let (_, plan) = planned::ordinary();
        let results = plan.operations.iter().enumerate().map(|(at, _)| match at {
            1 => result(
                Outcome::Failed,
                Some("extension 1042 is taken by users/ian"),
            ),
            2 => result(Outcome::Unknown, Some("no answer after 30 seconds")),
            5 | 6 => result(Outcome::NotAttempted, Some("users/alice failed")),
            _ => result(Outcome::Done, None),
        });
        let mut of = Applied {
            results: results.collect(),
            interrupted: true,
            checks: vec![Check {
                name: "reload".into(),
                ok: false,
                message: "the portal answered 500".into(),
            }],
        };
        insta::assert_snapshot!(shown(&plan, &of));
        of.results.fill(result(Outcome::Done, None));
        of.interrupted = false;
        of.checks.clear();
        insta::assert_snapshot!(shown(&plan, &of));
        insta::assert_snapshot!(shown(&Plan::default(), &Applied::default()));
    }

    #[test]
    fn the_budget_is_kept_and_hostile_text_is_no_markup() {
        let mut plan = Plan::default();
        let mut of = Applied::default();
        for at in 0..20_000 {
            let key = format!("{at}{HOSTILE}");
            plan.operations
                .push(operation(Action::Update, crate::plan::Cause::Change, &key));
            let outcomes = [Outcome::Done, Outcome::Failed, Outcome::NotAttempted];
            of.results.push(result(outcomes[at % 3], Some(HOSTILE)));
        }
        let shown = shown(&plan, &of);
        assert!(shown.len() <= BUDGET, "{}", shown.len());
        for bad in ["<img", "<script", "\n::", "##["] {
            let outside = crate::render::markdown::tests::outside_of_code(&shown);
            assert!(!outside.contains(bad), "{bad}");
        }
    }
}
