//! The *doctor* diagnoses a portal with SCIM: what it supports, and whether its lists can be read.

use super::{ScimPortal, dialect::Resource, discovery::TELEPHONY};
use crate::{
    model::Kind,
    portal::{Check, Error, Portal as _, with_hint},
};

/// Diagnoses a portal without writing anything.
pub(super) async fn diagnose(portal: &ScimPortal) -> Result<Vec<Check>, Error> {
    portal.discover().await?;
    let known = portal.store.dialect.known();
    let mut checks = vec![Check::passed("connection", "SCIM 2.0 answers".to_owned())];
    let yes = |name: &str, has: bool, yes: &str, no: &str| {
        Check::passed(name, if has { yes } else { no }.to_owned())
    };
    checks.push(yes(
        "patch",
        known.has_patch,
        "supported: only the changed attributes are sent",
        "not supported: whole documents are sent",
    ));
    checks.push(yes(
        "versions",
        known.has_etag,
        "supported: a change of another version is refused",
        "not supported: documents are compared right before a write, which can overwrite a change of the same moment",
    ));
    checks.push(yes(
        "filters",
        known.has_filter,
        "supported",
        "not supported: a lost answer is looked up in the whole list",
    ));
    checks.push(match &known.telephony {
        Some(urn) => Check::passed("telephony", format!("in {}", super::super::http::plain(urn))),
        None => Check::passed(
            "telephony",
            format!("no schema of users ends with {TELEPHONY}: extensions, phones and voicemail aren't supported"),
        ),
    });
    if !known.fields.contains("username") {
        let detail = "/Schemas defines no users with a `userName`, so nothing can be managed";
        checks.push(Check::failed("schemas", detail.to_owned()));
    }
    for (kind, of) in [
        (Kind::Users, Resource::Users),
        (Kind::Groups, Resource::Groups),
    ] {
        if portal.capabilities().kinds.contains_key(&kind) {
            checks.push(match portal.list(of, &()).await {
                Ok(_) => readable(portal, kind, of),
                Err(error) => Check::failed(kind.name(), with_hint(&error)),
            });
        }
    }
    Ok(checks)
}

fn readable(portal: &ScimPortal, kind: Kind, of: Resource) -> Check {
    let cache = portal.store.cache();
    match (cache.incomplete.get(&of), cache.of(of).count()) {
        (Some(reason), _) => Check::failed(kind.name(), format!("incomplete: {reason}")),
        (None, 0) => Check::passed(kind.name(), "readable (none yet)".to_owned()),
        (None, count) => Check::passed(kind.name(), format!("readable ({count})")),
    }
}
