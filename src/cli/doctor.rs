//! `callsheet doctor`: checks that the portal is reachable, accepts the credentials and supports what the
//! files declare.

use super::{
    outcome::Outcome,
    record,
    settings::{self, Terminal},
    workspace::{self, Workspace},
};
use crate::{
    config::{Config, PortalKind},
    desired::{self, Desired},
    diagnostic::{Level, Report},
    lifecycle,
    model::{SecretRef, State, text::Line},
    portal::{self, Capabilities, Check, http::Base},
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
    path::Path,
    sync::Arc,
};
use unicode_width::UnicodeWidthStr as _;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,
}

/// The output of `doctor --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DoctorDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The portal.
    portal: PortalEntry,
    /// Whether every check passed.
    ok: bool,
    /// The checks, in the order in which they ran.
    checks: Vec<Check>,
    /// The problems in the files, including fields that the portal doesn't support.
    diagnostics: Vec<DiagnosticEntry>,
}

/// A portal.
#[derive(Debug, Serialize, JsonSchema)]
struct PortalEntry {
    /// The kind of portal.
    kind: PortalKind,
    /// The address; null for a sandbox that runs inside the command, and for an address to which
    /// credentials can't be sent.
    url: Option<String>,
    /// The database of a sandbox that runs inside the command, or null.
    database: Option<String>,
    /// The account, domain or realm, or null.
    tenant: Option<String>,
    /// The account of the user if it differs from the tenant, or null.
    account: Option<String>,
    /// The user who logs in or who owns the credentials, or null.
    user: Option<String>,
    /// The sources of the secrets that are sent to the portal.
    secrets: Vec<SecretEntry>,
}

/// A secret that is sent to the portal.
#[derive(Debug, Serialize, JsonSchema)]
struct SecretEntry {
    /// The secret: `token`, `password` or `client.secret`.
    name: &'static str,
    /// Its source: `$VARIABLE`, `file PATH` or `command PROGRAM`. Never the secret itself.
    kept_in: String,
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
        let client = given.and_then(|given| given.client.as_ref());
        let client = kept("client.secret", client.map(|client| &client.secret));
        // An address that contains a password is invalid and isn't shown.
        let url = portal.url.as_ref().and_then(|url| Base::parse(url).ok());
        Self {
            kind: portal.kind,
            url: url.map(|url| url.to_string()),
            database: portal.database.as_ref().map(ToString::to_string),
            tenant: text(&portal.tenant),
            account: given.and_then(|given| text(&given.account)),
            user: given.and_then(|given| given.user.as_ref().map(ToString::to_string)),
            secrets: token.into_iter().chain(password).chain(client).collect(),
        }
    }

    /// Prints the portal's settings before any request is sent.
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
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let folder = workspace::folder(directory, None);
    let today = settings::today();
    let Desired {
        config,
        mut state,
        mut report,
        attachments,
    } = desired::load(repo::read(&folder)?, today);
    let Some(config) = config else {
        workspace::show(&folder, &report, format, terminal)?;
        return Ok(Outcome::Failed);
    };
    let portal = PortalEntry::of(&config);
    if format == Format::Text {
        portal.show(&mut terminal.out)?;
        terminal.out.flush()?;
    }
    let known = portal::capabilities(&config.portal);
    report.extend(lifecycle::fit(&mut state, &known));
    let workspace = Workspace {
        folder,
        config,
        state,
        attachments,
        at: None,
        today,
    };
    let (mut checks, capabilities) = diagnose(&workspace, terminal)?;
    let state = &workspace.state;
    report.extend(check_support(state, &capabilities));
    checks.push(files(state, &report));
    let ok = checks.iter().all(|check| check.ok);
    match format {
        Format::Json => {
            let document = DoctorDocument {
                format_version: FORMAT_VERSION,
                portal,
                ok,
                checks,
                diagnostics: report.sorted().into_iter().map(Into::into).collect(),
            };
            escape::json(&document, &mut terminal.out)?;
        }
        _ => {
            show(&checks, &mut terminal.out)?;
            terminal.out.flush()?;
            if report.count(Level::Error) + report.count(Level::Warning) > 0 {
                workspace::show(&workspace.folder, &report, format, terminal)?;
            }
        }
    }
    Ok(if ok { Outcome::Done } else { Outcome::Failed })
}

/// The checks of the portal, and its capabilities as far as they are known.
fn diagnose(
    workspace: &Workspace,
    terminal: &mut Terminal,
) -> anyhow::Result<(Vec<Check>, Arc<Capabilities>)> {
    let known = Arc::new(portal::capabilities(&workspace.config.portal));
    workspace::runtime()?.block_on(async {
        let portal = match workspace.open_as_merged(terminal) {
            Ok(portal) => portal,
            Err(error) => {
                let error = error
                    .downcast_ref::<portal::Error>()
                    .map_or_else(|| error.to_string(), portal::with_hint);
                return Ok((vec![Check::failed("settings", error)], known));
            }
        };
        Ok(match portal.diagnose().await {
            Ok(mut checks) => {
                checks.extend(record::check(workspace, &*portal, terminal).await);
                (checks, portal.capabilities())
            }
            Err(error) => {
                let failed = Check::failed("connection", portal::with_hint(&error));
                (vec![failed], known)
            }
        })
    })
}

/// Checks that the files are valid and that the portal supports them.
fn files(state: &State, report: &Report) -> Check {
    let (errors, warnings) = (report.count(Level::Error), report.count(Level::Warning));
    let detail = match (errors, warnings) {
        (0, 0) if state.resources.is_empty() => "nothing is declared yet".to_owned(),
        (0, 0) => format!(
            "{} declared, all supported by the portal",
            counted(state.resources.len(), "resource")
        ),
        (0, _) => format!("{}, listed below", counted(warnings, "warning")),
        _ => format!(
            "{}, listed below; fix before you plan",
            counted(errors, "error")
        ),
    };
    match errors {
        0 => Check::passed("files", detail),
        _ => Check::failed("files", detail),
    }
}

/// Prints one line for each check.
fn show(checks: &[Check], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = checks
        .iter()
        .map(|check| escape::line(&check.name))
        .collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    for (check, name) in checks.iter().zip(names) {
        let mark = if check.ok { "ok" } else { "!!" };
        let pad = width - name.width();
        writeln!(
            out,
            "{mark}  {name}{:pad$}  {}",
            "",
            escape::line(&check.message)
        )?;
    }
    Ok(())
}
