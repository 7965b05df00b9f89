//! A study whose every text tries to be more than text.

use pipelines::spec::dataset_info::ImageShape;

use crate::chromium::{self, Chromium};
use crate::project::{Project, Report};

/// What runs, loads or closes something where it is not escaped.
const PAYLOADS: [&str; 14] = [
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "<svg onload=ran()>",
    "\"><img src=x onerror=ran()>",
    "' onfocus=ran() autofocus '",
    "</script><script>ran()</script>",
    "</title></style></textarea><script>ran()</script>",
    "<iframe srcdoc=\"<script>parent.ran()</script>\"></iframe>",
    "[link](javascript:ran())",
    "![picture](https://example.org/x.png)",
    "<javascript:ran()> <https://example.org>",
    "a|b `c` **d** ~~e~~ ]]> --> <!--",
    "&lt;img src=x onerror=ran()&gt; &#60;b&#62;",
    "<details open ontoggle=ran()><summary><b>x</b></summary>",
];

/// Counts what ran, and lists what no text should have become.
const STEPS: &str = r#"
const whenLoaded = setInterval(() => {
  for (let turn = 0; turn < 2e7; turn++);
  if (!document.querySelector(".tile")) return;
  clearInterval(whenLoaded);
  document.querySelector(".tile").click();
  for (const part of document.querySelectorAll("details")) part.open = true;
  const found = [];
  for (const element of document.querySelectorAll("*")) {
    if (["iframe", "object", "embed", "base", "form[action]"].some((name) => element.matches(name))) found.push(element.localName);
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on") || name === "srcdoc") found.push(`${element.localName} ${name}`);
      if (["href", "src", "xlink:href"].includes(name) && !/^(#|data:image\/png;base64,|data:,$)/.test(value)) found.push(`${element.localName} ${name}=${value}`);
    }
  }
  leave({ ran: window.count || 0, found: found.join("; "), dialog: document.querySelector("dialog h3").textContent.length > 20 });
}, 100);
"#;

/// Defines what the payloads call, before anything else of the page.
const RAN: &str = "<script>window.ran = () => { window.count = (window.count || 0) + 1; }</script>";

/// Each place with its own beginning, so that it can be found again.
fn text(place: &str) -> String {
    format!("{place} {}", PAYLOADS.join(" "))
}

/// `value` as a basic string of TOML.
fn quoted(value: &str) -> String {
    serde_json::to_string(value).unwrap()
}

fn report() -> Report {
    let shape = ImageShape::new(5, 4, 3);
    let mut places = Vec::new();
    let mut place = |name: &str| {
        places.push(text(name));
        quoted(&text(name))
    };
    let numbers = format!("{:?}", [0.5; PAYLOADS.len()]);
    let published = format!(
        r#"
citation = {citation}
spec = "paper"
[sections]
classes = {section}
[protocol]
train_images = 12
test_images = 9
test_images_a_class = 3
validation_share = 0.25
[[accuracy]]
model = "small"
source = {table}
highest_train_percent = 90.0
highest_validation_percent = 80.0
test_percent = 80.0
misclassified_percent = 20.0
delta_points = 10.0
[[classification_report]]
model = "small"
source = {figure}
quote = {caption}
precision = {numbers}
recall = {numbers}
f1 = {numbers}
[[claim]]
name = "two-values"
unit = {unit}
quotes = [{{ source = {claim_source}, text = {claim} }}]
values = [1, 2]
[[claim]]
name = "reports"
quotes = []
[[conclusion]]
name = "size"
quotes = [{{ source = {conclusion_source}, text = {conclusion} }}]
isolated = {{ source = {isolated_source}, text = {isolated} }}
model = "large"
against = "small"
claims = ["higher-accuracy"]
"#,
        citation = place("citation"),
        section = place("section"),
        table = place("table"),
        figure = place("figure"),
        caption = place("caption"),
        unit = place("unit"),
        claim_source = place("claim source"),
        claim = place("claim"),
        conclusion_source = place("conclusion source"),
        conclusion = place("conclusion"),
        isolated_source = place("isolated source"),
        isolated = place("isolated"),
    );
    // A name has at most 200 bytes, so each class has one payload.
    let classes: Vec<String> = (0..)
        .zip(PAYLOADS)
        .map(|(label, payload)| format!("{label} {payload}"))
        .collect();
    let texts = crate::project::Texts {
        description: place("description"),
        classes: classes.iter().map(|name| quoted(name)).collect(),
        titles: [place("small title"), place("large title")],
        choice: Some(place("choice")),
        published: Some(published),
    };
    let project = Project::of_texts(shape, &texts);
    places.extend(classes);
    places.extend(["warning", "processor", "system"].map(text));
    project.edit_ingest_manifest(|manifest| {
        manifest.warnings = vec![text("warning")];
        manifest.made_by.processor = text("processor");
        manifest.made_by.system = text("system");
    });
    let report = project.report();
    // As Chromium writes the text of an element.
    for place in places {
        let shown = place
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let page = report.page.replace("&quot;", "\"").replace("&#39;", "'");
        assert!(page.contains(&shown), "{place} is not shown as it is");
    }
    report
}

#[test]
fn no_text_from_outside_runs_and_all_are_shown_as_they_are() {
    let report = report();
    crate::checks::check(&report);
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let start = report.page.find("<meta http-equiv").unwrap();
    let end = start + report.page[start..].find('>').unwrap() + 1;
    let without_policy = format!("{}{RAN}{}", &report.page[..start], &report.page[end..]);
    for page in [&report.page, &without_policy] {
        let (dom, log) = chromium.open(page, STEPS);
        assert_eq!(
            chromium::seen(&dom).as_deref(),
            Some("ran=0\nfound=\ndialog=true"),
            "{log}"
        );
    }
    // The same steps do notice what runs.
    let broken = without_policy.replace("</main>", &format!("{}</main>", PAYLOADS[1]));
    let (dom, _) = chromium.open(&broken, STEPS);
    let seen = chromium::seen(&dom).unwrap();
    assert!(
        seen.starts_with(
            "ran=1
found=img"
        ),
        "{seen}"
    );
}

#[test]
fn the_page_lets_its_own_script_run_and_no_other() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let report = report();
    let other = "<script>document.documentElement.dataset.other = 'ran';</script>\
                 <img src=\"x\" onerror=\"document.documentElement.dataset.other = 'ran'\">";
    let page = report.page.replace("</main>", &format!("{other}</main>"));
    let steps = "setTimeout(() => leave({ other: document.documentElement.dataset.other, \
                 own: document.querySelector('.theme').textContent }), 1000);";
    let (dom, log) = chromium.open(&page, steps);
    let seen = chromium::seen(&dom);
    assert_eq!(seen.as_deref(), Some("other=\nown=Dark page"), "{log}");
}
