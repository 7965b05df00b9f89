use train::kernels::dense::{DenseShape, backward, forward};

use crate::{
    assert_close::assert_close, finite_difference::assert_slope, numbers::numbers,
    weighted::weighted,
};

#[test]
fn products_and_gradients_are_the_direct_ones() {
    for (batch, inputs, outputs) in [(1, 1, 1), (5, 7, 3), (64, 50, 10), (70, 33, 65)] {
        for relu in [false, true] {
            check(batch, inputs, outputs, relu);
        }
    }
}

fn check(batch: usize, inputs: usize, outputs: usize, relu: bool) {
    let shape = DenseShape {
        batch,
        inputs,
        outputs,
    };
    let x = numbers(1, batch * inputs);
    let kernel = numbers(2, inputs * outputs);
    let bias = numbers(3, outputs);
    let dy = numbers(4, batch * outputs);
    let mut y = vec![f32::NAN; dy.len()];
    forward(&shape, &x, &kernel, &bias, relu, &mut y);
    let mut dx = vec![f32::NAN; x.len()];
    let (mut dkernel, mut dbias) = (vec![f32::NAN; kernel.len()], vec![f32::NAN; outputs]);
    backward(
        &shape,
        &x,
        &kernel,
        relu.then_some(&y),
        &dy,
        Some(&mut dx),
        &mut dkernel,
        &mut dbias,
    );
    let (mut y64, mut dx64) = (vec![0.0; y.len()], vec![0.0; x.len()]);
    let (mut dkernel64, mut dbias64) = (vec![0.0; kernel.len()], vec![0.0; outputs]);
    for row in 0..batch {
        for output in 0..outputs {
            let mut sum = f64::from(bias[output]);
            for input in 0..inputs {
                sum += f64::from(x[row * inputs + input])
                    * f64::from(kernel[input * outputs + output]);
            }
            if relu && sum <= 0.0 {
                continue;
            }
            y64[row * outputs + output] = sum;
            let slope = f64::from(dy[row * outputs + output]);
            dbias64[output] += slope;
            for input in 0..inputs {
                dx64[row * inputs + input] += slope * f64::from(kernel[input * outputs + output]);
                dkernel64[input * outputs + output] += slope * f64::from(x[row * inputs + input]);
            }
        }
    }
    assert_close("y", &y, &y64, 1e-5);
    assert_close("dx", &dx, &dx64, 1e-5);
    assert_close("dkernel", &dkernel, &dkernel64, 1e-5);
    assert_close("dbias", &dbias, &dbias64, 1e-5);
}

#[test]
fn the_gradients_are_the_slopes() {
    let shape = DenseShape {
        batch: 3,
        inputs: 11,
        outputs: 5,
    };
    let (x, kernel, bias) = (numbers(1, 33), numbers(2, 55), numbers(3, 5));
    let weights = numbers(4, 15);
    let mut dx = vec![f32::NAN; 33];
    let (mut dkernel, mut dbias) = (vec![0.0; 55], vec![0.0; 5]);
    backward(
        &shape,
        &x,
        &kernel,
        None,
        &weights,
        Some(&mut dx),
        &mut dkernel,
        &mut dbias,
    );
    let loss = |x: &[f32], kernel: &[f32], bias: &[f32]| {
        let mut y = vec![0.0; 15];
        forward(&shape, x, kernel, bias, false, &mut y);
        weighted(&y, &weights)
    };
    assert_slope("dx", &x, &dx, 1e-2, 1e-4, |x| loss(x, &kernel, &bias));
    assert_slope("dkernel", &kernel, &dkernel, 1e-2, 1e-4, |kernel| {
        loss(&x, kernel, &bias)
    });
    assert_slope("dbias", &bias, &dbias, 1e-2, 1e-4, |bias| {
        loss(&x, &kernel, bias)
    });
}
