//! One encoded picture (PNG, JPEG, WebP, BMP or TIFF) to the pixels of a data set.
//!
//! Pictures are turned as their EXIF data say, brought to the channels of the data set and then to its
//! size. As in torchvision's `ImageFolder`, opacity is dropped where the data set has none, and colour
//! becomes grey by ITU-R 601-2 luma, L = 0.299 R + 0.587 G + 0.114 B. Resizing stretches to the height
//! and width that are asked for, with a triangle filter over every pixel that a new one covers, as
//! `Resize` in torchvision and `BILINEAR` in Pillow do. Sixteen bits become eight by rounding.

use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageDecoder, ImageReader,
    Limits, Pixel,
};
use pipelines::spec::dataset_info::ImageShape;
use pipelines::tables::catch_panic::catch_panic;

/// Largest file of one picture, in bytes.
pub const MAX_FILE_BYTES: usize = 256 << 20;
/// Longest side of a picture before it is resized, in pixels.
const MAX_SIDE_PX: u32 = 32_768;
/// Most bytes that one picture may take while it is decoded.
const MAX_DECODED_BYTES: u64 = 512 << 20;
/// Pictures that take more than this are decoded one at a time, however many threads there are.
const LARGE_BYTES: u64 = 32 << 20;

/// Held while a large picture is decoded.
static LARGE: Mutex<()> = Mutex::new(());

/// What a picture is before it is brought to the shape of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties {
    /// Height and width after it is turned, in pixels.
    pub size: [usize; 2],
    /// Values of a pixel: 1 for grey, 3 for colour, one more with opacity.
    pub channels: usize,
    /// Whether a value has more than eight bits.
    pub is_deep: bool,
    /// Whether it has a palette.
    pub has_palette: bool,
    /// Whether EXIF data ask for it to be turned or mirrored.
    pub is_turned: bool,
}

/// A picture that cannot be decoded: the reason in words.
pub type Damage = String;

/// Reads the beginning of a picture.
///
/// # Errors
/// Bytes of another format, sides or a size beyond the limits.
pub fn properties(bytes: &[u8]) -> Result<Properties, Damage> {
    guarded(|| {
        let mut decoder = decoder(bytes)?;
        Ok(properties_of(bytes, &mut decoder))
    })
}

/// Decodes a picture into `pixels`, (H, W, C) of `shape`, and returns what it was.
///
/// # Errors
/// A damaged file, sides or a size beyond the limits.
///
/// # Panics
/// If `pixels` has another length than `shape`.
pub fn decode(bytes: &[u8], shape: ImageShape, pixels: &mut [u8]) -> Result<Properties, Damage> {
    assert_eq!(pixels.len(), shape.len());
    guarded(|| {
        let mut decoder = decoder(bytes)?;
        let properties = properties_of(bytes, &mut decoder);
        let orientation = orientation(&mut decoder);
        let is_large = decoder.total_bytes() > LARGE_BYTES;
        let _turn = is_large.then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
        let mut image = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
        image.apply_orientation(orientation);
        place(image, shape, pixels);
        Ok(properties)
    })
}

/// Brings `levels`, (H, W, C) of `found`, to `shape` in the same way, into `pixels`.
///
/// # Panics
/// If one of the slices has another length than its shape.
pub fn fit(levels: &[u8], found: ImageShape, shape: ImageShape, pixels: &mut [u8]) {
    if found == shape {
        pixels.copy_from_slice(levels);
        return;
    }
    let (width, height) = (found.width as u32, found.height as u32);
    let levels = levels.to_vec();
    let image = match found.channels {
        1 => ImageBuffer::from_raw(width, height, levels).map(DynamicImage::ImageLuma8),
        2 => ImageBuffer::from_raw(width, height, levels).map(DynamicImage::ImageLumaA8),
        3 => ImageBuffer::from_raw(width, height, levels).map(DynamicImage::ImageRgb8),
        _ => ImageBuffer::from_raw(width, height, levels).map(DynamicImage::ImageRgba8),
    };
    place(
        image.expect("as many levels as the shape has"),
        shape,
        pixels,
    );
}

fn place(image: DynamicImage, shape: ImageShape, pixels: &mut [u8]) {
    let size = [shape.height as u32, shape.width as u32];
    let grey = !image.color().has_color();
    match shape.channels {
        1 if grey => copy(image.into_luma8(), size, pixels),
        1 => copy(luma(&image), size, pixels),
        2 if grey => copy(image.into_luma_alpha8(), size, pixels),
        2 => copy(luma_alpha(&image), size, pixels),
        3 => copy(image.into_rgb8(), size, pixels),
        _ => copy(image.into_rgba8(), size, pixels),
    }
}

/// Decoders check what they read, and a decoder that fails to must not end the program.
fn guarded<T>(decode: impl FnOnce() -> Result<T, Damage>) -> Result<T, Damage> {
    catch_panic(|| Ok(decode())).unwrap_or_else(|_| Err("bytes that cannot be decoded".into()))
}

fn decoder(bytes: &[u8]) -> Result<impl ImageDecoder + '_, Damage> {
    if bytes.is_empty() {
        return Err("an empty file".into());
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| error.to_string())?;
    if reader.format().is_none() {
        return Err("bytes that are no PNG, JPEG, WebP, BMP or TIFF".into());
    }
    check_webp_chunks(bytes)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 || width.max(height) > MAX_SIDE_PX {
        return Err(format!(
            "{width} x {height} pixels, expected sides of 1 to {MAX_SIDE_PX}"
        ));
    }
    if decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(format!(
            "{width} x {height} pixels that take {} bytes, expected at most {MAX_DECODED_BYTES}",
            decoder.total_bytes()
        ));
    }
    Ok(decoder)
}

fn properties_of(bytes: &[u8], decoder: &mut impl ImageDecoder) -> Properties {
    let orientation = orientation(decoder);
    let (width, height) = decoder.dimensions();
    let [height, width] = [height as usize, width as usize];
    let color = decoder.color_type();
    Properties {
        size: if swaps_sides(orientation) {
            [width, height]
        } else {
            [height, width]
        },
        channels: color.channel_count().into(),
        is_deep: !matches!(
            color,
            ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8
        ),
        has_palette: has_png_palette(bytes),
        is_turned: orientation != Orientation::NoTransforms,
    }
}

/// Pictures with EXIF data that cannot be read stay as they are.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// Refuses a WebP file with a chunk that claims more bytes than follow: the decoder takes as much memory
/// for EXIF data as their chunk claims. A chunk is its name, its size as a little-endian u32, and so many
/// bytes, padded to an even number (RFC 9649, section 2.3).
fn check_webp_chunks(bytes: &[u8]) -> Result<(), Damage> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let mut rest = if is_webp { &bytes[12..] } else { &[] };
    while let Some((header, after)) = rest.split_first_chunk::<8>() {
        let [_, _, _, _, size @ ..] = *header;
        let size = u32::from_le_bytes(size) as usize;
        if size > after.len() {
            return Err(format!(
                "a WebP chunk of {size} bytes, expected at most the {} that follow",
                after.len()
            ));
        }
        rest = after.get(size.next_multiple_of(2)..).unwrap_or_default();
    }
    Ok(())
}

/// The colour type in the header of a PNG file, which begins with its signature and the chunk `IHDR`
/// (PNG specification, sections 5.2 and 11.2.1).
fn has_png_palette(bytes: &[u8]) -> bool {
    const COLOR_TYPE_AT: usize = 25;
    const INDEXED: u8 = 3;
    bytes.starts_with(b"\x89PNG") && bytes.get(COLOR_TYPE_AT) == Some(&INDEXED)
}

fn copy<P>(image: ImageBuffer<P, Vec<u8>>, [height, width]: [u32; 2], pixels: &mut [u8])
where
    P: Pixel<Subpixel = u8> + 'static,
{
    if image.dimensions() == (width, height) {
        pixels.copy_from_slice(image.as_raw());
    } else {
        let resized = imageops::resize(&image, width, height, FilterType::Triangle);
        pixels.copy_from_slice(resized.as_raw());
    }
}

fn luma(image: &DynamicImage) -> GrayImage {
    let rgb = image.to_rgb8();
    let mut grey = GrayImage::new(rgb.width(), rgb.height());
    for (grey, rgb) in grey.pixels_mut().zip(rgb.pixels()) {
        grey.0 = [luma_of(rgb.0)];
    }
    grey
}

fn luma_alpha(image: &DynamicImage) -> GrayAlphaImage {
    let rgba = image.to_rgba8();
    let mut grey = GrayAlphaImage::new(rgba.width(), rgba.height());
    for (grey, rgba) in grey.pixels_mut().zip(rgba.pixels()) {
        let [red, green, blue, alpha] = rgba.0;
        grey.0 = [luma_of([red, green, blue]), alpha];
    }
    grey
}

/// Pillow's `L24`: the weights of ITU-R 601-2 in 1/65536.
fn luma_of([red, green, blue]: [u8; 3]) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    ((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16) as u8
}
