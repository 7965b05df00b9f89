//! Contents of shards.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, Float32Array, UInt32Array};
use augment::draw::Draw;
use augment::erasing::{Rectangle, erase};
use augment::shard::{self, Originals};
use augment::transform::Transformer;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::spec::{Policy, RandomErasing};
use pipelines::tables::images::Images;
use pipelines::tables::images_writer::ImagesWriter;
use pipelines::tables::split::Split;

fn policy() -> Policy {
    Policy {
        name: "everything".into(),
        seed: 3,
        copies: None,
        rotation_deg: Some(10.0),
        height_shift_fraction: Some(0.1),
        width_shift_fraction: Some(0.2),
        shear_deg: Some(5.7),
        zoom_factor: Some([0.9, 1.1]),
        contrast_factor: Some([0.5, 1.5]),
        horizontal_flip: Some(0.25),
        alternating_flip: false,
        crop_padding_px: None,
        random_erasing: None,
        choice: None,
    }
}

fn originals() -> Originals {
    Originals::of(ingest::bundled::train().unwrap())
}

/// The bytes of the shard with number `copy`.
fn encode(policy: &Policy, copy: u32, originals: &Originals) -> Vec<u8> {
    let info = &originals.images().info;
    let mut writer = ImagesWriter::new(Vec::new(), info, &shard::extra_fields(policy)).unwrap();
    for rows in originals.groups() {
        let group = shard::encode_group(policy, copy, originals, rows).unwrap();
        writer.write_encoded(group).unwrap();
    }
    writer.finish().unwrap()
}

fn decoded(bytes: Vec<u8>) -> Images {
    Images::decode(Path::new("copy-000.parquet"), bytes).unwrap()
}

fn column_names(images: &Images) -> Vec<&str> {
    images
        .extra
        .iter()
        .map(|(field, _)| field.name().as_str())
        .collect()
}

#[test]
fn the_bytes_are_the_same_for_any_number_of_threads() {
    let originals = originals();
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| encode(&policy(), 5, &originals))
    };
    let one = with_threads(1);
    assert!(one == with_threads(2) && one == with_threads(4));
}

#[test]
fn a_shard_holds_the_training_rows_and_what_was_drawn() {
    let images = ingest::bundled::train().unwrap();
    let shard = decoded(encode(&policy(), 5, &originals()));
    assert_eq!(shard.ids, images.ids[..1_600]);
    assert_eq!(shard.labels, images.labels[..1_600]);
    assert!(shard.splits.iter().all(|split| *split == Split::Train));
    assert_eq!(
        column_names(&shard),
        [
            "rotation_deg",
            "tx_px",
            "ty_px",
            "shear_deg",
            "zx_factor",
            "zy_factor",
            "flipped",
            "contrast_factor",
            "copy"
        ]
    );
    let copies = shard.extra[8]
        .1
        .as_any()
        .downcast_ref::<UInt32Array>()
        .unwrap();
    assert!(copies.values().iter().all(|copy| *copy == 5));
}

#[test]
fn the_columns_of_a_shard_reproduce_its_images() {
    let images = ingest::bundled::train().unwrap();
    let policy = Policy {
        horizontal_flip: None,
        ..policy()
    };
    let shard = decoded(encode(&policy, 0, &originals()));
    let drawn = |name: &str, row: usize| {
        let (_, column) = shard
            .extra
            .iter()
            .find(|(field, _)| field.name() == name)
            .unwrap();
        column
            .as_any()
            .downcast_ref::<Float32Array>()
            .unwrap()
            .value(row)
    };
    for row in [0, 1, 511, 512, 1_599] {
        let draw = Draw {
            rotation_deg: drawn("rotation_deg", row),
            tx_px: drawn("tx_px", row),
            ty_px: drawn("ty_px", row),
            shear_deg: drawn("shear_deg", row),
            zx_factor: drawn("zx_factor", row),
            zy_factor: drawn("zy_factor", row),
            flipped: false,
            contrast_factor: drawn("contrast_factor", row),
            ..Draw::identity()
        };
        let mut again = vec![0; images.info.shape.len()];
        Transformer::new(images.info.shape).apply(&draw, images.image(row), &mut again);
        assert_eq!(shard.image(row), again, "row {row}");
    }
}

#[test]
fn a_policy_that_draws_nothing_copies_the_images() {
    let images = ingest::bundled::train().unwrap();
    let policy = Policy {
        rotation_deg: None,
        height_shift_fraction: None,
        width_shift_fraction: None,
        shear_deg: None,
        zoom_factor: None,
        contrast_factor: None,
        horizontal_flip: None,
        ..policy()
    };
    let shard = decoded(encode(&policy, 0, &originals()));
    assert_eq!(column_names(&shard), ["copy"]);
    assert_eq!(
        shard.pixels[..],
        images.pixels[..1_600 * images.info.shape.len()]
    );
}

#[test]
fn draws_fill_their_ranges_and_differ_between_copies_and_images() {
    let ids: Vec<u32> = (0..10_000).collect();
    let draws = |copy| {
        Draw::of_images(&policy(), copy, ingest::bundled::info().shape, &ids).collect::<Vec<_>>()
    };
    let first = draws(0);
    let check = |name: &str, from: f32, to: f32, parameter: fn(&Draw) -> f32| {
        let values: Vec<f32> = first.iter().map(parameter).collect();
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let width = to - from;
        assert!(
            from <= least && least < from + 0.01 * width,
            "{name}: {least}"
        );
        assert!(to - 0.01 * width < most && most <= to, "{name}: {most}");
        // Five standard errors of a uniform mean.
        let allowed = 5.0 * width / (12.0 * values.len() as f32).sqrt();
        assert!((mean - (from + to) / 2.0).abs() < allowed, "{name}: {mean}");
    };
    check("rotation_deg", -10.0, 10.0, |draw| draw.rotation_deg);
    check("tx_px", -2.8, 2.8, |draw| draw.tx_px);
    check("ty_px", -5.6, 5.6, |draw| draw.ty_px);
    check("shear_deg", -5.7, 5.7, |draw| draw.shear_deg);
    check("zx_factor", 0.9, 1.1, |draw| draw.zx_factor);
    check("zy_factor", 0.9, 1.1, |draw| draw.zy_factor);
    check("contrast_factor", 0.5, 1.5, |draw| draw.contrast_factor);
    let flipped = first.iter().filter(|draw| draw.flipped).count();
    assert!(
        (2_284..=2_716).contains(&flipped),
        "{flipped} of 10,000 at 0.25"
    );
    assert!(first[0] != first[1] && first[0] != draws(1)[0]);
}

#[test]
fn turning_one_transform_off_does_not_change_the_others() {
    let ids = [0, 7, 47_999];
    let without = Policy {
        rotation_deg: None,
        ..policy()
    };
    let all = Draw::of_images(&policy(), 2, ingest::bundled::info().shape, &ids);
    for (all, some) in all.zip(Draw::of_images(
        &without,
        2,
        ingest::bundled::info().shape,
        &ids,
    )) {
        assert_eq!(
            Draw {
                rotation_deg: 0.0,
                ..all
            },
            some
        );
    }
}

/// What the policy above does not draw.
fn newer_policy() -> Policy {
    Policy {
        name: "newer".into(),
        seed: 3,
        copies: None,
        rotation_deg: None,
        height_shift_fraction: None,
        width_shift_fraction: None,
        shear_deg: None,
        zoom_factor: None,
        contrast_factor: None,
        horizontal_flip: None,
        alternating_flip: true,
        crop_padding_px: Some(2),
        random_erasing: Some(RandomErasing::default()),
        choice: None,
    }
}

#[test]
fn crops_erasings_and_alternating_flips_stand_in_columns_that_reproduce_the_images() {
    let images = ingest::bundled::train().unwrap();
    let shard = decoded(encode(&newer_policy(), 1, &originals()));
    let names = [
        "flipped",
        "crop_x_px",
        "crop_y_px",
        "erased_x_px",
        "erased_y_px",
        "erased_width_px",
        "erased_height_px",
        "copy",
    ];
    assert_eq!(column_names(&shard), names);
    let flipped = shard.extra[0].1.as_boolean();
    let drawn = |column: usize, row: usize| {
        let values = shard.extra[column].1.as_primitive::<Int32Type>();
        values.value(row)
    };
    let mut erased = 0;
    for row in 0..1_600 {
        let [x, y, width, height] = [3, 4, 5, 6].map(|column| drawn(column, row) as usize);
        let draw = Draw {
            flipped: flipped.value(row),
            crop_x_px: drawn(1, row),
            crop_y_px: drawn(2, row),
            erased: (width > 0).then_some(Rectangle {
                x,
                y,
                width,
                height,
            }),
            ..Draw::identity()
        };
        erased += usize::from(draw.erased.is_some());
        let mut again = vec![0; images.info.shape.len()];
        Transformer::new(images.info.shape).apply(&draw, images.image(row), &mut again);
        assert_eq!(shard.image(row), again, "row {row}");
    }
    assert!((700..900).contains(&erased), "{erased} of 1,600 at 0.5");
}

#[test]
fn an_alternating_flip_mirrors_every_image_in_each_second_copy() {
    let ids: Vec<u32> = (0..1_000).collect();
    let shape = ingest::bundled::info().shape;
    let flipped = |copy| -> Vec<bool> {
        let draws = Draw::of_images(&newer_policy(), copy, shape, &ids);
        draws.map(|draw| draw.flipped).collect()
    };
    let [first, second, third] = [0, 1, 2].map(flipped);
    assert!(first.iter().zip(&second).all(|(a, b)| a != b));
    assert_eq!(first, third);
    let mirrored = first.iter().filter(|flipped| **flipped).count();
    assert!((420..580).contains(&mirrored), "{mirrored} of 1,000");
}

#[test]
fn crops_take_every_place_and_newer_transforms_do_not_change_the_older_ones() {
    let ids: Vec<u32> = (0..5_000).collect();
    let shape = ingest::bundled::info().shape;
    let mut counts = [[0; 5]; 5];
    for draw in Draw::of_images(&newer_policy(), 0, shape, &ids) {
        counts[(draw.crop_y_px + 2) as usize][(draw.crop_x_px + 2) as usize] += 1;
    }
    let counts = counts.as_flattened();
    assert!(
        counts.iter().all(|count| (130..270).contains(count)),
        "{counts:?}"
    );

    let both = Policy {
        crop_padding_px: Some(2),
        random_erasing: Some(RandomErasing::default()),
        ..policy()
    };
    let ids = [0, 7, 47_999];
    let all = Draw::of_images(&both, 2, shape, &ids);
    for (all, some) in all.zip(Draw::of_images(&policy(), 2, shape, &ids)) {
        let without = Draw {
            crop_x_px: 0,
            crop_y_px: 0,
            erased: None,
            ..all
        };
        assert_eq!(without, some);
    }
}

#[test]
fn noise_fills_the_rectangle_and_nothing_else() {
    let shape = ImageShape::new(6, 5, 3);
    let rectangle = Rectangle {
        x: 1,
        y: 2,
        width: 3,
        height: 2,
    };
    let mut image = vec![7; shape.len()];
    erase(rectangle, Some(1), shape, &mut image);
    let inside = |at: usize| {
        let (row, column) = (at / 15, at % 15 / 3);
        (2..4).contains(&row) && (1..4).contains(&column)
    };
    assert!((0..shape.len()).all(|at| inside(at) || image[at] == 7));
    let noise: Vec<u8> = (0..shape.len())
        .filter(|at| inside(*at))
        .map(|at| image[at])
        .collect();
    assert_eq!(noise.len(), 18);
    assert!(noise.iter().any(|value| *value > 127) && noise.iter().any(|value| *value < 128));
    let mut again = vec![7; shape.len()];
    erase(rectangle, Some(1), shape, &mut again);
    assert_eq!(image, again);
}
