//! Images of any kind, valid and hostile, through the whole stage.

mod idx;
mod image_folder;
mod look;
mod parquet;
mod picture;
mod project;
