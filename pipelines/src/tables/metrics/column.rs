//! One column of a table.

/// Name, type, unit and meaning of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the file.
    pub name: &'static str,
    /// Its type in the file.
    pub column_type: ColumnType,
    /// Whether values may be missing.
    pub nullable: bool,
    /// Unit of its values; empty for names and truth values.
    pub unit: &'static str,
    /// What it says; of a nullable column also when it is missing.
    pub meaning: &'static str,
}

/// Type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8; polars `String`.
    Text,
    /// 64 bits without sign; polars `UInt64`.
    Integer,
    /// 64 bits; polars `Float64`.
    Number,
    /// polars `Boolean`.
    Truth,
}

impl Column {
    /// The same column with values that may be missing.
    pub(super) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}

const fn column(
    name: &'static str,
    column_type: ColumnType,
    unit: &'static str,
    meaning: &'static str,
) -> Column {
    Column {
        name,
        column_type,
        nullable: false,
        unit,
        meaning,
    }
}

pub(super) const fn text(name: &'static str, meaning: &'static str) -> Column {
    column(name, ColumnType::Text, "", meaning)
}

pub(super) const fn truth(name: &'static str, meaning: &'static str) -> Column {
    column(name, ColumnType::Truth, "", meaning)
}

pub(super) const fn integer(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
) -> Column {
    column(name, ColumnType::Integer, unit, meaning)
}

pub(super) const fn number(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
) -> Column {
    column(name, ColumnType::Number, unit, meaning)
}

pub(super) const fn fraction(name: &'static str, meaning: &'static str) -> Column {
    number(name, "fraction", meaning)
}

/// Model of the row.
pub(super) const MODEL: Column = text("model", "model, by its name in the spec");
/// Seed of the row.
pub(super) const SEED: Column = integer("seed", "seed", "seed that the run was trained from");
/// Split of the row.
pub(super) const SPLIT: Column = text("split", "train, validation or test");
/// Number of images of the row.
pub(super) const IMAGES: Column = integer("n", "images", "number of images");
