//! The addresses in Zalando's README.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::stage_program::{bar, interrupted};
use ureq::Agent;

use super::{folder, raw_folder};
use crate::idx_file::{IdxFile, IdxFiles};
use crate::invalid_file::InvalidFile;

/// Folders on the network that hold the four gzipped files. The first is offered over HTTP only; its
/// files must have the same SHA-256 as those of every other source.
pub const ADDRESSES: [&str; 2] = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
];

/// Time limit for each of: resolving the name, connecting, sending the request, the first byte of the
/// response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit for one file; the largest has 26 MB.
const FILE_TIMEOUT: Duration = Duration::from_secs(120);
/// Attempts for each file before the address is given up.
const ATTEMPTS: u32 = 2;
/// Pause between them.
const PAUSE: Duration = Duration::from_secs(1);
/// Bytes read between two updates of the progress bar and checks for Ctrl-C.
const PIECE_BYTES: usize = 64 * 1024;

/// Downloads into `raw` those of the four files of images of `info` that are not in it yet. Each is
/// checked before it is kept.
///
/// # Errors
/// The first file that cannot be downloaded or is invalid, and Ctrl-C.
pub fn fill(raw: &Path, files: &IdxFiles, info: &DatasetInfo, address: &str) -> Result<()> {
    let agent: Agent = Agent::config_builder()
        .timeout_resolve(Some(RESPONSE_TIMEOUT))
        .timeout_connect(Some(RESPONSE_TIMEOUT))
        .timeout_send_request(Some(RESPONSE_TIMEOUT))
        .timeout_recv_response(Some(RESPONSE_TIMEOUT))
        .timeout_recv_body(Some(FILE_TIMEOUT))
        .build()
        .into();
    let _lock = raw_folder::lock(raw)?;
    for file in files {
        let existing = folder::read_file(raw, file);
        if existing.is_ok_and(|raw| file.decode(&raw.path, &raw.bytes, info).is_ok()) {
            continue;
        }
        let url = format!("{address}/{}.gz", file.name);
        let bytes = get_with_retry(&agent, &url, file)?;
        file.decode(Path::new(&url), &bytes, info)?;
        raw_folder::keep_file(raw, file, &bytes)?;
    }
    Ok(())
}

fn get_with_retry(agent: &Agent, url: &str, file: &IdxFile) -> Result<Vec<u8>> {
    let mut attempt = 1;
    loop {
        interrupted(|| format!("the next run asks for {url} again"))?;
        match get(agent, url, file) {
            Err(error) if attempt < ATTEMPTS && is_transient(&error) => {
                tracing::info!("ingest: {error:#}; trying again");
                std::thread::sleep(PAUSE);
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Whether another attempt may succeed.
fn is_transient(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<ureq::Error>() {
        Some(ureq::Error::StatusCode(status)) => *status >= 500,
        Some(ureq::Error::HostNotFound) => false,
        Some(_) => true,
        None => error.is::<std::io::Error>(),
    }
}

fn get(agent: &Agent, url: &str, file: &IdxFile) -> Result<Vec<u8>> {
    let mut response = agent
        .get(url)
        .call()
        .with_context(|| format!("cannot get {}.gz", file.name))?;
    let limit_bytes = file.max_raw_bytes();
    let announced_bytes = response.body().content_length();
    let progress = bar(file.name, announced_bytes.unwrap_or(0), "bytes");
    let mut reader = response.body_mut().as_reader();
    let mut bytes = Vec::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        interrupted(|| format!("the next run asks for {url} again"))?;
        let read = reader
            .read(&mut piece)
            .with_context(|| format!("cannot get {}.gz", file.name))?;
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&piece[..read]);
        progress.inc(read as u64);
        if bytes.len() > limit_bytes {
            let expected = format!("at most {limit_bytes} bytes");
            return Err(InvalidFile::new(Path::new(url), "file size", expected, "more").into());
        }
    }
    progress.finish_and_clear();
    Ok(bytes)
}

#[cfg(test)]
mod tests;
