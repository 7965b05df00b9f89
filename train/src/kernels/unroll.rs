/// `$body` once for each value of the constant `$index` below `$end`, at most 8: written out, so that
/// arrays of registers stay in registers whatever the optimiser thinks of the loop.
macro_rules! unroll {
    ($index:ident < $end:expr, $body:block) => {
        $crate::kernels::unroll::unroll!(@ $index, $end, $body, 0 1 2 3 4 5 6 7)
    };
    (@ $index:ident, $end:expr, $body:block, $($value:literal)*) => {
        $(
            if $value < $end {
                const $index: usize = $value;
                $body
            }
        )*
    };
}
pub(super) use unroll;
