//! Tests of the *fixtures*: `fixtures/invalid/<rule>.yaml`, or a directory of that name, violates the rule;
//! `fixtures/valid/` contains unusual but valid files.
//!
//! A further fixture of a rule has a suffix: `tag.secret.yaml`.

use crate::workspace::{STANDARD, read_file, rules, shown, today, write};
use callsheet::{
    desired::{Desired, load},
    diagnostic::{Report, Rule},
    lifecycle, portal,
    reference::example::{Example, of_rule},
    render::Format,
    repo::{self, CONFIGURATION, Files},
    source::MAX_SIZE,
    support::check_support,
};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// Rules that no file in Git can violate; tests create such files.
const MADE_BY_TESTS: [Rule; 6] = [
    Rule::Encoding,
    Rule::FileTooLarge,
    Rule::UnreadableFile,
    Rule::OutsideWorkspace,
    Rule::UnreadableSecret,
    Rule::WeakSecret,
];

/// The rules about the names of files, whose examples in the docs are commands.
const ABOUT_NAMES: [Rule; 2] = [Rule::FileExtension, Rule::ForeignFile];

/// The fixtures in a folder, in order of name.
fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name_of(path: &Path) -> &str {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.strip_suffix(".yaml").unwrap_or(name)
}

fn read(path: &Path) -> Desired {
    if path.is_dir() {
        let mut read = load(repo::read(path).unwrap(), today());
        extend_by_support(&mut read);
        read
    } else {
        let name = path.file_name().unwrap().to_str().unwrap();
        read_file(name, std::fs::read(path).unwrap())
    }
}

/// Adds what the portal doesn't support.
fn extend_by_support(read: &mut Desired) {
    if let Some(config) = &read.config {
        let portal = portal::capabilities(&config.portal);
        let left_out = lifecycle::fit(&mut read.state, &portal);
        read.report.extend(left_out);
        read.report.extend(check_support(&read.state, &portal));
    }
}

/// Compares the report of a fixture with its snapshots.
fn check_snapshots(name: &str, report: &Report) {
    insta::with_settings!({ snapshot_path => "snapshots/invalid", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}.text"), shown(report, Format::Text));
        insta::assert_snapshot!(format!("{name}.json"), shown(report, Format::Json));
    });
}

#[test]
fn every_fixture_violates_the_rule_in_its_name() {
    let mut violated = BTreeSet::new();
    for path in fixtures("invalid") {
        let name = name_of(&path);
        let rule = name.split('.').next().unwrap_or(name);
        let report = read(&path).report;
        assert!(
            rules(&report).contains(&rule),
            "{name}: {:?}",
            rules(&report)
        );
        assert!(Rule::ALL.iter().any(|known| known.id() == rule), "{name}");
        check_snapshots(name, &report);
        violated.insert(rule.to_owned());
    }
    for rule in Rule::ALL {
        assert_ne!(
            violated.contains(rule.id()),
            MADE_BY_TESTS.contains(rule),
            "`{rule}` has no fixture"
        );
    }
}

#[test]
fn every_valid_fixture_is_accepted() {
    for path in fixtures("valid") {
        let name = name_of(&path);
        let Desired { state, report, .. } = read(&path);
        assert_eq!(shown(&report, Format::Text), "", "{name}");
        let mut declared = String::new();
        for (address, resource) in &state.resources {
            let fields = serde_json::to_string(&resource.fields).unwrap();
            writeln!(declared, "{address} {fields}").unwrap();
        }
        insta::with_settings!({ snapshot_path => "snapshots/valid", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, declared);
        });
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_rejected_at_the_first_bad_byte() {
    let report = |bytes: &[u8]| read_file("people.yaml", bytes).report;
    let latin = report(b"users:\n  zoe: { first_name: Zo\xeb }\n");
    check_snapshots("encoding.latin-1", &latin);
    let wide: Vec<u8> = "users:\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let wide = report(&[b"\xff\xfe", &*wide].concat());
    check_snapshots("encoding.utf-16", &wide);
    assert_eq!([rules(&latin), rules(&wide)], [["encoding"], ["encoding"]]);
}

#[test]
fn an_unreadable_file_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    write(elsewhere.path(), &[("people.yaml", "users: {}\n")]);
    write(
        folder.path(),
        &[("callsheet.yaml", STANDARD), ("people.yaml", "users: {}\n")],
    );
    let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name));
    let read = || load(repo::read(folder.path()).unwrap(), today()).report;
    link(Path::new("people.yaml"), "inside.yaml").unwrap();
    assert_eq!(rules(&read()), Vec::<&str>::new());

    link(&elsewhere.path().join("people.yaml"), "outside.yaml").unwrap();
    link(elsewhere.path(), "folder").unwrap();
    let outside = read();
    assert_eq!(rules(&outside), ["outside-workspace", "outside-workspace"]);
    check_snapshots("outside-workspace", &outside);
    for name in ["outside.yaml", "folder"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }

    link(Path::new("missing.yaml"), "dangling.yaml").unwrap();
    link(Path::new("loop.yaml"), "loop.yaml").unwrap();
    let unreadable = read();
    assert_eq!(rules(&unreadable), ["unreadable-file", "unreadable-file"]);
    check_snapshots("unreadable-file", &unreadable);
    for name in ["dangling.yaml", "loop.yaml"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }

    // A hole: as long as the limit and a byte, and no block of a disk.
    let large = std::fs::File::create(folder.path().join("large.yaml")).unwrap();
    large.set_len(MAX_SIZE + 1).unwrap();
    let large = read();
    assert_eq!(rules(&large), ["file-too-large"]);
    check_snapshots("file-too-large", &large);
}

#[test]
fn other_files_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let broken = "users: [\n";
    write(
        folder.path(),
        &[
            ("callsheet.yaml", STANDARD),
            (".github/workflows/ci.yml", broken),
            (".hidden.yaml", broken),
            ("notes.txt", broken),
            ("other/callsheet.yaml", broken),
            ("other/people.yaml", broken),
            ("people/all.yml", "groups: { staff: {} }\n"),
        ],
    );
    let desired = load(repo::read(folder.path()).unwrap(), today());
    assert_eq!(shown(&desired.report, Format::Text), "");
    assert_eq!(desired.state.resources.len(), 1);
}

/// Reads an example: one file, or several with their names in comments.
fn read_example(text: &str) -> Report {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let name = line
            .strip_prefix("# ")
            .filter(|name| name.ends_with(".yaml"));
        match (name, files.last_mut()) {
            (Some(name), _) => files.push((name.to_owned(), String::new())),
            (None, Some((_, text))) => writeln!(text, "{line}").unwrap(),
            (None, None) => files.push(("people.yaml".to_owned(), format!("{line}\n"))),
        }
    }
    if files.iter().all(|(name, _)| name != CONFIGURATION) {
        files.push((CONFIGURATION.to_owned(), STANDARD.to_owned()));
    }
    let mut all = Files::default();
    for (name, text) in files {
        all.take(name, text.into_bytes());
    }
    let mut read = load(all, today());
    extend_by_support(&mut read);
    read.report
}

#[test]
fn every_example_in_the_docs_violates_its_rule_only_where_it_is_wrong() {
    for rule in Rule::ALL {
        let Example {
            language,
            wrong,
            right,
        } = of_rule(*rule);
        if MADE_BY_TESTS.contains(rule) || ABOUT_NAMES.contains(rule) {
            assert_eq!(language, "console", "{rule}");
            continue;
        }
        assert_eq!(language, "yaml", "{rule}");
        let report = read_example(wrong);
        assert!(
            rules(&report).contains(&rule.id()),
            "{rule}: {:?}",
            rules(&report)
        );
        let report = read_example(right);
        let is_right = !report.has_errors() && !rules(&report).contains(&rule.id());
        assert!(is_right, "{rule}: {}", shown(&report, Format::Text));
    }
}
