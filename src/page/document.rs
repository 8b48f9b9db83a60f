//! The *document* of a page: every object with its values, their origins, rights and referrals, and what the plan
//! changes. Texts that many objects share are listed once.

use super::flow::{Step, flows};
use crate::{
    model::{Address, Kind, Standing, Value},
    plan::{Action, Cause, Operation, Plan},
    view::{self, Granted, Object, Origin, Referrals, Shown, View, value_in_words},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What heads a page.
pub struct Head<'a> {
    /// The workspace's name.
    pub workspace: String,
    /// The portal: `sandbox (embedded)`.
    pub portal: String,
    /// The commit, shortened.
    pub commit: Option<String>,
    /// The day.
    pub date: Option<String>,
    /// The address of the first line of a file of the workspace, on the forge.
    pub link: &'a dyn Fn(&str) -> Option<String>,
}

/// The data of a page.
#[derive(Debug, Serialize)]
pub struct Document {
    workspace: String,
    portal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    /// Whether something is declared, so that what isn't is worth a word.
    declares: bool,
    /// What the plan changes; nothing without a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    planned: Option<Planned>,
    /// Texts, to which numbers refer.
    texts: Vec<String>,
    /// The addresses of the files on the forge, up to the number of the line, by the number of their text.
    links: BTreeMap<usize, String>,
    /// The portal's defaults of each kind, by field.
    defaults: BTreeMap<Kind, Vec<(usize, String)>>,
    objects: Vec<Item>,
    /// The permissions of each scope.
    scopes: BTreeMap<String, ScopeItem>,
    /// The actions that the portal offers, by the kind of object.
    actions: BTreeMap<Kind, Vec<&'static str>>,
    /// Where calls to each number and extension go.
    flows: BTreeMap<String, Step>,
}

/// What a plan changes.
#[derive(Debug, Default, Serialize)]
struct Planned {
    blocked: bool,
    changes: usize,
    drift: usize,
}

/// One scope.
#[derive(Debug, Serialize)]
struct ScopeItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    permissions: BTreeSet<String>,
    users: usize,
}

/// One object.
#[derive(Debug, Serialize)]
struct Item {
    address: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "is_true")]
    live: bool,
    #[serde(skip_serializing_if = "is_true")]
    managed: bool,
    #[serde(skip_serializing_if = "is_true")]
    active: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    system: bool,
    /// Where it is declared: the number of the file's text, and the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<(usize, usize)>,
    values: Vec<Cell>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    may: Vec<(usize, Vec<usize>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    referrals: Vec<ReferralItem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeItem>,
}

/// The field, the value, the words for its origin, and where it is declared.
type Cell = (usize, Texts, usize, Option<(usize, usize)>);

/// A value: one text, or the texts of a list.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Several(Vec<String>),
}

/// What refers to an object.
#[derive(Debug, Serialize)]
struct ReferralItem {
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    path: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    linked: bool,
}

/// What the plan does to an object.
#[derive(Debug, Serialize)]
struct ChangeItem {
    verb: &'static str,
    drift: bool,
    fields: Vec<(String, String, String)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_true(value: &bool) -> bool {
    *value
}

/// Texts by their number.
#[derive(Default)]
struct Pool {
    texts: Vec<String>,
    known: BTreeMap<String, usize>,
}

impl Pool {
    fn number(&mut self, text: &str) -> usize {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        self.texts.push(text.to_owned());
        self.known.insert(text.to_owned(), self.texts.len() - 1);
        self.texts.len() - 1
    }
}

/// The document of a page: what a view shows, and what a plan would change.
#[must_use]
pub fn document(head: &Head<'_>, view: &View<'_>, plan: Option<&Plan>) -> Document {
    let mut pool = Pool::default();
    let referrals = Referrals::of(view);
    let operations = plan.map_or(&[][..], |plan| &plan.operations);
    let mut changes: BTreeMap<Address, &Operation> = BTreeMap::new();
    for operation in operations.iter().filter(|one| !one.is_release) {
        changes.insert(operation.address.clone(), operation);
        // What is renamed is known by its old name until then.
        if let Some(object) = &operation.object {
            let live = view.named(operation.address.kind, &object.key);
            changes.entry(live).or_insert(operation);
        }
    }
    let mut defaults = BTreeMap::new();
    let mut objects = Vec::new();
    let mut scopes = scopes(view);
    for kind in Kind::ALL {
        let mut of_kind: BTreeMap<String, String> = BTreeMap::new();
        for (address, object) in view.of_kind(kind) {
            let mut values = view.values(&address, object);
            let is_default =
                |one: &Shown| matches!(one.origin, Origin::Default) && one.declared.is_none();
            for one in values.iter().filter(|one| is_default(one)) {
                let text = value_in_words(one.value.as_ref());
                of_kind.entry(one.path.clone()).or_insert(text);
            }
            values.retain(|one| !is_default(one));
            let granted = match kind {
                Kind::Users => view.permissions(object),
                _ => Vec::new(),
            };
            let scope = object
                .fields()
                .text("scope")
                .filter(|_| kind == Kind::Users);
            if let Some(scope) = scope.and_then(|scope| scopes.get_mut(scope)) {
                scope.users += 1;
            }
            objects.push(Item {
                name: view::name(&address, object),
                number: number(&address, object),
                live: object.live.is_some(),
                managed: object.declared.is_some(),
                active: view::is_active(object),
                system: object
                    .live
                    .is_some_and(|live| live.standing == Standing::BuiltIn),
                place: object.declared.and_then(|one| {
                    let place = one.origin.as_ref()?.place();
                    Some((pool.number(place.source.name()), place.start().line))
                }),
                values: values.iter().map(|one| cell(&mut pool, one)).collect(),
                may: granted.iter().map(|one| may(&mut pool, one)).collect(),
                referrals: referred(&referrals, &address),
                notes: view::notes(object),
                change: changes.get(&address).map(|one| change(one)),
                address: address.to_string(),
            });
        }
        let of_kind = of_kind.into_iter();
        let of_kind: Vec<(usize, String)> = of_kind
            .map(|(path, value)| (pool.number(&path), value))
            .collect();
        if !of_kind.is_empty() {
            defaults.insert(kind, of_kind);
        }
    }
    let files = objects.iter().filter_map(|item: &Item| item.place);
    let cells = objects.iter().flat_map(|item| &item.values);
    let files = files.chain(cells.filter_map(|cell| cell.3));
    let files: BTreeSet<usize> = files.map(|(file, _)| file).collect();
    let links = files.into_iter().filter_map(|file| {
        let address = (head.link)(&pool.texts[file])?;
        let before = address.strip_suffix('1')?;
        Some((file, before.to_owned()))
    });
    Document {
        workspace: head.workspace.clone(),
        portal: head.portal.clone(),
        commit: head.commit.clone(),
        date: head.date.clone(),
        declares: !view.declared.resources.is_empty(),
        planned: plan.map(planned),
        links: links.collect(),
        texts: pool.texts,
        defaults,
        objects,
        scopes,
        actions: actions(view),
        flows: flows(view),
    }
}

fn planned(plan: &Plan) -> Planned {
    let drift = |one: &&Operation| one.cause == Cause::Drift;
    let all = plan.operations.iter().filter(|one| !one.is_release);
    let drift = all.clone().filter(drift).count();
    Planned {
        blocked: plan.is_blocked(),
        changes: all.count() - drift,
        drift,
    }
}

fn actions(view: &View<'_>) -> BTreeMap<Kind, Vec<&'static str>> {
    let mut actions: BTreeMap<Kind, Vec<&'static str>> = BTreeMap::new();
    for action in view.capabilities.actions {
        actions
            .entry(action.kind())
            .or_default()
            .push(action.name());
    }
    actions
}

/// The scopes that exist, with what each permits.
fn scopes(view: &View<'_>) -> BTreeMap<String, ScopeItem> {
    let built_in = view.capabilities.scopes.iter();
    let built_in = built_in.map(|(name, scope)| (name.to_owned(), Some(scope.title.clone())));
    let declared = view.of_kind(Kind::Scopes).into_iter();
    let declared = declared.map(|(address, object)| {
        let title = object.fields().text("title").map(str::to_owned);
        (address.key.to_string(), title)
    });
    let all = built_in.chain(declared);
    all.map(|(name, title)| {
        let granted = view.of_scope(&name).into_iter();
        let item = ScopeItem {
            title,
            permissions: granted.map(|(permission, _)| permission).collect(),
            users: 0,
        };
        (name, item)
    })
    .collect()
}

/// The number by which an object is dialled.
fn number(address: &Address, object: Object<'_>) -> Option<String> {
    match address.kind {
        Kind::Users => object.fields().text("extension").map(str::to_owned),
        Kind::Extensions | Kind::Numbers => Some(address.key.to_string()),
        _ => None,
    }
}

fn cell(pool: &mut Pool, shown: &Shown) -> Cell {
    let value = shown.value.as_ref();
    let texts = match (&shown.declared, value) {
        (Some(declared), _) => Texts::One(format!(
            "{} → {}",
            value_in_words(value),
            value_in_words(Some(declared))
        )),
        (None, Some(Value::List(list))) => {
            let texts = list.iter().map(|one| value_in_words(Some(one)));
            Texts::Several(texts.collect())
        }
        (None, value) => Texts::One(value_in_words(value)),
    };
    let place = shown.origin.place();
    let words = match &shown.origin {
        Origin::File(_) => String::new(),
        Origin::Template {
            template,
            attribute,
            ..
        } => match attribute {
            Some((name, true)) => format!("template {template}, with {name}"),
            Some((name, false)) => format!("template {template}, its default for {name}"),
            None => format!("template {template}"),
        },
        other => other.to_string(),
    };
    let place = place.map(|place| (pool.number(place.source.name()), place.start().line));
    (pool.number(&shown.path), texts, pool.number(&words), place)
}

fn may(pool: &mut Pool, granted: &Granted) -> (usize, Vec<usize>) {
    let from = granted.from.iter().map(|one| pool.number(one)).collect();
    (pool.number(&granted.permission), from)
}

fn referred(referrals: &Referrals, address: &Address) -> Vec<ReferralItem> {
    let to = referrals.to(address).iter();
    to.map(|one| ReferralItem {
        by: one.by.clone(),
        name: one.name.as_ref().map(ToString::to_string),
        path: one.path.to_string(),
        linked: one.address.is_some(),
    })
    .collect()
}

fn change(operation: &Operation) -> ChangeItem {
    let verb = match operation.action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Rename => "rename",
        Action::Deactivate => "deactivate",
        Action::Reactivate => "reactivate",
        Action::Delete => "delete",
    };
    let fields = operation.changes.iter().map(|change| {
        let change = change.starred();
        let path: Vec<&str> = change.path.iter().map(|name| &**name).collect();
        let text = |value: &Option<Value>| value_in_words(value.as_ref());
        (path.join("."), text(&change.before), text(&change.after))
    });
    ChangeItem {
        verb,
        drift: operation.cause == Cause::Drift,
        // What is created holds nothing before.
        fields: match operation.action {
            Action::Create => Vec::new(),
            _ => fields.collect(),
        },
    }
}
