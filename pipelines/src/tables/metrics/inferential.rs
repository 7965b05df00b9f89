//! Tables that say something about models: over seeds, beyond the images at hand, or of two models
//! against each other.

use super::Table;
use super::column::{Column, IMAGES, MODEL, SEED, SPLIT, fraction, integer, number, text, truth};

const MODEL_A: Column = text("model_a", "the model that comes first in the spec");
const MODEL_B: Column = text("model_b", "the model that comes later in the spec");
const RUNS_A: Column = integer("runs_a", "runs", "runs of model a that are compared");
const RUNS_B: Column = integer("runs_b", "runs", "runs of model b that are compared");
const SCOPE: Column = text(
    "scope",
    "`one run each`: seeds are not in the interval; `over seeds`: they are",
);

/// Metrics over seeds.
pub const SUMMARY: Table = Table {
    name: "summary",
    about: "One metric of one model over its runs",
    columns: &[
        MODEL,
        text("split", "split that the metric is of; missing for differences between splits").nullable(),
        text("metric", "one of `pipelines::tables::metrics::METRICS`"),
        text("unit", "unit of mean, std, min, max, low and high"),
        truth("higher_is_better", "whether more of it is better"),
        integer("runs", "runs", "number of runs, which is the number of seeds"),
        number("mean", "unit", "mean over runs"),
        number("std", "unit", "standard deviation over runs, divided by runs − 1; missing for one run").nullable(),
        number("min", "unit", "least of the runs"),
        number("max", "unit", "greatest of the runs"),
        fraction("sampling_std_error", "standard error of the mean by the choice of images, runs held fixed; only of accuracy").nullable(),
        fraction("seed_std_error", "standard error of the mean by the choice of seeds, images held fixed; only of accuracy with at least two runs").nullable(),
        fraction("low", "lower end of the interval for accuracy: Wilson's for one run, images and seeds both in it for more; only of accuracy").nullable(),
        fraction("high", "upper end of that interval").nullable(),
    ],
};

/// Models by accuracy, and the champion.
pub const RANKING: Table = Table {
    name: "ranking",
    about: "One model, best first by its mean validation accuracy after the last epoch; the test split chooses nothing",
    columns: &[
        MODEL,
        integer("runs", "runs", "number of runs"),
        integer(
            "validation_rank",
            "rank",
            "1 for the champion; equal models in the spec's order",
        ),
        fraction(
            "validation_accuracy",
            "mean over runs, after the last epoch",
        ),
        integer(
            "test_rank",
            "rank",
            "rank by mean test accuracy, for comparison",
        ),
        fraction("test_accuracy", "mean over runs, after the last epoch"),
        truth("champion", "whether it is the best on validation"),
        fraction(
            "difference_to_champion",
            "test accuracy − the champion's, of the compared runs; missing for the champion",
        )
        .nullable(),
        number(
            "p_value_corrected",
            "probability",
            "of that difference, as in `comparisons`; missing for the champion",
        )
        .nullable(),
        truth(
            "distinguishable",
            "whether that p-value is significant; missing for the champion",
        )
        .nullable(),
        text(
            "scope",
            "scope of the comparison with the champion; missing for the champion",
        )
        .nullable(),
    ],
};

/// Every two models on the same images.
pub const COMPARISONS: Table = Table {
    name: "comparisons",
    about: "Two models on the same images of one split (validation or test)",
    columns: &[
        SPLIT,
        MODEL_A,
        MODEL_B,
        SCOPE,
        RUNS_A,
        RUNS_B,
        IMAGES,
        fraction("accuracy_a", "mean accuracy of the compared runs of a"),
        fraction("accuracy_b", "mean accuracy of the compared runs of b"),
        fraction("difference", "accuracy b − accuracy a: above 0 when b is better"),
        number("only_a_correct", "images", "images that a gets right and b wrong (McNemar's b), mean over pairs of runs"),
        number("only_b_correct", "images", "images that b gets right and a wrong (McNemar's c), mean over pairs of runs"),
        fraction("sampling_low", "lower end of the paired bootstrap's percentile interval: images resampled, runs held fixed"),
        fraction("sampling_high", "upper end of that interval"),
        fraction("sampling_std_error", "standard error of the difference by the choice of images, runs held fixed"),
        fraction("seed_std_error", "standard error of the difference by the choice of seeds, images held fixed; missing for one run each").nullable(),
        fraction("std_error", "standard error of the difference, images and seeds together; by the choice of images alone for one run each"),
        number("degrees_of_freedom", "1", "Satterthwaite's; missing for one run each").nullable(),
        fraction("low", "lower end of the interval to quote: sampling_low for one run each, images and seeds both in it over seeds"),
        fraction("high", "upper end of the interval to quote"),
        text("test", "`mcnemar exact` for one run each, `t over images and seeds` over seeds"),
        number("p_value", "probability", "two-sided, of no difference"),
        number("p_value_corrected", "probability", "Holm's, over all pairs of the split"),
        truth("significant", "whether the corrected p-value is below 1 − confidence"),
    ],
};

/// The comparisons seed by seed.
pub const SEED_COMPARISONS: Table = Table {
    name: "seed_comparisons",
    about: "Two models trained from the same seed, on the same images of one split",
    columns: &[
        SPLIT,
        MODEL_A,
        MODEL_B,
        SEED,
        IMAGES,
        fraction("difference", "accuracy b − accuracy a"),
        integer(
            "only_a_correct",
            "images",
            "images that a gets right and b wrong (McNemar's b)",
        ),
        integer(
            "only_b_correct",
            "images",
            "images that b gets right and a wrong (McNemar's c)",
        ),
        number(
            "p_value",
            "probability",
            "McNemar's exact, two-sided, not corrected",
        ),
    ],
};

/// What each change of the study did.
pub const CHANGES: Table = Table {
    name: "changes",
    about: "One model that extends another: what changed and what it did",
    columns: &[
        MODEL,
        text("extends", "the model that it was changed from"),
        text("changed", "the changes, separated by `; `"),
        integer("change_count", "changes", "how many things changed at once; above 1 the effect belongs to all of them together"),
        SCOPE,
        integer("runs", "runs", "runs of the model that are compared"),
        integer("extended_runs", "runs", "runs of the extended model that are compared"),
        fraction("validation_difference", "validation accuracy of the model − that of the extended one"),
        fraction("validation_low", "lower end of its interval"),
        fraction("validation_high", "upper end of its interval"),
        number("validation_p_value_corrected", "probability", "Holm's, over all pairs of models on validation"),
        fraction("test_difference", "test accuracy of the model − that of the extended one"),
        fraction("test_low", "lower end of its interval"),
        fraction("test_high", "upper end of its interval"),
        number("test_p_value", "probability", "two-sided, not corrected"),
        number("test_p_value_corrected", "probability", "Holm's, over all pairs of models on test"),
        text("verdict", "from the corrected test p-value: helps, hurts, helps in this run, hurts in this run, no evidence at this size"),
        integer("test_images_needed", "images", "test images on which these runs would show an effect of this size with 80 % power; missing when there is no effect").nullable(),
        integer("seeds_needed", "runs", "runs of each model that would show an effect of this size on this test set with 80 % power; missing when no model has two runs or there is no effect").nullable(),
        fraction("seed_std", "standard deviation of test accuracy over seeds that seeds_needed assumes; missing with it").nullable(),
        text("seed_std_from", "`this pair`, or `all models` that have two runs when this pair has not; missing with it").nullable(),
        fraction("tolerated_seed_std", "for one run each: the effect would be significant on its own as long as seeds spread less than this; missing over seeds and when it is not even so without seeds").nullable(),
    ],
};

/// Ours against the paper's.
pub const PUBLISHED: Table = Table {
    name: "published",
    about: "One published accuracy of one model beside ours",
    columns: &[
        MODEL,
        text("source", "table or figure of the paper"),
        text("metric", "highest_train_accuracy, highest_validation_accuracy or accuracy"),
        text("split", "train, validation or test"),
        fraction("published", "as printed, as a fraction"),
        integer("runs", "runs", "our runs"),
        fraction("ours", "mean over our runs"),
        fraction("difference", "ours − published"),
        fraction("low", "lower end of our interval, as in `summary`; only of test accuracy").nullable(),
        fraction("high", "upper end of our interval").nullable(),
        truth("inside", "whether the published value, as rounded in print, meets our interval; only of test accuracy").nullable(),
        fraction("prediction_low", "lower end of where one more seed on the same test images is expected; missing below two runs").nullable(),
        fraction("prediction_high", "upper end of that range").nullable(),
        truth("inside_prediction", "whether the published value, as rounded in print, meets that range").nullable(),
    ],
};

/// How often models say the same.
pub const AGREEMENT: Table = Table {
    name: "agreement",
    about: "Two models, or two seeds of one model where a and b are the same, on the test images; means over pairs of runs",
    columns: &[
        MODEL_A,
        MODEL_B,
        integer(
            "run_pairs",
            "pairs",
            "pairs of runs that the means are over",
        ),
        IMAGES,
        fraction("agreement", "share of images with the same predicted class"),
        number(
            "kappa",
            "1",
            "Cohen's kappa of the predicted classes; 1 when both always predict one and the same class",
        ),
        fraction("both_correct", "share of images that both get right"),
        fraction("only_a_correct", "share of images that a alone gets right"),
        fraction("only_b_correct", "share of images that b alone gets right"),
        fraction("both_wrong", "share of images that both get wrong"),
        fraction(
            "same_wrong_class",
            "share of images that both get wrong with the same class",
        ),
    ],
};
