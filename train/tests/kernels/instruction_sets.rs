use std::process::Command;

use train::kernels::simd::{VARIABLE, instruction_set};

/// Runs this program's other tests with another instruction set.
fn run_with(set: &str, filters: &[&str]) {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .env(VARIABLE, set)
        .args(["--skip", "instruction_sets"])
        .args(filters)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "with {set}: {}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn the_kernel_tests_pass_with_avx2() {
    // A machine without AVX2 warns and runs with what it has.
    run_with("avx2", &[]);
}

#[test]
fn the_kernel_tests_pass_with_scalar_code() {
    // The larger cases take this one too long.
    let filters = [
        "gemm",
        "one_channel",
        "batch_norm",
        "winograd::pooling",
        "winograd::with_a",
        "activation",
        "depthwise",
        "global_pool2d",
        "layer_norm",
    ];
    run_with("scalar", &filters);
}

#[test]
fn the_instruction_set_in_use_has_a_name() {
    let name = instruction_set();
    assert!(
        ["avx512", "avx2", "neon", "scalar"].contains(&name),
        "{name}"
    );
}
