use pipelines::spec::Activation;
use train::kernels::elementwise::{add, add_backward, add_to};

#[test]
fn sums_are_taken_value_by_value() {
    let mut y = [f32::NAN; 3];
    let (a, b) = ([1.0, 2.0, 3.0], [0.5, -2.0, 10.0]);
    add(Activation::Linear, &a, &b, &mut y);
    assert_eq!(y, [1.5, 0.0, 13.0]);
    add_to(&[1.0, 1.0, -13.0], &mut y);
    assert_eq!(y, [2.5, 1.0, 0.0]);
}

#[test]
fn long_arrays_are_added_to_their_end() {
    let ones = vec![1.0; 50_001];
    let mut y = vec![0.0; 50_001];
    add(Activation::Linear, &ones, &ones, &mut y);
    add_to(&ones, &mut y);
    assert!(y.iter().all(|y| *y == 3.0));
}

#[test]
fn a_sum_goes_through_its_activation_and_both_operands_get_its_slope() {
    let (a, b) = ([1.0, -2.0, 3.0], [0.5, 1.0, -10.0]);
    let mut y = [f32::NAN; 3];
    add(Activation::LeakyRelu, &a, &b, &mut y);
    assert_eq!(y, [1.5, -0.2, -1.4]);
    let (mut da, mut db) = ([f32::NAN; 3], [f32::NAN; 3]);
    let dy = [10.0, 10.0, 5.0];
    add_backward(Activation::LeakyRelu, [&a, &b], &dy, [&mut da, &mut db]);
    assert_eq!([da, db], [[10.0, 2.0, 1.0]; 2]);
    add_backward(Activation::Relu, [&a, &b], &dy, [&mut [], &mut db]);
    assert_eq!(db, [10.0, 0.0, 0.0]);
}
