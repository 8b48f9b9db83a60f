//! The *subjects* of an action: named by address or by the journal of an apply, found on the portal, and all checked
//! before the first is acted on.

use super::arguments::Command;
use crate::{
    action::Subject,
    apply,
    cli::{
        live::on_portal,
        outcome::{Outcome, UsageError},
        settings::{self, Terminal},
        workspace::Workspace,
    },
    diagnostic::did_you_mean,
    journal::Replay,
    model::{Address, LiveObject, PortalAction},
    plan::Action,
    portal::{self, Error, Portal, Task, with_hint},
    render::escape,
};
use anyhow::Context as _;
use jiff::SignedDuration;
use std::{collections::BTreeSet, io::Write as _, path::Path};

/// An object that was found on the portal.
pub(super) struct Found {
    /// The object.
    pub(super) subject: Subject,
    /// What it holds.
    pub(super) live: LiveObject,
    /// Whether a welcome was sent within the last day.
    pub(super) was_invited_lately: bool,
}

/// Refuses an action that the portal doesn't offer.
pub(super) fn check_offered(workspace: &Workspace, action: PortalAction) -> anyhow::Result<()> {
    let config = &workspace.config.portal;
    let offered = portal::capabilities(config).actions;
    if offered.contains(&action) {
        return Ok(());
    }
    let names: Vec<&str> = offered.iter().map(|action| action.name()).collect();
    let title = &config.profile().title;
    let message = match names.as_slice() {
        [] => format!("{title} offers no actions, so `{action}` must be done in the portal itself"),
        names => format!(
            "{title} doesn't offer `{action}`; it offers {}",
            names.join(", ")
        ),
    };
    Err(UsageError(message).into())
}

/// The addresses that a command means.
pub(super) fn addresses(
    command: &Command,
    workspace: &Workspace,
    directory: &Path,
) -> anyhow::Result<Vec<Address>> {
    let kind = command.action().kind();
    if let Some(journal) = command.of() {
        let path = directory.join(journal);
        let replay = Replay::read(&path)
            .with_context(|| format!("the journal {} can't be read", path.display()))?;
        let portal = workspace.config.portal.identity().digest();
        if replay.heading.portal_id != portal {
            let message = format!("{} is the journal of another portal", path.display());
            return Err(UsageError(message).into());
        }
        let operations = replay.operations.into_iter().zip(replay.outcomes);
        let created = operations.filter(|(operation, outcome)| {
            operation.action == Action::Create
                && operation.address.kind == kind
                && *outcome == apply::Outcome::Done
        });
        return Ok(created.map(|(operation, _)| operation.address).collect());
    }
    let mut seen = BTreeSet::new();
    let mut addresses = command.addresses().to_vec();
    addresses.retain(|address| seen.insert(address.clone()));
    let wrong: Vec<String> = addresses
        .iter()
        .filter(|address| address.kind != kind)
        .map(|address| {
            let action = command.action();
            format!("{address}: `{action}` is for {kind}, such as {kind}/KEY")
        })
        .collect();
    match wrong.is_empty() {
        true => Ok(addresses),
        false => Err(UsageError(wrong.join("\n")).into()),
    }
}

/// Finds objects on the portal.
pub(super) async fn find(
    addresses: &[Address],
    workspace: &Workspace,
    portal: &dyn Portal,
) -> anyhow::Result<Vec<Found>> {
    let kinds = addresses.iter().map(|address| address.kind).collect();
    let live = portal.read(&kinds, &()).await?;
    let capabilities = portal.capabilities();
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for address in addresses {
        let known_as = on_portal(address, &workspace.state, &capabilities);
        let Some(object) = live.get(known_as.kind, &known_as.key) else {
            let keys = live.of_kind(known_as.kind).map(|(key, _)| key);
            let help = match did_you_mean(&known_as.key, keys) {
                _ if workspace.state.get(address).is_some() => {
                    "the files declare it, so apply first".to_owned()
                }
                Some(near) => format!("did you mean {}/{near}?", known_as.kind),
                None => format!("`callsheet list {}` shows what there is", known_as.kind),
            };
            unknown.push(format!("{address} doesn't exist on the portal; {help}"));
            continue;
        };
        let day = SignedDuration::from_hours(24);
        let invited_at = object.login.and_then(|login| login.invited_at);
        found.push(Found {
            subject: Subject {
                address: address.clone(),
                on_portal: known_as,
                id: object.id.clone(),
                etag: object.etag.clone(),
            },
            live: object.clone(),
            was_invited_lately: invited_at
                .is_some_and(|at| settings::now().duration_since(at) < day),
        });
    }
    match unknown.is_empty() {
        true => Ok(found),
        false => Err(UsageError(unknown.join("\n")).into()),
    }
}

/// Checks all objects before the first is acted on. Of those that an apply created, the refused ones are skipped, and
/// those that were invited lately.
pub(super) async fn check(
    found: Vec<Found>,
    task: Task<'_>,
    command: &Command,
    portal: &dyn Portal,
    terminal: &mut Terminal,
) -> anyhow::Result<Result<Vec<Found>, Outcome>> {
    let (mut ready, mut refused) = (Vec::new(), Vec::new());
    let skips = command.of().is_some();
    for found in found {
        let address = &found.subject.address;
        if skips && found.was_invited_lately && command.action() == PortalAction::Welcome {
            refused.push(format!("{address}: got a welcome within the last day"));
            continue;
        }
        match portal.check_action(&found.subject.act(task)).await {
            Ok(()) => ready.push(found),
            Err(
                error @ (Error::Refused { .. } | Error::Forbidden { .. } | Error::Stale { .. }),
            ) => {
                refused.push(format!("{address}: {}", with_hint(&error)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    for refusal in &refused {
        let level = if skips { "skipped" } else { "error" };
        writeln!(terminal.err, "{level}: {}", escape::line(refusal))?;
    }
    if !refused.is_empty() && !skips {
        writeln!(terminal.err, "nothing was done")?;
        return Ok(Err(Outcome::Refused));
    }
    if ready.is_empty() {
        return Ok(Err(Outcome::Done));
    }
    Ok(Ok(ready))
}
