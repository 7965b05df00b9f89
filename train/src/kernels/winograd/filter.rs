//! Filters to factors and factor gradients to filter gradients.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    Winograd,
    panels::panels,
    tile::{FactorsToFilter, FilterToFactors, Tile, transform},
    with_tile,
};
use crate::kernels::{
    lanes::{from_line, from_line_mut, full_or_part, load, store},
    scratch::with_scratch,
    shared_slice::SharedSlice,
    simd::arch,
    transpose::transpose,
};

/// Input channels of a task.
const ROWS: usize = 16;

impl Winograd {
    /// U = G g Gᵀ in `factors` (points, in, out), from `kernel` (3, 3, in, out), and its transpose
    /// in `transposed` (points, out, in) if gradients are wanted; each point's matrix in panels.
    pub fn transform_filters(
        &self,
        kernel: &[f32],
        factors: &mut [f32],
        transposed: Option<&mut [f32]>,
    ) {
        let (inputs, outputs) = (self.shape.in_channels, self.shape.out_channels);
        assert_eq!(kernel.len(), 9 * inputs * outputs);
        self.filters(kernel, [inputs, outputs], factors);
        if let Some(transposed) = transposed {
            with_scratch(kernel.len(), |kernel_transposed| {
                let area = inputs * outputs;
                kernel_transposed
                    .chunks_mut(area)
                    .zip(kernel.chunks(area))
                    .for_each(|(target, source)| transpose(source, inputs, outputs, target));
                self.filters(kernel_transposed, [outputs, inputs], transposed);
            });
        }
    }

    fn filters(&self, kernel: &[f32], [rows, columns]: [usize; 2], factors: &mut [f32]) {
        assert_eq!(factors.len(), self.filter_len());
        let factors = SharedSlice::new(from_line_mut(factors));
        (0..rows.div_ceil(ROWS)).into_par_iter().for_each(|task| {
            let filters = Filters {
                source: SharedSource::Filters(kernel),
                target: factors,
                planes: [rows * columns, self.filter_plane()],
                matrix: [rows, columns],
                rows: task * ROWS..rows.min((task + 1) * ROWS),
            };
            with_tile!(self, run, filters);
        });
    }

    /// dg = Gᵀ dU G in `dkernel` (3, 3, in, out), from `dfactors` (points, in, out), whose matrices are
    /// in panels.
    pub(super) fn transform_filter_gradients(&self, dfactors: &[f32], dkernel: &mut [f32]) {
        let (inputs, outputs) = (self.shape.in_channels, self.shape.out_channels);
        assert_eq!(dkernel.len(), 9 * inputs * outputs);
        assert_eq!(dfactors.len(), self.filter_len());
        let dfactors = from_line(dfactors);
        let dkernel = SharedSlice::new(dkernel);
        (0..inputs.div_ceil(ROWS)).into_par_iter().for_each(|task| {
            let filters = Filters {
                source: SharedSource::Factors(dfactors),
                target: dkernel,
                planes: [self.filter_plane(), inputs * outputs],
                matrix: [inputs, outputs],
                rows: task * ROWS..inputs.min((task + 1) * ROWS),
            };
            with_tile!(self, run, filters);
        });
    }
}

#[derive(Clone, Copy)]
enum SharedSource<'a> {
    /// Nine row-major planes to one in panels a point.
    Filters(&'a [f32]),
    /// One plane in panels a point to nine row-major ones.
    Factors(&'a [f32]),
}

/// Some rows of every plane.
struct Filters<'a> {
    source: SharedSource<'a>,
    target: SharedSlice<'a, f32>,
    /// Values from plane to plane of the source and of the target.
    planes: [usize; 2],
    /// Rows and columns of a plane.
    matrix: [usize; 2],
    rows: std::ops::Range<usize>,
}

impl Filters<'_> {
    fn run<T: Tile<M, N>, const M: usize, const N: usize>(self) {
        arch().dispatch(TileFilters::<T, M, N> {
            filters: self,
            tile: PhantomData,
        });
    }
}

struct TileFilters<'a, T, const M: usize, const N: usize> {
    filters: Filters<'a>,
    tile: PhantomData<T>,
}

impl<T: Tile<M, N>, const M: usize, const N: usize> WithSimd for TileFilters<'_, T, M, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Filters {
            source,
            target,
            planes,
            matrix,
            rows,
        } = self.filters;
        let [_, columns] = matrix;
        for panel in panels(matrix) {
            // A panel of all columns is row-major, and its rows are one run of values.
            let (runs, len) = match panel.width == columns {
                true => (rows.start..rows.start + 1, rows.len() * columns),
                false => (rows.clone(), panel.width),
            };
            for row in runs {
                let plain = row * columns + panel.column;
                let in_panel = panel.start + row * panel.width;
                let starts = match source {
                    SharedSource::Filters(_) => [plain, in_panel],
                    SharedSource::Factors(_) => [in_panel, plain],
                };
                let run = Run {
                    source,
                    target,
                    planes,
                    starts,
                    len,
                };
                // SAFETY: these are positions of `rows`, which no other task has.
                unsafe { run.transform::<S, T, M, N>(simd) };
            }
        }
    }
}

/// Values that lie one after another in every plane.
struct Run<'a> {
    source: SharedSource<'a>,
    target: SharedSlice<'a, f32>,
    planes: [usize; 2],
    /// Where they begin in a plane of the source and of the target.
    starts: [usize; 2],
    len: usize,
}

impl Run<'_> {
    /// # Safety
    /// No other task may write to the same positions at the same time.
    #[inline(always)]
    unsafe fn transform<S: Simd, T: Tile<M, N>, const M: usize, const N: usize>(self, simd: S) {
        let [from_plane, to_plane] = self.planes;
        let (source_planes, values) = match self.source {
            SharedSource::Filters(values) => (9, values),
            SharedSource::Factors(values) => (N * N, values),
        };
        let target_planes = 9 + N * N - source_planes;
        for at in (0..self.len).step_by(S::F32_LANES) {
            let width = (self.len - at).min(S::F32_LANES);
            let [from, to] = self.starts.map(|start| start + at);
            full_or_part!(simd: S, width => {
                let last = (source_planes - 1) * from_plane + from;
                let from = values[from..last + width].as_ptr();
                let to = self.target.at(to, (target_planes - 1) * to_plane + width);
                // SAFETY: `width` values of each plane, the last of which was checked above.
                let get = |plane: usize| unsafe { load(simd, from.add(plane * from_plane), width) };
                // SAFETY: as above; the caller promises that no other task writes there.
                let put = |plane: usize, value: S::f32s| unsafe {
                    store(simd, to.add(plane * to_plane), width, value);
                };
                match self.source {
                    SharedSource::Filters(_) => {
                        transform::<S, FilterToFactors<T, M, N>, N, 3>(
                            simd,
                            |i, j| get(i * 3 + j),
                            |i, j, value| put(i * N + j, value),
                        );
                    }
                    SharedSource::Factors(_) => {
                        transform::<S, FactorsToFilter<T, M, N>, 3, N>(
                            simd,
                            |i, j| get(i * N + j),
                            |i, j, value| put(i * 3 + j, value),
                        );
                    }
                }
            });
        }
    }
}
