//! A *card* is an operation on the page, or a template with its users: a line that says who and what, and below
//! it every field.

use super::{Page, words};
use crate::{
    model::{Change, Value},
    plan::{Action, Cause, Operation},
    render::{
        difference::{self, Difference, Piece},
        escape::html,
        labels, person,
        section::Item,
        verdict,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

/// The maximum width of two values side by side.
const SIDE_BY_SIDE: usize = 120;

/// The number of fields that the line of an operation names.
const NAMED: usize = 3;

/// The number of users of a group that aren't folded.
const UNFOLDED: usize = 12;

/// Writes a card of one item.
pub(super) fn write<'p>(
    page: &mut Page<'p>,
    item: &Item<'p>,
    out: &mut dyn Write,
) -> io::Result<()> {
    begin(page, &[item], out)?;
    // Where scripts run, a browser doesn't parse what is in here before somebody opens the card.
    let is_lazy = page.is_large && item.template.is_none();
    let (before, after) = if is_lazy {
        ("<noscript>", "</noscript>")
    } else {
        ("", "")
    };
    writeln!(out, "{before}<div>")?;
    body(page, item, out)?;
    writeln!(out, "</div>{after}</details>")
}

/// Writes a card of a template, if it changes itself, and of its users.
pub(super) fn write_template<'p>(
    page: &mut Page<'p>,
    items: &[&Item<'p>],
    out: &mut dyn Write,
) -> io::Result<()> {
    begin(page, items, out)?;
    writeln!(out, "<div>")?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            writeln!(out, "<hr>")?;
        }
        body(page, item, out)?;
    }
    writeln!(out, "</div></details>")
}

/// Begins a card: the line of its first item, with what a filter must know of all of them.
fn begin<'p>(page: &mut Page<'p>, items: &[&Item<'p>], out: &mut dyn Write) -> io::Result<()> {
    let item = items[0];
    let first = item.first();
    let operations = || {
        items
            .iter()
            .flat_map(|item| item.operations.iter().copied())
    };
    let open = if page.is_open { " open" } else { "" };
    let (verb, sign) = (labels::verb(first.action), labels::sign(first.action));
    let cause = labels::cause(first.cause);
    let kinds: BTreeSet<&str> = operations().map(|one| one.address.kind.name()).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let kinds = kinds.join(" ");
    write!(
        out,
        "<details{open} class=\"{verb}\" data-c=\"{cause}\" data-k=\"{kinds}\""
    )?;
    if operations().any(verdict::is_drifted) {
        write!(out, " data-d")?;
    }
    let count = operations().count();
    if count > 1 {
        write!(out, " data-n=\"{count}\"")?;
    }
    if item.template.is_none() {
        id(page, first, out)?;
    }
    write!(out, "><summary><b>{sign} {verb}</b> ")?;
    match item.template {
        Some(template) => {
            let users = labels::counted(item.operations.len(), "user");
            write!(
                out,
                "<span>{users}</span> <code>template {}</code>",
                html(template)
            )?;
        }
        None => {
            if let Some(name) = person::name(first) {
                write!(out, "<span>{}</span> ", html(&name))?;
            }
            write!(out, "<code>{}</code>", html(&first.address.to_string()))?;
        }
    }
    let mut notes = notes(first);
    if item.template.is_none() && count > 1 {
        notes = format!("{notes} · {}", labels::counted(count - 1, "user"));
    }
    write!(out, " <small>{}</small>", html(&notes))?;
    let mut badges: BTreeMap<usize, usize> = BTreeMap::new();
    for operation in operations() {
        for at in page.findings.get(&operation.address).into_iter().flatten() {
            *badges.entry(*at).or_default() += 1;
        }
    }
    for (at, count) in badges {
        let finding = page.alike[at].first();
        let level = labels::level(finding.level);
        let count = match count {
            1 => String::new(),
            count => format!(" ×{}", labels::thousands(count)),
        };
        write!(out, " <i class=\"{level}\">{}{count}</i>", finding.rule)?;
    }
    writeln!(out, "</summary>")
}

/// Writes the id of an operation, the first time.
fn id<'p>(page: &mut Page<'p>, operation: &'p Operation, out: &mut dyn Write) -> io::Result<()> {
    if page.written.insert(&operation.address) {
        write!(out, " id=\"{}\"", words::anchor(&operation.address))?;
    }
    Ok(())
}

/// What happens, in a few words.
fn notes(operation: &Operation) -> String {
    if let Some(note) = labels::note(operation).filter(|_| operation.action != Action::Deactivate) {
        return note;
    }
    match (operation.action, &operation.commit) {
        (Action::Delete, _) => {
            let who = person::deleted(operation);
            // The name and the number are said already.
            let skipped = person::name(operation).map_or(0, |name| name.len());
            let rest = who.and_then(|who| who.get(skipped..).map(str::to_owned));
            let rest = rest.unwrap_or_default();
            rest.trim_start_matches([' ', '·']).to_owned()
        }
        (Action::Create, _) => String::new(),
        _ => {
            let mut names: Vec<String> = operation
                .changes
                .iter()
                .take(NAMED)
                .map(|change| change.path.join("."))
                .collect();
            if let Some(more @ 1..) = operation.changes.len().checked_sub(NAMED) {
                names.push(format!("{more} more"));
            }
            names.join(", ")
        }
    }
}

/// Writes what is below the line: findings, declaration and commit, users, and fields.
fn body<'p>(page: &mut Page<'p>, item: &Item<'p>, out: &mut dyn Write) -> io::Result<()> {
    let first = item.first();
    meta(page, item, out)?;
    if item.template.is_some() {
        users(page, item, out)?;
    }
    if first.action == Action::Delete {
        return deleted(first, out);
    }
    if first.changes.is_empty() {
        return writeln!(out, "<p>Only the key changes.</p>");
    }
    writeln!(out, "<table>")?;
    for (change, cause) in item.changes() {
        field(&change, cause, out)?;
    }
    writeln!(out, "</table>")
}

/// Writes where the operation comes from, and what is found about it.
fn meta(page: &Page<'_>, item: &Item<'_>, out: &mut dyn Write) -> io::Result<()> {
    let first = item.first();
    let heading = page.heading;
    let mut parts = Vec::new();
    if let (Some(origin), None) = (&first.origin, item.template) {
        let place = origin.place();
        let (file, line) = (place.source.name(), place.start().line);
        let text = format!("<code>{}</code>", html(&format!("{file}:{line}")));
        parts.push(words::linked(&text, heading.line(file, line)));
    }
    if let Some(commit) = item.commit() {
        let id = words::commit(heading, &commit.id);
        let done = match first.action {
            Action::Delete => "removed in ",
            _ => "",
        };
        parts.push(format!(
            "{done}{id} “{}” by {}",
            html(&commit.summary),
            html(&commit.author)
        ));
    }
    let found = item.operations.iter();
    let mut found: Vec<usize> = found
        .flat_map(|one| page.findings.get(&one.address).into_iter().flatten())
        .copied()
        .collect();
    found.sort_unstable();
    found.dedup();
    for at in found {
        let rule = page.alike[at].first().rule;
        parts.push(format!("<a href=\"#finding-{at}\">{rule}</a>"));
    }
    if parts.is_empty() {
        return Ok(());
    }
    writeln!(out, "<p>{}</p>", parts.join(" · "))
}

/// Writes the users of a group.
fn users<'p>(page: &mut Page<'p>, item: &Item<'p>, out: &mut dyn Write) -> io::Result<()> {
    let count = item.operations.len();
    let is_folded = count > UNFOLDED;
    if is_folded {
        let users = labels::counted(count, "user");
        writeln!(out, "<details class=\"more\"><summary>{users}</summary>")?;
    }
    writeln!(out, "<ul>")?;
    for operation in &item.operations {
        write!(out, "<li")?;
        id(page, operation, out)?;
        let key = html(&operation.address.key);
        match person::name(operation) {
            Some(name) => writeln!(out, ">{} <code>{key}</code>", html(&name))?,
            None => writeln!(out, "><code>{key}</code>")?,
        }
    }
    writeln!(out, "</ul>")?;
    if is_folded {
        writeln!(out, "</details>")?;
    }
    Ok(())
}

/// Writes what goes with a deleted object.
fn deleted(operation: &Operation, out: &mut dyn Write) -> io::Result<()> {
    let kind = operation.address.kind.singular();
    let Some(object) = &operation.object else {
        return writeln!(out, "<p>The whole {kind} is deleted.</p>");
    };
    let messages = match object.messages {
        0 => String::new(),
        count => format!(", with {}", labels::counted(count as usize, "voicemail")),
    };
    writeln!(
        out,
        "<p>The whole {kind} is deleted{messages}.</p>\n<table>"
    )?;
    for (name, value) in object.fields.starred().iter() {
        field(
            &Change {
                path: vec![name.clone()],
                before: Some(value.clone()),
                after: None,
            },
            None,
            out,
        )?;
    }
    writeln!(out, "</table>")
}

fn field(change: &Change, cause: Option<Cause>, out: &mut dyn Write) -> io::Result<()> {
    let path = html(&change.path.join("."));
    write!(out, "<tr><th scope=\"row\">{path}")?;
    if let Some(cause) = cause {
        write!(out, " <i class=\"cause\">{}</i>", labels::cause(cause))?;
    }
    let is_there = |value: &Option<Value>| !matches!(value, None | Some(Value::Null));
    match difference::of(change, SIDE_BY_SIDE) {
        Difference::Short(before, after) => {
            write!(out, "<td>")?;
            if is_there(&change.before) {
                write!(out, "<del>{}</del>", html(&before))?;
            }
            write!(out, "<td>")?;
            if is_there(&change.after) {
                write!(out, "<ins>{}</ins>", html(&after))?;
            }
            writeln!(out)
        }
        Difference::Long(pieces) => {
            write!(out, "<td colspan=\"2\">")?;
            for (piece, text) in &pieces {
                let text = html(text);
                match piece {
                    Piece::Removed => write!(out, "<del>{text}</del>")?,
                    Piece::Added => write!(out, "<ins>{text}</ins>")?,
                    Piece::Unchanged => write!(out, "<code>{text}</code>")?,
                }
            }
            writeln!(out)
        }
    }
}
