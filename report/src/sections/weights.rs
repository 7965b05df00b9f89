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
            "The weights of the first layer. Kernels see the image itself, so they can be read: edges, \
             bars and spots in some directions. Each kernel has its own scale.",
        );
        let names: Vec<_> = layers.iter().map(|(name, _)| name.as_str()).collect();
        let alt = format!("Weights of the first layer of {}", names.join(", "));
        document.chart("first-layers", &alt, &filters::draw(&layers)?);
    }
    document.paragraph(
        "Where a network looks for one image (Grad-CAM, occlusion) is not shown. Either needs the \
         network itself: a backward pass, or some hundred predictions an image with parts of it covered. \
         Tables and report are made from stored predictions alone and never load a model, so that the \
         test images are predicted once, after training, and nothing that is shown here could have been \
         chosen by looking at them again.",
    );
    Ok(())
}
