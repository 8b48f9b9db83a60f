//! The commands that show what the portal holds: `list` and `show`.

mod list;
mod show;

pub(super) use list::{ListArgs, ListDocument, list};
pub(super) use show::{ShowArgs, ShowDocument, show};

use super::{
    outcome::Outcome,
    settings::Terminal,
    workspace::{self, Obstacle, Workspace},
};
use crate::{
    model::{Address, Capabilities, Fields, Live, LiveObject, Standing, State},
    portal::Details,
    render::Format,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{path::Path, sync::Arc};

/// One live object.
#[derive(Debug, Serialize, JsonSchema)]
struct ObjectDocument {
    /// Its kind and key.
    address: Address,
    /// The portal's own name for it.
    id: String,
    /// Whether the portal made it for itself.
    system: bool,
    /// Why no declaration can describe it, if none can, as the end of a sentence about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsupported: Option<String>,
    /// How many voicemail messages it has.
    messages: u32,
    /// What it holds, without defaults; of secrets only their version.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    fields: Fields,
}

impl ObjectDocument {
    fn of(address: Address, object: &LiveObject) -> Self {
        Self {
            address,
            id: object.id.to_string(),
            system: object.standing == Standing::BuiltIn,
            unsupported: match &object.standing {
                Standing::Unsupported(reason) => Some(reason.to_string()),
                Standing::Manageable | Standing::BuiltIn => None,
            },
            messages: object.messages,
            fields: object.fields.starred(),
        }
    }
}

/// The workspace, without warnings about its files.
fn load(directory: &Path, terminal: &mut Terminal) -> anyhow::Result<Result<Workspace, Outcome>> {
    let folder = workspace::folder(directory, None);
    let (workspace, report) = Workspace::read(folder.clone())?;
    match workspace {
        Some(workspace) => Ok(Ok(workspace)),
        None => Obstacle::Invalid(folder, report)
            .show(Format::Text, terminal)
            .map(Err),
    }
}

/// What the portal holds, and what it supports now that it was asked.
fn read(
    workspace: &Workspace,
    wanted: Details<'_>,
    terminal: &mut Terminal,
) -> anyhow::Result<(Live, Arc<Capabilities>)> {
    workspace::runtime()?.block_on(async {
        let portal = workspace.open_as_merged(terminal)?;
        let live = workspace::read(&*portal, wanted, terminal).await?;
        Ok((live, portal.capabilities()))
    })
}

/// The address by which the portal knows a resource.
pub(super) fn on_portal(
    address: &Address,
    declared: &State,
    capabilities: &Capabilities,
) -> Address {
    match declared.get(address) {
        Some(resource) => capabilities.portal_address(address, &resource.fields),
        None => address.clone(),
    }
}
