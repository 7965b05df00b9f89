//! exp, erf and tanh from sums and products alone, so that the compiler makes vector code of them and
//! every instruction set gives the same bytes.

/// e^x to 1e-7 relative, for x clamped to -87..=88; NaN stays NaN.
///
/// Cephes's `expf`: 2^n times a polynomial of the rest, with log 2 in two parts.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding and taking away 1.5 * 2^23 rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = clamp(x, -87.0, 88.0);
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let rest = x - n * LN_2_HIGH - n * LN_2_LOW;
    let polynomial = polynomial(
        rest,
        [
            0.5,
            1.666_666_5e-1,
            4.166_579_6e-2,
            8.333_452e-3,
            1.398_2e-3,
            1.987_569_1e-4,
        ],
    );
    let of_rest = polynomial * rest * rest + rest + 1.0;
    // The lowest bits of the shifted sum are n.
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    of_rest * f32::from_bits(exponent.wrapping_add(127) << 23)
}

/// The error function to 4e-7: Eigen's rational approximation `erf` of Eigen 3.4.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let x = clamp(x, -4.0, 4.0);
    let square = x * x;
    let above = polynomial(
        square,
        [
            -1.609_603_3e-2,
            -2.954_6e-3,
            -7.349_906e-4,
            -5.692_506_5e-5,
            -2.101_024e-6,
            2.770_681_5e-8,
            -2.726_142_3e-10,
        ],
    );
    let below = polynomial(
        square,
        [
            -1.426_473_9e-2,
            -7.373_329_2e-3,
            -1.682_827e-3,
            -2.133_740_5e-4,
            -1.456_607_2e-5,
        ],
    );
    x * above / below
}

/// The hyperbolic tangent to 3e-7 relative: Eigen's rational approximation `tanh` of Eigen 3.4.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let x = clamp(x, -7.905_311, 7.905_311);
    let square = x * x;
    let above = polynomial(
        square,
        [
            4.893_524_6e-3,
            6.372_619_3e-4,
            1.485_722_4e-5,
            5.122_297e-8,
            -8.604_672e-11,
            2.000_188e-13,
            -2.760_768_5e-16,
        ],
    );
    let below = polynomial(
        square,
        [4.893_525e-3, 2.268_434_6e-3, 1.185_347_1e-4, 1.198_258_4e-6],
    );
    x * above / below
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// e^x - 1 for x of at most 0, also where it is nearly 0.
#[inline(always)]
pub fn exp_minus_1(x: f32) -> f32 {
    // Without the difference of two nearly equal numbers.
    let half = tanh(0.5 * x);
    2.0 * half / (1.0 - half)
}

/// The density of the normal distribution.
#[inline(always)]
pub fn normal_density(x: f32) -> f32 {
    const INVERSE_ROOT_OF_2_PI: f32 = 0.398_942_3;
    INVERSE_ROOT_OF_2_PI * exp(-0.5 * x * x)
}

/// The distribution function of the normal distribution.
#[inline(always)]
pub fn normal_distribution(x: f32) -> f32 {
    0.5 + 0.5 * erf(x * std::f32::consts::FRAC_1_SQRT_2)
}

/// NaN stays NaN.
#[inline(always)]
fn clamp(x: f32, least: f32, most: f32) -> f32 {
    let x = if x < least { least } else { x };
    if x > most { most } else { x }
}

/// Horner's rule, the constant first.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = 0.0;
    for coefficient in coefficients.into_iter().rev() {
        sum = sum * x + coefficient;
    }
    sum
}
