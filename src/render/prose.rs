//! *Prose* is a plan, or what became of it, as a person reads it at a terminal or in a log.
//!
//! One line says what happens to a resource, one line each which of its fields change. Users whose
//! template changed are told once, with their number.

use super::{
    Look,
    document::{Heading, Outcomes},
    safe,
};
use crate::{
    apply::{Applied, Outcome},
    model::{Address, Change, Kind, Value},
    plan::{Action, Operation, Plan, Summary, guard::Level},
};
use anstyle::{AnsiColor, Style};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};
use unicode_width::UnicodeWidthStr as _;

/// From this many resources on, one and the same change is told once for their template.
const ALIKE: usize = 3;

/// How many fields of a new resource are shown.
const FIELDS_SHOWN: usize = 8;

/// How far to the right places and values stand.
const COLUMN: usize = 38;

/// Writes a plan.
///
/// # Errors
/// The writer fails.
pub fn plan(heading: &Heading, plan: &Plan, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    head(heading, look, out)?;
    let groups = alike(plan);
    let grouped: BTreeSet<usize> = groups.values().flatten().copied().collect();
    for ((template, _), members) in &groups {
        let first = &plan.operations[members[0]];
        let count = first.changes.len();
        let fields = if count == 1 {
            "1 field".to_owned()
        } else {
            format!("{count} fields")
        };
        let title = format!("template {}", safe::line(template));
        let what = format!("{} users, {fields}", members.len());
        line(Action::Update, &title, &what, look, out)?;
        changes(first, look, out)?;
    }
    for (at, operation) in plan.operations.iter().enumerate() {
        if grouped.contains(&at) {
            continue;
        }
        let place = operation
            .origin
            .as_ref()
            .map_or_else(String::new, |origin| origin.place().to_string());
        let note = match (operation.makes_way, operation.action, &operation.object) {
            (true, ..) => "makes way".to_owned(),
            (_, Action::Rename, Some(object)) => format!("was {}", object.key),
            (_, Action::Deactivate, _) => "deactivated".to_owned(),
            (_, Action::Reactivate, _) => "reactivated".to_owned(),
            _ => String::new(),
        };
        let parts: Vec<String> = [note, place]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let note = safe::line(&parts.join(" · "));
        line(
            operation.action,
            &safe::line(&operation.address.to_string()),
            &note,
            look,
            out,
        )?;
        changes(operation, look, out)?;
    }
    if !plan.operations.is_empty() {
        writeln!(out)?;
    }
    findings(plan, look, out)?;
    writeln!(out, "{}", foot(plan))
}

fn head(heading: &Heading, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let revision = &heading.revision;
    let commits = [
        ("HEAD", &revision.head),
        ("base", &revision.base),
        ("applied", &revision.applied),
    ];
    let commits = commits
        .into_iter()
        .filter_map(|(name, commit)| Some((name, commit.as_ref()?)));
    let commits = commits.fold(String::new(), |all, (name, commit)| {
        format!("{all} · {name} {}", commit.get(..7).unwrap_or(commit))
    });
    let text = format!("{} on {}{commits}", heading.workspace, heading.portal);
    writeln!(
        out,
        "{}\n",
        paint(look, Style::new().bold(), &safe::line(&text))
    )
}

/// Updates that change the same fields in the same way, by template.
fn alike(plan: &Plan) -> BTreeMap<(&str, String), Vec<usize>> {
    let mut groups: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    for (at, operation) in plan.operations.iter().enumerate() {
        if let (Some(template), Action::Update, false) =
            (&operation.template, operation.action, operation.makes_way)
        {
            let change =
                |change: &Change| format!("{:?}", (&change.path, &change.before, &change.after));
            let key = operation.changes.iter().map(change).collect();
            groups.entry((template, key)).or_default().push(at);
        }
    }
    groups.retain(|_, members| members.len() >= ALIKE);
    groups
}

fn line(
    action: Action,
    title: &str,
    note: &str,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (sign, color) = match action {
        Action::Create => ('+', AnsiColor::Green),
        Action::Update => ('~', AnsiColor::Yellow),
        Action::Rename => ('→', AnsiColor::Yellow),
        Action::Deactivate => ('↓', AnsiColor::Red),
        Action::Reactivate => ('↑', AnsiColor::Green),
        Action::Delete => ('-', AnsiColor::Red),
    };
    let painted = paint(
        look,
        Style::new().fg_color(Some(color.into())).bold(),
        &format!("{sign} {title}"),
    );
    if note.is_empty() {
        return writeln!(out, "  {painted}");
    }
    let gap = COLUMN.saturating_sub(title.width()).max(2);
    writeln!(
        out,
        "  {painted}{:gap$}{}",
        "",
        paint(look, Style::new().dimmed(), note)
    )
}

fn changes(operation: &Operation, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let created = operation.action == Action::Create;
    // What a template gives is told with the template.
    let own: Vec<&Change> = operation.changes.iter().collect();
    let shown = if created {
        own.len().min(FIELDS_SHOWN)
    } else {
        own.len()
    };
    for change in &own[..shown] {
        let path = safe::line(&change.path.join("."));
        let gap = (COLUMN - 2).saturating_sub(path.width()).max(2);
        let room = look.width.saturating_sub(COLUMN + 8).max(24);
        let text = if created {
            cut(&value(change.after.as_ref()), room)
        } else {
            format!(
                "{} → {}",
                cut(&value(change.before.as_ref()), room / 2),
                cut(&value(change.after.as_ref()), room / 2)
            )
        };
        writeln!(out, "      {path}{:gap$}{text}", "")?;
    }
    if own.len() > shown {
        writeln!(out, "      … and {} more fields", own.len() - shown)?;
    }
    Ok(())
}

/// A value on one line.
fn value(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Text(text)) => safe::line(text),
        Some(Value::Secret(secret)) => format!("(secret, version {})", secret.version),
        Some(Value::List(list)) => {
            let list: Vec<String> = list.iter().map(|one| self::value(Some(one))).collect();
            format!("[{}]", list.join(", "))
        }
        Some(Value::Map(fields)) => {
            let entries: Vec<String> = fields
                .iter()
                .map(|(name, one)| format!("{}: {}", safe::line(name), self::value(Some(one))))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// At most `room` columns, with the cut shown.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if kept.width() + 2 > room {
            break;
        }
        kept.push(c);
    }
    format!("{kept}…")
}

fn findings(plan: &Plan, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    for finding in &plan.findings {
        let (word, color) = match finding.level {
            Level::Block => ("block", AnsiColor::Red),
            Level::Warn => ("warn", AnsiColor::Yellow),
            Level::Info => ("info", AnsiColor::Cyan),
        };
        let word = paint(look, Style::new().fg_color(Some(color.into())).bold(), word);
        writeln!(
            out,
            "{word}  {}  {}",
            finding.rule,
            safe::line(&finding.message)
        )?;
        if let Some(because) = &finding.waived {
            writeln!(out, "       waived: {}", safe::line(because))?;
        } else if finding.level == Level::Block {
            if finding.can_be_waived() {
                let address = finding
                    .address
                    .as_ref()
                    .map_or_else(String::new, |address| format!("address: {address}, "));
                let waiver = format!(
                    "- {{ finding: {}, {address}until: …, because: … }}",
                    finding.rule
                );
                writeln!(
                    out,
                    "       allow it in callsheet.yaml:  {}",
                    safe::line(&waiver)
                )?;
            }
            writeln!(out, "       {}", finding.rule.remedy())?;
        }
    }
    if plan.findings.is_empty() {
        Ok(())
    } else {
        writeln!(out)
    }
}

/// "1 to create, 144 to update · 12 users not managed, not touched · 7 requests (bound 7)"
fn foot(plan: &Plan) -> String {
    let mut parts = vec![summary(plan.summary(), "to ")];
    let unmanaged: Vec<String> = plan
        .unmanaged
        .iter()
        .map(|(kind, count)| counted(*count, *kind))
        .collect();
    if !unmanaged.is_empty() {
        parts.push(format!("{} not managed, not touched", unmanaged.join(", ")));
    }
    let requests = plan.requests;
    let noun = if requests.made == 1 {
        "request"
    } else {
        "requests"
    };
    parts.push(format!(
        "{} {noun} (bound {})",
        requests.made, requests.bound
    ));
    parts.join(" · ")
}

fn counted(count: usize, kind: Kind) -> String {
    if count == 1 {
        format!("1 {}", kind.singular())
    } else {
        format!("{count} {kind}")
    }
}

fn summary(summary: Summary, prefix: &str) -> String {
    let Summary {
        create,
        update,
        rename,
        deactivate,
        reactivate,
        delete,
    } = summary;
    let counts = [
        (create, "create"),
        (update, "update"),
        (rename, "rename"),
        (deactivate, "deactivate"),
        (reactivate, "reactivate"),
        (delete, "delete"),
    ];
    let some = counts.into_iter().filter(|(count, _)| *count > 0);
    let some: Vec<String> = some
        .map(|(count, verb)| format!("{count} {prefix}{verb}"))
        .collect();
    if some.is_empty() {
        "Nothing to do".to_owned()
    } else {
        some.join(", ")
    }
}

/// Writes what became of a plan: what was not done, one by one, and the numbers.
///
/// # Errors
/// The writer fails.
pub fn applied(plan: &Plan, applied: &Applied, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    for (operation, result) in plan.operations.iter().zip(&applied.results) {
        let (word, color) = match result.outcome {
            Outcome::Done => continue,
            Outcome::Failed => ("failed", AnsiColor::Red),
            Outcome::Unknown => ("unknown", AnsiColor::Magenta),
            Outcome::NotAttempted => ("not attempted", AnsiColor::Yellow),
        };
        let word = paint(look, Style::new().fg_color(Some(color.into())).bold(), word);
        let why = result.error.as_deref().unwrap_or("");
        writeln!(
            out,
            "{word}  {} {}: {}",
            verb(operation.action),
            name(&operation.address),
            safe::line(why)
        )?;
    }
    let Outcomes {
        done,
        failed,
        not_attempted,
        unknown,
    } = Outcomes::of(applied);
    let counts = [
        (failed, "failed"),
        (not_attempted, "not attempted"),
        (unknown, "unknown"),
    ];
    let rest = counts.into_iter().filter(|(count, _)| *count > 0);
    let rest = rest.fold(String::new(), |all, (count, word)| {
        format!("{all}, {count} {word}")
    });
    writeln!(out, "{done} of {} done{rest}", plan.operations.len())?;
    if unknown > 0 {
        writeln!(out, "plan again to see what became of the unknown")?;
    }
    Ok(())
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Rename => "rename",
        Action::Deactivate => "deactivate",
        Action::Reactivate => "reactivate",
        Action::Delete => "delete",
    }
}

fn name(address: &Address) -> String {
    safe::line(&address.to_string())
}

fn paint(look: &Look, style: Style, text: &str) -> String {
    if look.color {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}
