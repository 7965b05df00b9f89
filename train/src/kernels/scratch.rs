use std::cell::RefCell;

use super::lanes::{LANES, from_line_mut};

thread_local! {
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `len` values of memory that the thread keeps from call to call; they begin at a
/// cache line, and what they hold is left from earlier uses. Uses may nest.
pub fn with_scratch<R>(len: usize, use_it: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = FREE
        .with_borrow_mut(|free| {
            let fitting = (0..free.len())
                .filter(|&index| free[index].len() >= len + LANES)
                .min_by_key(|&index| free[index].len());
            match fitting {
                Some(index) => Some(free.swap_remove(index)),
                None => free.pop(),
            }
        })
        .unwrap_or_default();
    let padded = len + LANES;
    if buffer.len() < padded {
        buffer.resize(padded, 0.0);
    }
    let result = use_it(&mut from_line_mut(&mut buffer)[..len]);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}
