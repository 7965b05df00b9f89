//! What was chosen, and why: the spec's own words.

use crate::document::Document;
use crate::inputs::Inputs;
use crate::markdown::markdown;

/// Writes the section; nothing for a spec that explains no choice.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let choices = inputs.spec.choices();
    if choices.is_empty() {
        return;
    }
    document.heading(2, "Choices");
    document.paragraph("What the spec says of its choices:");
    document.list(
        choices
            .iter()
            .map(|(subject, choice)| markdown!("**{}**: {}", subject, choice)),
    );
}
