//! Statistics as functions of values; what they assume is in `docs/statistics.md`.

pub mod accuracy_interval;
pub mod agreement;
pub mod bootstrap;
pub mod calibration;
pub mod classification_report;
pub mod comparison;
pub mod confusion_matrix;
pub mod crossed_variance;
pub mod distribution;
pub mod hits;
pub mod holm;
pub mod interval;
pub mod log_loss;
pub mod mcnemar;
pub mod power;
pub mod spread;
pub mod wilson;
