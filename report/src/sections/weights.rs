//! What the networks look for.

use anyhow::Result;

use crate::document::Document;
use crate::figures::filters::{self, FirstLayer};
use crate::inputs::Inputs;

/// Writes the section.
///
/// # Errors
/// An image that cannot be encoded.
pub fn write(document: &mut Document, inputs: &Inputs) -> Result<()> {
    document.heading(2, "What the networks look at");
    let layers: Vec<(String, FirstLayer)> = inputs
        .runs
        .iter()
        .filter_map(|run| Some((run.model.clone(), run.first_layer.clone()?)))
        .collect();
    if layers.is_empty() {
        document.paragraph("No model has a first layer that could be drawn.");
    } else {
        document.paragraph(
            "The weights of the first layer. Its kernels are applied to the image itself, so they can be \
             interpreted: many respond to edges, bars or spots. Each kernel has its own scale.",
        );
        let names: Vec<_> = layers.iter().map(|(name, _)| name.as_str()).collect();
        let alt = format!("Weights of the first layer of {}", names.join(", "));
        document.chart("first-layers", &alt, &filters::draw(&layers)?);
    }
    document.paragraph(
        "Grad-CAM and occlusion maps are not shown. They need the network itself, for a backward pass or for \
         hundreds of predictions of partly covered images. This report works from stored predictions and \
         never loads a model, so each test image is predicted only once, after training.",
    );
    Ok(())
}
