//! The HTML *page* of a plan in a browser.

use callsheet::{
    model::{Address, Change, Fields, Kind, Requests, Value},
    plan::{Action, Cause, Operation, Plan},
    render::{
        document::{Heading, Revision},
        html,
    },
};
use std::{fs, path::Path, process::Command};

const HOSTILE: &str = "<img src=http://127.0.0.1:9/x onerror=alert(1)></td></table><script>document.title='owned'</script>";

fn operation(action: Action, cause: Cause, key: &str) -> Operation {
    Operation {
        address: Address::new(Kind::Users, key),
        action,
        cause,
        causes: vec![cause],
        commit: None,
        changes: vec![Change {
            path: vec!["last_name".into()],
            before: Some(Value::text("Lee")),
            after: Some(Value::text(HOSTILE)),
        }],
        target: Fields::new(),
        object: None,
        after: Vec::new(),
        is_release: false,
        is_in_place_of_delete: false,
        template: None,
        origin: None,
    }
}

/// The DOM and the network log after a browser has loaded the page; none without a browser.
fn dumped(page: &Path, folder: &Path) -> Option<(String, String)> {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let log = folder.join("net.json");
    let net_log = format!("--log-net-log={}", log.display());
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args(["--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--dump-dom"])
        .args([&profile, &net_log, &format!("file://{}", page.display())])
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            crate::report::skipped(&format!("chromium can't be started: {error}"));
            return None;
        }
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let dom = String::from_utf8(output.stdout).unwrap();
    Some((dom, fs::read_to_string(log).unwrap()))
}

#[test]
fn a_browser_shows_the_plan_and_sends_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("plan.html");
    let plan = Plan {
        operations: vec![
            operation(Action::Update, Cause::Change, "alice"),
            operation(Action::Update, Cause::Drift, HOSTILE),
        ],
        requests: Requests {
            made: 2,
            minimum: 2,
        },
        ..Plan::default()
    };
    let heading = Heading {
        workspace: HOSTILE.into(),
        portal: "sandbox (embedded)".into(),
        revision: Revision {
            head: Some("3f2c1aab0c".into()),
            ..Revision::default()
        },
        dirty: false,
        ..Heading::default()
    };
    let mut file = fs::File::create(&page).unwrap();
    html::plan(&heading, &plan, &mut file).unwrap();
    drop(file);
    let Some((dom, requests)) = dumped(&page, folder.path()) else {
        return;
    };
    for said in [
        "users/alice",
        "This change",
        "Changed on the portal",
        "2 requests (minimum 2)",
        "users/&lt;img src=http",
    ] {
        assert!(dom.contains(said), "{said} is missing from\n{dom}");
    }
    assert!(!dom.contains("<img"), "{dom}");
    assert_eq!(dom.matches("<script").count(), 1);
    // The content security policy allowed the page's script, which shows the search form.
    assert!(dom.contains("<form role=\"search\">"), "{dom}");
    assert!(!dom.contains("<title>owned"), "{dom}");
    assert!(!requests.contains("127.0.0.1:9"), "something was asked for");
}
