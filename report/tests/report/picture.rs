//! The picture of a report that the README shows.

use std::path::Path;

use crate::chromium::Chromium;

/// Environment variable with the path of the `report.html` to take the picture of.
const REPORT: &str = "ATELIER_REPORT";
/// Width and height of the window, in pixels.
const WINDOW: &str = "1200,1150";

#[test]
fn the_picture_of_the_readme_is_taken_on_request() {
    let Some(report) = std::env::var_os(REPORT) else {
        println!("skipped: {REPORT} names no report.html");
        return;
    };
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = repository.join(report).canonicalize().unwrap();
    let picture = repository.join("docs/study/report.png");
    let profile = tempfile::tempdir().unwrap();
    let wanted = [
        format!("--screenshot={}", picture.display()),
        format!("--window-size={WINDOW}"),
        "--hide-scrollbars".to_owned(),
    ];
    let (_, log) = chromium.run(profile.path(), &page, &wanted);
    let size = std::fs::metadata(&picture).map_or(0, |file| file.len());
    assert!(size > 20_000, "{size} bytes: {log}");
}
