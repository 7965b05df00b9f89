//! What must hold of a spec beyond its grammar.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::dataset_info::{channels_error, classes_error, size_error};
use super::{Augmentation, Model, Schedule, Source, Spec, SpecError, Sweep, one_of, word};

/// Everything that a spec's text cannot say by itself: names, ranges, shapes.
pub(super) fn check(spec: &Spec) -> Result<(), SpecError> {
    let fail = |key: String, expected: &str, found: String| {
        Err(SpecError::new(&spec.path, key, expected, found))
    };
    check_name(&spec.path, "data: name", &spec.data.name)?;
    check_splits(spec)?;
    check_normalization(spec)?;
    let data = &spec.data;
    let range_error = data
        .image_size
        .and_then(size_error)
        .or_else(|| data.channels.and_then(channels_error))
        .or_else(|| data.classes.as_deref().and_then(classes_error));
    if let Some((field, expected, found)) = range_error {
        return fail(format!("data: {field}"), &expected, found);
    }
    if let Some(published) = &spec.published {
        published.check(spec)?;
    }
    if spec.seeds.is_empty() {
        return fail("seeds".into(), "at least one", "none".into());
    }
    check_distinct(spec, "seeds", spec.seeds.iter().map(u64::to_string))?;
    check_distinct(spec, "policy", policy_names(spec).into_iter())?;
    check_distinct(spec, "model", spec.all_models().map(|m| m.name.clone()))?;
    for policy in spec.all_policies() {
        check_name(&spec.path, "policy: name", &policy.name)?;
        if Augmentation::from(policy.name.as_str()).policy().is_none() {
            return fail(
                "policy: name".into(),
                "another name, as this one means no augmentation",
                format!("`{}`", policy.name),
            );
        }
        if let Some((field, expected, found)) = policy.first_error() {
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
    spec.all_models()
        .try_for_each(|model| check_model(spec, model))?;
    spec.models
        .iter()
        .try_for_each(|model| check_comparison(spec, model))?;
    spec.sweeps
        .iter()
        .try_for_each(|sweep| check_sweep(spec, sweep))?;
    // What the spec leaves to the data is checked once they have been read.
    match spec.data.info() {
        Ok(_) => check_models(spec),
        Err(_) => Ok(()),
    }
}

/// Every layer of every model against shape and classes of the data.
pub(super) fn check_models(spec: &Spec) -> Result<(), SpecError> {
    let info = spec
        .data
        .info()
        .map_err(|error| error.in_spec(&spec.path))?;
    for model in spec.all_models() {
        model
            .architecture(&info)
            .and_then(|_| model.class_weights(&info))
            .map_err(|error| error.at(&spec.path, &model.name))?;
    }
    Ok(())
}

/// Shares, and where images come from that can stand in.
fn check_splits(spec: &Spec) -> Result<(), SpecError> {
    let fail = |key: &str, expected: &str, found: String| {
        Err(SpecError::new(
            &spec.path,
            format!("data: {key}"),
            expected,
            found,
        ))
    };
    let data = &spec.data;
    if data.hold_back_test && data.test_split.is_none() {
        return fail(
            "test_split",
            "a share such as 0.2, as `hold_back_test` leaves the source's test images out",
            "nothing".into(),
        );
    }
    if let Some(share) = data.test_split
        && !data.hold_back_test
        && !matches!(
            data.source,
            Source::ImageFolder { .. } | Source::Parquet { .. }
        )
    {
        return fail(
            "test_split",
            "no value, as the source says which images test",
            share.to_string(),
        );
    }
    if data.bundled_fallback && data.source != Source::FashionMnist {
        return fail(
            "bundled_fallback",
            "false, as the bundled images are of Fashion-MNIST",
            "true".into(),
        );
    }
    Ok(())
}

fn check_normalization(spec: &Spec) -> Result<(), SpecError> {
    let fail = |expected: &str, found: String| {
        Err(SpecError::new(
            &spec.path,
            "data: pixel_divisor",
            expected,
            found,
        ))
    };
    match (spec.data.pixel_divisor, spec.data.normalization) {
        (Some(divisor), Some(_)) => fail(
            "no value, as `normalization` is given too",
            divisor.to_string(),
        ),
        _ => Ok(()),
    }
}

/// Names become folders: letters, digits, `-`, `_` and inner dots only.
pub(super) fn check_name(path: &Path, key: &str, name: &str) -> Result<(), SpecError> {
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

/// Names become folders, and some file systems do not tell case apart.
fn check_distinct(
    spec: &Spec,
    key: &str,
    names: impl Iterator<Item = String>,
) -> Result<(), SpecError> {
    let mut seen = HashMap::new();
    for name in names {
        if let Some(other) = seen.insert(name.to_lowercase(), name.clone()) {
            return Err(SpecError::new(
                &spec.path,
                key,
                "each of them once, upper and lower case taken as the same",
                format!("`{other}` and `{name}`"),
            ));
        }
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
    if let Some(rate) = model.schedule.rise_without_warm_up() {
        return Err(SpecError::new(
            &spec.path,
            key("schedule: initial_learning_rate"),
            "a `warmup_fraction` beside it, in which the rate rises from it",
            rate.to_string(),
        ));
    }
    if matches!(model.schedule, Schedule::ReduceOnPlateau { .. })
        && spec.data.validation_split == 0.0
    {
        return Err(SpecError::new(
            &spec.path,
            key("schedule"),
            "one that monitors nothing, as `validation_split = 0` leaves no rows to validate on",
            model.schedule.name(),
        ));
    }
    Ok(())
}

/// A model is judged against another one of the spec.
fn check_comparison(spec: &Spec, model: &Model) -> Result<(), SpecError> {
    let others = || {
        let names = spec.models.iter().map(|other| other.name.as_str());
        names.filter(|name| *name != model.name)
    };
    match &model.compared_with {
        Some(base) if !others().any(|name| name == base) => {
            let kind = match spec.sweep(&model.name) {
                Some(_) => "sweep",
                None => "model",
            };
            let key = format!("{kind} `{}`: compared_with", model.name);
            let (expected, found) = (one_of(others()), word(base, others()));
            Err(SpecError::new(&spec.path, key, expected, found))
        }
        _ => Ok(()),
    }
}

/// Candidates of several sweeps may train on one varied policy.
fn policy_names(spec: &Spec) -> Vec<String> {
    let mut names: Vec<String> = spec.policies.iter().map(|p| p.name.clone()).collect();
    let varied = spec.sweeps.iter().flat_map(|sweep| &sweep.policies);
    let varied: BTreeSet<&str> = varied.map(|policy| policy.name.as_str()).collect();
    names.extend(varied.into_iter().map(str::to_owned));
    names
}

/// What a sweep asks of the spec that it stands in.
fn check_sweep(spec: &Spec, sweep: &Sweep) -> Result<(), SpecError> {
    let fail = |key: &str, expected: &str, found: String| {
        let key = format!("sweep `{}`: {key}", sweep.name);
        Err(SpecError::new(&spec.path, key, expected, found))
    };
    if spec.data.validation_split == 0.0 {
        return fail(
            "name",
            "no sweep, as `validation_split = 0` leaves no rows to choose on",
            "one".into(),
        );
    }
    if sweep.seeds.is_empty() {
        return fail("seeds", "at least one", "none".into());
    }
    let seeds: BTreeSet<u64> = sweep.seeds.iter().copied().collect();
    if seeds.len() < sweep.seeds.len() {
        return fail("seeds", "each of them once", format!("{:?}", sweep.seeds));
    }
    Ok(())
}
