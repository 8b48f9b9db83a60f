//! A *subject* is a portal under test: its server and its credentials.

use super::server::{Real, Server};
use crate::{
    ivy::{self, Features, Ivy},
    kazoo::{self, Dialect, Kazoo, PASSWORD, USERNAME},
    netsapiens::{self, NetSapiens, Options},
    report::skipped,
    running::{self, Sandbox, WRITE},
    scim::{ScimServer, TOKEN},
};
use callsheet::{
    config::{LoginHash, PortalKind},
    portal::{
        self, Capabilities, Credentials, Location, OauthClient, Portal, Target, http::RateLimit,
    },
    profile::{Profile, ProfileName},
    sandbox::Store,
};
use clap::ValueEnum as _;
use std::{any::Any, collections::BTreeSet, num::NonZeroU32, thread, time::Duration};

/// A portal under test.
pub(super) struct Subject<S: ?Sized = dyn Server> {
    pub(super) name: &'static str,
    pub(super) target: Target,
    pub(super) server: S,
}

/// Creates a subject. Returns the reason if that is impossible here.
type Make = fn() -> Result<Box<Subject>, &'static str>;

/// The subjects on servers of the tests' own. A portal is added here, or below.
const OWN: &[Make] = &[
    || Ok(Box::new(Subject::sandbox())),
    || Ok(Box::new(Subject::four())),
    || Ok(Box::new(Subject::five())),
    || Ok(Box::new(Subject::scim()?)),
    || Ok(Box::new(Subject::netsapiens(Options::default()))),
    || Ok(Box::new(Subject::ivy(Features::Replace))),
];

/// The subjects on real systems.
const REAL: &[Make] = &[|| Ok(Box::new(Subject::real_kazoo()?))];

impl Subject {
    /// The available subjects on servers of the tests' own.
    pub(super) fn own() -> Vec<Box<Self>> {
        available(OWN.iter())
    }

    /// A sandbox with each profile.
    pub(super) fn profiles() -> Vec<Box<Self>> {
        let profiles = ProfileName::value_variants().iter();
        profiles
            .map(|profile| Box::new(Subject::like(profile.name())) as Box<Self>)
            .collect()
    }

    /// All available subjects.
    pub(super) fn all() -> Vec<Box<Self>> {
        available(OWN.iter().chain(REAL))
    }

    /// What creates a new subject on a new server, each time it is called.
    pub(super) fn makers() -> Vec<impl Fn() -> Box<Self>> {
        let available = OWN.iter().filter(|make| make().is_ok());
        let make = |make: &'static Make| move || make().unwrap_or_else(|reason| panic!("{reason}"));
        available.map(make).collect()
    }

    /// Runs a test on every subject at the same time.
    pub(super) fn each(run: fn(&Self)) {
        let make = |make: &'static Make| move || available([make].into_iter());
        Self::run(OWN.iter().chain(REAL).map(make), run);
    }

    /// Runs a test on a sandbox with each profile, at the same time.
    pub(super) fn each_profile(run: fn(&Self)) {
        let make = |profile: &ProfileName| {
            let name = profile.name();
            move || vec![Box::new(Subject::like(name)) as Box<Self>]
        };
        Self::run(ProfileName::value_variants().iter().map(make), run);
    }

    fn run(makes: impl Iterator<Item = impl FnOnce() -> Vec<Box<Self>> + Send>, run: fn(&Self)) {
        let told = thread::scope(|scope| {
            let running = makes.map(|make| {
                scope.spawn(move || {
                    for subject in make() {
                        run(&subject);
                    }
                })
            });
            let running: Vec<_> = running.collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended.filter_map(Result::err).map(words).collect::<Vec<_>>()
        });
        assert!(told.is_empty(), "{}", told.join("\n"));
    }
}

fn available<'m>(makes: impl Iterator<Item = &'m Make>) -> Vec<Box<Subject>> {
    let made = makes.map(|make| make());
    let missing = |reason: &&str| skipped(reason);
    made.filter_map(|made| made.inspect_err(missing).ok())
        .collect()
}

/// The words of a panic.
fn words(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic
            .downcast::<&str>()
            .map_or("?", |text| *text)
            .to_owned(),
    }
}

impl Subject<Sandbox> {
    pub(super) fn sandbox() -> Self {
        Self::like("sandbox")
    }

    /// A sandbox with a profile.
    pub(super) fn like(name: &'static str) -> Self {
        let profile = Profile::named(name);
        let server = Sandbox::over(Store::in_memory_like(profile).unwrap());
        Self {
            name,
            target: Target {
                kind: PortalKind::Sandbox,
                profile,
                location: Location::Url(server.url.clone()),
                tenant: None,
                credentials: Credentials::Token(WRITE.into()),
                rate_limit: None,
                charges: None,
                scim: None,
            },
            server,
        }
    }
}

impl Subject<Kazoo> {
    pub(super) fn kazoo(name: &'static str, options: kazoo::Options) -> Self {
        let server = options.start();
        let fast = NonZeroU32::new(100_000);
        Self {
            name,
            target: Target {
                kind: PortalKind::Kazoo,
                profile: Profile::named("kazoo"),
                location: Location::Url(server.url.clone()),
                tenant: Some("acme".to_owned()),
                credentials: Credentials::Login {
                    user: USERNAME.to_owned(),
                    password: PASSWORD.into(),
                    account: None,
                    hash: LoginHash::Md5,
                    client: None,
                },
                rate_limit: Some(RateLimit {
                    per_second: fast,
                    burst: fast.unwrap(),
                    ..RateLimit::default()
                }),
                charges: None,
                scim: None,
            },
            server,
        }
    }

    pub(super) fn four() -> Self {
        Self::kazoo("kazoo 4", kazoo::Options::new(Dialect::Four))
    }

    pub(super) fn five() -> Self {
        Self::kazoo("kazoo 5", kazoo::Options::new(Dialect::Five))
    }
}

impl Subject<ScimServer> {
    /// A real SCIM server, where it is installed.
    pub(super) fn scim() -> Result<Self, &'static str> {
        let server = ScimServer::start()?;
        Ok(Self {
            name: "scim",
            target: Target {
                kind: PortalKind::Scim,
                profile: Profile::named("scim"),
                location: Location::Url(server.url.clone()),
                tenant: None,
                credentials: Credentials::Token(TOKEN.into()),
                rate_limit: None,
                charges: None,
                scim: None,
            },
            server,
        })
    }
}

impl Subject<NetSapiens> {
    pub(super) fn netsapiens(options: Options) -> Self {
        let server = NetSapiens::start(options);
        Self {
            name: "netsapiens",
            target: Target {
                kind: PortalKind::Netsapiens,
                profile: Profile::named("netsapiens"),
                location: Location::Url(server.url.clone()),
                tenant: Some(netsapiens::DOMAIN.to_owned()),
                credentials: Credentials::Token(netsapiens::TOKEN.into()),
                rate_limit: Some(RateLimit {
                    look_after: Duration::from_millis(1),
                    ..RateLimit::default()
                }),
                charges: None,
                scim: None,
            },
            server,
        }
    }
}

impl Subject<Ivy> {
    pub(super) fn ivy(features: Features) -> Self {
        let server = Ivy::start(features);
        Self {
            name: "ivy",
            target: Target {
                kind: PortalKind::Ivy,
                profile: Profile::named("ivy"),
                location: Location::Url(server.url.clone()),
                tenant: Some("conf-leeds".to_owned()),
                credentials: Credentials::Login {
                    user: ivy::USER.to_owned(),
                    password: ivy::PASSWORD.into(),
                    account: None,
                    hash: LoginHash::Md5,
                    client: Some(OauthClient {
                        id: "callsheet".to_owned(),
                        secret: ivy::SECRET.into(),
                    }),
                },
                rate_limit: None,
                charges: None,
                scim: None,
            },
            server,
        }
    }
}

impl Subject<Real> {
    /// The real Kazoo that the environment names: its URL, its account, and either a key or a user with a
    /// password.
    #[expect(clippy::disallowed_methods, reason = "whoever has a Kazoo says so")]
    fn real_kazoo() -> Result<Self, &'static str> {
        let variable = |name: &str| std::env::var(format!("CALLSHEET_KAZOO_{name}")).ok();
        let url = variable("URL").ok_or("the real Kazoo: CALLSHEET_KAZOO_URL is not set")?;
        let credentials = match (variable("KEY"), variable("USER"), variable("PASSWORD")) {
            (Some(key), ..) => Credentials::Token(key.into()),
            (None, Some(user), Some(password)) => Credentials::Login {
                user,
                password: password.into(),
                account: None,
                hash: LoginHash::Md5,
                client: None,
            },
            _ => panic!(
                "CALLSHEET_KAZOO_KEY, or CALLSHEET_KAZOO_USER and _PASSWORD, must be set too"
            ),
        };
        Ok(Self {
            name: "a real Kazoo",
            target: Target {
                kind: PortalKind::Kazoo,
                profile: Profile::named("kazoo"),
                location: Location::Url(url),
                tenant: variable("ACCOUNT"),
                credentials,
                // Its own measure, unless its host allows more.
                rate_limit: variable("PER_SECOND").map(|per_second| {
                    let per_second = per_second.parse().ok();
                    RateLimit {
                        per_second,
                        burst: per_second.unwrap(),
                        ..RateLimit::default()
                    }
                }),
                charges: None,
                scim: None,
            },
            server: Real::wait_for("kazoo"),
        })
    }
}

impl<S: ?Sized> Subject<S> {
    /// A new adapter with an empty cache.
    pub(super) fn portal(&self) -> Box<dyn Portal> {
        portal::open(&self.target).unwrap()
    }

    /// The capabilities after detection.
    pub(super) fn capabilities(&self) -> std::sync::Arc<Capabilities> {
        running::runtime().block_on(async {
            let portal = self.portal();
            portal.read(&BTreeSet::new(), &()).await.unwrap();
            portal.capabilities()
        })
    }

    /// The same subject through another URL.
    pub(super) fn portal_at(&self, url: &str) -> Box<dyn Portal> {
        let target = Target {
            location: Location::Url(url.to_owned()),
            ..self.target.clone()
        };
        portal::open(&target).unwrap()
    }

    /// The URL.
    pub(super) fn url(&self) -> &str {
        match &self.target.location {
            Location::Url(url) => url,
            Location::Embedded(_) => "",
        }
    }
}
