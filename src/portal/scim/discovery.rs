//! *Discovery* reads what a portal supports: SCIM defines the protocol, and each portal has its own
//! attributes.

use super::table::{Collection, TABLE, path};
use crate::{
    config::ScimConfig,
    model::{Kind, Removal, SecretPlace},
    portal::{
        Capabilities,
        limit::NAMELESS_PHONES,
        rest::{Codec, Row},
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The end of the URN of an extension for telephony.
pub(super) const TELEPHONY: &str = ":extension:telephony:2.0:User";
/// The schema of users.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The attributes that a portal may require although the model has no field for them, or a default.
const REQUIRED: [&str; 3] = ["users.active", "users.name.formatted", "groups.members"];
/// The number of rows that are requested for each page.
const PAGE: u64 = 200;

/// What a portal supports.
#[derive(Clone, Debug)]
pub(super) struct Discovered {
    /// Whether documents can be changed in part.
    pub(super) has_patch: bool,
    /// Whether writes can be conditional.
    pub(super) has_etag: bool,
    /// Whether lists can be filtered.
    pub(super) has_filter: bool,
    /// The number of rows of a page.
    pub(super) page: u64,
    /// The URN of the extension for telephony.
    pub(super) telephony: Option<String>,
    /// The fields of users that the portal has no attribute for.
    pub(super) missing: BTreeSet<&'static str>,
    /// Which of [`REQUIRED`] the portal requires.
    pub(super) required: BTreeSet<&'static str>,
    /// The lists of users whose entries have no type.
    pub(super) untyped: BTreeSet<&'static str>,
    /// The fields of users that can't be changed.
    pub(super) fixed: BTreeSet<&'static str>,
    /// Whether devices have names.
    pub(super) has_device_names: bool,
}

/// A portal that supports everything, as long as none was asked.
pub(super) static ASSUMED: Discovered = Discovered {
    has_patch: true,
    has_etag: true,
    has_filter: true,
    page: PAGE,
    telephony: None,
    missing: BTreeSet::new(),
    required: BTreeSet::new(),
    untyped: BTreeSet::new(),
    fixed: BTreeSet::new(),
    has_device_names: true,
};

impl Discovered {
    /// Interprets the answers of `/ServiceProviderConfig`, `/Schemas` and `/ResourceTypes`. `wanted` is the URN of the
    /// extension for telephony, if it is configured.
    pub(super) fn of([config, schemas, types]: [&Value; 3], wanted: Option<&str>) -> Self {
        // An extension is usable if it is defined, and users have it.
        let users = resources(types).iter().filter(|one| one["schema"] == USER);
        let extensions = users.flat_map(|users| elements(&users["schemaExtensions"]));
        let of_users: Vec<&Value> = extensions.map(|one| &one["schema"]).collect();
        let is_of_users =
            |urn: &&str| of_users.is_empty() || of_users.iter().any(|one| *one == urn);
        let is_telephony = |urn: &&str| match wanted {
            Some(wanted) => urn.eq_ignore_ascii_case(wanted),
            None => urn.ends_with(TELEPHONY),
        };
        let schemas = resources(schemas);
        let urns = schemas.iter().filter_map(|schema| schema["id"].as_str());
        let telephony = urns.filter(is_of_users).find(is_telephony);
        let mut known = BTreeMap::new();
        for schema in schemas {
            match schema["id"].as_str() {
                Some(USER) => collect("users".to_owned(), schema, &mut known),
                Some(GROUP) => collect("groups".to_owned(), schema, &mut known),
                urn if urn.is_some() && urn == telephony => {
                    collect("users.telephony".to_owned(), schema, &mut known);
                }
                _ => {}
            }
        }
        let is_untyped = |row: &&Row<Collection>| {
            // What the schema doesn't define may have types.
            let of_type = format!("users.{}.type", row.at).to_lowercase();
            let of_type = known.get(&of_type);
            matches!(row.codec, Codec::OfType(..))
                && known.contains_key(&path(row))
                && of_type.is_none_or(|one| one["mutability"] == "readOnly")
        };
        let is_fixed = |row: &&Row<Collection>| {
            let mut chain = chain(&known, row).flatten();
            chain.any(|one| one["mutability"] == "immutable")
        };
        let is_required = |at: &&str| known.get(*at).is_some_and(|one| one["required"] == true);
        let rows = || TABLE.rows(Kind::Users);
        let has = |feature: &str| config[feature]["supported"] == true;
        let page = config["filter"]["maxResults"].as_u64();
        Self {
            has_patch: has("patch"),
            has_etag: has("etag"),
            has_filter: has("filter"),
            page: page.filter(|page| *page > 0).unwrap_or(PAGE).min(PAGE),
            missing: rows()
                .filter(|row| !is_usable(&known, row))
                .map(|row| row.field)
                .collect(),
            required: REQUIRED.into_iter().filter(is_required).collect(),
            untyped: rows().filter(is_untyped).map(|row| row.at).collect(),
            fixed: rows().filter(is_fixed).map(|row| row.field).collect(),
            has_device_names: known.contains_key("users.telephony.devices.name"),
            telephony: telephony.map(str::to_owned),
        }
    }

    /// Whether users have groups.
    pub(super) fn has_groups(&self) -> bool {
        !self.missing.contains("groups")
    }

    /// The capabilities, with these settings.
    pub(super) fn capabilities(&self, settings: Option<&ScimConfig>) -> Capabilities {
        let removal = settings.and_then(|settings| settings.removal);
        let mut all = TABLE.capabilities("scim");
        if let Some(users) = all.kinds.get_mut(&Kind::Users) {
            users.unsupported.extend(&self.missing);
            users
                .limits
                .extend((!self.has_device_names).then_some(NAMELESS_PHONES));
            users.fixed.clone_from(&self.fixed);
            users.removal = removal.map_or(Removal::Delete, Into::into);
            users.secrets = SecretPlace::Record;
        }
        all.kinds
            .retain(|kind, _| *kind != Kind::Groups || self.has_groups());
        all
    }
}

/// Schemas and attributes by their paths, in lower case.
type Known<'v> = BTreeMap<String, &'v Value>;

/// Adds a schema or an attribute, and the attributes that it consists of.
fn collect<'v>(path: String, it: &'v Value, known: &mut Known<'v>) {
    let own = elements(&it["attributes"]).chain(elements(&it["subAttributes"]));
    for attribute in own {
        let name = attribute["name"].as_str().unwrap_or_default();
        collect(format!("{path}.{}", name.to_lowercase()), attribute, known);
    }
    known.entry(path).or_insert(it);
}

/// The attribute of a row after what contains it, as far as the portal has them.
fn chain<'k, 'v>(
    known: &'k Known<'v>,
    row: &Row<Collection>,
) -> impl Iterator<Item = Option<&'v Value>> + use<'k, 'v> {
    let path = path(row);
    let ends = path.match_indices('.').map(|(at, _)| at);
    let ends: Vec<usize> = ends.chain([path.len()]).collect();
    ends.into_iter()
        .map(move |end| known.get(&path[..end]).copied())
}

/// Whether the attribute of a row is defined, and can be written and, unless it is a secret, read.
fn is_usable(known: &Known<'_>, row: &Row<Collection>) -> bool {
    let is_secret = matches!(row.codec, Codec::Secret(_));
    let is_usable = |it: &Value| {
        let is_returned = !matches!(it["returned"].as_str(), Some("never" | "request"));
        let is_readable = it["mutability"] != "writeOnly" && is_returned;
        it["mutability"] != "readOnly" && (is_readable || is_secret)
    };
    chain(known, row).all(|it| it.is_some_and(is_usable))
}

/// The resources of a list, which some portals send without its envelope.
fn resources(list: &Value) -> &[Value] {
    let resources = list.as_array().or(list["Resources"].as_array());
    resources.map_or(&[], Vec::as_slice)
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::{Discovered, GROUP, Kind, TABLE, USER};
    use serde_json::{Value, json};

    const URN: &str = "urn:acme:extension:telephony:2.0:User";

    fn attribute(name: &str, more: &Value) -> Value {
        let mut attribute = json!({"name": name, "mutability": "readWrite", "returned": "default"});
        let more = more.as_object().unwrap().clone();
        attribute.as_object_mut().unwrap().extend(more);
        attribute
    }

    fn schemas() -> Value {
        let sub = |name: &str| json!({"subAttributes": [attribute(name, &json!({}))]});
        let write_only = json!({"mutability": "writeOnly", "returned": "never"});
        json!({"Resources": [
            {"id": USER, "attributes": [
                attribute("username", &json!({})),
                attribute("name", &sub("givenName")),
                attribute("emails", &sub("value")),
                attribute("phoneNumbers", &sub("display")),
                attribute("title", &json!({"mutability": "readOnly"})),
                attribute("nickName", &write_only),
                attribute("password", &write_only),
            ]},
            {"id": GROUP, "attributes": [attribute("members", &json!({}))]},
            {"id": URN, "attributes": [
                attribute("extension", &json!({})),
                attribute("voicemailPin", &write_only),
            ]},
        ]})
    }

    fn types() -> Value {
        json!([{"schema": USER, "schemaExtensions": [{"schema": URN}]}, {"schema": GROUP}])
    }

    #[test]
    fn only_what_the_schemas_define_is_supported() {
        let config = json!({"patch": {"supported": true}, "etag": {"supported": false},
            "filter": {"supported": true, "maxResults": 50}});
        let found = Discovered::of([&config, &schemas(), &types()], None);
        assert!(found.has_patch && found.has_filter && !found.has_etag);
        assert_eq!((found.page, found.telephony.as_deref()), (50, Some(URN)));
        let fields = TABLE.rows(Kind::Users).map(|row| row.field);
        let mut fields: Vec<&str> = fields
            .filter(|field| !found.missing.contains(field))
            .collect();
        fields.sort_unstable();
        let expected = [
            "email",
            "extension",
            "first_name",
            "groups",
            "password",
            "username",
            "voicemail.pin",
        ];
        assert_eq!(fields, expected);
        let capabilities = found.capabilities(None);
        let users = &capabilities.kinds[&Kind::Users];
        for field in ["title", "phone", "last_name", "scope", "phones"] {
            assert!(users.unsupported.contains(field), "{field}");
        }
        assert!(!users.unsupported.contains("email"));
    }

    #[test]
    fn an_extension_must_be_that_of_users_and_the_configured_one() {
        let find = |types: &Value, wanted: Option<&str>| {
            Discovered::of([&json!({}), &schemas(), types], wanted).telephony
        };
        assert_eq!(find(&json!({}), None).as_deref(), Some(URN));
        let other = json!([{"schema": USER, "schemaExtensions": [{"schema": "urn:other"}]}]);
        assert_eq!(find(&other, None), None);
        assert_eq!(find(&types(), Some("urn:other")), None);
        assert_eq!(
            find(&types(), Some(&URN.to_lowercase())).as_deref(),
            Some(URN)
        );
    }

    #[test]
    fn a_portal_without_schemas_supports_nothing() {
        let nothing = Discovered::of([&json!({}); 3], None);
        let fields = TABLE.rows(Kind::Users).map(|row| row.field);
        assert!(nothing.missing == fields.collect() && !nothing.has_patch);
        assert_eq!(nothing.page, 200);
    }
}
