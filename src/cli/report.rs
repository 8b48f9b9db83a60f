//! `callsheet report` writes the page of people: what is declared, what is live and what the plan changes.

use super::{
    history::{self, Baseline},
    outcome::Outcome,
    session::Session,
    settings::Terminal,
    workspace::{self, Workspace},
};
use crate::{
    page::{self, Head},
    plan::Filter,
    portal::Details,
    render::Format,
    repo,
    view::View,
};
use anyhow::Context as _;
use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Workspace [default: found from the current directory upwards]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Folder to write `index.html` to; created if missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    #[command(flatten)]
    past: history::Revisions,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let folder = workspace::folder(directory, args.folder.as_deref());
    let workspace = match Workspace::load(folder, Format::Text, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let baseline = Baseline::read(&args.past, &workspace)?;
    let made = workspace::runtime()?.block_on(async {
        let mut session = match Session::open(workspace, baseline, &[], terminal).await? {
            Ok(session) => session,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let Session { portal, live, .. } = &mut session;
        workspace::read_details(&**portal, live, Details::Everything, terminal).await?;
        let plan = session.plan(Filter::default(), terminal).await?;
        anyhow::Ok(Ok((session, plan)))
    })?;
    let (session, plan) = match made {
        Ok(made) => made,
        Err(obstacle) => return obstacle.show(Format::Text, terminal),
    };
    let heading = session.workspace.heading(&session.baseline);
    let link = |file: &str| {
        let links = heading.links.as_ref()?;
        let path = repo::joined(&heading.folder, file);
        links.line(heading.revision.head.as_deref(), &path, 1)
    };
    let commit = heading.revision.head.as_deref();
    let head = Head {
        workspace: heading.workspace.clone(),
        portal: heading.portal.clone(),
        commit: commit.map(|id| id.chars().take(10).collect()),
        date: heading.date.map(|date| date.to_string()),
        link: &link,
    };
    let capabilities = session.portal.capabilities();
    let view = View::new(
        &session.workspace.state,
        Some(&session.live),
        &session.workspace.config,
        &capabilities,
    );
    let document = page::document(&head, &view, Some(&plan));
    let out = directory.join(&args.out);
    std::fs::create_dir_all(&out).with_context(|| format!("{} can't be made", out.display()))?;
    let path = out.join("index.html");
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(&path)?);
        page::baked(&document, &mut file)?;
        file.flush()
    };
    write().with_context(|| format!("{} can't be written", path.display()))?;
    writeln!(terminal.out, "{}", path.display())?;
    Ok(Outcome::Done)
}
