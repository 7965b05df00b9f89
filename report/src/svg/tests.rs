use expect_test::expect;

use super::*;
use crate::palette::{BLUE, GRID};

#[test]
fn text_is_escaped_and_long_text_states_its_width() {
    let mut svg = Svg::new(40.0, 20.0, "a < b\u{1}");
    svg.rect(1.0, 2.0, 3.0, 4.005, BLUE);
    svg.line((0.0, 10.0), (40.0, 10.0), GRID, 1.0);
    svg.text(20.0, 15.0, "1 & 1", TextStyle::new(11.0).middle());
    svg.text(
        0.0,
        18.0,
        "predicted class",
        TextStyle::new(10.0).color(BLUE).bold(),
    );
    svg.rects(&[(1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0)], BLUE);
    expect![[r##"
        <svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" viewBox="0 0 40 20" role="img" font-family="Arial,Helvetica,Liberation Sans,Arimo,sans-serif" fill="#1f2328">
        <title>a &lt; b </title>
        <rect width="40" height="20" fill="#ffffff"/>
        <rect x="1" y="2" width="3" height="4.01" fill="#1768ac"/>
        <path d="M0 10L40 10" stroke="#dfe3e8" stroke-width="1"/>
        <text x="20" y="15" font-size="11" text-anchor="middle">1 &amp; 1</text>
        <text x="0" y="18" font-size="10" font-weight="700" fill="#1768ac" textLength="72.81" lengthAdjust="spacingAndGlyphs">predicted class</text>
        <path d="M1 2h3v4h-3zM5 6h7v8h-7z" fill="#1768ac"/>
        </svg>
    "##]]
    .assert_eq(&svg.finish());
}
