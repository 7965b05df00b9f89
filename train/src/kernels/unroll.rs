/// `$body` once for each value of `$index` below `$end`, at most 8: written out, so that arrays of
/// registers stay in registers whatever the optimiser thinks of the loop. With `const`, the index is
/// a constant.
macro_rules! unroll {
    (const $index:ident < $end:expr, $body:block) => {
        $crate::kernels::unroll::unroll!(@ const, $index, $end, $body, 0 1 2 3 4 5 6 7)
    };
    ($index:ident < $end:expr, $body:block) => {
        $crate::kernels::unroll::unroll!(@ let, $index, $end, $body, 0 1 2 3 4 5 6 7)
    };
    (@ $binding:tt, $index:ident, $end:expr, $body:block, $($value:literal)*) => {
        $(
            if $value < $end {
                $binding $index: usize = $value;
                $body
            }
        )*
    };
}
pub(super) use unroll;
