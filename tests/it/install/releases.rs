//! The *releases* of a made-up repository, on a server of their own that answers as GitHub's API does.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};
use tempfile::TempDir;

pub(super) const REPOSITORY: &str = "acme/callsheet";
pub(super) const TOKEN: &str = "ghs_ATokenThatMustNotLeak";

/// What is served at a path.
#[derive(Clone)]
enum Content {
    Body(Vec<u8>),
    Redirect(String),
}

/// A request: its path, and the token that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) authorization: Option<String>,
}

/// A server of files. It stops when it is dropped.
pub(super) struct Server {
    pub(super) url: String,
    content: Arc<Mutex<BTreeMap<String, Content>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let content = Arc::new(Mutex::new(BTreeMap::new()));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let thread = std::thread::spawn({
            let (content, requests) = (Arc::clone(&content), Arc::clone(&requests));
            move || {
                for connection in listener.incoming() {
                    if answer(connection.unwrap(), &content, &requests).is_none() {
                        break;
                    }
                }
            }
        });
        Self {
            url,
            content,
            requests,
            thread: Some(thread),
        }
    }

    pub(super) fn serve(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.put(path, Content::Body(body.into()));
    }

    pub(super) fn redirect(&self, path: &str, to: &str) {
        self.put(path, Content::Redirect(to.to_owned()));
    }

    fn put(&self, path: &str, content: Content) {
        self.content
            .lock()
            .unwrap()
            .insert(path.to_owned(), content);
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let address = self.url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(b"STOP / HTTP/1.1\r\n\r\n").unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Answers one request and closes the connection. `None` means that the server is to stop.
fn answer(
    mut connection: TcpStream,
    content: &Mutex<BTreeMap<String, Content>>,
    requests: &Mutex<Vec<Request>>,
) -> Option<()> {
    let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ');
    if words.next()? == "STOP" {
        return None;
    }
    let path = words.next()?.to_owned();
    let mut authorization = None;
    for line in lines {
        let line = line.ok()?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ")?;
        if name.eq_ignore_ascii_case("authorization") {
            authorization = Some(value.to_owned());
        }
    }
    let found = content.lock().unwrap().get(&path).cloned();
    let request = Request {
        path,
        authorization,
    };
    requests.lock().unwrap().push(request);
    let (head, body) = match found {
        Some(Content::Body(body)) => ("200 OK\r\n".to_owned(), body),
        Some(Content::Redirect(to)) => (format!("302 Found\r\nLocation: {to}\r\n"), Vec::new()),
        None => (
            "404 Not Found\r\n".to_owned(),
            br#"{"message":"Not Found"}"#.to_vec(),
        ),
    };
    let head = format!(
        "HTTP/1.1 {head}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A client that has seen enough closes the connection.
    drop(connection.write_all(head.as_bytes()));
    drop(connection.write_all(&body));
    drop(connection.shutdown(Shutdown::Write));
    drop(connection.read_to_end(&mut Vec::new()));
    Some(())
}

/// A release: its tag, and its files.
pub(super) struct Release {
    tag: String,
    is_prerelease: bool,
    is_draft: bool,
    files: Vec<(String, Vec<u8>)>,
}

impl Release {
    /// With an archive for this machine that contains a program of this version.
    pub(super) fn of(version: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let name = format!("callsheet-{version}-{}", target());
        program(&folder.path().join(&name), version);
        Self::with_archive(version, &pack(folder.path(), &[&name]))
    }

    /// With this archive for this machine.
    pub(super) fn with_archive(version: &str, archive: &[u8]) -> Self {
        let name = format!("callsheet-{version}-{}.tar.gz", target());
        let sums = format!("{}  {name}\n", sha256(archive));
        Self {
            tag: format!("v{version}"),
            is_prerelease: version.contains('-'),
            is_draft: false,
            files: vec![
                (name, archive.to_vec()),
                ("SHA256SUMS".to_owned(), sums.into()),
            ],
        }
    }

    /// Without files.
    pub(super) fn tagged(tag: &str) -> Self {
        Self {
            tag: tag.to_owned(),
            is_prerelease: false,
            is_draft: false,
            files: Vec::new(),
        }
    }

    pub(super) fn draft(self) -> Self {
        Self {
            is_draft: true,
            ..self
        }
    }

    /// Changes the archive after its checksum was written.
    pub(super) fn with_changed_archive(mut self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(&mut self.files[0].1);
        self
    }

    /// Gives the archive another name. Its checksum is listed under the old one.
    pub(super) fn rename_archive(&mut self, name: &str) {
        name.clone_into(&mut self.files[0].0);
    }

    /// The checksum of the archive.
    pub(super) fn checksum(&self) -> String {
        sha256(&self.files[0].1)
    }
}

/// Publishes releases as GitHub does, on the API and for browsers.
pub(super) fn publish(server: &Server, releases: &[Release]) {
    let url = &server.url;
    let mut listed = Vec::new();
    let mut id = 100;
    for release in releases {
        let Release {
            tag,
            is_prerelease,
            is_draft,
            files,
        } = release;
        let mut assets = Vec::new();
        for (name, body) in files {
            id += 1;
            let address = format!("/{REPOSITORY}/releases/download/{tag}/{name}");
            server.serve(&address, body.clone());
            let api = format!("/api/v3/repos/{REPOSITORY}/releases/assets/{id}");
            server.redirect(&api, &format!("{url}/storage/{id}"));
            server.serve(&format!("/storage/{id}"), body.clone());
            assets.push(json!({
                "url": format!("{url}{api}"), "id": id, "name": name, "label": "",
                "uploader": { "login": "ann", "id": 7, "name": "callsheet" },
                "browser_download_url": format!("{url}{address}"),
            }));
        }
        listed.push(json!({
            "id": id, "author": { "login": "ann", "id": 1, "tag_name": "v9.9.9" },
            "tag_name": tag, "name": format!("Callsheet {tag}"), "draft": is_draft,
            "prerelease": is_prerelease, "assets": assets,
            "body": "Notes: {\"tag_name\": \"v8.8.8\"} \\ \"quoted\\\" [,]\n",
        }));
    }
    let text = serde_json::to_vec_pretty(&Value::Array(listed)).unwrap();
    let page = format!("/api/v3/repos/{REPOSITORY}/releases?per_page=100&page=1");
    server.serve(&page, text);
}

/// A program that answers `-V` as Callsheet does, in a folder with the licenses.
pub(super) fn program(folder: &Path, version: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let script = format!("#!/bin/sh\necho 'callsheet {version}'\n");
    std::fs::write(folder.join("callsheet"), script).unwrap();
    std::fs::write(folder.join("LICENSE-MIT"), "MIT\n").unwrap();
}

/// An archive of paths below a folder, written as they are given.
pub(super) fn pack(folder: &Path, paths: &[&str]) -> Vec<u8> {
    let output = Command::new("tar")
        .args(["-c", "-z", "-P", "-f", "-", "-C"])
        .arg(folder)
        .args(paths)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// What this machine's archives are named after.
pub(super) fn target() -> String {
    let system = match std::env::consts::OS {
        "macos" => "apple-darwin",
        _ => "unknown-linux-musl",
    };
    format!("{}-{system}", std::env::consts::ARCH)
}

fn sha256(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").unwrap();
    }
    hex
}
