//! `callsheet doctor`: whether the portal is there, lets us in, and can hold what the files declare.

use super::{
    expect_format,
    outcome::Outcome,
    settings::{self, Terminal},
    workspace,
};
use crate::{
    config::{Config, PortalKind},
    desired::{self, Desired},
    diagnostic::{Level, Report},
    model::{SecretRef, State, text::Line},
    portal::{self, Capabilities, Symptom, http::Base},
    render::{
        Format, counted, escape,
        json::{DiagnosticEntry, FORMAT_VERSION},
    },
    repo,
    support::check_support,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};
use unicode_width::UnicodeWidthStr as _;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Workspace [default: found from the current directory upwards]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// What `doctor --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DoctorDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The portal that is meant.
    portal: PortalEntry,
    /// Whether all is well.
    well: bool,
    /// What was looked at, in order.
    symptoms: Vec<SymptomEntry>,
    /// What is wrong in the files, with what the portal can't hold of them.
    diagnostics: Vec<DiagnosticEntry>,
}

/// The portal that is meant.
#[derive(Debug, Serialize, JsonSchema)]
struct PortalEntry {
    /// Which one.
    kind: PortalKind,
    /// Its address, or null where it runs inside the command, or where none is given that credentials
    /// can be sent to.
    url: Option<String>,
    /// The database of a sandbox that runs inside the command, or null.
    database: Option<String>,
    /// The account, domain or realm, or null.
    tenant: Option<String>,
    /// The account that the user is of where it is not the tenant, or null.
    account: Option<String>,
    /// Who logs in, or whom the credentials belong to, or null.
    user: Option<String>,
    /// Where the secrets are kept that the portal is shown.
    secrets: Vec<SecretEntry>,
}

/// A secret that the portal is shown.
#[derive(Debug, Serialize, JsonSchema)]
struct SecretEntry {
    /// Which one: `token` or `password`.
    name: &'static str,
    /// Where it is kept: `$VARIABLE`, `file PATH` or `command PROGRAM`. Never the secret.
    kept_in: String,
}

/// Something that was looked at.
#[derive(Debug, Serialize, JsonSchema)]
struct SymptomEntry {
    /// What was looked at.
    what: String,
    /// Whether it is as it should be.
    well: bool,
    /// What was found, and what to do about it.
    told: String,
}

impl From<Symptom> for SymptomEntry {
    fn from(symptom: Symptom) -> Self {
        let Symptom {
            what,
            is_well,
            told,
        } = symptom;
        Self {
            what,
            well: is_well,
            told,
        }
    }
}

impl PortalEntry {
    fn of(config: &Config) -> Self {
        let portal = &config.portal;
        let text = |line: &Option<Line>| line.as_ref().map(ToString::to_string);
        let given = portal.credentials.as_ref();
        let kept = |name, kept: Option<&SecretRef>| {
            let kept_in = settings::origin(kept?)?.to_string();
            Some(SecretEntry { name, kept_in })
        };
        let token = kept("token", given.and_then(|given| given.token.as_ref()));
        let password = kept("password", given.and_then(|given| given.password.as_ref()));
        // An address that holds a password isn't one, and isn't shown.
        let url = portal.url.as_ref().and_then(|url| Base::parse(url).ok());
        Self {
            kind: portal.kind,
            url: url.map(|url| url.to_string()),
            database: portal.database.as_ref().map(ToString::to_string),
            tenant: text(&portal.tenant),
            account: given.and_then(|given| text(&given.account)),
            user: given.and_then(|given| given.user.as_ref().map(ToString::to_string)),
            secrets: token.into_iter().chain(password).collect(),
        }
    }

    /// What is said before anything is asked.
    fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self {
            kind,
            url,
            database,
            tenant,
            account,
            user,
            secrets,
        } = self;
        let kind = kind.to_string();
        let mut rows = vec![("portal", kind.as_str())];
        let optional = [
            ("url", url),
            ("database", database),
            ("tenant", tenant),
            ("account", account),
            ("user", user),
        ];
        rows.extend(
            optional
                .iter()
                .filter_map(|(name, value)| Some((*name, value.as_deref()?))),
        );
        for (name, value) in rows {
            writeln!(out, "{name:<10}{}", escape::line(value))?;
        }
        for SecretEntry { name, kept_in } in secrets {
            writeln!(out, "{name:<10}kept in {}", escape::line(kept_in))?;
        }
        writeln!(out)
    }
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    expect_format(format, &[Format::Text, Format::Json])?;
    let folder = workspace::folder(directory, args.folder.as_deref());
    let Desired {
        config,
        state,
        mut report,
    } = desired::load(repo::read(&folder)?, settings::today());
    let Some(config) = config else {
        workspace::show(&report, format, terminal)?;
        return Ok(Outcome::Failed);
    };
    let portal = PortalEntry::of(&config);
    if format == Format::Text {
        portal.show(&mut terminal.out)?;
        terminal.out.flush()?;
    }
    let (mut symptoms, capabilities) = examine(&config, &folder)?;
    report.extend(check_support(&state, &capabilities));
    symptoms.push(files(&state, &report));
    let is_well = symptoms.iter().all(|symptom| symptom.is_well);
    match format {
        Format::Json => {
            let document = DoctorDocument {
                format_version: FORMAT_VERSION,
                portal,
                well: is_well,
                symptoms: symptoms.into_iter().map(Into::into).collect(),
                diagnostics: report.sorted().into_iter().map(Into::into).collect(),
            };
            escape::json(&document, &mut terminal.out)?;
        }
        _ => {
            show(&symptoms, &mut terminal.out)?;
            terminal.out.flush()?;
            if report.count(Level::Error) + report.count(Level::Warning) > 0 {
                workspace::show(&report, format, terminal)?;
            }
        }
    }
    Ok(if is_well {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

/// What the portal has to say, and what it can hold, as far as it could be asked.
fn examine(config: &Config, folder: &Path) -> anyhow::Result<(Vec<Symptom>, Capabilities)> {
    let known = portal::capabilities(config.portal.kind);
    let ill = |what: &str, told: String| {
        vec![Symptom {
            what: what.to_owned(),
            is_well: false,
            told,
        }]
    };
    let target = match settings::target(config, folder) {
        Ok(target) => target,
        Err(error) => return Ok((ill("settings", error.to_string()), known)),
    };
    workspace::runtime()?.block_on(async {
        let portal = match portal::open(&target) {
            Ok(portal) => portal,
            Err(error) => return Ok((ill("settings", portal::with_remedy(&error)), known)),
        };
        Ok(match portal.examine().await {
            Ok(symptoms) => (symptoms, portal.capabilities().clone()),
            Err(error) => (ill("connection", portal::with_remedy(&error)), known),
        })
    })
}

/// Whether the files are right, and can be held.
fn files(state: &State, report: &Report) -> Symptom {
    let (errors, warnings) = (report.count(Level::Error), report.count(Level::Warning));
    let told = match (errors, warnings) {
        (0, 0) if state.resources.is_empty() => "nothing is declared yet".to_owned(),
        (0, 0) => format!(
            "{} declared, and the portal can hold all of it",
            counted(state.resources.len(), "resource")
        ),
        (0, _) => format!("{}, shown below", counted(warnings, "warning")),
        _ => format!(
            "{}, shown below; before they are mended nothing is planned",
            counted(errors, "error")
        ),
    };
    Symptom {
        what: "files".to_owned(),
        is_well: errors == 0,
        told,
    }
}

/// One line for each.
fn show(symptoms: &[Symptom], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = symptoms.iter().map(|one| escape::line(&one.what)).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    for (symptom, name) in symptoms.iter().zip(names) {
        let mark = if symptom.is_well { "ok" } else { "!!" };
        let pad = width - name.width();
        writeln!(
            out,
            "{mark}  {name}{:pad$}  {}",
            "",
            escape::line(&symptom.told)
        )?;
    }
    Ok(())
}
