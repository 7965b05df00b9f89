//! From a name to a checked spec.

use std::fs;
use std::path::{Path, PathBuf};

use super::check::{check, check_name};
use super::file::{ModelFile, SpecFile};
use super::grammar;
use super::raw_tables::RawTables;
use super::{Initializer, Loss, Model, Published, Schedule, Spec, SpecError, one_of, word};
use crate::files::workspace;

/// Longest chain of `extends`, so that a circle ends in an error.
const MAX_CHAIN: usize = 16;
/// Largest spec, in bytes; the study's own is a tenth of it.
const MAX_SPEC_BYTES: u64 = 1 << 20;
/// Most models, policies or seeds of one file.
pub(super) const MAX_ENTRIES: usize = 1_000;
/// What else names a spec on the command line.
const OR_A_PATH: &str = " or the path of a .toml file";

pub(super) fn load(name_or_path: &str) -> Result<Spec, SpecError> {
    let path = find(name_or_path)?;
    let text = read(&path)?;
    from_text(path, &text)
}

pub(super) fn from_text(path: PathBuf, text: &str) -> Result<Spec, SpecError> {
    resolved(path.clone(), text).map_err(|error| error.located(&path, text))
}

fn resolved(path: PathBuf, text: &str) -> Result<Spec, SpecError> {
    let name = file_stem(&path);
    check_name(&path, "the file's name", &name)?;
    let file = parse_with_base(&path, text, MAX_CHAIN)?;
    let seeds = file.seeds.unwrap_or_else(|| vec![0]);
    let sweeps = file
        .sweeps
        .iter()
        .map(|sweep| sweep.expand(&path, &file.tables, &seeds))
        .collect::<Result<Vec<_>, _>>()?;
    let takes_part = |name: &str| !file.not_inherited.contains(name);
    let mut models = file
        .models
        .iter()
        .filter(|model| takes_part(&model.name))
        .map(|model| resolve(&path, model, &file.models))
        .collect::<Result<Vec<_>, _>>()?;
    for model in &mut models {
        model.extends = model.extends.take().filter(|base| takes_part(base));
    }
    models.extend(sweeps.iter().map(|sweep| sweep.placeholder.clone()));
    let missing = |key: &str| SpecError::new(&path, key, "a value", "nothing");
    let spec = Spec {
        name,
        description: file.description,
        data: file
            .data
            .ok_or_else(|| missing("data"))?
            .resolve()
            .map_err(|key| missing(&format!("data: {key}")))?,
        seeds,
        evaluation: file.evaluation.unwrap_or_default(),
        policies: file.policies,
        models,
        sweeps,
        published: file
            .published
            .map(|published| Published::load(&path, Path::new(&published)))
            .transpose()?,
        path,
    };
    check(&spec)?;
    Ok(spec)
}

/// A path ends in `.toml`; anything else names a spec of the repository.
fn find(name_or_path: &str) -> Result<PathBuf, SpecError> {
    if name_or_path.ends_with(".toml") {
        return Ok(PathBuf::from(name_or_path));
    }
    // Without sources there are no specs that a name alone could mean.
    let Some(folder) = workspace::specs() else {
        return Err(SpecError::new(
            Path::new(name_or_path),
            "spec",
            "the path of a .toml file, as no workspace of Atelier is here that has specs with a name",
            format!("`{name_or_path}`"),
        ));
    };
    let path = folder.join(format!("{name_or_path}.toml"));
    if check_name(&path, "spec", name_or_path).is_ok() && path.is_file() {
        return Ok(path);
    }
    let names = names();
    Err(SpecError::new(
        &folder,
        "spec",
        format!("{}{OR_A_PATH}", one_of(names.iter().map(String::as_str))),
        word(name_or_path, names.iter().map(String::as_str)),
    ))
}

/// The names of the specs of the repository, sorted.
pub(super) fn names() -> Vec<String> {
    let folder = workspace::specs();
    let mut names: Vec<_> = folder
        .and_then(|folder| fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| file_stem(&path))
        .filter(|name| name != "published")
        .collect();
    names.sort();
    names
}

/// The file at `path` over those that it extends.
fn parse_with_base(path: &Path, text: &str, chain_left: usize) -> Result<SpecFile, SpecError> {
    let mut file = parse(path, text)?;
    if let Some(published) = &mut file.published {
        let beside = path.with_file_name(&published);
        *published = beside.to_string_lossy().into_owned();
    }
    if let (Some(data), Some(folder)) = (&mut file.data, path.parent()) {
        data.folder = folder.to_path_buf();
    }
    let Some(base) = &file.extends else {
        if file.inherit.is_some() {
            let expected = "`extends`, a spec whose models these are";
            return Err(SpecError::new(path, "inherit", expected, "no such key"));
        }
        return Ok(file);
    };
    if chain_left == 0 {
        return Err(SpecError::new(
            path,
            "extends",
            format!("a chain of at most {MAX_CHAIN} specs"),
            "a longer one: a spec that extends itself, perhaps through another",
        ));
    }
    let beside = path.with_file_name(format!("{base}.toml"));
    check_name(path, "extends", base)?;
    let base_path = if beside.is_file() {
        beside
    } else {
        find(base).map_err(|error| SpecError {
            path: path.to_path_buf(),
            key: "extends".into(),
            expected: error
                .expected
                .replace(OR_A_PATH, &format!(", or {base}.toml beside this file")),
            ..error
        })?
    };
    let base_text = read(&base_path)?;
    let base = parse_with_base(&base_path, &base_text, chain_left - 1)?;
    let names = || base.models.iter().map(|model| model.name.as_str());
    for name in file.inherit.iter().flatten() {
        if !names().any(|known| known == name) {
            return Err(SpecError::new(
                path,
                "inherit",
                one_of(names()),
                word(name, names()),
            ));
        }
    }
    Ok(file.over(base))
}

/// The text of the spec, or of a file that a spec names, at `path`.
pub(super) fn read(path: &Path) -> Result<String, SpecError> {
    let unreadable = |found: String| SpecError::new(path, "file", "a readable spec", found);
    let size = fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > MAX_SPEC_BYTES {
        return Err(SpecError::new(
            path,
            "file",
            format!("at most {MAX_SPEC_BYTES} bytes"),
            format!("{size}"),
        ));
    }
    fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))
}

fn parse(path: &Path, text: &str) -> Result<SpecFile, SpecError> {
    grammar::check(path, text)?;
    let mut file: SpecFile =
        toml::from_str(text).map_err(|error| toml_error(path, "a valid spec", &error))?;
    file.tables = RawTables::of(text);
    let counts = [
        ("seeds", file.seeds.as_ref().map_or(0, Vec::len)),
        ("policy", file.policies.len()),
        ("model", file.models.len()),
        ("sweep", file.sweeps.len()),
    ];
    for (key, count) in counts {
        if count > MAX_ENTRIES {
            let expected = format!("at most {MAX_ENTRIES}");
            return Err(SpecError::new(path, key, expected, count.to_string()));
        }
    }
    Ok(file)
}

/// Text at `path` that is not TOML, or has other keys or types than `expected`.
pub(super) fn toml_error(path: &Path, expected: &str, error: &toml::de::Error) -> SpecError {
    SpecError::new(path, "file", expected, error.to_string().trim_end())
}

/// Follows a model's `extends` to a model whose every key is known.
pub(super) fn resolve(
    path: &Path,
    model: &ModelFile,
    all: &[ModelFile],
) -> Result<Model, SpecError> {
    let key = |field: &str| format!("model `{}`: {field}", model.name);
    let mut merged = model.clone();
    let mut chain = vec![model.name.as_str()];
    let mut next = model.extends.as_deref();
    while let Some(name) = next {
        let extends =
            |expected: String, found: String| SpecError::new(path, key("extends"), expected, found);
        if name == model.name && chain.len() == 1 {
            return Err(extends(
                "another model; a model of an extended spec is changed under its own name without \
                 this key"
                    .into(),
                format!("`{name}`, the model itself"),
            ));
        }
        let base = all.iter().find(|base| base.name == name).ok_or_else(|| {
            let names = all.iter().map(|model| model.name.as_str());
            extends(one_of(names.clone()), word(name, names))
        })?;
        if chain.contains(&name) {
            return Err(extends(
                "models that end at one which extends none".into(),
                format!("a circle: {} and {name} again", chain.join(", ")),
            ));
        }
        if chain.len() > MAX_CHAIN {
            return Err(extends(
                format!("a chain of at most {MAX_CHAIN} models"),
                "a longer one".into(),
            ));
        }
        chain.push(name);
        next = base.extends.as_deref();
        merged = merged.over(base.clone());
    }
    let missing = |field: &str| {
        SpecError::new(
            path,
            key(field),
            "a value here or in the model that it extends",
            "nothing",
        )
    };
    Ok(Model {
        name: model.name.clone(),
        title: model.title.clone().unwrap_or_else(|| model.name.clone()),
        extends: model.extends.clone(),
        compared_with: model.compared_with.clone(),
        layers: merged.layers.ok_or_else(|| missing("layers"))?,
        kernel_initializer: merged
            .kernel_initializer
            .unwrap_or(Initializer::GlorotUniform),
        bias_initializer: merged.bias_initializer.unwrap_or(Initializer::Zeros),
        loss: merged.loss.unwrap_or(Loss::CategoricalCrossentropy),
        label_smoothing: merged.label_smoothing.unwrap_or(0.0),
        class_weight: merged.class_weight.unwrap_or_default(),
        optimizer: merged.optimizer.ok_or_else(|| missing("optimizer"))?,
        exclude_from_weight_decay: merged.exclude_from_weight_decay.unwrap_or_default(),
        global_clipnorm: merged.global_clipnorm.unwrap_or(0.0),
        ema_momentum: merged.ema_momentum.unwrap_or(0.0),
        schedule: merged.schedule.unwrap_or(Schedule::Constant {}),
        epochs: merged.epochs.ok_or_else(|| missing("epochs"))?,
        batch_size: merged.batch_size.unwrap_or(32),
        augmentation: merged.augmentation.unwrap_or_default(),
        test_time_views: merged.test_time_views.unwrap_or_default(),
        theme: model.theme.clone(),
        proposal: model.proposal.clone(),
        choice: model.choice.clone(),
    })
}

fn file_stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}
