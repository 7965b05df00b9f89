//! What a spec says about itself in words: its choices, and who proposed its changes.

use super::Spec;

impl Spec {
    /// Each choice of the spec beside the name of the table that it belongs to, in the order of the
    /// spec: data, evaluation, policies, models.
    pub fn choices(&self) -> Vec<(&str, &str)> {
        let data = std::iter::once(("data", &self.data.choice));
        let evaluation = std::iter::once(("evaluation", &self.evaluation.choice));
        let policies = self.policies.iter().map(|p| (p.name.as_str(), &p.choice));
        let models = self.models.iter().map(|m| (m.name.as_str(), &m.choice));
        data.chain(evaluation)
            .chain(policies)
            .chain(models)
            .filter_map(|(subject, choice)| Some((subject, choice.as_deref()?.trim())))
            .collect()
    }

    /// The name of each model with a theme or a proposal beside both.
    pub fn proposals(&self) -> Vec<(&str, Option<&str>, Option<&str>)> {
        let models = self.models.iter().map(|model| {
            let words = [&model.theme, &model.proposal].map(Option::as_deref);
            (model.name.as_str(), words[0], words[1])
        });
        models
            .filter(|(_, theme, proposal)| theme.is_some() || proposal.is_some())
            .collect()
    }
}
