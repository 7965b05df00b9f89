//! The champion in the page of a study that was really trained.

use pipelines::tables::split::Split;
use serde_json::Value;

use crate::chromium::{self, Chromium};
use crate::project::Project;

/// Test images that the page classifies.
const IMAGES: usize = 200;

#[test]
fn the_page_gives_the_champions_probabilities_of_the_test_images() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let project = Project::trained();
    let page = project.report().page;
    let start = "<script type=\"application/json\" id=\"network-data\">";
    let (_, data) = page.split_once(start).unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["background"], "dark");
    let (model, seed) = (data["model"].as_str(), data["seed"].as_u64());
    let predictions = project.predictions(model.unwrap(), seed.unwrap());
    let test = project.test_images(IMAGES);
    let rows = (0..predictions.len()).filter(|row| predictions.splits[*row] == Split::Test);
    let rows: Vec<usize> = rows.take(IMAGES).collect();
    let ids: Vec<u32> = rows.iter().map(|row| predictions.ids[*row]).collect();
    assert_eq!(ids, test.ids);
    let expected: Vec<f32> = rows
        .iter()
        .flat_map(|row| predictions.row(*row))
        .copied()
        .collect();
    let steps = chromium::classification(test.pixels.as_ref(), &expected, test.info.shape.len());
    let (dom, log) = chromium.open(&page, &steps);
    let seen = chromium::seen(&dom).unwrap_or_else(|| panic!("the steps did not end: {log}"));
    assert!(seen.starts_with("close=true\n"), "{seen}");
}
