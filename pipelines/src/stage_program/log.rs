//! Log lines on standard error, chosen by `RUST_LOG`.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Environment variable that asks for colours where the output is no terminal, as a program does that
/// shows the output of another on one: <https://bixense.com/clicolors>.
pub const FORCE_COLOURS: &str = "CLICOLOR_FORCE";

/// Whether lines on `output` have colours: on a terminal and where [`FORCE_COLOURS`] asks for them, but
/// never with `NO_COLOR`: <https://no-color.org>.
pub fn colours(output: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && (output.is_terminal() || is_set(FORCE_COLOURS))
}

/// Starts logging at `info` unless `RUST_LOG` says otherwise.
pub(super) fn start() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(colours(&io::stderr()))
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
