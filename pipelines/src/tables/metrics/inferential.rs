//! Tables about models: over their seeds, beyond the images at hand, or against each other.

use super::tables;

tables! {
    SUMMARY "summary": "One metric of one model over its runs"
    MetricSummary {
        model: String, "", "model, by its name in the spec";
        split: Option<String>, "", "split that the metric is of; missing for differences between splits";
        metric: String, "", "one of `pipelines::tables::metrics::METRICS`";
        unit: String, "", "unit of mean, std, min, max, low and high";
        higher_is_better: bool, "", "whether more of it is better";
        runs: u64, "runs", "number of runs, which is the number of seeds";
        mean: f64, "unit", "mean over runs";
        std: Option<f64>, "unit", "standard deviation over runs, divided by runs − 1; missing for one run";
        min: f64, "unit", "smallest value of the runs";
        max: f64, "unit", "largest value of the runs";
        sampling_std_error: Option<f64>, "fraction", "standard error of the mean by the choice of images within their classes, runs held fixed; only of accuracy and, by validation images, of overfitting_gap";
        seed_std_error: Option<f64>, "fraction", "standard error of the mean by the choice of seeds, images held fixed; only of accuracy and overfitting_gap with at least two runs";
        low: Option<f64>, "fraction", "lower end of the interval: over images for one run (Wilson's for accuracy), over images and seeds for more; only of accuracy and overfitting_gap";
        high: Option<f64>, "fraction", "upper end of that interval";
    }

    RANKING "ranking": "One model, best first by its mean validation accuracy after the last epoch; the test split chooses nothing"
    RankedModel {
        model: String, "", "model, by its name in the spec";
        runs: u64, "runs", "number of runs";
        validation_rank: Option<u64>, "rank", "1 for the champion; ties in the spec's order; missing without validation rows";
        validation_accuracy: Option<f64>, "fraction", "mean over runs, after the last epoch; missing without validation rows";
        test_rank: u64, "rank", "rank by mean test accuracy, for comparison";
        test_accuracy: f64, "fraction", "mean over runs, after the last epoch";
        champion: bool, "", "whether it is the best on validation";
        difference_to_champion: Option<f64>, "fraction", "test accuracy − the champion's, of the compared runs; missing for the champion";
        simultaneous_low: Option<f64>, "fraction", "lower end of the interval for that difference, simultaneous over all models that are compared with the champion (Bonferroni's); missing for the champion";
        simultaneous_high: Option<f64>, "fraction", "upper end of that interval; missing for the champion";
        p_value: Option<f64>, "probability", "two-sided, of no difference to the champion; missing for the champion";
        p_value_corrected: Option<f64>, "probability", "Holm's, over the comparisons with the champion; missing for the champion";
        distinguishable: Option<bool>, "", "whether that p-value is significant; missing for the champion";
        scope: Option<String>, "", "scope of the comparison with the champion; missing for the champion";
        may_be_best: bool, "", "whether no other model is significantly more accurate on test in a one-sided comparison with each of the others (Hsu's comparisons with the best): the best model is among these";
        may_be_worst: bool, "", "the same for the least accurate model";
        rank_low: u64, "rank", "best rank by true test accuracy that agrees with the comparisons of all pairs, simultaneous over models: 1 + number of models that are significantly more accurate";
        rank_high: u64, "rank", "worst such rank: number of models − number of those that are significantly less accurate";
        letters: String, "", "compact letter display of the comparisons of all pairs on test: two models that share a letter cannot be told apart";
    }

    COMPARISONS "comparisons": "Two models on the same images of one split (validation or test)"
    ModelComparison {
        split: String, "", "train, validation or test";
        model_a: String, "", "the model that comes first in the spec";
        model_b: String, "", "the model that comes later in the spec";
        scope: String, "", "`one run each`: the interval leaves out seeds; `over seeds`: it includes them";
        runs_a: u64, "runs", "runs of model a that are compared";
        runs_b: u64, "runs", "runs of model b that are compared";
        n: u64, "images", "number of images";
        accuracy_a: f64, "fraction", "mean accuracy of the compared runs of a";
        accuracy_b: f64, "fraction", "mean accuracy of the compared runs of b";
        difference: f64, "fraction", "accuracy b − accuracy a: above 0 when b is better";
        only_a_correct: f64, "images", "images that only a predicts correctly (McNemar's b), mean over pairs of runs";
        only_b_correct: f64, "images", "images that only b predicts correctly (McNemar's c), mean over pairs of runs";
        sampling_low: f64, "fraction", "lower end of the paired bootstrap's percentile interval: images resampled, runs held fixed";
        sampling_high: f64, "fraction", "upper end of that interval";
        sampling_std_error: f64, "fraction", "standard error of the difference by the choice of images, runs held fixed";
        seed_std_error: Option<f64>, "fraction", "standard error of the difference by the choice of seeds, images held fixed; missing for one run each";
        std_error: f64, "fraction", "standard error of the difference over images and seeds; over images alone for one run each";
        low: f64, "fraction", "lower end of the interval to quote: sampling_low for one run each, over images and seeds otherwise";
        high: f64, "fraction", "upper end of the interval to quote";
        simultaneous_low: f64, "fraction", "lower end of the interval that is simultaneous over all pairs of the split (Bonferroni's)";
        simultaneous_high: f64, "fraction", "upper end of that interval";
        test: String, "", "`mcnemar exact` for one run each, `t over images and seeds` over seeds";
        p_value: f64, "probability", "two-sided, of no difference";
        p_value_corrected: f64, "probability", "Holm's, over all pairs of the split: an exploration, not a planned comparison";
        significant: bool, "", "whether that corrected p-value is below 1 − confidence";
        mixed_instruction_sets: bool, "", "whether the compared runs were made with different instruction sets, recorded or not";
    }

    SEED_COMPARISONS "seed_comparisons": "Two models trained from the same seed, on the same images of one split"
    SeedComparison {
        split: String, "", "train, validation or test";
        model_a: String, "", "the model that comes first in the spec";
        model_b: String, "", "the model that comes later in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        n: u64, "images", "number of images";
        difference: f64, "fraction", "accuracy b − accuracy a";
        only_a_correct: u64, "images", "images that only a predicts correctly (McNemar's b)";
        only_b_correct: u64, "images", "images that only b predicts correctly (McNemar's c)";
        p_value: f64, "probability", "McNemar's exact, two-sided, not corrected";
    }

    CHANGES "changes": "One model that extends another: what changed and what it did"
    ModelChange {
        model: String, "", "model, by its name in the spec";
        extends: String, "", "the model that it was changed from";
        changed: String, "", "the changes, separated by `; `";
        change_count: u64, "changes", "how many things changed at once; above 1 the effect is that of all of them together";
        scope: String, "", "`one run each`: the interval leaves out seeds; `over seeds`: it includes them";
        runs: u64, "runs", "runs of the model that are compared";
        extended_runs: u64, "runs", "runs of the extended model that are compared";
        validation_difference: Option<f64>, "fraction", "validation accuracy of the model − that of the extended one; missing without validation rows";
        validation_low: Option<f64>, "fraction", "lower end of its interval";
        validation_high: Option<f64>, "fraction", "upper end of its interval";
        validation_p_value_corrected: Option<f64>, "probability", "Holm's, over the changes of the study on validation";
        test_difference: f64, "fraction", "test accuracy of the model − that of the extended one";
        test_low: f64, "fraction", "lower end of its interval";
        test_high: f64, "fraction", "upper end of its interval";
        test_simultaneous_low: f64, "fraction", "lower end of the interval that is simultaneous over the changes of the study (Bonferroni's), for one look";
        test_simultaneous_high: f64, "fraction", "upper end of that interval";
        test_p_value: f64, "probability", "two-sided, not corrected";
        test_p_value_corrected: f64, "probability", "Holm's, over the changes of the study on test";
        family_size: u64, "comparisons", "number of changes that the corrections are for";
        level: f64, "probability", "what Holm's correction leaves this change of 1 − confidence: that divided by the number of changes less those that are significant with a smaller p-value";
        equivalence_margin: Option<f64>, "fraction", "largest difference that the spec calls none; missing when it names none, and with it the next two";
        equivalence_p_value: Option<f64>, "probability", "of two one-sided tests against − margin and + margin, the larger one; not corrected";
        equivalence_p_value_corrected: Option<f64>, "probability", "Holm's, over the changes of the study";
        verdict: String, "", "from the corrected p-values, or from `looks` with `--seeds until-decided`: helps, hurts, helps in this run, hurts in this run; with a margin equivalent within the margin (in this run) or undecided, without one no evidence at this size";
        test_images_needed: Option<u64>, "images", "test images on which as many runs would show an effect of this size with 80 % power at `level`; missing unless images_needed_status is `number`";
        images_needed_status: String, "", "number, no number would do (the spread over seeds hides the effect on any number of images), or no difference";
        seeds_needed: Option<u64>, "runs", "runs of each model that would show an effect of this size on this test set with 80 % power at `level`; missing unless seeds_needed_status is `number`";
        seeds_needed_status: String, "", "number, no number would do (the choice of test images hides the effect with any number of seeds), no difference, or no spread known (no model has two runs)";
        seed_std: Option<f64>, "fraction", "root mean square of the two models' standard deviations of test accuracy over seeds that seeds_needed assumes; missing when none is known";
        seed_std_from: Option<String>, "", "`this pair`, or `all models` with two runs when this pair has fewer; missing with it";
        tolerated_seed_std: Option<f64>, "fraction", "for one run each: the effect would be significant at `level` as long as the standard deviation over seeds is below this; missing over seeds, and when the effect is not significant even without spread";
        gap_difference: Option<f64>, "fraction", "overfitting gap of the model − that of the extended one, means over the compared runs; missing when a run did not measure it, and with it the columns that follow up to gap_significant";
        gap_low: Option<f64>, "fraction", "lower end of its interval: over validation images for one run each, over validation images and seeds for more";
        gap_high: Option<f64>, "fraction", "upper end of that interval";
        gap_p_value: Option<f64>, "probability", "two-sided, of no difference between the gaps; not corrected";
        gap_p_value_corrected: Option<f64>, "probability", "Holm's, over the changes of the study";
        gap_significant: Option<bool>, "", "whether that corrected p-value is below 1 − confidence";
        mixed_instruction_sets: bool, "", "whether the compared test runs were made with different instruction sets, recorded or not";
    }

    CLASS_CHANGES "class_changes": "What one model that extends another did to recall or precision of one class, on test images"
    ClassChange {
        model: String, "", "model, by its name in the spec";
        extends: String, "", "the model that it was changed from";
        class: String, "", "name of the class";
        label: u64, "label", "the class";
        metric: String, "", "`recall` or `precision`";
        scope: String, "", "`one run each`: the interval leaves out seeds; `over seeds`: it includes them";
        value: f64, "fraction", "mean over the compared runs";
        extended_value: f64, "fraction", "the same of the model that it was changed from";
        difference: f64, "fraction", "value − extended_value";
        low: f64, "fraction", "lower end of its interval, over images and seeds; over images alone for one run each";
        high: f64, "fraction", "upper end of that interval";
        p_value: f64, "probability", "two-sided, of no difference";
        p_value_corrected: f64, "probability", "Holm's, over all rows of this table";
        significant: bool, "", "whether that corrected p-value is below 1 − confidence";
    }

    LOOKS "looks": "One change of the study at one look of `--seeds until-decided`; without it the table is empty"
    SequentialLook {
        seeds: u64, "seeds", "number of seeds of each model at this look";
        information: f64, "fraction", "that number divided by the planned one";
        spent: f64, "probability", "of 1 − confidence what may be spent up to this look (Lan and DeMets, O'Brien and Fleming's type)";
        model: String, "", "model, by its name in the spec";
        extends: String, "", "the model that it was changed from";
        difference: f64, "fraction", "test accuracy of the model − that of the extended one, of the runs up to this look";
        p_value: f64, "probability", "two-sided, of no difference, not corrected";
        equivalence_p_value: Option<f64>, "probability", "that the difference is beyond the spec's margin; missing without a margin";
        level: f64, "probability", "what an undecided change is tested at at this look, corrected for the looks and for the changes that are not found yet";
        verdict: String, "", "helps, hurts or equivalent within the margin once it is decided, undecided before";
    }

    AGREEMENT "agreement": "Two models, or two seeds of one model where a and b are the same, on the test images; means over pairs of runs"
    ModelAgreement {
        model_a: String, "", "the model that comes first in the spec";
        model_b: String, "", "the model that comes later in the spec";
        run_pairs: u64, "pairs", "pairs of runs that the means are over";
        n: u64, "images", "number of images";
        agreement: f64, "fraction", "share of images with the same predicted class";
        kappa: f64, "1", "Cohen's kappa of the predicted classes; 1 when both always predict one and the same class";
        both_correct: f64, "fraction", "share of images that both predict correctly";
        only_a_correct: f64, "fraction", "share of images that only a predicts correctly";
        only_b_correct: f64, "fraction", "share of images that only b predicts correctly";
        both_wrong: f64, "fraction", "share of images that both predict wrongly";
        same_wrong_class: f64, "fraction", "share of images for which both predict the same wrong class";
    }
}
