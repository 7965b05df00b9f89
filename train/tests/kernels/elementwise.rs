use train::kernels::elementwise::{add, add_to};

#[test]
fn sums_are_taken_value_by_value() {
    let mut y = [f32::NAN; 3];
    add(&[1.0, 2.0, 3.0], &[0.5, -2.0, 10.0], &mut y);
    assert_eq!(y, [1.5, 0.0, 13.0]);
    add_to(&[1.0, 1.0, -13.0], &mut y);
    assert_eq!(y, [2.5, 1.0, 0.0]);
}

#[test]
fn long_arrays_are_added_to_their_end() {
    let ones = vec![1.0; 50_001];
    let mut y = vec![0.0; 50_001];
    add(&ones, &ones, &mut y);
    add_to(&ones, &mut y);
    assert!(y.iter().all(|y| *y == 3.0));
}
