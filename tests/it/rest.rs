//! The *layer* that REST adapters share, on documents in memory: a made-up dialect, and a link that loses
//! answers, answers late, or lets somebody else in between.

use callsheet::{
    model::{Address, Change, Fields, Kind, Name, Value as ModelValue},
    portal::{
        Error, ObjectRef, Verb, Write,
        http::{Answer, Base, Client, Failure, RateLimit, Request},
        rest::{
            Codec, Collection, Dialect, Doc, Document, Fingerprint, Link, Page, RawFields, Row,
            Store, Table, Writer, doc,
        },
    },
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};
use tokio::runtime::Runtime;

/// The only type of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct People;

impl Collection for People {
    fn all() -> &'static [Self] {
        &[Self]
    }
    fn kind(self) -> Kind {
        Kind::Users
    }
    fn name(self) -> &'static str {
        "people"
    }
    fn singular(self) -> &'static str {
        "person"
    }
}

/// A dialect with or without versions.
struct Plain {
    has_versions: bool,
    replaces: bool,
}

static TABLE: Table<People> = Table::new(&[
    row("first_name", "name", Codec::Text),
    row(
        "voicemail.pin",
        "pin",
        Codec::Readable(|pin| pin.trim_start_matches('0').to_owned(), "as a number"),
    ),
]);

const fn row(field: &'static str, at: &'static str, codec: Codec) -> Row<People> {
    Row {
        kind: Kind::Users,
        field,
        of: People,
        at,
        codec,
        is_listed: true,
    }
}

impl Plain {
    fn new(has_versions: bool, replaces: bool) -> Self {
        Self {
            has_versions,
            replaces,
        }
    }
}

impl Dialect for Plain {
    type Of = People;
    type Index = ();
    type Link = Memory;
    const NAME: &'static str = "Plain";

    fn table(&self) -> &'static Table<People> {
        &TABLE
    }

    fn page_size(&self) -> usize {
        100
    }

    fn has_versions(&self) -> bool {
        self.has_versions
    }

    fn page_query(&self, _: People, cursor: Option<&str>) -> Vec<(&'static str, String)> {
        vec![("from", cursor.unwrap_or_default().to_owned())]
    }

    fn replaces(&self, _: People) -> bool {
        self.replaces
    }

    fn page(&self, _: People, _: Option<&str>, answer: &Answer) -> Result<Page, String> {
        let json: Value =
            serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        let row = |row: &Value| (row["id"].as_str().unwrap().to_owned(), doc_of(row));
        Ok(Page {
            rows: json["items"].as_array().unwrap().iter().map(row).collect(),
            next: json["next"].as_str().map(str::to_owned),
            ..Page::default()
        })
    }

    fn document(&self, _: People, answer: &Answer) -> Result<(String, Document), String> {
        let json: Value =
            serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        let id = json["id"].as_str().ok_or("no ID")?.to_owned();
        let mut doc = doc_of(&json);
        let version = doc.shift_remove("version");
        let version = version.and_then(|version| version.as_str().map(str::to_owned));
        Ok((id, Document { doc, version }))
    }

    fn filter(&self, _: People, by: &Fingerprint) -> Option<Vec<(String, String)>> {
        Some(vec![(by.field.clone(), by.value.clone())])
    }

    fn has_changed(&self, _: People, cached: &Doc, _: bool, now: &Doc) -> bool {
        cached
            .get("name")
            .is_some_and(|name| now.get("name") != Some(name))
    }
}

fn doc_of(json: &Value) -> Doc {
    json.as_object().cloned().unwrap()
}

/// What goes wrong with the next write.
enum Fault {
    /// It isn't applied, and the answer is lost.
    LostBefore,
    /// It is applied, and the answer is lost.
    LostAfter,
    /// It is accepted, and applied when this many documents have been read.
    Later(u32),
    /// Somebody else changes a document first.
    After(&'static str, Value),
}

/// The documents of a server, without a server.
struct Memory {
    client: Client,
    docs: Mutex<BTreeMap<String, Doc>>,
    faults: Mutex<VecDeque<Fault>>,
    /// An accepted write, and the number of reads until it is applied.
    pending: Mutex<Option<(u32, Request)>>,
    sent: Mutex<Vec<String>>,
}

impl Memory {
    fn new(docs: &[(&str, Value)]) -> Self {
        let base = Base::parse("http://127.0.0.1:1").unwrap();
        let memory = Self {
            client: Client::new(base, None, RateLimit::default()).unwrap(),
            docs: Mutex::default(),
            faults: Mutex::default(),
            pending: Mutex::default(),
            sent: Mutex::default(),
        };
        for (id, doc) in docs {
            memory.put(id, doc);
        }
        memory
    }

    /// Stores a document with the next version.
    fn put(&self, id: &str, doc: &Value) -> Doc {
        let mut docs = self.docs.lock().unwrap();
        let before = docs
            .get(id)
            .map_or("0", |doc| doc["version"].as_str().unwrap());
        let version = before.parse::<u32>().unwrap() + 1;
        let mut doc = doc_of(doc);
        doc.insert("id".to_owned(), json!(id));
        doc.insert("version".to_owned(), json!(version.to_string()));
        docs.insert(id.to_owned(), doc.clone());
        doc
    }

    fn doc(&self, id: &str) -> Option<Doc> {
        self.docs.lock().unwrap().get(id).cloned()
    }

    fn apply(&self, request: &Request) -> Answer {
        let id = request.path.get(1).map(String::as_str);
        let answer = |status, doc: &Doc| Answer {
            status,
            body: serde_json::to_vec(doc).unwrap(),
            ..Answer::default()
        };
        let body = || -> Value {
            serde_json::from_slice(&request.body.as_ref().unwrap().content).unwrap()
        };
        let now = id.and_then(|id| self.doc(id));
        let version = now.as_ref().and_then(|doc| doc["version"].as_str());
        if request.if_match.is_some() && request.if_match.as_deref() != version {
            return answer(412, &Doc::new());
        }
        match (request.method.as_str(), id) {
            ("POST", _) => {
                let body = body();
                let id = format!("id-{}", body["name"].as_str().unwrap());
                if self.doc(&id).is_some() {
                    return answer(400, &doc_of(&json!({"message": "the name is taken"})));
                }
                answer(201, &self.put(&id, &body))
            }
            ("PUT", Some(id)) => answer(200, &self.put(id, &body())),
            ("PATCH", Some(id)) => {
                let merged = doc::merged(&now.unwrap(), &doc_of(&body()));
                answer(200, &self.put(id, &Value::Object(merged)))
            }
            ("DELETE", Some(id)) => match self.docs.lock().unwrap().remove(id) {
                Some(_) => answer(204, &Doc::new()),
                None => answer(404, &Doc::new()),
            },
            (method, _) => panic!("{method} is no write"),
        }
    }
}

impl Link for Memory {
    fn client(&self) -> &Client {
        &self.client
    }

    async fn read(&self, request: &Request) -> Result<Option<Answer>, Error> {
        self.sent.lock().unwrap().push("GET".to_owned());
        let pending = self.pending.lock().unwrap().take();
        match pending {
            Some((0, pending)) => drop(self.apply(&pending)),
            Some((left, pending)) => *self.pending.lock().unwrap() = Some((left - 1, pending)),
            None => {}
        }
        let found = match request.path.get(1) {
            Some(id) => self.doc(id).map(Value::Object),
            None => {
                let wanted = request.query.iter().find(|(name, _)| name != "from");
                let is_wanted = |doc: &&Doc| {
                    wanted.is_none_or(|(name, value)| doc::text(doc, name) == Some(value.as_str()))
                };
                let docs = self.docs.lock().unwrap();
                let items: Vec<&Doc> = docs.values().filter(is_wanted).collect();
                Some(json!({ "items": items }))
            }
        };
        Ok(found.map(|json| Answer {
            status: 200,
            body: json.to_string().into_bytes(),
            ..Answer::default()
        }))
    }

    async fn write(&self, request: &Request) -> Result<Answer, Failure> {
        self.sent.lock().unwrap().push(request.method.to_string());
        let lost = || Failure::Ambiguous {
            reason: "the connection was interrupted".to_owned(),
        };
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => Ok(self.apply(request)),
            Some(Fault::LostBefore) => Err(lost()),
            Some(Fault::LostAfter) => {
                self.apply(request);
                Err(lost())
            }
            Some(Fault::Later(reads)) => {
                *self.pending.lock().unwrap() = Some((reads, request.clone()));
                Ok(Answer {
                    status: 202,
                    ..Answer::default()
                })
            }
            Some(Fault::After(id, doc)) => {
                self.put(id, &doc);
                Ok(self.apply(request))
            }
        }
    }
}

/// A runtime whose clock runs only while nothing else does.
fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

/// What a test does with a writer.
#[derive(Clone, Copy)]
enum Deed {
    Create,
    Rename,
    Share,
    Delete,
}

/// Runs a deed, and returns its result and what is stored afterwards.
fn run(has_versions: bool, deed: Deed, faults: Vec<Fault>) -> (Result<(), Error>, Store<Plain>) {
    let memory = Memory::new(&[("ann", json!({"name": "Ann", "title": "Chief"}))]);
    let store = Store::new(Plain::new(has_versions, true), memory);
    let result = runtime().block_on(async {
        store.load_needed(People, &[], &()).await.unwrap();
        let ann = store.fetch(People, "ann").await.unwrap().unwrap();
        store.cache().store(People, "ann", ann);
        *store.link.faults.lock().unwrap() = faults.into();
        store.link.sent.lock().unwrap().clear();
        let address = Address::new(Kind::Users, "ann");
        let object = ObjectRef {
            id: "ann",
            key: "ann",
            etag: None,
        };
        let write = Write {
            address: &address,
            verb: Verb::Update(object),
            target: &Fields::new(),
            changes: &[],
            secrets: &BTreeMap::new(),
            greeting: None,
        };
        let writer = Writer {
            store: &store,
            write: &write,
        };
        let set = |field: &'static str, value: &'static str| {
            move |doc: &mut Doc| {
                doc.insert(field.to_owned(), value.into());
                Ok(())
            }
        };
        match deed {
            Deed::Create => {
                let body = doc_of(&json!({"name": "Bob"}));
                let by = Fingerprint::by("name", "Bob");
                writer.create(People, body, &by).await.map(drop)
            }
            Deed::Rename => writer.edit(People, "ann", &set("name", "Anne")).await,
            Deed::Share => {
                writer
                    .edit_shared(People, "ann", &set("name", "Anne"))
                    .await
            }
            Deed::Delete => writer.delete(People, "ann").await,
        }
    });
    (result, store)
}

fn sent(store: &Store<Plain>) -> String {
    store.link.sent.lock().unwrap().join(" ")
}

#[test]
fn an_undisturbed_change_is_one_request() {
    for (deed, expected) in [
        (Deed::Create, "POST"),
        (Deed::Rename, "PUT"),
        (Deed::Share, "PUT"),
        (Deed::Delete, "DELETE"),
    ] {
        let (result, store) = run(true, deed, Vec::new());
        result.unwrap();
        assert_eq!(sent(&store), expected);
    }
}

#[test]
fn a_lost_answer_changes_nothing_twice() {
    for fault in [|| Fault::LostBefore, || Fault::LostAfter] {
        let (result, store) = run(true, Deed::Create, vec![fault()]);
        result.unwrap();
        let bob = store.link.doc("id-Bob").unwrap();
        assert_eq!(
            (&bob["name"], &bob["version"]),
            (&json!("Bob"), &json!("1"))
        );
        let (result, store) = run(true, Deed::Rename, vec![fault()]);
        result.unwrap();
        let ann = store.link.doc("ann").unwrap();
        assert_eq!(
            (&ann["name"], &ann["version"]),
            (&json!("Anne"), &json!("2"))
        );
        let (result, store) = run(true, Deed::Delete, vec![fault()]);
        result.unwrap();
        assert_eq!(store.link.doc("ann"), None);
    }
}

#[test]
fn somebody_elses_change_is_never_overwritten() {
    let theirs = || Fault::After("ann", json!({"name": "Andrea", "title": "Chief"}));
    for deed in [Deed::Rename, Deed::Share, Deed::Delete] {
        let (result, store) = run(true, deed, vec![theirs()]);
        assert!(matches!(result, Err(Error::Stale { .. })), "{result:?}");
        assert_eq!(store.link.doc("ann").unwrap()["name"], "Andrea");
    }
}

#[test]
fn a_shared_document_keeps_what_others_changed_in_it() {
    let theirs = Fault::After("ann", json!({"name": "Ann", "title": "Boss"}));
    let (result, store) = run(true, Deed::Share, vec![theirs]);
    result.unwrap();
    let ann = store.link.doc("ann").unwrap();
    assert_eq!(
        (&ann["name"], &ann["title"]),
        (&json!("Anne"), &json!("Boss"))
    );
}

#[test]
fn a_shared_document_without_a_version_keeps_what_others_changed_before() {
    for (theirs, is_changed) in [
        (json!({"name": "Ann", "title": "Boss"}), true),
        (json!({"name": "Bob", "title": "Chief"}), false),
    ] {
        let memory = Memory::new(&[("ann", json!({"name": "Ann", "title": "Chief"}))]);
        let store = Store::new(Plain::new(false, true), memory);
        let result = runtime().block_on(async {
            let ann = store.fetch(People, "ann").await.unwrap().unwrap();
            store.cache().store(People, "ann", ann);
            store.link.put("ann", &theirs);
            rename(&store, "Anne").await
        });
        let ann = store.link.doc("ann").unwrap();
        let expected = if is_changed {
            &json!("Anne")
        } else {
            &theirs["name"]
        };
        assert_eq!((&ann["name"], &ann["title"]), (expected, &theirs["title"]));
        assert_eq!(result.is_ok(), is_changed, "{result:?}");
    }
}

#[test]
fn fields_that_nobody_knows_survive_a_replacement() {
    let before = json!({"name": "Ann", "title": "Chief", "more": {"x": [1, {"y": null}], "z": 0}});
    for replaces in [true, false] {
        let memory = Memory::new(&[("ann", before.clone())]);
        let store = Store::new(Plain::new(true, replaces), memory);
        let theirs = json!({"name": "Anne", "title": "Boss", "more": {"x": [2], "new": true}});
        let faults = [Fault::After("ann", theirs.clone())];
        runtime().block_on(async {
            let ann = store.fetch(People, "ann").await.unwrap().unwrap();
            store.cache().store(People, "ann", ann);
            rename(&store, "Anne").await.unwrap();
            let ann = store.link.doc("ann").unwrap();
            let expected = doc::merged(&doc_of(&before), &doc_of(&json!({"name": "Anne"})));
            assert!(doc::contains(&ann, &expected), "{ann:?}");

            // What somebody else changes in between survives, too.
            *store.link.faults.lock().unwrap() = faults.into();
            rename(&store, "Anna").await.unwrap();
            let ann = store.link.doc("ann").unwrap();
            let expected = doc::merged(&doc_of(&theirs), &doc_of(&json!({"name": "Anna"})));
            assert!(doc::contains(&ann, &expected), "{ann:?}");
            assert_eq!(ann["more"], theirs["more"]);
        });
        let method = if replaces { "PUT" } else { "PATCH" };
        let sent = sent(&store);
        assert_eq!(sent, format!("GET {method} {method} GET {method}"));
    }
}

/// Changes the first name, in a document that others change, too.
async fn rename(store: &Store<Plain>, name: &str) -> Result<(), Error> {
    let address = Address::new(Kind::Users, "ann");
    let object = ObjectRef {
        id: "ann",
        key: "ann",
        etag: None,
    };
    let change = Change {
        path: vec!["first_name".into()],
        before: None,
        after: Some(ModelValue::text(name)),
    };
    let target = [(Name::from("first_name"), ModelValue::text(name))];
    let write = Write {
        address: &address,
        verb: Verb::Update(object),
        target: &target.into_iter().collect(),
        changes: &[change],
        secrets: &BTreeMap::new(),
        greeting: None,
    };
    let writer = Writer {
        store,
        write: &write,
    };
    let edit = |doc: &mut Doc| writer.fill("", People, doc, false);
    writer.edit_shared(People, "ann", &edit).await
}

#[test]
fn a_secret_that_the_portal_shows_is_compared_and_not_read() {
    let memory = Memory::new(&[("ann", json!({"name": "Ann", "pin": 42}))]);
    let store = Store::new(Plain::new(true, true), memory);
    runtime().block_on(async {
        let ann = store.fetch(People, "ann").await.unwrap().unwrap();
        store.cache().store(People, "ann", ann);
    });
    let cache = store.cache();
    let ann = cache.get(People, "ann").unwrap();
    let mut raw = RawFields::new();
    TABLE.read((Kind::Users, ""), People, ann, &(), &mut raw);
    assert_eq!(Value::Object(raw), json!({"first_name": "Ann"}));
    let shown = TABLE.shown((Kind::Users, ""), People, ann.doc());
    let path: Vec<Name> = vec!["voicemail".into(), "pin".into()];
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].path, path);
    assert!(shown[0].is(&"0042".into()) && !shown[0].is(&"0043".into()));
}

#[test]
fn without_versions_a_document_is_compared_before_it_is_changed() {
    let (result, store) = run(false, Deed::Rename, Vec::new());
    result.unwrap();
    assert_eq!(sent(&store), "GET PUT");

    // What changed since it was read is found by its content, although no field of ours differs.
    let memory = Memory::new(&[("ann", json!({"name": "Ann", "title": "Chief"}))]);
    let store = Store::new(Plain::new(false, true), memory);
    runtime().block_on(async {
        let ann = store.fetch(People, "ann").await.unwrap().unwrap();
        assert!(ann.version.is_some());
        store.cache().store(People, "ann", ann);
        store
            .link
            .put("ann", &json!({"name": "Ann", "title": "Boss"}));
        let address = Address::new(Kind::Users, "ann");
        let write = Write {
            address: &address,
            verb: Verb::Create,
            target: &Fields::new(),
            changes: &[],
            secrets: &BTreeMap::new(),
            greeting: None,
        };
        let writer = Writer {
            store: &store,
            write: &write,
        };
        let result = writer.delete(People, "ann").await;
        assert!(matches!(result, Err(Error::Stale { .. })), "{result:?}");
    });
    assert!(store.link.doc("ann").is_some());
}

#[test]
fn an_accepted_change_is_done_when_it_is_seen() {
    let (result, store) = run(true, Deed::Rename, vec![Fault::Later(1)]);
    result.unwrap();
    assert_eq!(store.link.doc("ann").unwrap()["name"], "Anne");
    let (result, store) = run(true, Deed::Create, vec![Fault::Later(1)]);
    result.unwrap();
    assert!(store.link.doc("id-Bob").is_some());
}
