//! The IDX format: a magic number, big-endian sizes, then one byte an element.
//!
//! The format is described on <http://yann.lecun.com/exdb/mnist/>: two zero bytes, the element
//! type (8 = unsigned byte), the number of dimensions, each dimension as a big-endian u32, the
//! elements in row-major order.

use std::io::Read;
use std::path::Path;

use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};

use crate::invalid_file::InvalidFile;

/// Unsigned bytes in three dimensions.
const IMAGES_MAGIC: u32 = 0x0803;
/// Unsigned bytes in one dimension.
const LABELS_MAGIC: u32 = 0x0801;
/// Bytes before the first pixel.
pub const IMAGES_HEADER_BYTES: usize = 16;
/// Bytes before the first label.
pub const LABELS_HEADER_BYTES: usize = 8;

/// The pixels of an IDX file with `count` grey images of `shape`: (count, H, W), row-major,
/// 0 = black.
///
/// # Errors
/// Names `path`, the field, what was expected and what was found.
pub fn images<'a>(
    path: &Path,
    bytes: &'a [u8],
    count: usize,
    shape: ImageShape,
) -> Result<&'a [u8], InvalidFile> {
    let [images, rows, columns] = header::<3>(path, bytes, IMAGES_MAGIC)?;
    let sizes = [
        ("number of images", count, images),
        ("rows", shape.height, rows),
        ("columns", shape.width, columns),
    ];
    for (field, expected, found) in sizes {
        expect(path, field, expected, found as usize)?;
    }
    expect(path, "channels", shape.channels, 1)?;
    elements(path, bytes, IMAGES_HEADER_BYTES, count * shape.len())
}

/// The labels of an IDX file with `count` labels, each of a class of `info`.
///
/// # Errors
/// Names `path`, the field, what was expected and what was found.
pub fn labels<'a>(
    path: &Path,
    bytes: &'a [u8],
    count: usize,
    info: &DatasetInfo,
) -> Result<&'a [u8], InvalidFile> {
    let class_count = info.class_count();
    let [found] = header::<1>(path, bytes, LABELS_MAGIC)?;
    expect(path, "number of labels", count as u32, found)?;
    let labels = elements(path, bytes, LABELS_HEADER_BYTES, count)?;
    let is_class = |label: &u8| usize::from(*label) < class_count;
    if let Some(row) = labels.iter().position(|label| !is_class(label)) {
        return Err(InvalidFile::new(
            path,
            "label",
            format!("0 to {}", class_count - 1),
            format!("{} in row {row}", labels[row]),
        ));
    }
    Ok(labels)
}

/// Checks the magic number and returns the sizes of the dimensions.
fn header<const DIMENSIONS: usize>(
    path: &Path,
    bytes: &[u8],
    magic: u32,
) -> Result<[u32; DIMENSIONS], InvalidFile> {
    let word = |index: usize| {
        bytes
            .get(index * 4..)
            .and_then(|rest| rest.first_chunk())
            .map(|word| u32::from_be_bytes(*word))
            .ok_or_else(|| {
                InvalidFile::new(
                    path,
                    "header",
                    format!("{} bytes", 4 + 4 * DIMENSIONS),
                    format!("{} bytes", bytes.len()),
                )
            })
    };
    let found = word(0)?;
    if found != magic {
        return Err(InvalidFile::new(
            path,
            "magic number",
            format!("{magic:#010x}"),
            format!("{found:#010x}"),
        ));
    }
    let mut sizes = [0; DIMENSIONS];
    for (index, size) in sizes.iter_mut().enumerate() {
        *size = word(1 + index)?;
    }
    Ok(sizes)
}

/// The elements after the header, which must be `length` bytes to the end of the file.
fn elements<'a>(
    path: &Path,
    bytes: &'a [u8],
    header_bytes: usize,
    length: usize,
) -> Result<&'a [u8], InvalidFile> {
    let elements = &bytes[header_bytes..];
    if elements.len() > length {
        return Err(InvalidFile::new(path, "trailing bytes", "none", "some"));
    }
    let found = format!("{} bytes", elements.len());
    expect(path, "data", format!("{length} bytes"), found)?;
    Ok(elements)
}

/// Bytes before the first element of a file with `dimensions` sizes.
pub fn header_bytes(dimensions: usize) -> u64 {
    4 + 4 * dimensions as u64
}

/// Reads the header of a file of unsigned bytes and returns the sizes of its dimensions, whose number
/// is one of `dimensions`.
///
/// # Errors
/// Names `path`, the field, what was expected and what was found.
pub fn read_sizes(
    path: &Path,
    reader: &mut impl Read,
    dimensions: &[u8],
) -> Result<Vec<u32>, InvalidFile> {
    let mut word = || {
        let mut word = [0; 4];
        reader
            .read_exact(&mut word)
            .map_err(|error| InvalidFile::new(path, "header", "an IDX header", error))?;
        Ok(u32::from_be_bytes(word))
    };
    let magic = word()?;
    // Two zero bytes, the type, the number of dimensions.
    let found = (magic & 0xff) as u8;
    if magic >> 8 != IMAGES_MAGIC >> 8 || !dimensions.contains(&found) {
        let expected = dimensions
            .iter()
            .map(|count| format!("{:#010x}", 0x0800 + u32::from(*count)));
        return Err(InvalidFile::new(
            path,
            "magic number",
            expected.collect::<Vec<_>>().join(" or "),
            format!("{magic:#010x}"),
        ));
    }
    (0..found).map(|_| word()).collect()
}

fn expect<T: PartialEq + ToString>(
    path: &Path,
    field: &'static str,
    expected: T,
    found: T,
) -> Result<(), InvalidFile> {
    if found == expected {
        Ok(())
    } else {
        Err(InvalidFile::new(path, field, expected, found))
    }
}
