// Lets tasks write to parts of a slice that interleave.
#![allow(unsafe_code)]

use std::marker::PhantomData;

/// A slice that several tasks write to at once, each at positions of its own.
#[derive(Clone, Copy, Debug)]
pub struct SharedSlice<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: the pointer is that of an exclusively borrowed slice; using it is unsafe and its users
// promise that no two tasks touch the same position.
unsafe impl<T: Send> Send for SharedSlice<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for SharedSlice<'_, T> {}

impl<'a, T> SharedSlice<'a, T> {
    /// Takes over the exclusive right to the slice.
    pub fn new(slice: &'a mut [T]) -> Self {
        Self {
            start: slice.as_mut_ptr(),
            len: slice.len(),
            slice: PhantomData,
        }
    }

    /// The pointer to position `index`, with `count` values from there on.
    ///
    /// # Panics
    /// If they do not lie inside the slice.
    pub fn at(&self, index: usize, count: usize) -> *mut T {
        assert!(
            index <= self.len && count <= self.len - index,
            "positions {index}..{index}+{count} of {}",
            self.len
        );
        self.start.wrapping_add(index)
    }

    /// The values at `index..index + count`.
    ///
    /// # Safety
    /// No other task may use any of them while the result lives.
    pub unsafe fn part(&self, index: usize, count: usize) -> &'a mut [T] {
        // SAFETY: `at` has checked the range; the caller promises that it is not shared.
        unsafe { std::slice::from_raw_parts_mut(self.at(index, count), count) }
    }
}
