//! Log lines on standard error, chosen by `RUST_LOG`.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging at `info` unless `RUST_LOG` says otherwise; colours on a terminal only.
pub(super) fn start() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .without_time();
    tracing_subscriber::registry()
        .with(lines.with_filter(filter(std::env::var("RUST_LOG").ok())))
        .init();
}

/// What `RUST_LOG` asks for, such as `debug` or `warn,train=debug`.
fn filter(directives: Option<String>) -> Targets {
    directives
        .and_then(|directives| directives.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn directives_choose_levels_by_crate() {
        let filter = filter(Some("warn,train=debug".to_owned()));
        assert!(filter.would_enable("train::fit", &Level::DEBUG));
        assert!(!filter.would_enable("ingest", &Level::INFO));
    }

    #[test]
    fn info_is_the_level_without_directives_and_with_invalid_ones() {
        for directives in [None, Some("train=loud".to_owned())] {
            let filter = filter(directives);
            assert!(filter.would_enable("train", &Level::INFO));
            assert!(!filter.would_enable("train", &Level::DEBUG));
        }
    }
}
