//! The models and policies of a spec as tables of TOML, with whatever keys they have.
//!
//! A sweep varies keys by their path, so it works on tables and knows no key: a key that a model gains can
//! be varied at once.

use toml::{Table, Value};

/// The tables of a spec file over those of the files that it extends.
#[derive(Clone, Debug, Default)]
pub(super) struct RawTables {
    models: Vec<Table>,
    policies: Vec<Table>,
}

/// Keys of a model that say what it is and not how it is trained.
const WORDS: [&str; 5] = ["name", "title", "extends", "compared_with", "choice"];

impl RawTables {
    /// Of the `text` of a spec, which is valid.
    pub fn of(text: &str) -> Self {
        let mut file: Table = toml::from_str(text).unwrap_or_default();
        let mut tables = |key: &str| match file.remove(key) {
            Some(Value::Array(tables)) => {
                let tables = tables.into_iter().filter_map(|value| match value {
                    Value::Table(table) => Some(table),
                    _ => None,
                });
                tables.collect()
            }
            _ => Vec::new(),
        };
        Self {
            models: tables("model"),
            policies: tables("policy"),
        }
    }

    /// These tables over those of `base`: models replace their namesakes key by key, policies as a whole.
    pub fn over(self, base: Self) -> Self {
        let mut merged = base;
        for model in self.models {
            match merged
                .models
                .iter_mut()
                .find(|old| name(old) == name(&model))
            {
                Some(old) => old.extend(model),
                None => merged.models.push(model),
            }
        }
        for policy in self.policies {
            match merged
                .policies
                .iter_mut()
                .find(|old| name(old) == name(&policy))
            {
                Some(old) => *old = policy,
                None => merged.policies.push(policy),
            }
        }
        merged
    }

    /// Everything that the model called `model` says of its training, what it extends included; `None` when
    /// there is none of that name.
    pub fn model(&self, model: &str) -> Option<Table> {
        let mut chain = vec![find(&self.models, model)?];
        while let Some(base) = chain.last().and_then(|last| last.get("extends")?.as_str())
            && let Some(base) = find(&self.models, base)
            && chain.len() <= self.models.len()
        {
            chain.push(base);
        }
        let mut merged = Table::new();
        for table in chain.into_iter().rev() {
            merged.extend(table.clone());
        }
        for key in WORDS {
            merged.remove(key);
        }
        Some(merged)
    }

    /// The policy called `policy`.
    pub fn policy(&self, policy: &str) -> Option<Table> {
        find(&self.policies, policy).cloned()
    }

    /// Names of the models.
    pub fn model_names(&self) -> impl Iterator<Item = &str> {
        self.models.iter().filter_map(name)
    }
}

fn name(table: &Table) -> Option<&str> {
    table.get("name")?.as_str()
}

fn find<'a>(tables: &'a [Table], wanted: &str) -> Option<&'a Table> {
    tables.iter().find(|table| name(table) == Some(wanted))
}

/// Sets the key at `path` in `table`, such as `optimizer.learning_rate` or `layers.3.units`; items of lists
/// are counted from 1.
///
/// # Errors
/// The part of the path that leads nowhere, and what stands there instead.
pub(super) fn set(table: &mut Table, path: &str, value: Value) -> Result<(), String> {
    let (parents, key) = match path.rsplit_once('.') {
        Some((parents, key)) => (parents.split('.').collect(), key),
        None => (Vec::new(), path),
    };
    let mut first = parents.iter();
    let Some(start) = first.next() else {
        table.insert(key.to_owned(), value);
        return Ok(());
    };
    let mut place = table
        .get_mut(*start)
        .ok_or_else(|| format!("no `{start}`"))?;
    for part in first {
        place = step_into(place, part)?;
    }
    match place {
        Value::Table(table) => {
            table.insert(key.to_owned(), value);
        }
        _ => *step_into(place, key)? = value,
    }
    Ok(())
}

fn step_into<'a>(place: &'a mut Value, part: &str) -> Result<&'a mut Value, String> {
    match place {
        Value::Table(table) => table.get_mut(part).ok_or_else(|| format!("no `{part}`")),
        Value::Array(items) => {
            let count = items.len();
            let index = part
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            index
                .and_then(|index| items.get_mut(index))
                .ok_or_else(|| format!("no item `{part}` of {count}"))
        }
        value => Err(format!("no `{part}` in {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_into_tables_and_lists() {
        let mut table: Table = toml::from_str(
            "optimizer = { name = \"sgd\" }\nlayers = [{ type = \"a\" }, { type = \"b\", layers = [{ x = 1 }] }]",
        )
        .unwrap();
        let mut set = |path: &str| set(&mut table, path, Value::Integer(7));
        assert_eq!(set("epochs"), Ok(()));
        assert_eq!(set("optimizer.learning_rate"), Ok(()));
        assert_eq!(set("layers.2.layers.1.x"), Ok(()));
        assert_eq!(set("layers.3.x"), Err("no item `3` of 2".to_owned()));
        assert_eq!(set("layers.0"), Err("no item `0` of 2".to_owned()));
        assert_eq!(set("schedule.name"), Err("no `schedule`".to_owned()));
        assert_eq!(set("optimizer.name.x"), Err("no `x` in \"sgd\"".to_owned()));
        assert_eq!(table["optimizer"]["learning_rate"], Value::Integer(7));
        assert_eq!(table["layers"][1]["layers"][0]["x"], Value::Integer(7));
    }

    #[test]
    fn a_model_has_the_keys_of_those_that_it_extends() {
        let base =
            RawTables::of("[[model]]\nname = \"a\"\nepochs = 1\nbatch_size = 2\ntitle = \"A\"");
        let own = RawTables::of(
            "[[model]]\nname = \"a\"\nepochs = 3\n[[model]]\nname = \"b\"\nextends = \"a\"\nbatch_size = 4",
        );
        let model = own.over(base).model("b").unwrap();
        assert_eq!(model.to_string(), "epochs = 3\nbatch_size = 4\n");
    }
}
