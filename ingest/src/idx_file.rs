//! The known IDX files, and what each must hold.

use std::path::Path;

use pipelines::files::sha256;
use pipelines::spec::dataset_info::DatasetInfo;

use crate::gunzip::gunzip;
use crate::idx;
use crate::invalid_file::InvalidFile;

/// What an IDX file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// (N, H, W) bytes.
    Images,
    /// N bytes, one label each.
    Labels,
}

/// One IDX file whose decompressed bytes are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdxFile {
    /// File name without `.gz`, as in Zalando's README.
    pub name: &'static str,
    /// What it holds.
    pub content: Content,
    /// Number of images or labels.
    pub count: usize,
    /// Size of the decompressed file.
    pub size_bytes: usize,
    /// SHA-256 of the decompressed file. Copies differ in how they were compressed.
    pub sha256: &'static str,
}

/// The four files of a data set: training images and labels, test images and labels.
pub type IdxFiles = [IdxFile; 4];

/// All 60,000 training and 10,000 test images.
pub const FASHION_MNIST: IdxFiles = files(
    [60_000, 10_000],
    [47_040_016, 60_008, 7_840_016, 10_008],
    [
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ],
);

/// The first 2,000 training and 1,000 test images, which are in the repository. Other images
/// need another version of the stage, `pipelines::stage::Stage::version`.
pub const BUNDLED: IdxFiles = files(
    [2_000, 1_000],
    [1_568_016, 2_008, 784_016, 1_008],
    [
        "71a9f8cec24060d6752b3e4940ce6d6fd729334afa47b735dd553481aa83b53e",
        "8983259dfbc9f185f92698916f7daf361704b43ba7d19568cc7bcdeefdc1bece",
        "7a6d8e07ea021ec5bc73135ebd0a5770799557ec6f8242d8749c4f32a3cf4643",
        "b40abac7ec8228f434940f579deb7cf7b6e3103b5274cb91d1545771f5ef1c8b",
    ],
);

const fn files(
    [train, test]: [usize; 2],
    sizes_bytes: [usize; 4],
    sha256: [&'static str; 4],
) -> IdxFiles {
    const EMPTY: IdxFile = IdxFile {
        name: "",
        content: Content::Images,
        count: 0,
        size_bytes: 0,
        sha256: "",
    };
    let mut files = [
        IdxFile {
            name: "train-images-idx3-ubyte",
            count: train,
            ..EMPTY
        },
        IdxFile {
            name: "train-labels-idx1-ubyte",
            content: Content::Labels,
            count: train,
            ..EMPTY
        },
        IdxFile {
            name: "t10k-images-idx3-ubyte",
            count: test,
            ..EMPTY
        },
        IdxFile {
            name: "t10k-labels-idx1-ubyte",
            content: Content::Labels,
            count: test,
            ..EMPTY
        },
    ];
    let mut index = 0;
    while index < files.len() {
        files[index].size_bytes = sizes_bytes[index];
        files[index].sha256 = sha256[index];
        index += 1;
    }
    files
}

impl IdxFile {
    /// Bytes before the first element.
    pub fn header_bytes(&self) -> usize {
        match self.content {
            Content::Images => idx::IMAGES_HEADER_BYTES,
            Content::Labels => idx::LABELS_HEADER_BYTES,
        }
    }

    /// More bytes than the file can have on disk, plain or gzipped: gzip adds less than a
    /// thousandth and a header to what it cannot compress.
    pub fn max_raw_bytes(&self) -> usize {
        self.size_bytes + self.size_bytes / 1000 + 4096
    }

    /// Decompresses and checks `bytes`, the contents of the file at `path`, as images or labels of
    /// `info`. Takes no more than [`Self::size_bytes`] + 1 bytes of memory beside them.
    ///
    /// # Errors
    /// The first of these that is wrong: size, magic number, dimensions, length, labels,
    /// SHA-256; with path, field, expected and found.
    pub fn decode(
        &self,
        path: &Path,
        bytes: &[u8],
        info: &DatasetInfo,
    ) -> Result<Vec<u8>, InvalidFile> {
        let contents = gunzip(path, bytes, self.size_bytes)?;
        match self.content {
            Content::Images => idx::images(path, &contents, self.count, info.shape)?,
            Content::Labels => idx::labels(path, &contents, self.count, info)?,
        };
        let sha256 = sha256::hex(&contents);
        if sha256 != self.sha256 {
            return Err(InvalidFile::new(
                path,
                "SHA-256 of the decompressed file",
                self.sha256,
                sha256,
            ));
        }
        Ok(contents.into_owned())
    }
}
