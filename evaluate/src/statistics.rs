//! Statistics as functions of slices; `docs/statistics.md` says what they assume.

pub mod accuracy_interval;
pub mod agreement;
pub mod alpha_spending;
pub mod banerjee;
pub mod bootstrap;
pub mod calibration;
pub mod class_score;
pub mod classification_report;
pub mod comparison;
pub mod consistency;
pub mod correct_matrix;
pub mod crossed_variance;
pub mod distribution;
pub mod holm;
pub mod interval;
pub mod letters;
pub mod log_loss;
pub mod mcnemar;
pub mod power;
pub mod spread;
pub mod wilson;
