use train::kernels::conv2d::Conv2dShape;

/// What a convolution and its gradients should be, in f64 and straight from the definition.
pub struct DirectConv2d {
    pub y: Vec<f64>,
    pub dx: Vec<f64>,
    pub dkernel: Vec<f64>,
    pub dbias: Vec<f64>,
}

pub fn conv2d(
    shape: &Conv2dShape,
    x: &[f32],
    kernel: &[f32],
    bias: &[f32],
    relu: bool,
    dy: &[f32],
) -> DirectConv2d {
    let (windows, inputs, outputs) = (&shape.windows, shape.in_channels, shape.out_channels);
    let mut direct = DirectConv2d {
        y: vec![0.0; shape.output_len()],
        dx: vec![0.0; shape.input_len()],
        dkernel: vec![0.0; shape.kernel_len()],
        dbias: vec![0.0; outputs],
    };
    let mut taps = Vec::new();
    for image in 0..windows.batch {
        for row in 0..windows.output[0] {
            for column in 0..windows.output[1] {
                let position = row * windows.output[1] + column;
                let at = (image * windows.output_area() + position) * outputs;
                taps.clear();
                for place in 0..windows.window_area() {
                    let (down, right) = (place / windows.size[1], place % windows.size[1]);
                    if let Some(from) = windows.position([row, column], down, right) {
                        taps.push((place, image * windows.input_area() + from));
                    }
                }
                for output in 0..outputs {
                    let mut sum = f64::from(bias[output]);
                    for &(place, from) in &taps {
                        for input in 0..inputs {
                            sum += f64::from(x[from * inputs + input])
                                * f64::from(kernel[(place * inputs + input) * outputs + output]);
                        }
                    }
                    if relu && sum <= 0.0 {
                        continue;
                    }
                    direct.y[at + output] = sum;
                    let slope = f64::from(dy[at + output]);
                    direct.dbias[output] += slope;
                    for &(place, from) in &taps {
                        for input in 0..inputs {
                            let weight = (place * inputs + input) * outputs + output;
                            direct.dx[from * inputs + input] += slope * f64::from(kernel[weight]);
                            direct.dkernel[weight] += slope * f64::from(x[from * inputs + input]);
                        }
                    }
                }
            }
        }
    }
    direct
}
