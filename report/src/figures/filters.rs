//! What the first layer of a model has learnt.

use anyhow::Result;
use pipelines::tables::images::IMAGE_SIDE;

use crate::palette::{BLUE, GRID, MUTED, RED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX};
use crate::png_image;
use crate::svg::{Svg, TextStyle};

const COLUMNS: usize = 32;
const LEFT_PX: f64 = 74.0;
const GAP_PX: f64 = 3.0;

/// Weights of the first layer of one model.
#[derive(Clone, Debug, PartialEq)]
pub enum FirstLayer {
    /// Kernels of a convolution, (filters, side, side).
    Convolution {
        /// Side of a kernel.
        side: usize,
        /// All weights, row-major.
        weights: Vec<f32>,
    },
    /// Root mean square over the units of a dense layer of the weights of each of 784 pixels.
    Dense {
        /// (28, 28), row-major.
        weights: Vec<f32>,
    },
}

/// Draws the first layers of `models`: kernels as tiles, blue above zero and red below, each
/// kernel on its own scale; a dense layer as one image, dark where its weights are large.
///
/// # Errors
/// A dense layer that does not read 28x28 pixels.
pub fn draw(models: &[(String, FirstLayer)]) -> Result<Svg> {
    let tile = (PAGE_WIDTH_PX - LEFT_PX) / COLUMNS as f64;
    let heights: Vec<f64> = models
        .iter()
        .map(|(_, layer)| match layer {
            FirstLayer::Convolution { side, weights } => {
                let filters = weights.len() / (side * side);
                filters.div_ceil(COLUMNS) as f64 * tile + 12.0
            }
            FirstLayer::Dense { .. } => 5.0 * IMAGE_SIDE as f64 + 12.0,
        })
        .collect();
    let title = "Weights of the first layer of each model";
    let mut svg = Svg::new(PAGE_WIDTH_PX, heights.iter().sum::<f64>() + 26.0, title);
    let style = TextStyle::new(LABEL_PX);
    svg.text(LEFT_PX, 14.0, "above zero", style.color(BLUE));
    svg.text(LEFT_PX + 76.0, 14.0, "below zero", style.color(RED));
    let mut top = 26.0;
    for ((name, layer), height) in models.iter().zip(heights) {
        svg.text(4.0, top + 16.0, name, style.bold());
        match layer {
            FirstLayer::Convolution { side, weights } => {
                draw_kernels(&mut svg, top, tile, *side, weights);
            }
            FirstLayer::Dense { weights } => draw_pixels(&mut svg, top, weights)?,
        }
        top += height;
    }
    Ok(svg)
}

fn draw_kernels(svg: &mut Svg, top: f64, tile: f64, side: usize, weights: &[f32]) {
    let cell = (tile - GAP_PX) / side as f64;
    for (filter, kernel) in weights.chunks_exact(side * side).enumerate() {
        let left = LEFT_PX + (filter % COLUMNS) as f64 * tile;
        let top = top + (filter / COLUMNS) as f64 * tile;
        let largest = kernel.iter().fold(f32::MIN_POSITIVE, |a, w| a.max(w.abs()));
        for (index, weight) in kernel.iter().enumerate() {
            let x = left + (index % side) as f64 * cell;
            let y = top + (index / side) as f64 * cell;
            let color = if *weight >= 0.0 { BLUE } else { RED };
            svg.shade(x, y, cell, cell, color, f64::from(weight.abs() / largest));
        }
        svg.frame(left, top, tile - GAP_PX, tile - GAP_PX, GRID);
    }
}

fn draw_pixels(svg: &mut Svg, top: f64, weights: &[f32]) -> Result<()> {
    let largest = weights.iter().copied().fold(f32::MIN, f32::max);
    let smallest = weights.iter().copied().fold(f32::MAX, f32::min);
    let range = (largest - smallest).max(f32::MIN_POSITIVE);
    let grey: Vec<u8> = weights
        .iter()
        .map(|weight| {
            255 - ((weight - smallest) / range * 255.0)
                .round()
                .clamp(0.0, 255.0) as u8
        })
        .collect();
    let side = 5.0 * IMAGE_SIDE as f64;
    let png = png_image::encode(IMAGE_SIDE, IMAGE_SIDE, &grey)?;
    svg.image(LEFT_PX, top, side, side, &png);
    svg.frame(LEFT_PX, top, side, side, GRID);
    let style = TextStyle::new(LABEL_PX).color(MUTED);
    let text = "dense layer: root mean square of the weights of each pixel, light = smallest, dark = largest";
    svg.text(LEFT_PX + side + 12.0, top + 16.0, text, style);
    Ok(())
}
