//! One value of a table as text.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// Elements of a list that are shown.
const SHOWN: usize = 3;
/// Characters of a text that are shown.
const SHOWN_CHARACTERS: usize = 24;

/// The value of `array` in row `row`; "…" for types that no file of the project has.
pub fn cell(array: &dyn Array, row: usize) -> String {
    fn number<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> String
    where
        T::Native: ToString,
    {
        array.as_primitive::<T>().value(row).to_string()
    }
    if array.is_null(row) {
        return "null".to_owned();
    }
    match array.data_type() {
        DataType::UInt8 => number::<UInt8Type>(array, row),
        DataType::UInt16 => number::<UInt16Type>(array, row),
        DataType::UInt32 => number::<UInt32Type>(array, row),
        DataType::UInt64 => number::<UInt64Type>(array, row),
        DataType::Int8 => number::<Int8Type>(array, row),
        DataType::Int16 => number::<Int16Type>(array, row),
        DataType::Int32 => number::<Int32Type>(array, row),
        DataType::Int64 => number::<Int64Type>(array, row),
        DataType::Float32 => short(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => short(array.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Utf8 => first_characters(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => first_characters(array.as_string::<i64>().value(row)),
        DataType::Utf8View => first_characters(array.as_string_view().value(row)),
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row)),
        DataType::List(_) => list(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row)),
        _ => "…".to_owned(),
    }
}

/// A number with at most five significant digits.
pub fn short(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e6).contains(&magnitude) {
        let digits = 4 - (magnitude.max(1e-3).log10().floor() as i32).clamp(-3, 4);
        let text = format!("{value:.*}", digits as usize);
        if text.contains('.') {
            return text.trim_end_matches('0').trim_end_matches('.').to_owned();
        }
        return text;
    }
    format!("{value:.4e}")
}

fn list(values: &ArrayRef) -> String {
    let mut shown: Vec<_> = (0..values.len().min(SHOWN))
        .map(|row| cell(values, row))
        .collect();
    if values.len() > SHOWN {
        shown.push(format!("… {} in all", values.len()));
    }
    format!("[{}]", shown.join(", "))
}

/// The beginning of a text, without control characters, which could move the terminal's cursor.
fn first_characters(text: &str) -> String {
    let printable = |character: char| {
        if character.is_control() {
            '·'
        } else {
            character
        }
    };
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).map(printable).collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{StringArray, UInt8Array};

    use super::*;

    #[test]
    fn numbers_keep_five_digits() {
        let shown = [0.0, 1.0, 0.1, 254.6, -9.87654, 1_234.567, 1e-7, 2.5e9].map(short);
        assert_eq!(
            shown,
            [
                "0",
                "1",
                "0.1",
                "254.6",
                "-9.8765",
                "1234.6",
                "1.0000e-7",
                "2.5000e9"
            ]
        );
    }

    #[test]
    fn texts_cannot_move_the_cursor() {
        let texts = StringArray::from(vec!["a\u{1b}[2Jb", "abcdefghijklmnopqrstuvwxyz"]);
        assert_eq!(cell(&texts, 0), "a·[2Jb");
        assert_eq!(cell(&texts, 1), "abcdefghijklmnopqrstuvwx…");
    }

    #[test]
    fn long_lists_are_cut() {
        let values: ArrayRef = Arc::new(UInt8Array::from(vec![1, 2, 3, 4]));
        assert_eq!(list(&values), "[1, 2, 3, … 4 in all]");
    }
}
