//! A simulator: what a plan without changes costs for portals of any size, from 1,000 users to a million and from one
//! tenant to 10,000, at a distance and behind a rate limit.
//!
//! `cargo bench --bench simulator` simulates a few portals, with `-- --all` the large ones too, which takes an hour, and with
//! `-- USERS:TENANTS:MS:LIMIT…` those that are named: `100000:1:50:10` has 100,000 users in one tenant, answers each
//! request after 50 ms, and allows 10 a second; a limit of 0 allows any number. It prints a table in Markdown.
//!
//! The portal answers as the sandbox does, with users that are made up for each page; it refuses what is beyond its limit
//! with 429 and `Retry-After`. The client is the real one, as `callsheet plan` opens it, in a process of its own for each
//! row: it reads the files while it lists everything, and plans, for one tenant after the other. The command reads the files
//! first. The portal runs on the same machine, so its work is a part of the time. The page size is the sandbox's, 1,000, since the client counts on it.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table, and says where it can't go on"
)]

use axum::{
    Router,
    extract::{Path as At, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use callsheet::{
    config::PortalKind,
    desired::{self, Desired},
    model::{Kind, Requests},
    plan::{Filter, Inputs, Past, plan},
    portal::{self, Credentials, Location, Target},
    repo,
};
use serde::Deserialize;
use std::{
    fmt::Write as _,
    path::Path,
    process::Command,
    str::FromStr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What is simulated by default.
const FEW: &str = "1000:1:50:0 10000:1:50:0 10000:1:50:10 1000:100:20:0";
/// What is simulated with `--all`.
const ALL: &str = "1000:1:50:0 10000:1:50:0 100000:1:50:0 1000000:1:50:0 \
    1000:1:50:10 10000:1:50:10 100000:1:50:10 1000000:1:50:10 \
    100000:100:50:0 100000:1000:50:0 100000:10000:50:0 1000000:1000:50:0 1000000:10000:50:0 \
    100000:1000:50:10";
/// What a process of its own measures: the number of tenants, the folder and the URL.
const ALONE: &str = "--alone";
const TOKEN: &str = "a-token-that-reads";
/// The page size of the sandbox.
const PAGE: u64 = 1000;
/// How many requests the client has in progress, by default.
const SIDE_BY_SIDE: u64 = 8;
/// The number of users in one file.
const PER_FILE: u64 = 10_000;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|argument| argument == ALONE) {
        return alone(&arguments[at + 1..]);
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return;
    }
    let is_all = arguments.iter().any(|argument| argument == "--all");
    arguments.retain(|argument| !argument.starts_with('-'));
    if arguments.is_empty() {
        let rows = if is_all { ALL } else { FEW };
        arguments = rows.split_whitespace().map(str::to_owned).collect();
    }
    println!(
        "| users | tenants | round trip | limit | requests | refused | seconds | peak MiB | dominated by |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for argument in arguments {
        let simulated: Simulated = argument.parse().unwrap();
        println!("{}", simulated.row(&simulated.measured()));
    }
}

/// A portal that is simulated.
#[derive(Clone, Copy)]
struct Simulated {
    users: u64,
    tenants: u64,
    round_trip: Duration,
    /// The number of requests per second.
    limit: Option<u64>,
}

impl FromStr for Simulated {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<u64>, _> = text.split(':').map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[users, tenants, ms, limit]) if tenants > 0 && users >= tenants => Ok(Self {
                users,
                tenants,
                round_trip: Duration::from_millis(ms),
                limit: (limit > 0).then_some(limit),
            }),
            _ => Err(format!("{text}: write it as USERS:TENANTS:MS:LIMIT")),
        }
    }
}

/// What a row of the table took.
struct Measured {
    requests: Requests,
    seconds: f64,
    peak_mib: u64,
}

impl Simulated {
    fn users_of_a_tenant(&self) -> u64 {
        self.users / self.tenants
    }

    /// Simulates the portal, and plans on it in a process of its own.
    fn measured(&self) -> Measured {
        let folder = workspace(self.users_of_a_tenant());
        let runtime = Runtime::new().unwrap();
        let url = runtime.block_on(serve(*self));
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([ALONE, &self.tenants.to_string()]);
        let output = command.arg(folder.path()).arg(url).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<u64> = said.split_whitespace().flat_map(str::parse).collect();
        let [made, minimum, micros, peak_kib] = numbers[..] else {
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        };
        Measured {
            requests: Requests { made, minimum },
            seconds: Duration::from_micros(micros).as_secs_f64(),
            peak_mib: peak_kib / 1024,
        }
    }

    /// The seconds that the rate limit and the round trips take at least.
    fn least(&self, requests: Requests) -> (f64, f64) {
        let seconds = |requests: u64| Duration::from_secs(requests).as_secs_f64();
        let limited = self.limit.map_or(0.0, |limit| {
            // A second's requests may come at its beginning.
            seconds(requests.minimum.saturating_sub(limit)) / seconds(limit)
        });
        // The scopes, the first page of users, and the others side by side.
        let others = self.users_of_a_tenant().div_ceil(PAGE).saturating_sub(1);
        let trips = self.tenants * (2 + others.div_ceil(SIDE_BY_SIDE));
        (limited, seconds(trips) * self.round_trip.as_secs_f64())
    }

    /// A row of the table.
    fn row(&self, measured: &Measured) -> String {
        let Measured {
            requests,
            seconds,
            peak_mib,
        } = measured;
        let (limited, trips) = self.least(*requests);
        let machine = seconds - limited.max(trips);
        let dominated_by = if limited >= trips.max(machine) {
            format!("the rate limit: {limited:.1} s at least")
        } else if trips >= machine {
            format!("the round trips: {trips:.1} s at least")
        } else {
            format!("the machine: {machine:.1} s")
        };
        let limit = self.limit.map_or_else(
            || "none".to_owned(),
            |limit| format!("{} a second", thousands(limit)),
        );
        format!(
            "| {} | {} | {} ms | {limit} | {} | {} | {seconds:.1} | {peak_mib} | {dominated_by} |",
            thousands(self.users),
            thousands(self.tenants),
            self.round_trip.as_millis(),
            thousands(requests.made),
            thousands(requests.made.saturating_sub(requests.minimum)),
        )
    }
}

/// `1,000,000`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a user as the files declare it.
fn declare(at: u64, out: &mut String) {
    let (key, [first, last], number, mac) = user(at);
    _ = write!(
        out,
        "  {key}:
    first_name: {first}
    last_name: {last}
    email: {key}@acme.example
    extension: {number}
    title: Engineer
    voicemail: {{ enabled: true, mailbox: {number} }}
    phones:
      - {{ mac: {mac}, model: yealink_t54w }}
"
    );
}

/// Writes a user as the portal holds it, with the defaults that the sandbox says out loud.
fn answer(at: u64, out: &mut String) {
    let (key, [first, last], number, mac) = user(at);
    _ = write!(
        out,
        r#"{{"id":"24cb24a8-7e42-42c3-b97c-{key:0>12}","etag":"\"1\"","system":false,"username":"{key}","voicemail_messages":0,"first_name":"{first}","last_name":"{last}","title":"Engineer","email":"{key}@acme.example","scope":"simple_user","extension":"{number}","rings_before_voicemail":3,"voicemail":{{"mailbox":"{number}","enabled":true}},"phones":[{{"mac":"{mac}","model":"yealink_t54w"}}],"active":true,"directory":{{"match":"last","spoken":true,"listed":true}},"forwarding":{{"enabled":false,"ring_all":false}},"dnd":false,"add_phone":false}}"#
    );
}

/// The key, the names, the extension and the phone of a user.
fn user(at: u64) -> (String, [&'static str; 2], u64, String) {
    const FIRST: [&str; 5] = ["Ada", "Grace", "Alan", "Barbara", "Ken"];
    const LAST: [&str; 7] = ["Lovelace", "Hopper", "Turing", "Liskov", "Ng", "Orr", "Poe"];
    let of = |names: &[&'static str], at: u64| names[usize::try_from(at).unwrap() % names.len()];
    let (high, middle, low) = (at >> 16 & 255, at >> 8 & 255, at & 255);
    let mac = format!("00:15:65:{high:02x}:{middle:02x}:{low:02x}");
    let names = [of(&FIRST, at), of(&LAST, at / 5)];
    (format!("u{at:06}"), names, 100_000 + at, mac)
}

/// A workspace that declares so many users. It is no part of a repository, which may ignore it.
fn workspace(users: u64) -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let config = "portal: { kind: sandbox, database: sandbox.db }\n";
    write("callsheet.yaml", config);
    for file in 0..users.div_ceil(PER_FILE) {
        let mut text = "users:\n".to_owned();
        let first = file * PER_FILE;
        (first..users.min(first + PER_FILE)).for_each(|at| declare(at, &mut text));
        write(&format!("people-{file}.yaml"), &text);
    }
    folder
}

/// The portal of each tenant.
struct Served {
    simulated: Simulated,
    /// The second that requests are counted in, and their number.
    window: Mutex<(Instant, u64)>,
}

/// Where a page begins.
#[derive(Deserialize)]
struct Paging {
    #[serde(default)]
    offset: u64,
}

/// Serves the portal on a port of its own. Returns its URL.
async fn serve(simulated: Simulated) -> String {
    let served = Arc::new(Served {
        simulated,
        window: Mutex::new((Instant::now(), 0)),
    });
    let router = Router::new()
        .route("/v1/{kind}", get(page))
        .with_state(served);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn page(
    State(served): State<Arc<Served>>,
    At(kind): At<String>,
    Query(Paging { offset }): Query<Paging>,
) -> Response {
    let is_allowed = served.allows_one();
    tokio::time::sleep(served.simulated.round_trip).await;
    if !is_allowed {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response();
    }
    let users = served.simulated.users_of_a_tenant();
    let mut body = r#"{"items":["#.to_owned();
    let total = if kind == "users" { users } else { 1 };
    let end = total.min(offset + PAGE);
    for at in offset..end {
        if at > offset {
            body.push(',');
        }
        match &*kind {
            "users" => answer(at, &mut body),
            _ => body.push_str(SCOPE),
        }
    }
    let next = if end < total { r#""more""# } else { "null" };
    _ = write!(
        body,
        r#"],"next":{next},"total":{total},"totals":{{"scopes":1,"groups":0,"instances":0,"locations":0,"schedules":0,"templates":0,"users":{users},"extensions":0,"numbers":0,"contacts":0}},"profile":"sandbox","account":{{"licences":{{}}}},"revision":1}}"#
    );
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The only scope.
const SCOPE: &str = r#"{"id":"6d2a73d8-3103-4d42-9dba-33179292eb98","etag":"\"0\"","system":true,"name":"simple_user","title":"Simple User"}"#;

impl Served {
    /// Counts a request, and says whether it is within the limit of this second.
    fn allows_one(&self) -> bool {
        let Some(limit) = self.simulated.limit else {
            return true;
        };
        let mut window = self.window.lock().unwrap();
        if window.0.elapsed() >= Duration::from_secs(1) {
            *window = (Instant::now(), 0);
        }
        window.1 += 1;
        window.1 <= limit
    }
}

/// Plans all tenants in this process, and says what that took: requests made and needed, microseconds, KiB.
fn alone(arguments: &[String]) {
    let [tenants, folder, url] = arguments else {
        return;
    };
    let runtime = Runtime::new().unwrap();
    let begun = Instant::now();
    let mut requests = Requests::default();
    for _ in 0..tenants.parse().unwrap() {
        let Requests { made, minimum } = runtime.block_on(planned(Path::new(folder), url));
        requests.made += made;
        requests.minimum += minimum;
    }
    let micros = begun.elapsed().as_micros();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.map_or("0", |peak| peak.trim().trim_end_matches(" kB"));
    println!("{} {} {micros} {peak}", requests.made, requests.minimum);
}

/// A plan that finds nothing to do: load, read, plan. Returns the requests that it took.
async fn planned(folder: &Path, url: &str) -> Requests {
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
    let today = jiff::civil::date(2026, 8, 22);
    let portal = portal::open(&target).unwrap();
    let folder = folder.to_owned();
    let loading =
        tokio::task::spawn_blocking(move || desired::load(repo::read(&folder).unwrap(), today));
    let kinds = Kind::ALL.into();
    let (live, desired) = tokio::join!(portal.read(&kinds, &()), loading);
    let (live, desired) = (live.unwrap(), desired.unwrap());
    assert!(!desired.report.has_errors());
    let Desired { config, state, .. } = desired;
    let planned = plan(Inputs {
        desired: &state,
        config: &config.unwrap(),
        capabilities: &portal.capabilities(),
        live: &live,
        today,
        past: Past::default(),
        filter: Filter::default(),
    });
    assert!(planned.operations.is_empty() && planned.findings.is_empty());
    planned.requests
}
