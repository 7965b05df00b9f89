//! Fashion-MNIST, from the first place that has it, and the subset of it in the repository.

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
use crate::source::DataSource;

pub use deb::unpack;

/// Folder of the Debian and Ubuntu package `dataset-fashion-mnist`.
const PACKAGE_FOLDER: &str = "/usr/share/datasets/fashion-mnist";

/// Data, and whether they are what the spec asks for.
#[derive(Clone, Debug)]
pub struct Obtained {
    /// Checked images and labels.
    pub data: DataSet,
    /// Present when the bundled subset replaces the full data: why, and how to get the full data.
    pub warning: Option<String>,
}

/// A source that may have the full data.
#[derive(Clone, Debug)]
enum Location {
    /// A folder that the user named.
    Named(PathBuf),
    /// `data/raw`, where obtained files are kept.
    Raw,
    /// The folder of the system's package.
    Package,
    /// An address on the network.
    Address(&'static str),
    /// The system's package manager.
    Apt,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Named(folder) => write!(f, "{}", folder.display()),
            Location::Raw => write!(f, "data/raw"),
            Location::Package => write!(f, "{PACKAGE_FOLDER}"),
            Location::Address(address) => write!(f, "{address}"),
            Location::Apt => write!(f, "package {}", apt::PACKAGE),
        }
    }
}

/// Opens the data that a spec asks for, with the spec's names of the classes if it gives any.
///
/// # Errors
/// As [`obtain`].
pub fn open(data: &Data, from: Option<&Path>, layout: &Layout) -> Result<DataSource> {
    let mut info = bundled::info();
    if let Some(names) = &data.classes {
        info.class_names.clone_from(names);
    }
    let Obtained { data, warning } = obtain(data, &info, from, layout)?;
    Ok(DataSource {
        info,
        train: Box::new(data.train),
        test: Some(Box::new(data.test)),
        notes: Vec::new(),
        stand_in: warning,
    })
}

/// The data that a spec asks for. A spec with the bundled source never looks further.
///
/// # Errors
/// A folder named by the user that does not have the data; no source that has them if the spec does
/// not allow the bundled subset instead. Every source is listed with what went wrong.
pub fn obtain(
    data: &Data,
    info: &DatasetInfo,
    from: Option<&Path>,
    layout: &Layout,
) -> Result<Obtained> {
    if data.source == Source::Bundled {
        tracing::info!("ingest: taking the bundled subset, as the spec says");
        return Ok(Obtained {
            data: bundled::data_set(info)?,
            warning: None,
        });
    }
    let mut locations: Vec<Location> = Vec::new();
    locations.extend(from.map(|folder| Location::Named(folder.to_path_buf())));
    locations.extend([Location::Raw, Location::Package]);
    locations.extend(download::ADDRESSES.map(Location::Address));
    locations.push(Location::Apt);
    let mut outcomes = Vec::new();
    for location in locations {
        let error = match read(&location, layout, info) {
            Ok(data) => {
                tracing::info!("ingest: {location}: has the data");
                return Ok(Obtained {
                    data,
                    warning: None,
                });
            }
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) if matches!(location, Location::Named(_)) => {
                return Err(error.context(format!("{location} does not have the data")));
            }
            Err(error) => error,
        };
        // A source without the files is normal, but invalid files deserve a warning.
        if error.chain().any(|cause| cause.is::<InvalidFile>()) {
            tracing::warn!("ingest: {location}: {error:#}");
        } else {
            tracing::info!("ingest: {location}: {error:#}");
        }
        outcomes.push(format!("{location}: {error:#}"));
    }
    if !data.bundled_fallback {
        bail!(
            "no source has the full data ({}); {}",
            outcomes.join("; "),
            remedy()
        );
    }
    Ok(Obtained {
        data: bundled::data_set(info)?,
        warning: Some(format!(
            "the full data could not be obtained, so the bundled subset of 2,000 training and 1,000 test \
             images replaces them: accuracies made from it say nothing about the models; {}",
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

/// Reads and checks the data. Files that are not on this machine yet are first written to `data/raw`.
fn read(location: &Location, layout: &Layout, info: &DatasetInfo) -> Result<DataSet> {
    let raw = layout.raw();
    match location {
        Location::Named(folder) => {
            let files = folder::read(folder, &FASHION_MNIST)?;
            let data = DataSet::decode(&FASHION_MNIST, &files, info)?;
            raw_folder::keep(&raw, &FASHION_MNIST, &files)?;
            Ok(data)
        }
        Location::Raw => folder::data_set(&raw, &FASHION_MNIST, info),
        Location::Package => folder::data_set(Path::new(PACKAGE_FOLDER), &FASHION_MNIST, info),
        Location::Address(address) => {
            download::fill(&raw, &FASHION_MNIST, info, address)?;
            folder::data_set(&raw, &FASHION_MNIST, info)
        }
        Location::Apt => {
            let files = apt::download(&layout.data().join("apt"), &FASHION_MNIST)?;
            let data = DataSet::decode(&FASHION_MNIST, &files, info)
                .with_context(|| format!("the package {}", apt::PACKAGE))?;
            raw_folder::keep(&raw, &FASHION_MNIST, &files)?;
            Ok(data)
        }
    }
}
