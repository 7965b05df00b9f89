//! The values of tiles at all points: at each a plane of (tiles, channels).

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::Simd;

use super::{
    Winograd,
    line_map::LineMap,
    pad,
    tile::{Matrix, transform},
};

impl Winograd {
    /// Writes what `A` makes of an image's tiles to `planes` of `channels`: those of the `index`th image of a group,
    /// from a line of its map that begins at channel `line`.
    ///
    /// # Safety
    /// The map must hold the C x C values of every tile from its [`Winograd::corner`] on, the group the image, and
    /// `line` must be below `channels`.
    #[inline(always)]
    pub(super) unsafe fn write_planes<S: Simd, A, const N: usize, const C: usize>(
        &self,
        simd: S,
        map: LineMap<'_, S>,
        [index, line]: [usize; 2],
        channels: usize,
        planes: &mut [f32],
    ) where
        A: Matrix<N, C>,
    {
        let plane = self.plane_len(channels);
        assert!(planes.len() >= N * N * plane);
        let planes = planes.as_mut_ptr();
        for tile in 0..self.tiles_of_image() {
            let [down, right] = self.corner(tile);
            let row = index * self.tiles_of_image() + tile;
            for (register, first, _) in LineMap::<S>::registers(channels - line) {
                let target = row * pad(channels) + line + first;
                transform::<S, A, N, C>(
                    simd,
                    // SAFETY: as the caller promises.
                    |i, j| unsafe { map.get(down + i, right + j, register) },
                    // SAFETY: `row` is below the group's tiles and the register's channels are below the padded
                    // ones, so a whole register fits each plane, and all planes fit.
                    |i, j, value| unsafe {
                        let place = planes.add((i * N + j) * plane + target);
                        place.cast::<S::f32s>().write_unaligned(value);
                    },
                );
            }
        }
    }
}
