//! The *documents* that scripts and shells get.

use super::{PEOPLE, PHONES, Prompt};
use crate::workspace::write;
use std::path::Path;

#[test]
fn schemas_are_printed_by_name() {
    let mut at = Prompt::new();
    let names = at.run("schema").stdout;
    at.keep("schema");
    let at = Prompt::new();
    for name in names.lines() {
        let printed = at.run_quietly(&format!("schema {name}")).stdout;
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
        assert_eq!(
            printed,
            std::fs::read_to_string(kept).unwrap(),
            "{name}: run `callsheet schema --write`"
        );
    }
    assert_eq!(
        names.lines().count(),
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema"))
            .unwrap()
            .count()
    );
    assert_eq!(at.run_quietly("schema --write out").code, 0);
    for page in ["fields", "portals", "rules"] {
        let name = format!("docs/{page}.md");
        let kept = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name));
        assert_eq!(at.read(&format!("out/{name}")), kept.unwrap(), "{name}");
    }
    let page = "Mine.\n<!-- generated: mapping -->\nold\n<!-- end -->\nMine too.\n";
    write(at.path(), &[("out/docs/portals/kazoo.md", page)]);
    assert_eq!(at.run_quietly("schema --write out").code, 0);
    let filled = at.read("out/docs/portals/kazoo.md");
    assert!(filled.starts_with("Mine.\n") && filled.ends_with("<!-- end -->\nMine too.\n"));
    assert!(filled.contains("`priv_level`") && !filled.contains("\nold\n"));
}

#[test]
fn shells_and_man_get_what_they_need() {
    let at = Prompt::new();
    for (shell, sign) in [
        ("bash", "complete -F _callsheet"),
        ("zsh", "#compdef callsheet"),
        ("fish", "complete -c callsheet"),
    ] {
        let ended = at.run_quietly(&format!("completions {shell}"));
        assert!(
            ended.code == 0
                && ended.stdout.contains(sign)
                && ended.stdout.contains("detailed-exitcode"),
            "{shell}"
        );
    }
    let man = at.run_quietly("man").stdout;
    assert!(
        man.contains(".TH callsheet 1") && man.contains("validate"),
        "{man}"
    );
}

/// The one document on stdout, which its published schema accepts.
fn document(at: &Prompt, line: &str, schema: &str) -> (i32, serde_json::Value) {
    let ended = at.run_quietly(&format!("{line} --format json"));
    let value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{line}: {error}: {}", ended.stdout));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{schema}.schema.json"));
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{line}: {errors:#?}");
    (ended.code, value)
}

#[test]
fn every_document_is_what_its_schema_says() {
    let at = Prompt::with(&[("people.yaml", PEOPLE), ("phones.yaml", PHONES)]);
    let ok = |line: &str, schema: &str| {
        let (code, value) = document(&at, line, schema);
        assert_eq!(
            (code, &value["format_version"]),
            (0, &"1.0".into()),
            "{line}"
        );
        value
    };
    assert_eq!(ok("validate", "diagnostics")["summary"]["errors"], 0);
    assert_eq!(ok("plan", "plan")["summary"]["create"], 4);
    assert_eq!(document(&at, "plan --detailed-exitcode", "plan").0, 2);
    let applied = ok("apply --yes", "apply");
    assert_eq!(applied["outcomes"]["done"], 4);
    assert_eq!(applied["operations"][0]["outcome"], "done");
    assert_eq!(ok("plan", "plan")["operations"], serde_json::json!([]));
    ok("apply --yes", "apply");
    for kind in [
        "users",
        "extensions",
        "scopes --system",
        "groups",
        "numbers",
        "contacts",
    ] {
        ok(&format!("list {kind}"), "list");
    }
    assert_eq!(ok("show users/bob", "show")["fields"]["extension"], "1002");
    ok("show extensions/2000", "show");

    write(
        at.path(),
        &[(
            "callsheet.yaml",
            "portal: { kind: sandbox, database: .callsheet/sandbox.db }\nabsent: [users/zed]\n",
        )],
    );
    write(
        at.path(),
        &[
            ("people.yaml", "groups: { staff: {} }\n"),
            ("phones.yaml", ""),
        ],
    );
    assert_eq!(ok("plan", "plan")["unmanaged"]["users"], 3);
    write(
        at.path(),
        &[(
            "callsheet.yaml",
            "portal: { kind: sandbox, database: .callsheet/sandbox.db }\nabsent: [users/alice]\n",
        )],
    );
    let (code, blocked) = document(&at, "plan", "plan");
    assert_eq!(
        (code, &blocked["findings"][1]["rule"]),
        (3, &"in-use".into())
    );

    write(
        at.path(),
        &[(
            "people.yaml",
            "users: { bob: { template: nothing, pasword: x }, eve: 1 }\n- 1",
        )],
    );
    for line in ["validate", "plan", "apply --yes"] {
        assert_eq!(document(&at, line, "diagnostics").0, 1, "{line}");
    }
}

#[test]
fn an_import_tells_as_json_what_it_wrote_and_what_it_left_out() {
    let at = Prompt::with(&[("people.yaml", PEOPLE)]);
    assert_eq!(document(&at, "apply --yes", "apply").0, 0);
    write(at.path(), &[("people.yaml", "")]);
    let (code, import) = document(&at, "import", "import");
    let resources = import["files"][0]["resources"].as_array().unwrap();
    assert!(code == 0 && !resources.is_empty(), "{import}");
    assert_eq!(import["left_out"], serde_json::json!([]));
    let (code, import) = document(&at, "import", "import");
    assert_eq!((code, &import["files"]), (0, &serde_json::json!([])));
}

#[test]
fn a_pull_request_gets_one_comment_whatever_happens() {
    let at = Prompt::with(&[("people.yaml", PEOPLE)]);
    let shown = |line: &str| {
        let mut command = super::callsheet(at.path());
        command
            .env("GITHUB_SERVER_URL", "https://github.com")
            .env("GITHUB_REPOSITORY", "acme/phones")
            .env("GITHUB_SHA", "3f2c1aab0c3f2c1aab0c3f2c1aab0c3f2c1aab0c");
        let words = line.split_whitespace().chain(["--format", "markdown"]);
        let output = command.args(words).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.matches("<!-- callsheet:").count(), 1, "{line}: {text}");
        assert!(text.starts_with("<!-- callsheet:"), "{line}: {text}");
        (output.status.code().unwrap(), text)
    };
    let (code, valid) = shown("validate");
    assert!(code == 0 && valid.contains(": valid\n"), "{valid}");
    let (code, done) = shown("apply --yes");
    assert!(code == 0 && done.contains(": 3 of 3 done"), "{done}");
    let (code, nothing) = shown("apply --yes");
    assert!(
        code == 0 && nothing.contains(": nothing to do"),
        "{nothing}"
    );
    write(
        at.path(),
        &[("people.yaml", "users: { eve: { frist_name: Eve } }\n")],
    );
    for line in ["validate", "plan", "apply --yes"] {
        let (code, wrong) = shown(line);
        assert!(
            code == 1 && wrong.contains("| `unknown-field` |"),
            "{wrong}"
        );
        let link = "/blob/3f2c1aab0c3f2c1aab0c3f2c1aab0c3f2c1aab0c/people.yaml#L1)";
        assert!(wrong.contains(link), "{wrong}");
    }
    let taken = "users: { eve: { first_name: Eve, last_name: Ash, email: eve@acme.example, extension: 1002 } }\n";
    write(at.path(), &[("people.yaml", taken)]);
    let (code, blocked) = shown("apply --yes");
    assert!(code == 3 && blocked.contains("`taken`"), "{blocked}");
}
