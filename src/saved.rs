//! A *saved plan* is the document of a plan in a file, read back: what was reviewed, so that it and
//! nothing else is applied.
//!
//! It holds no secret, only where secrets are kept. Its digest tells a file that was changed or cut short;
//! anyone who can write the file can recompute the digest, so an apply asks the files and the portal again.

use crate::{
    model::{
        Address, Capabilities, Change, Commit,
        encoding::{decode, decode_fields, decode_path},
    },
    plan::{Object, Operation, Review},
    render::{
        document::{self, FieldEntry, ObjectEntry, OperationEntry, PlanDocument},
        json::FORMAT_VERSION,
    },
};
use serde_json::Value as Json;

/// Why a file is no plan that can be applied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not JSON, or not of this form.
    #[error("it is not a saved plan: {0}; save one with `callsheet plan --out FILE`")]
    Form(String),
    /// This version can't read its format.
    #[error("it has the format {0}, and this version reads {FORMAT_VERSION}; plan again")]
    Version(String),
    /// Its digest doesn't fit what it holds.
    #[error("it was changed or cut short since it was saved: its digest doesn't fit; plan again")]
    Digest,
}

/// Reads a saved plan, and refuses one that isn't whole.
///
/// # Errors
/// The text is no saved plan, one of another format, or one that was changed.
pub fn parse(text: &str) -> Result<PlanDocument, Error> {
    let json: Json = serde_json::from_str(text).map_err(|error| Error::Form(error.to_string()))?;
    let Some(version) = json["format_version"].as_str() else {
        return Err(Error::Form("it has no `format_version`".to_owned()));
    };
    if version.split('.').next() != FORMAT_VERSION.split('.').next() {
        return Err(Error::Version(version.chars().take(20).collect()));
    }
    let saved: PlanDocument =
        serde_json::from_value(json.clone()).map_err(|error| Error::Form(error.to_string()))?;
    if saved.digest != document::digest(json) {
        return Err(Error::Digest);
    }
    let is_backwards =
        |(at, one): (usize, &OperationEntry)| one.after.iter().all(|first| *first < at);
    if !saved.operations.iter().enumerate().all(is_backwards) {
        return Err(Error::Form("an operation waits for a later one".to_owned()));
    }
    Ok(saved)
}

/// The operations of a document, as a plan has them.
///
/// # Errors
/// A value that no plan has.
pub fn operations(entries: &[OperationEntry]) -> Result<Vec<Operation>, Error> {
    entries.iter().map(operation).collect()
}

/// What somebody saw who read saved plans.
///
/// # Errors
/// A value that no plan has.
pub fn review<'p>(plans: impl IntoIterator<Item = &'p PlanDocument>) -> Result<Review, Error> {
    let mut review = Review::default();
    for plan in plans {
        review.operations.extend(operations(&plan.operations)?);
        let findings = plan.findings.iter();
        let findings = findings.map(|finding| (finding.rule, finding.address.clone()));
        review.findings.extend(findings);
    }
    Ok(review)
}

/// The objects that a saved plan touches, by the keys that the portal knows them by; those that it
/// creates too, since they may exist by now.
#[must_use]
pub fn objects(saved: &PlanDocument, capabilities: &Capabilities) -> Vec<Address> {
    let objects = saved.operations.iter().map(|operation| {
        let OperationEntry {
            address,
            target,
            object,
            ..
        } = operation;
        match (object, decode_fields(target)) {
            (Some(object), _) => Address::new(address.kind, &*object.key),
            (None, Ok(target)) => capabilities.portal_address(address, &target),
            (None, Err(_)) => address.clone(),
        }
    });
    objects.collect()
}

fn operation(entry: &OperationEntry) -> Result<Operation, Error> {
    let OperationEntry {
        address,
        action,
        cause,
        commit,
        key: _,
        template,
        notes,
        temporary_release,
        in_place_of_delete,
        fields,
        target,
        object,
        after,
        outcome: _,
        error: _,
    } = entry;
    let changes: Vec<Change> = fields.iter().map(change).collect::<Result<_, _>>()?;
    Ok(Operation {
        address: address.clone(),
        action: *action,
        cause: *cause,
        causes: fields.iter().map(|field| field.cause).collect(),
        commit: commit.as_ref().map(|commit| Commit {
            id: commit.id.clone(),
            author: commit.author.clone(),
            summary: commit.summary.clone(),
        }),
        changes,
        target: decode_fields(target).map_err(Error::Form)?,
        object: object.as_ref().map(live).transpose()?,
        after: after.clone(),
        is_release: *temporary_release,
        is_in_place_of_delete: *in_place_of_delete,
        template: template.as_deref().map(Into::into),
        notes: notes.iter().map(|note| (**note).into()).collect(),
        origin: None,
    })
}

fn change(field: &FieldEntry) -> Result<Change, Error> {
    let value = |json: &Json| {
        let value = (!json.is_null()).then(|| decode(json));
        value.transpose().map_err(Error::Form)
    };
    Ok(Change {
        path: decode_path(&field.path),
        before: value(&field.before)?,
        after: value(&field.after)?,
    })
}

fn live(object: &ObjectEntry) -> Result<Object, Error> {
    Ok(Object {
        id: (&*object.id).into(),
        key: (&*object.key).into(),
        etag: object.etag.as_deref().map(Into::into),
        messages: object.messages,
        fields: decode_fields(&object.fields).map_err(Error::Form)?,
    })
}
