use std::sync::Arc;

use arrow_array::UInt32Array;

use super::*;
use crate::spec::dataset_info::ImageShape;
use crate::tables::image_column::page_rows;
use crate::tables::{parquet_file, parquet_writer};

/// `rows` images of a shape and number of classes, with every grey level in them.
fn images(rows: usize, [height, width, channels]: [usize; 3], classes: usize) -> Images {
    let shape = ImageShape::new(height, width, channels);
    Images {
        info: DatasetInfo {
            shape,
            class_names: (0..classes).map(|class| format!("class {class}")).collect(),
        },
        ids: (0..rows as u32).map(|row| row + 7).collect(),
        splits: (0..rows).map(|row| Split::ALL[row % 3]).collect(),
        labels: (0..rows).map(|row| (row % classes) as u16).collect(),
        pixels: (0..rows * shape.len())
            .map(|value| (value * 7) as u8)
            .collect(),
        extra: vec![(
            Arc::new(Field::new("copy", DataType::UInt32, false)),
            Arc::new(UInt32Array::from_iter_values(0..rows as u32)) as ArrayRef,
        )],
    }
}

/// Sides that are and are not multiples of 8, one pixel, and a page that holds one image only.
const SHAPES: [[usize; 3]; 5] = [[28, 28, 1], [13, 9, 3], [1, 1, 1], [5, 7, 1], [411, 333, 3]];

#[test]
fn images_of_any_shape_survive_the_file() {
    let path = Path::new("train.parquet");
    for shape in SHAPES {
        let page = page_rows(shape.iter().product());
        for rows in [0, 1, 2, page, 2 * page + 3] {
            let images = images(rows.min(2_000), shape, 1_000);
            let bytes = images.encode().unwrap();
            assert!(Images::decode(path, bytes).unwrap() == images, "{shape:?}");
        }
    }
}

#[test]
fn the_general_reader_and_writer_agree_with_the_quick_ones() {
    let path = Path::new("train.parquet");
    for shape in SHAPES {
        let rows = (page_rows(shape.iter().product()) + 1).min(2_000);
        let images = images(rows, shape, 2);
        let (batch, schema) = parquet_file::decode(path, images.encode().unwrap()).unwrap();
        let info = dataset_info(path, &schema).unwrap();
        assert_eq!(info, images.info);
        assert!(Images::from_batch(path, &info, &batch).unwrap() == images);
        let batch = batch.with_schema(Arc::new(schema)).unwrap();
        let properties = parquet_writer::properties().build();
        let general = parquet_writer::encode(&batch, properties).unwrap();
        assert!(
            Images::decode(path, general).unwrap() == images,
            "{shape:?}"
        );
    }
}

#[test]
fn a_file_that_does_not_describe_its_images_is_refused() {
    let path = Path::new("train.parquet");
    let mut images = images(1, [2, 2, 1], 2);
    images.info.shape.channels = 5;
    images.pixels = vec![0; 20].into();
    let error = Images::decode(path, images.encode().unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "train.parquet: metadata: `dataset_info`: channels: expected 1 to 4, found 5"
    );
}
