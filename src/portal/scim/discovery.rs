//! *Discovery* reads what a portal supports: SCIM defines the protocol, and each portal has its own
//! attributes.

use super::table::{Collection, TABLE, attribute};
use crate::{
    config::{ScimConfig, ScimRemoval},
    model::{Kind, Removal, SecretPlace, Value as ModelValue},
    portal::{
        Capabilities, KindCapability, Limit,
        rest::{Codec, Row},
    },
    profile::Profile,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The end of the URN of an extension for telephony.
pub(super) const TELEPHONY: &str = ":extension:telephony:2.0:User";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The attributes that a portal may require although the model has no field for them, or a default.
const REQUIRED: [&str; 2] = ["active", "name.formatted"];
/// The number of rows that are requested for each page.
pub(super) const PAGE: u64 = 200;

/// What a portal supports.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The supported fields of users.
    pub(super) fields: BTreeSet<&'static str>,
    /// The attributes without a field that the portal requires of a user.
    pub(super) required: BTreeSet<&'static str>,
    /// The lists of users whose entries have no type.
    pub(super) untyped: BTreeSet<&'static str>,
    /// The fields of users that can't be changed.
    pub(super) fixed: BTreeSet<&'static str>,
    /// Whether devices have names.
    pub(super) has_device_names: bool,
    /// What becomes of a removed user, according to the configuration.
    pub(super) removal: Removal,
}

impl Default for Discovered {
    /// A portal that supports everything, as long as none was asked.
    fn default() -> Self {
        Self {
            has_patch: true,
            has_etag: true,
            has_filter: true,
            page: PAGE,
            telephony: None,
            fields: TABLE.rows(Kind::Users).map(|row| row.field).collect(),
            required: BTreeSet::new(),
            untyped: BTreeSet::new(),
            fixed: BTreeSet::new(),
            has_device_names: true,
            removal: Removal::Delete,
        }
    }
}

impl Discovered {
    /// A portal that supports everything, as long as it wasn't asked.
    pub(super) fn assumed(settings: Option<&ScimConfig>) -> Self {
        Self {
            removal: removal(settings),
            ..Self::default()
        }
    }

    /// Interprets the answers of `/ServiceProviderConfig`, `/Schemas` and `/ResourceTypes`.
    pub(super) fn of(
        config: &Value,
        schemas: &Value,
        resource_types: &Value,
        settings: Option<&ScimConfig>,
    ) -> Self {
        let wanted = settings.and_then(|settings| settings.extension.as_deref());
        let has = |feature: &str| config[feature]["supported"] == true;
        let limit = config["filter"]["maxResults"].as_u64();
        let schemas = resources(schemas);
        let is_wanted = |urn: &str| match wanted {
            Some(wanted) => urn.eq_ignore_ascii_case(wanted),
            None => urn.ends_with(TELEPHONY),
        };
        // An extension is usable if it is defined, and users have it.
        let users = resources(resource_types).iter();
        let users = users.filter(|resource| resource["schema"] == USER);
        let of_users: Vec<&Value> = users
            .flat_map(|users| users["schemaExtensions"].as_array().into_iter().flatten())
            .map(|extension| &extension["schema"])
            .collect();
        let urns = schemas.iter().filter_map(|schema| schema["id"].as_str());
        let telephony = urns
            .filter(|urn| is_wanted(urn))
            .find(|urn| of_users.is_empty() || of_users.iter().any(|one| *one == urn));
        let telephony = telephony.map(str::to_owned);
        let schema = |urn: &str| schemas.iter().find(|schema| schema["id"] == urn);
        let extension = telephony.as_deref().and_then(schema);
        let holds = |row: &&'static Row<Collection>| {
            let schema = match row.of {
                Collection::Groups => schema(GROUP),
                Collection::Users if row.at.starts_with("telephony.") => extension,
                Collection::Users => schema(USER),
            };
            schema.is_some_and(|schema| holds(schema, row))
        };
        let of_user = |name: &str| named(&schema(USER)?["attributes"], name);
        let is_untyped = |row: &&'static Row<Collection>| {
            // What the schema doesn't define may have types.
            let sub = of_user(row.at).map(|list| &list["subAttributes"]);
            let has_no_type = |sub: &&Value| {
                let of_type = named(sub, "type");
                sub.is_array() && of_type.is_none_or(|one| one["mutability"] == "readOnly")
            };
            matches!(row.codec, Codec::OfType(..)) && sub.as_ref().is_some_and(has_no_type)
        };
        let is_fixed = |row: &&'static Row<Collection>| {
            let attribute = of_user(row.at);
            attribute.is_some_and(|attribute| attribute["mutability"] == "immutable")
        };
        let required = |name: &&str| {
            let (outer, inner) = name.split_once('.').unwrap_or((name, ""));
            let attribute = of_user(outer).and_then(|outer| match inner {
                "" => Some(outer),
                inner => named(&outer["subAttributes"], inner),
            });
            attribute.is_some_and(|attribute| attribute["required"] == true)
        };
        let rows = || TABLE.rows(Kind::Users);
        let devices = extension.and_then(|schema| named(&schema["attributes"], "devices"));
        let device_name = devices.and_then(|devices| named(&devices["subAttributes"], "name"));
        Self {
            has_patch: has("patch"),
            has_etag: has("etag"),
            has_filter: has("filter"),
            page: limit.filter(|limit| *limit > 0).unwrap_or(PAGE).min(PAGE),
            fields: TABLE
                .rows(Kind::Users)
                .filter(holds)
                .map(|row| row.field)
                .collect(),
            required: REQUIRED.into_iter().filter(required).collect(),
            untyped: rows().filter(is_untyped).map(|row| row.at).collect(),
            fixed: rows().filter(is_fixed).map(|row| row.field).collect(),
            has_device_names: device_name.is_some(),
            removal: removal(settings),
            telephony,
        }
    }

    /// The fields that this portal has no attribute for.
    pub(super) fn missing(&self) -> impl Iterator<Item = &'static str> {
        let fields = TABLE.rows(Kind::Users).map(|row| row.field);
        fields.filter(|field| !self.fields.contains(field))
    }

    /// The capabilities.
    pub(super) fn capabilities(&self) -> Capabilities {
        let mut unsupported = TABLE.unsupported(Kind::Users);
        unsupported.extend(self.missing());
        let profile = Profile::named("scim").capabilities();
        let mut limits = profile.kinds[&Kind::Users].limits.clone();
        limits.extend((!self.has_device_names).then_some(PHONES));
        let users = KindCapability {
            unsupported,
            limits,
            fixed: self.fixed.clone(),
            removal: self.removal,
            secrets: SecretPlace::Record,
            ..KindCapability::full(Kind::Users)
        };
        let groups = KindCapability {
            unsupported: TABLE.unsupported(Kind::Groups),
            ..KindCapability::full(Kind::Groups)
        };
        let mut kinds = BTreeMap::from([(Kind::Users, users)]);
        if self.fields.contains("groups") {
            kinds.insert(Kind::Groups, groups);
        }
        Capabilities { kinds, ..profile }
    }
}

fn removal(settings: Option<&ScimConfig>) -> Removal {
    match settings.and_then(|settings| settings.removal) {
        Some(ScimRemoval::Deactivate) => Removal::Deactivate,
        None | Some(ScimRemoval::Delete) => Removal::Delete,
    }
}

/// The resources of a list, which some portals send without its envelope.
fn resources(list: &Value) -> &[Value] {
    let resources = list.as_array().or(list["Resources"].as_array());
    resources.map_or(&[], Vec::as_slice)
}

/// Whether a schema defines the attribute of a row, and lets it be written and, unless it is a secret, read.
fn holds(schema: &Value, row: &Row<Collection>) -> bool {
    let is_secret = matches!(row.codec, Codec::Secret(_));
    let (name, sub) = attribute(row);
    let Some(attribute) = named(&schema["attributes"], name) else {
        return false;
    };
    let is_usable = |attribute: &Value| {
        let is_returned = !matches!(attribute["returned"].as_str(), Some("never" | "request"));
        let is_readable = attribute["mutability"] != "writeOnly" && is_returned;
        attribute["mutability"] != "readOnly" && (is_readable || is_secret)
    };
    let has_sub = |sub: &str| {
        let found = named(&attribute["subAttributes"], sub);
        found.is_some_and(is_usable)
    };
    is_usable(attribute) && sub.is_none_or(has_sub)
}

fn named<'v>(attributes: &'v Value, name: &str) -> Option<&'v Value> {
    let mut attributes = attributes.as_array()?.iter();
    attributes.find(|attribute| {
        let own = attribute["name"].as_str();
        own.is_some_and(|own| own.eq_ignore_ascii_case(name))
    })
}

const PHONES: Limit = Limit::new("phones", "phones without `name`", &|value, _| {
    let mut phones = value.elements().iter().filter_map(ModelValue::as_map);
    phones.all(|phone| phone.get("name").is_none())
});

#[cfg(test)]
mod tests {
    use super::{Discovered, GROUP, Kind, ScimConfig, USER};
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
        let found = Discovered::of(&config, &schemas(), &types(), None);
        assert!(found.has_patch && found.has_filter && !found.has_etag);
        assert_eq!((found.page, found.telephony.as_deref()), (50, Some(URN)));
        let fields: Vec<&str> = found.fields.iter().copied().collect();
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
        let capabilities = found.capabilities();
        let users = &capabilities.kinds[&Kind::Users];
        for field in ["title", "phone", "last_name", "scope", "phones"] {
            assert!(users.unsupported.contains(field), "{field}");
        }
        assert!(!users.unsupported.contains("email"));
    }

    #[test]
    fn an_extension_must_be_that_of_users_and_the_configured_one() {
        let find = |types: &Value, wanted: Option<&str>| {
            let settings = wanted.map(|wanted| {
                serde_json::from_value::<ScimConfig>(json!({ "extension": wanted })).unwrap()
            });
            Discovered::of(&json!({}), &schemas(), types, settings.as_ref()).telephony
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
        let nothing = Discovered::of(&json!({}), &json!({}), &json!({}), None);
        assert!(nothing.fields.is_empty() && !nothing.has_patch);
        assert_eq!(nothing.page, 200);
    }
}
