//! Confusion matrices in long form.

use anyhow::Result;
use pipelines::tables::metrics::ConfusionCell;
use polars::prelude::DataFrame;

use crate::frames::{indices, integers, split};
use crate::study::Study;

/// The rows of `counts`, a frame of [`crate::frames::confusion_counts`].
pub fn rows(study: &Study, counts: &DataFrame) -> Result<Vec<ConfusionCell>> {
    let (run_of, split_of) = (indices(counts, "run")?, indices(counts, "split")?);
    let (labels, predicted) = (indices(counts, "label")?, indices(counts, "predicted")?);
    let runs: Vec<_> = study.runs().collect();
    let mut rows = Vec::new();
    for (row, count) in integers(counts, "count")?.into_iter().enumerate() {
        let (model, run) = runs[run_of[row] as usize];
        rows.push(ConfusionCell {
            model: model.to_owned(),
            seed: run.seed,
            split: split(split_of[row])?.name().to_owned(),
            label: labels[row].into(),
            predicted: predicted[row].into(),
            count,
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixture, frames};

    #[test]
    fn zeros_are_there_for_few_classes_and_left_out_for_many() {
        let runs = [("model-1", &[(0_u64, &[3_usize][..])][..])];
        let cells = |study: &Study| {
            let counts = frames::confusion_counts(study).unwrap();
            rows(study, &counts).unwrap()
        };
        let few = cells(&fixture::study(&runs));
        assert_eq!(few.len(), 2 * 10 * 10, "validation and test");
        let many = cells(&fixture::study_of_classes(100, &runs));
        assert_eq!(many.len(), 2 * (100 + 1), "the diagonal and one error");
        assert!(many.iter().all(|cell| cell.count > 0));
        for cells in [few, many] {
            let images: u64 = cells.iter().map(|cell| cell.count).sum();
            assert_eq!(images, 2 * fixture::IMAGES as u64);
        }
    }
}
