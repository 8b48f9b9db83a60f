//! The *page* of a served sandbox. It is read as every other portal is, with the token of whoever looks at it, so that
//! nobody sees more than the token lets them.

use crate::{
    config::{Config, PortalKind},
    model::{Kind, State},
    page::{self, Head},
    portal::{self, Credentials, Details, Location, Target},
    profile::{LoginField, Profile, ProfileName},
    sandbox::{Page, PageData},
    view::View,
};
use secrecy::SecretString;
use std::{collections::BTreeSet, sync::Arc};

/// The page of the sandbox at an address.
pub(super) fn page(url: &str, name: ProfileName) -> anyhow::Result<Page> {
    let profile = Profile::named(name.name());
    let fields = profile.login.iter().flat_map(|login| &login.with);
    let fields = fields.map(|field| match field {
        LoginField::Username => "username",
        LoginField::Email => "email",
        LoginField::Password => "password",
        LoginField::Account => "account",
    });
    let fields: Vec<&str> = fields.collect();
    let config =
        serde_json::json!({ "portal": { "kind": "sandbox", "url": url, "profile": name.name() } });
    let config: Arc<Config> = Arc::new(serde_json::from_value(config)?);
    let url: Arc<str> = url.into();
    let data = move |token: SecretString| -> PageData {
        let (url, config) = (Arc::clone(&url), Arc::clone(&config));
        Box::pin(async move {
            let target = Target {
                kind: PortalKind::Sandbox,
                profile,
                location: Location::Url(url.to_string()),
                tenant: None,
                credentials: Credentials::Token(token),
                rate_limit: None,
                charges: None,
                scim: None,
            };
            let told = |error: portal::Error| error.to_string();
            let portal = portal::open(&target).map_err(told)?;
            let kinds: BTreeSet<Kind> = portal.capabilities().kinds.keys().copied().collect();
            let mut live = portal.read(&kinds, &()).await.map_err(told)?;
            let details = portal.read_details(&mut live, Details::Everything, &());
            details.await.map_err(told)?;
            let (declared, capabilities) = (State::default(), portal.capabilities());
            let view = View::new(&declared, Some(&live), &config, &capabilities);
            let head = Head {
                workspace: profile.title.clone(),
                portal: url.to_string(),
                commit: None,
                date: None,
                link: &|_| None,
            };
            let document = page::document(&head, &view, None);
            serde_json::to_vec(&document).map_err(|error| error.to_string())
        })
    };
    Ok(Page {
        shell: page::shell(&fields),
        data: Arc::new(data),
    })
}
