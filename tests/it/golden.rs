//! The plan of an office after a busy week, in each format. It contains each cause, and a release, a
//! rename and a delete.

use crate::history::Office;
use std::path::Path;

/// The files of `examples/acme`, by name.
fn acme() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme");
    let mut files = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(".yaml") {
                files.push((name, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The office after a busy week.
fn busy_week() -> Office {
    let files = acme();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let office = Office::with(&files);
    office.apply();
    let engineering = "people/engineering.yaml";
    office.edit_in(
        engineering,
        "title: Head of Engineering",
        "title: VP Engineering",
    );
    office.commit("Promote Tara");
    office.tag("main");
    office.edit_in(engineering, "title: Software Engineer", "title: Engineer");
    office.commit("Shorten titles");
    office.edit_in(engineering, "    title: Quality Assurance\n", "");
    office.commit("Say less of Yasmin");
    office.edit_in(
        engineering,
        "  zoltan:\n",
        "  zoltan.nagy:\n    previously: zoltan\n",
    );
    office.edit_in(
        "numbers.yaml",
        "destination: zoltan }",
        "destination: zoltan.nagy }",
    );
    office.commit("Zoltan wants his whole name");
    office.edit_in(
        "people/operations.yaml",
        "title: Accounts Payable",
        "title: Accounts",
    );
    office.commit("Shorten another");
    let path = office.path().join(engineering);
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("  wanjiru:\n").unwrap();
    let after = rest.split_once("\n\n").unwrap().1;
    std::fs::write(&path, format!("{before}{after}")).unwrap();
    office.edit_in(
        "numbers.yaml",
        "destination: wanjiru }",
        "destination: tara }",
    );
    office.commit("Wanjiru leaves");
    office.click(
        "users:\n  \
         viktor: { first_name: Viktor, last_name: Lindqvist, email: viktor@acme.example, dnd: true, rings_before_voicemail: 9 }\n  \
         wei: { first_name: Wei, last_name: Zhang, email: wei@acme.example, title: Treasurer }\n",
    );
    office
}

#[test]
fn a_busy_week_in_every_format() {
    let office = busy_week();
    for format in ["text", "json", "markdown", "html"] {
        let mut command = office.callsheet(&["plan", "--base", "main", "--format", format]);
        let output = command.assert().code(3).get_output().clone();
        let shown = String::from_utf8(output.stdout).unwrap();
        let name = office
            .path()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let shown = shown.replace(&name, "acme");
        for word in ["Promote Tara", "wanjiru", "zoltan.nagy"] {
            let only_in_data = word == "Promote Tara" && format != "json";
            assert!(only_in_data || shown.contains(word), "{word} in {format}");
        }
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"\b[0-9a-f]{40}\b", "[commit]");
        settings.add_filter(r"\b[0-9a-f]{7}\b", "[short]");
        settings.add_filter(r"sha256:[0-9a-f]{64}", "sha256:[digest]");
        // The portal's own IDs and versions differ from run to run.
        settings.add_filter(r#""id": "[0-9a-f-]{36}""#, r#""id": "[id]""#);
        settings.add_filter(r#""etag": "\\"\d+\\"""#, r#""etag": "[etag]""#);
        settings.add_filter(
            r"Planned on \d{4}-\d\d-\d\d by Callsheet [^ ]+",
            "Planned on [date] by Callsheet [version]",
        );
        settings.add_filter(r"until: \d{4}-\d\d-\d\d", "until: [date]");
        settings.bind(|| insta::assert_snapshot!(format, shown));
    }
}
