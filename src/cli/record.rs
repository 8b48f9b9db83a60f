//! The *record of an apply*, read before a plan and written after an apply: on the portal where it has a
//! place for one, else in Git.

use super::{
    history::{Baseline, Revisions},
    settings::{self, Terminal},
    workspace::Workspace,
};
use crate::{
    apply::Applied,
    config::RecordPlace,
    history::History,
    model::{Capabilities, Kind, Name, Record, SecretPlace, SentSecrets, Value},
    plan::{Action, Plan},
    portal::{self, Check, Portal},
    render::escape,
};
use anyhow::{Context as _, bail};
use std::io::Write as _;

/// Where the record of a workspace is kept.
pub(super) fn place(workspace: &Workspace, portal: &dyn Portal) -> anyhow::Result<RecordPlace> {
    let config = &workspace.config.portal;
    Ok(match (config.record, portal.keeps_records()) {
        (Some(RecordPlace::Portal), false) => bail!(
            "callsheet.yaml: `portal.record: portal` is not possible, because {} has no place for a record, or the credentials may not use it; write `git` or `local`",
            config.kind
        ),
        (Some(place), _) => place,
        (None, true) => RecordPlace::Portal,
        (None, false) => RecordPlace::Git,
    })
}

/// Reads the record.
pub(super) async fn read(
    workspace: &Workspace,
    history: &History,
    portal: &dyn Portal,
    terminal: &mut Terminal,
) -> anyhow::Result<Option<Record>> {
    let identity = workspace.config.portal.identity().digest();
    let name = history.name();
    let mut on_portal = None;
    if place(workspace, portal)? == RecordPlace::Portal {
        let text = portal
            .record(name)
            .await
            .context("the record of what was applied can't be read from the portal")?;
        on_portal = text.as_deref().and_then(Record::parse);
    }
    // The portal may have told that it has no place for a record.
    let record = match place(workspace, portal)? {
        RecordPlace::Portal => on_portal,
        RecordPlace::Git => {
            if history.git.has_remote()
                && let Err(error) = history.git.fetch_record(name, &identity)
            {
                let error = escape::line(&error.to_string());
                writeln!(
                    terminal.err,
                    "warning: the record of what was applied can't be fetched, so this clone's is used: {error}"
                )?;
            }
            history.git.record(name, &identity)
        }
        RecordPlace::Local => history.git.record(name, &identity),
    };
    // A record of another workspace or portal was copied here: it says nothing.
    Ok(record.filter(|record| record.workspace == name && record.portal == identity))
}

/// What an apply leaves to record.
pub(super) struct News {
    /// The commit that the portal holds now, and the digest of the plan; nothing after an apply that wasn't of
    /// one commit, or wasn't complete.
    pub(super) commit: Option<(String, String)>,
    /// The objects whose secrets the portal has no place for, with what was sent to them.
    pub(super) sent: Vec<Sent>,
}

/// What was done to one object whose secrets the portal has no place for.
pub(super) struct Sent {
    kind: Kind,
    id: Box<str>,
    /// The version of each secret that was sent, or nothing for one that was cleared; nothing at all of an
    /// object that was deleted.
    secrets: Option<Vec<(Vec<Name>, Option<u32>)>>,
}

/// What an apply sent of secrets that the portal has no place for.
pub(super) fn sent(plan: &Plan, applied: &Applied, capabilities: &Capabilities) -> Vec<Sent> {
    let done = plan.operations.iter().zip(&applied.results);
    let sent = done.filter_map(|(operation, result)| {
        let kind = operation.address.kind;
        if capabilities.secrets(kind) != SecretPlace::Record {
            return None;
        }
        let written = result.written.as_ref()?;
        let secrets = operation.changes.iter().filter_map(|change| {
            let version = |value: &Option<Value>| match value {
                Some(Value::Secret(secret)) => Some(secret.version),
                _ => None,
            };
            let (before, after) = (version(&change.before), version(&change.after));
            (before.is_some() || after.is_some()).then(|| (change.path.clone(), after))
        });
        let (id, secrets) = match (operation.action, &operation.object) {
            (Action::Delete, Some(object)) => (object.id.clone(), None),
            _ => (written.id.clone(), Some(secrets.collect())),
        };
        Some(Sent { kind, id, secrets })
    });
    let is_news = |one: &Sent| {
        one.secrets
            .as_ref()
            .is_none_or(|secrets| !secrets.is_empty())
    };
    sent.filter(is_news).collect()
}

/// Writes what an apply leaves to record, over what others recorded meanwhile of other objects.
pub(super) async fn write(
    workspace: &Workspace,
    history: &History,
    portal: &dyn Portal,
    news: News,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let News { commit, sent } = news;
    let capabilities = portal.capabilities();
    let mut kinds = capabilities.kinds.values();
    let before = match kinds.any(|kind| kind.secrets == SecretPlace::Record) {
        true => read(workspace, history, portal, terminal).await?,
        false => None,
    };
    let mut secrets = before
        .as_ref()
        .map_or_else(SentSecrets::default, |record| record.secrets.clone());
    for one in sent {
        let Some(paths) = one.secrets else {
            secrets.forget(one.kind, &one.id);
            continue;
        };
        for (path, version) in paths {
            match version {
                Some(version) => secrets.sent(one.kind, &one.id, &path, version),
                None => secrets.cleared(one.kind, &one.id, &path),
            }
        }
    }
    let (commit, digest) = match (commit, before) {
        (Some(commit), _) => commit,
        // Without a commit that was applied there is no record yet, and the secrets are sent again.
        (None, None) => return Ok(()),
        (None, Some(before)) => {
            let record = Record { secrets, ..before };
            return put(workspace, history, portal, &record).await;
        }
    };
    let author = settings::author(Some(&history.git)).unwrap_or_default();
    let record = Record {
        workspace: history.name().to_owned(),
        commit,
        portal: workspace.config.portal.identity().digest(),
        at: settings::now(),
        as_of: Some(workspace.today).filter(|day| *day != settings::today()),
        by: author.name,
        run: author.run_url.unwrap_or_default(),
        digest,
        secrets,
    };
    put(workspace, history, portal, &record).await
}

async fn put(
    workspace: &Workspace,
    history: &History,
    portal: &dyn Portal,
    record: &Record,
) -> anyhow::Result<()> {
    match place(workspace, portal)? {
        RecordPlace::Portal => {
            let written = portal.set_record(history.name(), &record.text()).await;
            written.map_err(|error| {
                let next = match error {
                    portal::Error::Forbidden { .. } | portal::Error::Refused { .. } => {
                        "keep it in Git instead: `portal.record: git` in callsheet.yaml"
                    }
                    _ => "apply again",
                };
                anyhow::Error::new(error).context(format!(
                    "everything was applied, but the record of it can't be written to the portal; {next}"
                ))
            })?;
        }
        RecordPlace::Git => {
            history.git.set_record(record)?;
            if history.git.has_remote() {
                history
                    .git
                    .push_record(history.name(), &record.portal)
                    .context("everything was applied, but the record of it can't be pushed, so other clones don't know; give the job permission to push to refs/callsheet, or set `portal.record`")?;
            }
        }
        RecordPlace::Local => history.git.set_record(record)?,
    }
    Ok(())
}

/// The doctor's check of the record: where it is kept and what it says. Nothing outside of Git, where
/// there is none.
pub(super) async fn check(
    workspace: &Workspace,
    portal: &dyn Portal,
    terminal: &mut Terminal,
) -> Option<Check> {
    const NAME: &str = "record";
    let mut baseline = match Baseline::read(&Revisions::default(), workspace) {
        Ok(baseline) => baseline,
        Err(error) => return Some(Check::failed(NAME, error.to_string())),
    };
    baseline.history.as_ref()?;
    if let Err(error) = baseline.read_record(workspace, portal, terminal).await {
        return Some(Check::failed(NAME, format!("{error:#}")));
    }
    // Only now it is known whether the portal has a place for it.
    let place = match place(workspace, portal) {
        Ok(RecordPlace::Portal) => "on the portal",
        Ok(RecordPlace::Git) => "in Git",
        Ok(RecordPlace::Local) => "in this clone",
        Err(error) => return Some(Check::failed(NAME, error.to_string())),
    };
    let detail = match &baseline.record {
        None => format!("kept {place}; nothing was applied yet"),
        Some(record) => {
            let short = record.commit.get(..7).unwrap_or_default();
            let (at, by) = (record.at, &record.by);
            format!("kept {place}; {short} was applied at {at} by {by}")
        }
    };
    Some(Check::passed(NAME, detail))
}
