//! The *page of people* in a browser: baked from a portal and a plan, and shown by a served sandbox.

use super::{HOSTILE, axe, browsed};
use crate::{report, workspace::write};
use callsheet::{
    config::Config,
    model::{Address, Capabilities, Fields, Kind, Live, LiveObject, Resource, State, Value},
    page::{self, Head},
    portal,
    view::View,
};
use serde_json::{Value as Json, json};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const CONFIGURATION: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { digits: 4-4 } }
";

const PEOPLE: &str = "users:
  ann:
    first_name: Ann
    last_name: Lee
    email: ann@acme.example
    scope: administrator
    extension: 1001
  bob:
    first_name: Bob
    last_name: Ray
    email: bob@acme.example
    scope: basic_user
    extension: 1002
    password: { command: [echo, correct-horse-battery] }
  old:
    first_name: Old
    last_name: Hand
    email: old@acme.example
    active: false
extensions:
  2000: { kind: call_queue, name: Sales, agents: [ann] }
numbers:
  +14155550100: { title: Main line, destination: 2000 }
";

fn callsheet(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {err}");
    String::from_utf8(output.stdout).unwrap()
}

/// A workspace with a planned change and a change that somebody made on the portal, and its page.
fn office() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(
        at,
        &[("callsheet.yaml", CONFIGURATION), ("people.yaml", PEOPLE)],
    );
    // Only a history tells who changed what.
    for arguments in [
        &["init", "-q", "-b", "main"][..],
        &["add", "."],
        &[
            "-c",
            "user.name=Ann",
            "-c",
            "user.email=ann@acme.example",
            "commit",
            "-q",
            "-m",
            "All",
        ],
    ] {
        let git = Command::new("git").current_dir(at).args(arguments).status();
        assert!(git.unwrap().success());
    }
    callsheet(at, &["apply", "--yes"]);
    callsheet(at, &["sandbox", "edit", "users/bob", "last_name=Clicked"]);
    let more = PEOPLE.replace("last_name: Lee", "last_name: Lee-Ng")
        + "contacts: { fire: { name: Fire brigade, numbers: [+14155550112] } }\n";
    write(at, &[("people.yaml", &more)]);
    callsheet(at, &["report", "--out", "site"]);
    let page = at.join("site/index.html");
    (folder, page)
}

/// A job about a page in a file.
fn job(page: &Path, width: u32, script: &str) -> Json {
    json!({ "url": format!("file://{}", page.display()), "width": width, "script": script })
}

/// The results of jobs about pages that ask for nothing; none without a browser.
fn looked_at(folder: &Path, jobs: &[Json]) -> Option<Vec<Json>> {
    let answers = browsed(folder, jobs)?;
    let results = answers.into_iter().zip(jobs).map(|(mut answer, job)| {
        assert_eq!(answer["errors"], json!([]), "{job}");
        assert_eq!(answer["requests"], json!([]), "{job}");
        answer["result"].take()
    });
    Some(results.collect())
}

const DETAILS: &str = "document.querySelector('.right').innerText";
const ROWS: &str =
    "[...document.querySelectorAll('[role=option]')].map((one) => one.dataset.address)";

#[test]
fn somebody_is_found_and_shown_with_what_the_plan_changes() {
    let (folder, page) = office();
    let script = format!(
        "await press('/'); for (const key of 'lee 1001') await press(key);
         const found = await evaluate(`{ROWS}`);
         await press('ArrowDown'); await press('Enter');
         const focused = await evaluate(`document.activeElement.className`);
         const told = await evaluate(`{DETAILS}`);
         await press('Escape');
         return [found, focused, told, await evaluate(`[document.activeElement.id, location.hash]`)];"
    );
    let Some(results) = looked_at(folder.path(), &[job(&page, 1280, &script)]) else {
        return;
    };
    let result = &results[0];
    assert_eq!(result[0], json!(["users/ann"]));
    assert_eq!(result[1], "right");
    let told = result[2].as_str().unwrap();
    for said in [
        "Ann Lee",
        "people.yaml:2",
        "will be changed",
        "Lee-Ng",
        "ann@acme.example",
        "Sales",
        "callsheet show users/ann",
        "callsheet run welcome users/ann",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert_eq!(result[3], json!(["list", "#users/ann"]));
}

#[test]
fn active_inactive_and_system_users_are_told_apart() {
    let (folder, page) = office();
    let script = format!(
        "const active = await evaluate(`{ROWS}`);
         await evaluate(`document.querySelector('[value=inactive]').click()`);
         const inactive = await evaluate(`{ROWS}`);
         await evaluate(`document.querySelector('[value=all]').click()`);
         await evaluate(`document.getElementById('hide').click()`);
         const all = await evaluate(`{ROWS}`);
         return [active, inactive, all, await evaluate(`document.querySelector('header .counts').textContent`)];"
    );
    let Some(results) = looked_at(folder.path(), &[job(&page, 1280, &script)]) else {
        return;
    };
    let result = &results[0];
    assert_eq!(result[0], json!(["users/ann", "users/bob"]));
    assert_eq!(result[1], json!(["users/old"]));
    let all = json!(["users/ann", "users/bob", "extensions/2000", "users/old"]);
    assert_eq!(result[2], all, "in the order of their numbers");
    assert_eq!(result[3], "2 planned · 1 drift · 0 not managed");
}

#[test]
fn tabs_lead_to_numbers_queues_and_scopes() {
    let (folder, page) = office();
    let script = format!(
        "await evaluate(`document.getElementById('tab-people').focus()`);
         await press('ArrowRight');
         const numbers = await evaluate(`document.querySelector('[role=option]').innerText`);
         await evaluate(`document.querySelector('[role=option]').click()`);
         const number = await evaluate(`{DETAILS}`);
         await evaluate(`[...document.querySelectorAll('.right a')].find((one) => one.textContent === '2000').click()`);
         const queue = await evaluate(`[document.querySelector('[aria-selected=true]').id, {DETAILS}]`);
         await evaluate(`document.getElementById('tab-scopes').click()`);
         return [numbers, number, queue, await evaluate(`document.querySelector('.matrix').innerText`)];"
    );
    let Some(results) = looked_at(folder.path(), &[job(&page, 1280, &script)]) else {
        return;
    };
    let result = &results[0];
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    assert!(text(&result[0]).contains("Sales (2000)"), "{result}");
    let number = text(&result[1]);
    for said in ["Main line", "Where calls go", "Sales", "Ann Lee"] {
        assert!(number.contains(said), "{said}: {number}");
    }
    assert_eq!(result[2][0], "tab-extensions");
    assert!(
        text(&result[2][1]).contains("Main line"),
        "referred to by it: {result}"
    );
    let scopes = text(&result[3]);
    assert!(
        scopes.contains("queues.login") && scopes.contains("✓"),
        "{scopes}"
    );
}

#[test]
fn the_page_of_people_has_no_barrier_at_any_width() {
    if !axe().exists() {
        report::skipped("axe-core isn't in target/ci-node, where .ci/run installs it");
        return;
    }
    let (folder, page) = office();
    let choose = "await evaluate(`document.querySelector('[role=option]').click(); document.querySelectorAll('details').forEach((one) => { one.open = true; })`);";
    let looks = [
        ("people", 1280, false),
        ("numbers", 1280, false),
        ("scopes", 1280, false),
        ("extensions", 1280, true),
        ("people", 800, false),
        ("people", 390, false),
        ("numbers", 390, true),
    ];
    let mut jobs = Vec::new();
    for (tab, width, dark) in looks {
        let chosen = if tab == "scopes" { "" } else { choose };
        let script = format!(
            "await evaluate(`document.getElementById('tab-{tab}').click()`); {chosen}
             const wide = await evaluate(`document.documentElement.scrollWidth > innerWidth`);
             return [wide, await check()];"
        );
        let mut one = job(&page, width, &script);
        one["dark"] = dark.into();
        jobs.push(one);
    }
    let Some(results) = looked_at(folder.path(), &jobs) else {
        return;
    };
    for (result, job) in results.iter().zip(&jobs) {
        assert_eq!(result[0], false, "wider than the window: {job}");
        assert_eq!(result[1]["violations"], json!([]), "{job}: {result:#}");
        assert!(result[1]["passes"].as_u64() > Some(5), "{job}: {result}");
    }
}

#[test]
fn a_narrow_page_shows_one_pane_and_a_printed_one_the_details() {
    let (folder, page) = office();
    let seen = "['.left', '.right'].map((pane) => document.querySelector(pane).checkVisibility())";
    let narrow = format!(
        "const before = await evaluate(`{seen}`);
         await evaluate(`document.querySelector('[role=option]').click()`);
         const chosen = await evaluate(`{seen}`);
         await evaluate(`document.querySelector('.back').click()`);
         return [before, chosen, await evaluate(`{seen}`)];"
    );
    let mut printed = job(
        &page,
        1280,
        &format!(
            "await evaluate(`document.querySelector('[role=option]').click()`); return evaluate(`{seen}`);"
        ),
    );
    printed["media"] = "print".into();
    let jobs = [job(&page, 390, &narrow), printed];
    let Some(results) = looked_at(folder.path(), &jobs) else {
        return;
    };
    assert_eq!(
        results[0],
        json!([[true, false], [false, true], [true, false]])
    );
    assert_eq!(results[1], json!([false, true]));
}

/// A page about a system of which only users are known.
fn baked(people: impl Iterator<Item = (String, String)>, folder: &Path) -> PathBuf {
    let mut live = Live::default();
    let listing = live.listings.entry(Kind::Users).or_default();
    let mut declared = State::default();
    for (at, (key, name)) in people.enumerate() {
        let mut fields = Fields::new();
        fields.set("username".into(), Value::text(&key));
        fields.set("first_name".into(), Value::text(&name));
        fields.set("last_name".into(), Value::text("Lee"));
        fields.set("email".into(), Value::text(&format!("u{at}@acme.example")));
        fields.set("extension".into(), Value::text(&format!("{}", 10_000 + at)));
        let resource = Resource {
            fields: fields.clone(),
            ..Resource::default()
        };
        declared
            .resources
            .insert(Address::new(Kind::Users, key.as_str()), resource);
        let object = LiveObject {
            id: at.to_string().into(),
            fields,
            ..LiveObject::default()
        };
        listing.objects.insert(key.into(), object);
    }
    let config: Config =
        serde_json::from_value(json!({ "portal": { "kind": "sandbox", "database": "x" } }))
            .unwrap();
    let capabilities: Capabilities = portal::capabilities(&config.portal);
    let view = View::new(&declared, Some(&live), &config, &capabilities);
    let head = Head {
        workspace: HOSTILE.into(),
        portal: HOSTILE.into(),
        commit: None,
        date: None,
        link: &|_| None,
    };
    let document = page::document(&head, &view, None);
    let path = folder.join("index.html");
    let mut file = fs::File::create(&path).unwrap();
    page::baked(&document, &mut file).unwrap();
    path
}

#[test]
fn hostile_names_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let people = [("zoe".to_owned(), HOSTILE.to_owned())];
    let page = baked(people.into_iter(), folder.path());
    let script = format!(
        "await evaluate(`document.querySelector('[role=option]').click()`);
         return evaluate(`[document.images.length, document.title.includes('img'), document.scripts.length, {DETAILS}]`);"
    );
    let Some(results) = looked_at(folder.path(), &[job(&page, 1280, &script)]) else {
        return;
    };
    let result = &results[0];
    assert_eq!((&result[0], &result[2]), (&json!(0), &json!(2)));
    assert!(
        result[3].as_str().unwrap().contains("<img src=http"),
        "{result}"
    );
}

#[test]
fn ten_thousand_people_need_a_screenful_of_rows() {
    let folder = tempfile::tempdir().unwrap();
    let people = (0..10_000).map(|at| (format!("u{at:05}"), format!("First{at}")));
    let page = baked(people, folder.path());
    let script = format!(
        "const before = await evaluate(`document.querySelectorAll('*').length`);
         await evaluate(`document.getElementById('list').focus()`); await press('End');
         await evaluate(`new Promise((done) => requestAnimationFrame(done))`);
         const last = await evaluate(`[{ROWS}.at(-1), document.querySelectorAll('*').length]`);
         await press('/'); for (const key of 'first77 lee') await press(key);
         return [before, ...last, await evaluate(`document.querySelector('output').textContent`)];"
    );
    let Some(results) = looked_at(folder.path(), &[job(&page, 1280, &script)]) else {
        return;
    };
    let result = &results[0];
    assert!(result[0].as_u64() < Some(600), "{result}");
    assert_eq!(result[1], "users/u09999");
    assert!(result[2].as_u64() < Some(900), "{result}");
    // First77, First770 to First779, First7700 to First7799.
    assert_eq!(result[3], "111 people");
}

/// A served sandbox, which ends with the test.
struct Serving(Child, String);

impl Serving {
    fn of(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_callsheet"))
            .current_dir(folder)
            .env("CALLSHEET_SANDBOX_TOKEN", "a-token")
            .args(["sandbox", "serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self(child, url)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_served_sandbox_shows_what_the_token_may_see_as_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(
        at,
        &[("callsheet.yaml", CONFIGURATION), ("people.yaml", PEOPLE)],
    );
    callsheet(at, &["apply", "--yes"]);
    let serving = Serving::of(at);
    let url = &serving.1;
    let until = |what: &str| {
        format!(
            "await evaluate(`new Promise((done) => {{ const look = () => ({what}) ? done() : setTimeout(look, 20); look(); }})`);"
        )
    };
    let job = |script: String| json!({ "url": format!("{url}/"), "width": 1280, "script": script });
    let listed = until("document.querySelector('[role=option]')");
    let refused = until("document.querySelector('[role=alert]')?.textContent");
    let enter = |token: &str| {
        format!(
            "await evaluate(`document.querySelector('[name=token]').value = '{token}'; document.querySelector('[name=token]').form.requestSubmit()`);"
        )
    };
    let whole = format!(
        "{} {listed} const before = await evaluate(`{ROWS}`);
         await evaluate(`fetch('v1/users', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json', Authorization: 'Bearer a-token' }},
             body: JSON.stringify({{ username: 'zoe', first_name: 'Zoe', last_name: 'Ash', email: 'zoe@acme.example' }}) }})`);
         {} return [before, await evaluate(`{ROWS}`)];",
        enter("a-token"),
        until("document.querySelectorAll('[role=option]').length === 3"),
    );
    let wrong = format!(
        "{} {refused} return evaluate(`document.querySelector('[role=alert]').textContent`);",
        enter("another")
    );
    let person = format!(
        "await evaluate(`document.querySelector('[name=username]').value = 'bob'; document.querySelector('[name=password]').value = 'correct-horse-battery';
             document.querySelector('[name=username]').form.requestSubmit()`);
         {listed} return evaluate(`{ROWS}`);"
    );
    let barriers = "return check();".to_owned();
    let jobs = [job(wrong), job(person), job(whole), job(barriers)];
    let Some(answers) = browsed(at, &jobs) else {
        return;
    };
    let result = |at: usize| &answers[at]["result"];
    assert!(
        result(0).as_str().unwrap().contains("token"),
        "{}",
        result(0)
    );
    assert_eq!(*result(1), json!(["users/bob"]), "nobody else");
    assert_eq!(result(2)[0], json!(["users/ann", "users/bob"]));
    assert_eq!(result(2)[1], json!(["users/ann", "users/bob", "users/zoe"]));
    if axe().exists() {
        assert_eq!(result(3)["violations"], json!([]), "{}", result(3));
    }
    for request in answers
        .iter()
        .flat_map(|one| one["requests"].as_array().unwrap())
    {
        let own = format!("{url}/");
        assert!(request.as_str().unwrap().starts_with(&own), "{request}");
    }
}

/// With `CALLSHEET_SCREENSHOTS` set, the pictures in the docs are made anew.
#[test]
fn the_pictures_in_the_docs_are_made_here() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let acme = folder.path().join("acme");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(root.join("examples/acme"))
        .arg(&acme)
        .status();
    assert!(copied.unwrap().success());
    callsheet(&acme, &["apply", "--yes"]);
    callsheet(
        &acme,
        &["sandbox", "edit", "users/bob", "last_name=Clicked"],
    );
    callsheet(&acme, &["report", "--out", "site"]);
    let page = acme.join("site/index.html");
    let pictures = [
        ("people.png", "people", "users/bob"),
        ("calls.png", "numbers", "numbers/+14155550100"),
    ];
    let jobs = pictures.map(|(_, tab, chosen)| {
        let script = format!(
            "await evaluate(`document.getElementById('tab-{tab}').click()`);
             await evaluate(`document.querySelector('[data-address=\"{chosen}\"]').click()`);
             return capture();"
        );
        job(&page, 1200, &script)
    });
    let Some(results) = looked_at(folder.path(), &jobs) else {
        return;
    };
    for ((name, ..), picture) in pictures.iter().zip(&results) {
        let picture = picture.as_str().unwrap();
        // Every PNG begins with this.
        assert!(picture.starts_with("iVBORw0KGgo"), "{}", &picture[..40]);
        let kept = root.join("docs/images").join(name);
        if std::env::var_os("CALLSHEET_SCREENSHOTS").is_some() {
            fs::write(&kept, decoded(picture)).unwrap();
        }
        assert!(kept.exists(), "set CALLSHEET_SCREENSHOTS to make it");
    }
}

/// What a text in base64 holds.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |byte: &u8| DIGITS.iter().position(|one| one == byte);
    let digits: Vec<usize> = text.as_bytes().iter().map_while(digit).collect();
    let four = |four: &[usize]| {
        let bits = (0..4).fold(0, |bits, at| bits << 6 | four.get(at).copied().unwrap_or(0));
        let bytes = [bits >> 16, bits >> 8, bits].map(|byte| u8::try_from(byte & 255).unwrap());
        bytes[..(four.len() - 1).min(3)].to_vec()
    };
    digits.chunks(4).flat_map(four).collect()
}
