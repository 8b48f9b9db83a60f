//! The *dialect* of SCIM: pages by position, changes as operations on attributes, members by ID.

use super::{
    discovery::{ASSUMED, Discovered},
    table::{Collection, TABLE, TELEPHONY},
};
use crate::{
    config::ScimConfig,
    portal::{
        Capabilities,
        http::{Answer, Body, Client, Request},
        rest::{
            Dialect, Document, Fingerprint, Groups, Page, Table,
            dialect::with_id,
            doc::{self, Doc, difference},
        },
    },
};
use reqwest::{Method, header::ACCEPT};
use serde_json::{Value, json};
use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

const MEDIA_TYPE: &str = "application/scim+json";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The dialect of one portal.
#[derive(Default)]
pub(super) struct Scim {
    /// What the portal supports, once it was asked.
    pub(super) discovered: OnceLock<Discovered>,
    /// Whether the portal fails when it is told how many rows a page may have.
    pub(super) fails_by_count: AtomicBool,
    settings: Option<ScimConfig>,
}

impl Scim {
    /// The dialect of a portal that wasn't asked yet.
    pub(super) fn new(settings: Option<ScimConfig>) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// The configured URN of the extension for telephony.
    pub(super) fn extension(&self) -> Option<&str> {
        self.settings.as_ref()?.extension.as_deref()
    }

    /// The capabilities, as far as they are known.
    pub(super) fn capabilities(&self) -> Capabilities {
        self.known().capabilities(self.settings.as_ref())
    }

    /// What the portal supports, as far as it is known.
    pub(super) fn known(&self) -> &Discovered {
        self.discovered.get().unwrap_or(&ASSUMED)
    }

    /// Renames the extension for telephony between its own URN and the name that it has here.
    fn rename(&self, mut doc: Doc, is_sent: bool) -> Doc {
        let urn = self.known().telephony.as_deref().unwrap_or(TELEPHONY);
        let (from, to) = if is_sent {
            (TELEPHONY, urn)
        } else {
            (urn, TELEPHONY)
        };
        if let Some(value) = doc.shift_remove(from) {
            doc::set(&mut doc, to, value);
        }
        doc
    }

    /// A document as it is cached: renamed, and with its version.
    fn read(&self, of: Collection, json: Value) -> Result<(String, Doc), String> {
        let (id, doc) = model(of, json)?;
        Ok((id, self.rename(doc, false)))
    }

    /// A document as the portal expects it.
    fn sent(&self, doc: &Doc) -> Doc {
        self.rename(doc.clone(), true)
    }
}

/// The filter for one value.
fn equals(attribute: &str, value: &str) -> String {
    format!("{attribute} eq {}", json!(value))
}

impl Dialect for Scim {
    type Of = Collection;
    type Index = Groups;
    type Link = Client;

    const NAME: &'static str = "SCIM";

    fn table(&self) -> &'static Table<Collection> {
        &TABLE
    }

    fn page_size(&self) -> usize {
        usize::try_from(self.known().page).unwrap_or(usize::MAX)
    }

    fn has_versions(&self) -> bool {
        self.known().has_etag
    }

    fn page_query(&self, _: Collection, cursor: Option<&str>) -> Vec<(&'static str, String)> {
        let start = cursor.unwrap_or("1").to_owned();
        let mut query = vec![("startIndex", start)];
        if !self.fails_by_count.load(Ordering::Relaxed) {
            query.push(("count", self.known().page.to_string()));
        }
        query
    }

    /// A portal may send fewer rows than it was asked for, so the size of its pages is that of the first one. If another
    /// one has fewer, the next isn't where it is expected, and the list goes on one by one.
    fn nth_page(&self, page: u64, total: u64, second: &str) -> Option<String> {
        let size = second.parse::<u64>().ok()?.checked_sub(1)?;
        let start = page.checked_mul(size)?.checked_add(1)?;
        (size > 0 && start <= total).then(|| start.to_string())
    }

    fn body(&self, of: Collection, doc: &Doc) -> Body {
        let mut doc = doc::without(self.sent(doc), &["meta"]);
        if of == Collection::Groups {
            doc::unindex(&mut doc, "members");
        }
        Body::json_as(MEDIA_TYPE, &doc)
    }

    fn replaces(&self, _: Collection) -> bool {
        !self.known().has_patch
    }

    fn update(&self, of: Collection, before: &Document, after: &Doc) -> (Method, Body) {
        if self.replaces(of) {
            return (Method::PUT, self.body(of, after));
        }
        let operations = operations(&self.sent(&before.doc), &self.sent(after));
        let body = json!({"schemas": [PATCH], "Operations": operations});
        (Method::PATCH, Body::json_as(MEDIA_TYPE, &body))
    }

    fn complete(&self, request: Request) -> Request {
        request.with_header(ACCEPT, MEDIA_TYPE)
    }

    fn page(&self, of: Collection, cursor: Option<&str>, answer: &Answer) -> Result<Page, String> {
        let mut json = answer.json()?;
        let total = json["totalResults"].as_u64();
        let total = total.ok_or("it has no `totalResults`")?;
        // A portal may send fewer rows than it was asked for, and count them wrongly.
        let rows = json["Resources"].as_array_mut().map(std::mem::take);
        let rows = rows.unwrap_or_default().into_iter();
        let asked = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(1);
        let start = json["startIndex"].as_u64().unwrap_or(asked).max(1);
        if start != asked && rows.len() > 0 {
            return Err(format!(
                "it begins at {start} although `startIndex={asked}` was requested, so the portal can't be listed"
            ));
        }
        let next = start + rows.len() as u64;
        let has_next = next <= total && next > start;
        Ok(Page {
            rows: rows
                .map(|row| self.read(of, row))
                .collect::<Result<_, _>>()?,
            next: has_next.then(|| next.to_string()),
            total: Some(total),
            doubt: None,
        })
    }

    fn document(&self, of: Collection, answer: &Answer) -> Result<(String, Document), String> {
        let (id, doc) = self.read(of, answer.json()?)?;
        let version = answer.etag.clone().or_else(|| version(&doc));
        Ok((id, Document { doc, version }))
    }

    fn filter(&self, _: Collection, by: &Fingerprint) -> Option<Vec<(String, String)>> {
        let urn = self.known().telephony.as_deref().unwrap_or_default();
        let attribute = by.field.replace("telephony.", &format!("{urn}:"));
        let filter = ("filter".to_owned(), equals(&attribute, &by.value));
        self.known().has_filter.then(|| vec![filter])
    }

    /// Lists contain whole documents.
    fn row(&self, _: Collection, _: &[(&str, &str)], doc: Doc) -> Result<Document, Doc> {
        let version = version(&doc).filter(|_| self.known().has_etag);
        Ok(Document { doc, version })
    }

    /// SCIM doesn't say which value of a user another one has.
    fn unique(&self, of: Collection) -> &'static [&'static str] {
        match of {
            Collection::Users => &["userName", "telephony.extension"],
            Collection::Groups => &[],
        }
    }

    fn is_applied(&self, of: Collection, patch: &Doc, after: &Doc, now: &Doc) -> bool {
        // Some portals truncate a large group when one of its members changes.
        let members = now.get("members");
        let is_there = |id| members.is_some_and(|members| members.get(id).is_some());
        doc::shows_all(&self.visible(of, patch.clone()), now)
            && doc::names(after, "members").all(is_there)
    }
}

/// The version in a document.
fn version(doc: &Doc) -> Option<String> {
    Some(doc.get("meta")?.get("version")?.as_str()?.to_owned())
}

/// A document with its ID. Of what the portal maintains itself, only the version is kept.
fn model(of: Collection, json: Value) -> Result<(String, Doc), String> {
    let (id, mut doc) = with_id(json, "id")?;
    if let Some(Value::Object(meta)) = doc.get_mut("meta") {
        meta.retain(|name, _| name == "version");
    }
    match of {
        // It changes with the groups, and can't be written.
        Collection::Users => drop(doc.shift_remove("groups")),
        Collection::Groups => doc::index(&mut doc, "members", "value"),
    }
    Ok((id, doc))
}

/// The operations that change a document. A list is replaced as a whole, since many portals can't find one
/// of its entries; members are added and removed one by one, since some portals truncate long lists.
fn operations(before: &Doc, after: &Doc) -> Vec<Value> {
    let mut operations = Vec::new();
    let mut change = |path: String, is_new: bool, value: Value| {
        let op = if is_new { "add" } else { "replace" };
        operations.push(match value {
            Value::Null => json!({"op": "remove", "path": path}),
            value => json!({"op": op, "path": path, "value": value}),
        });
    };
    for (name, value) in difference(before, after) {
        let old = before.get(&name);
        match value {
            Value::Object(members) if name == "members" => {
                let all = members.into_iter();
                let (removed, added): (Vec<_>, Vec<_>) = all.partition(|(_, one)| one.is_null());
                if !added.is_empty() {
                    change(name, true, added.into_iter().map(|(_, one)| one).collect());
                }
                for (id, none) in removed {
                    change(format!("members[{}]", equals("value", &id)), false, none);
                }
            }
            Value::Object(inner) => {
                let separator = if name.contains(':') { ':' } else { '.' };
                for (sub, value) in inner {
                    let is_new = old.and_then(|old| old.get(&sub)).is_none();
                    change(format!("{name}{separator}{sub}"), is_new, value);
                }
            }
            value => change(name, old.is_none(), value),
        }
    }
    operations
}

#[cfg(test)]
mod tests {
    use super::{ASSUMED, Collection, Discovered, Scim, equals, model, operations};
    use crate::portal::{
        http::{Answer, Request},
        rest::{Dialect as _, Document, Fingerprint, Op, doc::Doc},
    };
    use serde_json::{Value, json};

    fn doc(json: &Value) -> Doc {
        json.as_object().cloned().unwrap()
    }

    fn answer(body: &Value) -> Answer {
        Answer {
            status: 200,
            body: body.to_string().into_bytes(),
            ..Answer::default()
        }
    }

    fn body(request: &Request) -> Value {
        serde_json::from_slice(&request.body.as_ref().unwrap().content).unwrap()
    }

    #[test]
    fn a_change_is_one_operation_for_each_attribute() {
        let before = json!({"userName": "ann", "title": "A", "name": {"givenName": "Ann"},
            "emails": [{"value": "h", "type": "home"}], "urn:x:2.0:User": {"extension": "1"}});
        let after = json!({"userName": "ann", "name": {"givenName": "Anna", "familyName": "Ng"},
            "emails": [{"value": "h", "type": "home"}, {"value": "w", "type": "work"}],
            "urn:x:2.0:User": {"voicemailPin": "0042"}, "password": "p"});
        let operations = operations(&doc(&before), &doc(&after));
        let expected = json!([
            {"op": "remove", "path": "title"},
            {"op": "replace", "path": "name.givenName", "value": "Anna"},
            {"op": "add", "path": "name.familyName", "value": "Ng"},
            {"op": "replace", "path": "emails", "value": after["emails"]},
            {"op": "remove", "path": "urn:x:2.0:User:extension"},
            {"op": "add", "path": "urn:x:2.0:User:voicemailPin", "value": "0042"},
            {"op": "add", "path": "password", "value": "p"},
        ]);
        assert_eq!(Value::from(operations), expected);
    }

    #[test]
    fn members_are_changed_one_by_one() {
        let group = json!({"id": "g", "displayName": "sales",
            "members": [{"value": "a", "display": "A"}, {"value": "b\"c"}]});
        let (id, before) = model(Collection::Groups, group).unwrap();
        assert_eq!(id, "g");
        let mut after = before.clone();
        let members = after["members"].as_object_mut().unwrap();
        members.shift_remove("b\"c");
        members.insert("d".to_owned(), json!({"value": "d"}));
        let changes = operations(&before, &after);
        let expected = json!([
            {"op": "add", "path": "members", "value": [{"value": "d"}]},
            {"op": "remove", "path": r#"members[value eq "b\"c"]"#},
        ]);
        assert_eq!(Value::from(changes), expected);
    }

    #[test]
    fn a_portal_without_patch_gets_all_that_was_read() {
        let scim = Scim::default();
        let known = Discovered {
            has_patch: false,
            ..ASSUMED.clone()
        };
        scim.discovered.set(known).unwrap();
        let group = json!({"id": "g", "displayName": "sales", "x": [1],
            "members": [{"value": "a"}], "meta": {"version": "W/\"1\"", "created": "c"}});
        let (_, document) = scim.document(Collection::Groups, &answer(&group)).unwrap();
        assert_eq!(document.version.as_deref(), Some("W/\"1\""));
        let mut after = document.doc.clone();
        after.insert("displayName".to_owned(), "night".into());
        let request = scim.encode(&Op::Update {
            of: Collection::Groups,
            id: "g",
            before: &document,
            after: &after,
        });
        assert_eq!(
            (request.method.as_str(), request.path.join("/")),
            ("PUT", "Groups/g".to_owned())
        );
        assert_eq!(request.if_match.as_deref(), Some("W/\"1\""));
        let expected =
            json!({"id": "g", "displayName": "night", "x": [1], "members": [{"value": "a"}]});
        assert_eq!(body(&request), expected);
        assert_eq!(request.body.unwrap().media_type, "application/scim+json");
    }

    #[test]
    fn a_portal_without_versions_gets_no_precondition() {
        let scim = Scim::default();
        let known = Discovered {
            has_etag: false,
            has_filter: false,
            ..ASSUMED.clone()
        };
        scim.discovered.set(known).unwrap();
        let before = Document {
            version: Some("digest".to_owned()),
            ..Document::default()
        };
        for op in [
            Op::Update {
                of: Collection::Users,
                id: "u",
                before: &before,
                after: &doc(&json!({"title": "A"})),
            },
            Op::Delete {
                of: Collection::Users,
                id: "u",
                version: Some("digest"),
            },
        ] {
            assert_eq!(scim.encode(&op).if_match, None);
        }
        let by = Fingerprint::by("userName", "ann");
        assert_eq!(scim.filter(Collection::Users, &by), None);
        let filter = Scim::default().filter(Collection::Users, &by).unwrap();
        assert_eq!(
            filter,
            [("filter".to_owned(), "userName eq \"ann\"".to_owned())]
        );
        assert_eq!(equals("a", "x\"y\\z"), r#"a eq "x\"y\\z""#);
    }

    #[test]
    fn pages_follow_the_rows_and_not_the_portals_count() {
        let scim = Scim::default();
        let next = |start: u64, rows: usize, total: u64| {
            let rows: Vec<Value> = (0..rows).map(|n| json!({"id": n.to_string()})).collect();
            let page = json!({"totalResults": total, "itemsPerPage": 999, "startIndex": start,
                "Resources": rows});
            let cursor = Some(start.to_string());
            let page = scim.page(Collection::Users, cursor.as_deref(), &answer(&page));
            page.unwrap().next
        };
        assert_eq!(next(1, 2, 5).as_deref(), Some("3"));
        assert_eq!(next(5, 1, 5), None);
        assert_eq!(next(3, 0, 5), None, "an empty page is the last one");
        let nth = |page, total| scim.nth_page(page, total, "101");
        assert_eq!(
            [1, 2].map(|page| nth(page, 201)),
            ["101", "201"].map(|at| Some(at.to_owned()))
        );
        assert_eq!(
            [nth(3, 201), nth(2, 200), nth(u64::MAX, 200)],
            [None, None, None]
        );
        assert_eq!(
            ["1", "0", "-1", "x"].map(|second| scim.nth_page(1, 9, second)),
            [None, None, None, None]
        );
        let empty = scim.page(
            Collection::Users,
            None,
            &answer(&json!({"totalResults": 0})),
        );
        assert!(empty.is_ok_and(|page| page.rows.is_empty() && page.next.is_none()));
        let far = json!({"totalResults": 2, "startIndex": u64::MAX, "Resources": [{"id": "1"}]});
        for wrong in [json!({}), far] {
            assert!(scim.page(Collection::Users, None, &answer(&wrong)).is_err());
        }
        let request = scim.encode(&Op::List {
            of: Collection::Users,
            parent: "",
            query: &[("filter", "x")],
            cursor: Some("201"),
        });
        let query: Vec<String> = request
            .query
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        assert_eq!(query, ["startIndex=201", "count=200", "filter=x"]);
        assert_eq!(request.headers[0].1, "application/scim+json");
    }

    #[test]
    fn a_portal_may_complete_what_it_was_sent() {
        let scim = Scim::default();
        let is_applied = |patch: &Value, now: &Value| {
            scim.is_applied(Collection::Users, &doc(patch), &Doc::new(), &doc(now))
        };
        let patch = json!({"emails": [{"value": "A@x.example", "type": "work"}], "title": null,
            "name": {"givenName": "Ann"}, "password": "p"});
        let now = json!({"emails": [{"value": "a@x.example", "type": "work", "primary": true}],
            "name": {"givenName": "Ann", "formatted": "Ann Ng"}});
        assert!(is_applied(&patch, &now));
        for other in [
            json!({"emails": [], "name": {"givenName": "Ann"}}),
            json!({"emails": now["emails"], "title": "T", "name": {"givenName": "Ann"}}),
            json!({"emails": now["emails"], "name": {"givenName": "Bob"}}),
            json!({"emails": [now["emails"][0], {"value": "more"}], "name": {"givenName": "Ann"}}),
        ] {
            assert!(!is_applied(&patch, &other), "{other}");
        }
    }

    #[test]
    fn a_group_must_keep_its_other_members() {
        let group = |ids: &[&str]| {
            let members = ids
                .iter()
                .map(|id| ((*id).to_owned(), json!({"value": id})));
            doc(&json!({"members": members.collect::<serde_json::Map<_, _>>()}))
        };
        let (patch, after) = (group(&["c"]), group(&["a", "b", "c"]));
        let scim = Scim::default();
        let is_applied = |now| scim.is_applied(Collection::Groups, &patch, &after, &now);
        assert!(is_applied(group(&["a", "b", "c", "d"])));
        assert!(!is_applied(group(&["a", "c"])));
        assert!(!is_applied(group(&["a", "b"])));
    }

    #[test]
    fn secrets_are_invisible() {
        let patch = json!({"password": "p", "title": "T", "telephony": {"voicemailPin": "1", "extension": "2"}});
        let visible = Scim::default().visible(Collection::Users, doc(&patch));
        assert_eq!(
            Value::from(visible),
            json!({"title": "T", "telephony": {"extension": "2"}})
        );
    }
}
