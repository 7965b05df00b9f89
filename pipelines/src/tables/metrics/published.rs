//! The tables of a study whose spec names a publication.

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
        prediction_p_value: Option<f64>, "probability", "two-sided, of the published value being one more seed of ours on the same test images; the rounding in print counts in its favour; missing below two runs";
        prediction_p_value_corrected: Option<f64>, "probability", "Holm's, over the published test accuracies that are checked";
        fits: Option<bool>, "", "whether that corrected p-value is at least 1 − confidence: the published value agrees with ours; missing with it";
    }

    PUBLISHED_DIFFERENCES "published_differences": "The difference of two published test accuracies against the noise of single runs, as our own runs show it"
    PublishedDifference {
        model: String, "", "model, by its name in the spec";
        against: String, "", "the model that it is compared with: the first published one, or the one that a conclusion of the publication names";
        published_difference: f64, "fraction", "published accuracy of the model − that of the other";
        scope: String, "", "`one run each`: the noise leaves out seeds; `over seeds`: it includes them";
        noise_std_error: f64, "fraction", "standard error of the difference between one run of each on the publication's number of test images: their choice, paired, and the spread over our seeds";
        z: f64, "1", "published_difference / noise_std_error";
        p_value: f64, "probability", "two-sided, of no difference, with the degrees of freedom of our spreads; the rounding in print counts in favour of none";
        p_value_corrected: f64, "probability", "Holm's, over the rows of this table";
        beyond_noise: bool, "", "whether that corrected p-value is below 1 − confidence";
    }
}
