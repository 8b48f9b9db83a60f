//! The *command line*: one file a command, each with its arguments and one function that reads as a
//! table of contents.
//!
//! Results go to stdout; diagnostics, progress and prompts to stderr. What the process ends with is
//! decided in [`outcome`] alone; only [`settings`] reads the environment, beside the variables that clap
//! reads for flags.

mod apply;
mod changed;
mod ci;
mod csv;
mod doctor;
mod explain;
mod formerly;
mod history;
mod import;
mod init;
mod live;
mod outcome;
mod plan;
mod progress;
mod record;
mod renumber;
mod report;
mod run;
mod sandbox;
mod schema;
mod secret;
mod session;
mod settings;
mod several;
mod strength;
mod targets;
mod tip;
mod trace;
mod undo;
mod validate;
mod version;
mod workspace;
mod workspaces;

use crate::render::Format;
use clap::{
    CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use outcome::Outcome;
use settings::Terminal;
use std::{io::Write as _, path::PathBuf, process::ExitCode};

/// The people of a phone system, as code: declared in YAML, validated, planned and applied.
#[derive(Debug, Parser)]
#[command(
    name = "callsheet",
    version,
    long_version = version::long(),
    max_term_width = 100,
    propagate_version = true
)]
struct Cli {
    /// Run as if started in DIR
    #[arg(
        short = 'C',
        value_name = "DIR",
        global = true,
        default_value = ".",
        hide_default_value = true
    )]
    directory: PathBuf,

    /// When to color the output
    #[arg(
        long,
        value_enum,
        global = true,
        default_value = "auto",
        value_name = "WHEN",
        env = "CALLSHEET_COLOR"
    )]
    color: ColorWhen,

    /// Hide progress bars
    #[arg(long, global = true)]
    no_progress: bool,

    /// Don't run the commands that print secrets; for plans of pull requests
    #[arg(long, global = true, env = "CALLSHEET_NO_COMMANDS", value_parser = clap::builder::FalseyValueParser::new())]
    no_commands: bool,

    /// Verbose output; repeat (-vv) for debug
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a workspace
    Init(init::Args),
    /// Check the files without contacting the portal
    Validate(validate::Args),
    /// Show what an apply would change
    Plan(plan::Args),
    /// Apply the changes
    Apply(apply::Args),
    /// Plan a rollback of an earlier apply
    Undo(undo::Args),
    /// Run a command as a step of a pipeline: files to keep, annotations, a summary, comments
    Ci(ci::Args),
    /// List the workspaces of a repository
    Workspaces(workspaces::Args),
    /// Explain a rule of the files or a finding of a plan
    Explain(explain::Args),
    /// Follow a call through the files: who rings, or why nobody does
    Trace(trace::Args),
    /// Check that the portal is reachable, accepts the credentials and supports what you declare
    Doctor(doctor::Args),
    /// Renumber extensions in the files, with what refers to them
    Renumber(renumber::Args),
    /// Import live objects as YAML; the next plan is empty
    Import(import::Args),
    /// Import people and contacts from spreadsheets, and export them
    #[command(subcommand)]
    Csv(csv::Command),
    /// List live objects of a kind
    List(live::ListArgs),
    /// Show one live object
    Show(live::ShowArgs),
    /// Write a page that shows people, their rights and the plan, for those who don't use Git
    Report(report::Args),
    /// Do one of the portal's actions, such as sending a welcome mail; never part of a plan
    #[command(subcommand)]
    Run(run::Command),
    /// Run the built-in sandbox portal
    #[command(subcommand)]
    Sandbox(sandbox::Command),
    /// Print a JSON Schema
    Schema(schema::Args),
    /// Print a shell's completion script
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let matches = without_empty_variables(Cli::command()).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let error = tip::with_tip(error, std::env::args());
            let asked_for = !error.use_stderr();
            // There is no place left to report that it could not be printed.
            drop(error.print());
            return if asked_for {
                Outcome::Done
            } else {
                Outcome::Usage
            }
            .into();
        }
    };
    let mut terminal = Terminal::new(&cli);
    let outcome = run(cli, &mut terminal);
    outcome::end(outcome, &mut terminal)
}

fn run(cli: Cli, terminal: &mut Terminal) -> anyhow::Result<Outcome> {
    let Cli {
        directory, command, ..
    } = cli;
    match command {
        Command::Init(args) => init::run(&args, &directory, terminal),
        Command::Validate(args) => validate::run(&args, &directory, args.format, terminal),
        Command::Plan(args) => plan::run(&args, &directory, args.format, terminal),
        Command::Apply(args) => apply::run(&args, &directory, args.format, terminal),
        Command::Undo(args) => undo::run(&args, &directory, args.format, terminal),
        Command::Ci(args) => ci::run(&args, &directory, terminal),
        Command::Workspaces(args) => workspaces::run(&args, &directory, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Trace(args) => trace::run(&args, &directory, terminal),
        Command::Doctor(args) => doctor::run(&directory, args.format, terminal),
        Command::Renumber(args) => renumber::run(&args, &directory, terminal),
        Command::Import(args) => import::run(&args, &directory, args.format, terminal),
        Command::Csv(command) => csv::run(&command, &directory, terminal),
        Command::List(args) => live::list(&args, &directory, args.format, terminal),
        Command::Show(args) => live::show(&args, &directory, args.format, terminal),
        Command::Report(args) => report::run(&args, &directory, terminal),
        Command::Run(command) => run::run(&command, &directory, terminal),
        Command::Sandbox(command) => sandbox::run(&command, &directory, terminal),
        Command::Schema(args) => schema::run(&args, &directory, terminal),
        Command::Completions { shell } => {
            // Written whole: the generator panics on a closed pipe.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "callsheet", &mut script);
            terminal.out.write_all(&script)?;
            Ok(Outcome::Done)
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut terminal.out)?;
            Ok(Outcome::Done)
        }
    }
}

/// The parser of a command's `--format`: the formats that the command writes, and no others.
fn formats(written: &[Format]) -> impl TypedValueParser<Value = Format> + use<> {
    let values = written.iter().filter_map(ValueEnum::to_possible_value);
    PossibleValuesParser::from(values.collect::<Vec<_>>())
        .map(|name| Format::from_str(&name, false).expect("a listed format is one"))
}

/// A variable that is set to nothing counts as one that isn't set: a step of CI can't unset one.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| {
        let value = arg.get_env().and_then(|name| name.to_str());
        value.is_some_and(|name| settings::variable(name).is_some_and(|value| value.is_empty()))
    };
    command
        .mut_args(|arg| {
            if is_empty(&arg) {
                arg.env(clap::builder::Resettable::Reset)
            } else {
                arg
            }
        })
        .mut_subcommands(without_empty_variables)
}
