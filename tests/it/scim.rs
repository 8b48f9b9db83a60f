//! A real *SCIM server* on this machine: `scim2-server` from PyPI, in memory, with the schemas in
//! `fixtures/scim`. `.ci/run` installs it.

use crate::running::{self, Client};
use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener, TcpStream},
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
    /// The database of a server that isn't in memory.
    _folder: Option<tempfile::TempDir>,
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

    /// Starts an empty Canaille, an identity server whose SCIM is far from that of others.
    pub(crate) fn canaille() -> Result<Self, &'static str> {
        let Some(program) = std::env::var_os("CALLSHEET_CANAILLE") else {
            return Err("SCIM with Canaille: CALLSHEET_CANAILLE is not set");
        };
        let started = (0..5).find_map(|_| Self::canaille_on(&program, free_port()));
        Ok(started.expect("canaille starts"))
    }

    fn canaille_on(program: &OsStr, port: u16) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("canaille.toml");
        let database = folder.path().join("canaille.sqlite");
        let text = format!(
            "SECRET_KEY = \"test\"\nSERVER_NAME = \"127.0.0.1:{port}\"\nPREFERRED_URL_SCHEME = \"http\"\n\
             [CANAILLE]\nDATABASE = \"sql\"\n[CANAILLE_SQL]\nDATABASE_URI = \"sqlite:///{}\"\n\
             [CANAILLE_SCIM]\nENABLE_SERVER = true\n[CANAILLE_OIDC]\n",
            database.display()
        );
        fs::write(&config, text).unwrap();
        let command = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).env("CANAILLE_CONFIG", &config);
            command.current_dir(folder.path());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let redirect = [
            "--client-name",
            "scim",
            "--redirect-uris",
            "http://127.0.0.1/cb",
        ];
        let client = [
            "create",
            "client",
            "--client-id",
            "scim",
            "--client-secret",
            "secret",
        ];
        let token = [
            "create",
            "token",
            "--token-id",
            "scim",
            "--access-token",
            TOKEN,
        ];
        let of_client = [
            "--client",
            "scim",
            "--type",
            "access_token",
            "--scope",
            "openid",
        ];
        let day = jiff::Timestamp::now()
            .strftime("%FT00:00:00+00:00")
            .to_string();
        let valid = ["--lifetime", "360000", "--issue-date", &day];
        for arguments in [
            vec!["install"],
            [&client[..], &redirect].concat(),
            [&token[..], &of_client, &valid].concat(),
        ] {
            let status = command(&arguments)
                .status()
                .expect("canaille can be started");
            assert!(status.success(), "canaille {arguments:?}");
        }
        let address = format!("127.0.0.1:{port}");
        let process = command(&["run", "--bind", &address]).spawn().unwrap();
        let mut server = Self {
            url: format!("http://{address}/scim/v2"),
            process,
            _folder: Some(folder),
        };
        // It accepts connections as soon as it serves.
        while server.process.try_wait().unwrap().is_none() {
            if TcpStream::connect(&address).is_ok() {
                return Some(server);
            }
            std::thread::yield_now();
        }
        None
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
            _folder: None,
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

    /// Adds a member to a group with a name, as an administrator would.
    pub(crate) fn join(&self, group: &str, user: &str) {
        let groups = self.all_listed("Groups");
        let group = groups.iter().find(|one| one["displayName"] == group);
        let path = format!("/Groups/{}", group.unwrap()["id"].as_str().unwrap());
        let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}]});
        let answer = running::runtime().block_on(self.client().patch(&path, &patch));
        assert!([200, 204].contains(&answer.status), "{:?}", answer.body);
    }

    /// All resources of a collection, of a server that can't be told how many.
    pub(crate) fn all_listed(&self, collection: &str) -> Vec<Value> {
        let path = format!("/{collection}");
        let list = running::runtime().block_on(self.client().get(&path)).body;
        list["Resources"].as_array().cloned().unwrap_or_default()
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
