//! *Prism*, a judge from npm that nobody here has written: it knows the document of an API, and says of each
//! request whether the document allows it. `.ci/run` installs it.

use crate::{
    contracts,
    fake::Seen,
    report::{measured, skipped},
    running::{self, Client},
};
use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A running Prism for one document, which stops when it is dropped.
struct Prism {
    process: Child,
    url: String,
}

impl Drop for Prism {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/ci-node/node_modules/@stoplight/prism-cli/dist/index.js")
}

impl Prism {
    /// Starts it, and waits until it says that it listens.
    fn start(document: &Path) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut process = Command::new("node")
            .arg(program())
            .args([
                "mock",
                "--errors",
                "-h",
                "127.0.0.1",
                "-p",
                &port.to_string(),
            ])
            .arg(document)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = output.lines().map_while(Result::ok);
        let listens = lines.any(|line| line.contains("is listening on"));
        assert!(listens, "Prism starts");
        // What it logs must be read, or it waits.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Why a request isn't one of the document; nothing if it is.
    async fn objection(client: &Client, seen: &Seen) -> Option<String> {
        let request = client.request(seen.method.parse().unwrap(), &seen.target);
        let request = match seen.raw.is_empty() {
            true => request,
            false => request
                .header("content-type", seen.media())
                .body(seen.raw.clone()),
        };
        let answer = Client::send(request).await.unwrap();
        let violations = answer.headers.get("sl-violations");
        let violations = violations
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let told = || {
            format!(
                "{} {}: {} {violations}",
                seen.method, seen.target, answer.status
            )
        };
        (!(200..300).contains(&answer.status)).then(told)
    }
}

/// Judges the requests that a fake has accepted, by the document of the portal.
pub(crate) fn assert_valid(portal: &str, requests: &[Seen]) {
    let has_node = Command::new("node").arg("--version").output().is_ok();
    if !has_node || !program().exists() {
        return skipped(&format!(
            "{portal}: Prism, which judges its requests, isn't in target/ci-node, where .ci/run installs it"
        ));
    }
    let prism = Prism::start(&contracts::document(portal));
    let objections = running::runtime().block_on(async {
        let client = Client::new(&prism.url, "a-token");
        let mut objections = Vec::new();
        for seen in requests {
            objections.extend(Prism::objection(&client, seen).await);
        }
        objections
    });
    assert_eq!(objections, [""; 0]);
    assert!(!requests.is_empty(), "there is something to judge");
    measured(&format!(
        "{} requests of {portal} were judged",
        requests.len()
    ));
}
