//! The map of an image in scratch, some channels at a time.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::{marker::PhantomData, ops::Range};

use pulp::Simd;

use crate::kernels::lanes::LANES;

/// Values of scratch that a [`LineMap`] of `rows` x `columns` needs at most.
pub(super) fn line_map_len([rows, columns]: [usize; 2]) -> usize {
    rows * row_len(columns) * LANES
}

/// Positions from one row to the next: an odd number, so that rows do not share cache sets.
#[inline(always)]
fn row_len(columns: usize) -> usize {
    columns | 1
}

/// A map in scratch, (rows, columns, [`LineMap::CHANNELS`]): of all channels as many as fill a cache line, in at
/// most two registers. Tiles read and write whole lines, whose neighbours are near.
#[derive(Clone, Copy)]
pub(super) struct LineMap<'a, S: Simd> {
    start: *mut S::f32s,
    /// (rows, columns)
    size: [usize; 2],
    scratch: PhantomData<&'a mut [f32]>,
}

impl<'a, S: Simd> LineMap<'a, S> {
    /// Registers at a position.
    pub(super) const REGISTERS: usize = if S::F32_LANES < LANES { 2 } else { 1 };

    /// Channels at a position.
    pub(super) const CHANNELS: usize = Self::REGISTERS * S::F32_LANES;

    /// A map of (rows, columns) `size` in `scratch`.
    ///
    /// # Panics
    /// If it does not fit.
    pub(super) fn new(scratch: &'a mut [f32], size: [usize; 2]) -> Self {
        assert!(scratch.len() >= line_map_len(size));
        Self {
            start: scratch.as_mut_ptr().cast(),
            size,
            scratch: PhantomData,
        }
    }

    /// The registers of a line when `channels` are left from its first one on: the number of each, its first
    /// channel counted from the line's, and how many it holds.
    #[inline(always)]
    pub(super) fn registers(channels: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..Self::REGISTERS).map_while(move |register| {
            let first = register * S::F32_LANES;
            (first < channels).then(|| (register, first, (channels - first).min(S::F32_LANES)))
        })
    }

    /// Zeros at all positions outside of `kept` rows and columns.
    #[inline(always)]
    pub(super) fn zero_around(&self, simd: S, kept: [Range<usize>; 2]) {
        let [rows, columns] = self.size;
        let zeros = |row: usize, columns: Range<usize>| {
            for column in columns {
                for register in 0..Self::REGISTERS {
                    // SAFETY: a position of the map.
                    unsafe { self.put(row, column, register, simd.splat_f32s(0.0)) };
                }
            }
        };
        for row in 0..rows {
            if kept[0].contains(&row) {
                zeros(row, 0..kept[1].start.min(columns));
                zeros(row, kept[1].end..columns);
            } else {
                zeros(row, 0..columns);
            }
        }
    }

    /// # Safety
    /// (`row`, `column`) must be a position of the map, and `register` one of it.
    #[inline(always)]
    pub(super) unsafe fn get(&self, row: usize, column: usize, register: usize) -> S::f32s {
        // SAFETY: as the caller promises.
        unsafe { self.at(row, column, register).read_unaligned() }
    }

    /// # Safety
    /// As [`LineMap::get`].
    #[inline(always)]
    pub(super) unsafe fn put(&self, row: usize, column: usize, register: usize, value: S::f32s) {
        // SAFETY: as the caller promises.
        unsafe { self.at(row, column, register).write_unaligned(value) }
    }

    /// # Safety
    /// As [`LineMap::get`].
    #[inline(always)]
    unsafe fn at(&self, row: usize, column: usize, register: usize) -> *mut S::f32s {
        let position = row * row_len(self.size[1]) + column;
        // SAFETY: as the caller promises.
        unsafe { self.start.add(position * Self::REGISTERS + register) }
    }
}
