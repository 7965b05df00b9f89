//! 3 x 3 convolution of stride 1 by Winograd's minimal filtering, forward and both gradients.
//!
//! The map is cut into tiles of M x M outputs, which N x N inputs make (N = M + 2). With the
//! matrices of `tile.rs`, U = G g Gᵀ, V = Bᵀ d B and D = A dY Aᵀ, every pass is one matrix product
//! at each of the N² points of a tile:
//!
//! | pass | product | then |
//! |---|---|---|
//! | forward | V (tiles, in) · U (in, out) | Aᵀ · A gives Y |
//! | input gradient | D (tiles, out) · Uᵀ (out, in) | B · Bᵀ, overlapping tiles added, gives dX |
//! | filter gradient | Vᵀ (in, tiles) · D (tiles, out) | Gᵀ · G gives dg |
//!
//! The gradients are the exact adjoints of the forward pass. U is made once a step, D serves both
//! gradients; V is made again for the backward pass, which costs less than to keep it.
//!
//! # Accuracy
//! Rounding errors grow with M. Against f64, with inputs and filters of unit scale, the root mean
//! square error of a result is below 2e-6 of the results' root mean square for M = 3 and 4, and
//! below 5e-6 for M = 5 and 6; no single error is above [`TOLERANCE`]. Direct convolution in f32
//! has 3e-7.

mod backward;
mod filter;
mod forward;
mod gradient_tiles;
mod input_gradient_tiles;
mod input_tiles;
mod line_map;
mod output_tiles;
mod panels;
mod planes;
mod tile;

pub use backward::{Backward, OutputGradient};
pub use forward::{ForwardSink, PoolSink};
pub use input_tiles::Input;

use panels::{Panel, runs};

use super::{
    conv2d::Conv2dShape,
    gemm::{Batch, Gemm, Left, Segments, Start},
    lanes::LANES,
};

/// The largest error of any result or gradient, relative to their root mean square.
pub const TOLERANCE: f64 = 1e-4;

/// How one convolution is cut into tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winograd {
    shape: Conv2dShape,
    /// Outputs that are wanted, from the top left: (height, width).
    wanted: [usize; 2],
    /// M
    outputs_of_tile: usize,
    /// Tiles of an image, down and to the right.
    tiles: [usize; 2],
    /// Images that are added to one sum.
    summed: usize,
    /// Images of a task: those of one sum or of several.
    group: usize,
    /// Groups whose V and D are made before they are summed to filter gradients.
    stage: usize,
}

/// What one task's factors and products may take: most of a core's L2 cache.
const GROUP_BYTES: usize = 1 << 20;

/// Rows that a product with filters that do not fit the L2 cache has at least, if every thread still gets two
/// groups: they are read anew for each group.
const ROWS: usize = 64;

/// What V and D of the images between two sums of filter gradients may take: a part of the L3
/// cache. Filters that take more are read and written anew for each sum, so V and D may take as much.
const STAGE_BYTES: usize = 5 << 20;

impl Winograd {
    /// The cheapest tiling of `shape` when only the outputs `wanted` (height, width; from the top
    /// left) are used, or `None` if it is no 3 x 3 convolution of stride 1.
    pub fn new(shape: Conv2dShape, wanted: [usize; 2]) -> Option<Self> {
        let windows = &shape.windows;
        if windows.size != [3, 3] || windows.stride != [1, 1] || wanted.contains(&0) {
            return None;
        }
        let tiles = |m: usize| wanted.map(|size| size.div_ceil(m));
        let products = |m: usize| tiles(m)[0] * tiles(m)[1] * (m + 2) * (m + 2);
        let m = [3, 4, 5, 6].into_iter().min_by_key(|&m| products(m))?;
        let image_bytes = products(m) * (pad(shape.in_channels) + pad(shape.out_channels)) * 4;
        let filter_bytes = (m + 2) * (m + 2) * shape.in_channels * shape.out_channels * 4;
        let stage_bytes = STAGE_BYTES.max(filter_bytes);
        let summed = 1 << (GROUP_BYTES / image_bytes).clamp(4, 32).ilog2();
        let threads = rayon::current_num_threads();
        let mut group = summed;
        while filter_bytes > GROUP_BYTES
            && group * tiles(m)[0] * tiles(m)[1] < ROWS
            && group * 4 * threads <= windows.batch
        {
            group *= 2;
        }
        Some(Self {
            shape,
            wanted,
            outputs_of_tile: m,
            tiles: tiles(m),
            summed,
            group,
            stage: (stage_bytes / image_bytes / group).max(threads),
        })
    }

    /// Room for the transformed filters, or for their transpose. It must stay where it is between
    /// the functions that use it: they begin at its first cache line.
    pub fn filter_len(&self) -> usize {
        self.points() * self.filter_plane() + LANES
    }

    /// Values between the filters of two points, with a gap so that they do not share cache sets.
    fn filter_plane(&self) -> usize {
        (self.shape.in_channels * self.shape.out_channels).next_multiple_of(LANES) + LANES
    }

    /// Sums of which a sum over the batch is made, each over the same images whatever the number of threads.
    pub fn sums(&self) -> usize {
        self.shape.windows.batch.div_ceil(self.summed)
    }

    /// Groups of images, one a task.
    fn groups(&self) -> usize {
        self.shape.windows.batch.div_ceil(self.group)
    }

    fn points(&self) -> usize {
        (self.outputs_of_tile + 2) * (self.outputs_of_tile + 2)
    }

    fn tiles_of_image(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }

    /// Rows and columns of the inputs of an image's tiles, with all inputs of the image.
    fn input_map(&self) -> [usize; 2] {
        let windows = &self.shape.windows;
        std::array::from_fn(|axis| {
            let of_tiles = self.tiles[axis] * self.outputs_of_tile + 2;
            of_tiles.max(windows.before[axis] + windows.input[axis])
        })
    }

    /// Rows and columns of the outputs of an image's tiles.
    fn output_map(&self) -> [usize; 2] {
        self.tiles.map(|tiles| tiles * self.outputs_of_tile)
    }

    /// The first row and column of the outputs of a tile, and of its inputs in the input map.
    fn corner(&self, tile: usize) -> [usize; 2] {
        [tile / self.tiles[1], tile % self.tiles[1]].map(|place| place * self.outputs_of_tile)
    }

    /// The images of a group.
    fn images(&self, group: usize) -> std::ops::Range<usize> {
        let first = group * self.group;
        first..self.shape.windows.batch.min(first + self.group)
    }

    /// Values between the planes of two points, with a gap so that they do not share cache sets.
    fn plane_len(&self, channels: usize) -> usize {
        self.group * self.tiles_of_image() * pad(channels) + LANES
    }

    fn group_len(&self, channels: usize) -> usize {
        self.points() * self.plane_len(channels)
    }

    /// One group's products with the filters: at each point, (tiles, `from`) times (`from`, `to`).
    fn multiply(
        &self,
        group: usize,
        tiles: &[f32],
        filters: &[f32],
        [from, to]: [usize; 2],
        products: &mut [f32],
    ) {
        let rows = self.images(group).len() * self.tiles_of_image();
        let of_points = Batch {
            count: self.points(),
            a_stride: self.plane_len(from),
            b_stride: self.filter_plane(),
            c_stride: self.plane_len(to),
        };
        let mut multiply = |point: usize, panel: Panel, batch: Batch| {
            Gemm {
                shape: (rows, panel.width, from),
                a: Left::rows(&tiles[point * of_points.a_stride..], pad(from)),
                b: &filters[point * of_points.b_stride + panel.start..],
                b_stride: panel.width,
                c: &mut products[point * of_points.c_stride + panel.column..],
                c_stride: pad(to),
                segments: Segments::ONE,
                start: Start::Zero,
                batch,
                relu: false,
            }
            .run();
        };
        let mut runs = runs([from, to]);
        match (runs.next(), runs.next()) {
            // Small products follow each other without a call between them.
            (Some((panel, 1)), None) => multiply(0, panel, of_points),
            // The tiles of a point stay in the cache while they meet one panel after another.
            (first, second) => {
                for point in 0..self.points() {
                    for (panel, count) in first.into_iter().chain(second) {
                        let of_panels = Batch {
                            count,
                            a_stride: 0,
                            b_stride: from * panel.width,
                            c_stride: panel.width,
                        };
                        multiply(point, panel, of_panels);
                    }
                }
            }
        }
    }
}

/// `channels` in whole registers: a plane's rows are padded to them.
fn pad(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// Calls `$body` with `$tile`, `M` and `N` of a tiling.
macro_rules! with_tile {
    ($winograd:expr, $call:ident, $operation:expr) => {{
        use $crate::kernels::winograd::tile::{F3, F4, F5, F6};
        match $winograd.outputs_of_tile {
            3 => $operation.$call::<F3, 3, 5>(),
            4 => $operation.$call::<F4, 4, 6>(),
            5 => $operation.$call::<F5, 5, 7>(),
            _ => $operation.$call::<F6, 6, 8>(),
        }
    }};
}
use with_tile;
