//! `callsheet sandbox edit`: changes a field on the sandbox, as if somebody had clicked in a portal.

use crate::{
    cli::{live::on_portal, outcome::Outcome, settings::Terminal, workspace, workspace::Workspace},
    config::PortalKind,
    model::{Address, Fields, Live, LiveObject, Name, Shape, Value},
    plan::changes,
    portal::{ObjectRef, Verb, Write},
    render::{Format, escape},
};
use anyhow::{Context as _, bail};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::Path,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Kind and key of the object, such as users/ann
    #[arg(value_name = "ADDRESS")]
    address: Address,

    /// Field and new value, such as dnd=false or voicemail.mailbox=1001; without a value the field is cleared
    #[arg(value_name = "FIELD=VALUE", required = true)]
    changes: Vec<String>,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let folder = workspace::folder(directory, None);
    let workspace = match Workspace::load(folder, Format::Text, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    if workspace.config.portal.kind != PortalKind::Sandbox {
        bail!("callsheet.yaml: the portal is no sandbox; make the change in the portal itself");
    }
    workspace::runtime()?.block_on(async {
        let portal = workspace.open_as_merged(terminal)?;
        let capabilities = portal.capabilities();
        let address = on_portal(&args.address, &workspace.state, &capabilities);
        let live = portal.read(&BTreeSet::from([address.kind]), &()).await?;
        let object = found(&live, &address)?;
        let shape = address.kind.shape();
        let mut target = object.fields.clone();
        for change in &args.changes {
            set(shape, &mut target, change)?;
        }
        let target = shape.without_defaults(target);
        let changes = changes(shape, &object.fields, &target);
        if changes.is_empty() {
            writeln!(terminal.out, "{} already holds that", args.address)?;
            return Ok(Outcome::Done);
        }
        let write = Write {
            address: &address,
            verb: Verb::Update(ObjectRef {
                id: &object.id,
                key: &address.key,
                etag: object.etag.as_deref(),
            }),
            target: &target,
            changes: &changes,
            secrets: &BTreeMap::new(),
            greeting: None,
        };
        portal.write(&write).await?;
        let names = changes.iter().map(|change| change.path.join("."));
        let names: Vec<String> = names.collect();
        let told = format!("changed {} of {}", names.join(", "), args.address);
        writeln!(terminal.out, "{}", escape::line(&told))?;
        Ok(Outcome::Done)
    })
}

fn found<'l>(live: &'l Live, address: &Address) -> anyhow::Result<&'l LiveObject> {
    live.get(address.kind, &address.key)
        .with_context(|| format!("there is no {address} on the sandbox"))
}

/// Sets the field that `FIELD=VALUE` names.
fn set(shape: &Shape, fields: &mut Fields, change: &str) -> anyhow::Result<()> {
    let Some((path, text)) = change.split_once('=') else {
        bail!("`{change}` is not a field and a value; write dnd=false");
    };
    let names: Vec<Name> = path.split('.').map(Name::from).collect();
    let field = names.iter().try_fold(shape, |shape, name| {
        let field = shape
            .fields(fields)
            .iter()
            .find(|field| field.name == *name);
        let field = field.or_else(|| shape.field_of_any_type(name));
        field.map(|field| field.shape.strict())
    });
    let Some(field) = field else {
        bail!("there is no field `{path}`");
    };
    if text.is_empty() {
        fields.put(&names, None);
        return Ok(());
    }
    let json = match field {
        Shape::Secret => bail!("`{path}` is a secret; it is set by an apply"),
        Shape::Text(_) | Shape::Choice(_) => json!(text),
        _ => serde_json::from_str(text).with_context(|| {
            format!("`{path}`: `{text}` is not a value; write true, 12 or [\"a\"]")
        })?,
    };
    let value = read(shape, fields, &names, json).with_context(|| format!("`{change}`"))?;
    fields.put(&names, Some(value));
    Ok(())
}

/// The value of the model that JSON stands for at a path.
fn read(shape: &Shape, fields: &Fields, names: &[Name], json: Json) -> anyhow::Result<Value> {
    let nested = names
        .iter()
        .rev()
        .fold(json, |inner, name| json!({ &**name: inner }));
    let mut record = nested.as_object().cloned().unwrap_or_default();
    if let Shape::Variants { tag, .. } = shape
        && let Some(word) = fields.text(tag)
    {
        record.insert(tag.to_string(), word.into());
    }
    let read = shape.read(&Json::Object(record))?;
    let value = read.at(names.iter().map(|name| &**name)).cloned();
    value.context("no such field")
}
