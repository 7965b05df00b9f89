//! Invented images, predictions, histories and weights.

use pipelines::files::weights_header::WeightsHeader;
use pipelines::spec::Model;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::history::{EpochRecord, EpochTiming};
use pipelines::tables::images::Images;
use pipelines::tables::overview::OverviewRow;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;
use serde_json::json;
use train::network::Network;

/// Rows with every class in turn.
pub fn images(info: &DatasetInfo, splits: &[(Split, usize)]) -> Images {
    let splits: Vec<Split> = splits
        .iter()
        .flat_map(|(split, rows)| std::iter::repeat_n(*split, *rows))
        .collect();
    let rows = splits.len();
    let pixels = (0..rows * info.shape.len()).map(|index| (index * 7 % 251) as u8);
    Images {
        ids: (0..rows as u32).collect(),
        splits,
        labels: (0..rows)
            .map(|row| (row % info.class_count()) as u16)
            .collect(),
        pixels: pixels.collect::<Vec<_>>().into(),
        info: info.clone(),
        extra: Vec::new(),
    }
}

pub fn overview_rows(train: &Images, test: &Images) -> Vec<OverviewRow> {
    let mut rows = Vec::new();
    for split in Split::ALL {
        for (label, class) in train.info.class_names.iter().enumerate() {
            let images = if split == Split::Test { test } else { train };
            let of_class = (0..images.len()).filter(|row| {
                images.splits[*row] == split && usize::from(images.labels[*row]) == label
            });
            rows.push(OverviewRow {
                split,
                label: label as u16,
                class: class.clone(),
                images: of_class.count() as u32,
                pixel_mean: Some(125.0),
                pixel_standard_deviation: Some(72.0),
            });
        }
    }
    rows
}

/// Right but for every `wrong_every`th row, which is taken for the next class.
pub fn predictions(
    info: &DatasetInfo,
    train: &Images,
    test: &Images,
    wrong_every: usize,
) -> Vec<u8> {
    let mut predictions = Predictions {
        class_count: info.class_count(),
        ids: Vec::new(),
        splits: Vec::new(),
        labels: Vec::new(),
        probabilities: Vec::new(),
        view_probabilities: None,
    };
    for images in [train, test] {
        for row in 0..images.len() {
            if images.splits[row] == Split::Train {
                continue;
            }
            let label = usize::from(images.labels[row]);
            let wrong = row % (wrong_every + 1) == 0;
            let predicted = (label + usize::from(wrong)) % info.class_count();
            let rest = 0.25 / (info.class_count() - 1) as f32;
            predictions.ids.push(images.ids[row]);
            predictions.splits.push(images.splits[row]);
            predictions.labels.push(images.labels[row]);
            predictions.probabilities.extend(
                (0..info.class_count()).map(|class| if class == predicted { 0.75 } else { rest }),
            );
        }
    }
    predictions.encode().unwrap()
}

pub fn history() -> Vec<EpochRecord> {
    let epoch = |epoch| EpochRecord {
        epoch,
        train_loss: 0.5,
        train_accuracy: 0.8,
        validation_loss: Some(0.5),
        validation_accuracy: Some(0.75),
        learning_rate: 0.001,
        train_inference_loss: None,
        train_inference_accuracy: None,
    };
    vec![epoch(1), epoch(2)]
}

pub fn timings() -> Vec<EpochTiming> {
    let epoch = |epoch| EpochTiming {
        epoch,
        duration_s: 2.0,
        images_per_s: 800.0,
    };
    vec![epoch(1), epoch(2)]
}

/// Of `model` before its first step.
pub fn weights(model: &Model, info: &DatasetInfo) -> Vec<u8> {
    let header = WeightsHeader {
        model: json!(model),
        seed: 0,
        pixel_divisor: Some(255.0),
        normalization: None,
        dataset_info: info.clone(),
    };
    let network = Network::new(model, info, 0).unwrap();
    train::weights::encode(&network, &json!(header)).unwrap()
}
