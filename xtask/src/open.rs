//! Opens the report in a browser.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use pipelines::files::layout::REPORT_HTML_FILE;

use crate::command_line::RunArguments;

/// Opens the report of a spec in the system's browser.
///
/// # Errors
/// No report, or a system without a browser.
pub fn report(arguments: &RunArguments) -> Result<()> {
    let spec = arguments.stage.load_spec()?;
    let folder = arguments.stage.layout().reported(&spec.name);
    let path = folder.join(REPORT_HTML_FILE);
    let path = path
        .canonicalize()
        .with_context(|| format!("cannot open {}", path.display()))?;
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let status = Command::new(opener)
        .arg(&path)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {opener} to show {}", path.display()))?;
    // The explorer of Windows reports a failure even after a success.
    if !status.success() && opener != "explorer" {
        bail!("`{opener} {}` failed: {status}", path.display());
    }
    Ok(())
}
