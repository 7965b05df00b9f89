//! Trains one model from one seed on dfdx.

pub mod kernels;
pub mod layers;
