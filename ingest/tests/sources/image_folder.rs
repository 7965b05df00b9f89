//! Folders of pictures.

use std::fs;

use expect_test::expect;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::tables::duplicates;
use pipelines::tables::split::Split;

use crate::picture::{png_bomb, tiff_bomb};
use crate::project::{Project, grey};

const FOLDER: &str = "{ kind = \"image-folder\", path = \"leaves\" }";

/// Elms are dark and oaks are light; `train/` and `test/` have three and one of each.
fn leaves(keys: &str) -> Project {
    let project = Project::new(FOLDER, keys);
    for (part, count) in [("train", 3), ("test", 1)] {
        for number in 0..count {
            let level = if part == "train" { number } else { 9 };
            project.write_png(
                &format!("leaves/{part}/elm/{number}.png"),
                grey(4, 6, level),
            );
            project.write_png(
                &format!("leaves/{part}/oak/{number}.PNG"),
                grey(4, 6, 200 + level),
            );
        }
    }
    project
}

#[test]
fn classes_are_folders_in_the_order_of_their_names() {
    let project = leaves("");
    project.ingest().unwrap();
    let [train, test] = project.ingested();
    assert_eq!(train.info.class_names, ["elm", "oak"]);
    assert_eq!(train.info.shape, ImageShape::new(4, 6, 1));
    assert_eq!(train.labels, [0, 0, 0, 1, 1, 1]);
    assert_eq!(train.ids, [0, 1, 2, 3, 4, 5]);
    assert_eq!(train.splits, [Split::Train; 6]);
    assert_eq!(train.image(4), [201; 24]);
    assert_eq!(
        (test.labels.as_slice(), test.image(1)),
        (&[0, 1][..], &[209; 24][..])
    );
}

#[test]
fn the_spec_can_put_the_classes_in_another_order_but_not_name_others() {
    let project = leaves("classes = [\"oak\", \"elm\"]");
    project.ingest().unwrap();
    assert_eq!(project.ingested()[0].labels, [1, 1, 1, 0, 0, 0]);
    let error = leaves("classes = [\"oak\", \"elm\", \"ash\"]").error();
    assert!(error.contains("data: classes: expected"), "{error}");
    let error = leaves("image_size = [4, 6]\nchannels = 1\nclasses = [\"oak\", \"ash\"]").error();
    expect!["spec.toml: data: classes: expected 2 classes: oak, ash, as the spec says, found 2 classes: elm, oak"]
        .assert_eq(&error);
}

#[test]
fn without_test_images_a_share_of_each_class_is_held_out() {
    let make = |seed: u32| {
        let project = Project::new(FOLDER, &format!("test_split = 0.25\nsplit_seed = {seed}"));
        for number in 0..20 {
            project.write_png(&format!("leaves/elm/{number:02}.png"), grey(2, 2, number));
            project.write_png(
                &format!("leaves/oak/{number:02}.png"),
                grey(2, 2, 100 + number),
            );
        }
        project.ingest().unwrap();
        project.ingested()
    };
    let [train, test] = make(0);
    assert_eq!((train.len(), test.len()), (30, 10));
    assert_eq!(test.labels, [[0; 5], [1; 5]].concat());
    // The id is the row in the sorted list of all files, and so is the level here.
    for images in [&train, &test] {
        for row in 0..images.len() {
            let id = images.ids[row] as u8;
            let level = if id < 20 { id } else { 80 + id };
            assert_eq!(images.image(row), [level; 4]);
        }
    }
    assert_ne!(make(1)[1].ids, test.ids);
    assert_eq!(make(0)[1].ids, test.ids);
}

#[test]
fn without_test_images_a_test_split_is_asked_for() {
    let project = Project::new(FOLDER, "");
    project.write_png("leaves/elm/0.png", grey(2, 2, 1));
    project.write_png("leaves/oak/0.png", grey(2, 2, 2));
    expect!["spec.toml: data: test_split: expected a share such as 0.2, as the source does not say which images test, found nothing"]
        .assert_eq(&project.error());
}

#[test]
fn images_of_different_sizes_ask_for_an_image_size() {
    let project = leaves("");
    project.write_png("leaves/train/elm/large.png", grey(10, 10, 1));
    expect!["leaves: expected images of one size, found 2 sizes, such as 4x6 in leaves/test/elm/0.png and 10x10 in leaves/train/elm/large.png; give `image_size`, and the images are resized to it"]
        .assert_eq(&project.error());
    let resized = leaves("image_size = [2, 2]");
    resized.write_png("leaves/train/elm/large.png", grey(10, 10, 1));
    resized.ingest().unwrap();
    assert_eq!(resized.ingested()[0].info.shape, ImageShape::new(2, 2, 1));
    let large = Project::new(FOLDER, "test_split = 0.5");
    for class in ["elm", "oak"] {
        for number in 0..2 {
            large.write_png(&format!("leaves/{class}/{number}.png"), grey(600, 2, 1));
        }
    }
    let error = large.error();
    assert!(
        error.ends_with("found 600; give `image_size`, and the images are resized to it"),
        "{error}"
    );
}

#[test]
fn damaged_images_are_all_counted_and_the_first_ten_named() {
    let project = leaves("image_size = [4, 6]\nchannels = 1");
    for number in 0..11 {
        project.write(
            &format!("leaves/train/oak/bad-{number:02}.png"),
            b"no picture",
        );
    }
    project.write("leaves/test/elm/bomb.png", &png_bomb(60_000, 60_000));
    project.write("leaves/test/elm/bomb.tif", &tiff_bomb(60_000, 60_000, 16));
    let error = project.error();
    let mut lines = error.lines();
    assert_eq!(
        lines.next().unwrap(),
        "expected images that can be decoded, found 13 that cannot, the first 10 of which are:"
    );
    assert_eq!(
        lines.next().unwrap(),
        "  leaves/train/oak/bad-00.png: bytes that are no PNG, JPEG, WebP, BMP or TIFF"
    );
    assert_eq!(lines.count(), 9);
    // The same when the sizes are looked at first.
    let error = {
        let project = leaves("");
        project.write("leaves/test/elm/bomb.png", &png_bomb(60_000, 60_000));
        project.error()
    };
    assert!(
        error.contains("found 1 that cannot:\n  leaves/test/elm/bomb.png: "),
        "{error}"
    );
}

#[test]
fn earlier_files_stay_when_the_images_are_damaged_later() {
    let project = leaves("");
    project.ingest().unwrap();
    let [train, _] = project.ingested();
    project.write("leaves/train/oak/bad.png", b"no picture");
    project.ingest().unwrap_err();
    assert!(project.ingested()[0] == train);
}

#[test]
fn class_folders_that_are_empty_or_differ_are_refused() {
    let project = leaves("");
    fs::create_dir(project.path("leaves/train/ash")).unwrap();
    let error = project.error();
    assert!(
        error.starts_with("leaves/train/ash: expected images of the class"),
        "{error}"
    );
    project.write_png("leaves/train/ash/0.png", grey(4, 6, 0));
    expect!["leaves: expected the same class folders in train and test, found only in train: ash; only in test: none"]
        .assert_eq(&project.error());
    let project = Project::new(FOLDER, "");
    expect!["spec.toml: data: source: path: expected a folder, found none at leaves"]
        .assert_eq(&project.error());
}

#[test]
fn a_class_that_is_only_validated_on_is_noticed() {
    let project = leaves("");
    let spec = fs::read_to_string(project.path("spec.toml")).unwrap();
    let spec = spec.replace("validation_split = 0.0", "validation_split = 0.5");
    fs::write(project.path("spec.toml"), &spec).unwrap();
    let error = project.error();
    assert!(
        error.contains("expected training images of each class, found none of oak"),
        "{error}"
    );
    assert!(
        error.ends_with("give `validation = \"stratified\"` to take the same share of each class")
    );
    let stratified = spec.replace(
        "pixel_divisor",
        "validation = \"stratified\"\npixel_divisor",
    );
    fs::write(project.path("spec.toml"), stratified).unwrap();
    project.ingest().unwrap();
    let [train, _] = project.ingested();
    let validates = |split: &&Split| **split == Split::Validation;
    assert_eq!(train.splits.iter().filter(validates).count(), 4);
}

#[test]
fn images_that_are_also_test_images_are_listed() {
    let project = leaves("");
    project.write_png("leaves/test/elm/same.png", grey(4, 6, 201));
    project.ingest().unwrap();
    let rows = duplicates::read(&project.ingested_path(), "duplicates.parquet").unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.split, row.id, row.label, row.test_id, row.test_label))
        .collect();
    assert_eq!(found, [(Split::Train, 4, 1, 1, 0)]);
}

#[test]
fn files_that_are_no_images_are_left_out() {
    let project = leaves("");
    project.write("leaves/train/elm/notes.txt", b"notes");
    project.write("leaves/train/.DS_Store", b"x");
    project.write("leaves/train/LICENSE", b"x");
    project.ingest().unwrap();
    assert_eq!(project.ingested()[0].len(), 6);
}

#[test]
fn new_files_make_the_step_stale_and_files_that_are_gone_do_not() {
    let project = leaves("");
    project.ingest().unwrap();
    project.write_png("leaves/train/oak/more.png", grey(4, 6, 77));
    project.ingest().unwrap();
    assert_eq!(project.ingested()[0].len(), 7);
    fs::remove_dir_all(project.path("leaves")).unwrap();
    project.ingest().unwrap();
    assert_eq!(project.ingested()[0].len(), 7);
}

#[cfg(unix)]
mod links_and_names {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_that_leave_the_folder_or_loop_are_refused() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.png"), "x").unwrap();
        for target in [
            outside.path().to_path_buf(),
            outside.path().join("secret.png"),
        ] {
            let project = leaves("");
            symlink(target, project.path("leaves/train/elm/link.png")).unwrap();
            let error = project.error();
            assert!(
                error.contains("link.png: expected links that stay in "),
                "{error}"
            );
        }
        let project = leaves("");
        symlink("..", project.path("leaves/train/elm/loop")).unwrap();
        let error = project.error();
        assert!(error.contains("found one that leads back to "), "{error}");
        let project = leaves("");
        symlink("nowhere.png", project.path("leaves/train/elm/dead.png")).unwrap();
        let error = project.error();
        assert!(
            error.contains("dead.png: cannot follow the link"),
            "{error}"
        );
    }

    #[test]
    fn a_link_inside_the_folder_is_followed() {
        let project = leaves("");
        symlink("0.png", project.path("leaves/train/elm/again.png")).unwrap();
        project.ingest().unwrap();
        assert_eq!(project.ingested()[0].len(), 7);
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_refused() {
        let project = leaves("");
        let name = OsStr::from_bytes(b"\xff.png");
        fs::write(project.path("leaves/train/elm").join(name), "x").unwrap();
        let error = project.error();
        assert!(
            error.contains("expected a name in UTF-8, found other bytes"),
            "{error}"
        );
    }

    #[test]
    fn a_pipe_is_not_opened() {
        let project = leaves("");
        let pipe = project.path("leaves/train/elm/pipe.png");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(pipe)
                .status()
                .unwrap()
                .success()
        );
        project.ingest().unwrap();
        assert_eq!(project.ingested()[0].len(), 6);
    }
}
