//! A page in headless Chromium, where one is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pipelines::files::sha256;

/// What a script that works a page calls with what it saw.
const LEAVE: &str = r#"
const leave = (seen) => {
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = Object.entries(seen).map((pair) => pair.join("=")).join("\n");
  document.body.append(result);
};
"#;

/// An installed browser.
pub struct Chromium {
    program: PathBuf,
}

impl Chromium {
    /// The first one in `PATH`; says that the test is skipped where there is none.
    pub fn find() -> Option<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let folders = std::env::var_os("PATH")?;
        let program = std::env::split_paths(&folders)
            .flat_map(|folder| names.map(|name| folder.join(name)))
            .find(|path| path.is_file());
        if program.is_none() {
            println!("skipped: no chromium or google-chrome in PATH");
        }
        program.map(|program| Self { program })
    }

    /// What becomes of `page` when `steps` have worked it, and what the browser logs. The page's policy
    /// is told to let these steps run too.
    pub fn open(&self, page: &str, steps: &str) -> (String, String) {
        let script = format!("{LEAVE}{steps}");
        let hash = STANDARD.encode(sha256::digest(script.as_bytes()));
        let page = page
            .replacen("script-src '", &format!("script-src 'sha256-{hash}' '"), 1)
            .replace("</body>", &format!("<script>{script}</script></body>"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        std::fs::write(&path, page).unwrap();
        self.run(folder.path(), &path, &["--dump-dom".to_owned()])
    }

    /// Opens `page` with the options `wanted`; what the browser prints, and what it logs.
    pub fn run(&self, profile: &Path, page: &Path, wanted: &[String]) -> (String, String) {
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--enable-logging=stderr",
                "--virtual-time-budget=60000",
            ])
            .args(wanted)
            .arg(format!(
                "--user-data-dir={}",
                profile.join("profile").display()
            ))
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap();
        (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }
}

/// What the steps left in the document, a line each.
pub fn seen(dom: &str) -> Option<String> {
    let (_, rest) = dom.split_once("<pre id=\"seen\">")?;
    let (seen, _) = rest.split_once("</pre>")?;
    Some(
        seen.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

/// Steps that classify `pixels`, images of `length` levels each, as the page's network does, and leave
/// how near its probabilities are to the `expected` ones.
pub fn classification(pixels: &[u8], expected: &[f32], length: usize) -> String {
    format!(
        r#"
let weights;
packed.inflated("network-weights").then((bytes) => {{ weights = bytes; }});
const images = {pixels:?};
const expected = {expected:?};
const length = {length};
const whenRead = setInterval(() => {{
  for (let turn = 0; turn < 2e7; turn++);
  if (!weights) return;
  clearInterval(whenRead);
  const champion = network.load(JSON.parse(packed.text("network-data")), weights);
  let largest = 0;
  for (let row = 0; row * length < images.length; row += 1) {{
    const found = champion.classify(images.slice(row * length, (row + 1) * length));
    found.forEach((value, at) => {{ largest = Math.max(largest, Math.abs(value - expected[row * found.length + at])); }});
  }}
  leave({{ close: largest < 1e-2, spread: Math.max(...expected) - Math.min(...expected) > 0.05, largest }});
}}, 100);
"#
    )
}
