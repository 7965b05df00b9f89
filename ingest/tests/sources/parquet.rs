//! Parquet files: Hugging Face's layout, as pyarrow writes it, and the stage's own tables.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_schema::{DataType, Field, Schema};
use expect_test::expect;
use image::ImageFormat;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::tables::parquet_writer;

use crate::picture::png_bomb;
use crate::project::{Project, encode, file_name, grey};

const PARQUET: &str = "{ kind = \"parquet\", path = \"rows\" }";

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// A file in Hugging Face's layout.
fn table(pictures: &[Option<&[u8]>], labels: Vec<Option<i64>>, names: &[&str]) -> Vec<u8> {
    let fields = vec![
        Field::new("bytes", DataType::Binary, true),
        Field::new("path", DataType::Utf8, true),
    ];
    let paths: Vec<Option<&str>> = pictures.iter().map(|_| Some("elsewhere.png")).collect();
    let pictures = StructArray::new(
        fields.clone().into(),
        vec![
            Arc::new(BinaryArray::from(pictures.to_vec())) as ArrayRef,
            Arc::new(StringArray::from(paths)),
        ],
        None,
    );
    let features = serde_json::json!({ "info": { "features": {
        "img": { "_type": "Image" },
        "fine": { "_type": "ClassLabel", "names": names },
    } } });
    let schema = Schema::new(vec![
        Field::new("img", DataType::Struct(fields.into()), true),
        Field::new("fine", DataType::Int64, true),
    ])
    .with_metadata(HashMap::from([(
        "huggingface".to_owned(),
        features.to_string(),
    )]));
    let columns: Vec<ArrayRef> = vec![Arc::new(pictures), Arc::new(Int64Array::from(labels))];
    let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
    parquet_writer::encode(&batch, parquet_writer::properties().build()).unwrap()
}

fn png(level: u8) -> Vec<u8> {
    encode(grey(2, 3, level), ImageFormat::Png)
}

#[test]
fn shards_are_read_in_the_order_of_their_names_with_the_names_of_the_classes() {
    let project = Project::new(PARQUET, "");
    let [a, b, c] = [1, 2, 3].map(png);
    let names = ["cat", "dog"];
    project.write(
        "rows/data/train-00001-of-00002.parquet",
        &table(&[Some(&c)], vec![Some(1)], &names),
    );
    project.write(
        "rows/data/train-00000-of-00002.parquet",
        &table(&[Some(&a), Some(&b)], vec![Some(1), Some(0)], &names),
    );
    project.write(
        "rows/data/test-00000-of-00001.parquet",
        &table(&[Some(&a)], vec![Some(0)], &names),
    );
    project.ingest().unwrap();
    let [train, test] = project.ingested();
    assert_eq!(train.info.class_names, names);
    assert_eq!(train.info.shape, ImageShape::new(2, 3, 1));
    assert_eq!(train.labels, [1, 0, 1]);
    assert_eq!([0, 1, 2].map(|row| train.image(row)[0]), [1, 2, 3]);
    assert_eq!((test.len(), test.image(0)), (1, &[1; 6][..]));
}

#[test]
fn every_compression_of_pyarrow_is_read() {
    let ingested = ["none", "snappy", "gzip", "lz4", "zstd"].map(|codec| {
        let project = Project::new(PARQUET, "test_split = 0.5");
        let file = tests().join(format!("codecs/{codec}.parquet"));
        project.write("rows/train.parquet", &fs::read(file).unwrap());
        project.ingest().unwrap();
        project.ingested()
    });
    assert_eq!(ingested[0][0].len() + ingested[0][1].len(), 20);
    assert!(ingested.iter().all(|images| *images == ingested[0]));
}

#[test]
fn tables_of_the_stage_are_read_back() {
    let project = Project::new("{ kind = \"parquet\", path = \"digits\" }", "");
    copy_digits(&project);
    project.ingest().unwrap();
    let again = Project::new(PARQUET, "");
    for file in ["train.parquet", "test.parquet"] {
        let bytes = fs::read(project.ingested_path().join(file)).unwrap();
        again.write(&format!("rows/{file}"), &bytes);
    }
    again.ingest().unwrap();
    assert!(again.ingested() == project.ingested());
    assert_eq!(again.ingested()[0].info.class_names[3], "three");
}

fn copy_digits(project: &Project) {
    for entry in fs::read_dir(tests().join("digits/data")).unwrap() {
        let path = entry.unwrap().path();
        let below = format!("digits/data/{}", file_name(&path));
        project.write(&below, &fs::read(path).unwrap());
    }
}

#[test]
fn rows_that_are_no_images_are_named() {
    let project = Project::new(
        PARQUET,
        "image_size = [2, 3]\nchannels = 1\ntest_split = 0.5",
    );
    let (good, bomb) = (png(1), png_bomb(60_000, 60_000));
    let rows: [Option<&[u8]>; 4] = [Some(&good), Some(&bomb), None, Some(b"text")];
    let labels = vec![Some(0), Some(0), Some(1), Some(1)];
    project.write("rows/train.parquet", &table(&rows, labels, &["cat", "dog"]));
    let error = project.error();
    assert!(
        error.starts_with("expected images that can be decoded, found 3 that cannot:"),
        "{error}"
    );
    assert!(error.contains("rows/train.parquet row 2: no bytes in the file, only a path to them"));
    assert!(
        error.contains("rows/train.parquet row 3: bytes that are no PNG, JPEG"),
        "{error}"
    );
}

#[test]
fn labels_and_columns_that_do_not_fit_are_refused() {
    let good = png(1);
    let check = |bytes: &[u8], keys: &str, expected: expect_test::Expect| {
        let project = Project::new(PARQUET, keys);
        project.write("rows/train.parquet", bytes);
        expected.assert_eq(&project.error());
    };
    let label = |label| table(&[Some(&good)], vec![label], &["cat", "dog"]);
    check(
        &label(Some(-1)),
        "",
        expect!["rows/train.parquet: row 0: column `fine`: expected 0 to 999, found -1"],
    );
    check(
        &label(None),
        "",
        expect!["rows/train.parquet: row 0: column `fine`: expected 0 to 999, found nothing"],
    );
    check(
        &label(Some(2)),
        "",
        expect!["rows: label: expected 0 to 1, found 2 in row 0"],
    );
    check(
        b"no Parquet",
        "",
        expect![
            "rows/train.parquet: expected a Parquet file: Parquet error: Invalid Parquet file. Corrupt footer"
        ],
    );
    let project = Project::new(PARQUET, "");
    fs::create_dir(project.path("rows")).unwrap();
    expect!["rows: expected train.parquet or train-*.parquet, here or in data/, found neither"]
        .assert_eq(&project.error());
}
