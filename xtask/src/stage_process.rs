//! One stage as a process of its own.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use pipelines::stage_program::{interrupted, quoted};

/// Time between two looks at a running process.
const POLL: Duration = Duration::from_millis(5);

/// Runs `program` with `words` to its end, after printing the command so that it can be copied.
/// Without a `label` it writes to this terminal itself, bars included; with one, each of its lines
/// is printed behind the label.
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

/// Waits for the end; an interruption is sent on, once.
fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if !told && interrupted(String::new).is_err() {
            told = true;
            terminate(child);
        }
        std::thread::sleep(POLL);
    }
}

/// Asks a process that has not been waited for to stop after what it has in hand.
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

/// Elsewhere the console tells all its programs.
#[cfg(not(unix))]
fn terminate(_child: &Child) {}

fn print_lines(from: impl Read, mut to: impl Write, label: &str) {
    let mut lines = BufReader::new(from).split(b'\n');
    while let Some(Ok(line)) = lines.next() {
        let text = String::from_utf8_lossy(&line);
        print_line(&mut to, &format!("{label} | {}", text.trim_end()));
    }
}

/// A reader that has gone is no reason to stop the work.
fn print_line(to: &mut impl Write, line: &str) {
    if let Err(error) = writeln!(to, "{line}") {
        tracing::debug!("cannot print: {error}");
    }
}
