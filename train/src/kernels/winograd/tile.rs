//! The transforms of F(m x m, 3 x 3): Winograd, *Arithmetic Complexity of Computations* (1980);
//! Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks* (2016).

use std::marker::PhantomData;

use pulp::Simd;

use crate::kernels::unroll::unroll;

/// The matrices of F(M x M, 3 x 3) with N = M + 2 points: Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A.
#[derive(Clone, Copy, Debug)]
pub struct Matrices<const M: usize, const N: usize> {
    /// Products to outputs, (M, N).
    pub a_transposed: [[f32; N]; M],
    /// Output gradients to products, (N, M).
    pub a: [[f32; M]; N],
    /// Inputs to factors, (N, N).
    pub b_transposed: [[f32; N]; N],
    /// Factor gradients to input gradients, (N, N).
    pub b: [[f32; N]; N],
    /// Filters to factors, (N, 3).
    pub g: [[f32; 3]; N],
    /// Factor gradients to filter gradients, (3, N).
    pub g_transposed: [[f32; N]; 3],
}

/// A choice of M and of points.
pub trait Tile<const M: usize, const N: usize>: Copy + Send + Sync {
    /// Its matrices.
    const MATRICES: Matrices<M, N>;
}

/// F(3 x 3, 3 x 3): one tile makes the 3 x 3 map of a 5 x 5 one.
#[derive(Clone, Copy, Debug)]
pub struct F3;
/// F(4 x 4, 3 x 3).
#[derive(Clone, Copy, Debug)]
pub struct F4;
/// F(5 x 5, 3 x 3): four tiles make 10 x 10, all that 2 x 2 pooling takes from 11 x 11.
#[derive(Clone, Copy, Debug)]
pub struct F5;
/// F(6 x 6, 3 x 3).
#[derive(Clone, Copy, Debug)]
pub struct F6;

// Small points, each with its negative or its inverse, keep the rounding errors small (Barabasz et
// al., *Error Analysis and Improving the Accuracy of Winograd Convolution*, 2020).
impl Tile<3, 5> for F3 {
    const MATRICES: Matrices<3, 5> = Matrices::from_points(&[0.0, 1.0, -1.0, 2.0]);
}
impl Tile<4, 6> for F4 {
    const MATRICES: Matrices<4, 6> = Matrices::from_points(&[0.0, 1.0, -1.0, 0.5, -2.0]);
}
impl Tile<5, 7> for F5 {
    const MATRICES: Matrices<5, 7> = Matrices::from_points(&[0.0, 1.0, -1.0, 2.0, -2.0, 0.5]);
}
impl Tile<6, 8> for F6 {
    const MATRICES: Matrices<6, 8> = Matrices::from_points(&[0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5]);
}

impl<const M: usize, const N: usize> Matrices<M, N> {
    /// Toom and Cook's construction from N - 1 finite points and the one at infinity.
    const fn from_points(points: &[f64]) -> Self {
        assert!(N == M + 2 && points.len() == N - 1);
        let mut matrices = Self {
            a_transposed: [[0.0; N]; M],
            a: [[0.0; M]; N],
            b_transposed: [[0.0; N]; N],
            b: [[0.0; N]; N],
            g: [[0.0; 3]; N],
            g_transposed: [[0.0; N]; 3],
        };
        let mut point = 0;
        while point < N {
            let finite = point < N - 1;
            // The polynomial whose roots are the other finite points, and its value here.
            let mut polynomial = [0.0f64; N];
            polynomial[0] = 1.0;
            let mut value = 1.0;
            let mut other = 0;
            while other < N - 1 {
                if other != point {
                    let mut power = N - 1;
                    while power > 0 {
                        polynomial[power] =
                            polynomial[power - 1] - points[other] * polynomial[power];
                        power -= 1;
                    }
                    polynomial[0] *= -points[other];
                    if finite {
                        value *= points[point] - points[other];
                    }
                }
                other += 1;
            }
            let mut column = 0;
            while column < N {
                matrices.b_transposed[point][column] = polynomial[column] as f32;
                matrices.b[column][point] = polynomial[column] as f32;
                column += 1;
            }
            let mut power = 1.0;
            let mut row = 0;
            while row < M {
                let entry = if finite {
                    power
                } else if row == M - 1 {
                    1.0
                } else {
                    0.0
                };
                matrices.a_transposed[row][point] = entry as f32;
                matrices.a[point][row] = entry as f32;
                if row < 3 {
                    let entry = if finite {
                        power / value
                    } else if row == 2 {
                        1.0
                    } else {
                        0.0
                    };
                    matrices.g[point][row] = entry as f32;
                    matrices.g_transposed[row][point] = entry as f32;
                }
                if finite {
                    power *= points[point];
                }
                row += 1;
            }
            point += 1;
        }
        matrices
    }
}

/// A matrix known at compile time.
pub trait Matrix<const R: usize, const C: usize> {
    /// Its rows.
    const ROWS: [[f32; C]; R];
}

/// `matrix` X `matrix`ᵀ for an X of C x C registers: `load(i, j)` gives X's, `store(i, j, value)`
/// takes the R x R results'.
#[inline(always)]
pub fn transform<S: Simd, A: Matrix<R, C>, const R: usize, const C: usize>(
    simd: S,
    mut load: impl FnMut(usize, usize) -> S::f32s,
    mut store: impl FnMut(usize, usize, S::f32s),
) {
    let zero = simd.splat_f32s(0.0);
    let mut half = [[zero; C]; R];
    #[allow(clippy::needless_range_loop, reason = "a column is no slice of `half`")]
    for column in 0..C {
        let mut values = [zero; C];
        unroll!(row < C, {
            values[row] = load(row, column);
        });
        let products = multiply::<S, A, R, C>(simd, &values);
        unroll!(row < R, {
            half[row][column] = products[row];
        });
    }
    for (row, values) in half.iter().enumerate() {
        let products = multiply::<S, A, R, C>(simd, values);
        unroll!(column < R, {
            store(row, column, products[column]);
        });
    }
}

/// `A` · `values`, without the terms whose coefficient is zero. Written out in full, so that the
/// values stay in registers and the coefficients are constants.
#[inline(always)]
fn multiply<S: Simd, A: Matrix<R, C>, const R: usize, const C: usize>(
    simd: S,
    values: &[S::f32s; C],
) -> [S::f32s; R] {
    let mut products = [simd.splat_f32s(0.0); R];
    unroll!(const I < R, {
        let mut sum = None;
        unroll!(const J < C, {
            let coefficient = const { A::ROWS[I % R][J % C] };
            if coefficient != 0.0 {
                sum = Some(match sum {
                    None if coefficient == 1.0 => values[J],
                    None => simd.mul_f32s(simd.splat_f32s(coefficient), values[J]),
                    Some(sum) if coefficient == 1.0 => simd.add_f32s(sum, values[J]),
                    Some(sum) if coefficient == -1.0 => simd.sub_f32s(sum, values[J]),
                    Some(sum) => simd.mul_add_e_f32s(simd.splat_f32s(coefficient), values[J], sum),
                });
            }
        });
        if let Some(sum) = sum {
            products[I] = sum;
        }
    });
    products
}

macro_rules! matrices {
    ($($(#[$doc:meta])* $name:ident = $field:ident, $rows:tt x $columns:tt;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name<T, const M: usize, const N: usize>(PhantomData<T>);

            impl<T: Tile<M, N>, const M: usize, const N: usize> Matrix<$rows, $columns>
                for $name<T, M, N>
            {
                const ROWS: [[f32; $columns]; $rows] = T::MATRICES.$field;
            }
        )*
    };
}

matrices! {
    /// Bᵀ: inputs to factors.
    InputToFactors = b_transposed, N x N;
    /// B: factor gradients to input gradients.
    FactorsToInput = b, N x N;
    /// Aᵀ: products to outputs.
    ProductsToOutput = a_transposed, M x N;
    /// A: output gradients to product gradients.
    OutputToProducts = a, N x M;
    /// G: filters to factors.
    FilterToFactors = g, N x 3;
    /// Gᵀ: factor gradients to filter gradients.
    FactorsToFilter = g_transposed, 3 x N;
}
