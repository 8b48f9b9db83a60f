//! *Samples* are reports for the tests of all formats.

use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    source::{Place, Source, Span},
};
use std::sync::Arc;

/// The place of the `nth` occurrence of `text`, counted from 0.
pub(crate) fn place(source: &Arc<Source>, text: &str, nth: usize) -> Place {
    let (at, _) = source.text().match_indices(text).nth(nth).unwrap();
    let start = u32::try_from(at).unwrap();
    Place::new(
        source,
        Span::new(start, start + u32::try_from(text.len()).unwrap()),
    )
}

/// The output of `write`.
pub(crate) fn written(
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Two errors and a warning in two files.
pub(crate) fn ordinary() -> Report {
    let people = Source::new(
        "people.yaml",
        "users:\n  alice:\n    frist_name: Alice\n  bob:\n    extension: 1001\n  alice:\n    dnd: true\n",
    );
    let queues = Source::new(
        "queues.yaml",
        "extensions:\n  1001: { kind: fax, name: Fax }\n",
    );
    let mut report = Report::default();
    report.add(
        Diagnostic::new(
            Rule::DuplicateValue,
            place(&queues, "1001", 0),
            "extension 1001 is taken",
        )
        .related(place(&people, "1001", 0), "used by users/bob"),
    );
    report.add(
        Diagnostic::new(
            Rule::DuplicateAddress,
            place(&people, "alice", 1),
            "users/alice is declared twice",
        )
        .related(place(&people, "alice", 0), "first declared here"),
    );
    report.add(
        Diagnostic::new(
            Rule::UnansweredCalls,
            place(&people, "bob", 0),
            "unanswered calls to bob are disconnected",
        )
        .help("enable voicemail, or forward the calls"),
    );
    report
}

/// Text that tries to take over a terminal, a log or a runner.
pub(crate) fn hostile() -> Report {
    let source = Source::new(
        "a\u{1b}[31m,b:c%.yaml",
        "users:\n  \u{1b}]0;owned\u{7}x: { password: hunter2 }\n  \u{202e}eve: 1\r\n",
    );
    let mut report = Report::default();
    report.add(
        Diagnostic::new(
            Rule::UnknownField,
            place(&source, "x", 0),
            "no `\u{1b}[2J`\r\n::error::100% taken\u{202e} over",
        )
        .help("::stop-commands::x\n##[add-path]y")
        .related(place(&source, "eve", 0), "\u{9b}31m here"),
    );
    report
}
