//! *Hostile* files: their cost is linear, nothing panics, and each place of a diagnostic is inside its
//! file.

use crate::workspace::{STANDARD, read_file, rules, shown, today};
use callsheet::{
    desired::load,
    diagnostic::{Diagnostic, Report},
    render::{Format, escape},
    repo::{CONFIGURATION, Files},
    source::Place,
};
use proptest::prelude::*;
use std::{
    ops::Range,
    time::{Duration, Instant},
};

/// A generous limit for linear cost in an unoptimized build beside other tests, but far too low for
/// quadratic cost.
const PATIENCE: Duration = Duration::from_secs(60);

/// A text of many numbered parts.
fn many(numbers: Range<usize>, part: impl Fn(usize) -> String) -> String {
    numbers.map(part).collect::<Vec<String>>().concat()
}

/// The report of a file. Checks its places and the output in each format.
fn report_of(bytes: impl Into<Vec<u8>>) -> Report {
    let began = Instant::now();
    let report = read_file("people.yaml", bytes).report;
    for diagnostic in report.sorted() {
        places_exist(diagnostic);
    }
    for format in [Format::Text, Format::Json, Format::Github, Format::Sarif] {
        check_output(&shown(&report, format), format);
    }
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    report
}

fn places_exist(diagnostic: &Diagnostic) {
    let related = diagnostic.related.iter().map(|(place, _)| place);
    for Place { source, span } in related.chain([&diagnostic.place]) {
        let text = source.text().get(span.start as usize..span.end as usize);
        assert!(text.is_some(), "{diagnostic:?} {}", source.text().len());
    }
}

/// Checks that output has no control characters, and no workflow commands except those of the GitHub format.
fn check_output(output: &str, format: Format) {
    assert!(
        !output
            .chars()
            .any(|c| c != '\n' && c != '\t' && escape::is_unsafe(c)),
        "{output:?}"
    );
    assert!(!output.contains("##["), "{output}");
    for line in output
        .lines()
        .filter(|line| line.trim_start().starts_with("::"))
    {
        // The marker of an excerpt from another place; a command would have a name after the colons.
        let excerpt = format == Format::Text && line.trim_start().starts_with("::: ");
        let command = line.starts_with("::error file=") || line.starts_with("::warning file=");
        assert!(excerpt || command && format == Format::Github, "{line}");
    }
}

#[test]
fn an_alias_bomb_is_rejected() {
    let levels = many(1..40, |level| {
        let inner = format!("*a{}", level - 1);
        format!("  a{level}: &a{level} [{inner}, {inner}, {inner}, {inner}]\n")
    });
    let text = format!("groups:\n  a0: &a0 {{ title: x }}\n{levels}");
    assert_eq!(rules(&report_of(text)), ["alias-limit"]);
    let flat = format!("groups:\n  a: &a {{}}\n  b: [{}]\n", "*a, ".repeat(100_001));
    assert_eq!(rules(&report_of(flat)), ["alias-limit"]);
}

#[test]
fn an_anchor_cannot_contain_itself() {
    for text in [
        "users: &a\n  alice: *a\n",
        "users: &a [*a]\n",
        "users: &a { b: &b { c: *a } }\n",
        "&a users: *a\n",
        "users: { &a alice: *a }\n",
    ] {
        assert!(report_of(text).has_errors(), "{text}");
    }
}

#[test]
fn nesting_depth_is_limited() {
    let deep = 100_000;
    for text in [
        "[".repeat(deep),
        "{a: ".repeat(deep),
        "- ".repeat(deep),
        "? ".repeat(deep),
        format!("users: {}{}\n", "[".repeat(deep), "]".repeat(deep)),
        many(0..2000, |depth| format!("{}a:\n", " ".repeat(depth))),
    ] {
        let report = report_of(text.clone());
        let found = rules(&report);
        assert!(
            matches!(found[..], ["depth-limit" | "yaml-syntax"]),
            "{found:?} {}",
            &text[..30]
        );
    }
    let limit = format!("users: {}{}\n", "[".repeat(63), "]".repeat(63));
    assert_eq!(rules(&report_of(limit)), ["wrong-type"]);
}

#[test]
fn many_keys_are_compared_in_linear_time() {
    let keys = many(0..50_000, |number| format!("  g{number}: {{}}\n"));
    let text = format!("groups:\n{keys}  g0: {{}}\n  g49999: {{}}\n");
    let report = report_of(text);
    assert_eq!(rules(&report), ["duplicate-key"; 2]);
    let lines = report
        .sorted()
        .into_iter()
        .map(|one| (one.place.start().line, one.related[0].0.start().line));
    assert_eq!(lines.collect::<Vec<_>>(), [(50_002, 2), (50_003, 50_001)]);
}

#[test]
fn a_line_may_be_as_long_as_a_file() {
    let long = "x".repeat(20 << 20);
    let report = report_of(format!("groups: {{ a: {{ title: {long} }} }}\n"));
    assert_eq!(rules(&report), ["invalid-value"]);
    assert!(shown(&report, Format::Text).len() < 1000);
    assert!(shown(&report, Format::Json).len() < 1000);
    assert_eq!(rules(&report_of(long)), ["wrong-type"]);
}

#[test]
fn ten_thousand_errors_are_counted_in_text_and_listed_in_json() {
    let entries = |separator| many(0..10_000, |number| format!("x{number}: 1{separator}"));
    let on_lines = report_of(format!("groups:\n  a:\n    {}", entries("\n    ")));
    let on_one = report_of(format!("groups: {{ a: {{ {} }} }}\n", entries(", ")));
    for report in [on_lines, on_one] {
        let text = shown(&report, Format::Text);
        assert_eq!(text.matches("error[unknown-field]").count(), 100);
        assert!(
            text.ends_with("… and 9900 more\n\n10000 errors in 1 file\n"),
            "{}",
            text.len()
        );
        let json: serde_json::Value = serde_json::from_str(&shown(&report, Format::Json)).unwrap();
        assert_eq!(json["diagnostics"].as_array().unwrap().len(), 10_000);
        assert_eq!(json["summary"]["errors"], 10_000);
        assert_eq!(shown(&report, Format::Github).lines().count(), 10_000);
    }
}

#[test]
fn many_duplicates_are_found_in_linear_time() {
    let users = many(0..2000, |number| {
        format!(
            "  u{number}: {{ first_name: A, last_name: B, email: a@b.example, extension: 1001 }}\n"
        )
    });
    let text = format!("users:\n{users}");
    assert_eq!(rules(&report_of(text)), ["duplicate-value"; 2 * 1999]);
    let phones = "{ mac: 00:15:65:aa:bb:cc, model: yealink_t54w }, ".repeat(1000);
    let text = format!(
        "users: {{ a: {{ first_name: A, last_name: B, email: a@b.example, phones: [{phones}] }} }}\n"
    );
    let report = report_of(text);
    assert_eq!(report.sorted().len(), 1 + 999);
}

#[test]
fn invalid_utf_8_is_rejected_and_escaped() {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    for bytes in [
        b"users:\n  alice: \xff\xfe\n".to_vec(),
        b"users:\n  alice: \xed\xa0\x80\n".to_vec(),
        b"\xff\xfeu\0s\0".to_vec(),
        [b"\xfe\xff", &*wide("users: {}")].concat(),
        b"\xc3".to_vec(),
    ] {
        assert_eq!(rules(&report_of(bytes)), ["encoding"]);
    }
    for text in [
        "users:\n  al\0ice: {}\n",
        "\0",
        "users: \"\0\"\n",
        "users: {}\n\0\n",
    ] {
        assert!(report_of(text).has_errors(), "{text:?}");
    }
}

#[test]
fn control_characters_are_escaped() {
    for name in [
        r"al\e[2Jice",
        r"a\u202Eb",
        r"a\u2066b",
        r"a\x9b31m",
        r"a\a",
        r"a\b",
        r"a\rb",
        r"a\nb",
        r"a\u2028b",
        r"a\u200Bb",
        r"a\xADb",
        r"a\U000E0041b",
        r"\uFEFFa",
        "::error::x",
        "##[group]",
        "%0A::error::x",
        r"x\n::error::y",
        r"x\n##[add-path]/tmp",
        r"x\r\n::stop-commands::y",
        "<script>alert(1)</script>",
        "a|b|c",
        "`a`",
        "[a](javascript:b)",
        "${jndi:x}",
        "{{ x }}",
    ] {
        let name = name.replace('"', "\\\"");
        for text in [
            format!("users:\n  \"{name}\": {{}}\n"),
            format!("users: {{ a: {{ \"{name}\": 1, email: \"{name}\", scope: \"{name}\" }} }}\n"),
            format!("\"{name}\": 1\n"),
            format!(
                "extensions: {{ 2000: {{ kind: \"{name}\" }}, 2001: {{ kind: forward, name: \"{name}\", destination: \"{name}\" }} }}\n"
            ),
            format!(
                "templates: {{ t: {{ attributes: {{ a: {{ value: \"${{{name}}}\" }} }} }} }}\nusers: {{ a: {{ template: t, with: {{ \"{name}\": 1 }} }} }}\n"
            ),
        ] {
            let report = report_of(text.clone());
            assert!(report.has_errors(), "{text}");
        }
    }
    // The raw characters.
    for raw in [
        "\u{1b}[2J",
        "\u{202e}",
        "\u{9b}",
        "\u{feff}",
        "\u{2028}",
        "\u{85}",
        "\u{7f}",
    ] {
        report_of(format!("users:\n  a{raw}b: 1{raw}\n{raw}: [\n"));
    }
}

#[test]
fn all_line_endings_are_accepted() {
    let text = "users:\n  alice:\n    first_name: Alice\n    lst_name: Ng\n";
    for (ending, same) in [("\r\n", true), ("\n", true), ("\r", false)] {
        let report = report_of(text.replace('\n', ending));
        let found = rules(&report);
        assert_eq!(
            found,
            ["missing-field", "missing-field", "unknown-field"],
            "{ending:?}"
        );
        let line = report.sorted()[2].place.start().line;
        assert_eq!(line == 4, same, "{ending:?}: {line}");
    }
}

#[test]
fn unusual_structure_is_rejected() {
    for (text, expected) in [
        ("a: 1\n---\nb: 2\n", "multiple-documents"),
        ("users: {}\n---\nnull\n", "multiple-documents"),
        ("users:\n  [a]: {}\n", "non-string-key"),
        ("users:\n  {a: b}: {}\n", "non-string-key"),
        ("users:\n  ? - a\n  : {}\n", "non-string-key"),
        ("users:\n  : {}\n", "non-string-key"),
        ("users:\n  ~: {}\n", "non-string-key"),
        ("users:\n  &a : {}\n", "non-string-key"),
        ("groups:\n  a: &a {}\n  *a : {}\n", "non-string-key"),
        (
            "groups:\n  a: &a { title: x }\n  b: { <<: *a }\n",
            "merge-key",
        ),
        ("users:\n\talice: {}\n", "tab-indent"),
        ("users:\n  - \talice: {}\n\t bob\n", "tab-indent"),
        ("%YAML 1.2\nusers: {}\n", "yaml-syntax"),
        ("users: !<tag:x> {}\n", "tag"),
        ("users: !include /etc/passwd\n", "tag"),
    ] {
        let report = report_of(text);
        assert!(
            rules(&report).contains(&expected),
            "{text:.60} {:?}",
            rules(&report)
        );
    }
}

#[test]
fn a_resource_means_the_same_in_any_file() {
    let pieces = [
        "users: { ann: { first_name: Ann, last_name: Lee, email: a@b.example, extension: 1001 } }\n",
        "users: { bob: { first_name: Bob, last_name: Lee, email: A@b.example, extension: 1001 } }\n",
        "users: { cat: { first_name: Cat, last_name: Lee, email: c@b.example, scope: nobody } }\n",
        "users: { cat: { first_name: Cat, last_name: Lee, email: c@b.example, scope: nobody } }\n",
        "extensions: { 1001: { kind: fax, name: Fax, owner: an } }\n",
        "groups: { staff: { titel: x } }\n",
        "teams: {}\n",
        "users: [\n",
    ];
    let said = |order: &[usize]| {
        let mut files = Files::default();
        files.take(CONFIGURATION.to_owned(), STANDARD.into());
        for (at, piece) in order.iter().enumerate() {
            files.take(format!("{at}.yaml"), pieces[*piece].into());
        }
        let report = load(files, today()).report;
        let sorted = report.sorted();
        let mut said: Vec<String> = sorted
            .iter()
            .map(|one| format!("{} {}", one.rule, one.message))
            .collect();
        said.sort();
        (said, shown(&report, Format::Json))
    };
    let order: Vec<usize> = (0..pieces.len()).collect();
    let (first, bytes) = said(&order);
    assert_eq!(said(&order).1, bytes, "same input, same bytes");
    assert_eq!(first.len(), 9, "{first:#?}");
    for turn in 1..pieces.len() {
        let mut turned = order.clone();
        turned.rotate_left(turn);
        assert_eq!(said(&turned).0, first);
        turned.reverse();
        assert_eq!(said(&turned).0, first);
    }
}

/// Text that resembles YAML, with typical errors.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "users:",
        "extensions:",
        "templates:",
        "scopes:",
        "a:",
        "alice:",
        " ",
        "  ",
        "    ",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\t",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ": ",
        "\"",
        "'",
        "|",
        ">-",
        "#",
        " # x\n",
        "&a ",
        "*a",
        "*97",
        "!!str ",
        "---\n",
        "...\n",
        "? ",
        "<<: ",
        "~",
        "null",
        "0100",
        "+1415",
        "1001",
        "true",
        "é",
        "漢",
        "👩\u{200d}🔧",
        "\u{feff}",
        "\u{1b}",
        "\u{202e}",
        "${a}",
        "${user.x}",
        "$${",
        "template: t",
        "with: { a: b }",
        "first_name: A",
        "email: a@b.example",
        "password: x",
        "extension: 1001",
        "kind: fax",
        "name: F",
        "t: { attributes: { a: { value: \"${a}\" } }, user: { title: \"${a}\" } }",
        "phones: [{ mac: 001565aabbcc }]",
        "forwarding: { enabled: true, destinations: [a] }",
        "previously: b",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_like_text_is_read_or_rejected(text in yaml_like()) {
        report_of(text);
    }

    #[test]
    fn any_text_is_read_or_rejected(text in "\\PC{0,80}|(.|\n|\t){0,80}") {
        report_of(text);
    }

    #[test]
    fn any_bytes_are_read_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        report_of(bytes);
    }

    #[test]
    fn a_configuration_is_read_or_rejected(text in yaml_like()) {
        let mut files = Files::default();
        files.take(CONFIGURATION.to_owned(), format!("{STANDARD}{text}").into());
        let report = load(files, today()).report;
        report.sorted().into_iter().for_each(places_exist);
    }
}
