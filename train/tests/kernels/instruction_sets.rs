use std::process::Command;

use train::kernels::simd::VARIABLE;

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
fn with_avx2_everything_holds_too() {
    // A machine without AVX2 warns and runs with what it has.
    run_with("avx2", &[]);
}

#[test]
fn with_single_values_for_registers_everything_holds_too() {
    // The larger cases take this one too long.
    let filters = [
        "gemm",
        "one_channel",
        "batch_norm",
        "winograd::pooling",
        "winograd::with_a",
    ];
    run_with("scalar", &filters);
}
