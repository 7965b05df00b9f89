//! Registers at the edge of an array.

// Registers are read and written through pointers.
#![allow(unsafe_code)]

use pulp::Simd;

/// Values of a register at most.
pub const LANES: usize = 16;

/// The values from the first cache line on that begins in them: a register's load then touches
/// one line. The same memory always gives the same part.
pub fn from_line(values: &[f32]) -> &[f32] {
    &values[values.as_ptr().align_offset(LINE_BYTES)..]
}

/// As [`from_line`], to be changed.
pub fn from_line_mut(values: &mut [f32]) -> &mut [f32] {
    let start = values.as_ptr().align_offset(LINE_BYTES);
    &mut values[start..]
}

const LINE_BYTES: usize = 64;

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

/// A register of the `count` bytes from `source` on.
///
/// # Safety
/// `count` bytes must lie behind `source`; at most a register's values.
#[inline(always)]
pub unsafe fn load_bytes<S: Simd>(_simd: S, source: *const u8, count: usize) -> S::u32s {
    let mut words = [0u32; LANES];
    // SAFETY: as the caller promises; `words` is as long as a register.
    unsafe {
        for (lane, word) in words.iter_mut().enumerate().take(count) {
            *word = u32::from(*source.add(lane));
        }
        words.as_ptr().cast::<S::u32s>().read_unaligned()
    }
}

/// Writes the first `count` values of a register, each below 256, as bytes.
///
/// # Safety
/// `target` must have room for `count` bytes; at most a register's values.
#[inline(always)]
pub unsafe fn store_bytes<S: Simd>(_simd: S, target: *mut u8, count: usize, value: S::u32s) {
    // What the compiler makes of the loop below takes out one byte after the other.
    #[cfg(target_arch = "x86_64")]
    if count == S::F32_LANES {
        use std::any::TypeId;
        use std::arch::x86_64::{
            __m128i, __m512i, _mm_packus_epi16, _mm_packus_epi32, _mm_storel_epi64,
            _mm_storeu_si128, _mm512_cvtepi32_epi8,
        };

        if TypeId::of::<S>() == TypeId::of::<pulp::x86::V3>() {
            // SAFETY: a `V3` exists only where AVX2 does, and its `u32s` are eight words; the caller
            // promises room for as many bytes.
            unsafe {
                let [low, high]: [__m128i; 2] = std::mem::transmute_copy(&value);
                let halves = _mm_packus_epi32(low, high);
                _mm_storel_epi64(target.cast(), _mm_packus_epi16(halves, halves));
            }
            return;
        }
        if TypeId::of::<S>() == TypeId::of::<pulp::x86::V4>() {
            // SAFETY: as above, with AVX-512 and sixteen words.
            unsafe {
                let words: __m512i = std::mem::transmute_copy(&value);
                _mm_storeu_si128(target.cast(), _mm512_cvtepi32_epi8(words));
            }
            return;
        }
    }
    let mut words = [0u32; LANES];
    // SAFETY: as the caller promises; `words` is as long as a register.
    unsafe {
        words.as_mut_ptr().cast::<S::u32s>().write_unaligned(value);
        for (lane, word) in words.into_iter().enumerate().take(count) {
            *target.add(lane) = word as u8;
        }
    }
}

/// Changes the sign of the channels from `channel` on whose slope is negative; of none without
/// slopes.
#[inline(always)]
pub fn sign_flip<S: Simd>(
    simd: S,
    slope: Option<&[f32]>,
    channel: usize,
    count: usize,
) -> impl Fn(S::f32s) -> S::f32s {
    let sign_bit = match slope {
        None => simd.splat_u32s(0),
        Some(slope) => {
            let slope = &slope[channel..channel + count];
            // SAFETY: `count` values.
            let slope = unsafe { load(simd, slope.as_ptr(), count) };
            let is_negative = simd.less_than_f32s(slope, simd.splat_f32s(0.0));
            simd.select_u32s(is_negative, simd.splat_u32s(1 << 31), simd.splat_u32s(0))
        }
    };
    move |value| {
        let bits = simd.transmute_u32s_f32s(value);
        simd.transmute_f32s_u32s(simd.xor_u32s(bits, sign_bit))
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
