//! What a publication printed of the models of a spec, as data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::check::check_name;
use super::load::{read, toml_error};
use super::{Spec, SpecError};

/// Figures of a publication, each with the table or figure that it stands in; per cent as printed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Author, year and title.
    pub citation: String,
    /// Name of the spec that repeats the published study in full.
    pub spec: String,
    /// Where the publication has what a section of the report shows, by the section's name: `accuracies
    /// = "Table 1"`.
    #[serde(default)]
    pub sections: BTreeMap<String, String>,
    /// What the shares are of.
    pub protocol: PublishedProtocol,
    /// Table 1.
    #[serde(rename = "accuracy")]
    pub accuracies: Vec<PublishedAccuracy>,
    /// Figures 7 and 8.
    #[serde(rename = "classification_report")]
    pub classification_reports: Vec<PublishedReport>,
    /// Sentences that can be held against the numbers.
    #[serde(rename = "claim")]
    pub claims: Vec<PublishedClaim>,
    /// What the paper concludes.
    #[serde(rename = "conclusion")]
    pub conclusions: Vec<PublishedConclusion>,
    /// Studies that go on from this one.
    #[serde(default, rename = "follow_up")]
    pub follow_ups: Vec<FollowUp>,
    /// The file that they were read from.
    #[serde(skip)]
    pub path: PathBuf,
    /// The text of that file.
    #[serde(skip)]
    pub text: String,
}

/// How many images the figures are shares of.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedProtocol {
    /// Images of the training file.
    pub train_images: u32,
    /// Test images.
    pub test_images: u32,
    /// Test images of each class.
    pub test_images_a_class: u32,
    /// Share of the training file that validates.
    pub validation_share: f64,
}

/// One row of Table 1, in per cent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedAccuracy {
    /// Model.
    pub model: String,
    /// Where it stands.
    pub source: String,
    /// Highest running train accuracy of an epoch.
    pub highest_train_percent: f64,
    /// Highest validation accuracy of an epoch.
    pub highest_validation_percent: f64,
    /// Test accuracy.
    pub test_percent: f64,
    /// Share of misclassified test images.
    pub misclassified_percent: f64,
    /// Highest train minus test accuracy, in percentage points.
    pub delta_points: f64,
}

/// One classification report, as fractions in label order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedReport {
    /// Model that the paper says it is of.
    pub model: String,
    /// Where it stands.
    pub source: String,
    /// Its caption.
    pub quote: String,
    /// Precision by class.
    pub precision: Vec<f64>,
    /// Recall by class.
    pub recall: Vec<f64>,
    /// F1 by class.
    pub f1: Vec<f64>,
}

/// Words of a publication, as they are printed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// Where they stand.
    pub source: String,
    /// A whole sentence, or the whole entry of a table.
    pub text: String,
}

/// A statement of the paper with what it says in numbers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedClaim {
    /// How it is recomputed.
    pub name: ClaimKind,
    /// What it says.
    pub quotes: Vec<Quote>,
    /// Its numbers, in the order of the words; per cent, percentage points or counts.
    #[serde(default)]
    pub values: Vec<f64>,
    /// The model that it is about, where it is about one.
    #[serde(default)]
    pub model: Option<String>,
    /// The model that it is compared with.
    #[serde(default)]
    pub against: Option<String>,
    /// The models that it counts.
    #[serde(default)]
    pub models: Vec<String>,
    /// The classes that the numbers are of, in their order.
    #[serde(default)]
    pub classes: Vec<String>,
    /// What the numbers are measured in, in words that follow "differ by 0.3".
    #[serde(default)]
    pub unit: String,
    /// What it says of the accuracy of the model against the other's.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// What each of two quotes says that a change does.
    #[serde(default)]
    pub directions: Vec<Direction>,
    /// Where the paper says that it took apart what it changed at once.
    #[serde(default)]
    pub isolated: Option<Quote>,
    /// Models, of this study or of a follow-up, that make one change each of those it is about.
    #[serde(default)]
    pub steps: Vec<String>,
}

/// How a statement is recomputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// Two columns of the table of accuracies are computed from others.
    Columns,
    /// `values` images of `classes` are right, which fits one of the classification reports.
    Reports,
    /// F1 of `classes` in the report of `model`, in per cent.
    #[serde(rename = "f1-scores")]
    F1Scores,
    /// Validation images are not test images.
    ValidationSplit,
    /// `model` is the best, with the accuracy `values`.
    Champion,
    /// `models` are above the first one.
    ModelsAboveBaseline,
    /// The accuracy of `model` differs from that of `against` in `direction`.
    Difference,
    /// The accuracy of a network outside of the study.
    OutsideAccuracy,
    /// The least and the greatest gain over that accuracy.
    GainOverOutsideAccuracy,
    /// The gain of the best model over the first.
    GainOverBaseline,
    /// Two `values` of one quantity, in `unit`.
    TwoValues,
    /// Two sentences on what the change from `against` to `model` does: `directions`.
    TwoDirections,
    /// How many settings the words say that `model` changes.
    NumberOfChanges,
    /// How many convolutions the table gives `model`.
    NumberOfConvolutions,
    /// A negative difference of train and test accuracy is no overfitting.
    Delta,
}

/// Where a figure goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// It rises.
    Up,
    /// It falls.
    Down,
    /// It stays.
    None,
}

/// One conclusion of the paper.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedConclusion {
    /// Short name, such as `longer-training`.
    pub name: String,
    /// What it says.
    pub quotes: Vec<Quote>,
    /// The model that it is about.
    pub model: String,
    /// The model that it is compared with.
    pub against: String,
    /// What it says of the two.
    pub claims: Vec<Claimed>,
    /// Where the paper says that it took apart what it changed at once.
    #[serde(default)]
    pub isolated: Option<Quote>,
    /// Models, of this study or of a follow-up, that make one change each of those it is about.
    #[serde(default)]
    pub steps: Vec<String>,
}

/// A study that goes on from a published one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// Name of its spec, which is that of its folder of runs.
    pub spec: String,
    /// What it is about, in words that follow its name and a colon.
    pub subject: String,
}

/// What a conclusion claims about a model compared with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claimed {
    /// Its test accuracy is higher.
    HigherAccuracy,
    /// Its test accuracy is lower.
    LowerAccuracy,
    /// Its test accuracy is the same.
    NoEffect,
    /// Its test accuracy is not higher.
    NoGain,
    /// It overfits more.
    MoreOverfitting,
    /// It overfits less.
    LessOverfitting,
    /// It is the best of all models.
    Champion,
    /// It is the worst of all models.
    Worst,
}

impl Claimed {
    /// Whether it is about overfitting.
    pub fn is_of_overfitting(&self) -> bool {
        matches!(self, Claimed::MoreOverfitting | Claimed::LessOverfitting)
    }
}

impl Published {
    /// Reads the file at `path`, which the spec at `spec` names.
    ///
    /// # Errors
    /// Names the file, the line and what was expected.
    pub(super) fn load(spec: &Path, path: &Path) -> Result<Self, SpecError> {
        let text = read(path).map_err(|error| SpecError {
            path: spec.to_path_buf(),
            key: "published".to_owned(),
            expected: format!("a readable file at {}", path.display()),
            ..error
        })?;
        let mut published: Self =
            toml::from_str(&text).map_err(|error| toml_error(path, "published figures", &error))?;
        published.path = path.to_path_buf();
        published.text = text;
        Ok(published)
    }

    /// Checks that each figure by class has one value for each class of `spec`, and that the names of the
    /// follow-ups are names.
    ///
    /// # Errors
    /// The first that does not hold.
    pub(super) fn check(&self, spec: &Spec) -> Result<(), SpecError> {
        for follow_up in &self.follow_ups {
            check_name(&self.path, "follow_up: spec", &follow_up.spec)?;
        }
        if self.classification_reports.is_empty() {
            return Ok(());
        }
        let classes = spec.data.classes.as_ref().map(Vec::len).ok_or_else(|| {
            SpecError::new(
                &spec.path,
                "data: classes",
                "their names, as the published figures are by class",
                "nothing",
            )
        })?;
        for report in &self.classification_reports {
            let columns = [
                ("precision", &report.precision),
                ("recall", &report.recall),
                ("f1", &report.f1),
            ];
            for (field, values) in columns {
                if values.len() != classes {
                    return Err(SpecError::new(
                        &self.path,
                        format!("classification_report `{}`: {field}", report.model),
                        format!("{classes} values, one for each class"),
                        values.len().to_string(),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The row of Table 1 of a model, if the paper has one.
    pub fn accuracy(&self, model: &str) -> Option<&PublishedAccuracy> {
        self.accuracies.iter().find(|row| row.model == model)
    }

    /// The classification report of a model, if the paper has one.
    pub fn classification_report(&self, model: &str) -> Option<&PublishedReport> {
        self.classification_reports
            .iter()
            .find(|report| report.model == model)
    }

    /// The first claim of that kind.
    pub fn claim(&self, name: ClaimKind) -> Option<&PublishedClaim> {
        self.claims.iter().find(|claim| claim.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_figures_are_read_and_complete() {
        let spec = Spec::load("paper").unwrap();
        let published = spec.published.as_ref().unwrap();
        assert_eq!(published.accuracies.len(), 8);
        assert_eq!(published.classification_reports.len(), 2);
        assert_eq!(published.conclusions.len(), 8);
        assert_eq!(published.accuracy("model-7").unwrap().test_percent, 91.73);
    }

    #[test]
    fn each_step_is_one_change_of_the_model_that_it_is_named_for() {
        let spec = Spec::load("paper").unwrap();
        let published = spec.published.as_ref().unwrap();
        let follow_ups = published.follow_ups.iter();
        let specs: Vec<Spec> = follow_ups.map(|of| Spec::load(&of.spec).unwrap()).collect();
        let of_claims = published
            .claims
            .iter()
            .map(|claim| (claim.against.clone(), &claim.steps));
        let of_conclusions = published
            .conclusions
            .iter()
            .map(|conclusion| (Some(conclusion.against.clone()), &conclusion.steps));
        let mut checked = 0;
        for (against, steps) in of_claims.chain(of_conclusions) {
            for step in steps {
                let model = specs.iter().find_map(|spec| spec.model(step).ok());
                let model = model.unwrap_or_else(|| panic!("no follow-up has {step}"));
                assert_eq!(model.base(), against.as_deref(), "{step}");
                checked += 1;
            }
        }
        assert!(checked > 20, "{checked}");
    }
}
