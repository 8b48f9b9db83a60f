//! What tests say *aloud*: past the harness, which keeps the words of tests that pass to itself.

use std::io::Write as _;

/// Says what isn't tested, and why.
pub(crate) fn skipped(what: &str) {
    say("SKIPPED", what);
}

/// Says what was measured.
pub(crate) fn measured(what: &str) {
    say("MEASURED", what);
}

fn say(word: &str, what: &str) {
    let line = format!("{word}: {what}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
