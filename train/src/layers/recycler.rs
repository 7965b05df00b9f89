use std::sync::{Arc, Mutex, PoisonError};

/// Buffers that a layer uses again from step to step. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Recycler<T> {
    free: Arc<Mutex<Vec<Vec<T>>>>,
}

impl<T: Copy + Default> Recycler<T> {
    pub(super) fn new() -> Self {
        Self {
            free: Arc::default(),
        }
    }

    /// `len` values; what they hold is left from earlier uses.
    pub(super) fn take(&self, len: usize) -> Vec<T> {
        if len == 0 {
            return Vec::new();
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = free.iter().position(|buffer| buffer.len() == len);
        match fitting {
            Some(index) => free.swap_remove(index),
            None => {
                // Those that are there are of another batch size: one is dropped.
                free.pop();
                vec![T::default(); len]
            }
        }
    }

    /// Gives a buffer back for later use.
    pub(super) fn give(&self, buffer: Vec<T>) {
        if buffer.is_empty() {
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(buffer);
    }
}
