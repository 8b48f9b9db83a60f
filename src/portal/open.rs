//! A *target* describes a portal: its kind, location and credentials.

use super::{
    Error, Portal,
    http::{Base, Client, RateLimit},
    registry::adapter,
};
use crate::{
    config::{Charges, LoginHash, PortalKind, ScimConfig},
    profile::Profile,
};
use secrecy::SecretString;
use std::path::PathBuf;

/// The description of a portal, from which [`open`] creates an adapter.
#[derive(Clone, Debug)]
pub struct Target {
    /// The kind of portal.
    pub kind: PortalKind,
    /// What the portal supports, requires and does.
    pub profile: &'static Profile,
    /// The location.
    pub location: Location,
    /// The account, domain or realm, for portals with several.
    pub tenant: Option<String>,
    /// The credentials.
    pub credentials: Credentials,
    /// The rate limit; by default the adapter's own.
    pub rate_limit: Option<RateLimit>,
    /// The allowed charges; none by default.
    pub charges: Option<Charges>,
    /// The settings for a portal with SCIM.
    pub scim: Option<ScimConfig>,
}

impl Target {
    /// The URL, for a portal that needs one; `what` says of what.
    ///
    /// # Errors
    /// It is missing.
    pub fn url(&self, what: &str) -> Result<&str, Error> {
        match &self.location {
            Location::Url(url) => Ok(url),
            Location::Embedded(_) => Err(Error::Misconfigured {
                setting: "portal.url",
                reason: format!("it is missing; write {what}"),
            }),
        }
    }

    /// The token, for a portal that accepts nothing else; `what` says what it is.
    ///
    /// # Errors
    /// It is missing.
    pub fn token(&self, what: &str) -> Result<&SecretString, Error> {
        match &self.credentials {
            Credentials::Token(token) => Ok(token),
            Credentials::None | Credentials::Login { .. } => Err(Error::Misconfigured {
                setting: "portal.credentials",
                reason: format!("it needs `token:`, {what}"),
            }),
        }
    }

    /// The connection to a portal that is authenticated by a token and nothing else; `url` and `token` say what they are.
    ///
    /// # Errors
    /// One of them is missing, or the URL can't be used.
    pub(super) fn client(&self, url: &str, token: &str) -> Result<Client, Error> {
        let base = Base::parse(self.url(url)?)?;
        let rate_limit = self.rate_limit.unwrap_or_default();
        Client::new(base, Some(self.token(token)?), rate_limit)
    }
}

/// The location of a portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A sandbox that runs in this process, with the path of its database.
    Embedded(PathBuf),
    /// A URL.
    Url(String),
}

/// The credentials for a portal.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// None, as for an embedded sandbox.
    None,
    /// A token or API key.
    Token(SecretString),
    /// A user and a password.
    Login {
        /// The user's name.
        user: String,
        /// The password.
        password: SecretString,
        /// The account of the user, if it differs from the tenant.
        account: Option<String>,
        /// The hash function for the login.
        hash: LoginHash,
        /// The OAuth client, for portals with OAuth.
        client: Option<OauthClient>,
    },
}

/// The OAuth client that a user logs in with.
#[derive(Clone, Debug)]
pub struct OauthClient {
    /// The ID of the client.
    pub id: String,
    /// The secret of the client.
    pub secret: SecretString,
}

/// Creates the adapter for a portal. Sends nothing. An embedded sandbox is started, and stops when the
/// adapter is dropped. Must be called within the tokio runtime.
///
/// # Errors
/// The URL is invalid or insecure, or the embedded sandbox can't be started.
pub fn open(target: &Target) -> Result<Box<dyn Portal>, Error> {
    (adapter(target.kind).open)(target)
}

#[cfg(test)]
mod tests {
    use super::{Credentials, Location, PortalKind, Target, open};
    use crate::{
        model::{Address, Fields, Kind, Name, Secret, Value},
        portal::{Change, Error, ObjectRef, Verb, Write},
        profile::Profile,
    };
    use std::collections::BTreeMap;

    fn target(location: Location) -> Target {
        Target {
            kind: PortalKind::Sandbox,
            profile: Profile::named("sandbox"),
            location,
            tenant: None,
            credentials: Credentials::Token("hunter2".into()),
            rate_limit: None,
            charges: None,
            scim: None,
        }
    }

    #[tokio::test]
    async fn credentials_are_not_sent_in_the_clear() {
        let target = target(Location::Url("http://portal.example".into()));
        let error = open(&target).err().unwrap();
        assert!(matches!(error, Error::Misconfigured { .. }), "{error}");
        assert!(!format!("{target:?}").contains("hunter2"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_embedded_sandbox_is_ready_immediately() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("sandbox.db");
        let portal = open(&target(Location::Embedded(database))).unwrap();
        let live = portal.read(&Kind::ALL.into(), &()).await.unwrap();
        assert!(
            live.listings
                .values()
                .all(|listing| listing.doubt().is_none())
        );
        assert!(
            live.get(Kind::Scopes, "administrator")
                .is_some_and(|scope| !scope.standing.is_manageable())
        );
        assert_eq!((live.requests.made, live.requests.minimum), (1, 1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn writes_are_read_back_and_a_delete_is_conditional() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("sandbox.db");
        let portal = open(&target(Location::Embedded(database))).unwrap();
        let text = |name: &str, text: &str| (Name::from(name), Value::text(text));
        let secret = Value::Secret(Box::new(Secret {
            origin: None,
            version: 2,
        }));
        let mut fields: Fields = [
            text("username", "ada"),
            text("first_name", "Ada"),
            text("last_name", "Lovelace"),
            text("email", "ada@acme.example"),
        ]
        .into_iter()
        .collect();
        fields.set("password".into(), secret);
        let address = Address::new(Kind::Users, "ada");
        let mut write = Write {
            address: &address,
            verb: Verb::Create,
            target: &fields,
            changes: &[],
            secrets: &BTreeMap::from([(vec!["password".into()], "correct horse 1".into())]),
            greeting: None,
        };
        let created = portal.write(&write).await.unwrap();
        assert!(matches!(
            portal.write(&write).await,
            Err(Error::Refused { .. })
        ));

        let mailbox = Change {
            path: vec!["voicemail".into(), "mailbox".into()],
            before: None,
            after: Some(Value::text("100")),
        };
        write.changes = std::slice::from_ref(&mailbox);
        let at = |etag| ObjectRef {
            id: &created.id,
            key: "ada",
            etag,
        };
        write.verb = Verb::Update(at(created.etag.as_deref()));
        let updated = portal.write(&write).await.unwrap();
        let live = portal.read(&Kind::ALL.into(), &()).await.unwrap();
        let ada = live.get(Kind::Users, "ada").unwrap();
        assert_eq!((&ada.id, &ada.etag), (&created.id, &updated.etag));
        let mailbox = ada.fields.at(["voicemail", "mailbox"]);
        assert_eq!(mailbox, Some(&Value::text("100")));
        assert_eq!(ada.fields.get("password"), fields.get("password"));

        write.verb = Verb::Delete(at(created.etag.as_deref()));
        assert!(matches!(
            portal.write(&write).await,
            Err(Error::Stale { .. })
        ));
        write.verb = Verb::Delete(at(updated.etag.as_deref()));
        portal.write(&write).await.unwrap();
        portal.write(&write).await.unwrap();
        let live = portal.read(&Kind::ALL.into(), &()).await.unwrap();
        assert_eq!(live.of_kind(Kind::Users).count(), 0);
        assert_eq!(live.requests.made, 1);
    }
}
