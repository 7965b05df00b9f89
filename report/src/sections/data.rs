//! The images: how many of each class, and the first of them.

use anyhow::Result;
use pipelines::spec::{Data, Validation};
use pipelines::tables::images::Images;
use pipelines::tables::overview::OverviewRow;
use pipelines::tables::split::Split;

use crate::document::Document;
use crate::figures::image_grid::{Grid, Tile};
use crate::figures::pixel_values;
use crate::inputs::Inputs;
use crate::markdown::{Markdown, cells};
use crate::number;
use crate::picture::Picture;
use crate::table::Table;
use crate::words::count;

/// Most of the first training images that are shown.
const MAX_FIRST_IMAGES: usize = 25;
/// Most classes in the table; of more, those with the most and the fewest training images.
const MAX_TABLE_CLASSES: usize = 50;
/// Most images in the table of those that stand in two splits.
const MAX_DUPLICATES: usize = 20;
/// Longer side of an example in the table, in pixels.
const EXAMPLE_PX: usize = 56;

/// Writes the section.
///
/// # Errors
/// An image that cannot be encoded.
pub fn write(document: &mut Document, inputs: &Inputs) -> Result<()> {
    document.heading(2, "Data");
    let count = |split| number::grouped(images_of(&inputs.overview, split));
    let info = inputs.info();
    let kind = match info.shape.channels {
        1 => "grey images",
        2 => "grey images with opacity, shown on white,",
        3 => "colour images",
        _ => "colour images with opacity, shown on white,",
    };
    let negative = if inputs.is_shown_negative() {
        " Most of their pixels are dark, so they are shown inverted, dark on light."
    } else {
        ""
    };
    let normalization = match inputs.spec.data.pixel_divisor {
        Some(divisor) => format!("are divided by {divisor} and not changed otherwise."),
        None => "are standardised channel by channel: less the mean over all training images, \
                 divided by the standard deviation."
            .to_owned(),
    };
    document.paragraph(format!(
        "{}: {}×{} {kind} of {} classes. {} training, {} validation and {} test images. {} Pixels \
         {normalization}{negative}",
        &inputs.spec.data.name,
        info.shape.height,
        info.shape.width,
        number::grouped(info.class_count() as u64),
        count(Split::Train),
        count(Split::Validation),
        count(Split::Test),
        validation(&inputs.spec.data),
    ));
    document.heading(3, inputs.heading("Classes", "classes"));
    classes(document, inputs)?;
    duplicates(document, inputs)?;
    document.heading(3, inputs.heading("First images", "first-images"));
    first_images(document, inputs)
}

/// Which images validate.
fn validation(data: &Data) -> String {
    let share = number::percent_to(data.validation_split, 0);
    match data.validation {
        _ if data.validation_split == 0.0 => "No images were held out for validation.".to_owned(),
        Validation::Last => format!(
            "The validation images are the last {share} % of the training file, in file order and taken \
             before any shuffle."
        ),
        Validation::Stratified => format!(
            "The validation images are {share} % of each class of the training file, drawn with seed {}.",
            data.split_seed
        ),
    }
}

/// Images on both sides of the split, if there are any.
fn duplicates(document: &mut Document, inputs: &Inputs) -> Result<()> {
    let rows = &inputs.duplicates;
    if rows.is_empty() {
        return Ok(());
    }
    document.heading(3, "Images in two splits");
    document.paragraph(format!(
        "{} {} the same pixels as a test image. A network that has seen an image in training is likely to \
         know it in the test, so test accuracies are too high.{}",
        count(rows.len(), "training or validation image"),
        if rows.len() == 1 { "has" } else { "have" },
        if rows.len() > MAX_DUPLICATES {
            format!(" The first {MAX_DUPLICATES}:")
        } else {
            String::new()
        }
    ));
    let head = ["image", "split", "row", "class", "test row", "class there"];
    let mut table = Table::new(head).text_columns([1, 3, 5]);
    let info = inputs.info();
    for (index, row) in rows.iter().take(MAX_DUPLICATES).enumerate() {
        let name = info.class_name(row.label);
        let example = match inputs.test_picture(row.test_id) {
            None => Markdown::default(),
            Some(picture) => document.inline_image(
                &format!("duplicate-{index}"),
                name,
                &enlarged_example(&picture),
            )?,
        };
        table.row(cells![
            example,
            row.split.name(),
            row.id,
            name,
            row.test_id,
            info.class_name(row.test_label),
        ]);
    }
    document.table(&table);
    Ok(())
}

/// `picture` as large as the tables show it.
fn enlarged_example(picture: &Picture) -> Picture {
    let picture = picture.shrunk(EXAMPLE_PX);
    let factor = (EXAMPLE_PX / picture.width.max(picture.height)).max(1);
    picture.enlarged(factor)
}

/// The counts of each split and an example: the first training image of the class.
fn classes(document: &mut Document, inputs: &Inputs) -> Result<()> {
    let overview = &inputs.overview;
    let train: &Images = &inputs.train;
    let class_names = &inputs.info().class_names;
    let splits: Vec<Split> = Split::ALL
        .into_iter()
        .filter(|split| overview.iter().any(|row| row.split == *split))
        .collect();
    let mut header = vec!["label".to_owned(), "class".to_owned(), "example".to_owned()];
    header.extend(splits.iter().map(|split| split.name().to_owned()));
    header.extend(["mean level".to_owned(), "standard deviation".to_owned()]);
    let mut table = Table::new(header).text_columns([1, 2]);
    for label in shown_labels(overview, class_names.len()) {
        let name = &class_names[label];
        let example = train
            .labels
            .iter()
            .position(|found| usize::from(*found) == label);
        let example = match example {
            None => Markdown::default(),
            Some(row) => {
                let picture = enlarged_example(&inputs.picture(train, row));
                document.inline_image(&format!("class-{label}"), name, &picture)?
            }
        };
        let mut cells = vec![label.to_string().into(), name.into(), example];
        let of = |split: Split| {
            let mut rows = overview.iter();
            rows.find(|row| row.split == split && usize::from(row.label) == label)
        };
        cells.extend(splits.iter().map(|split| {
            of(*split)
                .map_or(String::new(), |row| number::grouped(row.images.into()))
                .into()
        }));
        let train = of(Split::Train);
        cells.push(optional(train.and_then(|row| row.pixel_mean)).into());
        cells.push(optional(train.and_then(|row| row.pixel_standard_deviation)).into());
        table.row(cells);
    }
    let mut total = vec![String::new(), "all".to_owned(), String::new()];
    total.extend(
        splits
            .iter()
            .map(|split| number::grouped(images_of(overview, *split))),
    );
    table.total(1, total);
    document.table(&table);
    let mut note = "Mean level and standard deviation are over all pixels and channels of the training images, on a \
         scale of 0 to 255.".to_owned();
    if class_names.len() > MAX_TABLE_CLASSES {
        note.push_str(&format!(
            " The table has the {} classes with the most training images and the {} with the fewest; \
             “all” counts every class.",
            MAX_TABLE_CLASSES - MAX_TABLE_CLASSES / 2,
            MAX_TABLE_CLASSES / 2
        ));
    }
    if inputs.is_uneven() {
        let of_train = || overview.iter().filter(|row| row.split == Split::Train);
        if let (Some(least), Some(most)) = (
            of_train().min_by_key(|row| row.images),
            of_train().max_by_key(|row| row.images),
        ) {
            note.push_str(&format!(
                " The classes are uneven: {} has {} training images, {} has {}.",
                least.class,
                number::grouped(least.images.into()),
                most.class,
                number::grouped(most.images.into())
            ));
        }
    }
    document.paragraph(note);
    Ok(())
}

/// All labels, or those with the most and the fewest training images, in order.
fn shown_labels(overview: &[OverviewRow], class_count: usize) -> Vec<usize> {
    let mut labels: Vec<usize> = (0..class_count).collect();
    if class_count <= MAX_TABLE_CLASSES {
        return labels;
    }
    let images = |label: &usize| {
        let mut rows = overview.iter();
        rows.find(|row| row.split == Split::Train && usize::from(row.label) == *label)
            .map_or(0, |row| row.images)
    };
    labels.sort_by_key(|label| (images(label), *label));
    let few = MAX_TABLE_CLASSES / 2;
    labels.drain(few..class_count - (MAX_TABLE_CLASSES - few));
    labels.sort_unstable();
    labels
}

fn first_images(document: &mut Document, inputs: &Inputs) -> Result<()> {
    let train = &inputs.train;
    let count = train.len().min(MAX_FIRST_IMAGES);
    let name = |row: usize| inputs.info().class_name(train.labels[row]);
    let tiles = (0..count).map(|row| Tile {
        images: vec![inputs.picture(train, row)],
        lines: vec![name(row).to_owned()],
    });
    let grid = Grid::wrapped(5, 112.0, 11.5, tiles.collect());
    let title = format!("The first {count} training images with their classes");
    let names: Vec<_> = (0..count).map(name).collect();
    let alt = format!("{title}: {}", names.join(", "));
    document.chart("first-images", &alt, &grid.draw(&title)?);
    let shape = inputs.info().shape;
    let readable = shape.height.max(shape.width) <= pixel_values::MAX_SIDE && shape.channels == 1;
    if readable && !train.is_empty() {
        let name = name(0);
        let alt = format!("The first training image ({name}) with the value of each pixel");
        let svg = pixel_values::draw(train.image(0), &inputs.picture(train, 0))?;
        document.chart("first-image-values", &alt, &svg);
    }
    Ok(())
}

/// How many images `split` has.
pub fn images_of(overview: &[OverviewRow], split: Split) -> u64 {
    let rows = overview.iter().filter(|row| row.split == split);
    rows.map(|row| u64::from(row.images)).sum()
}

fn optional(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| number::decimal(value, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_classes_are_cut_to_the_largest_and_the_smallest() {
        let overview: Vec<_> = (0..100)
            .map(|label: u16| OverviewRow {
                split: Split::Train,
                label,
                class: label.to_string(),
                images: u32::from(label),
                pixel_mean: None,
                pixel_standard_deviation: None,
            })
            .collect();
        let labels = shown_labels(&overview, 100);
        assert_eq!(labels.len(), MAX_TABLE_CLASSES);
        assert_eq!((labels[24], labels[25]), (24, 75));
        assert_eq!(shown_labels(&overview, 2), [0, 1]);
    }
}
