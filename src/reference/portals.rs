//! The *portals* page: each portal's properties and supported fields.

use super::{GENERATED, flat};
use crate::{
    config::{PortalConfig, PortalKind},
    model::{Condition, Field, Identity, Kind, Removal, Shape},
    portal::{self, Capabilities, Description, KindCapability},
    profile::{Profile, ProfileName},
};
use clap::ValueEnum as _;
use std::fmt::Write as _;

/// A portal's support of a field.
#[derive(Debug)]
pub(super) enum Holds {
    /// Every valid value.
    All,
    /// Some values, as described.
    Only(&'static str),
    /// Local only: not sent to the portal.
    InFiles,
    /// Nothing.
    Nothing,
}

pub(super) fn page() -> String {
    let mut portals: Vec<(PortalKind, Capabilities)> = PortalKind::value_variants()
        .iter()
        .map(|kind| (*kind, portal::capabilities(&PortalConfig::new(*kind))))
        .collect();
    let profiles = profiles();
    let mut page = format!(
        "{GENERATED}# Portals\n\nThe supported portals and the fields that each supports. An unsupported field is an error on its line, \
         before anything is planned.\n"
    );
    whole(&mut page, &portals);
    of_profiles(&mut page, &profiles);
    portals.extend(profiles);
    page.push_str(
        "\n## Supported fields\n\n`yes` means all values of [the field](fields.md), `no` means that the field is an error, and other \
         texts describe the supported values. `in the files` means that Callsheet expands the field itself. The last columns are the \
         profiles of the sandbox.\n",
    );
    for kind in Kind::ALL {
        // Writing to a string can't fail.
        _ = write!(page, "\n### {kind}\n\n");
        heading(&mut page, "field", &portals);
        if !paths(kind).iter().any(|path| path == kind.key_field()) {
            let note = format!("`{}`, the key", kind.key_field());
            row(&mut page, &note, &portals, |portal| {
                spelled(&holds(portal, kind, kind.key_field()))
            });
        }
        for path in paths(kind) {
            row(&mut page, &format!("`{path}`"), &portals, |portal| {
                spelled(&holds(portal, kind, &path)) + notes(portal, kind, &path)
            });
        }
    }
    page
}

/// The table of properties.
fn whole(page: &mut String, portals: &[(PortalKind, Capabilities)]) {
    page.push('\n');
    heading(page, "", portals);
    let mut line = |what: &str, cell: &dyn Fn(PortalKind, &Capabilities) -> String| {
        let cells = portals
            .iter()
            .map(|(kind, portal)| flat(&cell(*kind, portal)));
        let cells: Vec<String> = cells.collect();
        _ = writeln!(page, "| {what} | {} |", cells.join(" | "));
    };
    let description = |kind: PortalKind| {
        let Description {
            title,
            address,
            credentials,
            secrets,
            reading,
        } = portal::adapter(kind).description;
        [title, address, credentials, secrets, reading]
    };
    line(
        "portal",
        &|kind, _| match (portal::adapter(kind).mapping)().is_empty() {
            true => description(kind)[0].to_owned(),
            false => format!("[{}](portals/{kind}.md)", description(kind)[0]),
        },
    );
    line("location in `portal`", &|kind, _| {
        description(kind)[1].to_owned()
    });
    line("`portal.credentials`", &|kind, _| {
        description(kind)[2].to_owned()
    });
    line("users are identified by", &|_, portal| identified(portal));
    line("templates are stored", &|_, portal| stored(portal));
    line("the version of a secret is stored", &|kind, _| {
        description(kind)[3].to_owned()
    });
    line("on removal", &|_, portal| removing(portal));
    line("[actions](actions.md)", &|_, portal| actions(portal));
    line("requests for reading", &|kind, _| {
        description(kind)[4].to_owned()
    });
}

/// The systems that the sandbox can behave like, besides its own.
fn profiles() -> Vec<(PortalKind, Capabilities)> {
    let own = ProfileName::Sandbox;
    let names = ProfileName::value_variants().iter();
    let others = names.filter(|name| **name != own);
    others
        .map(|name| {
            let mut config = PortalConfig::new(PortalKind::Sandbox);
            config.profile = Some(*name);
            (config.kind, portal::capabilities(&config))
        })
        .collect()
}

/// The table of what differs from profile to profile.
fn of_profiles(page: &mut String, profiles: &[(PortalKind, Capabilities)]) {
    page.push_str(
        "\n## Profiles\n\nWith `portal.profile`, [the sandbox](sandbox.md) behaves like another system.\n\n",
    );
    heading(page, "`portal.profile`", profiles);
    row(page, "system", profiles, |portal| {
        flat(&Profile::named(portal.portal).title)
    });
    row(page, "users are identified by", profiles, identified);
    row(page, "templates are stored", profiles, stored);
    row(page, "on removal", profiles, removing);
    row(page, "[actions](actions.md)", profiles, actions);
}

/// The actions that a portal offers.
fn actions(portal: &Capabilities) -> String {
    let names = portal.actions.iter().map(|action| format!("`{action}`"));
    let names: Vec<String> = names.collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

/// What a portal knows its users by.
fn identified(portal: &Capabilities) -> String {
    match portal.kinds.contains_key(&Kind::Users) {
        true => match portal.identity(Kind::Users) {
            Identity::Key => "their key".to_owned(),
            Identity::Field(field) => format!("`{field}`"),
        },
        false => "there are no users".to_owned(),
    }
}

/// Where templates are stored.
fn stored(portal: &Capabilities) -> String {
    match portal.kinds.contains_key(&Kind::Templates) {
        true => "in the portal".to_owned(),
        false => "in the files".to_owned(),
    }
}

/// The effect of a removal.
fn removing(portal: &Capabilities) -> String {
    let kinds = |removal: Removal| {
        let kinds = portal.kinds.keys().copied();
        let kinds: Vec<&str> = kinds
            .filter(|kind| portal.removal(*kind) == removal)
            .map(Kind::name)
            .collect();
        kinds.join(", ")
    };
    let others = [
        (Removal::Deactivate, "are deactivated"),
        (Removal::Leave, "stay"),
    ];
    let others = others.map(|(removal, verb)| match &*kinds(removal) {
        "" => String::new(),
        kinds => format!("; {kinds} {verb}"),
    });
    format!("objects are deleted{}", others.concat())
}

fn heading(page: &mut String, first: &str, portals: &[(PortalKind, Capabilities)]) {
    // A portal and a profile of the sandbox can have the same name.
    let name = |(kind, portal): &(PortalKind, Capabilities)| match portal.portal {
        name if name == kind.name() => name.to_owned(),
        name => format!("profile {name}"),
    };
    let names: Vec<String> = portals.iter().map(name).collect();
    let rules = "---|".repeat(portals.len() + 1);
    _ = write!(page, "| {first} | {} |\n|{rules}\n", names.join(" | "));
}

fn row(
    page: &mut String,
    first: &str,
    portals: &[(PortalKind, Capabilities)],
    cell: impl Fn(&Capabilities) -> String,
) {
    let cells: Vec<String> = portals.iter().map(|(_, portal)| cell(portal)).collect();
    _ = writeln!(page, "| {first} | {} |", cells.join(" | "));
}

/// What else there is to know of a field.
fn notes(portal: &Capabilities, kind: Kind, path: &str) -> &'static str {
    let Some(capability) = portal.kinds.get(&kind) else {
        return "";
    };
    let mut requires = capability.requires.iter();
    let is_required =
        requires.any(|one| one.condition == Condition::Always && one.fields.contains(&path));
    match (is_required, capability.fixed.contains(path)) {
        (true, true) => "; required, and can't be changed later",
        (true, false) => "; required",
        (false, true) => "; can't be changed later",
        (false, false) => "",
    }
}

fn spelled(holds: &Holds) -> String {
    match holds {
        Holds::All => "yes".to_owned(),
        Holds::Only(what) => flat(what),
        Holds::InFiles => "in the files".to_owned(),
        Holds::Nothing => "no".to_owned(),
    }
}

/// A portal's support of a field, by its path from [`paths`].
pub(super) fn holds(portal: &Capabilities, kind: Kind, path: &str) -> Holds {
    let Some(KindCapability {
        unsupported,
        limits,
        identity: _,
        removal: _,
        requires: _,
        defaults: _,
        create_without: _,
        fixed: _,
        replaced_by: _,
        secrets: _,
    }) = portal.kinds.get(&kind)
    else {
        return match kind {
            Kind::Templates => Holds::InFiles,
            _ => Holds::Nothing,
        };
    };
    let first = path.split('.').next().unwrap_or(path);
    if portal.is_in_files(kind, first) {
        return Holds::InFiles;
    }
    // The field may be listed for every type.
    let of_any_type = match (kind.shape(), path.split_once('.')) {
        (Shape::Variants { .. }, Some((_, own))) => own,
        _ => path,
    };
    if unsupported
        .iter()
        .any(|field| is_in(path, field) || is_in(of_any_type, field))
    {
        return Holds::Nothing;
    }
    let limit = limits
        .iter()
        .find(|limit| limit.field == path || limit.field == of_any_type);
    limit.map_or(Holds::All, |limit| Holds::Only(limit.only))
}

/// Whether a path is a field or inside it.
pub(super) fn is_in(path: &str, field: &str) -> bool {
    let rest = path.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The paths of a kind's fields: `voicemail.email`, `phones[].mac`. For a kind with several types, the tags
/// and their fields: `fax`, `fax.retries`.
pub(super) fn paths(kind: Kind) -> Vec<String> {
    let mut paths = Vec::new();
    match kind.shape() {
        Shape::Variants { tag, types } => {
            for (word, shape) in types {
                paths.push(word.to_string());
                let fields = shape.all_fields().into_iter();
                let own = fields.filter(|field| field.name != *tag);
                collect(&mut paths, &format!("{word}."), own);
            }
        }
        shape => collect(&mut paths, "", shape.all_fields()),
    }
    paths
}

fn collect<'f>(paths: &mut Vec<String>, prefix: &str, fields: impl IntoIterator<Item = &'f Field>) {
    for field in fields {
        let name = format!("{prefix}{}", field.name);
        paths.push(name.clone());
        match field.shape.strict() {
            shape @ Shape::Record(_) => {
                collect(paths, &format!("{name}."), shape.all_fields());
            }
            Shape::List { item, .. } => {
                collect(paths, &format!("{name}[]."), item.all_fields());
            }
            Shape::Map { item, .. } => {
                collect(paths, &format!("{name}.*."), item.all_fields());
            }
            _ => {}
        }
    }
}
