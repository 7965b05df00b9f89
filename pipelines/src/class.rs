//! The ten classes of Fashion-MNIST.

/// Number of classes.
pub const CLASS_COUNT: usize = 10;

/// Names in label order, spelled as in Zalando's README.
pub const CLASS_NAMES: [&str; CLASS_COUNT] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];
