//! The page in headless Chromium: it opens without errors, filters filter, images appear.

use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::tables::images::Images;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;

use super::{TestImages, render};
use crate::chromium::{self, Chromium};
use crate::document::Document;
use crate::inputs::ShownRun;
use crate::picture::Picture;
use crate::table::Table;

/// Works the page as a reader would and leaves what it saw in the document. Chromium's virtual time
/// does not wait for decompression, which another process takes part in; the loop gives it real time.
const STEPS: &str = r#"
const whenLoaded = setInterval(() => {
  for (let turn = 0; turn < 2e7; turn++);
  if (!document.querySelector(".tile")) return;
  clearInterval(whenLoaded);
  const seen = {};
  seen.count = document.querySelector(".count").textContent;
  const input = (name, value) => {
    const field = document.querySelector(`[name=${name}]`);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const tiles = () => document.querySelectorAll(".tile").length;
  seen.wrong = tiles();
  input("outcome", "");
  seen.any = tiles();
  input("true", "3");
  seen.ofOneClass = tiles();
  input("true", "");
  input("model", "1");
  input("outcome", "right");
  seen.otherModelRight = tiles();
  input("outcome", "");
  input("model", "0");
  input("least", "75");
  seen.sure = tiles();
  const canvas = document.querySelector(".tile canvas");
  const pixels = canvas.getContext("2d").getImageData(0, 0, 4, 3).data;
  seen.pixel = pixels.slice(0, 3).join("/");
  document.querySelector(".tile").click();
  seen.open = document.querySelector("dialog").open;
  const press = (key) => document.querySelector("dialog").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press("ArrowRight");
  seen.title = document.querySelector("dialog .title").textContent;
  document.querySelector("dialog .close").click();
  const head = document.querySelectorAll("main thead button")[1];
  head.click();
  seen.ascending = [...document.querySelectorAll("main tbody tr")].map((row) => row.cells[0].textContent).join();
  head.click();
  seen.descending = [...document.querySelectorAll("main tbody tr")].map((row) => row.cells[0].textContent).join();
  head.click();
  seen.original = [...document.querySelectorAll("main tbody tr")].map((row) => row.cells[0].textContent).join();
  document.querySelector(".theme").click();
  seen.theme = document.documentElement.dataset.theme;
  seen.address = location.hash;
  leave(seen);
}, 100);
"#;

#[test]
fn the_page_works_in_chromium() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let (dom, log) = chromium.open(&page(), STEPS);
    let errors: Vec<_> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let seen = chromium::seen(&dom);
    // Four images of labels 0..4; the first model takes the last for a 0 with 80 %, all others for
    // what they are with 70 %; the second is wrong about all.
    expect_test::expect![[r#"
        count=1 error in 4 test images
        wrong=1
        any=4
        ofOneClass=1
        otherModelRight=0
        sure=1
        pixel=40/41/42
        open=true
        title=Test image 3: <b>class 3</b>
        ascending=b,a,c,blank,all
        descending=c,a,b,blank,all
        original=a,blank,b,c,all
        theme=dark
        address=#&outcome=&least=75&theme=dark"#]]
    .assert_eq(&seen.unwrap_or_else(|| panic!("the steps did not end: {log}")));
}

#[test]
fn the_address_opens_the_page_as_it_was_left() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    // A script that comes before the page's own sets what a link would have.
    let page = page().replacen(
        "<meta http-equiv",
        "<script>location.hash = '#&outcome=right&theme=dark'</script><meta http-equiv",
        1,
    );
    let steps = r#"
const whenLoaded = setInterval(() => {
  for (let turn = 0; turn < 2e7; turn++);
  if (!document.querySelector(".tile")) return;
  clearInterval(whenLoaded);
  leave({ theme: document.documentElement.dataset.theme, count: document.querySelector(".count").textContent });
}, 100);"#;
    let (dom, log) = chromium.open(&page, steps);
    assert_eq!(
        chromium::seen(&dom).as_deref(),
        Some("theme=dark\ncount=3 right predictions in 4 test images"),
        "{log}"
    );
}

/// Marking it changes its height while heights are observed.
#[test]
fn a_table_that_is_wider_than_the_page_is_marked_without_a_complaint() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let cell = "w".repeat(3_000);
    let page = page().replacen("blank", &cell, 1);
    let steps = r#"
const complaints = [];
addEventListener("error", (event) => complaints.push(event.message));
const whenMarked = setInterval(() => {
  for (let turn = 0; turn < 2e7; turn++);
  if (!document.querySelector(".table.wide.more")) return;
  clearInterval(whenMarked);
  setTimeout(() => leave({ complaints: complaints.join() }), 500);
}, 100);"#;
    let (dom, log) = chromium.open(&page, steps);
    assert_eq!(
        chromium::seen(&dom).as_deref(),
        Some("complaints="),
        "{log}"
    );
    assert!(!log.contains("ResizeObserver"), "{log}");
}

/// axe-core where `NODE_PATH` has it: `npm install axe-core` in a folder, and its `node_modules` there.
#[test]
fn axe_finds_nothing_critical() {
    let folders = std::env::var_os("NODE_PATH").unwrap_or_default();
    let axe = std::env::split_paths(&folders)
        .map(|folder| folder.join("axe-core/axe.min.js"))
        .find_map(|path| std::fs::read_to_string(path).ok());
    let (Some(axe), Some(chromium)) = (axe, Chromium::find()) else {
        println!("skipped: no axe-core in NODE_PATH, or no browser");
        return;
    };
    let steps = format!(
        r#"{axe}
const whenLoaded = setInterval(() => {{
  for (let turn = 0; turn < 2e7; turn++);
  if (!document.querySelector(".tile")) return;
  clearInterval(whenLoaded);
  axe.run().then(({{ violations }}) => {{
    const serious = violations.filter(({{ impact }}) => impact === "critical" || impact === "serious");
    leave({{ found: serious.map(({{ id, nodes }}) => `${{id}}: ${{nodes[0].html.slice(0, 120)}}`).join("; ") }});
  }});
}}, 100);"#
    );
    let (dom, log) = chromium.open(&page(), &steps);
    assert_eq!(chromium::seen(&dom).as_deref(), Some("found="), "{log}");
}

/// A page with one table and four test images of twelve classes.
fn page() -> String {
    let shape = ImageShape::new(3, 4, 3);
    let class_names = (0..12).map(|label| format!("<b>class {label}</b>"));
    let info = DatasetInfo {
        shape,
        class_names: class_names.collect(),
    };
    let images = Images {
        info: info.clone(),
        ids: vec![0, 1, 2, 3],
        splits: vec![Split::Test; 4],
        labels: vec![0, 1, 2, 3],
        pixels: (0..4 * shape.len())
            .map(|index| (index / shape.len() * 10 + 10 + index % 3) as u8)
            .collect(),
        extra: Vec::new(),
    };
    let run = |model: &str, predicted: [usize; 4], confidence: [f32; 4]| {
        let classes = info.class_count();
        let mut probabilities = vec![0.0; 4 * classes];
        for (row, (class, confidence)) in predicted.into_iter().zip(confidence).enumerate() {
            probabilities[row * classes + class] = confidence;
            probabilities[row * classes + 9] = 1.0 - confidence;
        }
        ShownRun {
            model: model.to_owned(),
            seed: 0,
            test: Predictions {
                class_count: classes,
                ids: images.ids.clone(),
                splits: images.splits.clone(),
                labels: images.labels.clone(),
                probabilities,
                view_probabilities: None,
            },
            first_layer: None,
        }
    };
    let runs = [
        run("model-1", [0, 1, 2, 0], [0.7, 0.7, 0.7, 0.8]),
        run("model-2", [5, 5, 5, 5], [0.9, 0.9, 0.9, 0.9]),
    ];
    let test_images = TestImages::new(&images, &runs, Some("model-1"), |row| {
        Picture::new(shape, images.image(row))
    })
    .unwrap();
    let mut document = Document::default();
    document.heading(1, "Report");
    let mut table = Table::new(["name", "value"]);
    for (name, value) in [
        ("a", "−0.50"),
        ("blank", ""),
        ("b", "−1,200.00"),
        ("c", "3 min 2 s"),
    ] {
        table.row([name, value]);
    }
    table.total(0, ["all", "−1,000.00"]);
    document.table(&table);
    render(&document, None, test_images.as_ref())
}
