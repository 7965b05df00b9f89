//! What was chosen where a source is silent, and why: the key `choice` of the tables of a spec.

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
}
