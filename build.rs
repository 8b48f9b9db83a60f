//! Tells the crate what `--version` prints of its build: commit, date and target.
//!
//! A release build names its commit, from Git or from the file that `cargo package` adds; without
//! either it names none. The date is `SOURCE_DATE_EPOCH`'s, or else the commit's, so that the same sources
//! give the same binary. A debug build names neither: it would be built anew after each commit.

#![expect(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script everything by variables"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    tell("TARGET", env::var("TARGET").ok());
    let profile = env::var("PROFILE").ok();
    tell("PROFILE", profile.clone());
    if profile.as_deref() != Some("release") {
        return;
    }
    watch_head();
    tell("COMMIT", commit());
    let seconds = env::var("SOURCE_DATE_EPOCH").ok();
    let seconds = seconds.or_else(|| git(&["log", "-1", "--format=%ct"]));
    let date = seconds
        .and_then(|seconds| seconds.parse().ok())
        .and_then(date);
    tell("DATE", date);
}

fn tell(name: &str, value: Option<String>) {
    if let Some(value) = value {
        println!("cargo:rustc-env=CALLSHEET_{name}={value}");
    }
}

/// The commit that is built, and whether files differ from it.
fn commit() -> Option<String> {
    let packed = fs::read_to_string(".cargo_vcs_info.json").ok();
    if let Some(id) = packed.as_deref().and_then(|text| {
        let after = text.split("\"sha1\"").nth(1)?;
        after.split('"').nth(1).map(str::to_owned)
    }) {
        return Some(id);
    }
    let id = git(&["rev-parse", "HEAD"])?;
    let is_dirty = git(&["status", "--porcelain", "--untracked-files=no"])
        .is_some_and(|changes| !changes.is_empty());
    Some(if is_dirty {
        format!("{id} (modified)")
    } else {
        id
    })
}

/// Builds anew when another commit is checked out. A path that doesn't exist would do so each time.
fn watch_head() {
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name]).map(PathBuf::from);
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
}

/// What Git prints, if the crate lies at the root of a repository of its own: one above it is another
/// project's.
fn git(arguments: &[&str]) -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The day of a moment, as 2026-12-01, in UTC.
fn date(seconds: i64) -> Option<String> {
    let moment = jiff::Timestamp::from_second(seconds).ok()?;
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}
