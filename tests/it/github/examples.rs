//! The *examples* of other pipelines: each command in them is one, with flags that exist.

use std::{fs, path::Path};
use walkdir::WalkDir;

#[test]
fn every_command_of_the_examples_parses() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join(".pre-commit-hooks.yaml")];
    for folder in ["examples/gitlab", "examples/kubernetes", "examples/github"] {
        let found = WalkDir::new(root.join(folder)).into_iter();
        let found = found
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file());
        files.extend(found.map(walkdir::DirEntry::into_path));
    }
    let mut commands = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| !line.trim().starts_with('#')) {
            let line = line
                .replace("[callsheet, ", "callsheet ")
                .replace(", ", " ");
            let Some((_, command)) = line.split_once("callsheet ") else {
                continue;
            };
            let is_command = ["ci ", "validate", "plan", "apply", "workspaces"]
                .iter()
                .any(|word| command.starts_with(word));
            if !is_command || line.contains("name:") {
                continue;
            }
            let end = command.find(['|', ')', ']', '#']).unwrap_or(command.len());
            let command = command[..end]
                .replace('"', "")
                .replace("$JOB_COMPLETION_INDEX/$SHARDS", "0/20");
            let words: Vec<&str> = command.split_whitespace().collect();
            let output = assert_cmd::Command::cargo_bin("callsheet")
                .unwrap()
                .args(&words)
                .arg("--help")
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{}: callsheet {words:?}",
                file.display()
            );
            commands += 1;
        }
    }
    assert!(commands >= 9, "{commands} commands were found");
}
