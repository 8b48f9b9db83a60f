//! The page of the *features* that guides of phone systems describe: each has a test, or a reason why not.

use std::{collections::BTreeMap, path::Path};

/// How many features each guide has.
const GUIDES: [usize; 5] = [46, 44, 30, 33, 36];

/// What a proof begins with that is no test.
const REASONS: [&str; 2] = ["left out: ", "not yet: "];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A row of the page.
struct Row {
    id: String,
    what: String,
    proof: String,
}

fn rows() -> Vec<Row> {
    let page = std::fs::read_to_string(root().join("docs/features.md")).unwrap();
    let lines = page.lines().filter(|line| line.starts_with("| S"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [id, what, proof] = cells[..] else {
                panic!("{line}");
            };
            Row {
                id: id.to_owned(),
                what: what.to_owned(),
                proof: proof.to_owned(),
            }
        })
        .collect()
}

/// The names of the tests in a source.
fn tests_in(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line
            .split_once("fn ")
            .filter(|(before, _)| ["", "async "].contains(before))
        {
            if is_test {
                found.extend(rest.split('(').next());
            }
            is_test = false;
        }
    }
    found
}

#[test]
fn every_feature_stands_there_once_in_order() {
    let expected = GUIDES
        .iter()
        .enumerate()
        .flat_map(|(guide, count)| (1..=*count).map(move |one| format!("S{guide}.{one:02}")));
    let rows = rows();
    assert!(
        rows.iter().map(|row| row.id.clone()).eq(expected),
        "{:?}",
        rows.iter().map(|row| &row.id).collect::<Vec<_>>()
    );
    assert!(rows.iter().all(|row| !row.what.is_empty()));
}

#[test]
fn every_feature_has_a_test_that_exists_or_a_reason() {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    let mut proven = 0;
    for Row { id, proof, .. } in rows() {
        if let Some(reason) = REASONS.iter().find_map(|known| proof.strip_prefix(known)) {
            assert!(reason.len() > 10 && !reason.contains("::"), "{id}: {proof}");
            continue;
        }
        proven += 1;
        for named in proof.split(", ") {
            let named = named
                .strip_prefix('`')
                .and_then(|rest| rest.strip_suffix('`'));
            let (file, test) = named
                .and_then(|named| named.split_once("::"))
                .unwrap_or_else(|| panic!("{id}: {proof}"));
            assert!(
                file.starts_with("tests/it/") || file.starts_with("src/"),
                "{id}: {file}"
            );
            let text = sources.entry(file.to_owned()).or_insert_with(|| {
                std::fs::read_to_string(root().join(file))
                    .unwrap_or_else(|error| panic!("{id}: {file}: {error}"))
            });
            assert!(tests_in(text).contains(&test), "{id}: {file} has no {test}");
        }
    }
    assert!(proven > 100, "{proven} features have a test");
}

#[test]
fn only_tests_count() {
    let text = "fn helper() {}\n#[test]\n#[ignore]\nfn one() {}\n#[tokio::test]\nasync fn two() {}\nfn three() {}\n";
    assert_eq!(tests_in(text), ["one", "two"]);
}
