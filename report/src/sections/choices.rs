//! What was chosen where the paper is silent or contradicts itself.

use crate::document::Document;
use crate::inputs::Inputs;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Choices where the paper is silent");
    if inputs.spec.choices.is_empty() {
        document.paragraph("The spec names none.");
        return;
    }
    document.list(inputs.spec.choices.iter().cloned());
    document.paragraph("These are the comments of the spec that begin with “Choice:”.");
}
