//! *Access* control by tokens: full access, or read-only access.

use super::problem::{Problem, Reason};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::{hint::black_box, sync::Arc};

/// The accepted tokens.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The token for full access.
    pub write: SecretString,
    /// The token for read-only access, if any.
    pub read: Option<SecretString>,
}

/// The public paths.
const PUBLIC: [&str; 2] = ["/healthz", "/openapi.json"];

/// Rejects requests without a valid token.
pub(super) async fn check(
    State(tokens): State<Arc<Tokens>>,
    request: Request,
    next: Next,
) -> Response {
    let is_public = PUBLIC.contains(&request.uri().path());
    let allowed = if is_public {
        Ok(())
    } else {
        authorize(&tokens, request.method(), request.headers())
    };
    match allowed {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn authorize(tokens: &Tokens, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let given = bearer(headers).unwrap_or_default();
    if same(given, &tokens.write) {
        return Ok(());
    }
    match &tokens.read {
        Some(read) if same(given, read) => {
            if [Method::GET, Method::HEAD].contains(method) {
                Ok(())
            } else {
                let detail = "This token has read-only access.";
                Err(Problem::new(Reason::Forbidden, detail))
            }
        }
        _ => {
            let detail = "Send the portal's token: `Authorization: Bearer TOKEN`.";
            Err(Problem::new(Reason::Unauthorized, detail))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
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

    fn status(method: &Method, authorization: &str) -> Option<u16> {
        let tokens = Tokens {
            write: "writes".into(),
            read: Some("reads".into()),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        let problem = authorize(&tokens, method, &headers).err()?;
        Some(problem.into_response().status().as_u16())
    }

    #[test]
    fn a_token_grants_its_access() {
        assert_eq!(status(&Method::POST, "Bearer writes"), None);
        assert_eq!(status(&Method::GET, "bearer reads"), None);
        assert_eq!(status(&Method::DELETE, "Bearer reads"), Some(403));
        for wrong in [
            "Bearer write",
            "Bearer",
            "Bearer ",
            "Basic writes",
            "writes",
        ] {
            assert_eq!(status(&Method::GET, wrong), Some(401), "{wrong}");
        }
    }

    #[test]
    fn an_empty_token_grants_nothing() {
        assert!(!same("", &"".into()));
    }
}
