//! Colours of the figures: neutrals that the page may exchange for a dark theme, and a few hues
//! that stay apart for colour-blind readers (after Okabe and Ito 2008).

/// A colour as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub &'static str);

/// Background.
pub const PAPER: Color = Color("#ffffff");
/// Text and what matters most.
pub const INK: Color = Color("#1f2328");
/// Axis labels and remarks.
pub const MUTED: Color = Color("#5b6570");
/// Grid lines and frames.
pub const GRID: Color = Color("#dfe3e8");
/// What stands behind as context.
pub const FAINT: Color = Color("#b4bcc6");
/// Right, validation, ours.
pub const BLUE: Color = Color("#1768ac");
/// Wrong.
pub const RED: Color = Color("#c8321f");
/// Train.
pub const ORANGE: Color = Color("#d87a00");
/// Helps, test.
pub const GREEN: Color = Color("#0b8a6a");
/// The published number.
pub const PURPLE: Color = Color("#9a3f8c");
/// Text on a strongly coloured cell; never exchanged.
pub const ON_COLOR: Color = Color("#fefefe");

/// Neutrals and hues by the name of the custom property that replaces them in the page.
pub const THEMED: [(&str, Color); 10] = [
    ("paper", PAPER),
    ("ink", INK),
    ("muted", MUTED),
    ("grid", GRID),
    ("faint", FAINT),
    ("blue", BLUE),
    ("red", RED),
    ("orange", ORANGE),
    ("green", GREEN),
    ("purple", PURPLE),
];
