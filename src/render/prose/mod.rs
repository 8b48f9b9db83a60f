//! The *prose* renderer writes a plan, or the result of an apply, for a terminal or a log.
//!
//! Each resource has one line, and one more for each changed field. Text from files and portals passes
//! through [`escape`] before it is measured, truncated or styled.

mod field;
mod people;

use super::{
    Detail, Look,
    document::{Heading, Outcomes},
    escape, labels, person,
    section::{Item, sections},
    verdict::{self, Verdict},
};
use crate::{
    apply::{Applied, Outcome},
    plan::{
        Action, Operation, Plan,
        guard::{Finding, Level},
    },
};
use anstyle::{AnsiColor, Style};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The maximum number of fields of a new resource in a summary.
const FIELDS_SHOWN: usize = 8;

/// The minimum number of similar lines that are replaced by one.
const GROUPED: usize = 5;

/// The number of resources that a line names.
const NAMED: usize = 12;

/// The column of places and values.
const COLUMN: usize = 38;

/// Writes a plan.
///
/// # Errors
/// The writer fails.
pub fn plan(heading: &Heading, plan: &Plan, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    head(heading, look, out)?;
    for section in sections(heading, plan) {
        let indent = if let Some(cause) = section.cause {
            let heading = labels::cause_heading(cause);
            writeln!(out, "{}", paint(look, Style::new().bold(), heading))?;
            2
        } else {
            0
        };
        for item in &section.items {
            title(item, indent, look, out)?;
            details(item, indent, look, out)?;
        }
        writeln!(out)?;
    }
    findings(plan, look, out)?;
    if let Some(note) = labels::only_changed(heading, plan) {
        writeln!(out, "{}", wrapped(&note, look.width, 0))?;
    }
    let foot = labels::footer(heading, plan).join(" · ");
    writeln!(out, "{}", wrapped(&foot, look.width, 0))?;
    let verdict = Verdict::of(plan);
    if verdict == Verdict::Blocked {
        let words = format!(
            "{}: {}",
            verdict.words(plan),
            verdict::blocked_by_line(plan)
        );
        let words = wrapped(&words, look.width, 0);
        let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
        writeln!(out, "{}", paint(look, red, &words))?;
    }
    Ok(())
}

/// "acme on sandbox (embedded) · HEAD 3f2c1aa · base 9d01b77 · uncommitted changes"
fn head(heading: &Heading, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let text = escape::line(&labels::heading(heading));
    let text = wrapped(&text, look.width, 0);
    writeln!(out, "{}", paint(look, Style::new().bold(), &text))?;
    if heading.revision.head.is_none() {
        let text = wrapped(&escape::line(&labels::no_history(heading)), look.width, 0);
        writeln!(out, "{}", paint(look, Style::new().dimmed(), &text))?;
    }
    writeln!(out)
}

fn title(item: &Item<'_>, indent: usize, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let action = item.first().action;
    let color = match action {
        Action::Create | Action::Reactivate => AnsiColor::Green,
        Action::Update | Action::Rename => AnsiColor::Yellow,
        Action::Deactivate | Action::Delete => AnsiColor::Red,
    };
    let title = format!("{} {}", labels::sign(action), escape::line(&item.title()));
    let title = truncated(&title, look.width.saturating_sub(indent));
    let notes = escape::line(&item.notes().join(" · "));
    let gap = (COLUMN + 2).saturating_sub(indent + title.width()).max(2);
    let room = look.width.saturating_sub(indent + title.width() + gap);
    let style = Style::new().fg_color(Some(color.into())).bold();
    write!(out, "{:indent$}{}", "", paint(look, style, &title))?;
    if !notes.is_empty() && room >= 8 {
        let notes = paint(look, Style::new().dimmed(), &truncated(&notes, room));
        write!(out, "{:gap$}{notes}", "")?;
    }
    writeln!(out)
}

/// What is below the title: who it is about, and the fields.
fn details(item: &Item<'_>, indent: usize, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let first = item.first();
    let who = match item.template {
        Some(_) => Some(named(
            item.operations
                .iter()
                .map(|one| one.address.key.to_string()),
            look,
        )),
        None => person::deleted(first).map(|who| escape::line(&who)),
    };
    if let Some(who) = who.filter(|_| look.detail > Detail::Summary || item.template.is_none()) {
        for line in field::broken(&who, look.width.saturating_sub(indent + 4)) {
            writeln!(out, "{:1$}{line}", "", indent + 4)?;
        }
    }
    let is_create = first.action == Action::Create;
    let mut omitted = 0;
    for (at, (change, cause)) in item.changes().enumerate() {
        if look.detail == Detail::Summary
            && is_create
            && at >= FIELDS_SHOWN
            && !field::is_telling(&change)
        {
            omitted += 1;
            continue;
        }
        field::write(&change, cause, is_create, indent + 4, look, out)?;
    }
    if omitted > 0 {
        let text = format!("… and {}", labels::counted(omitted, "more field"));
        let text = paint(look, Style::new().dimmed(), &text);
        writeln!(out, "{:1$}{text}", "", indent + 4)?;
    }
    Ok(())
}

fn findings(plan: &Plan, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    let kind = |finding: &Finding| (finding.rule, finding.level, finding.waived.clone());
    for finding in &plan.findings {
        groups.entry(kind(finding)).or_default().push(finding);
    }
    for finding in &plan.findings {
        let group = groups.get(&kind(finding));
        match group.filter(|group| group.len() > GROUPED) {
            Some(group) if !std::ptr::eq(group[0], finding) => {}
            Some(group) => {
                let rest = &group[1..];
                let addresses = rest.iter().filter_map(|one| one.address.as_ref());
                let addresses = addresses.map(ToString::to_string);
                let more = format!("{} more: {}", rest.len(), named(addresses, look));
                let all = Finding {
                    address: None,
                    ..finding.clone()
                };
                self::finding(&all, Some(&more), look, out)?;
            }
            None => self::finding(finding, None, look, out)?,
        }
    }
    if plan.findings.is_empty() {
        Ok(())
    } else {
        writeln!(out)
    }
}

fn finding(
    finding: &Finding,
    more: Option<&str>,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let color = match finding.level {
        Level::Block => AnsiColor::Red,
        Level::Warn => AnsiColor::Yellow,
        Level::Info => AnsiColor::Cyan,
    };
    let word = labels::level(finding.level);
    let style = Style::new().fg_color(Some(color.into())).bold();
    let text = format!(
        "{word}  {}  {}",
        finding.rule,
        escape::line(&finding.message)
    );
    let text = wrapped(&text, look.width, 7);
    let rest = text.strip_prefix(word).unwrap_or_default();
    writeln!(out, "{}{rest}", paint(look, style, word))?;
    let waived = finding.waived.as_ref();
    let below = [
        more.map(str::to_owned),
        waived.map(|because| format!("waived: {}", escape::line(because))),
        labels::waiver(finding)
            .map(|waiver| format!("allow it in callsheet.yaml:  {}", escape::line(&waiver))),
        (waived.is_none() && finding.level == Level::Block).then(|| finding.help().to_owned()),
    ];
    for text in below.into_iter().flatten() {
        let text = wrapped(&text, look.width.saturating_sub(7), 0);
        for text in text.lines() {
            writeln!(out, "       {text}")?;
        }
    }
    Ok(())
}

/// The first of some names, and the number of the others.
fn named(names: impl Iterator<Item = String>, look: &Look) -> String {
    let names: Vec<String> = names.map(|name| escape::line(&name)).collect();
    let shown = match look.detail {
        Detail::All => names.len(),
        Detail::Summary | Detail::Fields => NAMED,
    };
    match names.len().checked_sub(shown) {
        Some(more @ 1..) => {
            let more = labels::thousands(more);
            format!("{} and {more} more", names[..shown].join(", "))
        }
        _ => names.join(", "),
    }
}

/// At most `room` columns of a text, with an ellipsis if it is longer.
fn truncated(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut width = 0;
    let fits = |c: &char| {
        width += c.width().unwrap_or(0);
        width < room
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{kept}…")
}

/// Text wrapped at `width` columns, between words only, so that findings are never truncated. Lines after
/// the first start with `indent` spaces.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let wide = word.trim_end().width();
        if used > indent && used + wide > width {
            lines.truncate(lines.trim_end().len());
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            used = indent;
        }
        lines.push_str(word);
        used += word.width();
    }
    lines
}

/// Writes the result of an apply: the people whom it changed, the operations that weren't completed, and a summary.
///
/// # Errors
/// The writer fails.
pub fn applied(plan: &Plan, applied: &Applied, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    if look.people {
        people::write(plan, applied, out)?;
    }
    let mut not_begun: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for (operation, result) in plan.operations.iter().zip(&applied.results) {
        if result.outcome == Outcome::NotAttempted {
            let why = result.error.as_deref().unwrap_or("");
            not_begun.entry(why).or_default().push(operation);
        }
    }
    for (operation, result) in plan.operations.iter().zip(&applied.results) {
        let (word, color) = match result.outcome {
            Outcome::Done => continue,
            Outcome::Failed => ("failed", AnsiColor::Red),
            Outcome::Unknown => ("unknown", AnsiColor::Magenta),
            Outcome::NotAttempted => ("not attempted", AnsiColor::Yellow),
        };
        let word = paint(look, Style::new().fg_color(Some(color.into())).bold(), word);
        let why = result.error.as_deref().unwrap_or("");
        let group = match result.outcome {
            Outcome::NotAttempted => not_begun.get(why).filter(|group| group.len() > GROUPED),
            Outcome::Done | Outcome::Failed | Outcome::Unknown => None,
        };
        let what = match group {
            Some(group) if !std::ptr::eq(group[0], operation) => continue,
            Some(group) => {
                let count = labels::counted(group.len(), "operation");
                format!(
                    "{count} ({})",
                    named(group.iter().map(|one| one.address.to_string()), look)
                )
            }
            None => {
                let address = escape::line(&operation.address.to_string());
                format!("{} {address}", labels::verb(operation.action))
            }
        };
        writeln!(out, "{word}  {what}: {}", escape::line(why))?;
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
    let interrupted = if applied.interrupted {
        "interrupted: "
    } else {
        ""
    };
    writeln!(
        out,
        "{interrupted}{done} of {} done{rest}",
        plan.operations.len()
    )?;
    for check in applied.checks.iter().filter(|check| !check.ok) {
        let (name, message) = (escape::line(&check.name), escape::line(&check.message));
        writeln!(out, "warning: {name}: {message}")?;
    }
    if unknown > 0 {
        writeln!(
            out,
            "plan again to find out what happened to the unknown operations"
        )?;
    }
    Ok(())
}

fn paint(look: &Look, style: Style, text: &str) -> String {
    if look.color {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
