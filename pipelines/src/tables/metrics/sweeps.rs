//! Tables about the candidates of sweeps, which know the validation rows alone.

use super::tables;

tables! {
    CANDIDATES "candidates": "One candidate of a sweep, best first; candidates predict validation rows and never test rows"
    CandidateScores {
        sweep: String, "", "sweep, which is also the name of the model that its best candidate becomes";
        model: String, "", "candidate, by its name in the expanded spec";
        values: String, "", "the varied keys with their values, separated by `; `";
        rank: Option<u64>, "rank", "1 for the best; those that trained longer come first, then by validation accuracy, ties in the spec's order; missing for a candidate that failed or has not begun";
        chosen: bool, "", "whether it is what the sweep's model was trained like";
        runs: u64, "runs", "number of seeds";
        epochs: u64, "epochs", "epochs after which it was judged";
        stopped: bool, "", "whether successive halving stopped it before its last epoch";
        validation_accuracy: Option<f64>, "fraction", "mean over seeds, after these epochs; missing with the rank";
        validation_std: Option<f64>, "fraction", "standard deviation over seeds, divided by runs − 1; missing for one run";
        failure: Option<String>, "", "what went wrong in the first run that failed";
    }

    CANDIDATE_VALUES "candidate_values": "One varied key of one candidate of a sweep"
    CandidateValue {
        sweep: String, "", "sweep";
        model: String, "", "candidate";
        parameter: String, "", "path of the key in the model";
        value: String, "", "its value";
        number: Option<f64>, "unit of the key", "the value if it is a number";
    }
}
