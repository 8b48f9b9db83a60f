//! To *write* to an IVY: people with their features, extensions with what is behind them, and where existing phone
//! numbers lead.

use super::{
    dialect::Ivy,
    objects::{behind, code_of, feature_id, feature_name, folded, member_codes, owner},
    table::{Collection, FEATURES, TYPES, Type},
};
use crate::{
    model::Kind,
    portal::{
        Error, Written,
        rest::{
            Collection as _, Entry, Fingerprint,
            doc::{self, Doc},
        },
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

type Writer<'w> = crate::portal::rest::Writer<'w, Ivy>;
type Done = Result<(), Error>;

/// Applies one change.
pub(super) async fn change(writer: Writer<'_>) -> Result<Written, Error> {
    let of = Collection::Numbers;
    match (writer.write.address.kind, writer.object()) {
        (Kind::Users, _) => user(writer).await,
        (Kind::Extensions, _) => extension(writer).await,
        (Kind::Numbers, Some(object)) if !writer.is_delete() => {
            let fill = |number: &mut Doc| {
                writer.fill("", of, number, false)?;
                set_codes(writer, number, ["destination"; 2], false)
            };
            let by = Fingerprint::by("id", object.id);
            writer.document(of, Doc::new(), &by, &fill).await
        }
        (kind, _) => {
            let reason = format!("{kind} cost money, so they are got and given back in the portal");
            Err(writer.refuse("", &reason))
        }
    }
}

async fn user(writer: Writer<'_>) -> Result<Written, Error> {
    let of = Collection::Users;
    let (is_new, key) = (writer.object().is_none(), &*writer.write.address.key);
    let by = Fingerprint::by("email", writer.target_text("email").unwrap_or(key));
    let mut new = doc::of(json!({ "locale": "en-US" }));
    if let Some(instance) = writer.target_text("instance").filter(|_| is_new) {
        let cache = writer.store.cache();
        let site = cache.index.named(Collection::Sites, instance);
        let site = site.and_then(|site| site.parse::<u64>().ok());
        let missing = || writer.refuse("instance", &format!("there is no instance {instance}"));
        doc::set(&mut new, "site_id", site.ok_or_else(missing)?);
    }
    let features = match writer.changes("features") && !writer.is_delete() {
        true => Some(wanted(writer).await?),
        false => None,
    };
    let fill = |user: &mut Doc| {
        doc::put(user, "features", features.clone().map(Value::from));
        writer.fill("", of, user, is_new)
    };
    let written = writer.document(of, new, &by, &fill).await?;
    if let Some(features) = features {
        reload(writer).await?;
        confirm(writer, &written.id, &features)?;
    }
    Ok(written)
}

/// Lists the features of the types that change.
async fn reload(writer: Writer<'_>) -> Done {
    let site = writer.store.cache().index.managed.clone();
    for (field, of) in FEATURES {
        if writer.changes(&format!("features.{field}")) {
            writer.store.load(of, &site, &[], &()).await?;
        }
    }
    Ok(())
}

/// All features that the user has after the change, by their IDs: an IVY may take away what isn't sent. Nothing is
/// taken from another user.
async fn wanted(writer: Writer<'_>) -> Result<Doc, Error> {
    reload(writer).await?;
    let user = writer.object().map_or("", |object| object.id);
    let cache = writer.store.cache();
    let mut all = Doc::new();
    for (field, of) in FEATURES {
        let path = format!("features.{field}");
        let is_changed = writer.changes(&path);
        let is_kept = |id: &&str| !is_changed || feature_name(&cache, of, id).is_none();
        let held = cache.index.owned.of(user, of).filter(is_kept);
        let mut ids: BTreeSet<String> = held.map(str::to_owned).collect();
        for name in writer.texts(&path).filter(|_| is_changed) {
            let one = of.singular();
            let missing = || format!("the managed instance has no {one} {name}, or several");
            let id = feature_id(&cache, of, name).ok_or_else(missing);
            let owner = |id: &String| owner(cache.get(of, id)?);
            let is_free = |id: &String| owner(id).is_none_or(|owner| owner == user);
            let taken = || format!("another user has {name} by now; plan again");
            let id = id.and_then(|id| is_free(&id).then_some(id).ok_or_else(taken));
            ids.insert(id.map_err(|reason| writer.refuse(&path, &reason))?);
        }
        let own = ids.iter().map(|id| of.split_id(id).1.parse::<u64>());
        doc::set(
            &mut all,
            field,
            own.filter_map(Result::ok).collect::<Vec<u64>>(),
        );
    }
    Ok(all)
}

/// Checks that the user has the features that were sent.
fn confirm(writer: Writer<'_>, user: &str, features: &Doc) -> Done {
    let cache = writer.store.cache();
    let mut changed = FEATURES.into_iter();
    let differs = changed.find(|(field, of)| {
        let held = cache.index.owned.of(user, *of);
        let held: BTreeSet<String> = held.map(|id| of.split_id(id).1.to_owned()).collect();
        let sent = doc::list(features, field).iter().map(ToString::to_string);
        writer.changes(&format!("features.{field}")) && held != sent.collect()
    });
    differs.map_or(Ok(()), |(_, of)| {
        let (what, name) = (writer.write.what(), of.name());
        let reason = format!("the portal accepted it, and shows other {name} afterwards");
        Err(Error::Unknown { what, reason })
    })
}

async fn extension(writer: Writer<'_>) -> Result<Written, Error> {
    let of = Collection::Extensions;
    let old = |id: &str| behind(&writer.store.cache(), id).ok();
    let old = writer.object().and_then(|object| old(object.id));
    if let Some(object) = writer.object().filter(|_| writer.is_delete()) {
        writer.delete(of, object.id).await?;
        if let Some(((_, of), id)) = old {
            let deleted = writer.delete(of, &id).await;
            deleted.map_err(|error| writer.begun(error))?;
        }
        return Ok(writer.written(of, object.id));
    }
    let word = writer.target_text("kind").unwrap_or_default();
    let Some(to) = TYPES.into_iter().find(|(one, _)| *one == word) else {
        return Err(writer.refuse("kind", "it isn't supported"));
    };
    if let Some((_, id)) = old.as_ref().filter(|(one, _)| *one == to) {
        let edit = |target: &mut Doc| fill(writer, to, target, false);
        writer.edit(to.1, id, &edit).await?;
        return lead_to(writer, to, id).await;
    }
    let target = create_target(writer, to).await?;
    let rest = async {
        let written = lead_to(writer, to, &target).await?;
        // What leads to itself, or in a circle, can be named only now.
        let complete = |target: &mut Doc| fill(writer, to, target, false);
        writer.edit(to.1, &target, &complete).await?;
        if let Some(((_, of), id)) = old {
            writer.delete(of, &id).await?;
        }
        Ok(written)
    };
    rest.await.map_err(|error| writer.begun(error))
}

/// Creates an extension or changes it, so that it leads to a document.
async fn lead_to(writer: Writer<'_>, (word, to): Type, id: &str) -> Result<Written, Error> {
    let (of, key) = (Collection::Extensions, &*writer.write.address.key);
    let code = code_of(&writer.store.cache(), to, id);
    let edit = |extension: &mut Doc| {
        writer.fill(word, of, extension, false)?;
        doc::set(extension, "number", key);
        let is_same = |old| folded(old) == folded(&code);
        if !doc::text(extension, "destination.code").is_some_and(is_same) {
            doc::set(extension, "destination", json!({ "code": code }));
        }
        Ok(())
    };
    let site = writer.store.cache().index.managed.clone();
    let by = Fingerprint::by("number", key).within(&site);
    writer.document(of, Doc::new(), &by, &edit).await
}

/// Creates what an extension leads to, unless an interrupted attempt did: nothing leads there, and its name
/// begins with the number.
async fn create_target(writer: Writer<'_>, to: Type) -> Result<String, Error> {
    let mut target = doc::of(match to.1 {
        Collection::RingGroups => json!({ "timeout": 20, "destinations": [] }),
        _ => json!({}),
    });
    fill(writer, to, &mut target, true)?;
    let name = doc::text(&target, "name").unwrap_or_default().to_owned();
    let site = writer.store.cache().index.managed.clone();
    let left = {
        let cache = writer.store.cache();
        let is_left = |(id, entry): &(&str, &Entry)| {
            let is_led_to = || !cache.index.leading(&code_of(&cache, to.1, id)).is_empty();
            entry.text("name") == Some(&name) && to.1.split_id(id).0 == site && !is_led_to()
        };
        cache.of(to.1).find(is_left).map(|(id, _)| id.to_owned())
    };
    let by = Fingerprint::by("name", &name).within(&site);
    match left {
        Some(id) => Ok(id),
        None => writer.create(to.1, target, &by).await,
    }
}

/// Writes the fields of what an extension leads to; if provisionally, without destinations that aren't there yet.
fn fill(
    writer: Writer<'_>,
    (word, of): Type,
    target: &mut Doc,
    is_first: bool,
) -> Result<(), Error> {
    writer.fill(word, of, target, false)?;
    let key = &*writer.write.address.key;
    let is_renamed = writer.object().is_some_and(|object| object.key != key);
    if writer.changes("name") || is_renamed || !target.contains_key("name") {
        let name = writer.target_text("name").unwrap_or_default();
        doc::set(target, "name", format!("{key} {name}"));
    }
    if of == Collection::RingGroups {
        set_codes(writer, target, ["destinations", "members"], is_first)?;
        set_codes(writer, target, ["fail_over", "no_answer"], is_first)?;
    }
    Ok(())
}

/// The codes of the extensions that a field names, if it changes. A new group that leads to itself has none yet.
fn codes(writer: Writer<'_>, field: &str, is_first: bool) -> Result<Vec<String>, Error> {
    let cache = writer.store.cache();
    let texts = writer.texts(field);
    let names = writer.target_text(field).into_iter().chain(texts);
    let names = names.filter(|_| writer.changes(field));
    let of = Collection::Extensions;
    let code = |name| match cache.index.named(of, name) {
        Some(id) => Some(Ok(code_of(&cache, of, id))),
        None if is_first => None,
        None => {
            let reason = format!("the managed instance has no extension {name}");
            Some(Err(writer.refuse(field, &reason)))
        }
    };
    names.filter_map(code).collect()
}

/// Sets destinations to those of a field that changes.
fn set_codes(writer: Writer<'_>, doc: &mut Doc, to: [&str; 2], is_first: bool) -> Done {
    let [at, field] = to;
    let codes = codes(writer, field, is_first)?;
    let is_list = at == "destinations";
    let old = match is_list {
        true => member_codes(doc),
        false => doc::text(doc, &format!("{at}.code")).into_iter().collect(),
    };
    // Answers have another spelling.
    let new = codes.iter().map(|code| folded(code));
    let is_same = old.into_iter().map(folded).eq(new);
    let to = |code: &String| json!({ "code": code });
    match &codes[..] {
        _ if is_same => {}
        // A ring group can show one destination in this form.
        [code] if is_list && doc.contains_key("destination") => {
            doc::set(doc, "destination", to(code));
        }
        [code] if !is_list => doc::set(doc, at, to(code)),
        codes if is_list && writer.changes(field) => {
            doc::set(doc, at, codes.iter().map(to).collect::<Vec<Value>>());
        }
        _ => {}
    }
    Ok(())
}
