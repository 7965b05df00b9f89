//! From a name to a spec that was found sound.

use std::fs;
use std::path::{Path, PathBuf};

use super::file::{ModelFile, SpecFile};
use super::{Model, Spec, SpecError, one_of};

/// Longest chain of `extends`, so that a circle ends in an error.
const LONGEST_CHAIN: usize = 16;
/// Largest spec, in bytes; the study's own is a tenth of it.
const LARGEST_SPEC_BYTES: u64 = 1 << 20;
/// The specs of the repository, found also when the program runs in another folder.
const BUNDLED_SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/specs");

pub(super) fn load(name_or_path: &str) -> Result<Spec, SpecError> {
    let path = find(name_or_path)?;
    let name = file_stem(&path);
    check_name(&path, "the file's name", &name)?;
    let file = read_with_base(&path, LONGEST_CHAIN)?;
    let models = file
        .models
        .iter()
        .map(|model| resolve(&path, model, &file.models))
        .collect::<Result<Vec<_>, _>>()?;
    let missing = |key: &str| SpecError::new(&path, key, "a value", "nothing");
    let spec = Spec {
        name,
        description: file.description,
        data: file.data.ok_or_else(|| missing("data"))?,
        seeds: file.seeds.ok_or_else(|| missing("seeds"))?,
        evaluation: file.evaluation.ok_or_else(|| missing("evaluation"))?,
        policies: file.policies,
        models,
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
    let folder = Path::new(BUNDLED_SPECS);
    let path = folder.join(format!("{name_or_path}.toml"));
    if check_name(&path, "spec", name_or_path).is_ok() && path.is_file() {
        return Ok(path);
    }
    let mut names: Vec<_> = fs::read_dir(folder)
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
    Err(SpecError::new(
        folder,
        "spec",
        format!(
            "{} or the path of a .toml file",
            one_of(names.iter().map(String::as_str))
        ),
        format!("`{name_or_path}`"),
    ))
}

fn read_with_base(path: &Path, chain_left: usize) -> Result<SpecFile, SpecError> {
    let file = read(path)?;
    let Some(base) = &file.extends else {
        return Ok(file);
    };
    if chain_left == 0 {
        return Err(SpecError::new(
            path,
            "extends",
            format!("a chain of at most {LONGEST_CHAIN} specs"),
            "a longer one, or a circle",
        ));
    }
    let beside = path.with_file_name(format!("{base}.toml"));
    let base_path = if check_name(path, "extends", base).is_ok() && beside.is_file() {
        beside
    } else {
        find(base).map_err(|error| SpecError {
            path: path.to_path_buf(),
            key: "extends".into(),
            ..error
        })?
    };
    let base = read_with_base(&base_path, chain_left - 1)?;
    Ok(file.over(base))
}

fn read(path: &Path) -> Result<SpecFile, SpecError> {
    let unreadable = |found: String| SpecError::new(path, "file", "a readable spec", found);
    let size = fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > LARGEST_SPEC_BYTES {
        return Err(SpecError::new(
            path,
            "file",
            format!("at most {LARGEST_SPEC_BYTES} bytes"),
            format!("{size}"),
        ));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    toml::from_str(&text)
        .map_err(|error| SpecError::new(path, "file", "a valid spec", error.to_string()))
}

/// Follows a model's `extends` to a model whose every key is known.
fn resolve(path: &Path, model: &ModelFile, all: &[ModelFile]) -> Result<Model, SpecError> {
    let key = |field: &str| format!("model `{}`: {field}", model.name);
    let mut merged = model.clone();
    let mut next = model.extends.clone();
    let mut chain_left = LONGEST_CHAIN;
    while let Some(name) = next {
        let base = all.iter().find(|base| base.name == name).ok_or_else(|| {
            SpecError::new(
                path,
                key("extends"),
                one_of(all.iter().map(|model| model.name.as_str())),
                format!("`{name}`"),
            )
        })?;
        if chain_left == 0 {
            return Err(SpecError::new(
                path,
                key("extends"),
                format!("a chain of at most {LONGEST_CHAIN} models"),
                "a longer one, or a circle",
            ));
        }
        chain_left -= 1;
        next = base.extends.clone();
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
        title: model.title.clone().ok_or_else(|| missing("title"))?,
        extends: model.extends.clone(),
        layers: merged.layers.ok_or_else(|| missing("layers"))?,
        kernel_initializer: merged
            .kernel_initializer
            .ok_or_else(|| missing("kernel_initializer"))?,
        bias_initializer: merged
            .bias_initializer
            .ok_or_else(|| missing("bias_initializer"))?,
        loss: merged.loss.ok_or_else(|| missing("loss"))?,
        optimizer: merged.optimizer.ok_or_else(|| missing("optimizer"))?,
        schedule: merged.schedule.ok_or_else(|| missing("schedule"))?,
        epochs: merged.epochs.ok_or_else(|| missing("epochs"))?,
        batch_size: merged.batch_size.ok_or_else(|| missing("batch_size"))?,
        augmentation: merged.augmentation.ok_or_else(|| missing("augmentation"))?,
    })
}

/// Names become folders: letters, digits, `-`, `_` and inner dots only.
fn check_name(path: &Path, key: &str, name: &str) -> Result<(), SpecError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(plain) {
        return Err(SpecError::new(
            path,
            key,
            "1 to 64 letters, digits, `-`, `_` or inner dots",
            format!("`{name}`"),
        ));
    }
    Ok(())
}

fn check(spec: &Spec) -> Result<(), SpecError> {
    let fail = |key: String, expected: &str, found: String| {
        Err(SpecError::new(&spec.path, key, expected, found))
    };
    check_name(&spec.path, "data: name", &spec.data.name)?;
    let split = spec.data.validation_split;
    if !(split > 0.0 && split < 1.0) {
        return fail(
            "data: validation_split".into(),
            "above 0 and below 1",
            split.to_string(),
        );
    }
    let divisor = spec.data.pixel_divisor;
    if !(divisor > 0.0 && divisor.is_finite()) {
        return fail(
            "data: pixel_divisor".into(),
            "a finite number above 0",
            divisor.to_string(),
        );
    }
    check_evaluation(spec)?;
    if spec.seeds.is_empty() {
        return fail("seeds".into(), "at least one", "none".into());
    }
    check_distinct(spec, "seeds", spec.seeds.iter().map(u64::to_string))?;
    check_distinct(spec, "policy", spec.policies.iter().map(|p| p.name.clone()))?;
    check_distinct(spec, "model", spec.models.iter().map(|m| m.name.clone()))?;
    for policy in &spec.policies {
        check_name(&spec.path, "policy: name", &policy.name)?;
        if let Some((field, expected, found)) = policy.first_fault() {
            return fail(
                format!("policy `{}`: {field}", policy.name),
                expected,
                found,
            );
        }
    }
    if spec.models.is_empty() {
        return fail("model".into(), "at least one", "none".into());
    }
    spec.models
        .iter()
        .try_for_each(|model| check_model(spec, model))
}

fn check_evaluation(spec: &Spec) -> Result<(), SpecError> {
    let evaluation = &spec.evaluation;
    let confidence = evaluation.confidence;
    let faults = [
        (
            "confidence",
            confidence > 0.0 && confidence < 1.0,
            "above 0 and below 1",
            confidence.to_string(),
        ),
        (
            "bootstrap_resamples",
            (100..=1_000_000).contains(&evaluation.bootstrap_resamples),
            "100 to 1000000",
            evaluation.bootstrap_resamples.to_string(),
        ),
        (
            "calibration_bins",
            (1..=1_000).contains(&evaluation.calibration_bins),
            "1 to 1000",
            evaluation.calibration_bins.to_string(),
        ),
    ];
    for (field, sound, expected, found) in faults {
        if !sound {
            return Err(SpecError::new(
                &spec.path,
                format!("evaluation: {field}"),
                expected,
                found,
            ));
        }
    }
    Ok(())
}

fn check_distinct(
    spec: &Spec,
    key: &str,
    names: impl Iterator<Item = String>,
) -> Result<(), SpecError> {
    let mut seen = Vec::new();
    for name in names {
        if seen.contains(&name) {
            return Err(SpecError::new(
                &spec.path,
                key,
                "each of them once",
                format!("`{name}` twice"),
            ));
        }
        seen.push(name);
    }
    Ok(())
}

fn check_model(spec: &Spec, model: &Model) -> Result<(), SpecError> {
    check_name(&spec.path, "model: name", &model.name)?;
    let key = |field: &str| format!("model `{}`: {field}", model.name);
    if let Some(policy) = model.augmentation.policy() {
        spec.policy(policy).map_err(|error| SpecError {
            key: key("augmentation"),
            expected: format!("`none` or {}", error.expected),
            ..error
        })?;
    }
    let counts = [
        ("epochs", u64::from(model.epochs), 100_000),
        ("batch_size", model.batch_size as u64, 60_000),
    ];
    for (field, value, most) in counts {
        if !(1..=most).contains(&value) {
            return Err(SpecError::new(
                &spec.path,
                key(field),
                format!("1 to {most}"),
                value.to_string(),
            ));
        }
    }
    let numbers = [
        ("optimizer", model.optimizer.ranges()),
        ("schedule", model.schedule.ranges()),
    ];
    for (table, ranges) in numbers {
        for (field, value, expected, sound) in ranges {
            if !sound {
                return Err(SpecError::new(
                    &spec.path,
                    key(&format!("{table}: {field}")),
                    expected,
                    value.to_string(),
                ));
            }
        }
    }
    model
        .architecture()
        .map_err(|fault| fault.at(&spec.path, &model.name))?;
    Ok(())
}

fn file_stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}
