//! `callsheet init`: a workspace that validates and plans.

use super::{outcome::Outcome, settings::Terminal};
use crate::{
    config::{PortalConfig, PortalKind},
    model::{Capabilities, Kind},
    portal::{self, Adapter},
    repo::CONFIGURATION,
    schema,
};
use anyhow::{Context as _, bail};
use std::{
    io::Write as _,
    path::{Component, Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Directory of the new workspace; created if missing [default: .]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Kind of portal
    #[arg(long, value_enum, default_value = "sandbox", value_name = "KIND")]
    portal: PortalKind,
}

/// Where the schemas lie that the files' first line and the editor's settings name: an editor needs no network.
const SCHEMAS: &str = ".callsheet/schema";

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    // Without what says nothing: `./a` is `a`.
    let folder = args.folder.as_deref().unwrap_or(Path::new(""));
    let folder: PathBuf = directory
        .join(folder)
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let adapter = portal::adapter(args.portal);
    let files = [
        (CONFIGURATION.to_owned(), configuration(args.portal)),
        ("people.yaml".to_owned(), people(adapter)),
        (".gitignore".to_owned(), GITIGNORE.to_owned()),
        (".vscode/settings.json".to_owned(), editor_settings()),
    ];
    let schemas = schema::published().into_iter().map(|(name, schema)| {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
        (format!("{SCHEMAS}/{name}.schema.json"), text + "\n")
    });
    if let Some((there, _)) = files
        .iter()
        .find(|(name, _)| !name.starts_with('.') && folder.join(name).exists())
    {
        bail!(
            "{} already exists; nothing was written",
            folder.join(there).display()
        );
    }
    for (name, text) in files.into_iter().chain(schemas) {
        let path = folder.join(&name);
        if path.exists() {
            writeln!(terminal.out, "kept    {}", path.display())?;
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("{} can't be created", parent.display()))?;
        }
        std::fs::write(&path, text)
            .with_context(|| format!("{} can't be written", path.display()))?;
        writeln!(terminal.out, "created {}", path.display())?;
    }
    write!(terminal.out, "\n{}", next_steps(args, &folder))?;
    Ok(Outcome::Done)
}

/// What to do with a new workspace.
fn next_steps(args: &Args, folder: &Path) -> String {
    let is_here = folder.as_os_str().is_empty();
    let folder = if is_here { Path::new(".") } else { folder };
    let directory = match is_here {
        true => String::new(),
        false => format!(" -C {}", folder.display()),
    };
    let first = match portal::adapter(args.portal).is_embeddable {
        true => "Declare your people in people.yaml.".to_owned(),
        false => {
            format!("Set `portal` in callsheet.yaml, then check it: callsheet{directory} doctor")
        }
    };
    let is_in_git = folder.canonicalize().is_ok_and(|folder| {
        folder
            .ancestors()
            .any(|folder| folder.join(".git").exists())
    });
    let git = format!("git{directory}");
    let commit = if is_in_git {
        format!("{git} add . && {git} commit -m \"Add the phone system\"")
    } else {
        format!("{git} init && {git} add . && {git} commit -m \"Add the phone system\"")
    };
    format!(
        "Next steps:
  1. {first}
  2. Commit the files: {commit}
  3. Review and apply the changes: callsheet{directory} plan, then callsheet{directory} apply
"
    )
}

/// Ignores what belongs to this machine: the sandbox's database and its token, and the journals, which hold
/// names and numbers. The schemas are for everybody.
const GITIGNORE: &str = "# Databases, tokens and journals of this machine
.callsheet/*
!.callsheet/schema/
";

/// Tells VS Code which schema a file has, wherever it lies in the workspace.
fn editor_settings() -> String {
    let settings = serde_json::json!({
        "yaml.schemas": {
            format!("{SCHEMAS}/callsheet.schema.json"): [CONFIGURATION],
            format!("{SCHEMAS}/resources.schema.json"): ["**/*.yaml", "**/*.yml", format!("!{CONFIGURATION}")],
        },
    });
    serde_json::to_string_pretty(&settings).expect("settings are plain data") + "\n"
}

fn configuration(kind: PortalKind) -> String {
    let portal = portal::adapter(kind).example.portal;
    format!(
        "# yaml-language-server: $schema={SCHEMAS}/callsheet.schema.json
{portal}policy:
  prune: declared                   # delete only what Git shows that we declared
  extensions: {{ digits: 2-4 }}
{}",
        own_settings(&portal::capabilities(&PortalConfig::new(kind)))
    )
}

// N12
/// The fields that people set themselves, so that no plan takes their settings back; those that the portal
/// supports.
fn own_settings(portal: &Capabilities) -> String {
    let users = portal.kinds.get(&Kind::Users);
    let supported = ["dnd", "forwarding"]
        .into_iter()
        .filter(|field| users.is_some_and(|users| !users.unsupported.contains(*field)));
    let lines: Vec<String> = supported
        .map(|field| format!("  users.{field}: initial\n"))
        .collect();
    let lines = lines.concat();
    if lines.is_empty() {
        return lines;
    }
    format!(
        "fields:                             # people change these themselves: set once, then left alone\n{lines}"
    )
}

fn people(adapter: &Adapter) -> String {
    let people = adapter.example.people;
    format!("# yaml-language-server: $schema={SCHEMAS}/resources.schema.json\n{people}")
}
