//! Markdown tables.

use std::fmt::Write;

use crate::markdown::Markdown;

/// A table whose first column names its rows; the other columns are aligned right unless said
/// otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    header: Vec<Markdown>,
    left: Vec<usize>,
    rows: Vec<Vec<Markdown>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(header: impl IntoIterator<Item = impl Into<Markdown>>) -> Self {
        Self {
            header: header.into_iter().map(Into::into).collect(),
            left: vec![0],
            rows: Vec::new(),
        }
    }

    /// Aligns these columns left, as text is.
    pub fn text_columns(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        self.left.extend(columns);
        self
    }

    /// Adds a row; missing cells stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<Markdown>>) {
        let mut cells: Vec<Markdown> = cells.into_iter().map(Into::into).collect();
        cells.resize(self.header.len(), Markdown::default());
        self.rows.push(cells);
    }

    /// Adds a row that sums up the others, with its name in `cells[name]`. It is in italics, which also
    /// tells the page to leave the row at the bottom.
    pub fn total(&mut self, name: usize, cells: impl IntoIterator<Item = impl Into<Markdown>>) {
        let mut cells: Vec<Markdown> = cells.into_iter().map(Into::into).collect();
        cells[name] = Markdown::italic(&cells[name]);
        self.row(cells);
    }

    /// Adds a column at `index` with a cell for each row.
    pub fn insert_column(&mut self, index: usize, header: &str, cells: Vec<String>) {
        for column in &mut self.left {
            *column += usize::from(*column >= index);
        }
        self.header.insert(index, header.into());
        let mut cells = cells.into_iter();
        for row in &mut self.rows {
            row.insert(index, cells.next().unwrap_or_default().into());
        }
    }

    /// Adds a last column with a cell for each row.
    pub fn push_column(&mut self, header: &str, cells: Vec<String>) {
        self.insert_column(self.header.len(), header, cells);
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table in GitHub's Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        push_row(&mut text, &self.header);
        let rules: Vec<&str> = (0..self.header.len())
            .map(|column| {
                if self.left.contains(&column) {
                    "---"
                } else {
                    "--:"
                }
            })
            .collect();
        push_row(&mut text, &rules);
        for row in &self.rows {
            push_row(&mut text, row);
        }
        text.truncate(text.trim_end().len());
        text
    }
}

fn push_row(text: &mut String, cells: &[impl std::fmt::Display]) {
    for cell in cells {
        let _ = write!(text, "| {cell} ");
    }
    text.push_str("|\n");
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn short_rows_are_filled_and_pipes_escaped() {
        let mut table = Table::new(["model", "test", "remark"]).text_columns([2]);
        table.row(["model-1", "90.49", "a|b"]);
        table.row([Markdown::bold("model-2")]);
        expect![[r#"
            | model | test | remark |
            | --- | --: | --- |
            | model-1 | 90.49 | a&#124;b |
            | **model-2** |  |  |"#]]
        .assert_eq(&table.markdown());
    }
}
