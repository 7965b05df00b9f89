//! Predictions over several views of each image beside those of the image alone.

use pipelines::tables::metrics::ViewScores;

use crate::study::Study;

pub fn rows(study: &Study) -> Vec<ViewScores> {
    let mut rows = Vec::new();
    for trained in &study.models {
        for run in &trained.runs {
            for predictions in &run.splits {
                let Some(views) = &predictions.views else {
                    continue;
                };
                let accuracy = predictions.accuracy();
                rows.push(ViewScores {
                    model: trained.model.name.clone(),
                    seed: run.seed,
                    split: predictions.split.name().to_owned(),
                    views: trained.model.test_time_views.name().to_owned(),
                    n: predictions.images() as u64,
                    accuracy,
                    view_accuracy: views.accuracy(),
                    gain: views.accuracy() - accuracy,
                    log_loss: predictions.log_loss,
                    view_log_loss: views.log_loss,
                });
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};
    use crate::run::Views;

    #[test]
    fn a_run_with_views_has_a_row_for_each_split() {
        let wrong = images(0, 100);
        let mut study = fixture::study(&[("model-1", &[(4, &wrong)])]);
        assert!(rows(&study).is_empty());
        for split in &mut study.models[0].runs[0].splits {
            let mut correct = split.correct.clone();
            correct[..20].fill(true);
            split.views = Some(Views {
                correct,
                log_loss: split.log_loss,
            });
        }
        let found = rows(&study);
        assert_eq!(found.len(), 2);
        assert_eq!((found[1].split.as_str(), found[1].n), ("test", 400));
        assert_eq!((found[1].accuracy, found[1].view_accuracy), (0.75, 0.8));
    }
}
