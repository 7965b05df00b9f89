//! Tables that describe single runs.

use super::tables;

tables! {
    ACCURACIES "accuracies": "One run: size of the network, highest and last accuracies, and two measures of overfitting"
    RunAccuracies {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        parameters: u64, "parameters", "trained and moving weights together, as Keras counts";
        macs: u64, "multiply-adds/image", "of one forward pass";
        epochs: u64, "epochs", "epochs that were trained";
        highest_train_accuracy: f64, "fraction", "highest running accuracy of an epoch, in training mode before each update";
        highest_validation_accuracy: Option<f64>, "fraction", "highest validation accuracy after an epoch; missing without validation rows";
        best_epoch: Option<u64>, "epoch", "first epoch with the highest validation accuracy, from 1";
        validation_accuracy: Option<f64>, "fraction", "validation accuracy after the last epoch";
        test_accuracy: f64, "fraction", "test accuracy after the last epoch";
        misclassification_rate: f64, "fraction", "1 − test accuracy";
        delta: f64, "fraction", "highest train accuracy − test accuracy: a common measure of overfitting that compares two modes of the network";
        train_inference_accuracy: Option<f64>, "fraction", "accuracy on the un-augmented training rows in inference mode after the last epoch; missing when the run did not measure it";
        overfitting_gap: Option<f64>, "fraction", "train inference accuracy − validation accuracy, both after the last epoch; missing with the former";
    }

    RUNS "runs": "One run on one split, after its last epoch"
    RunScores {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        split: String, "", "train, validation or test";
        n: u64, "images", "number of images";
        correct: u64, "images", "number of images that are predicted correctly";
        accuracy: f64, "fraction", "correct / n";
        misclassification_rate: f64, "fraction", "1 − accuracy";
        log_loss: f64, "nats", "mean over images of −log of the true class's probability";
        wilson_low: f64, "fraction", "lower end of Wilson's interval for the accuracy of this network";
        wilson_high: f64, "fraction", "upper end of Wilson's interval for the accuracy of this network";
    }

    VIEWS "views": "One run on one split, predicted over several views of each image beside the image alone; empty without a model that asks for views"
    ViewScores {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        split: String, "", "validation or test";
        views: String, "", "the spec's word for the views";
        n: u64, "images", "number of images";
        accuracy: f64, "fraction", "of the image alone, as in `runs`";
        view_accuracy: f64, "fraction", "of the mean of the logits over the views";
        gain: f64, "fraction", "view_accuracy − accuracy";
        log_loss: f64, "nats", "of the image alone, as in `runs`";
        view_log_loss: f64, "nats", "of the mean of the logits over the views";
    }

    CLASSIFICATION_REPORT "classification_report": "One class, or one average over classes, of one run on one split"
    ClassScores {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        split: String, "", "train, validation or test";
        class: String, "", "class name, `macro avg` or `weighted avg`; classes in label order, then the averages";
        label: Option<u64>, "label", "from 0; missing for averages";
        precision: f64, "fraction", "of the images predicted as the class, the share that is of it; 0 when none is predicted";
        recall: f64, "fraction", "of the images of the class, the share predicted as it; 0 when there are none";
        f1: f64, "fraction", "harmonic mean of precision and recall; 0 when both are 0";
        support: u64, "images", "number of images of the class; of an average, all images";
    }

    CONFUSION_MATRIX "confusion_matrix": "One cell of the confusion matrix of one run on one split, row-major; with more than 50 classes only cells with images"
    ConfusionCell {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        split: String, "", "train, validation or test";
        label: u64, "label", "true class, from 0";
        predicted: u64, "label", "predicted class, from 0";
        count: u64, "images", "number of images";
    }

    CONFUSIONS "confusions": "One of the 500 pairs of classes that a model confuses most on the test split, most confused first"
    ConfusedPair {
        model: String, "", "model, by its name in the spec";
        rank: u64, "rank", "1 for the pair with the most errors; ties in label order";
        label_a: u64, "label", "the lower label of the pair";
        label_b: u64, "label", "the higher label of the pair";
        class_a: String, "", "name of class a";
        class_b: String, "", "name of class b";
        a_as_b: f64, "images/run", "images of a predicted as b, mean over the model's runs";
        b_as_a: f64, "images/run", "images of b predicted as a, mean over the model's runs";
        errors: f64, "images/run", "a_as_b + b_as_a; pairs without errors are left out";
        share_of_errors: f64, "fraction", "errors / all errors of the model";
    }

    CALIBRATION "calibration": "Calibration of one run on one split"
    RunCalibration {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        split: String, "", "train, validation or test";
        n: u64, "images", "number of images";
        expected_calibration_error: f64, "fraction", "mean over images of |accuracy − confidence| of their bin";
        consistency_mean: f64, "fraction", "mean expected calibration error of networks with the same confidences that are perfectly calibrated (consistency resampling): the floor that noise sets";
        consistency_high: f64, "fraction", "the value that a share `confidence` of those networks stay below";
        consistency_p_value: f64, "probability", "share of those networks, this one counted among them, whose error is at least as large";
        maximum_calibration_error: f64, "fraction", "largest |accuracy − confidence| of a bin that has images";
        mean_confidence: f64, "fraction", "mean probability of the predicted class";
        accuracy: f64, "fraction", "accuracy on the same images";
        brier_score: f64, "squared probability", "mean over images of the squared distance between the probabilities and the one-hot true class, 0..=2";
    }

    RELIABILITY "reliability": "One confidence bin of one run on one split, empty bins included"
    ReliabilityBin {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        split: String, "", "train, validation or test";
        bin: u64, "bin", "number of the bin, from 1";
        low: f64, "fraction", "confidences above this; the first bin takes 0 too";
        high: f64, "fraction", "confidences up to and including this";
        n: u64, "images", "number of images";
        mean_confidence: Option<f64>, "fraction", "mean probability of the predicted class; missing in an empty bin";
        accuracy: Option<f64>, "fraction", "share that is correct; missing in an empty bin";
        consistency_low: Option<f64>, "fraction", "lower end of the range in which the accuracy of a perfectly calibrated network lies with the spec's confidence; missing in an empty bin";
        consistency_high: Option<f64>, "fraction", "upper end of that range";
    }

    HARDEST_IMAGES "hardest_images": "One of the test images that most models misclassify, hardest first"
    HardImage {
        rank: u64, "rank", "1 for the hardest";
        id: u64, "row", "row in the source file of test images, from 0";
        label: u64, "label", "true class";
        class: String, "", "name of the true class";
        wrong_share: f64, "fraction", "mean over models of the share of their runs that misclassify it; each model has the same weight";
        wrong_runs: u64, "runs", "number of runs that misclassify it";
        runs: u64, "runs", "number of runs";
        predicted: u64, "label", "class that most runs predict; ties go to the lowest label";
        predicted_class: String, "", "name of that class";
        true_probability: f64, "fraction", "mean over models of the mean probability that their runs give the true class; breaks ties, lower is harder";
    }

    HISTORIES "histories": "One epoch of one run, in Keras's meaning"
    EpochScores {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        epoch: u64, "epoch", "from 1";
        train_loss: f64, "nats", "mean training loss before each update, in training mode";
        train_accuracy: f64, "fraction", "share of training rows predicted correctly before each update, in training mode";
        validation_loss: Option<f64>, "nats", "mean loss over the validation rows after the epoch; missing without such rows";
        validation_accuracy: Option<f64>, "fraction", "share of validation rows predicted correctly after the epoch; missing without such rows";
        learning_rate: f64, "1", "learning rate of the epoch's first step";
        train_inference_loss: Option<f64>, "nats", "mean loss over the un-augmented training rows in inference mode; only after the last epoch";
        train_inference_accuracy: Option<f64>, "fraction", "share of those rows predicted correctly; only after the last epoch";
    }

    TRAINING_TIMES "training_times": "How long one run took, and on what"
    TrainingTime {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        epochs: u64, "epochs", "epochs that were timed";
        duration_s: f64, "s", "all epochs together, validation included";
        median_epoch_s: f64, "s", "median epoch, validation included";
        images_per_s: f64, "images/s", "training rows a second of the training part, median over epochs";
        step_duration_s: f64, "s", "the whole step, with reading, predicting and writing";
        threads: u64, "threads", "threads that the step was given";
        processor: String, "", "name of the processor";
        instruction_set: Option<String>, "", "instructions that the kernels used, such as avx512; missing when they were not recorded";
    }

    FAILURES "failures": "One run that failed, such as by a loss that is not a number; it is in no other table"
    FailedRun {
        model: String, "", "model, by its name in the spec";
        seed: u64, "seed", "seed that the run was trained from";
        reason: String, "", "what went wrong, with epoch and batch";
    }
}
