//! *Random histories*: what a plan knows of the past doesn't depend on the clone that plans.
//!
//! If the portal holds just what commit A declares, then at any later HEAD the clone that applied, a new
//! clone, and a new clone without the record plan the same: no drift, no conflict, and after an apply
//! nothing is left. An edit by hand is drift, or a conflict, and nothing else is. Each history is a real
//! repository, and each plan a real process. `CALLSHEET_HISTORIES` says how many are tried.

use assert_cmd::Command;
use git2::{IndexAddOption, Oid, Repository, Signature};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// How many histories are tried where nothing else is asked for.
const HISTORIES: u64 = 24;

const CONFIGURATION: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { deletes: { max: 100, percent: 100 }, administrators: { min: 0 } }
allow:
  - { finding: person-swap, until: 2999-12-31, because: the names are random }
  - { finding: in-use, until: 2999-12-31, because: the members are random }
";

/// A small generator of numbers: one seed, one history.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        let at = self.below(from.len());
        &from[at]
    }
}

/// A person as one commit declares it.
#[derive(Clone, Debug, PartialEq)]
struct Person {
    file: usize,
    username: Option<String>,
    first: String,
    last: String,
    email: String,
    extension: usize,
    title: Option<String>,
    alias: Option<String>,
    forwarding: bool,
    previously: Option<String>,
}

/// What one commit declares.
type Office = BTreeMap<String, Person>;

const FILES: [&str; 3] = ["people.yaml", "sales/team.yaml", "support.yml"];
const TITLES: [&str; 4] = ["Clerk", "Head", "Boss", "Guest"];

/// Makes up the next commit.
struct Author {
    random: Random,
    count: usize,
}

impl Author {
    fn newcomer(&mut self) -> (String, Person) {
        self.count += 1;
        let count = self.count;
        let person = Person {
            file: self.random.below(FILES.len()),
            username: (self.random.below(4) == 0).then(|| format!("login{count}")),
            first: format!("First{count}"),
            last: format!("Last{count}"),
            email: format!("mail{count}@acme.example"),
            extension: 1000 + count,
            title: (self.random.below(2) == 0).then(|| (*self.random.pick(&TITLES)).to_owned()),
            alias: None,
            forwarding: false,
            previously: None,
        };
        (format!("key{count}"), person)
    }

    /// A key for an operation on somebody.
    fn somebody(&mut self, office: &Office) -> Option<String> {
        let keys: Vec<&String> = office.keys().collect();
        (!keys.is_empty()).then(|| (*self.random.pick(&keys)).clone())
    }

    fn change(&mut self, office: &mut Office, earlier: &[Office]) -> &'static str {
        let Some(key) = self.somebody(office) else {
            let (key, person) = self.newcomer();
            office.insert(key, person);
            return "join";
        };
        self.count += 1;
        let count = self.count;
        match self.random.below(14) {
            0 | 1 => {
                let (key, person) = self.newcomer();
                office.insert(key, person);
                "join"
            }
            2 => {
                office.remove(&key);
                "leave"
            }
            3 | 4 => {
                let title = (*self.random.pick(&TITLES)).to_owned();
                office.get_mut(&key).unwrap().title = Some(title);
                "title"
            }
            5 => {
                office.get_mut(&key).unwrap().title = None;
                "no title"
            }
            6 => {
                let person = office.get_mut(&key).unwrap();
                person.alias = person.alias.is_none().then(|| format!("Alias{count}"));
                "alias"
            }
            7 => {
                let person = office.get_mut(&key).unwrap();
                person.forwarding = !person.forwarding;
                "forwarding"
            }
            8 => {
                office.get_mut(&key).unwrap().username = Some(format!("login{count}"));
                "username"
            }
            9 => {
                office.get_mut(&key).unwrap().email = format!("mail{count}@acme.example");
                "email"
            }
            10 => {
                let mut person = office.remove(&key).unwrap();
                person.previously = Some(key);
                office.insert(format!("key{count}"), person);
                "rename"
            }
            11 => {
                let other = self.somebody(office).unwrap();
                let numbers = (office[&key].extension, office[&other].extension);
                office.get_mut(&key).unwrap().extension = numbers.1;
                office.get_mut(&other).unwrap().extension = numbers.0;
                "swap of extensions"
            }
            12 => {
                let file = self.random.below(FILES.len());
                office.get_mut(&key).unwrap().file = file;
                "move"
            }
            _ => {
                // The revert of the last change, or of the one before it.
                let back = 1 + self.random.below(2);
                if let Some(before) = earlier.len().checked_sub(1 + back) {
                    *office = earlier[before].clone();
                }
                "revert"
            }
        }
    }
}

/// A rename names nobody who is declared.
fn tidy(office: &mut Office) {
    let keys: Vec<String> = office.keys().cloned().collect();
    for person in office.values_mut() {
        person.previously.take_if(|key| keys.contains(key));
    }
}

fn write(folder: &Path, office: &Office) {
    for (at, file) in FILES.iter().enumerate() {
        let mut text = String::from("users:\n");
        for (key, person) in office.iter().filter(|(_, person)| person.file == at) {
            let Person {
                first,
                last,
                email,
                extension,
                ..
            } = person;
            write!(
                text,
                "  {key}: {{ first_name: {first}, last_name: {last}, email: {email}, extension: {extension}"
            )
            .unwrap();
            let optional = [
                ("username", &person.username),
                ("title", &person.title),
                ("alias", &person.alias),
                ("previously", &person.previously),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    write!(text, ", {name}: {value}").unwrap();
                }
            }
            if person.forwarding {
                text.push_str(", forwarding: { enabled: true, destinations: [2000] }");
            }
            text.push_str(" }\n");
        }
        if at == 0 {
            text.push_str("extensions:\n  2000: { kind: ring_group, name: Sales }\n");
        }
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A repository in which commits are made one after the other.
struct History {
    folder: TempDir,
    commits: Vec<Oid>,
    offices: Vec<Office>,
    log: Vec<String>,
}

impl History {
    fn of(seed: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        fs::write(folder.path().join(".gitignore"), ".callsheet/\n").unwrap();
        fs::write(folder.path().join("callsheet.yaml"), CONFIGURATION).unwrap();
        let mut author = Author {
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            count: 0,
        };
        let mut history = Self {
            folder,
            commits: Vec::new(),
            offices: Vec::new(),
            log: Vec::new(),
        };
        let mut office = Office::new();
        for _ in 0..4 {
            let (key, person) = author.newcomer();
            office.insert(key, person);
        }
        history.commit(&repository, &office, "begin", &[]);
        let length = 2 + author.random.below(6);
        while history.commits.len() <= length {
            let last = *history.commits.last().unwrap();
            let mut words = Vec::new();
            for _ in 0..=author.random.below(2) {
                words.push(author.change(&mut office, &history.offices));
            }
            tidy(&mut office);
            let message = words.join(", ");
            if author.random.below(4) == 0 && history.commits.len() > 1 {
                // The change is made on a branch from an earlier commit, and merged: by either side.
                let from = history.commits[history.commits.len() - 2];
                let side = history.commit(&repository, &office, &message, &[from]);
                let parents = if author.random.below(2) == 0 {
                    [last, side]
                } else {
                    [side, last]
                };
                history.commit(&repository, &office, "merge", &parents);
            } else {
                history.commit(&repository, &office, &message, &[last]);
            }
        }
        history
    }

    fn commit(
        &mut self,
        repository: &Repository,
        office: &Office,
        message: &str,
        parents: &[Oid],
    ) -> Oid {
        write(self.folder.path(), office);
        let mut index = repository.index().unwrap();
        index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let time = 1_700_000_000 + i64::try_from(self.log.len()).unwrap() * 60;
        let author =
            Signature::new("Ann Lee", "ann@acme.example", &git2::Time::new(time, 0)).unwrap();
        let parents: Vec<git2::Commit<'_>> = parents
            .iter()
            .map(|id| repository.find_commit(*id).unwrap())
            .collect();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        let id = repository
            .commit(None, &author, &author, message, &tree, &parents)
            .unwrap();
        repository.set_head_detached(id).unwrap();
        self.log.push(format!("{} {message}", &id.to_string()[..7]));
        // A commit on a side branch isn't on the way from each earlier one to HEAD.
        if parents.len() != 1 || self.commits.last() == Some(&parents[0].id()) {
            self.commits.push(id);
            self.offices.push(office.clone());
        }
        id
    }
}

/// The whole of a database, with what its log holds.
fn taken(database: &Path) -> Vec<u8> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    connection.query_row(checkpoint, [], |_| Ok(())).unwrap();
    drop(connection);
    fs::read(database).unwrap()
}

/// Puts a database in the place of another.
fn put(database: &Path, bytes: &[u8]) {
    fs::create_dir_all(database.parent().unwrap()).unwrap();
    for end in ["-wal", "-shm"] {
        let mut log = database.as_os_str().to_owned();
        log.push(end);
        drop(fs::remove_file(log));
    }
    fs::write(database, bytes).unwrap();
}

/// A clone of a history, with a copy of the portal.
struct Clone {
    folder: PathBuf,
}

impl Clone {
    fn at(history: &History, into: &Path, commit: Oid) -> Self {
        let repository = Repository::clone(history.folder.path().to_str().unwrap(), into).unwrap();
        repository.set_head_detached(commit).unwrap();
        let mut all = git2::build::CheckoutBuilder::new();
        repository.checkout_head(Some(all.force())).unwrap();
        Self {
            folder: into.to_owned(),
        }
    }

    fn checkout(&self, commit: Oid) {
        let repository = Repository::open(&self.folder).unwrap();
        repository.set_head_detached(commit).unwrap();
        let mut all = git2::build::CheckoutBuilder::new();
        repository
            .checkout_head(Some(all.force().remove_untracked(false)))
            .unwrap();
    }

    fn database(&self) -> PathBuf {
        self.folder.join(".callsheet/sandbox.db")
    }

    /// The portal of another clone.
    fn take_portal(&self, from: &Self) {
        put(&self.database(), &taken(&from.database()));
    }

    fn forget_record(&self) {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        connection.execute("DELETE FROM records", []).unwrap();
    }

    fn callsheet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("callsheet").unwrap();
        command
            .current_dir(&self.folder)
            .env_remove("GITHUB_BASE_REF")
            .args(arguments);
        command
    }

    fn apply(&self) -> Result<(), String> {
        let output = self.callsheet(&["apply", "--yes"]).output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Err(text(&output.stdout) + &text(&output.stderr))
    }

    /// Each operation of a plan: what it does, its cause, and each field with its cause.
    fn plan(&self) -> Vec<String> {
        let output = self
            .callsheet(&["plan", "--format", "json"])
            .output()
            .unwrap();
        let plan: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let operations = plan["operations"].as_array().unwrap();
        operations
            .iter()
            .map(|one| {
                let fields =
                    one["fields"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .fold(String::new(), |all, field| {
                            let (path, cause) = (text(&field["path"]), text(&field["cause"]));
                            format!("{all} {path}={}:{cause}", field["after"])
                        });
                let head = ["address", "action", "cause"].map(|name| text(&one[name]));
                format!("{}{fields}", head.join(" "))
            })
            .collect()
    }
}

fn is_portals(line: &str) -> bool {
    line.contains("drift") || line.contains("conflict")
}

/// Tries one history. Returns what is wrong with it.
fn try_one(seed: u64) -> Result<(), String> {
    let history = History::of(seed);
    let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
    let at = random.below(history.commits.len());
    let (applied, head) = (history.commits[at], *history.commits.last().unwrap());
    let said = |what: &str, more: String| {
        let log = history.log.join("\n  ");
        let applied = &applied.to_string()[..7];
        Err(format!(
            "seed {seed}: {what}\n  applied {applied}\n  {log}\n{more}"
        ))
    };
    let root = TempDir::new().unwrap();
    let one = Clone::at(&history, &root.path().join("w1/office"), applied);
    if let Err(error) = one.apply() {
        return said("the first apply fails", error);
    }
    one.checkout(head);
    let two = Clone::at(&history, &root.path().join("w2/office"), head);
    two.take_portal(&one);
    let three = Clone::at(&history, &root.path().join("w3/office"), head);
    three.take_portal(&one);
    three.forget_record();
    let plans = [&one, &two, &three].map(Clone::plan);
    let shown = format!("{plans:#?}");
    if plans[0] != plans[1] || plans[1] != plans[2] {
        return said("three clones plan three things", shown);
    }
    if plans.iter().flatten().any(|line| is_portals(line)) {
        return said("a change of the files is blamed on the portal", shown);
    }
    by_hand(&history, &[&one, &two, &three], at, &plans[0])
        .or_else(|what| said("an edit by hand", what))?;
    for clone in [&two, &three] {
        clone.take_portal(&one);
        if let Err(error) = clone.apply() {
            return said(
                &format!("the apply fails in {}", clone.folder.display()),
                error + &shown,
            );
        }
        let left = clone.plan();
        if !left.is_empty() {
            return said(
                "something is left after an apply",
                format!("{left:#?}\n{shown}"),
            );
        }
    }
    Ok(())
}

/// Edits one title by hand, which A and HEAD both declare: that and nothing else is the portal's.
fn by_hand(
    history: &History,
    clones: &[&Clone; 3],
    at: usize,
    before: &[String],
) -> Result<(), String> {
    let (applied, head) = (&history.offices[at], history.offices.last().unwrap());
    let both = applied.iter().find(|(key, person)| {
        let now = head.get(*key);
        let has_title = person.title.is_some() && now.is_some_and(|now| now.title.is_some());
        has_title && now.is_some_and(|now| now.username == person.username)
    });
    let Some((key, person)) = both else {
        return Ok(());
    };
    let username = person.username.as_ref().unwrap_or(key);
    let edit = |clone: &Clone| {
        let hand = TempDir::new().unwrap();
        fs::write(
            hand.path().join("callsheet.yaml"),
            "portal: { kind: sandbox, database: sandbox.db }\n",
        )
        .unwrap();
        let own = Clone {
            folder: hand.path().to_owned(),
        };
        let database = hand.path().join("sandbox.db");
        put(&database, &taken(&clone.database()));
        let Person {
            first, last, email, ..
        } = person;
        let text = format!(
            "users: {{ {username}: {{ first_name: {first}, last_name: {last}, email: {email}, title: By hand }} }}\n"
        );
        fs::write(hand.path().join("hand.yaml"), text).unwrap();
        own.apply().unwrap();
        put(&clone.database(), &taken(&database));
    };
    let kept: Vec<Vec<u8>> = clones
        .iter()
        .map(|clone| taken(&clone.database()))
        .collect();
    let mut wrong = Ok(());
    for clone in clones {
        edit(clone);
        let plan = clone.plan();
        let line = plan.iter().find(|line| line.contains("title="));
        let mine = |line: &&String| line.starts_with(&format!("users/{key} ")) && is_portals(line);
        let others = plan.iter().filter(|line| is_portals(line) && !mine(line));
        let title = format!("title={}", serde_json::json!(head[key].title));
        let is_told = ["drift", "conflict"].iter().any(|cause| {
            let whole = format!("{title}:{cause}");
            plan.iter().any(|line| mine(&line) && line.contains(&whole))
        });
        let fields =
            |line: &String| line.matches(":drift").count() + line.matches(":conflict").count();
        let is_alone = plan.iter().map(fields).sum::<usize>() == 1;
        if line.is_none() || others.count() > 0 || !is_told || !is_alone {
            wrong = Err(format!(
                "of users/{key} in {}: {plan:#?}\nbefore: {before:#?}",
                clone.folder.display()
            ));
        }
    }
    for (clone, bytes) in clones.iter().zip(kept) {
        put(&clone.database(), &bytes);
    }
    wrong
}

/// A number that the environment asks for.
#[expect(clippy::disallowed_methods, reason = "a test's own variable")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_plan_knows_the_same_in_every_clone() {
    let count = asked("CALLSHEET_HISTORIES").unwrap_or(HISTORIES);
    let first = asked("CALLSHEET_HISTORIES_FROM").unwrap_or(1);
    let seeds: Vec<u64> = (first..first + count).collect();
    let halves: Vec<&[u64]> = seeds.chunks(seeds.len().div_ceil(2).max(1)).collect();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = halves
            .into_iter()
            .map(|half| {
                scope.spawn(move || {
                    half.iter()
                        .filter_map(|seed| try_one(*seed).err())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        runs.into_iter()
            .flat_map(|run| run.join().unwrap())
            .collect()
    });
    assert!(
        wrong.is_empty(),
        "{} of {count} histories:\n{}",
        wrong.len(),
        wrong
            .iter()
            .take(3)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n\n")
    );
}
