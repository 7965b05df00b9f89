//! Predictions as text, JSON or CSV on standard output.

use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};

use anyhow::{Context, Result};
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::stage_program::PredictionFormat;
use pipelines::stage_program::drawing::{self, Style};
use serde_json::{Map, json};

use crate::prediction::Prediction;

/// Classes that are shown of each picture.
const SHOWN: usize = 3;
/// Characters of the bar of a probability of 1.
const BAR: f32 = 30.0;

/// Prints predictions one after another.
pub struct Printer<'a> {
    format: PredictionFormat,
    info: &'a DatasetInfo,
    style: Style,
    output: BufWriter<Stdout>,
    /// Whether the reader, such as `head`, has seen enough.
    is_closed: bool,
}

impl<'a> Printer<'a> {
    /// For classes and images of `info`.
    ///
    /// # Errors
    /// A standard output that cannot be written to.
    pub fn new(format: PredictionFormat, info: &'a DatasetInfo) -> Result<Self> {
        let style = match io::stdout().is_terminal() {
            true => Style::HalfBlocks,
            false => Style::Characters,
        };
        let mut printer = Self {
            format,
            info,
            style,
            output: BufWriter::new(io::stdout()),
            is_closed: false,
        };
        if format == PredictionFormat::Csv {
            printer.write(&csv_head(info))?;
        }
        Ok(printer)
    }

    /// Prints one prediction.
    ///
    /// # Errors
    /// A standard output that cannot be written to.
    pub fn print(&mut self, prediction: &Prediction) -> Result<()> {
        let text = match self.format {
            PredictionFormat::Text => text(prediction, self.info, self.style),
            PredictionFormat::Json => json_line(prediction, self.info),
            PredictionFormat::Csv => csv_line(prediction, self.info),
        };
        self.write(&text)
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// A standard output that cannot be written to.
    pub fn finish(mut self) -> Result<()> {
        let flushed = self.output.flush();
        self.unless_closed(flushed)
    }

    fn write(&mut self, text: &str) -> Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let written = self.output.write_all(text.as_bytes());
        self.unless_closed(written)
    }

    fn unless_closed(&mut self, written: io::Result<()>) -> Result<()> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            written => written.context("cannot print"),
        }
    }
}

/// The name, the picture, the most probable classes.
fn text(prediction: &Prediction, info: &DatasetInfo, style: Style) -> String {
    let negative = if prediction.is_inverted {
        "  (as a negative)"
    } else {
        ""
    };
    // Control characters, which could move the terminal's cursor, are escaped.
    let mut text = format!("{}{negative}\n", prediction.name.escape_debug());
    for line in drawing::lines(&prediction.image, info.shape, style) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let labels = prediction.ranking();
    let labels = &labels[..SHOWN.min(labels.len())];
    let names: Vec<String> = labels
        .iter()
        .map(|label| info.class_name(*label).escape_debug().to_string())
        .collect();
    let width = names.iter().map(|name| name.chars().count()).max();
    let width = width.unwrap_or_default();
    for (label, name) in labels.iter().zip(names) {
        let share = prediction.probabilities[usize::from(*label)];
        let bar = "█".repeat((share * BAR).round() as usize);
        let line = format!("  {name:width$}  {:>5.1} %  {bar}", 100.0 * share);
        _ = writeln!(text, "{}", line.trim_end());
    }
    text.push('\n');
    text
}

fn json_line(prediction: &Prediction, info: &DatasetInfo) -> String {
    let label = prediction.ranking()[0];
    let probabilities: Map<_, _> = info
        .class_names
        .iter()
        .zip(&prediction.probabilities)
        .map(|(name, share)| (name.clone(), json!(share)))
        .collect();
    let object = json!({
        "file": prediction.name,
        "label": label,
        "class": info.class_name(label),
        "probability": prediction.probabilities[usize::from(label)],
        "inverted": prediction.is_inverted,
        "probabilities": probabilities,
    });
    format!("{object}\n")
}

fn csv_head(info: &DatasetInfo) -> String {
    let own = ["file", "label", "class", "probability", "inverted"].map(str::to_owned);
    let classes = info.class_names.iter().map(|name| csv_cell(name));
    let cells: Vec<_> = own.into_iter().chain(classes).collect();
    format!("{}\n", cells.join(","))
}

fn csv_line(prediction: &Prediction, info: &DatasetInfo) -> String {
    let label = prediction.ranking()[0];
    let mut line = csv_cell(&prediction.name);
    _ = write!(
        line,
        ",{label},{},{},{}",
        csv_cell(info.class_name(label)),
        prediction.probabilities[usize::from(label)],
        prediction.is_inverted
    );
    for share in &prediction.probabilities {
        _ = write!(line, ",{share}");
    }
    line.push('\n');
    line
}

/// RFC 4180: a cell with a comma, a quotation mark or a line feed stands in quotation marks.
fn csv_cell(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use pipelines::spec::dataset_info::ImageShape;

    use super::*;

    fn example() -> (Prediction, DatasetInfo) {
        let prediction = Prediction {
            name: "a, \"b\".png".into(),
            probabilities: vec![0.125, 0.75, 0.0625, 0.0625],
            is_inverted: true,
            image: vec![255, 0, 255, 0],
        };
        let info = DatasetInfo {
            shape: ImageShape::new(2, 2, 1),
            class_names: ["boot", "T-shirt, top", "\u{1b}[2J", "bag"]
                .map(String::from)
                .to_vec(),
        };
        (prediction, info)
    }

    #[test]
    fn the_three_most_probable_classes_stand_under_the_picture() {
        let (prediction, info) = example();
        expect![[r#"
            a, \"b\".png  (as a negative)
            @
              T-shirt, top   75.0 %  ███████████████████████
              boot           12.5 %  ████
              \u{1b}[2J       6.2 %  ██

        "#]]
        .assert_eq(&text(&prediction, &info, Style::Characters));
    }

    #[test]
    fn a_line_of_json_has_every_probability_by_its_class() {
        let (prediction, info) = example();
        expect![[r#"
            {"file":"a, \"b\".png","label":1,"class":"T-shirt, top","probability":0.75,"inverted":true,"probabilities":{"boot":0.125,"T-shirt, top":0.75,"\u001b[2J":0.0625,"bag":0.0625}}
        "#]].assert_eq(&json_line(&prediction, &info));
    }

    #[test]
    fn a_line_of_csv_has_as_many_cells_as_the_head() {
        let (prediction, mut info) = example();
        info.class_names[2] = "sock".to_owned();
        let text = csv_head(&info) + &csv_line(&prediction, &info);
        expect![[r#"
            file,label,class,probability,inverted,boot,"T-shirt, top",sock,bag
            "a, ""b"".png",1,"T-shirt, top",0.75,true,0.125,0.75,0.0625,0.0625
        "#]]
        .assert_eq(&text);
    }
}
