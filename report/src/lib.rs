//! Tables of metrics to Markdown, HTML and figures.
//!
//! In come the spec, the tables of `evaluate`, a few images, the predictions and first-layer
//! weights of one run of each model (`inputs`), all checked against their manifests. Out go
//! `report.md`, its figures, `answer.txt` for the terminal, and `report.html`, the same as one page with a
//! browser of all test images and the champion's weights, with which the page classifies pictures. Between lie functions of values only: `sections` turn inputs into a
//! `document::Document` of Markdown and figures, `figures` draw with a small builder of SVG
//! (`svg`), and `page` turns the document into the page. What a publication adds that the spec names is
//! in `paper` alone. No model is ever loaded here.
//!
//! ```no_run
//! let arguments: report::Arguments = clap::Parser::parse_from(["report", "--spec", "smoke"]);
//! report::run(&arguments)?;
//! # Ok::<(), anyhow::Error>(())
//! ```

mod answer;
#[cfg(test)]
#[path = "../tests/report/chromium.rs"]
mod chromium;
mod document;
mod evaluated;
mod figures;
mod inputs;
mod markdown;
mod number;
mod page;
mod palette;
mod panel;
mod paper;
mod picture;
mod scale;
mod sections;
mod svg;
mod table;
mod text_width;
mod words;

use anyhow::Result;
use clap::Parser;
use pipelines::files::layout::{ANSWER_FILE, REPORT_HTML_FILE, REPORT_MARKDOWN_FILE};
use pipelines::files::manifest::Outcome;
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::stage_program::{StageArguments, interrupted};

use inputs::Inputs;
use page::{Network, TestImages};

/// Command line of the stage.
#[derive(Clone, Debug, Parser)]
#[command(version, about = "Tables of metrics to Markdown, HTML and figures")]
pub struct Arguments {
    /// What every stage takes.
    #[command(flatten)]
    pub stage: StageArguments,
}

/// Makes the report, unless it is fresh.
///
/// # Errors
/// An input that is missing or damaged, a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let stage = &arguments.stage;
    let spec = stage.load_ingested_spec()?;
    let layout = stage.layout();
    if let Some(mut run) = StepRun::begin(stage, &spec, &Step::Report)? {
        let inputs = Inputs::read(&layout, &spec, &stage.selection())?;
        let document = sections::write(&inputs)?;
        for figure in &document.figures {
            interrupted(|| "the report begins again".to_owned())?;
            run.write(&figure.path, &figure.bytes)?;
        }
        let (network, test_images) = (Network::of(&inputs)?, TestImages::of(&inputs)?);
        let page = page::render(&document, network.as_ref(), test_images.as_ref());
        run.write(REPORT_HTML_FILE, page.as_bytes())?;
        run.write(REPORT_MARKDOWN_FILE, document.markdown.as_bytes())?;
        run.write(ANSWER_FILE, answer::answer(&inputs).as_bytes())?;
        run.finish(Outcome::Complete)?;
    }
    Ok(())
}
