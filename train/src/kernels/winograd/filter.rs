//! Filters to factors and factor gradients to filter gradients.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    Winograd,
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
    /// in `transposed` (points, out, in) if gradients are wanted.
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
                range: task * ROWS * columns..rows.min((task + 1) * ROWS) * columns,
            };
            with_tile!(self, run, filters);
        });
    }

    /// dg = Gᵀ dU G in `dkernel` (3, 3, in, out), from `dfactors` (points, in, out).
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
                range: task * ROWS * outputs..inputs.min((task + 1) * ROWS) * outputs,
            };
            with_tile!(self, run, filters);
        });
    }
}

#[derive(Clone, Copy)]
enum SharedSource<'a> {
    /// Nine planes to one a point.
    Filters(&'a [f32]),
    /// One plane a point to nine.
    Factors(&'a [f32]),
}

/// The positions `range` of every plane.
struct Filters<'a> {
    source: SharedSource<'a>,
    target: SharedSlice<'a, f32>,
    /// Values from plane to plane of the source and of the target.
    planes: [usize; 2],
    range: std::ops::Range<usize>,
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
            planes: [from_plane, to_plane],
            range,
        } = self.filters;
        let lanes = S::F32_LANES;
        for at in range.clone().step_by(lanes) {
            let width = (range.end - at).min(lanes);
            full_or_part!(simd: S, width => {
                let source_planes = match source {
                    SharedSource::Filters(_) => 9,
                    SharedSource::Factors(_) => N * N,
                };
                let (SharedSource::Filters(values) | SharedSource::Factors(values)) = source;
                let last = (source_planes - 1) * from_plane + at;
                let from = values[at..last + width].as_ptr();
                let target_planes = 9 + N * N - source_planes;
                let to = target.at(at, (target_planes - 1) * to_plane + width);
                // SAFETY: `width` values of each plane, the last of which was checked above.
                let get = |plane: usize| unsafe { load(simd, from.add(plane * from_plane), width) };
                // SAFETY: as above; no other task has a range with these positions.
                let put = |plane: usize, value: S::f32s| unsafe {
                    store(simd, to.add(plane * to_plane), width, value);
                };
                match source {
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
