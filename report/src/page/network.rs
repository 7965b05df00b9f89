//! The champion's network for the page, which classifies pictures of its readers.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use half::f16;
use pipelines::files::weights_header::WeightsHeader;
use pipelines::graph::{Graph, Node};
use pipelines::spec::Model;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::tables::background::Background;
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

use crate::inputs::Inputs;
use crate::markdown::visible;

/// Heading of the section in which readers try the network, and its id.
pub const TITLE: &str = "Try it";
pub const ID: &str = "try-it";
const SECTION: &str = include_str!("../html/try.html");
/// Most bytes of weights that the page holds.
const MAX_BYTES: usize = 4_000_000;
/// Training images that are looked at to find their background.
const LOOKED_AT: usize = 1_000;

/// A trained network in a form that the page's script reads.
#[derive(Clone, Debug)]
pub struct Network {
    header: Header,
    /// Tensors one after another, little-endian.
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
}

#[derive(Clone, Debug, Serialize)]
struct Tensor {
    name: String,
    /// 16 or 32.
    bits: u8,
    /// Where it begins, in bytes.
    offset: usize,
    /// Number of values.
    length: usize,
}

impl Network {
    /// `model` with the weights in `bytes`, the contents of the file at `path`, trained on images with a
    /// `background`. Kernels are stored in 16 bits; biases and normalisations, which are few, and kernels
    /// beyond the range of 16 bits keep their 32.
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
        let (mut tensors, mut weights) = (Vec::new(), Vec::new());
        for name in graph.nodes.iter().flat_map(|node| node.operation.weights()) {
            let tensor = file.tensor(name).with_context(of_file)?;
            ensure!(
                tensor.dtype() == Dtype::F32,
                "{}: tensor `{name}`: expected F32, found {:?}",
                path.display(),
                tensor.dtype()
            );
            let is_kernel = tensor.shape().len() > 1;
            tensors.push(store(
                name,
                &numbers(tensor.data()),
                is_kernel,
                &mut weights,
            ));
        }
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
            "<script type=\"application/json\" id=\"network-data\">{header}</script>\n\
             <script type=\"text/plain\" id=\"network-weights\">{}</script>\n",
            STANDARD.encode(&self.weights)
        )
    }
}

/// Adds a tensor to `weights` and says where it is.
fn store(name: &str, values: &[f32], is_kernel: bool, weights: &mut Vec<u8>) -> Tensor {
    let largest = f32::from(f16::MAX);
    let is_half = is_kernel && values.iter().all(|value| value.abs() <= largest);
    let offset = weights.len();
    for value in values {
        match is_half {
            true => weights.extend_from_slice(&f16::from_f32(*value).to_le_bytes()),
            false => weights.extend_from_slice(&value.to_le_bytes()),
        }
    }
    Tensor {
        name: name.to_owned(),
        bits: if is_half { 16 } else { 32 },
        offset,
        length: values.len(),
    }
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks();
    values
        .iter()
        .map(|value| f32::from_le_bytes(*value))
        .collect()
}
