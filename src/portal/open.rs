//! A *target* is a portal that is named but not yet spoken to: which one, where, with what
//! credentials. This is the one place that knows every adapter, and the only one here that knows the
//! sandbox's server.

use super::{
    About, Capabilities, Error, Mapped, Portal, Progress, Write, Written,
    http::{Base, Client, RateLimit, plain},
    kazoo::{self, Kazoo},
    sandbox::{self, Sandbox},
};
use crate::{
    config::{Charges, LoginHash, PortalKind},
    model::{Kind, Live},
    sandbox::Embedded,
};
use async_trait::async_trait;
use secrecy::SecretString;
use std::{collections::BTreeSet, path::PathBuf};

/// A portal that is named but not yet spoken to.
#[derive(Clone, Debug)]
pub struct Target {
    /// Which one it is.
    pub kind: PortalKind,
    /// Where it is.
    pub location: Location,
    /// The account, domain or realm there, where the portal has several.
    pub tenant: Option<String>,
    /// What it is shown.
    pub credentials: Credentials,
    /// The rate limit; by default the adapter's own.
    pub rate_limit: Option<RateLimit>,
    /// What changes may cost; nothing, unless given.
    pub charges: Option<Charges>,
}

/// Where a portal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In this process, for as long as it is used; its database is this file.
    Embedded(PathBuf),
    /// At this URL.
    Url(String),
}

/// What a portal is shown.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nothing; the embedded sandbox needs none.
    None,
    /// A token, or a key that stands for one.
    Token(SecretString),
    /// A user and a password.
    Login {
        /// The user's name.
        user: String,
        /// The password.
        password: SecretString,
        /// The account that the user belongs to, where it is not the tenant.
        account: Option<String>,
        /// How both are hashed on their way.
        hash: LoginHash,
    },
}

/// What a portal can hold, as far as that can be told without asking it.
#[must_use]
pub fn capabilities(kind: PortalKind) -> Capabilities {
    match kind {
        PortalKind::Sandbox => sandbox::capabilities(),
        PortalKind::Kazoo => kazoo::capabilities(),
    }
}

/// What the docs say of a portal as a whole.
#[must_use]
pub fn about(kind: PortalKind) -> About {
    match kind {
        PortalKind::Sandbox => sandbox::ABOUT,
        PortalKind::Kazoo => kazoo::ABOUT,
    }
}

/// Which field of ours is which of a portal's; nothing of one that speaks the model itself.
#[must_use]
pub fn mapping(kind: PortalKind) -> Vec<Mapped> {
    match kind {
        PortalKind::Sandbox => Vec::new(),
        PortalKind::Kazoo => kazoo::mapping(),
    }
}

/// Makes ready to speak to a portal. Nothing is sent yet; an embedded sandbox is started, and stops
/// when the portal is dropped. It must be called inside the runtime.
///
/// # Errors
/// The address is none that credentials can be sent to, or the embedded sandbox doesn't start.
pub fn open(target: &Target) -> Result<Box<dyn Portal>, Error> {
    let rate_limit = target.rate_limit.unwrap_or_default();
    let url = match (target.kind, &target.location) {
        (PortalKind::Kazoo, _) => return Ok(Box::new(Kazoo::new(target)?)),
        (PortalKind::Sandbox, Location::Url(url)) => url,
        (PortalKind::Sandbox, Location::Embedded(database)) => {
            let embedded = Embedded::start(database).map_err(|error| Error::Unreachable {
                url: format!("the sandbox in {}", database.display()),
                reason: plain(&error.to_string()),
            })?;
            let base = Base::parse(embedded.url())?;
            let client = Client::new(base, Some(embedded.token()), rate_limit)?;
            return Ok(Box::new(Inside {
                sandbox: Sandbox::new(client),
                embedded,
            }));
        }
    };
    let token = match &target.credentials {
        Credentials::None | Credentials::Login { .. } => None,
        Credentials::Token(token) => Some(token),
    };
    let client = Client::new(Base::parse(url)?, token, rate_limit)?;
    Ok(Box::new(Sandbox::new(client)))
}

/// A sandbox and the server that it speaks to. The order of the fields is the order of their end: who
/// speaks stops before who listens.
struct Inside {
    sandbox: Sandbox,
    #[expect(dead_code, reason = "dropping it stops the server")]
    embedded: Embedded,
}

#[async_trait]
impl Portal for Inside {
    fn capabilities(&self) -> &Capabilities {
        self.sandbox.capabilities()
    }

    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error> {
        self.sandbox.read(kinds, progress).await
    }

    async fn write(&self, write: &Write<'_>) -> Result<Written, Error> {
        self.sandbox.write(write).await
    }

    fn requests(&self) -> u64 {
        self.sandbox.requests()
    }
}

#[cfg(test)]
mod tests {
    use super::{Credentials, Location, PortalKind, Target, open};
    use crate::{
        model::{Address, Fields, Kind, Name, Secret, Value},
        portal::{Change, Error, ObjectRef, Verb, Write},
    };
    use std::collections::BTreeMap;

    fn target(location: Location) -> Target {
        Target {
            kind: PortalKind::Sandbox,
            location,
            tenant: None,
            credentials: Credentials::Token("hunter2".into()),
            rate_limit: None,
            charges: None,
        }
    }

    #[tokio::test]
    async fn credentials_are_not_sent_in_the_clear() {
        let target = target(Location::Url("http://portal.example".into()));
        let error = open(&target).err().unwrap();
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        assert!(!format!("{target:?}").contains("hunter2"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_embedded_sandbox_is_there_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("sandbox.db");
        let portal = open(&target(Location::Embedded(database))).unwrap();
        let live = portal.read(&Kind::ALL.into(), &()).await.unwrap();
        assert!(
            live.listings
                .values()
                .all(|listing| listing.incomplete.is_none())
        );
        assert!(
            live.get(Kind::Scopes, "administrator")
                .is_some_and(|scope| scope.system)
        );
        assert_eq!((live.requests.made, live.requests.minimum), (1, 1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_written_is_read_and_a_delete_needs_the_version() {
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
        let kept = ada.fields.at(["voicemail", "mailbox"]);
        assert_eq!(kept, Some(&Value::text("100")));
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
