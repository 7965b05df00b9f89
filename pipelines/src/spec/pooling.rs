//! Windows of pooling layers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A pooling layer without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PoolingArguments")]
pub struct Pooling {
    /// Side of the square window, in pixels.
    pub pool_size: usize,
    /// Step of the window, in pixels.
    pub strides: usize,
}

/// [`Pooling`] as it is written in a spec.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PoolingArguments {
    /// Side of the square window, in pixels.
    #[serde(default = "two")]
    #[schemars(range(min = 1), extend("x-pytorch" = "kernel_size"))]
    pool_size: usize,
    /// Step of the window, in pixels; `pool_size` when left out.
    #[schemars(range(min = 1), extend("x-pytorch" = "stride"))]
    strides: Option<usize>,
}

impl From<PoolingArguments> for Pooling {
    fn from(arguments: PoolingArguments) -> Self {
        Self {
            pool_size: arguments.pool_size,
            strides: arguments.strides.unwrap_or(arguments.pool_size),
        }
    }
}

impl JsonSchema for Pooling {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        PoolingArguments::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        PoolingArguments::json_schema(generator)
    }
}

fn two() -> usize {
    2
}
