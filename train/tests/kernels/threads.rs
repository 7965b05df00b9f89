use train::kernels::{
    batch_norm,
    conv2d::{Conv2dShape, backward, forward},
    dense::{self, DenseShape},
    threads::build_pool,
    window::{Padding, Windows},
};

use crate::numbers::numbers;

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let one = build_pool(1).unwrap().install(everything);
    for threads in [2, 3, 7] {
        let many = build_pool(threads).unwrap().install(everything);
        assert!(one == many, "{threads} threads differ from one");
    }
}

fn everything() -> Vec<Vec<u32>> {
    let mut results = Vec::new();
    let shape = Conv2dShape {
        windows: Windows::new(37, [13, 13], [3, 3], [1, 1], Padding::Valid).unwrap(),
        in_channels: 5,
        out_channels: 18,
    };
    let (x, kernel) = (
        numbers(1, shape.input_len()),
        numbers(2, shape.kernel_len()),
    );
    let (bias, dy) = (numbers(3, 18), numbers(4, shape.output_len()));
    let mut y = vec![0.0; dy.len()];
    forward(&shape, &x, &kernel, &bias, true, &mut y);
    let mut dx = vec![f32::NAN; x.len()];
    let (mut dkernel, mut dbias) = (vec![0.0; kernel.len()], vec![0.0; 18]);
    backward(
        &shape,
        &x,
        &kernel,
        Some(&y),
        &dy,
        Some(&mut dx),
        &mut dkernel,
        &mut dbias,
    );
    let statistics = batch_norm::statistics(18, &y);
    results.extend([y, dx, dkernel, dbias, statistics.mean, statistics.variance]);

    let shape = DenseShape {
        batch: 67,
        inputs: 130,
        outputs: 40,
    };
    let (x, kernel) = (numbers(5, 67 * 130), numbers(6, 130 * 40));
    let dy = numbers(7, 67 * 40);
    let mut y = vec![0.0; dy.len()];
    dense::forward(&shape, &x, &kernel, &dy[..40], true, &mut y);
    let mut dx = vec![f32::NAN; x.len()];
    let (mut dkernel, mut dbias) = (vec![0.0; kernel.len()], vec![0.0; 40]);
    dense::backward(
        &shape,
        &x,
        &kernel,
        Some(&y),
        &dy,
        Some(&mut dx),
        &mut dkernel,
        &mut dbias,
    );
    results.extend([y, dx, dkernel, dbias]);
    results
        .into_iter()
        .map(|values| values.into_iter().map(f32::to_bits).collect())
        .collect()
}
