//! The `callsheet` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    callsheet::cli::main()
}
