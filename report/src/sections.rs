//! One section of the report a file. Results come first, then what they were made from.

pub mod augmentation;
pub mod calibration;
pub mod champion;
pub mod changes;
pub mod choices;
pub mod class_changes;
pub mod classification;
pub mod comparisons;
pub mod confusion;
pub mod costs;
pub mod data;
pub mod epochs;
pub mod errors;
pub mod learning_curves;
pub mod models;
pub mod opening;
pub mod overfitting;
pub mod predictions;
pub mod proposals;
pub mod provenance;
pub mod ranking;
pub mod results;
pub mod seeds;
pub mod sweeps;
pub mod weights;

use anyhow::Result;

use crate::document::Document;
use crate::inputs::Inputs;

/// What a section says when it has nothing to show.
const NO_RUN: &str = "There is no finished run to show.";

/// The whole report.
///
/// # Errors
/// A figure that cannot be encoded.
pub fn write(inputs: &Inputs) -> Result<Document> {
    let mut document = Document::default();
    opening::write(&mut document, inputs);
    proposals::write(&mut document, inputs);
    results::write(&mut document, inputs);
    sweeps::write(&mut document, inputs);
    if inputs.compares_models() {
        champion::write(&mut document, inputs);
        ranking::write(&mut document, inputs);
        comparisons::write(&mut document, inputs);
    }
    overfitting::write(&mut document, inputs);
    if let Some(paper) = inputs.paper() {
        paper.write_conclusions(&mut document);
        paper.write_follow_ups(&mut document);
    }
    learning_curves::write(&mut document, inputs);
    epochs::write(&mut document, inputs);
    classification::write(&mut document, inputs);
    class_changes::write(&mut document, inputs);
    confusion::write(&mut document, inputs);
    predictions::write(&mut document, inputs)?;
    errors::write(&mut document, inputs)?;
    calibration::write(&mut document, inputs);
    costs::write(&mut document, inputs);
    seeds::write(&mut document, inputs);
    data::write(&mut document, inputs)?;
    models::write(&mut document, inputs)?;
    augmentation::write(&mut document, inputs)?;
    weights::write(&mut document, inputs)?;
    if let Some(paper) = inputs.paper() {
        paper.write_audit(&mut document);
    }
    choices::write(&mut document, inputs);
    provenance::write(&mut document, inputs);
    Ok(document)
}

#[cfg(test)]
mod tests;
