//! Predictions of a trained model, read as CSV and JSON.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::bmp::bmp;
use crate::project::Project;
use crate::tool::{self, tool};

/// A project with a trained model.
fn trained() -> Project {
    let project = Project::new();
    project.run("ingest").succeeded();
    project.run("train --models dense").succeeded();
    project
}

/// `count` light shapes on black, of 28x28 levels each.
fn shapes(count: usize) -> Vec<Vec<u8>> {
    let shape = |number: usize| {
        let level = move |at: usize| {
            let (row, column) = (at / 28, at % 28);
            let is_inside = (6..22).contains(&row) && (10 - number..18 + number).contains(&column);
            if is_inside {
                (100 + 5 * row + number) as u8
            } else {
                0
            }
        };
        (0..28 * 28).map(level).collect()
    };
    (0..count).map(shape).collect()
}

/// The lines of CSV behind the head, in cells.
fn rows(csv: &str) -> Vec<Vec<&str>> {
    let lines = csv.lines().skip(1);
    lines.map(|line| line.split(',').collect()).collect()
}

#[test]
fn every_kind_of_file_gives_the_same_probabilities() {
    let project = trained();
    let predict = |file: &Path| {
        let words = format!("predict --model dense --format csv {}", file.display());
        tool(&project, &words).succeeded().stdout
    };
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/data");
    let of_idx = predict(&bundled.join("t10k-images-idx3-ubyte.gz"));
    let of_parquet = predict(&project.path("data/ingested/bundled/test.parquet"));
    let [of_idx, of_parquet] = [rows(&of_idx), rows(&of_parquet)];
    assert_eq!(of_idx.len(), 1_000);
    assert!(
        of_idx
            .iter()
            .zip(&of_parquet)
            .all(|(a, b)| a[1..] == b[1..])
    );
    assert!(of_idx[7][0].ends_with("ubyte.gz row 7"), "{:?}", of_idx[7]);

    // As pictures in a folder, the second of them dark on light.
    let folder = project.path("pictures/below");
    fs::create_dir_all(&folder).unwrap();
    let sides = [0x0803, 3, 28, 28].into_iter().flat_map(u32::to_be_bytes);
    let mut idx: Vec<u8> = sides.collect();
    for (row, mut levels) in shapes(3).into_iter().enumerate() {
        idx.extend_from_slice(&levels);
        if row == 1 {
            levels.iter_mut().for_each(|level| *level = 255 - *level);
        }
        fs::write(folder.join(format!("{row}.bmp")), bmp(&levels, 28)).unwrap();
    }
    fs::write(project.path("shapes-idx3-ubyte"), idx).unwrap();
    let of_idx = predict(&project.path("shapes-idx3-ubyte"));
    let of_pictures = predict(&project.path("pictures"));
    let [of_idx, of_pictures] = [rows(&of_idx), rows(&of_pictures)];
    assert_eq!(of_pictures.len(), 3);
    for (row, (picture, expected)) in of_pictures.iter().zip(&of_idx).enumerate() {
        assert_eq!(picture[1..4], expected[1..4]);
        assert_eq!(picture[4], (row == 1).to_string(), "{picture:?}");
        assert_eq!(picture[5..], expected[5..]);
    }
}

#[test]
fn standard_input_is_read_and_a_picture_is_drawn() {
    let project = trained();
    let mut command = tool::command(&project, "predict --model dense -");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let picture = bmp(&shapes(1)[0], 28);
    child.stdin.take().unwrap().write_all(&picture).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    // The name, 14 lines of two rows of pixels, three classes, an empty line.
    assert_eq!(printed.lines().count(), 1 + 14 + 3 + 1, "{printed}");
    assert!(printed.starts_with("-\n"), "{printed}");
    assert_eq!(printed.matches(" %").count(), 3, "{printed}");
}

#[test]
fn what_cannot_be_predicted_is_named() {
    let project = trained();
    let none = project.path("none.png");
    fs::write(&none, "no picture").unwrap();
    let none = none.display();
    tool(&project, &format!("predict --model dense {none}")).failed_with(&[
        "found 1 that cannot",
        "none.png: bytes that are no PNG, JPEG",
    ]);
    tool(&project, "predict --model dense /nowhere/at-all.png")
        .failed_with(&["cannot read /nowhere/at-all.png"]);
    tool(&project, &format!("predict --model convolution {none}"))
        .failed_with(&["expected a trained model", "cargo xtask train"]);
    tool(&project, &format!("predict --model wood {none}"))
        .failed_with(&["model: expected one of `dense`, `convolution`, found `wood`"]);
}
