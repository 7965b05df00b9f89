//! `cargo xtask spec`: what a spec says, and what specs can say.

use anyhow::Result;
use pipelines::spec::{Spec, reference, schema_json};
use pipelines::stage_program::print_line;

use crate::command_line::SpecArguments;

/// Prints what was asked for.
///
/// # Errors
/// A spec that is not valid.
pub fn print(arguments: &SpecArguments) -> Result<()> {
    let text = if let Some(name) = &arguments.show {
        Spec::load(name)?.show()
    } else if arguments.reference {
        reference()
    } else {
        schema_json()
    };
    print_line(text.trim_end());
    Ok(())
}
