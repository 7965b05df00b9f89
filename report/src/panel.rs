//! The rectangle that a chart's marks lie in, with its axes.

use crate::number;
use crate::palette::{GRID, INK, MUTED};
use crate::scale::Scale;
use crate::svg::{Svg, TextStyle};
use crate::text_width;

/// Font size of tick labels.
pub const TICK_PX: f64 = 10.5;
/// Font size of labels and remarks.
pub const LABEL_PX: f64 = 11.5;
/// Font size of a panel's title.
pub const TITLE_PX: f64 = 12.5;
/// Font size of a remark on a row.
const REMARK_PX: f64 = 10.0;
/// Least width of a column of names with remarks below them.
pub const REMARKS_PX: f64 = 250.0;
/// Where the names of rows begin.
const NAME_X_PX: f64 = 4.0;
/// Width of a figure across the page.
pub const PAGE_WIDTH_PX: f64 = 880.0;

/// A plotting area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panel {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Panel {
    /// Left to right.
    pub fn x_range(&self) -> (f64, f64) {
        (self.x, self.x + self.width)
    }

    /// Bottom to top.
    pub fn y_range(&self) -> (f64, f64) {
        (self.y + self.height, self.y)
    }

    /// Right edge.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Lower edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The panel's name above its upper left corner.
    pub fn title(&self, svg: &mut Svg, text: &str) {
        let style = TextStyle::new(TITLE_PX).bold();
        svg.text(self.x, self.y - 8.0, text, style);
    }

    /// The name of a row around `middle`, left of the panel and cut where it is wider than that, and below it
    /// a remark in two lines at most.
    pub fn row_name(&self, svg: &mut Svg, middle: f64, name: &str, remark: &str) {
        let style = TextStyle::new(REMARK_PX).color(MUTED);
        let width_px = self.x - 2.0 * NAME_X_PX;
        let remarks = text_width::lines(remark, style.weight, REMARK_PX, width_px, 2);
        let mut y = middle + 4.0 - 6.0 * remarks.len() as f64;
        let bold = TextStyle::new(LABEL_PX).bold();
        let name = text_width::fit(name, bold.weight, LABEL_PX, width_px);
        svg.text(NAME_X_PX, y, &name, bold);
        for line in remarks {
            y += 12.0;
            svg.text(NAME_X_PX, y, &line, style);
        }
    }

    /// Hairlines across the panel at the ticks of `scale`, labelled at their left when `labelled`.
    pub fn horizontal_lines(
        &self,
        svg: &mut Svg,
        scale: &Scale,
        count: usize,
        labelled: bool,
        label: impl Fn(f64, usize) -> String,
    ) {
        let decimals = scale.tick_decimals(count);
        for tick in scale.ticks(count) {
            let y = scale.px(tick);
            svg.line((self.x, y), (self.right(), y), GRID, 1.0);
            if labelled {
                let style = TextStyle::new(TICK_PX).color(MUTED).end();
                svg.text(self.x - 6.0, y + 3.6, &label(tick, decimals), style);
            }
        }
    }

    /// Hairlines down the panel at the ticks of `scale`, labelled below when `labelled`.
    pub fn vertical_lines(
        &self,
        svg: &mut Svg,
        scale: &Scale,
        count: usize,
        labelled: bool,
        label: impl Fn(f64, usize) -> String,
    ) {
        let decimals = scale.tick_decimals(count);
        for tick in scale.ticks(count) {
            let x = scale.px(tick);
            svg.line((x, self.y), (x, self.bottom()), GRID, 1.0);
            if labelled {
                let style = TextStyle::new(TICK_PX).color(MUTED).middle();
                svg.text(x, self.bottom() + 14.0, &label(tick, decimals), style);
            }
        }
    }

    /// What the horizontal axis shows, with its unit, below the tick labels.
    pub fn x_title(&self, svg: &mut Svg, text: &str) {
        let style = TextStyle::new(LABEL_PX).color(INK).middle();
        svg.text(self.x + self.width / 2.0, self.bottom() + 31.0, text, style);
    }

    /// What the vertical axis shows, with its unit, at `x`, reading upwards.
    pub fn y_title(&self, svg: &mut Svg, x: f64, text: &str) {
        let style = TextStyle::new(LABEL_PX).color(INK).middle().upwards();
        svg.text(x, self.y + self.height / 2.0, text, style);
    }
}

/// The width that [`Panel::row_name`] needs for `names`, from the left edge of the figure to the panel, in
/// pixels; no more than a third of the page.
pub fn names_px<'a>(names: impl Iterator<Item = &'a str>) -> f64 {
    let style = TextStyle::new(LABEL_PX).bold();
    let widest = names.map(|name| style.width_px(name)).fold(0.0, f64::max);
    (widest + 4.0 * NAME_X_PX).clamp(90.0, PAGE_WIDTH_PX / 3.0)
}

/// Tick label of a value that is a fraction, in per cent.
pub fn percent_label(value: f64, decimals: usize) -> String {
    format!(
        "{} %",
        number::decimal(value * 100.0, decimals.saturating_sub(2))
    )
}

/// Tick label of a difference of fractions, in percentage points.
pub fn points_label(value: f64, decimals: usize) -> String {
    number::signed(value * 100.0, decimals.saturating_sub(2))
}

/// Tick label of a plain number.
pub fn plain_label(value: f64, decimals: usize) -> String {
    number::decimal(value, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_labelled_in_per_cent() {
        assert_eq!(percent_label(0.9, 1), "90 %");
        assert_eq!(percent_label(0.905, 3), "90.5 %");
        assert_eq!(plain_label(0.25, 2), "0.25");
    }
}
