//! The Parquet tables that the stages exchange: their columns, and how they are written and read.

pub mod metrics;
pub mod split;

#[cfg(feature = "stage")]
pub mod background;
#[cfg(feature = "stage")]
pub mod catch_panic;
#[cfg(feature = "stage")]
mod checked_pages;
#[cfg(feature = "stage")]
pub mod duplicates;
#[cfg(feature = "stage")]
pub mod encoded_images;
#[cfg(feature = "stage")]
pub mod history;
#[cfg(feature = "stage")]
pub mod image_column;
#[cfg(feature = "stage")]
pub mod images;
#[cfg(feature = "stage")]
pub mod images_reader;
#[cfg(feature = "stage")]
pub mod images_writer;
#[cfg(feature = "stage")]
pub mod overview;
#[cfg(feature = "stage")]
pub mod parquet_file;
#[cfg(feature = "stage")]
pub mod parquet_limits;
#[cfg(feature = "stage")]
pub mod parquet_source;
#[cfg(feature = "stage")]
pub mod parquet_writer;
#[cfg(feature = "stage")]
pub mod pixel_file;
#[cfg(feature = "stage")]
pub mod predictions;
#[cfg(feature = "stage")]
mod records;
#[cfg(feature = "stage")]
mod row_columns;
