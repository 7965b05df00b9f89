//! A table and the type of its rows.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// File name without extension.
    pub name: &'static str,
    /// What a row is, in one sentence.
    pub about: &'static str,
    /// The columns, in the file's order.
    pub columns: &'static [Column],
}

/// Name, unit and meaning of a column; its type is that of the row type's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the file.
    pub name: &'static str,
    /// Unit of its values; empty for names and booleans.
    pub unit: &'static str,
    /// What it says; of a nullable column also when it is missing.
    pub meaning: &'static str,
}

/// A row of a table, with one field for each column: `String`, `u64`, `f64` or `bool`, or an `Option`
/// of these where values may be missing.
pub trait Row: Serialize + DeserializeOwned {
    /// The table.
    const TABLE: Table;
}

impl Table {
    /// `<name>.parquet`
    pub fn parquet_file(&self) -> String {
        format!("{}.parquet", self.name)
    }

    /// `<name>.csv`
    pub fn csv_file(&self) -> String {
        format!("{}.csv", self.name)
    }
}

/// Declares tables: a constant, the file's name, what a row is, and the row type with the type, unit
/// and meaning of each column.
macro_rules! tables {
    ($(
        $table:ident $file:literal: $about:literal
        $row:ident { $($column:ident: $type:ty, $unit:literal, $meaning:literal;)* }
    )*) => {$(
        #[doc = $about]
        pub const $table: $crate::tables::metrics::Table = $crate::tables::metrics::Table {
            name: $file,
            about: $about,
            columns: &[$($crate::tables::metrics::Column {
                name: stringify!($column),
                unit: $unit,
                meaning: $meaning,
            }),*],
        };

        #[doc = concat!("A row of [`", stringify!($table), "`]: ", $about)]
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $row {
            $(#[doc = $meaning] pub $column: $type,)*
        }

        impl $crate::tables::metrics::Row for $row {
            const TABLE: $crate::tables::metrics::Table = $table;
        }
    )*};
}

pub(super) use tables;
