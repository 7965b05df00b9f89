//! The table of a study whose spec names a publication.

use super::tables;

tables! {
    PUBLISHED "published": "One published accuracy of one model beside ours"
    PublishedComparison {
        model: String, "", "model, by its name in the spec";
        source: String, "", "table or figure of the publication";
        metric: String, "", "highest_train_accuracy, highest_validation_accuracy or accuracy";
        split: String, "", "train, validation or test";
        published: f64, "fraction", "as printed, as a fraction";
        runs: u64, "runs", "our runs";
        ours: f64, "fraction", "mean over our runs";
        difference: f64, "fraction", "ours − published";
        low: Option<f64>, "fraction", "lower end of our interval, as in `summary`; only of test accuracy";
        high: Option<f64>, "fraction", "upper end of our interval";
        inside: Option<bool>, "", "whether the published value, as rounded in print, meets our interval; only of test accuracy";
        prediction_low: Option<f64>, "fraction", "lower end of where one more seed on the same test images is expected; missing below two runs";
        prediction_high: Option<f64>, "fraction", "upper end of that range";
        inside_prediction: Option<bool>, "", "whether the published value, as rounded in print, meets that range";
    }
}
