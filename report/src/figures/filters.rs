//! Weights of the first layer of a model.

use anyhow::Result;

use crate::palette::{BLUE, Color, GRID, MUTED, RED};
use crate::panel::{LABEL_PX, PAGE_WIDTH_PX};
use crate::picture::{self, Picture};
use crate::svg::{Svg, TextStyle};

const COLUMNS: usize = 32;
/// Most kernels that are drawn of a model.
const MAX_KERNELS: usize = 256;
const LEFT_PX: f64 = 74.0;
/// Longer side of a dense layer's image.
const DENSE_PX: f64 = 140.0;

/// Weights of the first layer of one model.
#[derive(Clone, Debug, PartialEq)]
pub enum FirstLayer {
    /// Kernels of a convolution.
    Convolution {
        /// Channels of the image.
        channels: usize,
        /// Side of a kernel.
        side: usize,
        /// All weights, (filters, channels, side, side), row-major.
        weights: Vec<f32>,
    },
    /// A dense layer: of the weights of each pixel, the root mean square over units and channels.
    Dense {
        /// Columns of the image.
        width: usize,
        /// (height, width), row-major.
        weights: Vec<f32>,
    },
}

/// Draws the first layers of `models`. Kernels are tiles, each on its own scale: over a colour image
/// they are shown in colour, grey where a weight is zero; otherwise blue above zero and red below, the
/// mean over channels. A dense layer is one image, dark where its weights are large.
///
/// # Errors
/// An image that cannot be encoded.
pub fn draw(models: &[(String, FirstLayer)]) -> Result<Svg> {
    let tile = (PAGE_WIDTH_PX - LEFT_PX) / COLUMNS as f64;
    let heights: Vec<f64> = models
        .iter()
        .map(|(_, layer)| match layer {
            FirstLayer::Convolution { .. } => {
                kernels(layer).len().div_ceil(COLUMNS) as f64 * tile + 12.0
            }
            FirstLayer::Dense { .. } => DENSE_PX + 12.0,
        })
        .collect();
    let title = "Weights of the first layer of each model";
    let mut svg = Svg::new(PAGE_WIDTH_PX, heights.iter().sum::<f64>() + 26.0, title);
    let style = TextStyle::new(LABEL_PX);
    let signed = |(_, layer): &(String, FirstLayer)| matches!(layer, FirstLayer::Convolution { channels, .. } if *channels != 3);
    if models.iter().any(signed) {
        svg.text(LEFT_PX, 14.0, "above zero", style.color(BLUE));
        svg.text(LEFT_PX + 76.0, 14.0, "below zero", style.color(RED));
    }
    let mut top = 26.0;
    for ((name, layer), height) in models.iter().zip(heights) {
        svg.text(4.0, top + 16.0, name, style.bold());
        match layer {
            FirstLayer::Convolution { channels, side, .. } => {
                draw_kernels(&mut svg, top, tile, &kernels(layer), *channels, *side)?;
            }
            FirstLayer::Dense { width, weights } => draw_dense(&mut svg, top, *width, weights)?,
        }
        top += height;
    }
    Ok(svg)
}

/// The weights of each kernel that is drawn, (channels, side, side).
fn kernels(layer: &FirstLayer) -> Vec<&[f32]> {
    match layer {
        FirstLayer::Convolution {
            channels,
            side,
            weights,
        } => weights
            .chunks_exact(channels * side * side)
            .take(MAX_KERNELS)
            .collect(),
        FirstLayer::Dense { .. } => Vec::new(),
    }
}

/// All kernels of a model as one image, with a transparent pixel between neighbours.
fn draw_kernels(
    svg: &mut Svg,
    top: f64,
    tile_px: f64,
    kernels: &[&[f32]],
    channels: usize,
    side: usize,
) -> Result<()> {
    let columns = COLUMNS.min(kernels.len());
    let (width, height) = (
        columns * (side + 1),
        kernels.len().div_ceil(COLUMNS) * (side + 1),
    );
    let cell_px = tile_px / (side + 1) as f64;
    let mut sheet = vec![0; width * height * 4];
    let mut frames = Vec::new();
    for (filter, kernel) in kernels.iter().enumerate() {
        let (left, row) = (filter % COLUMNS * (side + 1), filter / COLUMNS * (side + 1));
        let pixels = match channels {
            3 => color_tile(kernel),
            _ => signed_tile(kernel, side * side),
        };
        for (y, line) in pixels.chunks_exact(side * 4).enumerate() {
            sheet[((row + y) * width + left) * 4..][..line.len()].copy_from_slice(line);
        }
        let kernel_px = side as f64 * cell_px;
        let (x, y) = (left as f64 * cell_px, row as f64 * cell_px);
        frames.push((LEFT_PX + x, top + y, kernel_px, kernel_px));
    }
    let png = picture::encode(width, height, png::ColorType::Rgba, &sheet)?;
    let (width_px, height_px) = (width as f64 * cell_px, height as f64 * cell_px);
    svg.png(LEFT_PX, top, width_px, height_px, &png);
    svg.frames(&frames, GRID);
    Ok(())
}

fn largest(weights: &[f32]) -> f32 {
    weights.iter().fold(f32::MIN_POSITIVE, |largest, weight| {
        largest.max(weight.abs())
    })
}

/// The mean over channels of each of the `area` positions: the colour is the sign, the opacity the
/// size.
fn signed_tile(kernel: &[f32], area: usize) -> Vec<u8> {
    let channels = kernel.len() / area;
    let means: Vec<f32> = (0..area)
        .map(|position| {
            let sum: f32 = kernel.iter().skip(position).step_by(area).sum();
            sum / channels as f32
        })
        .collect();
    let largest = largest(&means);
    means
        .iter()
        .flat_map(|mean| {
            let [red, green, blue] = rgb(if *mean >= 0.0 { BLUE } else { RED });
            [
                red,
                green,
                blue,
                (mean.abs() / largest * 255.0).round() as u8,
            ]
        })
        .collect()
}

/// Red, green and blue of each position, middle grey for a weight of zero.
fn color_tile(kernel: &[f32]) -> Vec<u8> {
    let (area, largest) = (kernel.len() / 3, largest(kernel));
    (0..area)
        .flat_map(|position| {
            let level = |channel: usize| {
                let weight = kernel[channel * area + position] / largest;
                (127.5 + 127.5 * weight).round() as u8
            };
            [level(0), level(1), level(2), 255]
        })
        .collect()
}

fn rgb(color: Color) -> [u8; 3] {
    [1, 3, 5].map(|start| u8::from_str_radix(&color.0[start..start + 2], 16).unwrap_or(0))
}

fn draw_dense(svg: &mut Svg, top: f64, width: usize, weights: &[f32]) -> Result<()> {
    let largest = weights.iter().copied().fold(f32::MIN, f32::max);
    let smallest = weights.iter().copied().fold(f32::MAX, f32::min);
    let range = (largest - smallest).max(f32::MIN_POSITIVE);
    let levels = weights
        .iter()
        .map(|weight| ((weight - smallest) / range * 255.0).round() as u8);
    let picture = Picture {
        width,
        height: weights.len() / width,
        channels: 1,
        pixels: levels.collect(),
        negative: false,
    };
    svg.picture(LEFT_PX, top, DENSE_PX, &picture.inverted())?;
    svg.frame(LEFT_PX, top, DENSE_PX, DENSE_PX, GRID);
    let style = TextStyle::new(LABEL_PX).color(MUTED);
    let text = "dense layer: root mean square of the weights of each pixel, light = smallest, dark = largest";
    svg.text(LEFT_PX + DENSE_PX + 12.0, top + 16.0, text, style);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_signs_and_opacities_sizes() {
        let tile = signed_tile(&[1.0, -0.5], 2);
        assert_eq!(tile[..3], rgb(BLUE));
        assert_eq!((tile[3], tile[7]), (255, 128));
        assert_eq!(tile[4..7], rgb(RED));
        // Two channels cancel out.
        assert_eq!(signed_tile(&[1.0, 1.0, -1.0, 1.0], 2)[3], 0);
    }

    #[test]
    fn a_colour_kernel_is_grey_where_it_is_zero() {
        assert_eq!(color_tile(&[1.0, 0.0, -1.0]), [255, 128, 0, 255]);
    }
}
