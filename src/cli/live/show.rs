//! `callsheet show` shows one object: its values and where they come from, what a user may do, and who refers to it.

use super::{ObjectDocument, load, on_portal};
use crate::{
    cli::{
        outcome::Outcome,
        settings::Terminal,
        workspace::{self, Workspace},
    },
    model::{Address, Capabilities, Kind, Live, LiveObject, Message},
    portal::{self, Details},
    render::{self, Format, escape, json::FORMAT_VERSION},
    view::{Granted, Object, Origin, Referral, Referrals, Shown, View, notes},
};
use anyhow::Context as _;
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::BTreeMap, io::Write as _, path::Path, sync::Arc};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ShowArgs {
    /// Address of the object, such as users/alice
    address: Address,

    /// Output format
    #[arg(long, value_parser = crate::cli::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(in crate::cli) format: Format,

    /// Show what the files declare, without contacting the portal
    #[arg(long)]
    declared: bool,

    /// List the voicemail messages of a user: from whom, when, and how long; never what they say
    #[arg(long, conflicts_with = "declared")]
    messages: bool,
}

/// What `show --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct ShowDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The object. Without the portal its id is empty.
    #[serde(flatten)]
    object: ObjectDocument,
    /// Where each value comes from, by field.
    origins: BTreeMap<String, OriginDocument>,
    /// What a user may do.
    effective: Vec<GrantedDocument>,
    /// Who refers to it.
    referrers: Vec<ReferrerDocument>,
    /// The voicemail messages, the oldest first, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    voicemail: Option<Vec<Message>>,
}

/// Where a value comes from.
#[derive(Debug, Serialize, JsonSchema)]
struct OriginDocument {
    /// `file`, `template`, `lifecycle`, `portal`, `policy` or `default`.
    from: &'static str,
    /// The template, if it comes from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    /// The attribute of the template that gives it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
    /// The file that declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Whether what is declared isn't on the portal yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pending: bool,
}

/// What a user may do.
#[derive(Debug, Serialize, JsonSchema)]
struct GrantedDocument {
    /// The permission.
    permission: String,
    /// What gives it.
    from: Vec<String>,
}

/// What refers to an object.
#[derive(Debug, Serialize, JsonSchema)]
struct ReferrerDocument {
    /// Its address, or the portal's words for it.
    by: String,
    /// The field, or where in the portal's words.
    path: String,
    /// The file and line that declare it.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

pub(in crate::cli) fn show(
    args: &ShowArgs,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let workspace = match load(directory, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let capabilities = portal::capabilities(&workspace.config.portal);
    let Read {
        live,
        capabilities,
        voicemail,
    } = if args.declared {
        Read {
            live: None,
            capabilities: Arc::new(capabilities),
            voicemail: None,
        }
    } else {
        let address = on_portal(&args.address, &workspace.state, &capabilities);
        read(args, &workspace, &address, terminal)?
    };
    let view = View::new(
        &workspace.state,
        live.as_ref(),
        &workspace.config,
        &capabilities,
    );
    // People also name an object as the portal does.
    let address = view.named(args.address.kind, &args.address.key);
    let object = view.get(&address).filter(|object| {
        let is_there = object.live.is_some();
        is_there || args.declared
    });
    let Some(object) = object else {
        return Err(absent(&args.address, &view, live.as_ref()));
    };
    let referrals = Referrals::of(&view);
    let seen = Seen {
        values: view.values(&address, object),
        granted: match address.kind {
            Kind::Users => view.permissions(object),
            _ => Vec::new(),
        },
        referrals: referrals.to(&address),
        voicemail,
        address,
    };
    match format {
        Format::Json => escape::json(&seen.document(object), &mut terminal.out)?,
        _ => seen.write(object, terminal)?,
    }
    Ok(Outcome::Done)
}

/// What was read of the portal.
struct Read {
    /// What it holds; nothing if it wasn't asked.
    live: Option<Live>,
    /// What it supports.
    capabilities: Arc<Capabilities>,
    /// The voicemail messages, if they were asked for.
    voicemail: Option<Vec<Message>>,
}

/// Reads an object of the portal and what refers to it.
fn read(
    args: &ShowArgs,
    workspace: &Workspace,
    address: &Address,
    terminal: &mut Terminal,
) -> anyhow::Result<Read> {
    workspace::runtime()?.block_on(async {
        let portal = workspace.open_as_merged(terminal)?;
        let wanted = Details::Evidence(std::slice::from_ref(address));
        let live = workspace::read(&*portal, wanted, terminal).await?;
        let user = live.get(address.kind, &address.key);
        let voicemail = match user.filter(|_| args.messages) {
            None => None,
            Some(user) => {
                let messages = portal.messages(address, &user.id).await?;
                Some(messages.context("the portal doesn't list voicemail messages")?)
            }
        };
        Ok(Read {
            capabilities: portal.capabilities(),
            live: Some(live),
            voicemail,
        })
    })
}

/// An object that isn't there, with a near one.
fn absent(asked: &Address, view: &View<'_>, live: Option<&Live>) -> anyhow::Error {
    let Address { kind, key } = asked;
    let place = if live.is_some() {
        "on the portal"
    } else {
        "in the files"
    };
    let known = view.of_kind(*kind);
    let here = known.iter().filter(|(_, object)| match live {
        Some(_) => object.live.is_some(),
        None => object.declared.is_some(),
    });
    let near = crate::diagnostic::did_you_mean(key, here.map(|(address, _)| &*address.key));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean {kind}/{near}?"));
    anyhow::anyhow!("there is no {asked} {place}{hint}")
}

/// An object with all that is known of it.
struct Seen<'a> {
    address: Address,
    values: Vec<Shown>,
    granted: Vec<Granted>,
    referrals: &'a [Referral],
    voicemail: Option<Vec<Message>>,
}

impl Seen<'_> {
    fn write(&self, object: Object<'_>, terminal: &mut Terminal) -> anyhow::Result<()> {
        let out = &mut terminal.out;
        let mut head = vec![self.address.to_string()];
        head.extend(object.live.map(|live| format!("id {}", live.id)));
        let declared = object.declared.and_then(|one| one.origin.as_ref());
        head.push(declared.map_or_else(
            || "not declared".to_owned(),
            |origin| {
                let place = origin.place();
                format!("{}:{}", place.source.name(), place.start().line)
            },
        ));
        writeln!(out, "{}", escape::line(&head.join(" · ")))?;
        render::shown::values(&self.values, out)?;
        render::shown::permissions(&self.granted, out)?;
        render::shown::referrals(self.referrals, out)?;
        let notes = notes(object);
        if object.live.is_some() && !notes.is_empty() {
            let notes = escape::line(&notes.join(" · "));
            writeln!(out, "on the portal\n  {notes}")?;
        }
        if let Some(messages) = &self.voicemail {
            let head = ["VOICEMAIL FROM", "AT", "SECONDS"]
                .map(str::to_owned)
                .to_vec();
            let rows = messages.iter().map(|one| {
                let from = match one.from.as_str() {
                    "" => "withheld",
                    from => from,
                };
                vec![from.to_owned(), one.at.to_string(), one.seconds.to_string()]
            });
            let rows: Vec<_> = [head].into_iter().chain(rows).collect();
            render::table::table(&rows, out)?;
        }
        Ok(())
    }

    fn document(&self, object: Object<'_>) -> ShowDocument {
        let nothing = LiveObject {
            fields: object.fields().clone(),
            ..LiveObject::default()
        };
        let live = object.live.unwrap_or(&nothing);
        let origins = self.values.iter().map(|shown| {
            let place = shown.origin.place();
            let (template, attribute) = match &shown.origin {
                Origin::Template {
                    template,
                    attribute,
                    ..
                } => (
                    Some(template.to_string()),
                    attribute.as_ref().map(|(name, _)| name.to_string()),
                ),
                _ => (None, None),
            };
            let origin = OriginDocument {
                from: shown.origin.word(),
                template,
                attribute,
                file: place.map(|place| place.source.name().to_owned()),
                line: place.map(|place| place.start().line),
                pending: shown.declared.is_some(),
            };
            (shown.path.clone(), origin)
        });
        let effective = self.granted.iter().map(|one| GrantedDocument {
            permission: one.permission.to_string(),
            from: one.from.clone(),
        });
        let referrers = self.referrals.iter().map(|one| ReferrerDocument {
            by: one.by.clone(),
            path: one.path.to_string(),
            place: one.place.clone(),
        });
        ShowDocument {
            format_version: FORMAT_VERSION,
            object: ObjectDocument::of(self.address.clone(), live),
            origins: origins.collect(),
            effective: effective.collect(),
            referrers: referrers.collect(),
            voicemail: self.voicemail.clone(),
        }
    }
}
