//! A *run* plans, applies, and plans again.

use super::subject::Subject;
use crate::running;
use callsheet::{
    apply::{Applied, Greetings, Secrets, apply},
    config::Config,
    model::{Address, Fields, Kind, Live, Resource, SecretOrigin, State, compare_secrets},
    plan::{Evidence, Inputs, Past, Plan, plan},
    portal::{Capabilities, Details, Error, Portal},
    support::check_support,
};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

/// The declared resources, and the addresses in `absent`.
#[derive(Clone, Default)]
pub(super) struct Workspace {
    pub(super) state: State,
    pub(super) absent: Vec<Address>,
}

impl Workspace {
    /// Declares a resource as JSON.
    pub(super) fn declare(&mut self, kind: Kind, key: &str, fields: &Json) -> &mut Fields {
        let fields = kind.shape().read(fields).unwrap();
        let resource = Resource {
            fields,
            ..Resource::default()
        };
        let address = Address::new(kind, key);
        self.state.resources.insert(address.clone(), resource);
        &mut self.state.resources.get_mut(&address).unwrap().fields
    }

    pub(super) fn fields(&mut self, kind: Kind, key: &str) -> &mut Fields {
        let resource = self.state.resources.get_mut(&Address::new(kind, key));
        &mut resource.unwrap().fields
    }

    /// Removes a resource from the files and from the portal.
    pub(super) fn remove(&mut self, kind: Kind, key: &str) {
        let address = Address::new(kind, key);
        self.state.resources.remove(&address);
        self.absent.push(address);
    }

    /// Removes a resource from the files, and from a portal that knows it by its own key.
    pub(super) fn remove_on(&mut self, portal: &Capabilities, kind: Kind, key: &str) {
        let address = Address::new(kind, key);
        if let Some(resource) = self.state.resources.remove(&address) {
            self.absent
                .push(portal.portal_address(&address, &resource.fields));
        }
    }

    fn config(&self) -> Config {
        let empty =
            json!({"finding": "empty-workspace", "until": "2026-12-31", "because": "the end"});
        let config = json!({"portal": {"kind": "sandbox"}, "absent": self.absent, "allow": [empty],
            "policy": {"deletes": {"max": 1000, "percent": 100}, "administrators": {"min": 0}}});
        serde_json::from_value(config).unwrap()
    }

    pub(super) async fn read(&self, portal: &dyn Portal) -> Result<Live, Error> {
        let kinds = portal.capabilities().kinds.keys().copied().collect();
        let mut live = portal.read(&kinds, &()).await?;
        let mut absent = State::default();
        for address in &self.absent {
            let resource = Resource::default();
            absent.resources.insert(address.clone(), resource);
        }
        let states = [&self.state, &absent];
        portal
            .read_details(&mut live, Details::Declared(&states), &())
            .await?;
        self.compare(&mut live, portal);
        Ok(live)
    }

    /// Compares the secrets that a portal shows.
    fn compare(&self, live: &mut Live, portal: &dyn Portal) {
        let known = |origin: &SecretOrigin| Some(secret_of(origin));
        compare_secrets(live, &self.state, &portal.capabilities(), &known);
    }

    /// Plans like the program, with evidence if the plan needs it.
    pub(super) async fn plan(&self, portal: &dyn Portal) -> Result<Plan, Error> {
        let mut live = self.read(portal).await?;
        let unsupported = check_support(&self.state, &portal.capabilities());
        let unsupported: Vec<String> = unsupported
            .sorted()
            .iter()
            .map(|one| one.message.clone())
            .collect();
        assert_eq!(unsupported, [""; 0], "only what fits is declared here");
        let first = self.planned(&live, &portal.capabilities());
        let wanted = match first.evidence_needed() {
            _ if portal.lists_are_full() => return Ok(first),
            Evidence::Nothing => return Ok(first),
            Evidence::Activity => Details::Listed(Kind::Users),
            Evidence::References => Details::Evidence(&self.absent),
        };
        portal.read_details(&mut live, wanted, &()).await?;
        self.compare(&mut live, portal);
        Ok(self.planned(&live, &portal.capabilities()))
    }

    fn planned(&self, live: &Live, capabilities: &Capabilities) -> Plan {
        let config = self.config();
        plan(Inputs {
            desired: &self.state,
            config: &config,
            capabilities,
            live,
            today: jiff::civil::date(2026, 11, 22),
            past: Past::default(),
            filter: callsheet::plan::Filter::default(),
        })
    }
}

/// A fixed secret for an origin.
fn secret_of(origin: &SecretOrigin) -> SecretString {
    let origin = origin.to_string();
    let secret = match (origin.contains("PIN"), origin.contains("ZERO")) {
        (true, true) => "0042",
        (true, false) => "4711",
        (false, _) => "correct horse 1",
    };
    secret.into()
}

/// Applies a plan with fixed secrets.
pub(super) async fn applied(plan: &Plan, portal: &dyn Portal) -> Applied {
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let secrets = Secrets::read(plan, &|origin| Ok(secret_of(origin)));
    apply(
        plan,
        portal,
        &secrets.unwrap(),
        &Greetings::default(),
        stopped,
        &(),
    )
    .await
}

/// The operations that failed, with reasons.
pub(super) fn failures(plan: &Plan, applied: &Applied) -> Vec<String> {
    let results = plan.operations.iter().zip(&applied.results);
    let failed = results.filter_map(|(operation, result)| {
        let error = result.error.as_ref()?;
        Some(format!("{}: {error}", operation.address))
    });
    failed.collect()
}

pub(super) fn changed(plan: &Plan) -> Vec<String> {
    let line = |one: &callsheet::plan::Operation| {
        let fields = one.changes.iter().map(|change| {
            format!(
                "{}: {:?} → {:?}",
                change.path.join("."),
                change.before,
                change.after
            )
        });
        format!(
            "{:?} {} {:?}",
            one.action,
            one.address,
            fields.collect::<Vec<_>>()
        )
    };
    plan.operations.iter().map(line).collect()
}

/// One step: checks whether there are changes, applies them, and checks that none are left.
pub(super) fn step(subject: &Subject, workspace: &Workspace, expects_changes: bool, what: &str) {
    reach(subject, workspace, expects_changes, what).unwrap_or_else(|failure| panic!("{failure}"));
}

/// One step. Returns what is wrong; `None` expects nothing of the changes.
pub(super) fn reach(
    subject: &Subject,
    workspace: &Workspace,
    expects_changes: impl Into<Option<bool>>,
    what: &str,
) -> Result<(), String> {
    running::runtime().block_on(async {
        let portal = subject.portal();
        let what = format!("{}: {what}", subject.name);
        let unread = |error: Error| format!("{what}: {error}");
        let plan = workspace.plan(&*portal).await.map_err(unread)?;
        let has_changes = !plan.operations.is_empty();
        if expects_changes
            .into()
            .is_some_and(|expected| expected != has_changes)
        {
            return Err(format!("{what}: {:#?}", changed(&plan)));
        }
        if plan.is_blocked() {
            let blocks: Vec<&str> = plan
                .findings
                .iter()
                .map(|finding| &*finding.message)
                .collect();
            return Err(format!("{what}: {blocks:#?}"));
        }
        let result = applied(&plan, &*portal).await;
        let failures = failures(&plan, &result);
        if !failures.is_empty() {
            return Err(format!("{what}: {failures:#?}: {:#?}", changed(&plan)));
        }
        let again = workspace.plan(&*subject.portal()).await.map_err(unread)?;
        match again.operations.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "{what}: after it is applied: {:#?}",
                changed(&again)
            )),
        }
    })
}
