//! *Reports* of tests that bypass the harness's capture, so that they appear for passing tests too.

use std::io::Write as _;

/// Reports a skipped test and the reason.
pub(crate) fn skipped(reason: &str) {
    report("SKIPPED", reason);
}

/// Reports a measurement.
pub(crate) fn measured(result: &str) {
    report("MEASURED", result);
}

fn report(label: &str, text: &str) {
    let line = format!("{label}: {text}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
