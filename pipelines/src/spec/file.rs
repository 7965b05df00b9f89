//! A spec as it stands in its file, before `extends` is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::raw_tables::RawTables;
use super::source::{name_or_table, name_or_table_schema};
use super::sweep_file::SweepFile;
use super::{
    Augmentation, Data, Evaluation, Initializer, Layer, Loss, Normalization, Optimizer, Policy,
    Schedule, Source, TestTimeViews, Validation, WeightKind,
};

/// Everything but the description may come from the spec that this one extends.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecFile {
    /// Another spec whose keys hold where this one has none: its name, or the name of a file beside
    /// this one without `.toml`. Data and models are merged key by key, policies, sweeps and
    /// the evaluation replaced as a whole.
    pub extends: Option<String>,
    /// The models of the extended spec that take part; all of them when left out. The others can still
    /// be extended, and `published` is not taken over.
    pub inherit: Option<Vec<String>>,
    /// What the spec is for, in one sentence.
    pub description: String,
    /// Seeds that each model is trained from unless the command line names others.
    #[schemars(extend("default" = [0]))]
    pub seeds: Option<Vec<u64>>,
    /// Which images, and how they are split.
    pub data: Option<DataFile>,
    /// File of figures that a publication printed of these models, beside this one.
    pub published: Option<String>,
    /// How intervals and tests are made.
    pub evaluation: Option<Evaluation>,
    /// Augmentation policies.
    #[serde(default, rename = "policy")]
    pub policies: Vec<Policy>,
    /// Models, in the order of the tables.
    #[serde(default, rename = "model")]
    pub models: Vec<ModelFile>,
    /// Sweeps over the settings of a model.
    #[serde(default, rename = "sweep")]
    pub sweeps: Vec<SweepFile>,
    /// Models and policies with whatever keys they have.
    #[serde(skip)]
    pub tables: RawTables,
    /// Names of models that take no part and are there to be extended.
    #[serde(skip)]
    pub not_inherited: BTreeSet<String>,
}

impl SpecFile {
    /// This file over the one that it extends: data and models replace their namesakes key by key,
    /// policies, sweeps and the evaluation as a whole.
    pub fn over(self, base: SpecFile) -> SpecFile {
        let mut policies = base.policies;
        for policy in self.policies {
            match policies.iter_mut().find(|old| old.name == policy.name) {
                Some(old) => *old = policy,
                None => policies.push(policy),
            }
        }
        let mut not_inherited = base.not_inherited;
        if let Some(inherit) = &self.inherit {
            let names = base.models.iter().map(|model| &model.name);
            not_inherited.extend(names.filter(|name| !inherit.contains(name)).cloned());
        }
        not_inherited.retain(|name| self.models.iter().all(|model| model.name != *name));
        let mut models = base.models;
        for model in self.models {
            match models.iter_mut().find(|old| old.name == model.name) {
                Some(old) => *old = model.over(old.clone()),
                None => models.push(model),
            }
        }
        let mut sweeps = base.sweeps;
        for sweep in self.sweeps {
            match sweeps.iter_mut().find(|old| old.name == sweep.name) {
                Some(old) => *old = sweep,
                None => sweeps.push(sweep),
            }
        }
        SpecFile {
            extends: None,
            description: self.description,
            seeds: self.seeds.or(base.seeds),
            data: match (self.data, base.data) {
                (Some(data), Some(base)) => Some(data.over(base)),
                (data, base) => data.or(base),
            },
            published: match self.inherit {
                None => self.published.or(base.published),
                Some(_) => self.published,
            },
            inherit: None,
            evaluation: self.evaluation.or(base.evaluation),
            policies,
            models,
            sweeps,
            tables: self.tables.over(base.tables),
            not_inherited,
        }
    }
}

/// Data of which any key may come from elsewhere.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DataFile {
    /// Names the folder under `data/ingested/`.
    pub name: Option<String>,
    /// Where the images come from.
    #[serde(default, deserialize_with = "name_or_table")]
    #[schemars(schema_with = "name_or_table_schema")]
    pub source: Option<Source>,
    /// The folder of the file that names the source.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Height and width of every image, in pixels, each 1 to 512. Not needed where all images have one
    /// size, which is then theirs.
    pub image_size: Option<[usize; 2]>,
    /// Values of a pixel, 1 to 4: 1 for grey, 3 for colour. What the source has when left out.
    pub channels: Option<usize>,
    /// Names of the classes, in the order of their labels; those of the source, or "0", "1" and so on,
    /// when left out.
    pub classes: Option<Vec<String>>,
    /// Whether the bundled subset stands in when the full data cannot be had.
    #[schemars(extend("default" = false))]
    pub bundled_fallback: Option<bool>,
    /// Share of the training rows that validate; 0 trains on all of them.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0), extend("x-keras" = "validation_split"))]
    pub validation_split: Option<f64>,
    /// Which of the training rows validate.
    #[schemars(extend("default" = "last"))]
    pub validation: Option<Validation>,
    /// Share of the images of each class that test, where the source has no test images of its own.
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub test_split: Option<f64>,
    /// Whether the source's own test images are left out, so that nothing can be chosen on them;
    /// `test_split` then takes its share of the training images.
    #[schemars(extend("default" = false))]
    pub hold_back_test: Option<bool>,
    /// Seed of the draws of `test_split` and of a stratified validation split.
    #[schemars(extend("default" = 0))]
    pub split_seed: Option<u64>,
    /// Pixels are divided by this before they enter a network.
    #[schemars(extend("exclusiveMinimum" = 0.0), extend("x-keras" = "Rescaling(1 / divisor)"))]
    pub pixel_divisor: Option<f64>,
    /// What is done with pixels instead of a division by `pixel_divisor`.
    pub normalization: Option<Normalization>,
    /// Why the data are used in this way, where there was a choice.
    pub choice: Option<String>,
}

impl DataFile {
    /// These keys, and `base`'s where there are none.
    fn over(self, base: DataFile) -> DataFile {
        // One of the two keys takes the place of the other.
        let (pixel_divisor, normalization) = match (self.pixel_divisor, self.normalization) {
            (None, None) => (base.pixel_divisor, base.normalization),
            own => own,
        };
        DataFile {
            name: self.name.or(base.name),
            folder: match self.source {
                Some(_) => self.folder,
                None => base.folder,
            },
            source: self.source.or(base.source),
            image_size: self.image_size.or(base.image_size),
            channels: self.channels.or(base.channels),
            classes: self.classes.or(base.classes),
            bundled_fallback: self.bundled_fallback.or(base.bundled_fallback),
            validation_split: self.validation_split.or(base.validation_split),
            validation: self.validation.or(base.validation),
            test_split: self.test_split.or(base.test_split),
            hold_back_test: self.hold_back_test.or(base.hold_back_test),
            split_seed: self.split_seed.or(base.split_seed),
            pixel_divisor,
            normalization,
            choice: self.choice.or(base.choice),
        }
    }

    /// The data, if no key is missing.
    ///
    /// # Errors
    /// The first key that is missing.
    pub fn resolve(self) -> Result<Data, &'static str> {
        Ok(Data {
            name: self.name.ok_or("name")?,
            source: self.source.ok_or("source")?,
            folder: self.folder,
            image_size: self.image_size,
            channels: self.channels,
            classes: self.classes,
            bundled_fallback: self.bundled_fallback.unwrap_or(false),
            validation_split: self.validation_split.ok_or("validation_split")?,
            validation: self.validation.unwrap_or_default(),
            test_split: self.test_split,
            hold_back_test: self.hold_back_test.unwrap_or(false),
            split_seed: self.split_seed.unwrap_or(0),
            pixel_divisor: match self.normalization {
                None => Some(self.pixel_divisor.ok_or("pixel_divisor or normalization")?),
                Some(_) => self.pixel_divisor,
            },
            normalization: self.normalization,
            choice: self.choice,
            ingested: None,
        })
    }
}

/// A model of which any key but the name may come from elsewhere.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelFile {
    /// Names the folder of its runs: letters, digits, `-`, `_` and inner dots.
    pub name: String,
    /// What it is, in a few words; the name when left out.
    pub title: Option<String>,
    /// The model that it was changed from, which gives the keys that are left out.
    pub extends: Option<String>,
    /// The model that it is judged against, where that is not the one that it extends. Training does not
    /// depend on it.
    pub compared_with: Option<String>,
    /// From the first layer after the input to the logits: the last one is dense, linear, with a unit
    /// for each class.
    #[schemars(extend("x-keras" = "Sequential", "x-pytorch" = "Sequential"))]
    pub layers: Option<Vec<Layer>>,
    /// Initial values of convolution and dense kernels.
    #[schemars(extend("default" = "glorot_uniform", "x-keras" = "kernel_initializer", "x-pytorch" = "torch.nn.init"))]
    pub kernel_initializer: Option<Initializer>,
    /// Initial values of biases.
    #[schemars(extend("default" = "zeros", "x-keras" = "bias_initializer", "x-pytorch" = "torch.nn.init"))]
    pub bias_initializer: Option<Initializer>,
    /// What training minimises.
    #[schemars(extend("default" = "categorical_crossentropy", "x-keras" = "loss", "x-pytorch" = "CrossEntropyLoss"))]
    pub loss: Option<Loss>,
    /// Share of the target that is spread evenly over all classes, in training and in the loss of the
    /// validation rows.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "default" = 0, "x-keras" = "CategoricalCrossentropy(label_smoothing)", "x-pytorch" = "CrossEntropyLoss(label_smoothing)"))]
    pub label_smoothing: Option<f64>,
    /// Factor of the loss of the training rows of a class, by the name of the class; 1 for the others. The
    /// loss of a batch is the sum of the weighted losses divided by the number of rows; PyTorch divides by
    /// the sum of the weights.
    #[serde(default)]
    #[schemars(schema_with = "class_weight_schema", extend("x-keras" = "class_weight", "x-pytorch" = "CrossEntropyLoss(weight)"))]
    pub class_weight: Option<BTreeMap<String, f64>>,
    /// What minimises it.
    #[schemars(extend("x-keras" = "optimizer", "x-pytorch" = "torch.optim"))]
    pub optimizer: Option<Optimizer>,
    /// Kinds of weights that the optimizer's `weight_decay` spares.
    #[schemars(extend("default" = [], "x-keras" = "exclude_from_weight_decay", "x-pytorch" = "parameter groups"))]
    pub exclude_from_weight_decay: Option<Vec<WeightKind>>,
    /// Largest Euclidean norm of the gradient of all weights together; a larger one is shortened to it. 0
    /// for no limit.
    #[schemars(range(min = 0), extend("default" = 0, "x-keras" = "global_clipnorm", "x-pytorch" = "clip_grad_norm_"))]
    pub global_clipnorm: Option<f64>,
    /// Share of the old value in a running average of the weights, taken after each step; the first is the
    /// weights themselves. Validation, predictions and `weights.safetensors` use the average, with the
    /// running statistics of batch normalisation made anew for it from training images. 0 for no
    /// average.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1.0, "default" = 0, "x-keras" = "use_ema, ema_momentum", "x-pytorch" = "AveragedModel, update_bn"))]
    pub ema_momentum: Option<f64>,
    /// The learning rate of each epoch or step.
    #[schemars(extend("default" = { "name": "constant" }, "x-keras" = "callbacks", "x-pytorch" = "torch.optim.lr_scheduler"))]
    pub schedule: Option<Schedule>,
    /// Passes over the training rows.
    #[schemars(range(min = 1, max = 100_000), extend("x-keras" = "epochs"))]
    pub epochs: Option<u32>,
    /// Rows a step; the last step of an epoch may have fewer.
    #[schemars(range(min = 1, max = 100_000), extend("default" = 32, "x-keras" = "batch_size", "x-pytorch" = "batch_size"))]
    pub batch_size: Option<usize>,
    /// Name of the policy that the training images are augmented with.
    #[schemars(extend("default" = "none"))]
    pub augmentation: Option<Augmentation>,
    /// Views of an image over which predictions are averaged. Those of the image alone always stand
    /// beside them, and all comparisons of models use these.
    #[schemars(extend("default" = "single"))]
    pub test_time_views: Option<TestTimeViews>,
    /// What the change of this model is about, in a word or two: changes of one theme are shown together.
    pub theme: Option<String>,
    /// The sentence that proposed the change, and where it stands.
    pub proposal: Option<String>,
    /// Why the model is as it is, where there was a choice.
    pub choice: Option<String>,
}

impl ModelFile {
    /// This model's keys, and `base`'s where it has none.
    pub fn over(self, base: ModelFile) -> ModelFile {
        ModelFile {
            name: self.name,
            title: self.title.or(base.title),
            extends: self.extends.or(base.extends),
            compared_with: self.compared_with.or(base.compared_with),
            layers: self.layers.or(base.layers),
            kernel_initializer: self.kernel_initializer.or(base.kernel_initializer),
            bias_initializer: self.bias_initializer.or(base.bias_initializer),
            loss: self.loss.or(base.loss),
            label_smoothing: self.label_smoothing.or(base.label_smoothing),
            class_weight: self.class_weight.or(base.class_weight),
            optimizer: self.optimizer.or(base.optimizer),
            exclude_from_weight_decay: self
                .exclude_from_weight_decay
                .or(base.exclude_from_weight_decay),
            global_clipnorm: self.global_clipnorm.or(base.global_clipnorm),
            ema_momentum: self.ema_momentum.or(base.ema_momentum),
            schedule: self.schedule.or(base.schedule),
            epochs: self.epochs.or(base.epochs),
            batch_size: self.batch_size.or(base.batch_size),
            augmentation: self.augmentation.or(base.augmentation),
            test_time_views: self.test_time_views.or(base.test_time_views),
            theme: self.theme.or(base.theme),
            proposal: self.proposal.or(base.proposal),
            choice: self.choice.or(base.choice),
        }
    }
}

/// A table from names of classes, which only the data know, to weights.
fn class_weight_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "additionalProperties": { "type": "number", "minimum": 0 }
    })
}
