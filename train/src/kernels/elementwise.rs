//! Sums and means of arrays, value by value.

use std::marker::PhantomData;

use pipelines::spec::Activation;
use rayon::prelude::*;

use super::activation::{Function, Slopes, Values, WithFunction, with_function};
use super::simd::arch;

/// Values of a task.
const TASK_LEN: usize = 16_384;

/// y = `activation`(a + b), all of one length.
pub fn add(activation: Activation, a: &[f32], b: &[f32], y: &mut [f32]) {
    assert_eq!(a.len(), y.len());
    assert_eq!(b.len(), y.len());
    with_function(activation, Add { a, b, y });
}

struct Add<'a> {
    a: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
}

impl WithFunction for Add<'_> {
    fn run<F: Function>(self) {
        self.y
            .par_chunks_mut(TASK_LEN)
            .zip(self.a.par_chunks(TASK_LEN))
            .zip(self.b.par_chunks(TASK_LEN))
            .for_each(|((y, a), b)| {
                arch().dispatch(Values {
                    x: sums(a, b),
                    y,
                    function: PhantomData::<F>,
                });
            });
    }
}

/// a + b, value by value.
fn sums<'a>(a: &'a [f32], b: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
    a.iter().zip(b).map(|(a, b)| a + b)
}

/// Writes the gradient of a and b in [`add`], which is the same for both; an empty one is not
/// wanted.
pub fn add_backward(
    activation: Activation,
    [a, b]: [&[f32]; 2],
    dy: &[f32],
    gradients: [&mut [f32]; 2],
) {
    assert_eq!(a.len(), dy.len());
    assert_eq!(b.len(), dy.len());
    let mut wanted = gradients.into_iter().filter(|wanted| !wanted.is_empty());
    let Some(first) = wanted.next() else {
        return;
    };
    let second = wanted.next();
    assert_eq!(first.len(), dy.len());
    assert!(
        second
            .as_ref()
            .is_none_or(|second| second.len() == dy.len())
    );
    with_function(
        activation,
        AddBackward {
            operands: [a, b],
            dy,
            first,
            second,
        },
    );
}

struct AddBackward<'a> {
    operands: [&'a [f32]; 2],
    dy: &'a [f32],
    first: &'a mut [f32],
    second: Option<&'a mut [f32]>,
}

impl WithFunction for AddBackward<'_> {
    fn run<F: Function>(self) {
        let [a, b] = self.operands.map(|operand| operand.par_chunks(TASK_LEN));
        let written = self.first.par_chunks_mut(TASK_LEN);
        let read = a.zip(b).zip(self.dy.par_chunks(TASK_LEN));
        let write = |gradient: &mut [f32], ((a, b), dy): ((&[f32], &[f32]), &[f32])| {
            arch().dispatch(Slopes {
                x: sums(a, b),
                dy,
                dx: gradient,
                function: PhantomData::<F>,
            });
        };
        match self.second {
            None => written
                .zip(read)
                .for_each(|(first, read)| write(first, read)),
            Some(second) => written
                .zip(second.par_chunks_mut(TASK_LEN))
                .zip(read)
                .for_each(|((first, second), read)| {
                    write(first, read);
                    second.copy_from_slice(first);
                }),
        }
    }
}

/// y += x, of one length.
pub fn add_to(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    y.par_chunks_mut(TASK_LEN)
        .zip(x.par_chunks(TASK_LEN))
        .for_each(|(y, x)| {
            arch().dispatch(|| {
                for (y, x) in y.iter_mut().zip(x) {
                    *y += x;
                }
            });
        });
}

/// y = y * `kept` + x * (1 - `kept`), of one length.
pub fn average_into(kept: f32, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    let new = 1.0 - kept;
    y.par_chunks_mut(TASK_LEN)
        .zip(x.par_chunks(TASK_LEN))
        .for_each(|(y, x)| {
            arch().dispatch(|| {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = kept * *y + new * x;
                }
            });
        });
}
