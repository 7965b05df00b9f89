//! What must hold of a spec beyond its grammar.

use std::collections::HashMap;
use std::path::Path;

use super::{Augmentation, Model, Spec, SpecError};

/// Everything that a spec's text cannot say by itself: names, ranges, shapes.
pub(super) fn check(spec: &Spec) -> Result<(), SpecError> {
    let fail = |key: String, expected: &str, found: String| {
        Err(SpecError::new(&spec.path, key, expected, found))
    };
    check_name(&spec.path, "data: name", &spec.data.name)?;
    if let Some((field, expected, found)) = spec.data.info().first_error() {
        return fail(format!("data: {field}"), &expected, found);
    }
    if let Some(published) = &spec.published {
        published.check(spec)?;
    }
    if spec.seeds.is_empty() {
        return fail("seeds".into(), "at least one", "none".into());
    }
    check_distinct(spec, "seeds", spec.seeds.iter().map(u64::to_string))?;
    check_distinct(spec, "policy", spec.policies.iter().map(|p| p.name.clone()))?;
    check_distinct(spec, "model", spec.models.iter().map(|m| m.name.clone()))?;
    for policy in &spec.policies {
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
    spec.models
        .iter()
        .try_for_each(|model| check_model(spec, model))
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
    spec.architecture(model)
        .map_err(|error| error.at(&spec.path, &model.name))?;
    Ok(())
}
