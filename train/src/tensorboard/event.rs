//! The messages and fields of an event file that are written here.
//!
//! Sources: `event.proto`, `summary.proto`, `histogram.proto`, `tensor.proto` in `tensorboard/compat/proto`
//! and `hparams/plugin_data.proto` in `tensorboard/plugins` of <https://github.com/tensorflow/tensorboard>.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

/// One record.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// The epoch, counted from 1; 0 before the first.
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// What happened.
    #[prost(oneof = "What", tags = "3, 5, 7")]
    pub what: Option<What>,
}

/// What an [`Event`] tells.
#[derive(Clone, PartialEq, Oneof)]
pub enum What {
    /// Of the first record: the version of the format.
    #[prost(string, tag = "3")]
    FileVersion(String),
    /// Numbers, texts and histograms.
    #[prost(message, tag = "5")]
    Summary(Summary),
    /// That a run begins, which takes away what TensorBoard has of an earlier one from this step on.
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

/// The beginning of a run.
#[derive(Clone, PartialEq, Message)]
pub struct SessionLog {
    /// 1 for `START`.
    #[prost(int32, tag = "1")]
    pub status: i32,
}

/// Values of one moment.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    /// Each with its tag.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

/// One value.
#[derive(Clone, PartialEq, Message)]
pub struct Value {
    /// Its name.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// Which part of TensorBoard shows it, where its type does not say that.
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<SummaryMetadata>,
    /// What it is.
    #[prost(oneof = "Shown", tags = "2, 5, 8")]
    pub shown: Option<Shown>,
}

/// The contents of a [`Value`].
#[derive(Clone, PartialEq, Oneof)]
pub enum Shown {
    /// A number.
    #[prost(float, tag = "2")]
    Scalar(f32),
    /// Many numbers, counted.
    #[prost(message, tag = "5")]
    Histogram(HistogramProto),
    /// Whatever the metadata say.
    #[prost(message, tag = "8")]
    Tensor(TensorProto),
}

/// Which plugin shows a value, and what it has to know.
#[derive(Clone, PartialEq, Message)]
pub struct SummaryMetadata {
    /// Of the plugin.
    #[prost(message, optional, tag = "1")]
    pub plugin_data: Option<PluginData>,
}

/// A plugin and bytes for it.
#[derive(Clone, PartialEq, Message)]
pub struct PluginData {
    /// `text` or `hparams`.
    #[prost(string, tag = "1")]
    pub plugin_name: String,
    /// A message of the plugin.
    #[prost(bytes = "vec", tag = "2")]
    pub content: Vec<u8>,
}

/// Counts of numbers between limits.
#[derive(Clone, PartialEq, Message)]
pub struct HistogramProto {
    /// The smallest number.
    #[prost(double, tag = "1")]
    pub min: f64,
    /// The largest number.
    #[prost(double, tag = "2")]
    pub max: f64,
    /// How many there are.
    #[prost(double, tag = "3")]
    pub num: f64,
    /// Their sum.
    #[prost(double, tag = "4")]
    pub sum: f64,
    /// The sum of their squares.
    #[prost(double, tag = "5")]
    pub sum_squares: f64,
    /// The upper limit of each bucket.
    #[prost(double, repeated, tag = "6")]
    pub bucket_limit: Vec<f64>,
    /// The numbers in each bucket.
    #[prost(double, repeated, tag = "7")]
    pub bucket: Vec<f64>,
}

/// An array of texts or of numbers.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    /// 1 for f32, 7 for text.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    /// Its sides.
    #[prost(message, optional, tag = "2")]
    pub tensor_shape: Option<TensorShapeProto>,
    /// Of numbers.
    #[prost(float, repeated, tag = "5")]
    pub float_val: Vec<f32>,
    /// Of texts.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub string_val: Vec<Vec<u8>>,
}

/// The sides of an array.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    /// From the outermost to the innermost.
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<Dim>,
}

/// One side of an array.
#[derive(Clone, PartialEq, Message)]
pub struct Dim {
    /// Its length.
    #[prost(int64, tag = "1")]
    pub size: i64,
}

/// What the plugin `hparams` has to know.
#[derive(Clone, PartialEq, Message)]
pub struct HParamsPluginData {
    /// The beginning or the end of a training.
    #[prost(oneof = "Session", tags = "3, 4")]
    pub session: Option<Session>,
}

/// The beginning or the end of a training.
#[derive(Clone, PartialEq, Oneof)]
pub enum Session {
    /// The beginning.
    #[prost(message, tag = "3")]
    Start(SessionStartInfo),
    /// The end.
    #[prost(message, tag = "4")]
    End(SessionEndInfo),
}

/// The settings of a training.
#[derive(Clone, PartialEq, Message)]
pub struct SessionStartInfo {
    /// By name.
    #[prost(btree_map = "string, message", tag = "1")]
    pub hparams: BTreeMap<String, HParam>,
    /// Trainings of one group differ in their seed at most.
    #[prost(string, tag = "4")]
    pub group_name: String,
    /// Seconds since 1970.
    #[prost(double, tag = "5")]
    pub start_time_secs: f64,
}

/// How a training ended.
#[derive(Clone, PartialEq, Message)]
pub struct SessionEndInfo {
    /// 1 for success, 2 for failure.
    #[prost(int32, tag = "1")]
    pub status: i32,
    /// Seconds since 1970.
    #[prost(double, tag = "2")]
    pub end_time_secs: f64,
}

/// One setting: `google.protobuf.Value`.
#[derive(Clone, PartialEq, Message)]
pub struct HParam {
    /// What it is set to.
    #[prost(oneof = "HParamKind", tags = "2, 3, 4")]
    pub kind: Option<HParamKind>,
}

/// The value of an [`HParam`].
#[derive(Clone, PartialEq, Oneof)]
pub enum HParamKind {
    /// A number.
    #[prost(double, tag = "2")]
    Number(f64),
    /// A text.
    #[prost(string, tag = "3")]
    Text(String),
    /// Yes or no.
    #[prost(bool, tag = "4")]
    Bool(bool),
}
