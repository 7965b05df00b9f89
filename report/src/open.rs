//! Opens a file with the program that the system has for it.

use std::path::Path;
use std::process::{Command, Stdio};

/// Opens the page at `path` in the browser; a system without one is told where the page lies.
pub fn page(path: &Path) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let opened = Command::new(program)
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match opened {
        Ok(_) => tracing::info!("report: opening {}", path.display()),
        Err(error) => {
            tracing::warn!(
                "cannot run {program} ({error}); open {} in a browser",
                path.display()
            );
        }
    }
}
