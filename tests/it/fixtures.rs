//! Every fixture, and what is said of it: `fixtures/invalid/<rule>.yaml`, or a folder of that name
//! where one file can't show it, breaks that rule; `fixtures/valid/` holds what is right, however odd
//! it looks.
//!
//! A further fixture of a rule has a word behind it: `tag.secret.yaml`.

use crate::workspace::{STANDARD, read_file, rules, shown, today, write};
use callsheet::{
    desired::{Desired, load},
    diagnostic::{Report, Rule},
    render::Format,
    repo,
    source::MAX_SIZE,
};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// Rules that no file kept in Git can break; a test below makes what does.
const MADE_BY_TESTS: [Rule; 4] = [
    Rule::Encoding,
    Rule::FileTooLarge,
    Rule::UnreadableFile,
    Rule::OutsideWorkspace,
];

/// The portal that there is can hold everything, so nothing says this yet.
const UNUSED: [Rule; 1] = [Rule::Unsupported];

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
        load(repo::read(path).unwrap(), today())
    } else {
        let name = path.file_name().unwrap().to_str().unwrap();
        read_file(name, std::fs::read(path).unwrap())
    }
}

/// Keeps what is said of a fixture, as text and as JSON.
fn keep(name: &str, report: &Report) {
    insta::with_settings!({ snapshot_path => "snapshots/invalid", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}.text"), shown(report, Format::Text));
        insta::assert_snapshot!(format!("{name}.json"), shown(report, Format::Json));
    });
}

#[test]
fn every_fixture_breaks_the_rule_that_it_is_named_after() {
    let mut broken = BTreeSet::new();
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
        keep(name, &report);
        broken.insert(rule.to_owned());
    }
    for rule in Rule::ALL {
        let elsewhere = MADE_BY_TESTS.contains(rule) || UNUSED.contains(rule);
        assert_ne!(
            broken.contains(rule.id()),
            elsewhere,
            "`{rule}` has no fixture"
        );
    }
}

#[test]
fn every_valid_fixture_declares_what_it_says() {
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
fn a_file_that_is_not_utf_8_is_refused_where_it_stops_being_so() {
    let report = |bytes: &[u8]| read_file("people.yaml", bytes).report;
    let latin = report(b"users:\n  zoe: { first_name: Zo\xeb }\n");
    keep("encoding.latin-1", &latin);
    let wide: Vec<u8> = "users:\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let wide = report(&[b"\xff\xfe", &*wide].concat());
    keep("encoding.utf-16", &wide);
    assert_eq!([rules(&latin), rules(&wide)], [["encoding"], ["encoding"]]);
}

#[test]
fn a_file_that_cannot_be_taken_in_is_named() {
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
    keep("outside-workspace", &outside);
    for name in ["outside.yaml", "folder"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }

    link(Path::new("nobody.yaml"), "dangling.yaml").unwrap();
    link(Path::new("round.yaml"), "round.yaml").unwrap();
    let unreadable = read();
    assert_eq!(rules(&unreadable), ["unreadable-file", "unreadable-file"]);
    keep("unreadable-file", &unreadable);
    for name in ["dangling.yaml", "round.yaml"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }

    // A hole: as long as the limit and a byte, and no block of a disk.
    let large = std::fs::File::create(folder.path().join("large.yaml")).unwrap();
    large.set_len(MAX_SIZE + 1).unwrap();
    let large = read();
    assert_eq!(rules(&large), ["file-too-large"]);
    keep("file-too-large", &large);
}

#[test]
fn files_of_others_are_left_alone() {
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
