//! The HTML *pages* in a browser: a plan's, and that of people.

mod people;

use callsheet::{
    model::{Address, Change, Fields, FindingRule, Kind, Requests, Value},
    plan::{Action, Cause, Finding, Object, Operation, Plan},
    render::{
        document::{Heading, Revision},
        html,
    },
};
use serde_json::{Value as Json, json};
use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

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
        notes: Vec::new(),
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
        "Ready to apply",
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

/// A heading with history.
fn heading() -> Heading {
    Heading {
        workspace: "acme".into(),
        portal: "sandbox (embedded)".into(),
        revision: Revision {
            head: Some("3f2c1aab0c".into()),
            ..Revision::default()
        },
        date: Some(jiff::civil::date(2026, 9, 1)),
        ..Heading::default()
    }
}

/// A person as the portal holds them.
fn person(first: &str, last: &str, extension: &str) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in [
        ("first_name", first),
        ("last_name", last),
        ("extension", extension),
        ("scope", "basic_user"),
    ] {
        fields.set(name.into(), Value::text(value));
    }
    fields
}

/// An update of a person with a name and a number.
fn known(key: &str, cause: Cause, number: usize) -> Operation {
    let mut one = operation(Action::Update, cause, key);
    one.target = person(
        "Pia",
        &format!("Adams{number}"),
        &format!("{}", 10_000 + number),
    );
    one.changes[0].after = Some(Value::text("Ng"));
    one
}

/// A plan with conflicts of many people, a delete, a template with its users, and edits of the portal.
fn blocked() -> Plan {
    let mut plan = Plan::default();
    for at in 0..30 {
        let key = format!("conflicting{at}");
        plan.operations.push(known(&key, Cause::Conflict, at));
        plan.findings.push(Finding {
            waivable_until: Some(jiff::civil::date(2026, 9, 15)),
            ..Finding::block(
                FindingRule::Conflict,
                Some(Address::new(Kind::Users, key.clone())),
                format!("users/{key}: both the files and the portal changed last_name"),
            )
        });
    }
    for at in 30..50 {
        let mut one = known(&format!("member{at}"), Cause::Change, at);
        one.template = Some("desk-user".into());
        plan.operations.push(one);
    }
    let mut template = operation(Action::Update, Cause::Change, "desk-user");
    template.address = Address::new(Kind::Templates, "desk-user");
    plan.operations.push(template);
    plan.operations.push(known("clicked", Cause::Drift, 99));
    let mut ada = operation(Action::Delete, Cause::Change, "ada.chen");
    ada.changes.clear();
    ada.causes.clear();
    ada.object = Some(Object {
        id: "7".into(),
        key: "ada.chen".into(),
        etag: None,
        messages: 3,
        fields: person("Ada", "Chen", "1040"),
    });
    plan.operations.push(ada);
    plan
}

/// A plan of many people.
fn large(people: usize) -> Plan {
    Plan {
        operations: (0..people)
            .map(|at| known(&format!("user{at}"), Cause::Change, at))
            .collect(),
        ..Plan::default()
    }
}

/// A browser's answers to jobs about pages; none without a browser. Each job names its page as `page`.
fn looked_at(pages: &[(&str, &Plan)], mut jobs: Vec<Json>) -> Option<Vec<Json>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, plan) in pages {
        let mut file = fs::File::create(folder.path().join(name)).unwrap();
        html::plan(&heading(), plan, &mut file).unwrap();
    }
    for job in &mut jobs {
        let page = folder.path().join(job["page"].as_str().unwrap());
        job["url"] = format!("file://{}", page.display()).into();
    }
    let answers = browsed(folder.path(), &jobs)?;
    for (answer, job) in answers.iter().zip(&jobs) {
        assert_eq!(answer["errors"], json!([]), "{job}");
        assert_eq!(answer["requests"], json!([]), "{job}");
    }
    Some(answers)
}

/// A browser's answers to jobs about addresses; none without a browser.
fn browsed(folder: &Path, jobs: &[Json]) -> Option<Vec<Json>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let started = Command::new("node")
        .arg(root.join("tests/it/page/browser.mjs"))
        .arg(folder.join("profile"))
        .arg(axe())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut node = match started {
        Ok(node) => node,
        Err(error) => {
            crate::report::skipped(&format!("node can't be started: {error}"));
            return None;
        }
    };
    let questions = serde_json::to_vec(jobs).unwrap();
    node.stdin.take().unwrap().write_all(&questions).unwrap();
    let output = node.wait_with_output().unwrap();
    if output.status.code() == Some(3) {
        crate::report::skipped("chromium can't be started");
        return None;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The file of axe-core, which finds barriers.
fn axe() -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("target/ci-node/node_modules/axe-core/axe.min.js")
}

#[test]
fn no_page_has_a_barrier_in_any_look() {
    if !axe().exists() {
        crate::report::skipped("axe-core isn't in target/ci-node, where .ci/run installs it");
        return;
    }
    let (blocked, empty, large) = (blocked(), Plan::default(), large(1_001));
    let ready = Plan {
        findings: Vec::new(),
        ..blocked.clone()
    };
    let pages = [
        ("blocked.html", &blocked),
        ("ready.html", &ready),
        ("empty.html", &empty),
        ("large.html", &large),
    ];
    let mut jobs = Vec::new();
    for (page, _) in pages {
        let narrow = (page == "blocked.html").then_some((390, false));
        for (width, dark) in [(1280, false), (1280, true)].into_iter().chain(narrow) {
            // Everything is open, so that everything is checked; the large page as it opens.
            let open = match page {
                "large.html" => "",
                _ => {
                    "await evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);"
                }
            };
            let script = format!("{open} return check();");
            jobs.push(json!({ "page": page, "width": width, "dark": dark, "script": script }));
        }
    }
    let Some(answers) = looked_at(&pages, jobs.clone()) else {
        return;
    };
    for (answer, job) in answers.iter().zip(&jobs) {
        let result = &answer["result"];
        assert_eq!(result["violations"], json!([]), "{job}: {result:#}");
        assert!(result["passes"].as_u64() > Some(5), "{job}: {result}");
    }
}

#[test]
fn a_page_is_searched_filtered_linked_and_printed() {
    let blocked = blocked();
    let shown = "[...document.querySelectorAll('.cards > details')].filter((one) => one.checkVisibility()).length";
    let job = |script: &str| json!({ "page": "plan.html", "width": 1280, "script": script });
    let mut printed = job(
        "return evaluate(`[document.querySelectorAll('table').length, [...document.querySelectorAll('table')].filter((one) => one.checkVisibility({ contentVisibilityAuto: true })).length]`);",
    );
    printed["media"] = "print".into();
    let jobs = vec![
        // The slash goes to the search, which finds people within groups.
        job(&format!(
            "await press('/'); for (const key of 'member41') await press(key);
             await evaluate(`new Promise((done) => setTimeout(done, 50))`);
             return evaluate(`[document.activeElement.type, {shown}, document.querySelector('output').textContent]`);"
        )),
        // A filter shows its operations, and another one of the same kind adds to them.
        job(&format!(
            "await evaluate(`document.querySelector('[data-v=delete]').click()`); const one = await evaluate(`{shown}`);
             await evaluate(`document.querySelector('[data-v=update]').click()`); const more = await evaluate(`{shown}`);
             await evaluate(`document.querySelector('[data-f=c][data-v=drift]').click()`);
             return [one, more, await evaluate(`{shown}`)];"
        )),
        // The keys j and k go from operation to operation.
        job("await press('j'); await press('j'); await press('k');
             return evaluate(`document.activeElement.closest('details').id`);"),
        // A finding leads to the operation, even one that is filtered out; and the operation back.
        job("await evaluate(`document.querySelector('[data-v=delete]').click()`);
             await evaluate(`new Promise((done) => {
                addEventListener('hashchange', () => setTimeout(done, 50));
                document.querySelector('article a[href=\"#users/conflicting3\"]').click(); })`);
             return evaluate(`(() => { const one = document.getElementById('users/conflicting3');
                return [one.hidden, one.open, one.querySelector('a').getAttribute('href')]; })()`);"),
        printed,
    ];
    let Some(answers) = looked_at(&[("plan.html", &blocked)], jobs) else {
        return;
    };
    let results: Vec<&Json> = answers.iter().map(|one| &one["result"]).collect();
    assert_eq!(*results[0], json!(["search", 1, "21 of 53"]));
    assert_eq!(*results[1], json!([1, 33, 1]));
    assert_eq!(*results[2], json!("users/ada.chen"));
    assert_eq!(*results[3], json!([false, true, "#finding-0"]));
    let printed = results[4];
    assert!(printed[0].as_u64() > Some(30), "{printed}");
    assert_eq!(printed[0], printed[1], "what is folded is printed too");
}

#[test]
fn a_large_page_shows_fields_when_they_are_asked_for() {
    let large = large(20_000);
    let rows = "document.querySelectorAll('tr').length";
    let job = json!({ "page": "large.html", "width": 1280, "script": format!(
        "const before = await evaluate(`{rows}`);
         await evaluate(`new Promise((done) => {{ addEventListener('hashchange', () => setTimeout(done, 50)); location.hash = 'users/user19999'; }})`);
         const opened = await evaluate(`[{rows}, document.getElementById('users/user19999').textContent.includes('Lee')]`);
         await evaluate(`(() => {{ const field = document.querySelector('input'); field.value = 'adams777 ng'; field.form.requestSubmit(); }})()`);
         return [before, ...opened, await evaluate(`document.querySelector('output').textContent`)];"
    ) });
    let Some(answers) = looked_at(&[("large.html", &large)], vec![job]) else {
        return;
    };
    // Adams777, and Adams7770 to Adams7779.
    assert_eq!(answers[0]["result"], json!([0, 1, true, "11 of 20,000"]));
}

#[test]
fn a_page_says_the_verdict_first_and_equal_findings_once() {
    let mut page = Vec::new();
    html::plan(&heading(), &blocked(), &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    let at = |text: &str| {
        page.find(text)
            .unwrap_or_else(|| panic!("no {text} in {page}"))
    };
    let order = [
        "<title>acme: blocked by 30 findings (52 to update, 1 to delete)</title>",
        "<strong>Blocked</strong> by 30 findings",
        "<h2>Findings</h2>",
        "- { finding: conflict, until: 2026-09-15, because: &quot;why&quot; }",
        "<h2>Deletes <small>1 to delete",
        "<span>Ada Chen · 1040</span> <code>users/ada.chen</code> <small>basic_user · 3 voicemails</small>",
        "<h2>Changed in the files and on the portal",
        "<h2>Changed on the portal",
        "<h2>This change",
        "Planned on 2026-09-01 by Callsheet ",
    ];
    assert!(order.map(at).is_sorted(), "{page}");
    assert_eq!(page.matches("<article").count(), 1);
    assert_eq!(page.matches("finding: conflict").count(), 1);
    // The template's own change and its users are one card.
    assert_eq!(page.matches("id=\"templates/desk-user\"").count(), 1);
    assert!(!page.contains("<code>template desk-user"), "{page}");
    assert!(page.contains("<summary>20 users</summary>"), "{page}");
}
