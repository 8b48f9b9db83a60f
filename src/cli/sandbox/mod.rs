//! `callsheet sandbox`: the built-in portal for others to reach, and changes to it by hand.

mod edit;
mod page;

use super::{outcome::Outcome, settings, settings::Terminal, workspace};
use crate::{
    profile::{Profile, ProfileName},
    sandbox::{self, Store, Tokens},
};
use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Run the sandbox server until interrupted
    ///
    /// CALLSHEET_SANDBOX_TOKEN sets the token for reading and writing, CALLSHEET_SANDBOX_READ_TOKEN a
    /// token for reading only. If CALLSHEET_SANDBOX_TOKEN is not set, the server generates a token and
    /// stores it next to the database, readable only by its owner.
    Serve(ServeArgs),
    /// Change a field on the sandbox of the workspace, as somebody would in a portal
    Edit(edit::Args),
}

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Database file; created if missing
    #[arg(long, value_name = "FILE", default_value = ".callsheet/sandbox.db")]
    database: PathBuf,

    /// System that the sandbox behaves like
    #[arg(long, value_enum, default_value = "sandbox", value_name = "NAME")]
    profile: ProfileName,

    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
}

pub(super) fn run(
    command: &Command,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let args = match command {
        Command::Serve(args) => args,
        Command::Edit(args) => return edit::run(args, directory, terminal),
    };
    let database = directory.join(&args.database);
    if let Some(parent) = database.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("{} can't be made", parent.display()))?;
    }
    let store = Store::open(&database, Profile::named(args.profile.name()))
        .with_context(|| format!("{} can't be opened", database.display()))?;
    let (write, kept_in) = match settings::variable("CALLSHEET_SANDBOX_TOKEN") {
        Some(token) => (SecretString::from(token), None),
        None => {
            let file = database.with_extension("token");
            (kept_token(&file)?, Some(file))
        }
    };
    let read = settings::variable("CALLSHEET_SANDBOX_READ_TOKEN").map(SecretString::from);
    workspace::runtime()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(args.listen).await;
        let listener = listener.with_context(|| format!("{} can't be listened on", args.listen))?;
        let url = format!("http://{}", listener.local_addr()?);
        writeln!(terminal.out, "serving {} on {url}", database.display())?;
        if let Some(file) = kept_in {
            writeln!(terminal.out, "the token is in {}", file.display())?;
        }
        terminal.out.flush()?;
        let page = page::page(&url, args.profile)?;
        let tokens = Tokens { write, read };
        sandbox::serve(listener, store, tokens, Some(page), signal()?).await?;
        Ok(Outcome::Done)
    })
}

/// Ends when the process is asked to.
fn signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The token that an earlier run made, or a new one.
fn kept_token(file: &Path) -> anyhow::Result<SecretString> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Ok(token) = std::fs::read_to_string(file) {
        return Ok(token.trim().into());
    }
    let token = sandbox::random_token();
    let mut options = std::fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(file);
    let mut opened = opened.with_context(|| format!("{} can't be written", file.display()))?;
    writeln!(opened, "{}", token.expose_secret())?;
    Ok(token)
}
