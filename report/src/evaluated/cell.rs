//! Values of a column.

use std::path::Path;

use anyhow::{Context, Result, bail};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt64Type};
use arrow_array::{Array, RecordBatch};

/// A value that a column may hold.
pub trait Cell: Sized + Default {
    /// What a column of it is called in messages.
    const EXPECTED: &'static str;

    /// The values of `array`, nulls as `None`; `None` when it holds something else.
    fn values(array: &dyn Array) -> Option<Vec<Option<Self>>>;

    /// The values of the column called `name` of the file at `path`.
    fn column(path: &Path, batch: &RecordBatch, name: &str) -> Result<Vec<Self>> {
        let values = nullable::<Self>(path, batch, name)?;
        let count = values.len();
        let present: Vec<Self> = values.into_iter().flatten().collect();
        if present.len() < count {
            bail!(
                "{}: column `{name}`: expected no nulls, found {}",
                path.display(),
                count - present.len()
            );
        }
        Ok(present)
    }
}

impl Cell for String {
    const EXPECTED: &'static str = "text";

    fn values(array: &dyn Array) -> Option<Vec<Option<Self>>> {
        fn own<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Vec<Option<String>> {
            texts.map(|text| text.map(str::to_owned)).collect()
        }
        if let Some(texts) = array.as_string_opt::<i64>() {
            return Some(own(texts.iter()));
        }
        if let Some(texts) = array.as_string_view_opt() {
            return Some(own(texts.iter()));
        }
        array.as_string_opt::<i32>().map(|texts| own(texts.iter()))
    }
}

impl Cell for u64 {
    const EXPECTED: &'static str = "unsigned 64-bit integers";

    fn values(array: &dyn Array) -> Option<Vec<Option<Self>>> {
        Some(array.as_primitive_opt::<UInt64Type>()?.iter().collect())
    }
}

impl Cell for f64 {
    const EXPECTED: &'static str = "64-bit floating-point numbers";

    fn values(array: &dyn Array) -> Option<Vec<Option<Self>>> {
        Some(array.as_primitive_opt::<Float64Type>()?.iter().collect())
    }
}

impl Cell for bool {
    const EXPECTED: &'static str = "truth values";

    fn values(array: &dyn Array) -> Option<Vec<Option<Self>>> {
        Some(array.as_boolean_opt()?.iter().collect())
    }
}

impl<T: Cell> Cell for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn values(array: &dyn Array) -> Option<Vec<Option<Self>>> {
        Some(T::values(array)?.into_iter().map(Some).collect())
    }
}

fn nullable<T: Cell>(path: &Path, batch: &RecordBatch, name: &str) -> Result<Vec<Option<T>>> {
    let array = batch.column_by_name(name).with_context(|| {
        format!(
            "{}: column `{name}`: expected {}, found none",
            path.display(),
            T::EXPECTED
        )
    })?;
    T::values(array).with_context(|| {
        format!(
            "{}: column `{name}`: expected {}, found {}",
            path.display(),
            T::EXPECTED,
            array.data_type()
        )
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, LargeStringArray, StringViewArray};

    use super::*;

    #[test]
    fn nulls_are_refused_where_a_value_must_be() {
        let column: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
        let batch = RecordBatch::try_from_iter([("low", column)]).unwrap();
        let path = Path::new("summary.parquet");
        assert_eq!(
            Option::<f64>::column(path, &batch, "low").unwrap(),
            [Some(1.0), None]
        );
        let error = |result: Result<Vec<f64>>| result.unwrap_err().to_string();
        assert_eq!(
            error(f64::column(path, &batch, "low")),
            "summary.parquet: column `low`: expected no nulls, found 1"
        );
        assert_eq!(
            error(f64::column(path, &batch, "high")),
            "summary.parquet: column `high`: expected 64-bit floating-point numbers, found none"
        );
    }

    #[test]
    fn text_is_read_in_all_of_its_layouts() {
        let large: ArrayRef = Arc::new(LargeStringArray::from(vec!["a"]));
        let view: ArrayRef = Arc::new(StringViewArray::from(vec!["b"]));
        let batch = RecordBatch::try_from_iter([("large", large), ("view", view)]).unwrap();
        let path = Path::new("changes.parquet");
        assert_eq!(String::column(path, &batch, "large").unwrap(), ["a"]);
        assert_eq!(String::column(path, &batch, "view").unwrap(), ["b"]);
    }
}
