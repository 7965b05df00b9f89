//! A sweep as it stands in the file of a spec, and the candidates that it stands for.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Table;

use super::file::ModelFile;
use super::load::{MAX_ENTRIES, resolve};
use super::parameter::{Parameter, parameters_schema};
use super::raw_tables::{RawTables, set};
use super::sweep::{Candidate, Halving, Sweep};
use super::{Policy, SpecError, grammar, one_of, word};
use crate::files::sha256;

/// The key that varies the policy of a model, and what keys of that policy begin with.
const AUGMENTATION: &str = "augmentation";
/// Digits of the hash in a candidate's name: two of a thousand share them once in ten thousand sweeps, which
/// is then an error.
const HASH_DIGITS: usize = 8;
/// Draws for each wanted candidate, of which some may repeat one that was drawn before.
const DRAWS_PER_SAMPLE: u64 = 20;

/// Candidates for the settings of one model. Each is trained and predicts the validation rows alone; the best,
/// by mean validation accuracy over its seeds, is then trained and evaluated as a model with the name of the
/// sweep.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SweepFile {
    /// Names the model that the best candidate becomes: letters, digits, `-`, `_` and inner dots.
    pub name: String,
    /// What it is, in a few words; the name when left out.
    pub title: Option<String>,
    /// The model whose keys are varied.
    pub extends: String,
    /// The model that the chosen one is judged against, where that is not the one whose keys are varied.
    /// Training does not depend on it.
    pub compared_with: Option<String>,
    /// The values of each key, by its path in the model: `"optimizer.learning_rate"`, `"layers.3.units"` (layers
    /// are counted from 1), `"augmentation.rotation_deg"` (a key of the model's policy). A list holds the values of
    /// a grid; with `samples` a value is drawn from a list, or from a range.
    #[schemars(schema_with = "parameters_schema")]
    pub parameters: Map<String, Value>,
    /// Number of candidates that are drawn; all combinations of the lists when left out.
    #[schemars(range(min = 1, max = 1_000))]
    pub samples: Option<u32>,
    /// Seed of the draws.
    #[schemars(extend("default" = 0))]
    pub seed: Option<u64>,
    /// Seeds that each candidate is trained from, whatever the command line says; those of the spec when left
    /// out.
    pub seeds: Option<Vec<u64>>,
    /// Stops weak candidates early.
    pub halving: Option<Halving>,
    /// What the sweep is about, in a word or two: changes of one theme are shown together.
    pub theme: Option<String>,
    /// The sentence that proposed the change, and where it stands.
    pub proposal: Option<String>,
    /// Why the sweep is as it is, where there was a choice.
    pub choice: Option<String>,
}

/// The values of one candidate, by key.
type Values = Vec<(String, Value)>;

impl SweepFile {
    /// The sweep with all its candidates, over the models of `tables`.
    ///
    /// # Errors
    /// The key that leads nowhere, and the first value that the model or policy cannot have.
    pub fn expand(
        &self,
        path: &Path,
        tables: &RawTables,
        spec_seeds: &[u64],
    ) -> Result<Sweep, SpecError> {
        let fail = |key: &str, expected: String, found: String| {
            SpecError::new(
                path,
                format!("sweep `{}`: {key}", self.name),
                expected,
                found,
            )
        };
        let base = tables.model(&self.extends).ok_or_else(|| {
            let found = word(&self.extends, tables.model_names());
            fail("extends", one_of(tables.model_names()), found)
        })?;
        let mut parameters = Vec::new();
        for (key, value) in &self.parameters {
            let parameter = Parameter::of(value).map_err(|(expected, found)| {
                fail(&format!("parameters: {key}"), expected, found)
            })?;
            parameters.push((key.clone(), parameter));
        }
        if parameters.is_empty() {
            return Err(fail("parameters", "at least one key".into(), "none".into()));
        }
        let combinations = match self.samples {
            Some(samples) => self.draw(&parameters, samples),
            None => grid(&parameters),
        };
        let combinations =
            combinations.map_err(|(key, expected, found)| fail(&key, expected, found))?;
        let mut policies: BTreeMap<String, Policy> = BTreeMap::new();
        let mut candidates = Vec::new();
        for values in combinations {
            let model = self.candidate(path, tables, &base, &values, &mut policies)?;
            candidates.push(Candidate { values, model });
        }
        let placeholder = self.model(path, base.clone(), &self.name)?;
        Ok(Sweep {
            name: self.name.clone(),
            title: self.title.clone().unwrap_or_else(|| self.name.clone()),
            extends: self.extends.clone(),
            compared_with: self.compared_with.clone(),
            parameters: self.parameters.clone(),
            samples: self.samples,
            seed: self.seed.unwrap_or(0),
            seeds: self.seeds.clone().unwrap_or_else(|| spec_seeds.to_vec()),
            halving: self.halving,
            choice: self.choice.clone(),
            candidates,
            policies: policies.into_values().collect(),
            placeholder: super::Model {
                title: self.title.clone().unwrap_or_else(|| self.name.clone()),
                compared_with: self.compared_with.clone(),
                theme: self.theme.clone(),
                proposal: self.proposal.clone(),
                choice: self.choice.clone(),
                ..placeholder
            },
        })
    }

    /// Different combinations of drawn values.
    fn draw(
        &self,
        parameters: &[(String, Parameter)],
        samples: u32,
    ) -> Result<Vec<Values>, (String, String, String)> {
        let seed = self.seed.unwrap_or(0);
        let mut combinations: Vec<Values> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..u64::from(samples) * DRAWS_PER_SAMPLE {
            let draw = |(key, parameter): &(String, Parameter)| {
                (key.clone(), parameter.draw(seed, &self.name, key, number))
            };
            let values: Values = parameters.iter().map(draw).collect();
            if seen.insert(hash(&values)) {
                combinations.push(values);
            }
            if combinations.len() == samples as usize {
                return Ok(combinations);
            }
        }
        Err((
            "samples".to_owned(),
            format!(
                "at most {}, as there are so few combinations",
                combinations.len()
            ),
            samples.to_string(),
        ))
    }

    /// The model with these values; a varied policy is added to `policies`.
    fn candidate(
        &self,
        path: &Path,
        tables: &RawTables,
        base: &Table,
        values: &Values,
        policies: &mut BTreeMap<String, Policy>,
    ) -> Result<super::Model, SpecError> {
        let name = format!("{}-{}", self.name, &hash(values)[..HASH_DIGITS]);
        let fail = |key: &str, expected: &str, found: String| {
            let key = format!("sweep `{}`: parameters: {key}", self.name);
            SpecError::new(path, key, expected, found)
        };
        let mut table = base.clone();
        let mut of_policy = Vec::new();
        for (key, value) in values {
            let as_toml = toml::Value::try_from(value)
                .map_err(|error| fail(key, "a value that TOML has", error.to_string()))?;
            match key
                .strip_prefix(AUGMENTATION)
                .and_then(|rest| rest.strip_prefix('.'))
            {
                Some(rest) => of_policy.push((key, rest, as_toml)),
                None => set(&mut table, key, as_toml)
                    .map_err(|found| fail(key, "the path of a key of the model", found))?,
            }
        }
        if let Some((first, ..)) = of_policy.first() {
            let policy = table
                .get(AUGMENTATION)
                .and_then(toml::Value::as_str)
                .unwrap_or_default();
            let Some(mut varied) = tables.policy(policy) else {
                let found = match policy {
                    "" => "none".to_owned(),
                    other => format!("`{other}`"),
                };
                return Err(fail(
                    first,
                    "a model that is augmented with a policy of the spec",
                    found,
                ));
            };
            for (key, rest, value) in &of_policy {
                set(&mut varied, rest, value.clone())
                    .map_err(|found| fail(key, "the path of a key of the policy", found))?;
            }
            // Named by what it draws, so that another comment or order of its keys makes no other shards.
            let mut varied: Policy = self.parse(path, "policy", &varied)?;
            let drawn = serde_json::to_string(&varied).unwrap_or_default();
            varied.name = format!("{policy}-{}", &sha256::hex(drawn.as_bytes())[..HASH_DIGITS]);
            table.insert(AUGMENTATION.to_owned(), varied.name.clone().into());
            policies.entry(varied.name.clone()).or_insert(varied);
        }
        let model = self.model(path, table, &name)?;
        Ok(super::Model {
            title: title(values),
            ..model
        })
    }

    /// The model that `table` describes, under this `name`.
    fn model(&self, path: &Path, mut table: Table, name: &str) -> Result<super::Model, SpecError> {
        table.insert("name".to_owned(), name.into());
        let file: ModelFile = self.parse(path, "model", &table)?;
        let model = resolve(path, &file, &[])?;
        Ok(super::Model {
            extends: Some(self.extends.clone()),
            ..model
        })
    }

    /// Checks the `table` of a candidate like one that stands in a spec, and reads it.
    fn parse<T: for<'de> Deserialize<'de>>(
        &self,
        path: &Path,
        kind: &str,
        table: &Table,
    ) -> Result<T, SpecError> {
        let place = |error: SpecError| {
            let key = error
                .key
                .split_once("`: ")
                .map_or(&*error.key, |(_, key)| key);
            SpecError {
                line: None,
                key: format!("sweep `{}`: {key}", self.name),
                ..error
            }
        };
        let tables = vec![toml::Value::Table(table.clone())];
        let mut file = Table::new();
        file.insert("description".to_owned(), "".into());
        file.insert(kind.to_owned(), tables.into());
        grammar::check(path, &file.to_string()).map_err(place)?;
        table.clone().try_into().map_err(|error: toml::de::Error| {
            let key = format!("sweep `{}`", self.name);
            SpecError::new(path, key, format!("a valid {kind}"), error.to_string())
        })
    }
}

/// All combinations of lists; the last key changes fastest.
fn grid(parameters: &[(String, Parameter)]) -> Result<Vec<Values>, (String, String, String)> {
    let mut combinations: Vec<Values> = vec![Vec::new()];
    for (key, parameter) in parameters {
        let Parameter::List(list) = parameter else {
            return Err((
                format!("parameters: {key}"),
                "a list of values, or `samples` to draw from the range".to_owned(),
                "a range".to_owned(),
            ));
        };
        let count = combinations.len().saturating_mul(list.len());
        if count > MAX_ENTRIES {
            return Err((
                "parameters".to_owned(),
                format!("at most {MAX_ENTRIES} combinations, or `samples` to draw some"),
                format!("{count} or more"),
            ));
        }
        combinations = combinations
            .iter()
            .flat_map(|values| {
                list.iter().map(move |value| {
                    let mut values = values.clone();
                    values.push((key.clone(), value.clone()));
                    values
                })
            })
            .collect();
    }
    Ok(combinations)
}

/// Of the values whatever the order of their keys.
fn hash(values: &Values) -> String {
    let sorted: BTreeMap<&str, &Value> =
        values.iter().map(|(key, value)| (&**key, value)).collect();
    let text = serde_json::to_string(&sorted).unwrap_or_default();
    sha256::hex(text.as_bytes())
}

/// "learning_rate 0.01, batch_size 64": the last parts of the paths.
fn title(values: &Values) -> String {
    let words = values.iter().map(|(key, value)| {
        let short = key.rsplit('.').next().unwrap_or(key);
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Object(entries) => {
                let tag = ["name", "type"]
                    .iter()
                    .find_map(|key| entries.get(*key)?.as_str());
                tag.map_or_else(|| value.to_string(), str::to_owned)
            }
            value => value.to_string(),
        };
        format!("{short} {value}")
    });
    words.collect::<Vec<_>>().join(", ")
}
