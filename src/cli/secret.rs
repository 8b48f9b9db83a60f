//! A *secret's source* is the file or the command that a secret is read from, in bounded time and space.

use crate::repo::other_than_file;
use anyhow::{Context as _, bail};
use std::{
    io::Read as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

/// The maximum time for a command to print a secret and end.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The interval at which a command is checked for its end.
const INTERVAL: Duration = Duration::from_millis(10);

/// The maximum size of a secret, in bytes.
const MAX_SIZE: u64 = 64 << 10;

/// Reads a secret from a file of the workspace. A link that leads out of the workspace is refused, since it
/// would send what was never reviewed.
pub(super) fn from_file(workspace: &Path, path: &str) -> Result<String, String> {
    let read = || -> anyhow::Result<String> {
        let root = workspace.canonicalize()?;
        let file = root.join(path).canonicalize()?;
        if !file.starts_with(&root) {
            bail!("the path leads out of the workspace");
        }
        // Opening a pipe would wait for a writer, so this is checked first.
        if let Some(what) = other_than_file(file.metadata()?.file_type()) {
            bail!("it is {what}, not a file");
        }
        let mut text = String::new();
        let read = std::fs::File::open(file)?
            .take(MAX_SIZE + 1)
            .read_to_string(&mut text);
        read.context("it is not text")?;
        within_limit(text)
    };
    read().map_err(|error| error.to_string())
}

/// Held while a command runs: it may ask somebody for a key.
static COMMAND: Mutex<()> = Mutex::new(());

/// Reads a secret from the output of a command. Only one runs at a time.
pub(super) fn from_command(words: &[Box<str>], workspace: &Path) -> Result<String, String> {
    let _alone = COMMAND.lock().unwrap_or_else(PoisonError::into_inner);
    run(words, workspace, TIMEOUT).map_err(|error| error.to_string())
}

fn run(words: &[Box<str>], workspace: &Path, timeout: Duration) -> anyhow::Result<String> {
    let (program, arguments) = words.split_first().context("it is empty")?;
    let mut command = Command::new(&**program);
    command
        .args(arguments.iter().map(|word| &**word))
        .current_dir(workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let deadline = Instant::now() + timeout;
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().context("it has no output")?;
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.take(MAX_SIZE + 1).read_to_string(&mut text);
        // The receiver is gone only after a timeout.
        drop(send.send(read.map(|_| text)));
    });
    let text = receive.recv_timeout(timeout).ok();
    // A command that has closed its output may still be running.
    let status = match &text {
        Some(_) => ended(&mut child, deadline)?,
        None => None,
    };
    let (Some(text), Some(status)) = (text, status) else {
        drop(child.kill());
        drop(child.wait());
        bail!("it took longer than {} seconds", timeout.as_secs_f32());
    };
    if !status.success() {
        bail!("it ended with {status}");
    }
    within_limit(text.context("it printed what is not text")?)
}

/// Waits until a process ends or the deadline passes.
fn ended(child: &mut Child, deadline: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        let status = child.try_wait()?;
        let left = deadline.saturating_duration_since(Instant::now());
        if status.is_some() || left.is_zero() {
            return Ok(status);
        }
        std::thread::sleep(INTERVAL.min(left));
    }
}

fn within_limit(text: String) -> anyhow::Result<String> {
    if text.len() as u64 > MAX_SIZE {
        bail!(
            "it is larger than {} KiB, so it is not a secret",
            MAX_SIZE >> 10
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(folder: &Path, script: &str, timeout: Duration) -> anyhow::Result<String> {
        let words = ["sh", "-c", script].map(Box::from);
        run(&words, folder, timeout)
    }

    #[test]
    fn a_command_that_goes_on_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let brief = Duration::from_millis(300);
        for script in [
            "echo $$ > pid; exec sleep 1000",
            "echo $$ > pid; echo hunter2; exec >&-; exec sleep 1000",
        ] {
            let error = sh(folder.path(), script, brief).unwrap_err().to_string();
            assert!(error.contains("longer than 0.3 seconds"), "{error}");
            let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
            let alive = Path::new("/proc").join(pid.trim()).exists();
            assert!(!alive, "{script}");
        }
        let read = sh(folder.path(), "echo hunter2", TIMEOUT).unwrap();
        assert_eq!(read, "hunter2\n");
        let error = sh(folder.path(), "echo hunter2; exit 3", TIMEOUT).unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[test]
    fn too_much_output_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let script = "head -c 70000 /dev/zero | tr '\\0' x";
        assert!(sh(folder.path(), script, TIMEOUT).is_err());
        std::fs::write(folder.path().join("x"), "x".repeat(70_000)).unwrap();
        assert!(
            from_file(folder.path(), "x")
                .unwrap_err()
                .contains("64 KiB")
        );
    }

    #[test]
    fn a_secret_is_read_from_plain_files_only() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        std::os::unix::fs::symlink("pipe", folder.path().join("link")).unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        for (path, what) in [
            ("pipe", "a named pipe"),
            ("link", "a named pipe"),
            ("folder", "a directory"),
        ] {
            let error = from_file(folder.path(), path).unwrap_err();
            assert!(error.contains(what), "{path}: {error}");
        }
    }
}
