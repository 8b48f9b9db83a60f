//! A *bound* keeps the time and the memory of a run within reason, whatever a workspace contains.

use crate::workspace::{STANDARD, read_file, rules, shown, write};
use callsheet::{render::Format, repo};
use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

fn callsheet(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .args(line.split_whitespace());
    command.output().unwrap()
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn what_is_not_a_plain_file_is_not_read() {
    let pipe: &dyn Fn(&Path) = &make_pipe;
    let socket: &dyn Fn(&Path) =
        &|path| drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    let folder: &dyn Fn(&Path) = &|path| std::fs::create_dir(path).unwrap();
    for (name, make, what) in [
        ("callsheet.yaml", pipe, "a named pipe"),
        ("callsheet.yaml", folder, "a directory"),
        ("people.yaml", pipe, "a named pipe"),
        ("people.yml", socket, "a socket"),
        ("deep/people.yaml", pipe, "a named pipe"),
    ] {
        let workspace = tempfile::tempdir().unwrap();
        let at = workspace.path();
        if name != "callsheet.yaml" {
            write(at, &[("callsheet.yaml", STANDARD)]);
        }
        std::fs::create_dir_all(at.join(name).parent().unwrap()).unwrap();
        make(&at.join(name));
        let report = repo::read(at).unwrap().report;
        assert_eq!(rules(&report), ["unreadable-file"], "{name} as {what}");
        let text = shown(&report, Format::Text);
        assert!(text.contains(what) && text.contains(name), "{text}");
        let output = callsheet(at, "validate");
        assert_eq!(output.status.code(), Some(1), "{name} as {what}");
    }
    let workspace = tempfile::tempdir().unwrap();
    let at = workspace.path();
    write(
        at,
        &[
            ("callsheet.yaml", STANDARD),
            ("a.yaml/b.yaml", "users: {}\n"),
        ],
    );
    make_pipe(&at.join("pipe"));
    std::os::unix::fs::symlink("pipe", at.join("c.yaml")).unwrap();
    let files = repo::read(at).unwrap();
    assert_eq!(rules(&files.report), ["unreadable-file"]);
    assert_eq!(files.sources.len(), 2);
}

#[test]
fn a_configuration_of_another_name_is_noticed() {
    for name in ["callsheet.yml", "Callsheet.yaml", "callsheet.YAML"] {
        let workspace = tempfile::tempdir().unwrap();
        write(workspace.path(), &[(name, STANDARD)]);
        let output = callsheet(workspace.path(), "validate");
        let said = String::from_utf8(output.stderr).unwrap();
        let wanted = format!("rename {name} to callsheet.yaml");
        assert!(said.contains(&wanted), "{said}");
    }
}

/// A workspace with one template and so many users of it.
fn with_template(attributes: &str, title: &str, users: usize) -> String {
    let mut text = format!(
        "templates:\n  desk:\n    attributes:\n{attributes}    user: {{ title: \"{title}\" }}\nusers:\n"
    );
    for at in 0..users {
        writeln!(
            text,
            "  u{at}: {{ first_name: A, last_name: B, email: u{at}@acme.example, template: desk }}"
        )
        .unwrap();
    }
    text
}

#[test]
fn a_template_expands_within_a_limit() {
    let doubling = |count: usize| {
        let mut text = String::new();
        for at in 0..count {
            let next = at + 1;
            writeln!(
                text,
                "      a{at}: {{ value: \"${{a{next}}}${{a{next}}}\" }}"
            )
            .unwrap();
        }
        writeln!(text, "      a{count}: {{ value: x }}").unwrap();
        text
    };
    let report = read_file("a.yaml", with_template(&doubling(7), "${a0}", 2)).report;
    assert!(rules(&report).is_empty(), "{:?}", rules(&report));
    for count in [16, 40, 60] {
        let report = read_file("a.yaml", with_template(&doubling(count), "${a0}", 1)).report;
        assert!(rules(&report).contains(&"expansion-limit"), "{count}");
    }
    // Too many to follow one by one, and to follow for each of them.
    let mut chain = String::new();
    for at in 0..5000 {
        writeln!(chain, "      a{at}: {{ value: \"${{a{}}}\" }}", at + 1).unwrap();
    }
    chain.push_str("      a5000: { value: x }\n");
    let report = read_file("a.yaml", with_template(&chain, "${a0}", 1)).report;
    assert!(rules(&report).contains(&"expansion-limit"));
    let unclosed = "${".repeat(100_000);
    let attributes = format!("      a0: {{ value: \"{unclosed}\" }}\n");
    let report = read_file("a.yaml", with_template(&attributes, "x", 1)).report;
    assert!(report.count(callsheet::diagnostic::Level::Error) <= 1);
}

#[test]
fn many_diagnostics_on_one_line_have_their_columns() {
    let mut text = "users: { ".to_owned();
    for at in 0..20_000 {
        write!(text, "é{at}: {{ }}, ").unwrap();
    }
    text.push_str("}\n");
    let report = read_file("a.yaml", text).report;
    for format in [Format::Json, Format::Sarif, Format::Github, Format::Text] {
        let shown = shown(&report, format);
        assert!(!shown.is_empty());
    }
    let last = report.sorted().last().map(|one| one.place.start().column);
    assert!(last.is_some_and(|column| column > 200_000), "{last:?}");
}

#[test]
fn merge_keys_are_reported_once() {
    let mut text =
        "users:\n  a: &a { first_name: A, last_name: B, email: a@acme.example }\n".to_owned();
    for at in 0..50 {
        writeln!(text, "  u{at}: {{ <<: *a, email: u{at}@acme.example }}").unwrap();
    }
    let report = read_file("a.yaml", text).report;
    assert_eq!(rules(&report), ["merge-key"]);
    let text = shown(&report, Format::Text);
    assert!(text.contains("49 more"), "{text}");
}
