//! The *book* in `docs`, and the pages at the root: their links lead somewhere, their commands exist, and what they
//! show is what happens.

mod page;
mod transcript;

use crate::report::skipped;
use page::{Page, root};
use regex::Regex;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
    process::Command,
};

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(normal.pop(), "{}", path.display()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn the_summary_lists_every_page_once() {
    let listed = Page::read("docs/SUMMARY.md").links();
    let set: BTreeSet<PathBuf> = listed
        .iter()
        .map(|link| Path::new("docs").join(link))
        .collect();
    assert_eq!(set.len(), listed.len(), "a page is listed twice");
    let pages = Page::all().into_iter().map(|page| page.path);
    let in_docs = pages.filter(|path| path.starts_with("docs") && !path.ends_with("SUMMARY.md"));
    assert_eq!(in_docs.collect::<BTreeSet<_>>(), set);
}

#[test]
fn every_link_leads_somewhere() {
    let pages = Page::all();
    let anchors: BTreeMap<&Path, BTreeSet<String>> = pages
        .iter()
        .map(|page| (page.path.as_path(), page.anchors()))
        .collect();
    let mut broken = Vec::new();
    let mut count = 0;
    for page in &pages {
        for link in page.links() {
            if link.contains("://") {
                continue;
            }
            count += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => page.path.clone(),
                path => normal(&page.path.parent().unwrap().join(path)),
            };
            let has_anchor = anchor.is_empty()
                || anchors
                    .get(target.as_path())
                    .is_some_and(|anchors| anchors.contains(anchor));
            if !root().join(&target).exists() || !has_anchor {
                broken.push(format!("{}: {link}", page.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(count > 100, "{count} links were found");
}

#[test]
fn every_command_exists() {
    let binary = Path::new(env!("CARGO_BIN_EXE_callsheet"));
    let path = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
    let command =
        Regex::new(r"(?:^|&& |[|;] |\()(?:[A-Z_]+=\S+ )*((?:callsheet|cargo run --) [^|>&;#)]*)")
            .unwrap();
    let mut commands = BTreeMap::new();
    for page in Page::all() {
        for block in page.blocks() {
            let text = block.lines.join("\n").replace("\\\n", " ");
            for line in text.lines() {
                let line = match (block.language, line.strip_prefix("$ ")) {
                    ("" | "console", Some(line)) => line,
                    ("sh", _) => line,
                    ("", None) if line.starts_with("cargo run -- ") => line,
                    _ => continue,
                };
                for found in command.captures_iter(line) {
                    let words = found[1].replacen("cargo run --", "callsheet", 1);
                    commands.insert(words, page.path.clone());
                }
            }
        }
    }
    assert!(
        commands.len() > 30,
        "{} commands were found",
        commands.len()
    );
    for (command, page) in commands {
        // `…` stands for arguments that a page doesn't name.
        let line = command.replace('…', "");
        let script = format!("callsheet() {{ command callsheet \"$@\" --help; }}\n{line}\n");
        let output = Command::new("bash")
            .args(["-c", &script])
            .env_clear()
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}: {command}\n{}",
            page.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    transcript::check(&Page::read("README.md"));
}

#[test]
fn what_the_tutorial_shows_is_what_happens() {
    if Command::new("curl").arg("--version").output().is_err() {
        skipped("the tutorial needs curl");
        return;
    }
    transcript::check(&Page::read("docs/tutorial.md"));
}

#[test]
fn what_the_page_of_actions_shows_is_what_happens() {
    transcript::check(&Page::read("docs/actions.md"));
}

#[test]
fn what_the_page_of_traces_shows_is_what_happens() {
    transcript::check(&Page::read("docs/trace.md"));
}

#[test]
fn what_the_page_of_the_sandbox_shows_is_what_happens() {
    if Command::new("curl").arg("--version").output().is_err() {
        skipped("the page of the sandbox needs curl");
        return;
    }
    transcript::check(&Page::read("docs/sandbox.md"));
}

#[test]
fn what_the_page_about_looking_shows_is_what_happens() {
    transcript::check(&Page::read("docs/people.md"));
}

#[test]
fn what_the_recipes_show_is_what_happens() {
    transcript::check(&Page::read("docs/recipes.md"));
}

#[test]
fn what_the_page_of_sheets_shows_is_what_happens() {
    transcript::check(&Page::read("docs/sheets.md"));
}

/// What the page about adding a portal shows stands in the adapter that the unit tests build.
#[test]
fn the_page_about_a_portal_shows_code_that_is_built() {
    let page = Page::read("docs/adding-a-portal.md");
    let adapter = ["mod", "table", "dialect", "write"];
    let adapter = adapter.map(|name| Page::read(format!("src/portal/acme/{name}.rs")));
    let profile = Page::read("src/profile/acme.yaml");
    let mut count = 0;
    for block in page.blocks() {
        let code = block.lines.join("\n");
        let is_there = match block.language {
            "rust" => adapter.iter().any(|file| file.text().contains(&code)),
            "yaml" => profile.text().trim_end() == code,
            _ => continue,
        };
        assert!(is_there, "no file of the adapter has this:\n{code}");
        count += 1;
    }
    assert_eq!(count, 8, "blocks of the page");
}

#[test]
fn the_commands_of_a_fresh_clone_stay_in_the_readme() {
    let readme = Page::read("README.md");
    for command in ["cargo run -- apply --yes examples/acme", "cargo test"] {
        let line = format!("\n    {command}\n");
        assert!(readme.text().contains(&line), "{command}");
    }
}

#[test]
fn every_test_that_a_page_names_exists() {
    let mut sources = Vec::new();
    for folder in ["src", "tests/it"] {
        for entry in walkdir::WalkDir::new(root().join(folder)) {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().with_extension("");
                sources.push((path, text));
            }
        }
    }
    let name = Regex::new(r"`([a-z_0-9]+(?:::[a-z_0-9]+)*(?:::)?)`").unwrap();
    let mut count = 0;
    for page in ["docs/laws.md", "docs/threat-model.md"].map(Page::read) {
        for found in name.captures_iter(page.text()) {
            let Some((module, function)) = found[1].rsplit_once("::") else {
                continue;
            };
            let exists = sources.iter().any(|(path, text)| {
                let is_there = module
                    .split("::")
                    .all(|part| path.iter().any(|folder| folder == part));
                // A module's name may also stand for all its tests.
                is_there
                    && (function.is_empty()
                        || text.contains(&format!("fn {function}("))
                        || text.contains(&format!("mod {function}")))
            });
            assert!(exists, "{}: {}", page.path.display(), &found[1]);
            count += 1;
        }
    }
    assert!(count > 60, "{count} names were found");
}
