//! Matrices in panels of columns.

use crate::kernels::gemm::columns_in_registers;
use crate::kernels::lanes::LANES;

/// Some columns of a matrix of (rows, columns), as many as a product holds in registers at once. Their rows lie
/// one after another, and the panels of a matrix do, so that a product reads a panel from one end to the other.
/// In a row-major matrix of 256 columns it would read 64 or 256 bytes of every KiB, and with large filters wait for
/// each: nothing foresees such jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panel {
    /// Where its first row begins in the matrix.
    pub(super) start: usize,
    /// Its first column.
    pub(super) column: usize,
    /// Its columns, which is also the way from row to row.
    pub(super) width: usize,
}

/// The panels of a matrix of (`rows`, `columns`).
pub(super) fn panels([rows, columns]: [usize; 2]) -> impl Iterator<Item = Panel> {
    // Scalar code holds two columns; panels of two would be many small products.
    let width = columns_in_registers().max(LANES);
    (0..columns).step_by(width).map(move |column| Panel {
        start: rows * column,
        column,
        width: width.min(columns - column),
    })
}

/// The panels of a matrix of (`rows`, `columns`) as runs of equal width: the first panel of each and how many
/// follow each other.
pub(super) fn runs([rows, columns]: [usize; 2]) -> impl Iterator<Item = (Panel, usize)> {
    let mut all = panels([rows, columns]);
    let whole = all.next().map(|first| (first, columns / first.width));
    let narrower = whole.and_then(|(_, count)| all.nth(count - 1));
    whole.into_iter().chain(narrower.map(|last| (last, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_cover_a_matrix_without_gaps() {
        for (rows, columns) in [(3, 10), (7, 64), (5, 65), (2, 200)] {
            let (mut start, mut column) = (0, 0);
            for panel in panels([rows, columns]) {
                assert_eq!((panel.start, panel.column), (start, column));
                start += rows * panel.width;
                column += panel.width;
            }
            assert_eq!((start, column), (rows * columns, columns));
        }
    }

    #[test]
    fn runs_hold_every_panel_once() {
        for (rows, columns) in [(3, 10), (7, 64), (5, 65), (2, 200)] {
            let of_runs: Vec<Panel> = runs([rows, columns])
                .flat_map(|(first, count)| {
                    (0..count).map(move |index| Panel {
                        start: first.start + index * rows * first.width,
                        column: first.column + index * first.width,
                        width: first.width,
                    })
                })
                .collect();
            assert_eq!(of_runs, panels([rows, columns]).collect::<Vec<_>>());
        }
    }
}
