//! *Constraints* between objects: unique values, and references that must exist.

use super::{
    object::{Draft, Row},
    problem::{Code, FieldError, Problem, Reason},
    store::{Error, Tx},
};
use crate::model::{Fields, Kind};

/// Checks that the draft's unique values are free, and that its new references exist.
pub(super) fn check(tx: &Tx<'_>, draft: &Draft, before: Option<&Row<'_>>) -> Result<(), Problem> {
    let unknown = unknown_references(tx, draft, before)?;
    if !unknown.is_empty() {
        return Err(Problem::invalid(Reason::Invalid, unknown));
    }
    let seq = before.map(|row| row.seq);
    let mut taken = Vec::new();
    let (kind, key) = (draft.kind, &draft.key);
    let key_field = tx.profile().key_field(kind);
    if tx
        .by_key(kind, key)?
        .is_some_and(|row| Some(row.seq) != seq)
    {
        let message = format!("{key_field} {key} belongs to {kind}/{key}");
        taken.push(FieldError::new(key_field, Code::Taken, message));
    }
    for (at, (claim, field)) in draft.claims.iter().zip(&draft.claim_fields).enumerate() {
        let owner = if draft.claims[..at].contains(claim) {
            Some(format!("{kind}/{key} already"))
        } else {
            tx.owner(&claim.space, &claim.value, seq)?
        };
        if let Some(owner) = owner {
            let message = format!("{} {} belongs to {owner}", claim.space, claim.value);
            taken.push(FieldError::new(field, Code::Taken, message));
        }
    }
    if taken.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(Reason::Taken, taken))
    }
}

/// The new references of a draft that don't exist. Call destinations, agents and owners may dangle: their
/// objects may be created later.
// S3.14
fn unknown_references(
    tx: &Tx<'_>,
    draft: &Draft,
    before: Option<&Row<'_>>,
) -> Result<Vec<FieldError>, Problem> {
    if draft.kind == Kind::Templates {
        return Ok(Vec::new());
    }
    let old = match before {
        Some(row) => references(
            row.kind,
            &row.kind
                .shape()
                .read(&row.written()?)
                .map_err(Error::from)?,
        ),
        None => Vec::new(),
    };
    let mut errors = Vec::new();
    for (field, kind, key) in references(draft.kind, &draft.fields) {
        let known = old
            .iter()
            .any(|(_, old, name)| (*old, name) == (kind, &key));
        if !known && tx.by_key(kind, &key)?.is_none() {
            let message = format!("there is no {} `{key}`", kind.singular());
            errors.push(FieldError::new(field, Code::Unknown, message));
        }
    }
    Ok(errors)
}

/// The references that must exist: field, kind and key.
fn references(kind: Kind, fields: &Fields) -> Vec<(String, Kind, String)> {
    let mut all = Vec::new();
    kind.shape().references(fields, &mut |path, kinds, key| {
        if let [
            kind @ (Kind::Scopes
            | Kind::Groups
            | Kind::Instances
            | Kind::Locations
            | Kind::Schedules
            | Kind::Templates),
        ] = kinds
        {
            // Sets are stored sorted, so the index would differ from the request's.
            let field = path.split('[').next().unwrap_or(path);
            all.push((field.to_owned(), *kind, key.to_owned()));
        }
    });
    all
}

#[cfg(test)]
mod tests {
    use crate::{
        model::Kind,
        sandbox::body::tests::{ann, becomes},
    };
    use serde_json::json;

    #[test]
    fn only_new_references_must_exist() {
        let after = |patch| becomes(Kind::Users, ann(json!({})), patch);
        assert_eq!(
            after(
                json!({"scope": "boss", "groups": ["sales"], "instance": "leeds",
                "template": "desk"})
            )
            .unwrap_err(),
            [
                "groups unknown",
                "instance unknown",
                "scope unknown",
                "template unknown"
            ]
        );
        let free = json!({"scope": "admin", "forwarding": {"destinations": ["missing"]}});
        assert!(after(free).is_ok());
        let scope = json!({"name": "boss"});
        let extends = json!({"extends": "chief"});
        let refused = becomes(Kind::Scopes, scope.clone(), extends).unwrap_err();
        assert_eq!(refused, ["extends unknown"]);
        assert!(becomes(Kind::Scopes, scope, json!({"extends": "admin"})).is_ok());
    }

    #[test]
    fn a_phone_listed_twice_is_taken() {
        let phone = json!({"mac": "001565aabbcc", "model": "t54"});
        let twice = json!({"phones": [phone, {"mac": "00:15:65:AA:BB:CC", "model": "t57"}]});
        let refused = becomes(Kind::Users, ann(json!({})), twice).unwrap_err();
        assert_eq!(refused, ["phones[1].mac taken"]);
    }
}
