//! Which orders of the models agree with the data.

use crate::number;
use crate::palette::{BLUE, GRID, MUTED, PURPLE};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX, Panel, names_px};
use crate::scale::Scale;
use crate::svg::{Svg, TextStyle};

const ROW_PX: f64 = 30.0;
/// Width of the column of accuracies.
const ACCURACY_PX: f64 = 60.0;
/// Width of the column of one letter.
const LETTER_PX: f64 = 22.0;
/// Most letters with a column; more leave no room for the ranks.
const MAX_LETTERS: usize = 12;

/// One model.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Mean test accuracy, a fraction.
    pub accuracy: f64,
    /// Best and worst rank that agree with the comparisons, from 1.
    pub ranks: (u64, u64),
    /// Groups of models that cannot be told apart, one letter each.
    pub letters: String,
}

/// Draws `rows` from the most to the least accurate: the ranks that each may have, and a column for
/// each letter that joins the models of its group.
pub fn draw(rows: &[Row]) -> Svg {
    let mut letters: Vec<char> = rows.iter().flat_map(|row| row.letters.chars()).collect();
    letters.sort_unstable();
    letters.dedup();
    letters.truncate(MAX_LETTERS);
    let letters_px = LETTER_PX * letters.len() as f64;
    let left_px = names_px(rows.iter().map(|row| row.name.as_str())) + ACCURACY_PX;
    let panel = Panel {
        x: left_px,
        y: 30.0,
        width: PAGE_WIDTH_PX - left_px - letters_px - 60.0,
        height: ROW_PX * rows.len() as f64,
    };
    let title = "Ranks that each model may have";
    let mut svg = Svg::new(PAGE_WIDTH_PX, panel.bottom() + 36.0, title);
    // Models that are not drawn have ranks, too.
    let last = rows.iter().map(|row| row.ranks.1).max().unwrap_or(1).max(2);
    let scale = Scale::linear((0.6, last as f64 + 0.4), panel.x_range());
    for rank in 1..=last {
        let x = scale.px(rank as f64);
        svg.line((x, panel.y), (x, panel.bottom()), GRID, 1.0);
        let style = TextStyle::new(LABEL_PX).color(MUTED).middle();
        svg.text(x, panel.bottom() + 14.0, &rank.to_string(), style);
    }
    panel.x_title(&mut svg, "rank by test accuracy");
    let row_y = |index: usize| panel.y + (index as f64 + 0.5) * ROW_PX;
    for (index, row) in rows.iter().enumerate() {
        let y = row_y(index);
        panel.row_name(&mut svg, y, &row.name, "");
        let style = TextStyle::new(LABEL_PX).color(MUTED).end();
        svg.text(
            panel.x - 14.0,
            y + 4.0,
            &number::percent(row.accuracy),
            style,
        );
        let [from, to] = [row.ranks.0, row.ranks.1].map(|rank| scale.px(rank as f64));
        svg.shade(from - 5.0, y - 5.0, to - from + 10.0, 10.0, BLUE, 0.45);
        for x in [from, to] {
            svg.dot((x, y), 5.0, BLUE);
        }
    }
    for (column, letter) in letters.iter().enumerate() {
        let x = panel.right() + 40.0 + column as f64 * LETTER_PX;
        let members: Vec<f64> = (0..rows.len())
            .filter(|index| rows[*index].letters.contains(*letter))
            .map(row_y)
            .collect();
        if let (Some(first), Some(last)) = (members.first(), members.last()) {
            svg.line((x, *first), (x, *last), PURPLE, 2.0);
        }
        for y in members {
            svg.dot((x, y), 4.5, PURPLE);
        }
        let style = TextStyle::new(LABEL_PX).color(PURPLE).middle();
        svg.text(x, panel.y - 12.0, &letter.to_string(), style);
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_below_the_models_that_are_drawn_lie_inside_the_figure() {
        let row = |name: &str, ranks| Row {
            name: name.to_owned(),
            accuracy: 0.9,
            ranks,
            letters: String::new(),
        };
        let svg = draw(&[row("best", (1, 5)), row("next", (2, 26))]).finish();
        let places = svg.split("cx=\"").skip(1);
        let places: Vec<f64> = places
            .map(|after| after.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(places.len(), 4);
        assert!(places.iter().all(|x| *x < PAGE_WIDTH_PX), "{places:?}");
    }
}
