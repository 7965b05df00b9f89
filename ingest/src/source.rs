//! Where the data come from.

mod folder;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pipelines::layout::Layout;
use pipelines::spec::{Data, Source};

use crate::bundled;
use crate::data_set::{DataSet, RawFile};
use crate::idx_file::FASHION_MNIST;

/// Folder of the Debian and Ubuntu package `dataset-fashion-mnist`.
const PACKAGE_FOLDER: &str = "/usr/share/datasets/fashion-mnist";

/// What was obtained.
#[derive(Clone, Debug)]
pub struct Obtained {
    /// Checked images and labels.
    pub data: DataSet,
    /// Present when the bundled subset stood in for the full data.
    pub warning: Option<String>,
}

/// The data that a spec asks for.
///
/// # Errors
/// No source has the data; each is listed with what went wrong.
pub fn obtain(data: &Data, from: Option<&Path>, layout: &Layout) -> Result<Obtained> {
    if data.source == Source::Bundled {
        tracing::info!("ingest: the bundled subset, as the spec says");
        return Ok(Obtained {
            data: bundled::data_set()?,
            warning: None,
        });
    }
    let folders: Vec<PathBuf> = from
        .map(Path::to_path_buf)
        .into_iter()
        .chain([layout.raw(), PACKAGE_FOLDER.into()])
        .collect();
    for folder in folders {
        match folder::read(&folder, &FASHION_MNIST).and_then(|raw| decode(&raw)) {
            Ok(data) => {
                tracing::info!("ingest: {}: the full data", folder.display());
                return Ok(Obtained {
                    data,
                    warning: None,
                });
            }
            Err(error) => tracing::info!("ingest: {error:#}"),
        }
    }
    if data.bundled_fallback {
        return Ok(Obtained {
            data: bundled::data_set()?,
            warning: Some("the bundled subset of 2,000 training and 1,000 test images stands in for the full data".to_owned()),
        });
    }
    bail!("no source has the full data");
}

fn decode(raw: &[RawFile; 4]) -> Result<DataSet> {
    DataSet::decode(&FASHION_MNIST, raw).context("not the full data")
}
