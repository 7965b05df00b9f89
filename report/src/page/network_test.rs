//! The page's network against the trained one, in headless Chromium.

use std::path::Path;

use pipelines::files::manifest::ChannelStatistics;
use pipelines::files::weights_header::WeightsHeader;
use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
use pipelines::spec::{Model, Spec};
use pipelines::tables::background::Background;
use pipelines::tables::images::Images;
use pipelines::tables::split::Split;
use serde_json::json;
use train::{predict, weights};

use super::network::Network;
use super::render;
use crate::chromium::{self, Chromium};
use crate::document::Document;

/// Every kind of layer: blocks with a projection and with the identity, a flattened map that is added to a
/// vector; layers that go without one of their parameters.
const LAYERS: &str = r#"[
  { "type": "conv2d", "filters": 4, "kernel_size": 3, "padding": "same", "activation": "gelu", "use_bias": false },
  { "type": "depthwise_conv2d", "kernel_size": 3, "padding": "same", "activation": "silu" },
  { "type": "layer_normalization", "center": false },
  { "type": "residual",
    "layers": [
      { "type": "conv2d", "filters": 6, "kernel_size": 3, "strides": 2, "padding": "same" },
      { "type": "batch_normalization", "scale": false }
    ],
    "shortcut": [{ "type": "conv2d", "filters": 6, "kernel_size": 1, "strides": 2, "padding": "same" }]
  },
  { "type": "activation", "activation": "elu" },
  { "type": "sequence", "repeat": 2, "layers": [
    { "type": "conv2d", "filters": 6, "kernel_size": 1, "activation": "leaky_relu" }
  ] },
  { "type": "max_pooling2d", "pool_size": 2, "strides": 1 },
  { "type": "average_pooling2d", "pool_size": 2 },
  { "type": "flatten" },
  { "type": "layer_normalization" },
  { "type": "residual", "layers": [{ "type": "dense", "units": 36, "activation": "tanh" }] },
  { "type": "rescaling", "scale": 2.0, "offset": 0.5 },
  { "type": "batch_normalization", "center": false },
  { "type": "dropout", "rate": 0.25 },
  { "type": "dense", "units": 5, "use_bias": false }
]"#;
/// Maps that are pooled as a whole.
const POOLED_LAYERS: &str = r#"[
  { "type": "conv2d", "filters": 8, "kernel_size": 3, "strides": 2, "activation": "relu" },
  { "type": "depthwise_conv2d", "kernel_size": 2, "strides": 2, "activation": "sigmoid", "use_bias": false },
  { "type": "residual",
    "layers": [{ "type": "global_max_pooling2d" }],
    "shortcut": [{ "type": "global_average_pooling2d" }]
  },
  { "type": "dense", "units": 16, "activation": "relu" },
  { "type": "dense", "units": 5 }
]"#;
const SHAPE: ImageShape = ImageShape::new(13, 9, 3);

fn info() -> DatasetInfo {
    DatasetInfo {
        shape: SHAPE,
        class_names: ["a", "<b>b</b>", "c", "d", "e"].map(String::from).to_vec(),
    }
}

fn channels() -> ChannelStatistics {
    ChannelStatistics {
        mean: vec![100.0, 110.0, 130.0],
        standard_deviation: vec![40.0, 50.0, 60.0],
    }
}

fn model(layers: &str) -> Model {
    let spec = Spec::load("smoke").unwrap();
    Model {
        layers: serde_json::from_str(layers).unwrap(),
        ..spec.models[0].clone()
    }
}

fn images(count: usize) -> Images {
    let levels = (0..count * SHAPE.len()).map(|at| (at * at / 3 + at / 7) as u8);
    Images {
        info: info(),
        ids: (0..count as u32).collect(),
        splits: vec![Split::Test; count],
        labels: vec![0; count],
        pixels: levels.collect(),
        extra: Vec::new(),
    }
}

/// A page with a network of these layers and random weights, and the probabilities that it gives `images`.
fn page(layers: &str, images: &Images) -> (String, Vec<f32>) {
    let model = model(layers);
    let trained = train::network::Network::new(&model, &info(), 3).unwrap();
    let header = WeightsHeader {
        model: json!(model),
        seed: 3,
        pixel_divisor: None,
        normalization: Some(channels()),
        dataset_info: info(),
    };
    let bytes = weights::encode(&trained, &json!(header)).unwrap();
    let path = Path::new("weights.safetensors");
    let network = Network::new(&model, path, &bytes, Some(Background::Dark)).unwrap();
    let rows: Vec<u32> = (0..images.len() as u32).collect();
    let logits = predict::logits(&trained, images, &rows, &channels().into()).unwrap();
    let mut document = Document::default();
    document.heading(1, "Report");
    (
        render(&document, Some(&network), None),
        predict::probabilities(info().class_count(), &logits),
    )
}

#[test]
fn the_page_gives_the_probabilities_of_a_network_of_every_layer() {
    check(LAYERS);
}

#[test]
fn the_page_gives_the_probabilities_of_a_network_whose_maps_are_pooled_as_a_whole() {
    check(POOLED_LAYERS);
}

/// Compares the page with the trained network.
fn check(layers: &str) {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let images = images(20);
    let (page, expected) = page(layers, &images);
    let steps = chromium::classification(images.pixels.as_ref(), &expected, SHAPE.len());
    let (dom, log) = chromium.open(&page, &steps);
    let seen = chromium::seen(&dom).unwrap_or_else(|| panic!("the steps did not end: {log}"));
    assert!(seen.starts_with("close=true\nspread=true"), "{seen}");
}

/// The levels that `ingest` makes of a picture of 26x18 pixels, four of one colour to each of 13x9, and of
/// its negative.
#[test]
fn a_picture_that_is_dropped_is_classified_and_turned_into_its_negative() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let (page, _) = page(LAYERS, &images(1));
    let steps = r#"
const canvas = Object.assign(document.createElement("canvas"), { width: 18, height: 26 });
const context = canvas.getContext("2d");
context.fillStyle = "rgb(250, 240, 230)";
context.fillRect(0, 0, 18, 26);
context.fillStyle = "rgb(10, 20, 30)";
context.fillRect(6, 6, 6, 6);
canvas.toBlob((blob) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([blob], "picture.png", { type: "image/png" }));
  document.querySelector(".try").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
});
const pixel = (column, row) => [...document.querySelector(".seen").getContext("2d").getImageData(column, row, 1, 1).data].join("/");
const whenAnswered = setInterval(() => {
  for (let turn = 0; turn < 2e7; turn++);
  if (!document.querySelector(".answer").textContent) return;
  clearInterval(whenAnswered);
  const seen = { who: document.querySelector(".who").textContent, bars: document.querySelectorAll(".try .bar").length };
  const negative = document.querySelector(".negative-switch");
  seen.negative = negative.checked;
  seen.corner = pixel(0, 0);
  seen.middle = pixel(4, 4);
  negative.click();
  seen.positive = pixel(0, 0);
  seen.answered = /^(a|<b>b<\/b>|c|d|e), \d+\.\d\s%$/.test(document.querySelector(".answer").textContent);
  const pad = document.querySelector(".pad");
  document.querySelector(".clear").click();
  seen.cleared = document.querySelector(".answer").textContent;
  const box = pad.getBoundingClientRect();
  const at = (type, x, y) => pad.dispatchEvent(new PointerEvent(type, { clientX: box.left + x, clientY: box.top + y, pointerId: 1, bubbles: true }));
  at("pointerdown", 140, 60);
  at("pointermove", 140, 200);
  at("pointerup", 140, 200);
  seen.drawn = pixel(4, 6);
  seen.empty = pixel(0, 0);
  leave(seen);
}, 100);
"#;
    let (dom, log) = chromium.open(&page, steps);
    let errors: Vec<_> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    expect_test::expect![[r#"
        who=model-1, seed 3,
        bars=5
        negative=true
        corner=5/15/25/255
        middle=245/235/225/255
        positive=250/240/230/255
        answered=true
        cleared=
        drawn=148/148/148/255
        empty=0/0/0/255"#]]
    .assert_eq(&chromium::seen(&dom).unwrap_or_else(|| panic!("the steps did not end: {log}")));
}

#[test]
fn a_file_that_is_no_picture_is_said_to_be_none() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let (page, _) = page(LAYERS, &images(1));
    let steps = r#"
const transfer = new DataTransfer();
transfer.items.add(new File(["no picture"], "<img src=x onerror=alert(1)>.png", { type: "image/png" }));
addEventListener("load", () => {
  document.querySelector(".try").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
});
const whenAnswered = setInterval(() => {
  for (let turn = 0; turn < 2e7; turn++);
  const answer = document.querySelector(".answer").textContent;
  if (!answer) return;
  clearInterval(whenAnswered);
  leave({ said: answer.startsWith("This is no picture that can be read: ") });
}, 100);
"#;
    let (dom, log) = chromium.open(&page, steps);
    assert_eq!(chromium::seen(&dom).as_deref(), Some("said=true"), "{log}");
}

#[test]
fn a_network_that_is_too_large_is_left_out_and_the_page_says_so() {
    let spec = Spec::load("smoke").unwrap();
    let info = spec.data.info().unwrap();
    let dense = r#"[{"type": "flatten"}, {"type": "dense", "units": 2800}, {"type": "dense", "units": 10}]"#;
    let model = Model {
        layers: serde_json::from_str(dense).unwrap(),
        ..spec.models[0].clone()
    };
    let trained = train::network::Network::new(&model, &info, 0).unwrap();
    let header = WeightsHeader {
        model: json!(model),
        seed: 0,
        pixel_divisor: Some(255.0),
        normalization: None,
        dataset_info: info,
    };
    let bytes = weights::encode(&trained, &json!(header)).unwrap();
    let path = Path::new("weights.safetensors");
    let network = Network::new(&model, path, &bytes, None).unwrap();
    assert_eq!(network.elements(), "");
    let section = network.section();
    assert!(
        section.contains("The weights of the champion take 2.2 MB"),
        "{section}"
    );
}
