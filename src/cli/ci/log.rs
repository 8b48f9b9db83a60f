//! The *log* of a step holds what people read there, and then the annotations.
//!
//! The runner takes a line that begins with `::` for a command, wherever it comes from. What a portal or a
//! pull request says is therefore written while commands are stopped, and annotations after that.

use super::{super::several::Ended, files::Folder};
use crate::{
    diagnostic::Report,
    plan::Plan,
    render::{self, Look, github, overview::State, prose, text},
};
use std::io::Write as _;

use super::super::settings::{self, Terminal};

/// What a step writes.
pub(super) struct Log {
    /// The word that lets the runner take commands again, where there is a runner.
    resume: Option<String>,
    annotations: Vec<u8>,
}

impl Log {
    /// Stops the runner's commands.
    pub(super) fn begin(terminal: &mut Terminal) -> anyhow::Result<Self> {
        let resume = settings::is_on_github().then(|| uuid::Uuid::new_v4().simple().to_string());
        if let Some(word) = &resume {
            writeln!(terminal.out, "::stop-commands::{word}")?;
            terminal.out.flush()?;
        }
        Ok(Self {
            resume,
            annotations: Vec::new(),
        })
    }

    /// Writes how one workspace ended.
    pub(super) fn add(
        &mut self,
        folder: &Folder,
        ended: &Ended,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        let name = render::escape::line(&folder.row.folder);
        let short = render::escape::line(&folder.row.in_short());
        let state = folder.row.state.word();
        writeln!(terminal.out, "== {name}: {state}")?;
        let look = Look {
            prefix: folder.prefix().to_owned(),
            ..terminal.look.clone()
        };
        match ended {
            Ended::Checked(report) => self.report(report, &look, terminal)?,
            Ended::Planned(planned, report) => {
                let (heading, plan) = &**planned;
                self.report(report, &look, terminal)?;
                prose::plan(heading, plan, &look, &mut terminal.out)?;
                self.findings(plan, &look)?;
            }
            Ended::Unreviewed {
                planned,
                unseen,
                report,
            } => {
                let (heading, plan) = &**planned;
                self.report(report, &look, terminal)?;
                prose::plan(heading, plan, &look, &mut terminal.out)?;
                writeln!(
                    terminal.out,
                    "The plan does more than what was reviewed, so nothing was done:"
                )?;
                for one in unseen {
                    let message = format!("{}: {}", one.address, one.message);
                    writeln!(terminal.out, "  {}", render::escape::line(&message))?;
                    github::message(&message, &mut self.annotations)?;
                }
            }
            Ended::Applied { report, error, .. } => {
                // The plan and its result were written while it was performed.
                self.report(report, &look, terminal)?;
                if error.is_some() || folder.row.state == State::Failed {
                    writeln!(terminal.out, "{short}")?;
                    let message = format!("{}: {}", folder.row.folder, folder.row.in_short());
                    github::message(&message, &mut self.annotations)?;
                }
            }
            Ended::Failed(_) => {
                writeln!(terminal.out, "{short}")?;
                let message = format!("{}: {}", folder.row.folder, folder.row.in_short());
                github::message(&message, &mut self.annotations)?;
            }
        }
        writeln!(terminal.out)?;
        Ok(())
    }

    fn report(
        &mut self,
        report: &Report,
        look: &Look,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        text::report(report, look, &mut terminal.out)?;
        github::report(report, look, &mut self.annotations)?;
        Ok(())
    }

    fn findings(&mut self, plan: &Plan, look: &Look) -> anyhow::Result<()> {
        Ok(github::findings(plan, look, &mut self.annotations)?)
    }

    /// Lets the runner take commands again, and writes the annotations.
    pub(super) fn end(self, terminal: &mut Terminal) -> anyhow::Result<()> {
        terminal.err.flush()?;
        if let Some(word) = &self.resume {
            writeln!(terminal.out, "::{word}::")?;
            terminal.out.write_all(&self.annotations)?;
        }
        terminal.out.flush()?;
        Ok(())
    }
}
