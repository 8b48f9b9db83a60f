//! A *canary* is a unique secret: if it appears anywhere except in requests and in its own file, something
//! leaks.

mod literal;

use crate::workspace::write;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use std::{
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The password, from the environment.
const PASSWORD: &str = "canary-zx81-Password!";
/// A voicemail PIN, from a file.
const VOICEMAIL_PIN: &str = "80817263";
/// The PINs of a conference, from a command and from the environment.
const PIN: &str = "70615243";
const MODERATOR_PIN: &str = "60594837";
/// The token of the portal.
const TOKEN: &str = "canary-qv07-token";

const CANARIES: [&str; 5] = [PASSWORD, VOICEMAIL_PIN, PIN, MODERATOR_PIN, TOKEN];

/// The files that may contain a secret, relative to the workspace.
const KEPT: [&str; 2] = ["secrets/pin", "secrets/board"];

/// The people with all their secrets, in the nth version.
fn people(version: u32) -> String {
    format!(
        "users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    extension: 1001
    password: {{ env: ALICE_PASSWORD, version: {version} }}
    voicemail: {{ pin: {{ file: secrets/pin, version: {version} }} }}
extensions:
  2000:
    kind: conference
    name: Board
    owner: alice
    pin: {{ command: [cat, secrets/board], version: {version} }}
    moderator_pin: {{ env: MODERATOR_PIN, version: {version} }}
"
    )
}

/// A workspace whose portal is at `url`.
fn workspace(url: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let configuration = format!(
        "portal:\n  kind: sandbox\n  url: {url}\n  credentials: {{ token: {{ env: CALLSHEET_TOKEN }} }}\n"
    );
    write(
        folder.path(),
        &[
            ("callsheet.yaml", &configuration),
            ("people.yaml", &people(1)),
            (KEPT[0], VOICEMAIL_PIN),
            (KEPT[1], &format!("{PIN}\n")),
        ],
    );
    folder
}

/// Runs a command with full verbosity. Returns the exit code and all output.
fn run(folder: &Path, line: &str) -> (i32, String) {
    let output = callsheet(folder)
        .arg("-vvv")
        .args(line.split_whitespace())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

fn callsheet(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .envs([
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("RUST_LOG", "trace"),
            ("RUST_BACKTRACE", "full"),
            ("ALICE_PASSWORD", PASSWORD),
            ("MODERATOR_PIN", MODERATOR_PIN),
            ("CALLSHEET_TOKEN", TOKEN),
        ]);
    command
}

/// Fails if `bytes` contain a canary, raw or encoded, whole or truncated.
fn check_bytes(what: &str, bytes: &[u8]) {
    for canary in CANARIES {
        let encoded = canary.replace('!', "%21");
        let base64 = BASE64_STANDARD_NO_PAD.encode(canary);
        for spelled in [canary, &encoded, &canary[..canary.len() - 2], &base64[..10]] {
            let found = bytes
                .windows(spelled.len())
                .any(|window| window == spelled.as_bytes());
            assert!(
                !found,
                "{what} holds {canary}: {}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}

/// Fails if a file below `folder` contains a canary, except the files of secrets.
fn check_files(folder: &Path) {
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(folder).unwrap();
        if entry.file_type().is_file() && !KEPT.iter().any(|kept| name == Path::new(kept)) {
            check_bytes(
                &name.display().to_string(),
                &std::fs::read(entry.path()).unwrap(),
            );
            seen += 1;
        }
    }
    assert!(seen > 0, "{}", folder.display());
}

/// `callsheet sandbox serve` with a canary as its token.
struct Served {
    child: Child,
    url: String,
    said: BufReader<std::process::ChildStdout>,
}

impl Served {
    fn over(folder: &Path) -> Self {
        let mut command = callsheet(folder);
        command
            .env("CALLSHEET_SANDBOX_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .args([
                "-vvv",
                "sandbox",
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database",
                "portal.db",
            ])
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let (_, url) = line.trim().rsplit_once(' ').unwrap();
        Self {
            url: url.to_owned(),
            child,
            said,
        }
    }

    /// Stops the server and returns its output.
    fn end(mut self) -> Vec<u8> {
        self.child.kill().unwrap();
        let mut all = Vec::new();
        std::io::Read::read_to_end(&mut self.said, &mut all).unwrap();
        std::io::Read::read_to_end(&mut self.child.stderr.take().unwrap(), &mut all).unwrap();
        self.child.wait().unwrap();
        all
    }
}

#[test]
fn secrets_are_sent_and_never_printed() {
    let portal = tempfile::tempdir().unwrap();
    let served = Served::over(portal.path());
    let folder = workspace(&served.url);
    let at = folder.path();
    let quiet = |line: &str| {
        for format in ["text", "json"] {
            let (code, said) = run(at, &format!("{line} --format {format}"));
            assert_eq!(code, 0, "{line}: {said}");
            check_bytes(&format!("{line} --format {format}"), said.as_bytes());
        }
    };
    quiet("validate");
    quiet("plan");
    quiet("plan --out saved.json");
    for format in ["markdown", "html"] {
        let (code, said) = run(at, &format!("plan --format {format}"));
        assert_eq!(code, 0, "{said}");
        check_bytes(format, said.as_bytes());
    }
    check_files(at);
    let (code, said) = run(at, "apply --yes");
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("password") && said.contains("2 of 2 done"),
        "{said}"
    );
    check_bytes("apply", said.as_bytes());
    quiet("plan");
    // A new version sends each of them again.
    write(at, &[("people.yaml", &people(2))]);
    let (code, said) = run(at, "apply --yes --format json");
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("\"sensitive\": true") && said.contains("\"done\": 2"),
        "{said}"
    );
    check_bytes("apply --format json", said.as_bytes());
    for line in [
        "plan",
        "list users",
        "list extensions",
        "show users/alice",
        "show extensions/2000",
    ] {
        quiet(line);
    }
    check_files(at);
    std::fs::remove_file(at.join("people.yaml")).unwrap();
    let (code, said) = run(at, "import");
    assert_eq!(code, 0, "{said}");
    check_bytes("import", said.as_bytes());
    check_files(at);
    check_files(portal.path());
    check_bytes("the sandbox", &served.end());
    check_files(portal.path());
}

#[test]
fn an_unreadable_secret_is_named_by_its_reference() {
    let portal = tempfile::tempdir().unwrap();
    let served = Served::over(portal.path());
    let folder = workspace(&served.url);
    let at = folder.path();
    std::fs::remove_file(at.join(KEPT[0])).unwrap();
    std::fs::write(
        at.join(KEPT[1]),
        format!("{PIN}\u{fffd}").replace('\u{fffd}', ""),
    )
    .unwrap();
    let mut command = callsheet(at);
    let output = command
        .env_remove("ALICE_PASSWORD")
        .args(["-vvv", "apply", "--yes"])
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("ALICE_PASSWORD") && said.contains(KEPT[0]),
        "{said}"
    );
    check_bytes("apply", said.as_bytes());
    let output = callsheet(at)
        .env_remove("CALLSHEET_TOKEN")
        .arg("plan")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(1) && said.contains("CALLSHEET_TOKEN"),
        "{said}"
    );
    let url = served.url.replace("http://", &format!("http://{TOKEN}@"));
    let configuration = format!(
        "portal: {{ kind: sandbox, url: \"{url}\", credentials: {{ token: {{ env: CALLSHEET_TOKEN }} }} }}\n"
    );
    write(at, &[("callsheet.yaml", &configuration)]);
    for line in ["plan", "list users", "apply --yes"] {
        let (code, said) = run(at, line);
        assert_eq!(code, 1, "{said}");
        check_bytes(line, said.as_bytes());
    }
    drop(served.end());
}

/// How a portal echoes the request in its errors.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Echo {
    Problem(StatusCode),
    /// After so many other characters that it is truncated.
    Far(StatusCode, usize),
    /// In base64.
    Encoded(StatusCode),
    Text(StatusCode),
    Html(StatusCode),
    Header,
}

/// A portal with empty listings that echoes all other requests.
async fn echo(
    State((echo, reads)): State<(Echo, bool)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if reads && method == Method::GET {
        let empty = serde_json::json!({ "items": [], "totals": {}, "total": 0, "revision": 1, "next": null });
        return axum::Json(empty).into_response();
    }
    let token = headers
        .get(header::AUTHORIZATION)
        .map_or("", |value| value.to_str().unwrap_or(""));
    let said = format!("{method} {uri} {token} {}", String::from_utf8_lossy(&body));
    let problem = |status: StatusCode, said: &str| {
        let errors = [serde_json::json!({ "field": said, "code": said, "message": said })];
        let body = serde_json::json!({ "type": said, "title": said, "detail": said, "status": status.as_u16(), "errors": errors });
        (
            status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            body.to_string(),
        )
            .into_response()
    };
    match echo {
        Echo::Problem(status) => problem(status, &said),
        Echo::Far(status, padding) => {
            let body = body.strip_prefix(b"{").unwrap_or(&body);
            let far = format!(
                "{} {token} {}",
                "y".repeat(padding),
                String::from_utf8_lossy(body)
            );
            problem(status, &far)
        }
        Echo::Encoded(status) => problem(status, &BASE64_STANDARD.encode(&said)),
        Echo::Text(status) => (status, said).into_response(),
        Echo::Html(status) => (
            status,
            axum::response::Html(format!("<title>{said}</title>{said}")),
        )
            .into_response(),
        Echo::Header => {
            let location = said.replace(|c: char| !c.is_ascii_graphic(), "");
            (
                StatusCode::FOUND,
                [(header::LOCATION, format!("/{location}"))],
                said,
            )
                .into_response()
        }
    }
}

/// Serves an echoing portal, and calls `then` with its address.
fn with_echo(kind: Echo, reads: bool, then: impl FnOnce(&str)) {
    let (stop, stopped) = oneshot::channel::<()>();
    let (send, receive) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .await
                .unwrap();
            send.send(listener.local_addr().unwrap()).unwrap();
            let router = Router::new().fallback(echo).with_state((kind, reads));
            let stopped = async { drop(stopped.await) };
            axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
                .unwrap();
        });
    });
    then(&format!("http://{}", receive.recv().unwrap()));
    drop(stop);
    thread.join().unwrap();
}

#[test]
fn echoed_secrets_are_redacted() {
    let mut attempts = 0;
    for kind in [
        Echo::Problem(StatusCode::UNPROCESSABLE_ENTITY),
        Echo::Problem(StatusCode::CONFLICT),
        Echo::Problem(StatusCode::UNAUTHORIZED),
        Echo::Problem(StatusCode::FORBIDDEN),
        Echo::Far(StatusCode::FORBIDDEN, 280),
        Echo::Far(StatusCode::FORBIDDEN, 290),
        Echo::Far(StatusCode::BAD_REQUEST, 275),
        Echo::Far(StatusCode::BAD_REQUEST, 285),
        Echo::Encoded(StatusCode::FORBIDDEN),
        Echo::Encoded(StatusCode::BAD_REQUEST),
        Echo::Text(StatusCode::BAD_REQUEST),
        Echo::Html(StatusCode::FORBIDDEN),
        Echo::Html(StatusCode::OK),
        Echo::Text(StatusCode::CREATED),
        Echo::Header,
    ] {
        for (reads, lines) in [
            (true, &["apply --yes", "apply --yes --format json"][..]),
            (false, &["plan", "list users --format json", "import"][..]),
        ] {
            with_echo(kind, reads, |url| {
                let folder = workspace(url);
                for line in lines {
                    let (code, said) = run(folder.path(), line);
                    assert_eq!(code, 1, "{kind:?} {line}: {said}");
                    check_bytes(&format!("{kind:?} {line}"), said.as_bytes());
                    attempts += usize::from(said.contains("users/alice"));
                }
                check_files(folder.path());
            });
        }
    }
    assert!(attempts > 10, "{attempts} writes were refused");
}
