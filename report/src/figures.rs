//! One figure a file; each takes values and gives a drawing.

pub mod accuracies;
pub mod architecture;
pub mod class_scores;
pub mod confusion_matrix;
pub mod confusion_pairs;
pub mod costs;
pub mod effect_curves;
pub mod filters;
pub mod forest;
pub mod image_grid;
pub mod learning_curves;
pub mod parallel_coordinates;
pub mod parameter_axis;
pub mod pixel_values;
pub mod predictions;
pub mod ranks;
pub mod reliability;
pub mod seed_spread;
pub mod sweep_parameters;
