//! Everything that the report is made from.

mod augmented;
mod champion_weights;
mod first_layer;
mod follow_ups;
mod shown_run;

use std::collections::BTreeSet;

use anyhow::Result;
use pipelines::files::layout::{DUPLICATES_FILE, Layout, OVERVIEW_FILE, TEST_FILE, TRAIN_FILE};
use pipelines::files::manifest::Manifest;
use pipelines::files::plan::{Selection, producers};
use pipelines::files::step::Step;
use pipelines::files::step_state::StepStates;
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::spec::{Model, Spec};
use pipelines::tables::duplicates::{self, DuplicateRow};
use pipelines::tables::images::Images;
use pipelines::tables::metrics::MOST_COMPARED_WITH_ALL;
use pipelines::tables::overview::{self, OverviewRow};
use pipelines::tables::split::Split;

pub use augmented::AugmentedCopies;
pub use champion_weights::ChampionWeights;
pub use follow_ups::FollowUpChanges;
pub use shown_run::ShownRun;

use crate::evaluated::Tables;
use crate::paper::Paper;
use crate::picture::Picture;

/// Most models whose predictions are shown picture by picture.
const MOST_PICTURED: usize = 10;

/// What was read and checked before the first line is written.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The experiment.
    pub spec: Spec,
    /// Names of the models that are shown, in the spec's order: the selected ones, or the best of many.
    pub models: Vec<String>,
    /// Names of all selected models.
    pub selected: Vec<String>,
    /// The selected seeds.
    pub seeds: Vec<u64>,
    /// Counts and brightness by class and split.
    pub overview: Vec<OverviewRow>,
    /// Training and validation images that are test images too.
    pub duplicates: Vec<DuplicateRow>,
    /// Training and validation rows.
    pub train: Images,
    /// Test rows.
    pub test: Images,
    /// The tables of `evaluate`.
    pub tables: Tables,
    /// Of each model that has one, the run of the first seed.
    pub runs: Vec<ShownRun>,
    /// The weights of the champion; `None` without a finished run of it.
    pub champion: Option<ChampionWeights>,
    /// A few shards of each policy that a selected model trains on.
    pub augmented: Vec<AugmentedCopies>,
    /// What the studies found that go on from this one's publication.
    pub follow_ups: Vec<FollowUpChanges>,
    /// Every step that the report rests on, with its record.
    pub manifests: Vec<(Step, Manifest)>,
}

impl Inputs {
    /// Reads the inputs of the report of `spec`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(layout: &Layout, spec: &Spec, selection: &Selection) -> Result<Self> {
        let mut states = StepStates::new(layout, spec, selection);
        let mut manifests = Vec::new();
        for step in producers(spec, selection, &Step::Report)? {
            if let Some(manifest) = &states.of(&step)?.manifest {
                manifests.push((step, manifest.clone()));
            }
        }
        let selected = selection.models(spec)?.into_iter();
        let selected: Vec<String> = selected.map(str::to_owned).collect();
        let mut tables = Tables::read(&layout.evaluated(&spec.name), spec)?;
        let models = shown_models(&selected, &tables);
        if models.len() < selected.len() {
            let proposals = spec.proposals();
            let proposed: Vec<&str> = proposals
                .iter()
                .flat_map(|(model, ..)| {
                    let base = spec.model(model).ok().and_then(|of| of.base());
                    [Some(*model), base]
                })
                .flatten()
                .collect();
            tables.keep_models(&models, &proposed);
        }
        let seeds = selection.seeds(spec).to_vec();
        let ingested = layout.ingested(&spec.data.name);
        // Pixels are mapped from nameless files on the disk of this folder.
        let scratch = layout.reported(&spec.name);
        let train = Images::read_mapped(&ingested, TRAIN_FILE, &scratch)?;
        let image_bytes = train.info.shape.len();
        let runs = shown_run::read(&mut states, spec, &models, &seeds)?;
        let champion = tables
            .champion()
            .and_then(|champion| runs.iter().find(|run| run.model == champion.model));
        Ok(Self {
            champion: match champion {
                Some(run) => Some(ChampionWeights::read(layout, spec, run)?),
                None => None,
            },
            // Older ingested data have no such table.
            duplicates: match manifests.iter().any(|(step, manifest)| {
                *step == Step::Ingest && manifest.outputs.contains_key(DUPLICATES_FILE)
            }) {
                true => duplicates::read(&ingested, DUPLICATES_FILE)?,
                false => Vec::new(),
            },
            overview: overview::read(&ingested, OVERVIEW_FILE)?,
            train,
            test: Images::read_mapped(&ingested, TEST_FILE, &scratch)?,
            tables,
            runs,
            augmented: augmented::read(layout, spec, selection, image_bytes)?,
            follow_ups: follow_ups::read_all(layout, spec)?,
            spec: spec.clone(),
            models,
            selected,
            seeds,
            manifests,
        })
    }

    /// Shape of the images and names of the classes.
    pub fn info(&self) -> &DatasetInfo {
        &self.test.info
    }

    /// The heading `text`, and where the publication has what `section` shows.
    pub fn heading(&self, text: &str, section: &str) -> String {
        match self.paper() {
            Some(paper) => paper.heading(text, section),
            None => text.to_owned(),
        }
    }

    /// Whether some class has at least half as many training or test images again as another.
    pub fn is_uneven(&self) -> bool {
        [Split::Train, Split::Test].into_iter().any(|split| {
            let counts = || {
                let rows = self.overview.iter().filter(|row| row.split == split);
                rows.map(|row| u64::from(row.images))
            };
            let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
            2 * most >= 3 * least && most > 0
        })
    }

    /// Whether images are shown inverted, dark on light: grey ones whose training pixels are dark on
    /// average.
    pub fn is_shown_negative(&self) -> bool {
        let rows = || self.overview.iter().filter(|row| row.split == Split::Train);
        let images: f64 = rows().map(|row| f64::from(row.images)).sum();
        let levels: f64 = rows()
            .filter_map(|row| Some(f64::from(row.images) * row.pixel_mean?))
            .sum();
        self.info().shape.channels == 1 && levels < 127.5 * images
    }

    /// The image in `row` of `images` as it is shown.
    pub fn picture(&self, images: &Images, row: usize) -> Picture {
        let picture = Picture::new(images.info.shape, images.image(row));
        if self.is_shown_negative() {
            picture.inverted()
        } else {
            picture
        }
    }

    /// What the publication that the spec names adds; `None` without one.
    pub fn paper(&self) -> Option<Paper<'_>> {
        Paper::of(&self.spec, &self.tables, &self.follow_ups)
    }

    /// The models of the spec that are shown.
    pub fn spec_models(&self) -> impl Iterator<Item = &Model> {
        self.spec
            .models
            .iter()
            .filter(|model| self.models.contains(&model.name))
    }

    /// Whether there are two models to compare.
    pub fn compares_models(&self) -> bool {
        self.selected.len() > 1
    }

    /// The runs that are shown picture by picture: all, or those of the [`MOST_PICTURED`] models that are best
    /// on validation rows.
    pub fn pictured_runs(&self) -> Vec<&ShownRun> {
        if self.runs.len() <= MOST_PICTURED {
            return self.runs.iter().collect();
        }
        let has_run = |model: &&str| self.run(model).is_some();
        let ranked = self.tables.ranking.iter().map(|row| row.model.as_str());
        let best: BTreeSet<&str> = ranked.filter(has_run).take(MOST_PICTURED).collect();
        let runs = self.runs.iter();
        runs.filter(|run| best.contains(run.model.as_str()))
            .collect()
    }

    /// That [`Inputs::pictured_runs`] leaves out some, where it does.
    pub fn pictured_note(&self) -> Option<String> {
        let models = self.runs.len();
        (models > MOST_PICTURED).then(|| {
            format!("Of {models} models these are the {MOST_PICTURED} best on validation rows.")
        })
    }

    /// The shown run of `model`; `None` when all of its runs failed.
    pub fn run(&self, model: &str) -> Option<&ShownRun> {
        self.runs.iter().find(|run| run.model == model)
    }

    /// The test image with this `id` as it is shown.
    pub fn test_picture(&self, id: u32) -> Option<Picture> {
        let row = match self.test.ids.get(id as usize) {
            Some(found) if *found == id => id as usize,
            _ => self.test.ids.iter().position(|found| *found == id)?,
        };
        Some(self.picture(&self.test, row))
    }
}

/// Up to [`MOST_COMPARED_WITH_ALL`] models are shown: those that are best on validation.
fn shown_models(selected: &[String], tables: &Tables) -> Vec<String> {
    if selected.len() <= MOST_COMPARED_WITH_ALL {
        return selected.to_vec();
    }
    let best = tables.ranking.iter().take(MOST_COMPARED_WITH_ALL);
    let best: BTreeSet<&str> = best.map(|row| row.model.as_str()).collect();
    let shown = selected.iter().filter(|name| best.contains(name.as_str()));
    shown.cloned().collect()
}
