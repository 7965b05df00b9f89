//! Where the images of a spec come from.

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Where images come from: `"fashion-mnist"`, or a table such as
/// `{ kind = "image-folder", path = "leaves" }`. Paths are relative to the file of the spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// The 60,000 training and 10,000 test images of Zalando's Fashion-MNIST.
    FashionMnist,
    /// The first 2,000 training and 1,000 test images, which lie in the repository.
    Bundled,
    /// IDX files of unsigned bytes, plain or gzipped, as those of MNIST and EMNIST.
    Idx(IdxFiles),
    /// A folder of pictures for each class, as torchvision's `ImageFolder` has them.
    ImageFolder {
        /// The folder that holds `train/` and perhaps `test/`, or the folders of the classes.
        path: PathBuf,
    },
    /// Parquet files, of Hugging Face's layout or as `ingest` writes them.
    Parquet {
        /// The folder that holds them, or that holds `data/` with them.
        path: PathBuf,
    },
}

/// The four files of an IDX data set. Those that are not named have the names that MNIST's have:
/// `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, with or without `.gz`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdxFiles {
    /// The folder that holds them.
    pub path: PathBuf,
    /// Name of the training images, (N, H, W) or (N, H, W, C).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_images: Option<String>,
    /// Name of the training labels, (N).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_labels: Option<String>,
    /// Name of the test images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_images: Option<String>,
    /// Name of the test labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_labels: Option<String>,
}

impl Source {
    /// The folder that the spec names; `None` for images that the program finds itself.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::FashionMnist | Source::Bundled => None,
            Source::Idx(files) => Some(&files.path),
            Source::ImageFolder { path } | Source::Parquet { path } => Some(path),
        }
    }

    /// The word that stands for it in a spec.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::FashionMnist => "fashion-mnist",
            Source::Bundled => "bundled",
            Source::Idx(_) => "idx",
            Source::ImageFolder { .. } => "image-folder",
            Source::Parquet { .. } => "parquet",
        }
    }
}

/// Reads a source from its name alone or from a table with its `kind`.
///
/// # Errors
/// An unknown kind, a key that is missing or too many.
pub(super) fn name_or_table<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Source>, D::Error> {
    struct NameOrTable;

    impl<'de> Visitor<'de> for NameOrTable {
        type Value = Source;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the name of a source or a table with its `kind`")
        }

        fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Source, E> {
            Source::deserialize(MapDeserializer::new([("kind", name)].into_iter()))
        }

        fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Source, A::Error> {
            Source::deserialize(MapAccessDeserializer::new(table))
        }
    }

    deserializer.deserialize_any(NameOrTable).map(Some)
}

/// The schema of what [`name_or_table`] reads: a source without a path can be a name alone.
pub(super) fn name_or_table_schema(generator: &mut SchemaGenerator) -> Schema {
    let names = [Source::FashionMnist, Source::Bundled].map(|source| source.kind());
    json_schema!({
        "anyOf": [{ "type": "string", "enum": names }, generator.subschema_for::<Source>()],
    })
}
