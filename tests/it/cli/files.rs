//! The *files* of a workspace: new ones, wrong ones, and the examples.

use super::{PEOPLE, Prompt};
use crate::workspace::write;
use std::path::{Path, PathBuf};

#[test]
fn a_new_workspace_validates_plans_and_applies() {
    let mut at = Prompt::new();
    for line in [
        "init",
        "validate",
        "plan --detailed-exitcode",
        "apply",
        "apply --yes",
        "plan --detailed-exitcode",
        "apply --yes",
        "init",
    ] {
        at.run(line);
    }
    assert_eq!(
        at.read(".gitignore").lines().skip(1).collect::<Vec<_>>(),
        [".callsheet/*", "!.callsheet/schema/"]
    );
    at.keep("a-new-workspace");
}

#[test]
fn a_new_workspace_is_one_that_its_portal_can_hold() {
    for portal in ["sandbox", "kazoo"] {
        let at = Prompt::new();
        assert_eq!(at.run_quietly(&format!("init --portal {portal}")).code, 0);
        let ended = at.run_quietly("validate");
        assert_eq!((ended.code, &*ended.stderr), (0, ""), "{portal}");
    }
}

#[test]
fn init_overwrites_nothing() {
    for name in ["callsheet.yaml", "people.yaml"] {
        let mut at = Prompt::new();
        write(at.path(), &[(name, "mine"), (".gitignore", "/mine\n")]);
        assert_eq!(at.run("init").code, 1, "{name}");
        assert_eq!(
            (&*at.read(name), &*at.read(".gitignore")),
            ("mine", "/mine\n")
        );
        assert_eq!(
            std::fs::read_dir(at.path()).unwrap().count(),
            2,
            "nothing else was made"
        );
    }
    let at = Prompt::new();
    write(at.path(), &[(".gitignore", "/mine\n")]);
    assert_eq!(at.run_quietly("init new/acme").code, 0);
    assert_eq!(at.run_quietly("validate new/acme").code, 0);
    assert_eq!(at.run_quietly("-C new validate acme").code, 0);
    assert_eq!(at.read(".gitignore"), "/mine\n");
}

#[test]
fn wrong_files_end_with_one() {
    let people = "users: { alice: { frist_name: Alice } }\n";
    let mut at = Prompt::with(&[("people.yaml", people)]);
    let said = at.run("validate").stderr;
    for line in [
        "plan",
        "apply --yes",
        "list users",
        "show users/alice",
        "import",
    ] {
        let ended = at.run_quietly(line);
        assert_eq!(
            (ended.code, ended.stderr, &*ended.stdout),
            (1, said.clone(), ""),
            "{line}"
        );
    }
    assert_eq!(at.run("validate --format github").code, 1);
    assert!(!at.path().join(".callsheet").exists(), "nothing was opened");
    at.keep("wrong-files");
}

#[test]
fn only_the_schemas_of_a_new_workspace_are_shared() {
    let at = Prompt::new();
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        let output = git.args(arguments).current_dir(at.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    assert_eq!(at.run_quietly("init").code, 0);
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    write(at.path(), &[(".callsheet/sandbox.token", "secret")]);
    git(&["add", "--all"]);
    assert_eq!(
        git(&["ls-files"]).lines().collect::<Vec<_>>(),
        [
            ".callsheet/schema/callsheet.schema.json",
            ".callsheet/schema/resources.schema.json",
            ".gitignore",
            ".vscode/settings.json",
            "callsheet.yaml",
            "people.yaml",
        ]
    );
}

#[test]
fn a_workspace_is_found_from_a_folder_in_it() {
    let at = Prompt::with(&[("people/sales/alice.yaml", PEOPLE)]);
    for line in [
        "-C people/sales validate",
        "-C people/sales plan --out plan.json",
        "-C people/sales apply --yes plan.json",
        "-C people list users",
        "-C people show users/alice",
        "-C people doctor",
        "-C people/sales import",
        "-C people/sales plan --detailed-exitcode",
    ] {
        let ended = at.run_quietly(line);
        assert_eq!(ended.code, 0, "{line}: {}", ended.stderr);
    }
    // A folder that is named is the one that is meant.
    assert_eq!(at.run_quietly("validate people").code, 1);
    // Above a repository begins something else.
    write(at.path(), &[("people/sales/.git/HEAD", "")]);
    assert_eq!(at.run_quietly("-C people/sales validate").code, 1);
}

#[test]
fn the_examples_of_the_page_about_the_configuration_are_valid() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = page.split("```yaml\n").skip(1);
    let blocks: Vec<&str> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() > 4, "{blocks:?}");
    let at = Prompt::new();
    git2::Repository::init(at.path()).unwrap();
    let files = [
        ("phones/callsheet.yaml", &*blocks.concat()),
        (
            "all-tenants/templates.yaml",
            "templates: { desk: { user: { dnd: false } } }\n",
        ),
        ("phones/groups.yaml", "groups: { sales: {}, support: {} }\n"),
    ];
    write(at.path(), &files);
    let ended = at.run_quietly("-C phones validate");
    let error = ended.stderr.lines().find(|line| line.starts_with("error"));
    assert_eq!((ended.code, error), (0, None), "{}", ended.stderr);
}

#[test]
fn a_workspace_that_git_ignores_is_read_as_one_outside_of_git() {
    let at = Prompt::new();
    git2::Repository::init(at.path()).unwrap();
    let files = [
        (".gitignore", "scratch/\n"),
        (
            "scratch/phones/callsheet.yaml",
            "portal: { kind: sandbox }\n",
        ),
        (
            "scratch/phones/groups.yaml",
            "groups: { sales: {}, support: {} }\n",
        ),
    ];
    write(at.path(), &files);
    let ended = at.run_quietly("-C scratch/phones validate");
    let said = "2 resources in 2 files are valid\n";
    assert_eq!((ended.code, &*ended.stdout), (0, said), "{}", ended.stderr);
}

#[test]
fn no_workspace_says_where_one_is() {
    let mut at = Prompt::new();
    at.run("plan");
    write(
        at.path(),
        &[
            ("tenants/acme/callsheet.yaml", ""),
            ("tenants/zenith/callsheet.yaml", ""),
        ],
    );
    at.run("plan");
    at.run("plan nowhere");
    at.keep("no-workspace");
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn every_example_plans_without_a_word_of_warning() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let walk = walkdir::WalkDir::new(&examples).sort_by_file_name();
    let workspaces: Vec<PathBuf> = walk
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.ends_with("callsheet.yaml"))
        .map(|path| path.parent().unwrap().to_owned())
        .collect();
    assert!(workspaces.len() > 3, "{workspaces:?}");
    for workspace in workspaces {
        let name = workspace
            .strip_prefix(&examples)
            .unwrap()
            .display()
            .to_string();
        let mut at = Prompt::new();
        copy(&workspace, &at.path().join(&name));
        for line in ["validate", "plan"] {
            let ended = at.run(&format!("-C {name} {line}"));
            assert_eq!((ended.code, &*ended.stderr), (0, ""), "{name}: {line}");
        }
        at.keep(&format!("example-{}", name.replace('/', "-")));
    }
}
