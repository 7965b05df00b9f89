//! The report as it grows: Markdown and the figures that it shows.

use std::fmt::Write;

use anyhow::Result;
use pipelines::files::layout::path_to_other_report;

use crate::markdown::Markdown;
use crate::picture::Picture;
use crate::svg::{self, Svg};
use crate::table::Table;

/// A file that the report shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Path beside the report, such as `figures/reliability.svg`.
    pub path: String,
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// Whether it is an image that was inverted to be shown on a light page.
    pub negative: bool,
}

/// Markdown and figures, in the order in which they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// GitHub's Markdown.
    pub markdown: String,
    /// The files it refers to.
    pub figures: Vec<Figure>,
    /// Paths of the reports of other studies that it refers to, from its own folder.
    pub links: Vec<String>,
}

impl Document {
    /// A heading; `level` 1 is the title.
    pub fn heading(&mut self, level: usize, text: impl Into<Markdown>) {
        self.block(&format!("{} {}", "#".repeat(level), text.into()));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: impl Into<Markdown>) {
        self.block(text.into().as_str());
    }

    /// A list with a bullet before each item.
    pub fn list(&mut self, items: impl IntoIterator<Item = impl Into<Markdown>>) {
        let mut text = String::new();
        for item in items {
            let _ = writeln!(text, "- {}", item.into());
        }
        if !text.is_empty() {
            self.block(text.trim_end());
        }
    }

    /// What a reader must know before anything else.
    pub fn warning(&mut self, text: impl Into<Markdown>) {
        self.block(&format!("> [!WARNING]\n> {}", text.into()));
    }

    /// A table; nothing when it has no rows.
    pub fn table(&mut self, table: &Table) {
        if !table.is_empty() {
            self.block(&table.markdown());
        }
    }

    /// A chart called `name`; `alt` says what it shows to those who cannot see it.
    pub fn chart(&mut self, name: &str, alt: &str, svg: &Svg) {
        let path = format!("figures/{name}.svg");
        self.block(&format!("![{}]({path})", Markdown::from(alt)));
        self.figures.push(Figure {
            path,
            bytes: svg.finish().into_bytes(),
            negative: false,
        });
    }

    /// A PNG file called `name` that a table or a sentence shows; returns its Markdown.
    ///
    /// # Errors
    /// A picture that cannot be encoded.
    pub fn inline_image(&mut self, name: &str, alt: &str, picture: &Picture) -> Result<Markdown> {
        let path = format!("figures/{name}.png");
        let markdown = Markdown::of_template(format!("![{}]({path})", Markdown::from(alt)));
        self.figures.push(Figure {
            path,
            bytes: picture.png()?,
            negative: picture.negative,
        });
        Ok(markdown)
    }

    /// A link to the report of the study called `spec`, which has runs in the same root.
    pub fn report_link(&mut self, spec: &str) -> Markdown {
        let path = path_to_other_report(spec);
        let link = Markdown::of_template(format!("[{}]({path})", Markdown::from(spec)));
        self.links.push(path);
        link
    }

    /// What `fill` writes, folded away under `summary`.
    pub fn details(&mut self, summary: &str, fill: impl FnOnce(&mut Self)) {
        self.block(&format!(
            "<details>\n<summary>{}</summary>",
            svg::escape(summary)
        ));
        fill(self);
        self.block("</details>");
    }

    fn block(&mut self, text: &str) {
        if !self.markdown.is_empty() {
            self.markdown.push('\n');
        }
        self.markdown.push_str(text);
        self.markdown.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn blocks_are_apart_so_that_details_hold_markdown() {
        let mut document = Document::default();
        document.heading(2, "Data");
        document.warning("one\n> two");
        document.details("a < b", |document| {
            document.list(["x", "y"]);
            document.chart("empty", "a [b]", &Svg::new(1.0, 1.0, ""));
        });
        assert_eq!(document.figures[0].path, "figures/empty.svg");
        expect![[r#"
            ## Data

            > [!WARNING]
            > one > two

            <details>
            <summary>a &lt; b</summary>

            - x
            - y

            ![a \[b\]](figures/empty.svg)

            </details>
        "#]]
        .assert_eq(&document.markdown);
    }
}
