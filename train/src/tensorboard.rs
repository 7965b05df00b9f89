//! The event file of a training, which TensorBoard shows while the training runs.
//!
//! It lies beside the history, and is flushed after each epoch. What is in it: loss and accuracy of the
//! training and validation rows, learning rate and images a second of each epoch; the spec as text; the
//! settings of the model for the tab HParams, with figures of the last epoch; on request histograms of
//! weights and gradients. Test figures are not in it: TensorBoard sorts runs by them, and choices are made
//! on validation rows.
//!
//! [`EventFile`] is what a training writes to. A file is a list of framed records ([`record`]), each an
//! [`event::Event`]; the protocol buffers in [`event`] are those that TensorBoard reads.

pub mod event;
mod event_file;
mod histogram;
mod hparams;
pub mod record;

pub use event_file::EventFile;
pub use histogram::histogram;
