//! *Access* is what a token lets its holder do: everything, reading, or what a person who logged in may do.

use super::{
    permission,
    problem::{Problem, Reason},
    routes::blocking,
    store::{Error, Store},
};
use crate::model::Kind;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeSet, hint::black_box, sync::Arc};

/// The accepted tokens, besides those of people who log in.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The token for full access.
    pub write: SecretString,
    /// The token for read-only access, if any.
    pub read: Option<SecretString>,
}

/// What a token lets its holder do.
#[derive(Clone)]
pub(super) enum Access {
    /// Everything.
    Full,
    /// Reading everything.
    ReadOnly,
    /// What a person may do.
    Person(Arc<Person>),
}

/// A person who logged in.
pub(super) struct Person {
    /// The user's id.
    pub(super) id: String,
    /// The user's key.
    pub(super) key: String,
    /// The permissions, of the scope, the groups and the user.
    pub(super) may: BTreeSet<String>,
    /// The digest of the token.
    pub(super) token: Vec<u8>,
}

impl Access {
    /// Whether the holder may change objects of a kind.
    fn may_write(&self, kind: Kind) -> bool {
        match self {
            Self::Full => true,
            Self::ReadOnly => false,
            Self::Person(person) => permission::may_write(&person.may, kind),
        }
    }

    /// The person whose own object is all that the holder may read of a kind; nobody, if it is everything.
    ///
    /// # Errors
    /// The holder may read no object of the kind.
    pub(super) fn readable(&self, kind: Kind) -> Result<Option<&Person>, Problem> {
        match self {
            Self::Person(person) if !permission::may_read(&person.may, kind) => match kind {
                Kind::Users => Ok(Some(person)),
                _ => Err(forbidden(&format!("{} may not read {kind}.", person.key))),
            },
            _ => Ok(None),
        }
    }

    /// Checks that the holder may send these fields of an object; of an existing one, `id` is its id.
    pub(super) fn check_write<'f>(
        &self,
        kind: Kind,
        id: Option<&str>,
        mut fields: impl Iterator<Item = &'f str>,
    ) -> Result<(), Problem> {
        let person = match self {
            Self::Full => return Ok(()),
            Self::ReadOnly => return Err(forbidden("This token has read-only access.")),
            Self::Person(person) => person,
        };
        if self.may_write(kind) {
            return Ok(());
        }
        let is_own = kind == Kind::Users && id == Some(&*person.id);
        let may_change_own = permission::has_any(&person.may, &[permission::SELF]);
        if is_own && may_change_own && fields.all(|field| permission::OWN_SETTINGS.contains(&field))
        {
            return Ok(());
        }
        Err(forbidden(&format!("{} may not change {kind}.", person.key)))
    }

    /// Checks that an object grants nothing new that the holder doesn't have.
    // S2.10
    pub(super) fn check_grant(
        &self,
        before: &BTreeSet<String>,
        after: &BTreeSet<String>,
    ) -> Result<(), Problem> {
        let Self::Person(person) = self else {
            return Ok(());
        };
        let mut new = after.difference(before);
        let more = new.find(|permission| !permission::has_any(&person.may, &[permission]));
        more.map_or(Ok(()), |permission| {
            let key = &person.key;
            let detail =
                format!("{key} may not give anybody `{permission}`, which {key} hasn't got.");
            Err(forbidden(&detail))
        })
    }

    /// Checks that the holder may take the place of a user with these permissions: set the password, or issue a link.
    pub(super) fn check_over(&self, id: &str, granted: &BTreeSet<String>) -> Result<(), Problem> {
        let Self::Person(person) = self else {
            return Ok(());
        };
        let mut more = granted.iter();
        let more = more.find(|permission| !permission::has_any(&person.may, &[permission]));
        match more.filter(|_| *person.id != *id) {
            None => Ok(()),
            Some(permission) => {
                let key = &person.key;
                let detail = format!(
                    "{key} may not take the place of somebody with `{permission}`, which {key} hasn't got."
                );
                Err(forbidden(&detail))
            }
        }
    }

    /// Checks that the holder has one of these permissions.
    pub(super) fn require(&self, needed: &[&str]) -> Result<(), Problem> {
        match self {
            Self::Full => Ok(()),
            Self::ReadOnly => Err(forbidden("This token has read-only access.")),
            Self::Person(person) if permission::has_any(&person.may, needed) => Ok(()),
            Self::Person(person) => {
                let detail = format!("{} needs `{}` for this.", person.key, needed.join("` or `"));
                Err(forbidden(&detail))
            }
        }
    }

    /// Checks that the holder is the user with this id, or has one of these permissions.
    pub(super) fn require_own(&self, id: &str, needed: &[&str]) -> Result<(), Problem> {
        match self {
            Self::ReadOnly => Ok(()),
            Self::Person(person) if person.id == id => Ok(()),
            _ => self.require(needed),
        }
    }

    /// Checks that the holder may do everything.
    pub(super) fn require_full(&self) -> Result<(), Problem> {
        match self {
            Self::Full => Ok(()),
            _ => Err(forbidden("Only the sandbox's own token may do this.")),
        }
    }
}

fn forbidden(detail: &str) -> Problem {
    Problem::new(Reason::Forbidden, detail)
}

/// The public requests.
fn is_public(method: &Method, path: &str) -> bool {
    ["/", "/healthz", "/openapi.json"].contains(&path)
        || ["/v1/sessions", "/v1/passwords", "/v1/provisioning"].contains(&path)
            && *method == Method::POST
}

/// The tokens, and the store that knows who is logged in.
pub(super) struct Guard {
    pub(super) tokens: Tokens,
    pub(super) store: Store,
}

/// Rejects requests without a valid token, and tells the routes what the token lets its holder do.
pub(super) async fn check(
    State(guard): State<Arc<Guard>>,
    mut request: Request,
    next: Next,
) -> Response {
    if is_public(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    match access(&guard, request.headers()).await {
        Ok(access) => {
            request.extensions_mut().insert(access);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn access(guard: &Guard, headers: &HeaderMap) -> Result<Access, Problem> {
    let given = bearer(headers).unwrap_or_default();
    if let Some(access) = fixed(&guard.tokens, given) {
        return Ok(access);
    }
    let (store, token) = (guard.store.clone(), digest(given));
    let person = blocking(move || {
        Ok(store.read(|tx| {
            let Some(user) = tx.session(&token)? else {
                return Ok(None);
            };
            let may = permission::granted_by(tx, &user)?;
            let (id, key) = (user.id.into_owned(), user.key.into_owned());
            Ok::<_, Error>(Some(Person {
                id,
                key,
                may,
                token,
            }))
        })?)
    });
    let person = person.await?.ok_or_else(|| {
        let detail = "Send the portal's token: `Authorization: Bearer TOKEN`.";
        Problem::new(Reason::Unauthorized, detail)
    })?;
    Ok(Access::Person(Arc::new(person)))
}

/// The access by one of the sandbox's own tokens.
fn fixed(tokens: &Tokens, given: &str) -> Option<Access> {
    let reads = tokens.read.as_ref();
    match () {
        () if same(given, &tokens.write) => Some(Access::Full),
        () if reads.is_some_and(|read| same(given, read)) => Some(Access::ReadOnly),
        () => None,
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The digest by which a session's token is kept.
pub(super) fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// Whether two tokens are equal, in constant time: compares all bytes of their digests.
fn same(given: &str, known: &SecretString) -> bool {
    let given = Sha256::digest(given);
    let known_digest = Sha256::digest(known.expose_secret());
    let pairs = given.iter().zip(known_digest.iter());
    let difference = pairs.fold(0, |difference, (a, b)| black_box(difference | (a ^ b)));
    // A portal without a token rejects all requests.
    difference == 0 && !known.expose_secret().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(authorization: &str) -> Option<bool> {
        let tokens = Tokens {
            write: "writes".into(),
            read: Some("reads".into()),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        let access = fixed(&tokens, bearer(&headers).unwrap_or_default())?;
        Some(access.may_write(Kind::Users))
    }

    #[test]
    fn a_token_grants_its_access() {
        assert_eq!(access("Bearer writes"), Some(true));
        assert_eq!(access("bearer reads"), Some(false));
        for wrong in [
            "Bearer write",
            "Bearer",
            "Bearer ",
            "Basic writes",
            "writes",
        ] {
            assert_eq!(access(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_empty_token_grants_nothing() {
        assert!(!same("", &"".into()));
    }
}
