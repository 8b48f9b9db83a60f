//! A real *SCIM server* on this machine: `scim2-server` from PyPI, in memory, with the schemas in
//! `fixtures/scim`. `.ci/run` installs it.

use crate::running::{self, Client};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

pub(crate) const TOKEN: &str = "a-bearer-token";
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const TELEPHONY: &str = "urn:callsheet:params:scim:schemas:extension:telephony:2.0:User";

/// A running SCIM server, which stops when it is dropped.
pub(crate) struct ScimServer {
    pub(crate) url: String,
    process: Child,
}

impl ScimServer {
    /// Starts an empty server with the schemas in `fixtures/scim`.
    pub(crate) fn start() -> Result<Self, &'static str> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scim");
        let file = |name: &str| fixtures.join(name).display().to_string();
        let (schemas, types) = (file("schemas.json"), file("resource-types.json"));
        Self::with(&["--schema", &schemas, "--resource-type", &types])
    }

    /// Starts an empty server with the schemas of RFC 7643 only.
    pub(crate) fn without_telephony() -> Result<Self, &'static str> {
        Self::with(&[])
    }

    fn with(options: &[&str]) -> Result<Self, &'static str> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = root.join("target/ci-venv/bin/scim2-server");
        if !program.exists() {
            return Err("SCIM: scim2-server is not in target/ci-venv; .ci/run installs it");
        }
        // Another process may take the port before the server does.
        let started = (0..5).find_map(|_| Self::on_port(&program, free_port(), options));
        Ok(started.expect("scim2-server starts"))
    }

    fn on_port(program: &PathBuf, port: u16, options: &[&str]) -> Option<Self> {
        let mut process = Command::new(program)
            .args(["--port", &port.to_string(), "--bearer-token", TOKEN])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("scim2-server can be started");
        // It says so when it listens.
        let stdout = process.stdout.take().expect("its standard output");
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let server = Self {
            url: format!("http://127.0.0.1:{port}/v2"),
            process,
        };
        read.is_ok_and(|_| line.starts_with("Serving"))
            .then_some(server)
    }

    /// A client without Callsheet.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url, TOKEN)
    }

    /// Creates a resource. Returns its ID.
    pub(crate) fn seed(&self, collection: &str, resource: &Value) -> String {
        let path = format!("/{collection}");
        let made = running::runtime().block_on(self.client().post(&path, resource));
        assert_eq!(made.status, 201, "{:?}", made.body);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// Creates a user with a name and more. Returns its ID.
    pub(crate) fn seed_user(&self, name: &str, more: &Value) -> String {
        let mut user = json!({"schemas": [USER, TELEPHONY], "userName": name});
        let more = more.as_object().unwrap().clone();
        user.as_object_mut().unwrap().extend(more);
        self.seed("Users", &user)
    }

    /// A resource.
    pub(crate) fn resource(&self, collection: &str, id: &str) -> Value {
        let path = format!("/{collection}/{id}");
        running::runtime().block_on(self.client().get(&path)).body
    }

    /// All resources of a collection.
    pub(crate) fn all(&self, collection: &str) -> Vec<Value> {
        let path = format!("/{collection}?count=1000");
        let list = running::runtime().block_on(self.client().get(&path)).body;
        list["Resources"].as_array().cloned().unwrap_or_default()
    }
}

impl Drop for ScimServer {
    fn drop(&mut self) {
        // It has nothing to save, and may have stopped by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
