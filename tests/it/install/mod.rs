//! *install.sh*, run against releases on a local server.

mod releases;

use crate::{report::skipped, workspace::write};
use releases::{REPOSITORY, Release, Server, TOKEN, pack, program, publish, target};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// A machine on which the script runs, and the server with the releases.
struct Machine {
    home: TempDir,
    server: Server,
    variables: Vec<(&'static str, String)>,
}

/// What the script did.
struct Installed {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Machine {
    fn with(releases: &[Release]) -> Self {
        let server = Server::start();
        publish(&server, releases);
        Self {
            home: TempDir::new().unwrap(),
            server,
            variables: Vec::new(),
        }
    }

    fn set(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn run(&self, arguments: &[&str]) -> Installed {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh");
        let output = Command::new("sh")
            .arg(script)
            .args(arguments)
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("TMPDIR", self.at("tmp"))
            .env("GITHUB_SERVER_URL", &self.server.url)
            .env("CALLSHEET_REPOSITORY", REPOSITORY)
            .envs(self.variables.iter().map(|(name, value)| (*name, value)))
            .output()
            .unwrap();
        let Output {
            status,
            stdout,
            stderr,
        } = output;
        let done = Installed {
            code: status.code().unwrap(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        };
        for text in [&done.stdout, &done.stderr] {
            assert!(!text.contains(TOKEN), "{text}");
        }
        // Nothing unfinished stays.
        assert_eq!(std::fs::read_dir(self.at("tmp")).unwrap().count(), 0);
        done
    }

    /// Runs the script. Returns the version that was installed.
    fn installs(&self, arguments: &[&str]) -> String {
        let Installed {
            code,
            stdout,
            stderr,
        } = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}\n{stdout}{stderr}");
        let path = stdout.lines().next_back().unwrap();
        assert!(Path::new(path).is_absolute(), "{stdout}");
        let output = Command::new(path).arg("-V").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim()
            .strip_prefix("callsheet ")
            .expect("the program's version")
            .to_owned()
    }

    /// Runs the script, which installs nothing and says why.
    fn refuses(&self, arguments: &[&str], code: i32, reason: &str) {
        let done = self.run(arguments);
        let told = format!("{arguments:?}\n{}{}", done.stdout, done.stderr);
        assert_eq!((done.code, done.stdout.as_str()), (code, ""), "{told}");
        assert!(done.stderr.contains(reason), "{told}");
        let lines: Vec<&str> = done.stderr.lines().rev().take(2).collect();
        assert!(lines[1].starts_with("error: "), "{told}");
        assert!(lines[0].starts_with("help: "), "{told}");
        assert!(!self.at(".local/bin/callsheet").exists(), "{told}");
    }

    fn at(&self, name: &str) -> PathBuf {
        let path = self.home.path().join(name);
        if name == "tmp" {
            std::fs::create_dir_all(&path).unwrap();
        }
        path
    }
}

/// Whether the script's tools are here, which the tests say aloud if not.
fn can_run() -> bool {
    let has = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    let missing: Vec<&str> = ["curl", "tar", "sh"]
        .into_iter()
        .filter(|tool| *tool != "sh" && !has(tool))
        .collect();
    if !missing.is_empty() {
        skipped(&format!("install.sh needs {}", missing.join(" and ")));
    }
    missing.is_empty()
}

fn several() -> Vec<Release> {
    let versions = ["0.1.0", "0.1.10", "0.1.9", "0.2.0", "0.3.0-rc.1"];
    let mut all: Vec<Release> = versions.into_iter().map(Release::of).collect();
    all.push(Release::of("0.9.0").draft());
    all
}

#[test]
fn the_newest_version_that_fits_is_installed() {
    if !can_run() {
        return;
    }
    let machine = Machine::with(&several());
    for (spec, expected) in [
        ("latest", "0.2.0"),
        ("0.1.0", "0.1.0"),
        ("v0.1.9", "0.1.9"),
        ("=0.1.9", "0.1.9"),
        ("^0.1", "0.1.10"),
        ("~0.1.2", "0.1.10"),
        ("0.1", "0.1.10"),
        ("0.1.x", "0.1.10"),
        ("0", "0.2.0"),
        ("*", "0.2.0"),
        (">=0.1.0 <0.3", "0.2.0"),
        (">= 0.1.0, < 0.1.10", "0.1.9"),
        ("<=0.1", "0.1.10"),
        (">0.1", "0.2.0"),
        ("0.3.0-rc.1", "0.3.0-rc.1"),
    ] {
        assert_eq!(machine.installs(&["--version", spec]), expected, "{spec}");
    }
    assert_eq!(machine.installs(&[]), "0.2.0");
    assert!(machine.at(".local/bin/callsheet").exists());
    assert!(machine.at(".cache/callsheet").exists());
}

#[test]
fn a_version_file_names_the_version() {
    if !can_run() {
        return;
    }
    let machine = Machine::with(&several());
    for (name, text) in [
        (".callsheet-version", "0.1.9\n"),
        (
            ".callsheet-version",
            "# pinned\n\n  v0.1.9   # why\r\nlatest\n",
        ),
        (".tool-versions", "rust 1.95.0\ncallsheet 0.1.9 # why\n"),
        ("range", ">=0.1.0 <0.1.10"),
    ] {
        write(machine.home.path(), &[(name, text)]);
        assert_eq!(
            machine.installs(&["--version-file", name, "--to", "bin"]),
            "0.1.9",
            "{text}"
        );
    }
    write(machine.home.path(), &[(".tool-versions", "rust 1.95.0\n")]);
    machine.refuses(
        &["--version-file", "none"],
        64,
        "there is no version file none",
    );
}

#[test]
fn a_command_line_that_means_nothing_is_refused() {
    if !can_run() {
        return;
    }
    let machine = Machine::with(&several());
    write(machine.home.path(), &[(".tool-versions", "rust 1.95.0\n")]);
    for (arguments, reason) in [
        (
            &["--version-file", ".tool-versions"][..],
            "names no version",
        ),
        (&["--version", "one"], "neither a version nor a range"),
        (&["--version", "0.x.1"], "neither a version nor a range"),
        (
            &["--version", "0.1.0 || 0.2.0"],
            "neither a version nor a range",
        ),
        (
            &["--version", "$(touch x)"],
            "neither a version nor a range",
        ),
        (&["--version"], "needs a value"),
        (
            &["--version", "0.1.0", "--version-file", ".tool-versions"],
            "exclude each other",
        ),
        (&["--checksum", "12"], "is not a SHA-256"),
        (&["--frobnicate"], "unknown argument"),
    ] {
        machine.refuses(arguments, 64, reason);
    }
    assert!(machine.server.requests().is_empty());
    for (name, value, code) in [
        ("GITHUB_SERVER_URL", "http://releases.example", 64),
        ("GITHUB_SERVER_URL", "file:///etc", 64),
        ("CALLSHEET_REPOSITORY", "acme/callsheet/..", 64),
        ("CALLSHEET_REPOSITORY", "../callsheet", 64),
        ("CALLSHEET_REPOSITORY", "", 4),
        ("GITHUB_TOKEN", "a\"\nurl = \"http://elsewhere.example", 64),
    ] {
        let machine = Machine::with(&several()).set(name, value);
        machine.refuses(&[], code, "");
        assert!(machine.server.requests().is_empty(), "{name}={value}");
    }
}

#[test]
fn without_a_release_that_fits_the_exit_code_is_4() {
    if !can_run() {
        return;
    }
    let machine = Machine::with(&several());
    for spec in ["0.4.0", "0.9.0", "^1", ">0.2.0", "0.3.0-rc.2", ">=0.3.0"] {
        machine.refuses(&["--version", spec], 4, "no release of acme/callsheet fits");
    }
    let without_archive = Machine::with(&[Release::tagged("v0.1.0")]);
    without_archive.refuses(&[], 4, "release v0.1.0 of acme/callsheet has no SHA256SUMS");
    Machine::with(&[]).refuses(&[], 4, "no release of acme/callsheet fits latest");
    let elsewhere = Machine::with(&several()).set("CALLSHEET_REPOSITORY", "acme/other");
    elsewhere.refuses(&[], 4, "acme/other has no releases");
}

#[test]
fn an_archive_with_another_checksum_is_refused() {
    if !can_run() {
        return;
    }
    let changed =
        Release::of("0.1.0").with_changed_archive(|bytes| *bytes.last_mut().unwrap() ^= 1);
    Machine::with(&[changed]).refuses(&[], 1, "SHA256SUMS says");
    let truncated = Release::of("0.1.0").with_changed_archive(|bytes| bytes.truncate(40));
    Machine::with(&[truncated]).refuses(&[], 1, "SHA256SUMS says");
    // Published like this.
    let whole = Release::of("0.1.0");
    let mut archive = Vec::new();
    drop(whole.with_changed_archive(|bytes| archive.clone_from(bytes)));
    archive.truncate(archive.len() / 2);
    let damaged = Release::with_archive("0.1.0", &archive);
    Machine::with(&[damaged]).refuses(&[], 1, "is damaged");
    // Of another archive.
    let mut other = Release::of("0.1.1");
    other.rename_archive("callsheet-0.1.1-other.tar.gz");
    Machine::with(&[other]).refuses(&[], 4, "has no callsheet-0.1.1-");
}

#[test]
fn a_pinned_checksum_holds_for_downloads_and_for_the_cache() {
    if !can_run() {
        return;
    }
    let release = Release::of("0.1.0");
    let checksum = release.checksum();
    let machine = Machine::with(&[release]);
    let other = "0".repeat(64);
    machine.refuses(&["--checksum", &other], 1, "--checksum says");
    let pinned = ["--version", "0.1.0", "--to", "bin", "--checksum", &checksum];
    assert_eq!(machine.installs(&pinned), "0.1.0");
    let requests = machine.server.requests().len();
    assert_eq!(machine.installs(&pinned), "0.1.0");
    assert_eq!(machine.server.requests().len(), requests, "from the cache");
    machine.refuses(
        &["--version", "0.1.0", "--checksum", &other],
        1,
        "--checksum says",
    );
}

#[test]
fn an_exact_version_that_is_cached_needs_no_network() {
    if !can_run() {
        return;
    }
    let machine = Machine::with(&several());
    let tools = machine.at("tools");
    let machine = machine.set("RUNNER_TOOL_CACHE", tools.to_str().unwrap());
    // On a runner, the binary stays in the tool cache.
    for version in ["0.1.0", "0.1.9", "latest"] {
        let done = machine.run(&["--version", version]);
        let path = done.stdout.trim();
        assert!(Path::new(path).starts_with(&tools), "{path}");
    }
    assert!(!machine.at(".local").exists() && !machine.at(".cache").exists());
    let requests = machine.server.requests().len();
    for version in ["0.1.0", "v0.1.9", "=0.2.0"] {
        let installed = machine.installs(&["--version", version]);
        assert!(version.ends_with(&installed), "{version}");
    }
    assert_eq!(machine.server.requests().len(), requests);
    // Another repository's versions are others.
    let machine = machine.set("CALLSHEET_REPOSITORY", "acme/other");
    machine.refuses(&["--version", "0.1.0"], 4, "has no releases");
}

#[test]
fn nothing_in_an_archive_becomes_a_path() {
    if !can_run() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let name = format!("callsheet-0.1.0-{}", target());
    let inside = folder.path().join("inside");
    program(&inside.join(&name), "0.1.0");
    write(folder.path(), &[("evil", "evil\n")]);
    let absolute = folder.path().join("evil");
    for path in ["../evil", absolute.to_str().unwrap()] {
        let archive = pack(&inside, &[&name, path]);
        std::fs::remove_file(&absolute).unwrap();
        let machine = Machine::with(&[Release::with_archive("0.1.0", &archive)]);
        machine.refuses(&[], 1, "a path that leads out of it");
        assert!(!absolute.exists());
        write(folder.path(), &[("evil", "evil\n")]);
    }
    // A link in place of the program has no bytes.
    std::fs::remove_file(inside.join(&name).join("callsheet")).unwrap();
    std::os::unix::fs::symlink("/bin/sh", inside.join(&name).join("callsheet")).unwrap();
    let archive = pack(&inside, &[&name]);
    let machine = Machine::with(&[Release::with_archive("0.1.0", &archive)]);
    machine.refuses(&[], 1, "doesn't run here, or is another version");
}

#[test]
fn an_archive_with_another_version_is_refused() {
    if !can_run() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let name = format!("callsheet-0.1.0-{}", target());
    program(&folder.path().join(&name), "0.0.9");
    let archive = pack(folder.path(), &[&name]);
    let machine = Machine::with(&[Release::with_archive("0.1.0", &archive)]);
    machine.refuses(&[], 1, "says callsheet 0.0.9");
}

#[test]
fn tags_that_are_no_versions_are_left_out() {
    if !can_run() {
        return;
    }
    let mut releases: Vec<Release> = [
        "v1.0.0/../../evil",
        "v1.0.0 v2.0.0",
        "v1.0.0\"; touch evil; \"",
        "v1.0.0\n::error::evil",
        "v$(touch evil).0.0",
        "v01.0.0",
        "v1.0",
        "v99999999999999999999.0.0",
        "../../v1.0.0",
        "\u{1b}[31mv1.0.0",
        "",
    ]
    .into_iter()
    .map(Release::tagged)
    .collect();
    releases.push(Release::of("0.1.0"));
    let machine = Machine::with(&releases);
    assert_eq!(machine.installs(&[]), "0.1.0");
    assert!(!machine.at("evil").exists());
}

#[test]
fn the_token_goes_to_the_api_only() {
    if !can_run() {
        return;
    }
    let machine = Machine::with(&several()).set("GITHUB_TOKEN", TOKEN);
    assert_eq!(machine.installs(&["--version", "0.1.0"]), "0.1.0");
    let requests = machine.server.requests();
    let bearer = format!("Bearer {TOKEN}");
    for request in &requests {
        let is_api = request.path.starts_with("/api/v3/");
        assert_eq!(
            request.authorization.as_deref(),
            is_api.then_some(bearer.as_str()),
            "{request:?}"
        );
    }
    let stored = requests
        .iter()
        .filter(|one| one.path.starts_with("/storage/"));
    assert_eq!(stored.count(), 2, "{requests:?}");
}

#[test]
fn a_renamed_repository_is_followed_within_the_api() {
    if !can_run() {
        return;
    }
    let machine = Machine::with(&several())
        .set("GITHUB_TOKEN", TOKEN)
        .set("CALLSHEET_REPOSITORY", "acme/old");
    let page = "releases?per_page=100&page=1";
    let url = &machine.server.url;
    machine.server.redirect(
        &format!("/api/v3/repos/acme/old/{page}"),
        &format!("{url}/api/v3/repos/{REPOSITORY}/{page}"),
    );
    let done = machine.run(&["--version", "0.4.0"]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    let elsewhere = Server::start();
    machine.server.redirect(
        &format!("/api/v3/repos/acme/old/{page}"),
        &format!("{}/stolen", elsewhere.url),
    );
    machine.refuses(&[], 1, "answers with 302");
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn what_the_release_packs_can_be_installed() {
    if !can_run() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/package");
    let output = Command::new(pack)
        .args([env!("CARGO_BIN_EXE_callsheet"), &target()])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let path = String::from_utf8(output.stdout).unwrap();
    let archive = std::fs::read(path.trim()).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let machine = Machine::with(&[Release::with_archive(version, &archive)]);
    assert_eq!(machine.installs(&["--to", "bin"]), version);
    let listed = Command::new("tar").arg("-tzf").arg(path.trim()).output();
    let names = String::from_utf8(listed.unwrap().stdout).unwrap();
    let folder = format!("callsheet-{version}-{}", target());
    for name in [
        "callsheet",
        "callsheet.1",
        "completions/callsheet.bash",
        "LICENSE",
        "LICENSE-APACHE",
        "LICENSE-MIT",
    ] {
        let name = format!("{folder}/{name}");
        assert!(names.lines().any(|line| line == name), "{name}\n{names}");
    }
}

#[test]
fn all_name_the_archives_alike() {
    let workflow = include_str!("../../../.github/workflows/release.yml");
    let script = include_str!("../../../install.sh");
    let targets: Vec<&str> = workflow
        .lines()
        .filter_map(|line| line.split("target: ").nth(1)?.split(',').next())
        .collect();
    assert_eq!(targets.len(), 4, "{targets:?}");
    for target in &targets {
        let (machine, system) = target.split_once('-').unwrap();
        assert!(
            script.contains(&format!("-{system} ")) || script.contains(&format!("-{system}\n"))
        );
        assert!(script.contains(&format!("{machine}-")), "{target}");
    }
    assert!(workflow.contains(&format!("= {} ]", targets.len())));
}

#[test]
fn half_of_the_script_does_nothing() {
    let text = include_str!("../../../install.sh");
    let half = &text[..text.len() - "main \"$@\"\n".len()];
    assert!(text.ends_with("main \"$@\"\n"));
    let folder = TempDir::new().unwrap();
    let output = Command::new("sh")
        .args(["-c", half])
        .env("HOME", folder.path())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
