//! What was chosen, and why: the spec's own words.

use crate::document::Document;
use crate::inputs::Inputs;
use crate::markdown::markdown;

/// Writes the section; nothing for a spec that explains no choice. What is said of a policy that no model
/// trains on is left out.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let spec = &inputs.spec;
    let is_unused = |subject: &str| {
        let mut models = spec.all_models();
        spec.policies.iter().any(|policy| policy.name == subject)
            && !models.any(|model| model.augmentation.policy() == Some(subject))
    };
    let mut choices = spec.choices();
    choices.retain(|(subject, _)| !is_unused(subject));
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
