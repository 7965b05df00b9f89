//! The package of Debian and Ubuntu, downloaded without installing it: this needs no root and changes
//! no file of the system.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use pipelines::stage_program::interrupted;

use super::deb;
use crate::data_set::RawFile;
use crate::idx_file::IdxFiles;

/// Name of the package.
pub const PACKAGE: &str = "dataset-fashion-mnist";

/// Time limit of one call of apt-get.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Time between two checks of a running apt-get.
const POLL: Duration = Duration::from_millis(50);
/// Options that make apt-get wait for seconds and try twice.
const NETWORK_OPTIONS: [&str; 4] = [
    "Acquire::http::Timeout=10",
    "Acquire::https::Timeout=10",
    "Acquire::Retries=1",
    "Acquire::Languages=none",
];

/// Downloads the package below `folder` and takes the four files out of it. `folder` is the
/// project's own and is removed afterwards.
///
/// # Errors
/// A system without apt-get, a package that cannot be downloaded, a package without the files.
pub fn download(folder: &Path, files: &IdxFiles) -> Result<[RawFile; 4]> {
    let outcome = download_in(folder, files);
    // A folder that cannot be removed is harmless: the next call removes it first.
    let _ = fs::remove_dir_all(folder);
    outcome
}

fn download_in(folder: &Path, files: &IdxFiles) -> Result<[RawFile; 4]> {
    let folder = &std::path::absolute(folder)?;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    let cache = folder.join("cache");
    let lists = folder.join("lists");
    for needed in [cache.join("archives/partial"), lists.join("partial")] {
        fs::create_dir_all(&needed).with_context(|| format!("cannot make {}", needed.display()))?;
    }
    let mut options = vec![
        option("Dir::Cache=", Some(&cache)),
        option("APT::Sandbox::User=", None),
    ];
    options.extend(NETWORK_OPTIONS.map(OsString::from));
    if let Err(error) = apt_get(folder, &options, &["download", PACKAGE]) {
        interrupted(|| format!("the next run asks for {PACKAGE} again"))?;
        tracing::info!(
            "ingest: {error:#}; fetching package lists into {}",
            lists.display()
        );
        options.push(option("Dir::State::Lists=", Some(&lists)));
        apt_get(folder, &options, &["update"])?;
        apt_get(folder, &options, &["download", PACKAGE])?;
    }
    let package = find_package(folder)?;
    let mut child = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(&package)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run dpkg-deb")?;
    let contents = child.stdout.take().context("dpkg-deb has no output")?;
    let unpacked = deb::unpack(&package, contents, files);
    let status = child.wait().context("cannot wait for dpkg-deb")?;
    let unpacked = unpacked?;
    if !status.success() {
        bail!("{}: dpkg-deb failed: {status}", package.display());
    }
    Ok(unpacked)
}

fn option(name: &str, folder: Option<&Path>) -> OsString {
    let mut option = OsString::from(name);
    option.extend(folder.map(Path::as_os_str));
    option
}

/// Runs apt-get in `folder`. If it fails, its last line that reports an error is the reason.
fn apt_get(folder: &Path, options: &[OsString], arguments: &[&str]) -> Result<()> {
    let name = format!("apt-get {}", arguments.join(" "));
    let log = folder.join("apt-get.log");
    let output = File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
    let mut command = Command::new("apt-get");
    command.arg("--quiet");
    for option in options {
        command.arg("--option").arg(option);
    }
    let mut child = command
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output)
        .spawn()
        .with_context(|| format!("cannot run {name}"))?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child
            .try_wait()
            .with_context(|| format!("cannot wait for {name}"))?
        {
            break status;
        }
        let stop = interrupted(|| format!("the next run asks for {PACKAGE} again"));
        if stop.is_err() || started.elapsed() > TIMEOUT {
            child
                .kill()
                .and_then(|()| child.wait().map(drop))
                .with_context(|| format!("cannot stop {name}"))?;
            stop?;
            bail!("{name}: no answer within {} s", TIMEOUT.as_secs());
        }
        thread::sleep(POLL);
    };
    if !status.success() {
        let output = fs::read(&log).unwrap_or_default();
        let output = String::from_utf8_lossy(&output);
        let last = output
            .lines()
            .rfind(|line| line.starts_with("E:"))
            .unwrap_or("no reason given");
        bail!("{name}: {}", last.trim_start_matches("E: "));
    }
    Ok(())
}

fn find_package(folder: &Path) -> Result<PathBuf> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .with_context(|| format!("{}: apt-get left no package", folder.display()))
}
