//! Images inside a drawing.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Svg, number};
use crate::picture::Picture;

impl Svg {
    /// `picture` in the middle of a square of `side` pixels, as large as it fits, its pixels kept
    /// sharp.
    ///
    /// # Errors
    /// A picture that cannot be encoded.
    pub fn picture(&mut self, x: f64, y: f64, side: f64, picture: &Picture) -> Result<()> {
        // Two stored pixels for each drawn one are enough for any screen.
        let picture = picture.shrunk((side * 2.0) as usize);
        let scale = side / picture.width.max(picture.height) as f64;
        let (width, height) = (picture.width as f64 * scale, picture.height as f64 * scale);
        let data = STANDARD.encode(picture.png()?);
        self.push(format_args!(
            r#"<image x="{}" y="{}" width="{}" height="{}"{} style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>"#,
            number(x + (side - width) / 2.0),
            number(y + (side - height) / 2.0),
            number(width),
            number(height),
            if picture.negative { r#" class="negative""# } else { "" },
        ));
        Ok(())
    }

    /// An encoded PNG with opacity, its pixels kept sharp.
    pub fn png(&mut self, x: f64, y: f64, width: f64, height: f64, png: &[u8]) {
        let data = STANDARD.encode(png);
        self.push(format_args!(
            r#"<image x="{}" y="{}" width="{}" height="{}" style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>"#,
            number(x),
            number(y),
            number(width),
            number(height),
        ));
    }
}
