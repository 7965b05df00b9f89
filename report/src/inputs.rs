//! Everything that the report is made from.

mod augmented;
mod first_layer;
mod shown_run;

use anyhow::Result;
use pipelines::files::layout::{Layout, OVERVIEW_FILE, TEST_FILE, TRAIN_FILE};
use pipelines::files::manifest::Manifest;
use pipelines::files::plan::{Selection, Step, producers};
use pipelines::spec::published::Published;
use pipelines::spec::{Model, Spec};
use pipelines::tables::images::Images;
use pipelines::tables::overview::Overview;

pub use augmented::AugmentedCopies;
pub use shown_run::ShownRun;

use crate::evaluated::Tables;

/// What was read and checked before the first line is written.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The experiment.
    pub spec: Spec,
    /// Names of the selected models, in the spec's order.
    pub models: Vec<String>,
    /// The selected seeds.
    pub seeds: Vec<u64>,
    /// The paper's numbers.
    pub published: Published,
    /// Counts and brightness by class and split.
    pub overview: Overview,
    /// Training and validation rows.
    pub train: Images,
    /// Test rows.
    pub test: Images,
    /// The tables of `evaluate`.
    pub tables: Tables,
    /// Of each model that has one, the run of the first seed.
    pub runs: Vec<ShownRun>,
    /// A few shards of each policy that a selected model trains on.
    pub augmented: Vec<AugmentedCopies>,
    /// Every step that the report rests on, with its record.
    pub manifests: Vec<(Step, Manifest)>,
}

impl Inputs {
    /// Reads the inputs of the report of `spec`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(layout: &Layout, spec: &Spec, selection: &Selection) -> Result<Self> {
        let mut manifests = Vec::new();
        for step in producers(spec, selection, &Step::Report)? {
            if let Some(manifest) = Manifest::read(&layout.step(spec, &step))? {
                manifests.push((step, manifest));
            }
        }
        let models: Vec<String> = selection
            .models(spec)?
            .into_iter()
            .map(str::to_owned)
            .collect();
        let seeds = selection.seeds(spec).to_vec();
        let ingested = layout.ingested(&spec.data.name);
        Ok(Self {
            published: Published::load()?,
            overview: Overview::read(&ingested, OVERVIEW_FILE)?,
            train: Images::read(&ingested, TRAIN_FILE)?,
            test: Images::read(&ingested, TEST_FILE)?,
            tables: Tables::read(&layout.evaluated(&spec.name))?,
            runs: shown_run::read(layout, spec, &models, &seeds)?,
            augmented: augmented::read(layout, spec, &models)?,
            spec: spec.clone(),
            models,
            seeds,
            manifests,
        })
    }

    /// The selected models of the spec.
    pub fn spec_models(&self) -> impl Iterator<Item = &Model> {
        self.spec
            .models
            .iter()
            .filter(|model| self.models.contains(&model.name))
    }

    /// The shown run of `model`; `None` when all of its runs failed.
    pub fn run(&self, model: &str) -> Option<&ShownRun> {
        self.runs.iter().find(|run| run.model == model)
    }

    /// The 784 pixels of the test image with this `id`.
    pub fn test_image(&self, id: u32) -> Option<&[u8]> {
        let row = match self.test.ids.get(id as usize) {
            Some(found) if *found == id => id as usize,
            _ => self.test.ids.iter().position(|found| *found == id)?,
        };
        Some(self.test.image(row))
    }
}
