//! The *GitHub* renderer writes workflow commands: lines in a job's log that the runner turns into
//! annotations of a pull request.
//!
//! Other commands in the log can change the job itself, so the text of a diagnostic never starts a line.

use super::{Look, escape};
use crate::{
    diagnostic::{Diagnostic, Level, Report},
    plan::{Operation, Plan, guard},
};
use std::{fmt::Write as _, io};

/// Writes a report.
///
/// # Errors
/// The writer fails.
pub fn report(report: &Report, look: &Look, out: &mut dyn io::Write) -> io::Result<()> {
    for diagnostic in report.sorted() {
        writeln!(out, "{}", command(diagnostic, look))?;
    }
    Ok(())
}

/// Writes the findings of a plan that block it or warn, at the resources that they are about.
///
/// # Errors
/// The writer fails.
pub fn findings(plan: &Plan, look: &Look, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &plan.findings {
        let name = match finding.level {
            guard::Level::Block => "error",
            guard::Level::Warn => "warning",
            guard::Level::Info => continue,
        };
        let about = |one: &&Operation| Some(&one.address) == finding.address.as_ref();
        let origin = plan
            .operations
            .iter()
            .find(about)
            .and_then(|one| one.origin.as_ref());
        let mut command = format!("::{name} ");
        if let Some(origin) = origin {
            let place = origin.place();
            let file = escape::github_property(&look.from_root(place.source.name()));
            _ = write!(command, "file={file},line={},", place.start().line);
        }
        let title = escape::github_property(&finding.rule.to_string());
        let message = format!(
            "{}\n{}",
            escape::line(&finding.message),
            escape::line(finding.help())
        );
        _ = write!(
            command,
            "title={title}::{}",
            escape::github_message(message.trim_end())
        );
        writeln!(out, "{command}")?;
    }
    Ok(())
}

/// Writes an error that is at no place in a file.
///
/// # Errors
/// The writer fails.
pub fn message(message: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let message = escape::github_message(&escape::line(message));
    writeln!(out, "::error title=callsheet::{message}")
}

/// The command that annotates one diagnostic's place.
fn command(diagnostic: &Diagnostic, look: &Look) -> String {
    let name = match diagnostic.level() {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let (start, end) = (diagnostic.place.start(), diagnostic.place.end());
    let file = escape::github_property(&look.from_root(diagnostic.place.source.name()));
    let mut command = format!(
        "::{name} file={file},line={},endLine={}",
        start.line, end.line
    );
    // GitHub ignores columns of annotations with several lines. Its end column is inclusive, ours is not.
    if start.line == end.line {
        let last = end.column.saturating_sub(1).max(start.column);
        // Writing to a string can't fail.
        _ = write!(command, ",col={},endColumn={last}", start.column);
    }
    let title = escape::github_property(diagnostic.rule.id());
    let mut message = escape::line(&diagnostic.place.with_cell(&diagnostic.message));
    for (place, what) in &diagnostic.related {
        let at = look.from_root(&place.to_string());
        _ = write!(message, "\n{}: {}", escape::line(&at), escape::line(what));
    }
    if let Some(help) = &diagnostic.help {
        _ = write!(message, "\n{help}");
    }
    _ = write!(
        command,
        ",title={title}::{}",
        escape::github_message(&message)
    );
    command
}

#[cfg(test)]
mod tests {
    use super::{
        super::samples::{hostile, ordinary, written},
        *,
    };

    #[test]
    fn annotates_lines_by_their_path_from_the_root() {
        let look = Look {
            prefix: "./tenants/acme/".into(),
            ..Look::default()
        };
        insta::assert_snapshot!(written(|out| report(&ordinary(), &look, out)), @"
        ::warning file=tenants/acme/people.yaml,line=4,endLine=4,col=3,endColumn=5,title=unanswered-calls::unanswered calls to bob are disconnected%0Aenable voicemail, or forward the calls
        ::error file=tenants/acme/people.yaml,line=6,endLine=6,col=3,endColumn=7,title=duplicate-address::users/alice is declared twice%0Atenants/acme/people.yaml:2: first declared here
        ::error file=tenants/acme/queues.yaml,line=2,endLine=2,col=3,endColumn=6,title=duplicate-value::extension 1001 is taken%0Atenants/acme/people.yaml:5: used by users/bob
        ");
    }

    #[test]
    fn a_message_gives_no_command() {
        let shown = written(|out| report(&hostile(), &Look::default(), out));
        assert_eq!(shown.lines().count(), 1);
        insta::assert_snapshot!(shown, @r"::error file=a\u{1b}[31m%2Cb%3Ac%25.yaml,line=2,endLine=2,col=13,endColumn=13,title=unknown-field::no `\u{1b}[2J`\r\n::error::100%25 taken\u{202e} over%0Aa\u{1b}[31m,b:c%25.yaml:3: \u{9b}31m here%0A\u{3a}:stop-commands::x%0A##\u{5b}add-path]y");
    }
}
