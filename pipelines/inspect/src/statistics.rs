//! Statistics of a column, in one line.

use std::collections::BTreeMap;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::DataType;

use crate::cell::short;
use crate::plain::plain;

/// Columns with more distinct texts show only their number.
const MAX_LISTED_TEXTS: usize = 4;

/// Such as "0 to 255, mean 72.94", for lists over all their elements; empty for types and columns
/// without statistics.
pub fn describe(array: &dyn Array) -> String {
    let mut parts = Vec::new();
    if array.null_count() > 0 {
        parts.push(format!("{} null", array.null_count()));
    }
    parts.extend(values(array));
    parts.join(", ")
}

fn values(array: &dyn Array) -> Option<String> {
    match array.data_type() {
        DataType::UInt8 => numbers::<UInt8Type>(array, f64::from),
        DataType::UInt16 => numbers::<UInt16Type>(array, f64::from),
        DataType::UInt32 => numbers::<UInt32Type>(array, f64::from),
        DataType::UInt64 => numbers::<UInt64Type>(array, |value| value as f64),
        DataType::Int8 => numbers::<Int8Type>(array, f64::from),
        DataType::Int16 => numbers::<Int16Type>(array, f64::from),
        DataType::Int32 => numbers::<Int32Type>(array, f64::from),
        DataType::Int64 => numbers::<Int64Type>(array, |value| value as f64),
        DataType::Float32 => numbers::<Float32Type>(array, f64::from),
        DataType::Float64 => numbers::<Float64Type>(array, |value| value),
        DataType::Boolean => {
            let share = array.as_boolean().true_count() as f64 / array.len().max(1) as f64;
            Some(format!("{} true", short(share)))
        }
        DataType::Utf8 => Some(texts(array.as_string::<i32>().iter())),
        DataType::LargeUtf8 => Some(texts(array.as_string::<i64>().iter())),
        DataType::Utf8View => Some(texts(array.as_string_view().iter())),
        DataType::FixedSizeList(..) => values(array.as_fixed_size_list().values()),
        DataType::List(_) => values(array.as_list::<i32>().values()),
        DataType::LargeList(_) => values(array.as_list::<i64>().values()),
        _ => None,
    }
}

fn numbers<T: ArrowPrimitiveType>(
    array: &dyn Array,
    number: impl Fn(T::Native) -> f64,
) -> Option<String> {
    let (mut min, mut max, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0u64);
    for value in array.as_primitive::<T>().iter().flatten() {
        let value = number(value);
        min = min.min(value);
        max = max.max(value);
        sum += value;
        count += 1;
    }
    (count > 0).then(|| {
        format!(
            "{} to {}, mean {}",
            short(min),
            short(max),
            short(sum / count as f64)
        )
    })
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> String {
    let mut counts = BTreeMap::new();
    for text in texts.flatten() {
        *counts.entry(text).or_insert(0u64) += 1;
    }
    if counts.len() > MAX_LISTED_TEXTS {
        return format!("{} distinct values", counts.len());
    }
    let listed: Vec<_> = counts
        .iter()
        .map(|(text, count)| format!("{} {count}", plain(text)))
        .collect();
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use arrow_array::{BooleanArray, Float64Array, StringArray};

    use super::*;

    #[test]
    fn each_kind_of_column_has_its_statistics() {
        let numbers = Float64Array::from(vec![Some(1.0), None, Some(4.0)]);
        assert_eq!(describe(&numbers), "1 null, 1 to 4, mean 2.5");
        let texts = StringArray::from(vec!["train", "test", "train"]);
        assert_eq!(describe(&texts), "test 1, train 2");
        assert_eq!(describe(&BooleanArray::from(vec![true, false])), "0.5 true");
        assert_eq!(describe(&Float64Array::from(Vec::<f64>::new())), "");
    }
}
