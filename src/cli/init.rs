//! `callsheet init`: a workspace that validates and plans.

use super::{expect_format, outcome::Outcome, settings::Terminal, workspace};
use crate::{config::PortalKind, render::Format, repo::CONFIGURATION, schema};
use anyhow::{Context as _, bail};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
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

/// Where the schemas lie that the files' first line names, so that an editor needs no network.
const SCHEMAS: &str = ".callsheet/schema";

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    expect_format(format, &[Format::Text])?;
    let folder = workspace::folder(directory, args.folder.as_deref());
    let files = [
        (CONFIGURATION.to_owned(), configuration(args.portal)),
        ("people.yaml".to_owned(), people(args.portal)),
        (
            ".gitignore".to_owned(),
            "# The sandbox's database is this machine's own.\n.callsheet/*.db*\n".to_owned(),
        ),
    ];
    let schemas = schema::published().into_iter().map(|(name, schema)| {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
        (format!("{SCHEMAS}/{name}.schema.json"), text + "\n")
    });
    if let Some((there, _)) = files
        .iter()
        .find(|(name, _)| name != ".gitignore" && folder.join(name).exists())
    {
        bail!(
            "{} is there already; nothing was written",
            folder.join(there).display()
        );
    }
    for (name, text) in files.into_iter().chain(schemas) {
        let path = folder.join(&name);
        if path.exists() {
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("{} can't be made", parent.display()))?;
        }
        std::fs::write(&path, text)
            .with_context(|| format!("{} can't be written", path.display()))?;
        if !name.starts_with('.') {
            writeln!(terminal.out, "{}", path.display())?;
        }
    }
    writeln!(terminal.out, "next: callsheet plan {}", folder.display())?;
    Ok(Outcome::Done)
}

fn configuration(portal: PortalKind) -> String {
    let portal = match portal {
        PortalKind::Sandbox => SANDBOX,
        PortalKind::Kazoo => KAZOO,
    };
    format!(
        "# yaml-language-server: $schema={SCHEMAS}/callsheet.schema.json
{portal}policy:
  prune: declared                   # delete only what Git shows that we declared
  extensions: {{ digits: 2-4 }}
"
    )
}

const SANDBOX: &str = "portal:
  kind: sandbox                     # the built-in portal
  database: .callsheet/sandbox.db   # runs inside the command; `url:` for one that is served
";

const KAZOO: &str = "portal:
  kind: kazoo
  url: https://kazoo.example:8443   # where Crossbar answers
  tenant: acme                      # the account: its name, its realm or its id
  credentials:
    token: { env: CALLSHEET_TOKEN } # the account's API key; or `user:` and `password:`
";

fn people(portal: PortalKind) -> String {
    let scope = match portal {
        PortalKind::Sandbox => "administrator",
        PortalKind::Kazoo => "admin",
    };
    format!(
        "# yaml-language-server: $schema={SCHEMAS}/resources.schema.json
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    extension: 1001
    scope: {scope}
extensions:
  2000: {{ kind: ring_group, name: Front desk, members: [alice] }}
"
    )
}
