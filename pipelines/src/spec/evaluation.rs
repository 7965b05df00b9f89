//! How intervals and tests are made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The evaluation section of a spec.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Evaluation {
    /// Confidence of every interval, such as 0.95; tests are significant at one minus this.
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub confidence: f64,
    /// Resamples of the paired bootstrap.
    #[schemars(range(min = 100, max = 1_000_000))]
    pub bootstrap_resamples: u32,
    /// Seed of the bootstrap.
    pub bootstrap_seed: u64,
    /// Bins of the reliability table, equally wide over 0..=1.
    #[schemars(range(min = 1, max = 1_000))]
    pub calibration_bins: u32,
    /// Largest difference between two accuracies, as a fraction above 0, that counts as none. With it a
    /// change without a significant effect is either equivalent within the margin or undecided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub equivalence_margin: Option<f64>,
    /// Standard deviation of a run's test accuracy over seeds, as a fraction, that `plan` expects
    /// before runs show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub expected_seed_std: Option<f64>,
    /// Share of the test images on which runs of two models differ in being correct, beyond the share
    /// for two runs of one model, that `plan` expects before runs show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub expected_excess_disagreement: Option<f64>,
    /// Why these values, where there was a choice.
    #[serde(skip_serializing)]
    pub choice: Option<String>,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            bootstrap_resamples: 10_000,
            bootstrap_seed: 0,
            calibration_bins: 15,
            equivalence_margin: None,
            expected_seed_std: None,
            expected_excess_disagreement: None,
            choice: None,
        }
    }
}
