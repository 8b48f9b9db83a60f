//! A *layer* is a module of the crate and the modules that it may import. This table defines the
//! architecture: other imports fail the test.

mod imports;

use imports::{Token, imports, module_path, tokens};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Each module and the modules that it may import; `*` means all modules above it.
const LAYERS: &[(&str, &str)] = &[
    ("sensitive", ""),
    ("source", "sensitive"),
    ("diagnostic", "source"),
    ("model", "sensitive source"),
    ("portals", ""),
    ("profile", "model"),
    ("config", "model portals profile"),
    ("yaml", "sensitive source diagnostic"),
    ("schema", "config model profile yaml diagnostic source"),
    ("declaration", "model yaml source"),
    ("template", "model yaml source diagnostic"),
    ("repo", "source diagnostic model yaml"),
    ("trace", "model"),
    (
        "rules",
        "model sensitive source diagnostic config profile trace yaml",
    ),
    ("lifecycle", "model source diagnostic rules yaml"),
    ("greeting", "model source diagnostic rules repo"),
    (
        "desired",
        "config declaration diagnostic greeting lifecycle model profile repo rules schema sensitive source template yaml",
    ),
    ("renumber", "desired diagnostic model repo source yaml"),
    (
        "sheet",
        "declaration desired diagnostic model profile repo sensitive source yaml",
    ),
    (
        "history",
        "declaration desired diagnostic lifecycle model profile repo schema source template yaml",
    ),
    ("plan", "model config rules"),
    ("sandbox", "model profile schema"),
    ("portal", "model config portals profile sandbox"),
    (
        "support",
        "config desired diagnostic model portal repo rules source",
    ),
    ("apply", "greeting plan portal model rules"),
    (
        "import",
        "desired diagnostic model plan profile repo source yaml",
    ),
    ("view", "config model rules source template"),
    ("page", "model plan trace view"),
    (
        "render",
        "source diagnostic model plan portal apply page view",
    ),
    ("reference", "model config diagnostic portal profile schema"),
    ("saved", "model plan render"),
    ("journal", "apply plan portal render saved"),
    ("action", "apply journal model portal render"),
    ("undo", "apply journal model plan"),
    ("forge", "portal"),
    ("cli", "*"),
];

/// Imports that are allowed in some files only: module, import and file.
const NARROW: &[(&str, &str, &str)] = &[("portal", "sandbox", "portal/sandbox/mod.rs")];

/// Replaceable crates, and the path prefixes of the only files that may use them.
const CRATES: &[(&str, &str)] = &[
    ("granit_parser", "yaml/"),
    ("jsonschema", "schema profile/limit.rs"),
    ("rusqlite", "sandbox/store/"),
    ("rusqlite_migration", "sandbox/store/"),
    ("git2", "repo"),
    ("axum", "sandbox"),
    ("reqwest", "portal forge"),
    ("ZipArchive", "forge/archive.rs sheet/workbook.rs"),
    ("calamine", "sheet/workbook.rs"),
    ("csv_core", "sheet/split.rs"),
    ("encoding_rs", "sheet/bytes.rs"),
    ("fast_qr", "cli/run/code.rs"),
    ("rpassword", "cli/run/prepared.rs"),
];

#[test]
fn imports_are_those_of_the_table() {
    let mut wrong = Vec::new();
    for (file, text) in files() {
        let module = file.split(['/', '.']).next().unwrap_or_default();
        // These two only declare and start everything.
        if matches!(file.as_str(), "lib.rs" | "main.rs") {
            continue;
        }
        let Some(place) = LAYERS.iter().position(|(name, _)| *name == module) else {
            wrong.push(format!("src/{file}: `{module}` is not in the table"));
            continue;
        };
        let above = LAYERS[..place].iter().map(|(name, _)| *name);
        let allowed: BTreeSet<&str> = match LAYERS[place].1 {
            "*" => above.collect(),
            listed => listed.split_whitespace().collect(),
        };
        for (line, import) in imports(&module_path(&file), &text) {
            let narrow = NARROW
                .iter()
                .any(|(of, what, only)| (*of, *what) == (module, &*import) && *only != file);
            if import != module && (narrow || !allowed.contains(&*import)) {
                wrong.push(format!("src/{file}:{line} imports `{import}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "not allowed:\n{}", wrong.join("\n"));
}

#[test]
fn replaceable_crates_are_used_only_in_their_files() {
    let mut wrong = Vec::new();
    for (file, text) in files() {
        for Token { line, word } in tokens(&text) {
            let known = CRATES.iter().find(|(name, _)| *name == word);
            if let Some((name, only)) = known
                && !only.split_whitespace().any(|only| file.starts_with(only))
            {
                wrong.push(format!("src/{file}:{line} names `{name}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "not allowed:\n{}", wrong.join("\n"));
}

/// Every source file by its path under `src`.
fn files() -> BTreeMap<String, String> {
    fn visit(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                visit(root, &path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let name = path.strip_prefix(root).expect("a path in src");
                let name = name.to_str().expect("a name in UTF-8").replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    visit(&root, &root, &mut found);
    assert!(found.len() > 10, "no sources found in {}", root.display());
    found
}
