//! One stage as a process of its own.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use pipelines::stage_program::{interrupted, quoted};

/// Time between two checks of a running process.
const POLL: Duration = Duration::from_millis(5);

/// Runs `program` with `words` to its end, after printing the command so that it can be copied.
/// Without a `label` it writes to this terminal directly, with progress bars; with one, its lines are
/// printed after the label.
///
/// # Errors
/// A program that cannot be started.
pub fn run(program: &Path, words: &[OsString], label: Option<&str>) -> Result<ExitStatus> {
    let context = || format!("cannot run {}", program.display());
    let shown = [&[program.as_os_str().to_owned()], words].concat();
    echo(&shown);
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null());
    if label.is_some() {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let mut child = command.spawn().with_context(context)?;
    let outputs = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        if let (Some(label), (Some(stdout), Some(stderr))) = (label, outputs) {
            scope.spawn(move || print_lines(stdout, io::stdout(), label));
            scope.spawn(move || print_lines(stderr, io::stderr(), label));
        }
        wait(&mut child)
    })
    .with_context(context)
}

/// Prints a command so that it can be copied.
pub fn echo(words: &[OsString]) {
    print_line(&mut io::stderr(), &format!("$ {}", quoted(words)));
}

/// Waits for the end. An interruption is passed on once.
fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let mut was_interrupted = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if !was_interrupted && interrupted(String::new).is_err() {
            was_interrupted = true;
            terminate(child);
        }
        std::thread::sleep(POLL);
    }
}

/// Asks a process that has not been waited for to stop after its current epoch, shard or file.
#[cfg(unix)]
fn terminate(child: &Child) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let Ok(id) = i32::try_from(child.id()) else {
        return;
    };
    if let Err(error) = kill(Pid::from_raw(id), Signal::SIGTERM) {
        tracing::debug!("cannot interrupt process {id}: {error}");
    }
}

/// On other systems the console interrupts all its programs.
#[cfg(not(unix))]
fn terminate(_child: &Child) {}

fn print_lines(from: impl Read, mut to: impl Write, label: &str) {
    let mut lines = BufReader::new(from).split(b'\n');
    while let Some(Ok(line)) = lines.next() {
        let text = String::from_utf8_lossy(&line);
        print_line(&mut to, &format!("{label} | {}", text.trim_end()));
    }
}

/// The work continues even if nobody reads the output any more.
fn print_line(to: &mut impl Write, line: &str) {
    if let Err(error) = writeln!(to, "{line}") {
        tracing::debug!("cannot print: {error}");
    }
}
