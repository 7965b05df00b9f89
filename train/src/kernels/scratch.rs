use std::cell::RefCell;

thread_local! {
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `len` values of memory that the thread keeps from call to call; what they hold is left
/// from earlier uses. Uses may nest.
pub fn with_scratch<R>(len: usize, use_it: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = FREE
        .with_borrow_mut(|free| {
            let fitting = (0..free.len())
                .filter(|&index| free[index].len() >= len + LINE)
                .min_by_key(|&index| free[index].len());
            match fitting {
                Some(index) => Some(free.swap_remove(index)),
                None => free.pop(),
            }
        })
        .unwrap_or_default();
    // Begins at a cache line, so that a register's load touches one line.
    let padded = len + LINE;
    if buffer.len() < padded {
        buffer.resize(padded, 0.0);
    }
    let start = buffer.as_ptr().align_offset(LINE * size_of::<f32>());
    let result = use_it(&mut buffer[start..start + len]);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}

/// Values in a cache line.
const LINE: usize = 16;
