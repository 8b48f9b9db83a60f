//! The *record of an apply*, read before a plan and written after an apply: on the portal where it has a
//! place for one, else in Git.

use super::{
    history::{Baseline, Revisions},
    settings::{self, Terminal},
    workspace::Workspace,
};
use crate::{
    config::RecordPlace,
    history::History,
    model::Record,
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

/// Writes the record of an apply that was complete: `commit` is what the portal holds now.
pub(super) async fn write(
    workspace: &Workspace,
    history: &History,
    portal: &dyn Portal,
    commit: &str,
    digest: String,
) -> anyhow::Result<()> {
    let identity = workspace.config.portal.identity().digest();
    let record = Record {
        workspace: history.name().to_owned(),
        commit: commit.to_owned(),
        portal: identity.clone(),
        at: settings::now(),
        by: settings::author()
            .or_else(|| history.git.author())
            .unwrap_or_default(),
        run: settings::run_url().unwrap_or_default(),
        digest,
    };
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
            history.git.set_record(&record)?;
            if history.git.has_remote() {
                history
                    .git
                    .push_record(history.name(), &identity)
                    .context("everything was applied, but the record of it can't be pushed, so other clones don't know; give the job permission to push to refs/callsheet, or set `portal.record`")?;
            }
        }
        RecordPlace::Local => history.git.set_record(&record)?,
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
