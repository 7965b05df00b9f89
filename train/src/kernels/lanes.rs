//! Registers at the edge of an array.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::Simd;

/// Values of a register at most.
pub const LANES: usize = 16;

/// A register of the `count` values from `source` on, zeros after them.
///
/// # Safety
/// `count` values must lie behind `source`; at most a register's.
#[inline(always)]
pub unsafe fn load<S: Simd>(_simd: S, source: *const f32, count: usize) -> S::f32s {
    // SAFETY: as the caller promises; the copy has room for any register.
    unsafe {
        if count == S::F32_LANES {
            source.cast::<S::f32s>().read_unaligned()
        } else {
            let mut values = [0.0f32; LANES];
            values.as_mut_ptr().copy_from_nonoverlapping(source, count);
            values.as_ptr().cast::<S::f32s>().read_unaligned()
        }
    }
}

/// Writes the first `count` values of a register.
///
/// # Safety
/// `target` must have room for `count` values; at most a register's.
#[inline(always)]
pub unsafe fn store<S: Simd>(_simd: S, target: *mut f32, count: usize, value: S::f32s) {
    // SAFETY: as the caller promises; the copy has room for any register.
    unsafe {
        if count == S::F32_LANES {
            target.cast::<S::f32s>().write_unaligned(value);
        } else {
            let mut values = [0.0f32; LANES];
            values.as_mut_ptr().cast::<S::f32s>().write_unaligned(value);
            target.copy_from_nonoverlapping(values.as_ptr(), count);
        }
    }
}

/// Calls `$body` with the constant-folded `$is_full` true when `$count` fills a register, so that
/// the common case has no branches inside.
macro_rules! full_or_part {
    ($simd:ident: $S:ident, $count:ident => $body:expr) => {
        if $count == $S::F32_LANES {
            let $count = $S::F32_LANES;
            $body
        } else {
            $body
        }
    };
}
pub(super) use full_or_part;
