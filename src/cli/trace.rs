//! `callsheet trace`: follows a call through the files. It asks no portal.

use super::{
    outcome::Outcome,
    settings::Terminal,
    workspace::{self, Obstacle, Workspace},
};
use crate::{
    diagnostic::did_you_mean,
    model::{Address, Kind, State},
    render::{Format, escape, json::FORMAT_VERSION},
    rules::of_field,
    trace::{Call, End, Line, Moment, Place, tree, verdict, walk},
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    io::{self, Write},
    path::Path,
};
use unicode_width::UnicodeWidthStr as _;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What is called: an external number, an extension, or an address such as users/ann
    #[arg(value_name = "NUMBER | ADDRESS")]
    called: String,

    /// When the call comes in: "Sat 03:00", 2026-12-24T10:00 where each schedule is, or an instant with its offset
    /// [default: every branch of the schedules]
    #[arg(long, value_name = "WHEN")]
    at: Option<Moment>,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    format: Format,
}

/// What `callsheet trace --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TraceDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// What is called.
    called: String,
    /// When the call comes in; without it, the steps have every branch of the schedules.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The call.
    #[serde(flatten)]
    call: Call,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let folder = workspace::folder(directory, None);
    let (loaded, report) = Workspace::read(folder.clone())?;
    let Some(workspace) = loaded else {
        return Obstacle::Invalid(folder, report).show(Format::Text, terminal);
    };
    let state = &workspace.state;
    let called = number(&args.called);
    let mut call = walk(state, &called, args.at.as_ref());
    call.locate(&|address, field| place(state, address, field));
    let outcome = match call.answered {
        true => Outcome::Done,
        false => Outcome::Failed,
    };
    let is_unknown = call
        .nodes
        .first()
        .is_some_and(|called| called.end == Some(End::Unknown));
    if args.format == Format::Json {
        let document = TraceDocument {
            format_version: FORMAT_VERSION,
            called,
            at: args.at.as_ref().map(ToString::to_string),
            call,
        };
        escape::json(&document, &mut terminal.out)?;
    } else {
        write_tree(&call, &mut terminal.out)?;
        if let Some(near) = near(state, &called).filter(|_| is_unknown) {
            let hint = format!("did you mean {near}?");
            writeln!(terminal.out, "{}", escape::line(&hint))?;
        }
    }
    Ok(outcome)
}

/// Writes a call as a tree, and who answers.
fn write_tree(call: &Call, out: &mut dyn Write) -> io::Result<()> {
    let escaped = |Line { text, place }: Line| (escape::line(&text), escape::line(&place));
    let lines: Vec<(String, String)> = tree(call).into_iter().map(escaped).collect();
    let with_place = lines.iter().filter(|(_, place)| !place.is_empty());
    let width = with_place.map(|(text, _)| text.width()).max().unwrap_or(0);
    for (text, place) in &lines {
        let pad = match place.is_empty() {
            true => 0,
            false => width - text.width() + 2,
        };
        writeln!(out, "{text}{:pad$}{place}", "")?;
    }
    writeln!(out)?;
    writeln!(out, "{}", escape::line(&verdict(call)))
}

/// An external number as the files have it.
fn number(text: &str) -> String {
    match text.starts_with('+') {
        true => text.replace([' ', '-', '.', '(', ')'], ""),
        false => text.to_owned(),
    }
}

/// Where a field of a resource is declared.
fn place(state: &State, address: &Address, field: &str) -> Option<Place> {
    let origin = state.get(address)?.origin.as_ref()?;
    let place = of_field(origin, field);
    Some(Place {
        file: place.source.name().to_owned(),
        line: place.start().line,
    })
}

/// Something declared whose name is near.
fn near(state: &State, called: &str) -> Option<String> {
    let kinds = [Kind::Users, Kind::Extensions, Kind::Numbers];
    let keys = state
        .resources
        .keys()
        .filter(|address| kinds.contains(&address.kind))
        .map(|address| &*address.key);
    let extensions = state.of_kind(Kind::Users);
    let extensions = extensions.filter_map(|(_, user)| user.fields.text("extension"));
    let key = called.split_once('/').map_or(called, |(_, key)| key);
    did_you_mean(key, keys.chain(extensions)).map(str::to_owned)
}
