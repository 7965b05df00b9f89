//! One stage as a process of its own.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use pipelines::stage_program::{
    FORCE_COLOURS, PARENT_SAYS, colours, interrupted, quoted, write_line,
};

use crate::progress::StepProgress;

/// Time between two checks of a running process.
const POLL: Duration = Duration::from_millis(5);

/// Runs `program` with `words` to its end, after printing the command so that it can be copied. Alone
/// it writes to this terminal directly, with progress bars; as one `step` of several side by side its
/// lines are printed between theirs.
///
/// # Errors
/// A program that cannot be started.
pub fn run(program: &Path, words: &[OsString], step: Option<&StepProgress>) -> Result<ExitStatus> {
    let context = || format!("cannot run {}", program.display());
    let shown = [&[program.as_os_str().to_owned()], words].concat();
    match step {
        Some(step) => step.line(&mut io::stderr(), &command_line(&shown)),
        None => echo(&shown),
    }
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null());
    command.env(PARENT_SAYS, "1");
    if step.is_some() {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if colours(&io::stderr()) {
            command.env(FORCE_COLOURS, "1");
        }
    }
    let mut child = command.spawn().with_context(context)?;
    let outputs = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        if let (Some(step), (Some(stdout), Some(stderr))) = (step, outputs) {
            scope.spawn(move || print_lines(stdout, io::stdout(), step));
            scope.spawn(move || print_lines(stderr, io::stderr(), step));
        }
        wait(&mut child)
    })
    .with_context(context)
}

/// Prints a command so that it can be copied.
pub fn echo(words: &[OsString]) {
    write_line(&mut io::stderr(), &command_line(words));
}

fn command_line(words: &[OsString]) -> String {
    format!("$ {}", quoted(words))
}

/// Waits for the end. An interruption is passed on once.
///
/// # Errors
/// Those of the system.
pub fn wait(child: &mut Child) -> io::Result<ExitStatus> {
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

fn print_lines(from: impl Read, mut to: impl Write, step: &StepProgress) {
    let mut lines = BufReader::new(from).split(b'\n');
    while let Some(Ok(line)) = lines.next() {
        step.line(&mut to, String::from_utf8_lossy(&line).trim_end());
    }
}
