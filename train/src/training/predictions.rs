//! What a training predicts at its end.

use anyhow::Result;
use pipelines::spec::Model;
use pipelines::tables::images::Images;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;

use crate::dataset::Dataset;
use crate::fit::Progress;
use crate::predict::{self, probabilities};
use crate::trainer::Trainer;

/// Probabilities of all validation rows, then of `test_rows`, and those over several views if the model
/// asks for them.
pub(super) fn predictions(
    trainer: &Trainer,
    dataset: &Dataset,
    model: &Model,
    progress: &Progress,
    test_rows: &[u32],
) -> Result<Predictions> {
    let class_count = trainer.network.class_count();
    let validation_rows = &dataset.validation_rows;
    let row_count = validation_rows.len() + test_rows.len();
    let mut predictions = Predictions {
        class_count,
        ids: Vec::with_capacity(row_count),
        splits: Vec::with_capacity(row_count),
        labels: Vec::with_capacity(row_count),
        probabilities: Vec::with_capacity(row_count * class_count),
        view_probabilities: None,
    };
    match &progress.validation_logits {
        Some(logits) => {
            let split = Split::Validation;
            push(
                &mut predictions,
                split,
                &dataset.images,
                validation_rows,
                logits,
            );
        }
        None => predict(
            &mut predictions,
            trainer,
            dataset,
            Split::Validation,
            validation_rows,
        )?,
    }
    predict(&mut predictions, trainer, dataset, Split::Test, test_rows)?;
    if !model.test_time_views.is_single() {
        let mut in_views = Vec::with_capacity(row_count * class_count);
        for (images, rows) in [
            (&dataset.images, validation_rows.as_slice()),
            (&dataset.test, test_rows),
        ] {
            predict::for_each_batch_in_views(
                &trainer.network,
                images,
                rows,
                &dataset.normalization,
                model.test_time_views,
                |_, logits| in_views.extend(probabilities(class_count, logits)),
            )?;
        }
        predictions.view_probabilities = Some(in_views);
    }
    Ok(predictions)
}

/// Adds the probabilities of `rows` of `split`.
fn predict(
    predictions: &mut Predictions,
    trainer: &Trainer,
    dataset: &Dataset,
    split: Split,
    rows: &[u32],
) -> Result<()> {
    let images = match split {
        Split::Test => &dataset.test,
        Split::Train | Split::Validation => &dataset.images,
    };
    let (network, normalization) = (&trainer.network, &dataset.normalization);
    predict::for_each_batch(network, images, rows, normalization, |rows, logits| {
        push(predictions, split, images, rows, logits);
    })
}

/// Adds the probabilities of `rows` of `images`, whose logits are known.
fn push(
    predictions: &mut Predictions,
    split: Split,
    images: &Images,
    rows: &[u32],
    logits: &[f32],
) {
    for &row in rows {
        predictions.ids.push(images.ids[row as usize]);
        predictions.labels.push(images.labels[row as usize]);
        predictions.splits.push(split);
    }
    let probabilities = probabilities(predictions.class_count, logits);
    predictions.probabilities.extend(probabilities);
}
