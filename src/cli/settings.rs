//! *Settings* are what the surroundings say: the environment, the terminal, and where secrets are
//! kept. Only this file reads the environment.

use super::{Cli, ColorWhen, secret};
use crate::{
    config::{Config, PortalConfig, RateLimitConfig},
    forge::{self, Event, Repository},
    model::{PortalIdentity, Record, SecretOrigin, SecretRef},
    portal::{
        CredentialKind, Credentials, Location, OauthClient, Target, adapter, http::RateLimit,
    },
    render::{
        Detail, Look,
        document::Author,
        links::{Forge, Links},
    },
    repo::Git,
};
use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, bail};
use secrecy::SecretString;
use std::{
    io::{self, BufWriter, IsTerminal as _, Stderr, Stdout, Write},
    num::NonZeroU32,
    path::{Path, PathBuf},
};
use tracing_subscriber::filter::LevelFilter;

/// Whether the commands that print secrets may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commands {
    /// They may.
    Run,
    /// They may not: the author of the files is not trusted.
    Refused,
}

/// Where messages go.
pub(super) enum Messages {
    /// To stderr at once.
    Stderr(AutoStream<Stderr>),
    /// Nowhere yet.
    Kept(Vec<u8>),
}

impl Write for Messages {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stderr(stderr) => stderr.write(text),
            Self::Kept(kept) => kept.write(text),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stderr(stderr) => stderr.flush(),
            Self::Kept(_) => Ok(()),
        }
    }
}

/// Where results and messages go, and how they are to look there.
pub(super) struct Terminal {
    /// For results.
    pub(super) out: BufWriter<AutoStream<Stdout>>,
    /// For diagnostics, progress and prompts.
    pub(super) err: Messages,
    /// How results look.
    pub(super) look: Look,
    /// How messages look.
    pub(super) err_look: Look,
    /// Whether progress is shown.
    pub(super) progress: bool,
    /// Whether the commands that print secrets may be run.
    pub(super) commands: Commands,
    /// Whether there is a terminal to ask for confirmation.
    pub(super) interactive: bool,
    /// Whether stdout is a terminal, and not kept in a file or a log.
    pub(super) shows: bool,
}

impl Terminal {
    /// The process's own terminal, pipe or file.
    pub(super) fn new(cli: &Cli) -> Self {
        let choice = |is_dumb: bool, auto: ColorChoice| match cli.color {
            ColorWhen::Always => ColorChoice::AlwaysAnsi,
            ColorWhen::Never => ColorChoice::Never,
            ColorWhen::Auto if is_dumb => ColorChoice::Never,
            ColorWhen::Auto => auto,
        };
        let dumb = variable("TERM").is_some_and(|term| term == "dumb");
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let out_choice = choice(dumb, AutoStream::choice(&stdout));
        let err_choice = choice(dumb, AutoStream::choice(&stderr));
        let size = terminal_size::terminal_size_of(&stdout)
            .or_else(|| terminal_size::terminal_size_of(&stderr));
        let width = size.map_or(120, |(width, _)| usize::from(width.0)).max(40);
        let look = |choice, width| Look {
            color: choice != ColorChoice::Never,
            width,
            detail: if cli.verbose > 0 {
                Detail::All
            } else {
                Detail::default()
            },
            ..Look::default()
        };
        // What reads a pipe looks for whole lines.
        let out_width = if stdout.is_terminal() {
            width
        } else {
            usize::MAX
        };
        log(cli.verbose, err_choice != ColorChoice::Never);
        Self {
            progress: !cli.no_progress && !dumb && stderr.is_terminal(),
            commands: if cli.no_commands {
                Commands::Refused
            } else {
                Commands::Run
            },
            interactive: io::stdin().is_terminal() && stderr.is_terminal(),
            shows: stdout.is_terminal(),
            out: BufWriter::new(AutoStream::new(stdout, out_choice)),
            err: Messages::Stderr(AutoStream::new(stderr, err_choice)),
            look: look(out_choice, out_width),
            err_look: look(err_choice, width),
        }
    }
}

impl Terminal {
    /// A terminal for work that is done beside other work: it shows and asks nothing, and keeps its messages.
    pub(super) fn aside(&self) -> Self {
        Self {
            out: BufWriter::new(AutoStream::new(io::stdout(), ColorChoice::Never)),
            err: Messages::Kept(Vec::new()),
            look: self.look.clone(),
            err_look: self.err_look.clone(),
            progress: false,
            commands: self.commands,
            interactive: false,
            shows: false,
        }
    }

    /// Shortens plans.
    pub(super) fn summarize(&mut self) {
        self.look.detail = Detail::Summary;
        self.err_look.detail = Detail::Summary;
    }
}

/// Sends what `-v` asks for to stderr. Nothing but this crate speaks, so that no library can log what
/// it was given to send.
fn log(verbose: u8, color: bool) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let only_ours = tracing_subscriber::filter::Targets::new().with_target("callsheet", level);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(color)
        .without_time();
    // A second subscriber in one process is a test's; the first one stays.
    drop(
        tracing_subscriber::registry()
            .with(layer)
            .with(only_ours)
            .try_init(),
    );
}

/// An environment variable, if it is set and is text.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Who runs the command: the account that a pipeline of GitHub or GitLab runs for, or else the name in Git's
/// configuration, or the user of the machine.
pub(super) fn author(git: Option<&Git>) -> Option<Author> {
    let first = |names: [&str; 2]| names.into_iter().find_map(filled);
    let name = first(["GITHUB_ACTOR", "GITLAB_USER_LOGIN"])
        .or_else(|| git?.author())
        .or_else(|| first(["USER", "LOGNAME"]))?;
    Some(Author {
        name,
        run_url: run_url(),
    })
}

/// The address of the run of a pipeline of GitHub or GitLab.
pub(super) fn run_url() -> Option<String> {
    let github = || {
        let server = variable("GITHUB_SERVER_URL")?;
        let repository = variable("GITHUB_REPOSITORY")?;
        let run = variable("GITHUB_RUN_ID")?;
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    github().or_else(|| variable("CI_JOB_URL"))
}

/// Links to the forge that a pipeline of GitHub or GitLab runs for.
pub(super) fn links() -> Option<Links> {
    let number = |text: String| text.parse().ok();
    let github = || {
        let (server, name) = (
            variable("GITHUB_SERVER_URL")?,
            variable("GITHUB_REPOSITORY")?,
        );
        let links = Links::new(Forge::GitHub, &format!("{server}/{name}"))?;
        let commit = variable("GITHUB_SHA");
        let request = variable("GITHUB_REF");
        let request = request.and_then(|name| {
            let name = name.strip_prefix("refs/pull/")?;
            number(name.split('/').next()?.to_owned())
        });
        Some(links.at(commit.as_deref()).of_request(request))
    };
    let gitlab = || {
        let links = Links::new(Forge::GitLab, &variable("CI_PROJECT_URL")?)?;
        let commit = variable("CI_COMMIT_SHA");
        let request = variable("CI_MERGE_REQUEST_IID").and_then(number);
        Some(links.at(commit.as_deref()).of_request(request))
    };
    github().or_else(gitlab)
}

/// Whether a runner of GitHub reads the log.
pub(super) fn is_on_github() -> bool {
    variable("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The commit that the pipeline is about.
pub(super) fn commit() -> Option<String> {
    filled("GITHUB_SHA").or_else(|| filled("CI_COMMIT_SHA"))
}

/// The event that started the pipeline, if it is one of GitHub.
pub(super) fn event() -> anyhow::Result<Option<Event>> {
    let (Some(name), Some(path)) = (filled("GITHUB_EVENT_NAME"), filled("GITHUB_EVENT_PATH"))
    else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("GITHUB_EVENT_PATH: {path} can't be read"))?;
    Ok(Some(Event::parse(&name, &text)?))
}

/// A file that the runner reads when a step has ended, by the variable that names it.
pub(super) fn forge_file(name: &str) -> Option<PathBuf> {
    filled(name).map(PathBuf::from)
}

/// The folder whose content a pipeline throws away.
pub(super) fn temporary_folder() -> PathBuf {
    filled("RUNNER_TEMP").map_or_else(std::env::temp_dir, PathBuf::from)
}

/// The repository on the forge, with the token of the job.
pub(super) fn repository(author: &str) -> Result<Repository, forge::Error> {
    let needed =
        |name: &str| filled(name).ok_or_else(|| forge::Error::Event(format!("{name} isn't set")));
    let url = filled("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
    let token = SecretString::from(needed("GITHUB_TOKEN")?);
    Repository::new(&url, &needed("GITHUB_REPOSITORY")?, &token, author)
}

/// An environment variable that isn't empty.
fn filled(name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

/// The moment, for journals.
pub(super) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Today, for waivers, which expire.
pub(super) fn today() -> jiff::civil::Date {
    day(now())
}

/// The day of which a record tells.
pub(super) fn applied_day(record: &Record) -> jiff::civil::Date {
    record.as_of.unwrap_or_else(|| day(record.at))
}

/// The day of a moment.
fn day(moment: jiff::Timestamp) -> jiff::civil::Date {
    moment.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The path from the root of the repository to a folder, empty where there is no repository: a forge
/// knows files by their path from the root.
pub(super) fn path_in_repository(folder: &Path) -> String {
    let Ok(folder) = folder.canonicalize() else {
        return String::new();
    };
    let root = folder
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    let inside = root.and_then(|root| folder.strip_prefix(root).ok());
    inside.map_or_else(String::new, |path| {
        path.to_string_lossy().replace('\\', "/")
    })
}

/// The portal that a configuration names.
///
/// # Errors
/// It isn't the one that `CALLSHEET_PORTAL_URL` names, or a credential can't be read.
pub(super) fn target(
    config: &Config,
    workspace: &Path,
    commands: Commands,
) -> anyhow::Result<Target> {
    let portal = &config.portal;
    let kind = portal.kind;
    let mut settings = portal.settings_of_kinds();
    if let Some((setting, other)) = settings.find(|(_, other)| *other != kind.name()) {
        bail!(
            "callsheet.yaml: `portal.{setting}` is for `kind: {other}`; remove it, or change `kind: {kind}`"
        );
    }
    let is_embeddable = adapter(kind).is_embeddable;
    let location = match (&portal.database, &portal.url) {
        (Some(database), None) if is_embeddable => Location::Embedded(workspace.join(&**database)),
        (None, Some(url)) => Location::Url(url.to_string()),
        _ if is_embeddable => bail!(
            "callsheet.yaml: `portal` needs either `database:`, for a {kind} inside the command, or `url:`, for one that is served"
        ),
        _ => bail!(
            "callsheet.yaml: `portal` needs `url:`, the address of the {kind}, and no `database:`"
        ),
    };
    let credentials = match &location {
        Location::Embedded(_) => Credentials::None,
        Location::Url(url) => {
            check_pin(url)?;
            credentials(portal, workspace, commands)?
        }
    };
    Ok(Target {
        kind: portal.kind,
        profile: portal.profile(),
        location,
        tenant: portal.tenant.as_ref().map(ToString::to_string),
        credentials,
        rate_limit: portal.rate_limit.map(rate_limit),
        charges: config.policy.charges,
        scim: portal.scim.clone(),
    })
}

/// The rate limit that a configuration sets.
fn rate_limit(asked: RateLimitConfig) -> RateLimit {
    RateLimit {
        per_second: asked.per_second.and_then(NonZeroU32::new),
        burst: asked
            .burst
            .and_then(NonZeroU32::new)
            .unwrap_or(NonZeroU32::MIN),
        ..RateLimit::default()
    }
}

/// What the portal is shown, read from where it is kept.
fn credentials(
    portal: &PortalConfig,
    workspace: &Path,
    commands: Commands,
) -> anyhow::Result<Credentials> {
    let read = |what: &str, kept: &SecretRef| {
        let Some(origin) = origin(kept) else {
            bail!("callsheet.yaml: `portal.credentials.{what}` names no place")
        };
        secret(&origin, workspace, commands).map_err(|reason| {
            anyhow::anyhow!("the portal's {what} can't be read from {origin}: {reason}")
        })
    };
    let given = portal.credentials.as_ref();
    let token = given.and_then(|given| given.token.as_ref());
    let password = given.and_then(|given| given.password.as_ref());
    let user = given.and_then(|given| given.user.as_ref());
    let client = given.and_then(|given| given.client.as_ref());
    let accepted = adapter(portal.kind).credentials;
    let its_token = accepted.iter().find_map(|kind| match kind {
        CredentialKind::Token(what) => Some(*what),
        CredentialKind::Login | CredentialKind::ClientLogin => None,
    });
    let takes_login = accepted.contains(&CredentialKind::Login);
    let takes_client = accepted.contains(&CredentialKind::ClientLogin);
    if client.is_some() && !takes_client {
        bail!(
            "callsheet.yaml: `portal.credentials.client` is for portals with OAuth, and {} isn't one; remove it",
            portal.kind
        );
    }
    match (token, password, user) {
        (Some(_), Some(_), _) => bail!(
            "callsheet.yaml: `portal.credentials` holds a token and a password; keep the one that the portal is to be shown"
        ),
        (Some(token), None, _) if its_token.is_some() => {
            Ok(Credentials::Token(read("token", token)?))
        }
        (None, Some(password), Some(user)) if takes_login || takes_client && client.is_some() => {
            let client = client.map(|client| {
                let secret = read("client.secret", &client.secret)?;
                let id = client.id.to_string();
                Ok::<_, anyhow::Error>(OauthClient { id, secret })
            });
            Ok(Credentials::Login {
                user: user.to_string(),
                password: read("password", password)?,
                account: given
                    .and_then(|given| given.account.as_ref())
                    .map(ToString::to_string),
                hash: given.and_then(|given| given.hash).unwrap_or_default(),
                client: client.transpose()?,
            })
        }
        _ => bail!("{}", missing(its_token, takes_login, takes_client)),
    }
}

/// What the credentials of a portal lack, by the token that it accepts and by whether it accepts a password,
/// also with an OAuth client.
fn missing(token: Option<&str>, takes_login: bool, takes_client: bool) -> String {
    let login = match (takes_login, takes_client) {
        (true, _) => "`user:` and `password:`",
        (_, true) => "`user:`, `password:` and `client:` with `id:` and `secret:`",
        _ => "",
    };
    let kept = match (token, takes_login) {
        (Some(_), _) => "token: { env: CALLSHEET_TOKEN }",
        (None, true) => "user: callsheet, password: { env: CALLSHEET_PASSWORD }",
        (None, false) => {
            "user: ann@acme.example, password: { env: CALLSHEET_PASSWORD }, client: { id: callsheet, secret: { env: CALLSHEET_CLIENT_SECRET } }"
        }
    };
    let what = if token.is_some() {
        "secret"
    } else {
        "password"
    };
    match (token, login) {
        (Some(_), "") => format!(
            "callsheet.yaml: `portal.credentials.token` is missing; write where the token is kept: credentials: {{ {kept} }}"
        ),
        (Some(token), login) => format!(
            "callsheet.yaml: `portal.credentials` needs either `token:`, {token}, or {login}; write where the {what} is kept: credentials: {{ {kept} }}"
        ),
        (None, login) => format!(
            "callsheet.yaml: `portal.credentials` needs {login}, and no `token:`; write where the {what} is kept: credentials: {{ {kept} }}"
        ),
    }
}

/// Refuses a portal other than the one that the runner names, so that no change of the files leads
/// credentials to another host.
fn check_pin(url: &str) -> anyhow::Result<()> {
    let Some(pin) = variable("CALLSHEET_PORTAL_URL").filter(|pin| !pin.is_empty()) else {
        return Ok(());
    };
    let place = |url: &str| PortalIdentity::new("", url, "");
    if place(&pin) != place(url) {
        bail!(
            "callsheet.yaml: `portal.url` is {url}, and CALLSHEET_PORTAL_URL allows {pin} only, so no credential was read and no host asked"
        );
    }
    Ok(())
}

/// Where a secret is kept, as a file says it.
pub(super) fn origin(kept: &SecretRef) -> Option<SecretOrigin> {
    match (&kept.env, &kept.file, &kept.command) {
        (Some(name), ..) => Some(SecretOrigin::Env((**name).into())),
        (_, Some(path), _) => Some(SecretOrigin::File((**path).into())),
        (_, _, Some(words)) => Some(SecretOrigin::Command(
            words.iter().map(|word| (**word).into()).collect(),
        )),
        (None, None, None) => None,
    }
}

/// Reads a secret from where it is kept.
///
/// # Errors
/// Why it can't be read; never any part of it.
pub(super) fn secret(
    origin: &SecretOrigin,
    workspace: &Path,
    commands: Commands,
) -> Result<SecretString, String> {
    let text = match origin {
        SecretOrigin::Env(name) => variable(name).ok_or("the variable is not set")?,
        SecretOrigin::File(path) => secret::from_file(workspace, path)?,
        SecretOrigin::Command(_) if commands == Commands::Refused => {
            return Err("commands are not run (--no-commands)".to_owned());
        }
        SecretOrigin::Command(words) => secret::from_command(words, workspace)?,
    };
    let text = text
        .strip_suffix('\n')
        .map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() {
        Err("it is empty".to_owned())
    } else {
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn missing_credentials_are_named_with_what_the_portal_accepts() {
        let key = Some("an API key");
        let cases = [
            (
                missing(key, false, false),
                "`portal.credentials.token` is missing",
            ),
            (
                missing(key, true, false),
                "either `token:`, an API key, or `user:` and `password:`;",
            ),
            (
                missing(key, false, true),
                "or `user:`, `password:` and `client:` with `id:` and `secret:`;",
            ),
            (
                missing(None, false, true),
                "needs `user:`, `password:` and `client:`",
            ),
            (
                missing(None, true, false),
                "needs `user:` and `password:`, and no `token:`",
            ),
        ];
        for (message, part) in cases {
            assert!(message.contains(part), "{message}");
        }
        assert!(missing(None, false, true).contains("secret: { env: CALLSHEET_CLIENT_SECRET }"));
    }
}
