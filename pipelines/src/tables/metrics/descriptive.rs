//! Tables that describe single runs.

use super::Table;
use super::column::{IMAGES, MODEL, SEED, SPLIT, fraction, integer, number, text};

/// The paper's Table 1, run by run.
pub const TABLE_1: Table = Table {
    name: "table_1",
    about: "One run: the columns of the paper's Table 1, and overfitting measured fairly",
    columns: &[
        MODEL,
        SEED,
        integer("parameters", "parameters", "trained and moving weights together, as Keras counts"),
        integer("macs", "multiply-adds/image", "of one forward pass"),
        integer("epochs", "epochs", "epochs that were trained"),
        fraction("highest_train_accuracy", "highest running accuracy of an epoch, in training mode before each update"),
        fraction("highest_validation_accuracy", "highest validation accuracy after an epoch"),
        integer("best_epoch", "epoch", "first epoch with the highest validation accuracy, from 1"),
        fraction("validation_accuracy", "validation accuracy after the last epoch"),
        fraction("test_accuracy", "test accuracy after the last epoch"),
        fraction("misclassification_rate", "1 − test accuracy"),
        fraction("delta", "highest train accuracy − test accuracy: the paper's measure of overfitting"),
        fraction("train_inference_accuracy", "accuracy on the un-augmented training rows in inference mode after the last epoch; missing when the run did not measure it").nullable(),
        fraction("overfitting_gap", "train inference accuracy − validation accuracy, both after the last epoch; missing with the former").nullable(),
    ],
};

/// Accuracy and loss by run and split.
pub const RUNS: Table = Table {
    name: "runs",
    about: "One run on one split, after its last epoch",
    columns: &[
        MODEL,
        SEED,
        SPLIT,
        IMAGES,
        integer(
            "correct",
            "images",
            "number of images that are predicted right",
        ),
        fraction("accuracy", "correct / n"),
        fraction("misclassification_rate", "1 − accuracy"),
        number(
            "log_loss",
            "nats",
            "mean over images of −log of the true class's probability",
        ),
        fraction(
            "wilson_low",
            "lower end of Wilson's interval for the accuracy of this network",
        ),
        fraction(
            "wilson_high",
            "upper end of Wilson's interval for the accuracy of this network",
        ),
    ],
};

/// Precision, recall, F1 and support.
pub const CLASSIFICATION_REPORT: Table = Table {
    name: "classification_report",
    about: "One class, or one average over classes, of one run on one split",
    columns: &[
        MODEL,
        SEED,
        SPLIT,
        text(
            "class",
            "class name, `macro avg` or `weighted avg`; classes in label order, then the averages",
        ),
        integer("label", "label", "0..10; missing for averages").nullable(),
        fraction(
            "precision",
            "of the images predicted as the class, the share that is of it; 0 when none is predicted",
        ),
        fraction(
            "recall",
            "of the images of the class, the share predicted as it; 0 when there are none",
        ),
        fraction(
            "f1",
            "harmonic mean of precision and recall; 0 when both are 0",
        ),
        integer(
            "support",
            "images",
            "number of images of the class; of an average, all images",
        ),
    ],
};

/// Confusion matrices in long form.
pub const CONFUSION_MATRIX: Table = Table {
    name: "confusion_matrix",
    about: "One cell of the 10x10 confusion matrix of one run on one split, row-major, zeros included",
    columns: &[
        MODEL,
        SEED,
        SPLIT,
        integer("label", "label", "true class, 0..10"),
        integer("predicted", "label", "predicted class, 0..10"),
        integer("count", "images", "number of images"),
    ],
};

/// Pairs of classes that are taken for each other.
pub const CONFUSIONS: Table = Table {
    name: "confusions",
    about: "One pair of classes that a model takes for each other on the test split, most confused first",
    columns: &[
        MODEL,
        integer(
            "rank",
            "rank",
            "1 for the pair with most errors; equal pairs in label order",
        ),
        integer("label_a", "label", "the lower label of the pair"),
        integer("label_b", "label", "the higher label of the pair"),
        text("class_a", "name of class a"),
        text("class_b", "name of class b"),
        number(
            "a_as_b",
            "images/run",
            "images of a predicted as b, mean over the model's runs",
        ),
        number(
            "b_as_a",
            "images/run",
            "images of b predicted as a, mean over the model's runs",
        ),
        number(
            "errors",
            "images/run",
            "a_as_b + b_as_a; pairs without errors are left out",
        ),
        fraction("share_of_errors", "errors / all errors of the model"),
    ],
};

/// Calibration in single numbers.
pub const CALIBRATION: Table = Table {
    name: "calibration",
    about: "How well the probabilities of one run on one split mean what they say",
    columns: &[
        MODEL,
        SEED,
        SPLIT,
        IMAGES,
        fraction(
            "expected_calibration_error",
            "mean over images of |accuracy − confidence| of their bin",
        ),
        fraction(
            "maximum_calibration_error",
            "largest |accuracy − confidence| of a bin that has images",
        ),
        fraction("mean_confidence", "mean probability of the predicted class"),
        fraction("accuracy", "accuracy on the same images"),
        number(
            "brier_score",
            "squared probability",
            "mean over images of the squared distance of the ten probabilities to the truth, 0..=2",
        ),
    ],
};

/// Reliability diagrams.
pub const RELIABILITY: Table = Table {
    name: "reliability",
    about: "One confidence bin of one run on one split, empty bins included",
    columns: &[
        MODEL,
        SEED,
        SPLIT,
        integer("bin", "bin", "number of the bin, from 1"),
        fraction("low", "confidences above this; the first bin takes 0 too"),
        fraction("high", "confidences up to and including this"),
        IMAGES,
        fraction(
            "mean_confidence",
            "mean probability of the predicted class; missing in an empty bin",
        )
        .nullable(),
        fraction("accuracy", "share that is right; missing in an empty bin").nullable(),
    ],
};

/// Images that most models get wrong.
pub const HARDEST_IMAGES: Table = Table {
    name: "hardest_images",
    about: "One of the test images that most models get wrong, hardest first",
    columns: &[
        integer("rank", "rank", "1 for the hardest"),
        integer("id", "row", "row in the source file of test images, from 0"),
        integer("label", "label", "true class"),
        text("class", "name of the true class"),
        fraction(
            "wrong_share",
            "mean over models of the share of their runs that are wrong; each model weighs the same",
        ),
        integer("wrong_runs", "runs", "number of runs that are wrong"),
        integer("runs", "runs", "number of runs"),
        integer(
            "predicted",
            "label",
            "class that most runs predict; the lowest label of several",
        ),
        text("predicted_class", "name of that class"),
        fraction(
            "true_probability",
            "mean over models of the mean probability that their runs give the true class; the lower the harder among equals",
        ),
    ],
};

/// All epochs of all runs.
pub const HISTORIES: Table = Table {
    name: "histories",
    about: "One epoch of one run, in Keras's meaning",
    columns: &[
        MODEL,
        SEED,
        integer("epoch", "epoch", "from 1"),
        number(
            "train_loss",
            "nats",
            "mean training loss before each update, in training mode",
        ),
        fraction(
            "train_accuracy",
            "share of training rows right before each update, in training mode",
        ),
        number(
            "validation_loss",
            "nats",
            "mean loss over the validation rows after the epoch",
        ),
        fraction(
            "validation_accuracy",
            "share of validation rows right after the epoch",
        ),
        number("learning_rate", "1", "learning rate of the epoch"),
        number(
            "train_inference_loss",
            "nats",
            "mean loss over the un-augmented training rows in inference mode; only after the last epoch",
        )
        .nullable(),
        fraction(
            "train_inference_accuracy",
            "share of those rows that is right; only after the last epoch",
        )
        .nullable(),
    ],
};

/// Durations: the one table that differs from run to run.
pub const TRAINING_TIMES: Table = Table {
    name: "training_times",
    about: "How long one run took, and on what",
    columns: &[
        MODEL,
        SEED,
        integer("epochs", "epochs", "epochs that were timed"),
        number(
            "duration_s",
            "s",
            "all epochs together, validation included",
        ),
        number("median_epoch_s", "s", "median epoch, validation included"),
        number(
            "images_per_s",
            "images/s",
            "training rows a second of the training part, median over epochs",
        ),
        number(
            "step_duration_s",
            "s",
            "the whole step, with reading, predicting and writing",
        ),
        integer("threads", "threads", "threads that the step was given"),
        text("processor", "name of the processor"),
    ],
};

/// Runs that ended without a result.
pub const FAILURES: Table = Table {
    name: "failures",
    about: "One run that failed, such as by a loss that is not a number; it is in no other table",
    columns: &[
        MODEL,
        SEED,
        text("reason", "what went wrong, with epoch and batch"),
    ],
};
