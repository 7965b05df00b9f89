use std::path::Path;

use arrow_array::Float32Array;
use arrow_schema::DataType;

use super::*;
use crate::spec::dataset_info::ImageShape;
use crate::tables::images_reader::ImagesReader;
use crate::tables::parquet_file::ParquetFile;

/// `rows` images of one pixel, whose row groups have two pages of 409,600 images.
fn pixels(rows: usize) -> Images {
    Images {
        info: DatasetInfo {
            shape: ImageShape::new(1, 1, 1),
            class_names: vec!["dark".into(), "light".into()],
        },
        ids: (0..rows as u32).rev().collect(),
        splits: (0..rows).map(|row| Split::ALL[row / 7 % 3]).collect(),
        labels: (0..rows).map(|row| (row % 2) as u16).collect(),
        pixels: (0..rows).map(|row| (row / 3) as u8).collect(),
        extra: vec![(
            Arc::new(Field::new("angle_deg", DataType::Float32, false)),
            Arc::new(Float32Array::from_iter_values(
                (0..rows).map(|row| row as f32 * 0.25),
            )),
        )],
    }
}

fn write(images: &Images, batches: &[usize]) -> Vec<u8> {
    let fields: Vec<_> = images
        .extra
        .iter()
        .map(|(field, _)| field.clone())
        .collect();
    let mut writer = ImagesWriter::new(Vec::new(), &images.info, &fields).unwrap();
    let mut first = 0;
    for &rows in batches {
        writer.write(&images.slice(first, rows)).unwrap();
        first += rows;
    }
    assert_eq!(first, images.len());
    writer.finish().unwrap()
}

#[test]
fn the_bytes_do_not_depend_on_how_the_rows_are_cut() {
    let images = pixels(900_000);
    let whole = write(&images, &[900_000]);
    for batches in [
        &[0, 1, 409_598, 1, 0, 490_400][..],
        &[450_000, 450_000],
        &[819_200, 80_800],
        &[3, 819_200, 80_797],
    ] {
        assert!(write(&images, batches) == whole, "{batches:?}");
    }
}

#[test]
fn row_groups_and_batches_read_as_the_whole_table() {
    let images = pixels(900_000);
    let bytes = write(&images, &[900_000]);
    let path = Path::new("train.parquet");
    let file = ParquetFile::open(path, bytes.clone()).unwrap();
    assert_eq!(file.metadata().num_row_groups(), 2);
    assert_eq!(file.group_rows(0), group_rows(1));
    let mut first = 0;
    for batch in ImagesReader::new(file).unwrap() {
        let batch = batch.unwrap();
        assert!(batch == images.slice(first, batch.len()));
        assert!(batch.len() <= 1 << 16);
        first += batch.len();
    }
    assert_eq!(first, 900_000);
    assert!(Images::decode(path, bytes).unwrap() == images);
}

#[test]
fn encoded_rows_that_leave_a_page_half_full_are_refused() {
    let images = pixels(10);
    let encoded = |rows: usize| EncodedRows {
        ids: images.ids[..rows].to_vec(),
        splits: images.splits[..rows].to_vec(),
        labels: images.labels[..rows].to_vec(),
        pages: encode_pages(&images.pixels[..rows], 1).unwrap(),
        extra: Vec::new(),
    };
    let mut writer = ImagesWriter::new(Vec::new(), &images.info, &[]).unwrap();
    writer.write_encoded(encoded(4)).unwrap();
    let error = writer.write_encoded(encoded(4)).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot encode images: expected 4 rows in full pages"),
        "{error}"
    );
}

#[test]
fn columns_of_other_lengths_and_images_of_another_shape_are_refused() {
    let write = |change: fn(&mut Images)| {
        let mut images = pixels(10);
        images.extra.clear();
        let info = images.info.clone();
        change(&mut images);
        let mut writer = ImagesWriter::new(Vec::new(), &info, &[])?;
        writer.write(&images)?;
        writer.finish()
    };
    assert!(write(|_| {}).is_ok());
    assert!(write(|images| images.extra = pixels(10).extra).is_err());
    assert!(write(|images| images.labels.truncate(9)).is_err());
    assert!(write(|images| images.pixels = vec![0; 9].into()).is_err());
    assert!(write(|images| images.info.shape.width = 2).is_err());
}
