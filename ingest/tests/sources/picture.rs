//! One picture to pixels, against Pillow.

use image::codecs::jpeg::JpegEncoder;
use image::{
    DynamicImage, GrayAlphaImage, ImageBuffer, ImageEncoder, ImageFormat, Luma, LumaA, Rgb,
    RgbImage, Rgba, RgbaImage,
};
use ingest::picture::{decode, properties};
use pipelines::spec::dataset_info::ImageShape;
use proptest::prelude::*;

use crate::project::{encode, grey};

/// a = np.array([[[(40*y+7*x)%256, (90+13*y*x)%256, (200-30*x+5*y)%256]
///                for x in range(5)] for y in range(6)], np.uint8); im = Image.fromarray(a)
fn colour() -> RgbImage {
    RgbImage::from_fn(5, 6, |x, y| {
        let value = |value: i64| value.rem_euclid(256) as u8;
        let (x, y) = (i64::from(x), i64::from(y));
        Rgb([
            value(40 * y + 7 * x),
            value(90 + 13 * y * x),
            value(200 - 30 * x + 5 * y),
        ])
    })
}

fn pixels(bytes: &[u8], height: usize, width: usize, channels: usize) -> Vec<u8> {
    let shape = ImageShape::new(height, width, channels);
    let mut pixels = vec![0; shape.len()];
    decode(bytes, shape, &mut pixels).unwrap();
    pixels
}

fn assert_close(found: &[u8], expected: &[u8]) {
    assert_eq!(found.len(), expected.len());
    let furthest = found
        .iter()
        .zip(expected)
        .map(|(a, b)| a.abs_diff(*b))
        .max();
    assert!(furthest <= Some(1), "{found:?}\n{expected:?}");
}

#[test]
fn colour_becomes_grey_as_in_pillow() {
    // list(im.convert('L').tobytes())
    let expected = [
        76, 74, 73, 72, 70, 88, 94, 101, 107, 113, 101, 115, 129, 142, 156, 113, 135, 156, 178,
        199, 126, 155, 184, 213, 92, 138, 175, 212, 98, 135,
    ];
    assert_eq!(
        pixels(&encode(colour(), ImageFormat::Png), 6, 5, 1),
        expected
    );
}

#[test]
fn resizing_agrees_with_pillow_to_one_level() {
    let png = encode(colour(), ImageFormat::Png);
    // list(im.resize((4, 3), Image.BILINEAR).tobytes())
    let smaller = [
        31, 92, 197, 39, 103, 161, 47, 114, 127, 55, 125, 92, 102, 98, 206, 110, 136, 170, 118,
        174, 136, 126, 188, 101, 173, 104, 214, 181, 169, 178, 189, 170, 144, 197, 107, 109,
    ];
    assert_close(&pixels(&png, 3, 4, 3), &smaller);
    // list(im.convert('L').resize((6, 7), Image.BILINEAR).tobytes())
    let larger = [
        76, 75, 73, 73, 72, 70, 85, 89, 93, 97, 101, 104, 96, 105, 114, 123, 133, 141, 107, 121,
        135, 150, 165, 178, 118, 136, 156, 176, 183, 161, 129, 152, 177, 189, 167, 101, 138, 166,
        197, 164, 107, 135,
    ];
    assert_close(&pixels(&png, 7, 6, 1), &larger);
}

#[test]
fn every_format_gives_the_same_pixels_where_it_loses_nothing() {
    let expected = colour().into_raw();
    for format in [
        ImageFormat::Png,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::WebP,
    ] {
        assert_eq!(
            pixels(&encode(colour(), format), 6, 5, 3),
            expected,
            "{format:?}"
        );
    }
    // A flat JPEG keeps its level.
    let jpeg = encode(grey(16, 16, 77), ImageFormat::Jpeg);
    assert_eq!(pixels(&jpeg, 16, 16, 1), [77; 256]);
}

#[test]
fn grey_opacity_and_sixteen_bits_are_brought_to_the_channels_that_are_asked_for() {
    let png = |image: DynamicImage| encode(image, ImageFormat::Png);
    let level = png(grey(1, 1, 9).into());
    assert_eq!(pixels(&level, 1, 1, 3), [9, 9, 9]);
    assert_eq!(pixels(&level, 1, 1, 2), [9, 255]);
    assert_eq!(pixels(&level, 1, 1, 4), [9, 9, 9, 255]);
    // Image.new('RGBA', (1, 1), (200, 100, 50, 10)).convert('RGB').getpixel((0, 0)) // opacity dropped
    let rgba = png(RgbaImage::from_pixel(1, 1, Rgba([200, 100, 50, 10])).into());
    assert_eq!(pixels(&rgba, 1, 1, 3), [200, 100, 50]);
    assert_eq!(pixels(&rgba, 1, 1, 4), [200, 100, 50, 10]);
    assert_eq!(pixels(&rgba, 1, 1, 2), [124, 10]);
    let grey_alpha = png(GrayAlphaImage::from_pixel(1, 1, LumaA([7, 8])).into());
    assert_eq!(pixels(&grey_alpha, 1, 1, 1), [7]);
    assert_eq!(pixels(&grey_alpha, 1, 1, 2), [7, 8]);
    let deep: ImageBuffer<Luma<u16>, Vec<u16>> =
        ImageBuffer::from_vec(4, 1, vec![0, 1_000, 32_768, 65_535]).unwrap();
    let deep = png(deep.into());
    // 65535 / 255 = 257: 1000 / 257 = 3.9, 32768 / 257 = 127.5
    assert_eq!(pixels(&deep, 1, 4, 1), [0, 4, 128, 255]);
    assert!(properties(&deep).unwrap().is_deep);
}

#[test]
fn a_picture_is_turned_as_its_exif_data_say() {
    // Two rows of TIFF: one entry, tag 0x0112 (orientation), type SHORT, one value.
    let exif = |orientation: u8| {
        let entry = [0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
        [b"II*\0\x08\0\0\0\x01\0", &entry[..], &[0; 4]].concat()
    };
    // Dark above, light below; 16 x 32 pixels, so that blocks of JPEG do not mix them.
    let image = image::GrayImage::from_fn(32, 16, |_, y| Luma([if y < 8 { 40 } else { 200 }]));
    let jpeg = |orientation| {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder
            .write_image(&image, 32, 16, image::ExtendedColorType::L8)
            .unwrap();
        bytes
    };
    let upright = properties(&jpeg(1)).unwrap();
    assert_eq!((upright.size, upright.is_turned), ([16, 32], false));
    // 6: the camera was turned to the left, so the top of the file is the right of the scene.
    let turned = properties(&jpeg(6)).unwrap();
    assert_eq!((turned.size, turned.is_turned), ([32, 16], true));
    let pixels = pixels(&jpeg(6), 32, 16, 1);
    assert_eq!((pixels[0], pixels[15]), (200, 40));
}

#[test]
fn a_palette_is_looked_up_and_noticed() {
    // Image.new('P', (1, 1)) with the palette [10, 20, 30]: signature, IHDR, PLTE, IDAT, IEND
    let png = palette_png();
    assert!(properties(&png).unwrap().has_palette);
    assert_eq!(pixels(&png, 1, 1, 3), [10, 20, 30]);
}

/// One pixel of the first of one colours, (10, 20, 30).
fn palette_png() -> Vec<u8> {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zlib, &[0, 0]).unwrap();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 3, 0, 0, 0]),
        chunk(b"PLTE", &[10, 20, 30]),
        chunk(b"IDAT", &zlib.finish().unwrap()),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

/// A chunk of a PNG file: length, name, data, CRC of name and data.
fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(data);
    let length = (data.len() as u32).to_be_bytes();
    [&length, &name[..], data, &crc.sum().to_be_bytes()].concat()
}

/// A PNG file of `height` x `width` grey pixels whose data are zeros without end.
pub fn png_bomb(height: u32, width: u32) -> Vec<u8> {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zlib, &vec![0; 1 << 20]).unwrap();
    let header = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 0, 0, 0, 0],
    ]
    .concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", &zlib.finish().unwrap()),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

/// A TIFF file that claims `height` x `width` pixels in one strip of `strip_bytes` bytes.
pub fn tiff_bomb(height: u32, width: u32, strip_bytes: u32) -> Vec<u8> {
    let entries = [
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (278, height),
        (279, strip_bytes),
    ];
    let mut bytes = [b"II*\0".to_vec(), 8_u32.to_le_bytes().to_vec()].concat();
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        bytes.extend(u16::to_le_bytes(tag));
        bytes.extend(u16::to_le_bytes(4));
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn pictures_that_claim_more_than_they_may_are_refused_before_they_are_decoded() {
    let shape = ImageShape::new(8, 8, 1);
    let mut pixels = vec![0; shape.len()];
    for (name, bytes) in [
        ("png of 60,000", png_bomb(60_000, 60_000)),
        ("png of 30,000", png_bomb(30_000, 30_000)),
        ("tiff of 60,000", tiff_bomb(60_000, 60_000, 16)),
        ("tiff of 30,000", tiff_bomb(30_000, 30_000, 16)),
        ("tiff strip", tiff_bomb(8, 8, u32::MAX)),
        ("png that ends", png_bomb(20_000, 20_000)),
        ("nothing", Vec::new()),
        ("text", b"no picture at all".to_vec()),
        ("cut", encode(colour(), ImageFormat::Png)[..60].to_vec()),
    ] {
        let damage = decode(&bytes, shape, &mut pixels).unwrap_err();
        assert!(!damage.is_empty(), "{name}");
    }
}

proptest! {
    /// The pictures of the fuzz target's corpus with some bytes changed or cut off.
    #[test]
    fn a_damaged_picture_is_an_error_or_the_pixels_that_were_asked_for(
        picture in 0..CORPUS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
        is_cut: bool,
        channels in 1..5_usize,
    ) {
        let mut bytes = corpus(CORPUS[picture]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len()));
        }
        let shape = ImageShape::new(9, 7, channels);
        let mut pixels = vec![0; shape.len()];
        if let Ok(found) = decode(&bytes, shape, &mut pixels) {
            prop_assert_eq!(properties(&bytes), Ok(found));
        }
    }
}

const CORPUS: [&str; 12] = [
    "colour.png",
    "palette.png",
    "opacity.png",
    "deep.png",
    "turned.jpeg",
    "progressive.jpeg",
    "lossy.webp",
    "lossless.webp",
    "colour.bmp",
    "tiff_lzw.tiff",
    "fax.tiff",
    "jpeg.tiff",
];

fn corpus(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/image");
    std::fs::read(std::path::Path::new(folder).join(name)).unwrap()
}

/// Found by the fuzzer.
#[test]
fn exif_data_that_claim_four_gigabytes_are_refused() {
    let error = properties(&corpus("exif-of-four-gigabytes.webp")).unwrap_err();
    assert!(error.starts_with("a WebP chunk of 42949672"), "{error}");
}

#[test]
fn every_picture_of_the_corpus_is_decoded() {
    for name in CORPUS {
        // convert('1') and the palette keep their size; the turned one has its sides exchanged.
        let size = if name.starts_with("turned") {
            [5, 6]
        } else {
            [6, 5]
        };
        let found = properties(&corpus(name)).unwrap();
        let expected = if name == "deep.png" { [3, 4] } else { size };
        assert_eq!(found.size, expected, "{name}");
        let shape = ImageShape::new(2, 2, 3);
        assert!(decode(&corpus(name), shape, &mut [0; 12]).is_ok(), "{name}");
    }
}
