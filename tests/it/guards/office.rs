//! The *office* that cases begin with: what it declares, what is live, and what else a plan gets to know.

use crate::workspace::today;
use callsheet::{
    config::{PortalConfig, PortalKind},
    desired,
    model::{
        Address, Ancestry, Capabilities, Commit, Kind, KindCapability, Listing, Live, LiveObject,
        State,
    },
    plan::{Inputs, Past, Plan, plan},
    portal,
    repo::{CONFIGURATION, Files},
};
use std::collections::BTreeMap;

pub(super) const PORTAL: &str =
    "portal: { kind: sandbox, database: x.db, credentials: { user: ann } }\n";

/// Three people, one of them an administrator, and a group that rings two of them.
pub(super) const OFFICE: &str = "
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@x.example, extension: 1001, scope: administrator }
  bob: { first_name: Bob, last_name: Ray, email: bob@x.example, extension: 1002, available_from_emails: [bob@x.example, sales@x.example] }
  eve: { first_name: Eve, last_name: Oak, email: eve@x.example, extension: 1003 }
extensions:
  2000: { kind: ring_group, name: Sales, members: [bob, eve] }
";

/// A case: what is declared before and now, what is live, and what the configuration says besides.
pub(super) struct Case {
    pub(super) configuration: String,
    pub(super) before: Option<State>,
    /// Whether what was declared before was applied.
    pub(super) is_applied: bool,
    pub(super) now: State,
    pub(super) live: Live,
    pub(super) ancestry: Ancestry,
    pub(super) newer: Option<Commit>,
    pub(super) elsewhere: BTreeMap<Address, String>,
    pub(super) capabilities: Capabilities,
}

pub(super) fn state(text: &str) -> State {
    let mut files = Files::default();
    files.take(CONFIGURATION.to_owned(), PORTAL.into());
    files.take("people.yaml".to_owned(), text.into());
    let desired = desired::load(files, today());
    assert!(!desired.report.has_errors(), "{:?}", desired.report);
    desired.state
}

/// A portal that holds what a text declares.
pub(super) fn live(text: &str) -> Live {
    let mut live = Live::default();
    for kind in Kind::ALL {
        live.listings.insert(kind, Listing::default());
    }
    for (address, resource) in state(text).resources {
        let object = LiveObject {
            id: format!("id-{address}").into(),
            fields: address.kind.shape().without_defaults(resource.fields),
            ..LiveObject::default()
        };
        live.listings
            .get_mut(&address.kind)
            .unwrap()
            .objects
            .insert(address.key, object);
    }
    live
}

impl Case {
    /// The office as it is.
    pub(super) fn office() -> Self {
        Self {
            configuration: PORTAL.to_owned(),
            before: None,
            is_applied: true,
            now: state(OFFICE),
            live: live(OFFICE),
            ancestry: Ancestry::default(),
            newer: None,
            elsewhere: BTreeMap::new(),
            capabilities: portal::capabilities(&PortalConfig::new(PortalKind::Sandbox)),
        }
    }

    /// The portal can do less for users.
    pub(super) fn users(mut self, change: impl FnOnce(&mut KindCapability)) -> Self {
        change(self.capabilities.kinds.get_mut(&Kind::Users).unwrap());
        self
    }

    /// The office is declared with `new` for `old`.
    pub(super) fn edit(mut self, old: &str, new: &str) -> Self {
        assert!(OFFICE.contains(old), "{old}");
        self.now = state(&OFFICE.replace(old, new));
        self
    }

    pub(super) fn configure(mut self, more: &str) -> Self {
        self.configuration.push_str(more);
        self
    }

    pub(super) fn object(
        mut self,
        kind: Kind,
        key: &str,
        change: impl FnOnce(&mut LiveObject),
    ) -> Self {
        change(
            self.live
                .listings
                .get_mut(&kind)
                .unwrap()
                .objects
                .get_mut(key)
                .unwrap(),
        );
        self
    }

    pub(super) fn before(mut self, text: &str) -> Self {
        self.before = Some(state(text));
        self
    }

    pub(super) fn plan(&self) -> Plan {
        let mut files = Files::default();
        files.take(CONFIGURATION.to_owned(), self.configuration.clone().into());
        let config = desired::load(files, today()).config.unwrap();
        plan(Inputs {
            desired: &self.now,
            config: &config,
            capabilities: &self.capabilities,
            live: &self.live,
            today: today(),
            past: Past {
                base: self.before.as_ref(),
                applied: self.before.as_ref().filter(|_| self.is_applied),
                ancestry: Some(&self.ancestry),
                newer: self.newer.as_ref(),
                elsewhere: Some(&self.elsewhere),
            },
            filter: callsheet::plan::Filter::default(),
        })
    }
}
