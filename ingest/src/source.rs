//! Where the data come from: the first place that has them.

mod apt;
pub mod deb;
mod download;
mod folder;
mod raw_folder;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pipelines::files::layout::Layout;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::spec::{Data, Source};
use pipelines::stage_program::Interrupted;

use crate::bundled;
use crate::data_set::DataSet;
use crate::idx_file::FASHION_MNIST;
use crate::invalid_file::InvalidFile;

pub use deb::unpack;

/// Folder of the Debian and Ubuntu package `dataset-fashion-mnist`.
const PACKAGE_FOLDER: &str = "/usr/share/datasets/fashion-mnist";

/// What was obtained.
#[derive(Clone, Debug)]
pub struct Obtained {
    /// Checked images and labels.
    pub data: DataSet,
    /// Present when the bundled subset stood in for the full data: why, and how to get them.
    pub warning: Option<String>,
}

/// A place that may have the full data.
#[derive(Clone, Debug)]
enum Place {
    /// A folder that the user named.
    Named(PathBuf),
    /// `data/raw`, where whatever was obtained is kept.
    Raw,
    /// Where the system's package puts them.
    Package,
    /// An address on the network.
    Address(&'static str),
    /// The system's package manager.
    Apt,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Named(folder) => write!(f, "{}", folder.display()),
            Place::Raw => write!(f, "data/raw"),
            Place::Package => write!(f, "{PACKAGE_FOLDER}"),
            Place::Address(address) => write!(f, "{address}"),
            Place::Apt => write!(f, "package {}", apt::PACKAGE),
        }
    }
}

/// The data that a spec asks for. A spec with the bundled source never looks further.
///
/// # Errors
/// A folder named by the user that does not have the data; no place that has them, where the spec
/// does not let the bundled subset stand in; each place is listed with what went wrong.
pub fn obtain(data: &Data, from: Option<&Path>, layout: &Layout) -> Result<Obtained> {
    let info = data.info();
    if data.source == Source::Bundled {
        tracing::info!("ingest: taking the bundled subset, as the spec says");
        return Ok(Obtained {
            data: bundled::data_set(&info)?,
            warning: None,
        });
    }
    let mut places: Vec<Place> = Vec::new();
    places.extend(from.map(|folder| Place::Named(folder.to_path_buf())));
    places.extend([Place::Raw, Place::Package]);
    places.extend(download::ADDRESSES.map(Place::Address));
    places.push(Place::Apt);
    let mut outcomes = Vec::new();
    for place in places {
        let error = match read(&place, layout, &info) {
            Ok(data) => {
                tracing::info!("ingest: {place}: has the data");
                return Ok(Obtained {
                    data,
                    warning: None,
                });
            }
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) if matches!(place, Place::Named(_)) => {
                return Err(error.context(format!("{place} does not have the data")));
            }
            Err(error) => error,
        };
        // What is not there is no surprise; what is there and wrong is.
        if error.chain().any(|cause| cause.is::<InvalidFile>()) {
            tracing::warn!("ingest: {place}: {error:#}");
        } else {
            tracing::info!("ingest: {place}: {error:#}");
        }
        outcomes.push(format!("{place}: {error:#}"));
    }
    if !data.bundled_fallback {
        bail!(
            "no place has the full data ({}); {}",
            outcomes.join("; "),
            remedy()
        );
    }
    Ok(Obtained {
        data: bundled::data_set(&info)?,
        warning: Some(format!(
            "the full data could not be had, so the bundled subset of 2,000 training and 1,000 test \
             images stands in: accuracies made from it say nothing about the models; {}",
            remedy()
        )),
    })
}

fn remedy() -> String {
    let names = FASHION_MNIST.map(|file| format!("{}.gz", file.name));
    format!(
        "get {} from https://github.com/zalandoresearch/fashion-mnist (folder data/fashion) and run \
         `cargo xtask ingest --from DIR` with the folder they are in",
        names.join(", ")
    )
}

/// Reads and checks the data; what does not lie on this machine already goes to `data/raw` first.
fn read(place: &Place, layout: &Layout, info: &DatasetInfo) -> Result<DataSet> {
    let raw = layout.raw();
    match place {
        Place::Named(folder) => {
            let files = folder::read(folder, &FASHION_MNIST)?;
            let data = DataSet::decode(&FASHION_MNIST, &files, info)?;
            raw_folder::keep(&raw, &FASHION_MNIST, &files)?;
            Ok(data)
        }
        Place::Raw => folder::data_set(&raw, &FASHION_MNIST, info),
        Place::Package => folder::data_set(Path::new(PACKAGE_FOLDER), &FASHION_MNIST, info),
        Place::Address(address) => {
            download::fill(&raw, &FASHION_MNIST, info, address)?;
            folder::data_set(&raw, &FASHION_MNIST, info)
        }
        Place::Apt => {
            let files = apt::download(&layout.data().join("apt"), &FASHION_MNIST)?;
            let data = DataSet::decode(&FASHION_MNIST, &files, info)
                .with_context(|| format!("the package {}", apt::PACKAGE))?;
            raw_folder::keep(&raw, &FASHION_MNIST, &files)?;
            Ok(data)
        }
    }
}
