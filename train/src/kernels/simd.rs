//! The instruction set that the kernels use.

use std::sync::OnceLock;

use pulp::Arch;

/// Names the environment variable that asks for another instruction set than the best one:
/// `avx512`, `avx2`, `neon`, `scalar`. Results are the same bytes on all machines that use the same set.
pub const VARIABLE: &str = "ATELIER_SIMD";

/// The best instruction set that this machine has, or the one that is asked for.
///
/// It runs closures, too, but the compiler does not inline a long one into the function that may use the
/// instruction set. What is longer than a loop over a few operations implements [`pulp::WithSimd`], with
/// `#[inline(always)]`.
pub fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(|| match std::env::var(VARIABLE) {
        Err(_) => Arch::new(),
        Ok(name) => named(&name).unwrap_or_else(|| {
            tracing::warn!(
                "this machine has no instruction set {name:?}, which {VARIABLE} asks for; \
                 expected avx512, avx2, neon or scalar"
            );
            Arch::new()
        }),
    })
}

/// The name of the instruction set in use: `avx512`, `avx2`, `neon` or `scalar`.
pub fn instruction_set() -> &'static str {
    match arch() {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(_) => "avx512",
        #[cfg(target_arch = "x86_64")]
        Arch::V3(_) => "avx2",
        #[cfg(target_arch = "aarch64")]
        Arch::Neon(_) => "neon",
        _ => "scalar",
    }
}

fn named(name: &str) -> Option<Arch> {
    match name {
        "scalar" => Some(Arch::Scalar),
        #[cfg(target_arch = "x86_64")]
        "avx512" => pulp::x86::V4::try_new().map(Arch::V4),
        #[cfg(target_arch = "x86_64")]
        "avx2" => pulp::x86::V3::try_new().map(Arch::V3),
        #[cfg(target_arch = "aarch64")]
        "neon" => pulp::aarch64::Neon::try_new().map(Arch::Neon),
        _ => None,
    }
}
