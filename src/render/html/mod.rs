//! The *HTML* renderer writes a plan as a self-contained page: it loads nothing, works without scripts, and
//! can be kept as a build artifact.
//!
//! The verdict and the findings come first, then deletes, then the rest by its cause. The content security policy
//! allows only the embedded style sheet and script, so text that escapes its element can't run anything.

mod card;
mod finding;
mod list;
mod words;

use super::{
    alike::Alike,
    document::{self, Heading},
    escape::html,
    labels, person,
    verdict::{self, Verdict},
};
use crate::{
    model::{Address, Kind},
    page,
    plan::{Action, Cause, Operation, Plan},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What all parts of a page know.
struct Page<'p> {
    heading: &'p Heading,
    /// The findings.
    alike: Vec<Alike<'p>>,
    /// The findings about each resource, by their place in `alike`.
    findings: BTreeMap<&'p Address, Vec<usize>>,
    /// What people call each resource that changes, if they do.
    names: BTreeMap<&'p Address, Option<String>>,
    /// The resources that were written already, so that no id is used twice.
    written: BTreeSet<&'p Address>,
    /// Whether operations are expanded initially.
    is_open: bool,
    /// Whether the fields of operations are left to the script, to be shown when they are asked for.
    is_large: bool,
}

/// The maximum number of operations that are expanded initially.
const EXPANDED: usize = 12;

/// The number of operations from which a browser takes noticeably long for all of their fields.
const LARGE: usize = 1_000;

/// Writes a plan.
///
/// # Errors
/// The writer fails.
pub fn plan(heading: &Heading, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let alike = Alike::all(plan);
    let mut findings: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
    for (at, one) in alike.iter().enumerate() {
        for address in one.findings.iter().filter_map(|one| one.address.as_ref()) {
            let of = findings.entry(address).or_default();
            if of.last() != Some(&at) {
                of.push(at);
            }
        }
    }
    let operations = plan.operations.iter();
    let mut page = Page {
        heading,
        alike,
        findings,
        names: operations
            .map(|one| (&one.address, person::name(one)))
            .collect(),
        written: BTreeSet::new(),
        is_open: plan.operations.len() <= EXPANDED,
        is_large: plan.operations.len() > LARGE,
    };
    head(heading, plan, out)?;
    for (at, alike) in page.alike.iter().enumerate() {
        finding::write(&page, at, alike, out)?;
    }
    if !page.alike.is_empty() {
        writeln!(out, "</section>")?;
    }
    if !plan.operations.is_empty() {
        tools(heading, plan, out)?;
    }
    list::write(&mut page, plan, out)?;
    foot(heading, plan, out)
}

fn head(heading: &Heading, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let workspace = html(&heading.workspace);
    let verdict = Verdict::of(plan);
    let policy = page::policy(STYLE, SCRIPT);
    let words = verdict.words(plan);
    let summary = labels::summary(plan.summary());
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{workspace}: {words} ({summary})</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    )?;
    writeln!(
        out,
        "<header>\n<p class=\"brand\">Callsheet plan</p>\n<h1>{workspace}</h1>"
    )?;
    let mut parts = vec![format!("on {}", html(&heading.portal))];
    if let Some(journal) = &heading.undo_of {
        parts.insert(0, format!("undo of {}", html(journal)));
    }
    for (name, id) in labels::commits(&heading.revision) {
        parts.push(format!("{name} {}", words::commit(heading, id)));
    }
    let request = heading.links.as_ref().and_then(|links| links.request());
    if let Some((name, address)) = request {
        parts.push(format!(
            "pull request {}",
            words::linked(&html(&name), Some(address))
        ));
    }
    if let Some(limit) = labels::limit(heading) {
        parts.push(format!("<strong>{}</strong>", html(&limit)));
    }
    if heading.told_from_history {
        parts.push(labels::TOLD_FROM_HISTORY.to_owned());
    }
    if heading.dirty {
        parts.push(format!("<strong>{}</strong>", labels::DIRTY));
    }
    writeln!(out, "<p>{}</p>", parts.join(" · "))?;
    if heading.revision.head.is_none() {
        let note = labels::no_history(heading);
        writeln!(out, "<p>{}</p>", words::prose(&note, None))?;
    }
    if let Some(note) = labels::only_changed(heading, plan) {
        writeln!(out, "<p>{}</p>", html(&note))?;
    }
    let (class, sign, title) = match verdict {
        Verdict::Blocked => ("blocked", "✕", "Blocked"),
        Verdict::Ready => ("ready", "✓", "Ready to apply"),
        Verdict::Nothing => ("nothing", "✓", "Nothing to do"),
    };
    let rest = match verdict {
        Verdict::Blocked => format!("by {}", words.strip_prefix("blocked by ").unwrap_or(&words)),
        Verdict::Ready => summary.clone(),
        Verdict::Nothing if heading.only_changed => "for this change".to_owned(),
        Verdict::Nothing => "the portal is as declared".to_owned(),
    };
    writeln!(
        out,
        "</header>\n<main>\n<div class=\"verdict {class}\"><span aria-hidden=\"true\">{sign}</span>\
         <p><strong>{title}</strong> {rest}</p>"
    )?;
    if verdict == Verdict::Blocked {
        let rules = verdict::blocked_by_line(plan);
        writeln!(out, "<p>{rules}</p>\n<p>{summary}</p>")?;
    }
    writeln!(out, "</div>")?;
    if !plan.findings.is_empty() {
        writeln!(out, "<section class=\"findings\">\n<h2>Findings</h2>")?;
    }
    Ok(())
}

/// The search and the filters, hidden without scripts.
fn tools(heading: &Heading, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut chips: Vec<(&str, &str, String, usize)> = Vec::new();
    for (count, action) in labels::counts(plan.summary()) {
        let verb = labels::verb(action);
        let word = format!("{} {verb}", labels::sign(action));
        chips.push(("a", verb, word, count));
    }
    let count = |wanted: &dyn Fn(&Operation) -> bool| {
        let operations = plan.operations.iter();
        operations.filter(|one| wanted(one)).count()
    };
    if heading.revision.head.is_some() {
        for cause in [Cause::Conflict, Cause::Change, Cause::Pending, Cause::Drift] {
            let name = labels::cause(cause);
            let of = count(&|one| one.cause == cause);
            chips.push(("c", name, labels::cause_heading(cause).to_owned(), of));
        }
        // What has another cause besides is the reason to ask for drift alone.
        let drifted = count(&verdict::is_drifted);
        if drifted > count(&|one| one.cause == Cause::Drift) {
            chips.push(("d", "1", "Any edit of the portal".to_owned(), drifted));
        }
    }
    for kind in Kind::ALL {
        let of = count(&|one| one.address.kind == kind);
        chips.push(("k", kind.name(), kind.name().to_owned(), of));
    }
    chips.retain(|(.., count)| *count > 0);
    let groups: Vec<&str> = chips.iter().map(|(of, ..)| *of).collect();
    // What holds for every operation tells nothing apart.
    let is_choice = |of: &str| of == "d" || groups.iter().filter(|one| **one == of).count() > 1;
    chips.retain(|(of, ..)| is_choice(of));
    writeln!(
        out,
        "<div class=\"chips\" role=\"group\" aria-label=\"Filters\" hidden>"
    )?;
    let mut last = "";
    for (of, value, word, count) in chips {
        if of != last && of != "d" && !last.is_empty() {
            write!(out, "<span class=\"gap\"></span>")?;
        }
        last = if of == "d" { "c" } else { of };
        let class = if of == "a" { value } else { "" };
        let count = labels::thousands(count);
        write!(
            out,
            "<button type=\"button\" aria-pressed=\"false\" class=\"{class}\" data-f=\"{of}\" data-v=\"{value}\">\
             {word} <span>{count}</span></button>"
        )?;
    }
    writeln!(out, "</div>\n{SEARCH}")
}

/// The search form, hidden without scripts.
const SEARCH: &str = r#"<form hidden role="search">
<input type="search" aria-label="Find people, addresses, values" placeholder="Find people, addresses, values  ( / )" autocomplete="off">
<output aria-live="polite"></output>
<button type="button" name="open">Expand all</button>
<button type="button" name="close">Collapse all</button>
</form>
"#;

fn foot(heading: &Heading, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let made = labels::footer(heading, plan).join(" · ");
    let digest = document::plan_digest(heading, plan);
    let date = heading
        .date
        .map_or_else(String::new, |date| format!("Planned on {date} by "));
    let version = env!("CARGO_PKG_VERSION");
    writeln!(
        out,
        "</main>\n<footer>\n<p>{}</p>\n<p>{date}Callsheet {version} · plan <code>{digest}</code></p>\n</footer>",
        html(&made)
    )?;
    writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// Whether an operation is shown with the deletes.
fn is_delete(operation: &Operation) -> bool {
    operation.action == Action::Delete || operation.is_in_place_of_delete
}

#[cfg(test)]
mod tests {
    use super::{
        super::{escape, planned, samples::written},
        *,
    };

    #[test]
    fn hostile_text_stays_text() {
        let (heading, hostile) = planned::hostile();
        let shown = written(|out| plan(&heading, &hostile, out));
        assert_eq!(shown.matches("<script").count(), 1);
        assert!(!shown.contains("<img") && !shown.contains("##["));
        for line in shown.lines() {
            assert!(
                !line.starts_with("::") && !line.chars().any(escape::is_unsafe),
                "{line:?}"
            );
        }
    }
}
