//! The images: Table 2, class counts, Figures 1 and 2.

use anyhow::Result;
use pipelines::class::CLASS_NAMES;
use pipelines::tables::images::{IMAGE_SIDE, Images, Split};
use pipelines::tables::overview::Overview;

use crate::document::Document;
use crate::figures::image_grid::{Grid, Tile};
use crate::figures::pixel_values;
use crate::inputs::Inputs;
use crate::number;
use crate::png_image;
use crate::table::Table;

/// Images of the paper's Figure 1.
const FIRST_IMAGES: usize = 25;
/// The examples of Table 2 are this many times as large.
const ENLARGEMENT: usize = 2;

/// Writes the section.
///
/// # Errors
/// An image that cannot be encoded.
pub fn write(document: &mut Document, inputs: &Inputs) -> Result<()> {
    document.heading(2, "Data");
    let count = |split| number::grouped(images_of(&inputs.overview, split));
    document.paragraph(&format!(
        "Fashion-MNIST: {IMAGE_SIDE}×{IMAGE_SIDE} grey images of ten kinds of clothing. {} training, {} \
         validation and {} test images; the validation images are the last {} % of the training file \
         in file order, taken before any shuffle. Pixels are divided by {}; nothing else is done to \
         them. Images are shown dark on light.",
        count(Split::Train),
        count(Split::Validation),
        count(Split::Test),
        number::percent_to(inputs.spec.data.validation_split, 0),
        inputs.spec.data.pixel_divisor,
    ));
    classes(document, &inputs.overview, &inputs.train)?;
    first_images(document, &inputs.train)
}

/// Table 2 with the counts of each split and an example: the first training image of the class.
fn classes(document: &mut Document, overview: &Overview, train: &Images) -> Result<()> {
    document.heading(3, "Classes (Table 2)");
    let splits: Vec<Split> = Split::ALL
        .into_iter()
        .filter(|split| overview.rows.iter().any(|row| row.split == *split))
        .collect();
    let mut header = vec!["label".to_owned(), "class".to_owned(), "example".to_owned()];
    header.extend(splits.iter().map(|split| split.name().to_owned()));
    header.extend([
        "mean grey level".to_owned(),
        "standard deviation".to_owned(),
    ]);
    let mut table = Table::new(header).text_columns([1, 2]);
    for (label, name) in CLASS_NAMES.iter().enumerate() {
        let example = train
            .labels
            .iter()
            .position(|found| usize::from(*found) == label);
        let example = match example {
            None => String::new(),
            Some(row) => {
                let image = png_image::negative(train.image(row));
                let image = png_image::enlarged(&image, IMAGE_SIDE, ENLARGEMENT);
                let side = IMAGE_SIDE * ENLARGEMENT;
                let png = png_image::encode(side, side, &image)?;
                document.inline_image(&format!("class-{label}"), name, png)
            }
        };
        let mut cells = vec![label.to_string(), (*name).to_owned(), example];
        let of = |split: Split| {
            let mut rows = overview.rows.iter();
            rows.find(|row| row.split == split && usize::from(row.label) == label)
        };
        cells.extend(splits.iter().map(|split| {
            of(*split).map_or(String::new(), |row| number::grouped(row.images.into()))
        }));
        let train = of(Split::Train);
        cells.push(optional(train.and_then(|row| row.pixel_mean)));
        cells.push(optional(train.and_then(|row| row.pixel_standard_deviation)));
        table.row(cells);
    }
    let mut total = vec![String::new(), "all".to_owned(), String::new()];
    total.extend(
        splits
            .iter()
            .map(|split| number::grouped(images_of(overview, *split))),
    );
    table.row(total);
    document.table(&table);
    document.paragraph("Grey levels are of the training images, 0 to 255.");
    Ok(())
}

fn first_images(document: &mut Document, train: &Images) -> Result<()> {
    document.heading(3, "First images (Figures 1 and 2)");
    let count = train.len().min(FIRST_IMAGES);
    let name = |row: usize| CLASS_NAMES[usize::from(train.labels[row])];
    let tiles = (0..count).map(|row| Tile {
        images: vec![train.image(row)],
        lines: vec![name(row).to_owned()],
    });
    let grid = Grid::wrapped(5, 112.0, 11.5, tiles.collect());
    let title = format!("The first {count} training images with their classes");
    let names: Vec<_> = (0..count).map(name).collect();
    let alt = format!("{title}: {}", names.join(", "));
    document.chart("first-images", &alt, &grid.draw(&title)?);
    if !train.is_empty() {
        let name = name(0);
        let alt = format!("The first training image ({name}) with the grey level of each pixel");
        let image = train.image(0);
        document.chart("first-image-values", &alt, &pixel_values::draw(image));
    }
    Ok(())
}

fn images_of(overview: &Overview, split: Split) -> u64 {
    let rows = overview.rows.iter().filter(|row| row.split == split);
    rows.map(|row| u64::from(row.images)).sum()
}

fn optional(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| number::decimal(value, 1))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use pipelines::tables::images::IMAGE_BYTES;
    use pipelines::tables::overview::OverviewRow;

    use super::*;

    #[test]
    fn every_class_has_its_counts_and_the_first_of_its_images() {
        let row = |split, label, images| OverviewRow {
            split,
            label,
            images,
            pixel_mean: Some(72.94),
            pixel_standard_deviation: Some(90.0),
        };
        let overview = Overview {
            rows: vec![row(Split::Train, 0, 4_800), row(Split::Test, 0, 1_000)],
        };
        let train = Images {
            ids: vec![0],
            splits: vec![Split::Train],
            labels: vec![0],
            pixels: vec![0; IMAGE_BYTES].into(),
            extra: Vec::new(),
        };
        let mut document = Document::default();
        classes(&mut document, &overview, &train).unwrap();
        assert_eq!(document.figures.len(), 1);
        let head: String = document
            .markdown
            .lines()
            .take(5)
            .fold(String::new(), |t, l| t + l + "\n");
        expect![[r#"
            ### Classes (Table 2)

            | label | class | example | train | test | mean grey level | standard deviation |
            | --- | --- | --- | --: | --: | --: | --: |
            | 0 | T-shirt/top | ![T-shirt/top](figures/class-0.png) | 4,800 | 1,000 | 72.9 | 90.0 |
        "#]]
        .assert_eq(&head);
    }
}
