//! Speed and memory at 100,000 users: what reading and planning cost beside the least that they could.
//!
//! The least is a bare event parse of the same YAML, and a bare sequential download of the same pages.
//! `cargo bench` prints medians, their ratios, and each step's peak memory in a process of its own.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table, and says where it can't go on"
)]

use callsheet::{
    config::{Config, PortalKind},
    desired::{self, Desired},
    model::{Fields, Kind},
    plan::{Inputs, plan},
    portal::{self, Credentials, Location, Target},
    repo::{self, Files},
    sandbox::{Store, Tokens, serve},
};
use divan::{Bencher, black_box};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MANY: usize = 100_000;
const FEW: usize = 1_000;
const TOKEN: &str = "a-token-that-writes";
/// Which step a process of its own measures: step, folder, URL.
const ALONE: &str = "--alone";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == ALONE) {
        return alone(&arguments[at + 1..]);
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return divan::main();
    }
    divan::main();
    table();
}

/// A workspace of so many users in one file.
fn yaml(users: usize) -> String {
    const FIRST: [&str; 5] = ["Ada", "Grace", "Alan", "Barbara", "Ken"];
    const LAST: [&str; 7] = ["Lovelace", "Hopper", "Turing", "Liskov", "Ng", "Orr", "Poe"];
    let mut text = "users:\n".to_owned();
    for at in 0..users {
        let (first, last) = (FIRST[at % 5], LAST[at / 5 % 7]);
        let (high, middle, low) = (at >> 16 & 255, at >> 8 & 255, at & 255);
        write!(
            text,
            "  u{at:06}:
    first_name: {first}
    last_name: {last}
    email: u{at:06}@acme.example
    extension: {extension:06}
    title: Engineer
    rings_before_voicemail: {rings}
    voicemail: {{ enabled: true, mailbox: {extension:06} }}
    phones:
      - {{ mac: 00:15:65:{high:02x}:{middle:02x}:{low:02x}, model: yealink_t54w }}
",
            extension = 100_000 + at,
            rings = 2 + at % 7,
        )
        .unwrap();
    }
    text
}

/// A folder with that workspace; it stays for the next run. Git would ignore one in `target`, so nothing would be read.
fn folder(users: usize) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("callsheet-scale-{users}"));
    std::fs::create_dir_all(&folder).unwrap();
    let config = "portal: { kind: sandbox, database: sandbox.db }\n";
    std::fs::write(folder.join("callsheet.yaml"), config).unwrap();
    std::fs::write(folder.join("people.yaml"), yaml(users)).unwrap();
    folder
}

fn load(folder: &Path) -> Desired {
    let files: Files = repo::read(folder).unwrap();
    let desired = desired::load(files, jiff::civil::date(2026, 8, 22));
    assert!(!desired.report.has_errors());
    desired
}

/// A sandbox that holds what the workspace declares, for the rest of the process.
fn served(users: usize) -> (&'static Runtime, String) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Runtime::new().unwrap());
    let state = load(&folder(users)).state;
    let store = Store::in_memory().unwrap();
    let objects = state.resources.into_iter().map(|(address, resource)| {
        let fields: Fields = resource.fields;
        (address.kind, address.key, fields)
    });
    store.seed(objects).unwrap();
    let url = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tokens = Tokens {
            write: TOKEN.into(),
            read: None,
        };
        tokio::spawn(serve(listener, store, tokens, None, std::future::pending()));
        url
    });
    (runtime, url)
}

/// The bare event parse.
fn parse(text: &str) -> usize {
    let events = granit_parser::Parser::new_from_str(text);
    events.filter(|event| event.is_ok()).count()
}

/// The bare download, page after page.
async fn download(url: &str) -> usize {
    // Whoever was faster is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (mut bytes, mut next) = (0, Some(String::new()));
    while let Some(cursor) = next.take() {
        let page = format!("{url}/v1/users?limit=1000{cursor}");
        let answer = client.get(page).bearer_auth(TOKEN).send().await.unwrap();
        let body = answer.bytes().await.unwrap();
        bytes += body.len();
        // The cursor stands behind the objects, so nothing else need be read.
        let tail = String::from_utf8_lossy(&body[body.len().saturating_sub(600)..]).into_owned();
        let cursor = tail
            .rsplit_once("\"next\":\"")
            .map(|(_, rest)| rest.split('"').next());
        next = cursor.flatten().map(|cursor| format!("&cursor={cursor}"));
    }
    bytes
}

/// A plan that finds nothing to do: load, read, plan.
async fn noop(folder: &Path, url: &str) {
    let target = Target {
        profile: callsheet::profile::Profile::named("sandbox"),
        kind: PortalKind::Sandbox,
        location: Location::Url(url.to_owned()),
        credentials: Credentials::Token(TOKEN.into()),
        tenant: None,
        rate_limit: None,
        charges: None,
        scim: None,
    };
    let portal = portal::open(&target).unwrap();
    let owned = folder.to_owned();
    let reading = tokio::task::spawn_blocking(move || load(&owned));
    let kinds = Kind::ALL.into();
    let (live, desired) = tokio::join!(portal.read(&kinds, &()), reading);
    let (live, Desired { config, state, .. }) = (live.unwrap(), desired.unwrap());
    let config: Config = config.unwrap();
    let planned = plan(Inputs {
        desired: &state,
        config: &config,
        capabilities: &portal.capabilities(),
        live: &live,
        today: jiff::civil::date(2026, 8, 22),
        past: callsheet::plan::Past::default(),
        filter: callsheet::plan::Filter::default(),
    });
    assert!(planned.operations.is_empty() && planned.findings.is_empty());
    assert_eq!(planned.requests.made, planned.requests.minimum);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn bare_parse(bencher: Bencher<'_, '_>) {
    let text = yaml(MANY);
    bencher.bench_local(|| parse(black_box(&text)));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn validate(bencher: Bencher<'_, '_>) {
    let folder = folder(MANY);
    bencher.bench_local(|| load(&folder));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn bare_download(bencher: Bencher<'_, '_>) {
    let (runtime, url) = served(MANY);
    bencher.bench_local(|| runtime.block_on(download(&url)));
}

#[divan::bench(sample_count = 5, sample_size = 1, args = [FEW, MANY])]
fn noop_plan(bencher: Bencher<'_, '_>, users: usize) {
    let folder = folder(users);
    let (runtime, url) = served(users);
    bencher.bench_local(|| runtime.block_on(noop(&folder, &url)));
}

/// Runs one step in this process, and says how long it took and what it needed: KiB and microseconds.
fn alone(arguments: &[String]) {
    let [step, folder, url] = arguments else {
        return;
    };
    let folder = Path::new(folder);
    let runtime = Runtime::new().unwrap();
    let begun;
    match &**step {
        "bare parse" => {
            let text = std::fs::read_to_string(folder.join("people.yaml")).unwrap();
            begun = Instant::now();
            parse(&text);
        }
        "validate" => {
            begun = Instant::now();
            drop(black_box(load(folder)));
        }
        "bare download" => {
            begun = Instant::now();
            runtime.block_on(download(url));
        }
        _ => {
            begun = Instant::now();
            runtime.block_on(noop(folder, url));
        }
    }
    let elapsed = begun.elapsed().as_micros();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.map_or("0", |peak| peak.trim().trim_end_matches(" kB"));
    println!("{peak} {elapsed}");
}

/// The median of five runs of a step, each in a process of its own, and the highest peak.
fn measured(step: &str, folder: &Path, url: &str) -> (Duration, u64) {
    let mut runs: Vec<(u64, u64)> = (0..5)
        .map(|_| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args([ALONE, step]).arg(folder).arg(url);
            let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
            let (peak, elapsed) = said.trim().split_once(' ').unwrap();
            (elapsed.parse().unwrap(), peak.parse().unwrap())
        })
        .collect();
    runs.sort_unstable();
    let peak = runs.iter().map(|(_, peak)| *peak).max().unwrap_or(0);
    (Duration::from_micros(runs[2].0), peak / 1024)
}

fn table() {
    let folder = folder(MANY);
    let (_, url) = served(MANY);
    let steps = ["bare parse", "validate", "bare download", "no-op plan"];
    let results = steps.map(|step| measured(step, &folder, &url));
    println!("\n{MANY} users, each step in a process of its own");
    println!("{:<16}{:>10}{:>12}", "step", "median", "peak memory");
    for (step, (time, peak)) in steps.iter().zip(&results) {
        println!("{step:<16}{:>7} ms{peak:>8} MiB", time.as_millis());
    }
    let [parse, validate, download, noop] = results.map(|(time, _)| time.as_secs_f64());
    println!(
        "validate / bare parse                    {:.2}",
        validate / parse
    );
    println!(
        "no-op plan / (bare parse + download)     {:.2}",
        noop / (parse + download)
    );
}
