//! What Atelier writes, read by the programs that people use.
//!
//! Most tests run a script beside them in Python; `install` sets that up.

mod bmp;
mod datasets;
mod documentation;
mod onnx;
mod predict;
#[path = "../reliability/project.rs"]
#[expect(dead_code, reason = "the tests of reliability use all of it")]
mod project;
mod python;
mod tensorboard;
mod tool;
