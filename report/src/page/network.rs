//! The champion's network for the page, which classifies pictures of its readers.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use pipelines::files::weights_header::WeightsHeader;
use pipelines::graph::{Graph, Node};
use pipelines::spec::Model;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::tables::background::Background;
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

use crate::inputs::Inputs;
use crate::markdown::visible;
use crate::page::packed;

/// Heading of the section in which readers try the network, and its id.
pub const TITLE: &str = "Try it";
pub const ID: &str = "try-it";
const SECTION: &str = include_str!("../html/try.html");
/// Most bytes of compressed weights that the page holds.
const MAX_BYTES: usize = 2_000_000;
/// Bits of a kernel's values, of which the first are taken whose compressed weights keep to `WANTED_BYTES`; the
/// last are taken whatever the size.
const BITS: [u32; 2] = [10, 8];
/// See [`BITS`].
const WANTED_BYTES: usize = 900_000;
/// Training images that are looked at to find their background.
const LOOKED_AT: usize = 1_000;

/// A trained network in a form that the page's script reads.
#[derive(Clone, Debug)]
pub struct Network {
    header: Header,
    /// Compressed: the tensors of `Header::tensors`, one after another. Numbers of 32 bits are little-endian.
    /// A kernel is the step of each of its output channels, in 32 bits; the low bytes of all its values,
    /// counted in steps from `Header::zero` on; and their high bytes.
    weights: Vec<u8>,
}

#[derive(Clone, Debug, Serialize)]
struct Header {
    model: String,
    seed: u64,
    classes: Vec<String>,
    shape: ImageShape,
    /// What surrounds the subject of nearly all training images: `dark` or `light`.
    background: Option<&'static str>,
    nodes: Vec<Node>,
    tensors: Vec<Tensor>,
    /// The number that stands for 0 in a kernel.
    zero: u16,
}

#[derive(Clone, Debug, Serialize)]
struct Tensor {
    name: String,
    /// Number of values.
    length: usize,
    /// Output channels of a kernel; `None` of a tensor whose values are stored as they are.
    channels: Option<usize>,
}

impl Network {
    /// `model` with the weights in `bytes`, the contents of the file at `path`, trained on images with a
    /// `background`. A kernel's values are rounded to steps of a size of each output channel; biases and
    /// normalisations, which are few, keep their 32 bits.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn new(
        model: &Model,
        path: &Path,
        bytes: &[u8],
        background: Option<Background>,
    ) -> Result<Self> {
        let of_file = || path.display().to_string();
        let (_, metadata) = SafeTensors::read_metadata(bytes).with_context(of_file)?;
        let file = SafeTensors::deserialize(bytes).with_context(of_file)?;
        let header = WeightsHeader::of(metadata.metadata().as_ref()).with_context(of_file)?;
        let info = &header.dataset_info;
        let graph = Graph::of(model, info, &header.channels()).with_context(of_file)?;
        let (mut tensors, mut values) = (Vec::new(), Vec::new());
        for name in graph.nodes.iter().flat_map(|node| node.operation.weights()) {
            let tensor = file.tensor(name).with_context(of_file)?;
            ensure!(
                tensor.dtype() == Dtype::F32,
                "{}: tensor `{name}`: expected F32, found {:?}",
                path.display(),
                tensor.dtype()
            );
            let numbers = numbers(tensor.data());
            let is_kernel = tensor.shape().len() > 1 && numbers.iter().all(|of| of.is_finite());
            tensors.push(Tensor {
                name: name.to_owned(),
                length: numbers.len(),
                channels: is_kernel.then(|| tensor.shape()[0]),
            });
            values.push(numbers);
        }
        let (zero, weights) = compressed(&tensors, &values);
        Ok(Self {
            header: Header {
                model: visible(&model.name),
                seed: header.seed,
                classes: info.class_names.iter().map(|name| visible(name)).collect(),
                shape: info.shape,
                background: background.map(|background| match background {
                    Background::Dark => "dark",
                    Background::Light => "light",
                }),
                nodes: graph.nodes,
                tensors,
                zero,
            },
            weights,
        })
    }

    /// The champion of `inputs`; `None` without a finished run of it.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub fn of(inputs: &Inputs) -> Result<Option<Self>> {
        let Some(champion) = &inputs.champion else {
            return Ok(None);
        };
        let model = inputs.spec.model(&champion.model)?;
        let looked_at = inputs.train.slice(0, inputs.train.len().min(LOOKED_AT));
        let background = Background::of_all(&looked_at);
        Self::new(model, &champion.path, &champion.bytes, background).map(Some)
    }

    /// The section of the page in which readers try it, or that says why it is not there.
    pub fn section(&self) -> String {
        if self.weights.len() <= MAX_BYTES {
            return SECTION.to_owned();
        }
        let megabytes = |bytes: usize| bytes as f64 / 1e6;
        format!(
            "<section>\n<h2 id=\"{ID}\">{TITLE}</h2>\n<p>The weights of the champion take {:.1} MB, and a page \
             holds at most {:.0} MB of them. <code>cargo xtask predict</code> classifies pictures \
             with it.</p>\n</section>\n",
            megabytes(self.weights.len()),
            megabytes(MAX_BYTES)
        )
    }

    /// The script elements that hold it; none of them is run.
    pub fn elements(&self) -> String {
        if self.weights.len() > MAX_BYTES {
            return String::new();
        }
        let header = serde_json::to_string(&self.header)
            .unwrap_or_default()
            .replace('<', "\\u003c");
        format!(
            "<script type=\"application/json\" id=\"network-data\">{header}</script>\n{}",
            packed::element("network-weights", &self.weights)
        )
    }
}

/// `Header::zero` and the values of `tensors` as finely as they fit; see [`BITS`] and [`Network::weights`].
fn compressed(tensors: &[Tensor], values: &[Vec<f32>]) -> (u16, Vec<u8>) {
    let mut found = (0, Vec::new());
    for bits in BITS {
        let zero = 1 << (bits - 1);
        let mut bytes = Vec::new();
        for (tensor, values) in tensors.iter().zip(values) {
            match tensor.channels {
                Some(channels) => store_kernel(values, channels, zero, &mut bytes),
                None => store(values, &mut bytes),
            }
        }
        found = (zero, packed::deflate(&bytes));
        if found.1.len() <= WANTED_BYTES {
            break;
        }
    }
    found
}

fn store(values: &[f32], bytes: &mut Vec<u8>) {
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// The largest value of a channel is as many steps as can be counted from `zero` on.
fn store_kernel(values: &[f32], channels: usize, zero: u16, bytes: &mut Vec<u8>) {
    let most = f32::from(zero - 1);
    let channels = values.chunks(values.len().div_ceil(channels.max(1)).max(1));
    let steps: Vec<f32> = channels
        .clone()
        .map(|channel| channel.iter().fold(0.0_f32, |most, of| most.max(of.abs())) / most)
        .collect();
    let counts: Vec<[u8; 2]> = channels
        .zip(&steps)
        .flat_map(|(channel, step)| channel.iter().map(move |value| (value, *step)))
        .map(|(value, step)| match step > 0.0 {
            true => (f32::from(zero) + (value / step).round()) as u16,
            false => zero,
        })
        .map(u16::to_le_bytes)
        .collect();
    store(&steps, bytes);
    for byte in 0..2 {
        bytes.extend(counts.iter().map(|count| count[byte]));
    }
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks();
    values
        .iter()
        .map(|value| f32::from_le_bytes(*value))
        .collect()
}
