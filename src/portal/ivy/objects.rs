//! The *objects* of IVY: who has what, and what leads where, is found by inversion of the lists.

use super::{
    dialect::Known,
    table::{Collection, FEATURES, TABLE, TYPES, Type},
};
use crate::{
    model::{Kind, LiveObject, Standing, Waiting},
    portal::{
        http::plain,
        rest::{
            Collection as _, Entry, Index, Owned, RawFields, Relation,
            doc::{self, Doc},
        },
    },
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Finds features. IDs are those of the cache.
#[derive(Default)]
pub(super) struct Directory {
    /// The features of users, and what has a name.
    pub(super) owned: Owned,
    /// The extensions that lead to a code.
    leading: Relation,
    /// The instance whose features are managed.
    pub(super) managed: String,
}

impl Index<Collection> for Directory {
    fn set(&mut self, of: Collection, id: &str, entry: &Entry, is_there: bool) {
        let user = owner(entry);
        let name = name(of, entry);
        self.owned
            .set((of, id), name.as_deref(), user.as_deref(), is_there);
        if let (Collection::Extensions, Some(code)) = (of, entry.text("destination.code")) {
            self.leading.set(&folded(code), id, is_there);
        }
    }
}

/// The ID of the user who has a feature.
pub(super) fn owner(feature: &Entry) -> Option<String> {
    let user = feature.doc().get("user_id")?.as_u64()?;
    Some(user.to_string())
}

/// The name that a document is known by.
fn name(of: Collection, entry: &Entry) -> Option<String> {
    match of {
        Collection::Users => entry.text("email").map(str::to_lowercase),
        Collection::Sites => entry.text("dns_extension").map(str::to_owned),
        Collection::Devices => entry.text("login").map(str::to_owned),
        Collection::Mailboxes => entry.text("name").map(str::to_owned),
        Collection::Extensions => entry.text("number").map(str::to_owned),
        // Numbers of ten digits are those of North America.
        Collection::Numbers => entry.text("number").map(|number| match number.len() {
            10 => format!("+1{number}"),
            _ => format!("+{number}"),
        }),
        _ => None,
    }
}

/// A code without case and underscores, in which answers differ.
pub(super) fn folded(code: &str) -> String {
    code.replace('_', "").to_lowercase()
}

/// What a code leads to in an instance: the type, and the ID in the cache.
fn led_to(site: &str, code: &str) -> Option<(Collection, String)> {
    let (word, id) = code.split_once(':')?;
    let word = folded(word);
    let mut all = FEATURES.iter().map(|(_, of)| *of);
    let of = all.find(|of| of.singular().replace(' ', "") == word)?;
    Some((of, of.cache_id(site, id)))
}

/// The code that leads to a document, as the portal tells it.
pub(super) fn code_of(cache: &Known, of: Collection, id: &str) -> String {
    let word = of.singular().replace(' ', "_");
    let built = || format!("{word}:{}", of.split_id(id).1);
    let told = cache.get(of, id).and_then(|entry| entry.text("code"));
    told.map_or_else(built, str::to_owned)
}

impl Directory {
    /// The only document with a name; of a feature, the only one in the managed instance.
    pub(super) fn named(&self, of: Collection, name: &str) -> Option<&str> {
        let site = of.within().map_or("", |_| &*self.managed);
        self.owned.named(of, site, name)
    }

    /// The extensions that lead to a code.
    pub(super) fn leading(&self, code: &str) -> Vec<&str> {
        self.leading.of(&folded(code)).collect()
    }
}

/// An object with its key.
type Keyed = (Box<str>, LiveObject);

/// Converts the documents to the objects of a kind.
pub(super) fn all(cache: &Known, kind: Kind) -> Vec<Keyed> {
    let (of, read): (_, fn(&Known, &str, &Entry) -> Keyed) = match kind {
        Kind::Users => (Collection::Users, user),
        Kind::Instances => (Collection::Sites, instance),
        Kind::Numbers => (Collection::Numbers, number),
        _ => (Collection::Extensions, extension),
    };
    // Each instance has extensions of its own.
    let is_own = |id: &str| kind != Kind::Extensions || is_managed(cache, of, id);
    let all = cache.of(of).filter(|(id, _)| is_own(id));
    all.map(|(id, entry)| read(cache, id, entry)).collect()
}

/// Whether a feature is in the managed instance.
fn is_managed(cache: &Known, of: Collection, id: &str) -> bool {
    of.split_id(id).0 == cache.index.managed
}

/// An object with its key. One with a reason against it, or with a key that can't be declared, isn't managed.
fn keyed(kind: Kind, key: Option<&str>, mut object: LiveObject, reason: Option<String>) -> Keyed {
    let is_key = |key: &&str| kind == Kind::Users || kind.key_format().accepts(key);
    let reason = match key.filter(is_key) {
        Some(_) => reason,
        None => Some("has a name that can't be declared".to_owned()),
    };
    let key = key.unwrap_or(&object.id).into();
    object.standing = reason.map_or(object.standing, |reason| {
        Standing::Unsupported(reason.into())
    });
    (key, object)
}

fn user(cache: &Known, id: &str, entry: &Entry) -> Keyed {
    let mut raw = RawFields::new();
    TABLE.read((Kind::Users, ""), Collection::Users, entry, &(), &mut raw);
    let mut sites = BTreeSet::new();
    for (field, of) in FEATURES {
        let mut names = Vec::new();
        for feature in cache.index.owned.of(id, of) {
            sites.insert(of.split_id(feature).0);
            names.extend(feature_name(cache, of, feature).map(Value::from));
        }
        let names = (!names.is_empty()).then(|| names.into());
        doc::put(&mut raw, &format!("features.{field}"), names);
    }
    let site = sites.first().filter(|_| sites.len() == 1);
    let site = site.and_then(|site| name(Collection::Sites, cache.get(Collection::Sites, site)?));
    doc::put(&mut raw, "instance", site.map(Value::from));
    let mut object = entry.object(Kind::Users, id, raw);
    if object.fields.get("instance").is_none() {
        let path = ["instance".into()].into();
        let waits_for = "features in one instance, by which alone the portal shows it".into();
        object.waiting = [Waiting { path, waits_for }].into();
    }
    let email = object.fields.text("email").map(str::to_owned);
    keyed(Kind::Users, email.as_deref(), object, None)
}

/// The name of a feature of the managed instance, if it has one of its own.
pub(super) fn feature_name(cache: &Known, of: Collection, id: &str) -> Option<String> {
    let entry = cache.get(of, id).filter(|_| is_managed(cache, of, id))?;
    match of {
        Collection::Forwards | Collection::Schedules => None,
        _ if TYPES.iter().any(|(_, one)| *one == of) => {
            number_leading_to(cache, &code_of(cache, of, id))
        }
        _ => name(of, entry).filter(|name| cache.index.named(of, name) == Some(id)),
    }
}

/// The ID of the feature of the managed instance with a name.
pub(super) fn feature_id(cache: &Known, of: Collection, name: &str) -> Option<String> {
    if !TYPES.iter().any(|(_, one)| *one == of) {
        return cache.index.named(of, name).map(str::to_owned);
    }
    let extension = cache.index.named(Collection::Extensions, name)?;
    let ((_, behind), id) = behind(cache, extension).ok()?;
    (behind == of).then_some(id)
}

/// The number of the only extension that leads to a code.
fn number_leading_to(cache: &Known, code: &str) -> Option<String> {
    let [extension] = cache.index.leading(code)[..] else {
        return None;
    };
    let of = Collection::Extensions;
    name(of, cache.get(of, extension)?)
}

/// The number of the extension that a code is of, or of the only one that leads to it.
fn destination(cache: &Known, code: &str) -> Option<String> {
    let (of, id) = led_to(&cache.index.managed, code)?;
    match of {
        Collection::Extensions => name(of, cache.get(of, &id)?),
        _ => number_leading_to(cache, code),
    }
}

fn instance(_: &Known, id: &str, entry: &Entry) -> Keyed {
    let object = entry.object(Kind::Instances, id, RawFields::new());
    keyed(Kind::Instances, entry.text("dns_extension"), object, None)
}

fn number(cache: &Known, id: &str, entry: &Entry) -> Keyed {
    let of = Collection::Numbers;
    let mut raw = RawFields::new();
    TABLE.read((Kind::Numbers, ""), of, entry, &(), &mut raw);
    let leads_to = entry.text("destination.code");
    let leads_to = leads_to.and_then(|code| destination(cache, code));
    doc::put(&mut raw, "destination", leads_to.map(Value::from));
    let object = entry.object(Kind::Numbers, id, raw);
    let is_foreign = !is_managed(cache, of, id);
    let reason = is_foreign.then(|| "belongs to an instance that isn't managed here".to_owned());
    keyed(Kind::Numbers, name(of, entry).as_deref(), object, reason)
}

fn extension(cache: &Known, id: &str, entry: &Entry) -> Keyed {
    let kind = Kind::Extensions;
    let (raw, reason) = match described(cache, id, entry) {
        Ok(raw) => (raw, None),
        Err(reason) => (RawFields::new(), Some(reason)),
    };
    keyed(
        kind,
        entry.text("number"),
        entry.object(kind, id, raw),
        reason,
    )
}

/// The type of an extension, and the document that it leads to.
///
/// # Errors
/// It can't be managed; the reason completes "it …".
pub(super) fn behind(cache: &Known, id: &str) -> Result<(Type, String), String> {
    let entry = cache.get(Collection::Extensions, id);
    let code = entry.and_then(|entry| entry.text("destination.code"));
    let code = code.ok_or("leads nowhere")?;
    let led_to = led_to(Collection::Extensions.split_id(id).0, code);
    let led_to = led_to.filter(|(of, id)| cache.get(*of, id).is_some());
    let known = led_to.and_then(|(of, id)| {
        let known = TYPES.into_iter().find(|(_, one)| *one == of)?;
        Some((known, id))
    });
    match (known, cache.index.leading(code).len()) {
        (Some(known), 1) => Ok(known),
        (Some(_), _) => Err(format!("leads to {}, as another one does", plain(code))),
        (None, _) => Err(format!("leads to {}", plain(code))),
    }
}

/// The fields of an extension.
fn described(cache: &Known, id: &str, entry: &Entry) -> Result<RawFields, String> {
    let ((word, of), behind) = behind(cache, id)?;
    let (kind, mut raw) = ((Kind::Extensions, word), RawFields::new());
    doc::set(&mut raw, "kind", word);
    TABLE.read(kind, Collection::Extensions, entry, &(), &mut raw);
    let behind = cache.get(of, &behind).ok_or("leads nowhere")?;
    TABLE.read(kind, of, behind, &(), &mut raw);
    if of == Collection::RingGroups {
        let members = member_codes(behind.doc()).into_iter().map(|code| {
            let member = destination(cache, code);
            member.ok_or_else(|| format!("rings {}, which can't be declared", plain(code)))
        });
        doc::set(
            &mut raw,
            "members",
            members.collect::<Result<Vec<String>, String>>()?,
        );
        let no_answer = behind.text("fail_over.code");
        let no_answer = no_answer.and_then(|code| destination(cache, code));
        doc::put(&mut raw, "no_answer", no_answer.map(Value::from));
    }
    Ok(raw)
}

/// The codes of what a ring group rings, in either form.
pub(super) fn member_codes(group: &Doc) -> Vec<&str> {
    let several = doc::list(group, "destinations").iter();
    let several: Vec<&str> = several.filter_map(|one| one["code"].as_str()).collect();
    match several.is_empty() {
        true => doc::text(group, "destination.code").into_iter().collect(),
        false => several,
    }
}
