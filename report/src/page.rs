//! The report as one self-contained HTML page.

mod figure;
mod headings;
mod looks;
mod network;
mod packed;
mod sheet;
mod test_images;

#[cfg(test)]
mod chromium_test;
#[cfg(test)]
mod network_test;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pipelines::files::layout::{REPORT_HTML_FILE, REPORT_MARKDOWN_FILE};
use pipelines::files::sha256;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::document::Document;
use crate::svg::escape;
use figure::Shared;
use headings::Heading;

pub use network::Network;
pub use test_images::TestImages;

const STYLE: &str = include_str!("html/style.css");
const BROWSER: &str = include_str!("html/browser.html");
const SCRIPT: &str = concat!(
    include_str!("html/address.js"),
    include_str!("html/theme.js"),
    include_str!("html/contents.js"),
    include_str!("html/tables.js"),
    include_str!("html/wide.js"),
    include_str!("html/packed.js"),
    include_str!("html/network.js"),
    include_str!("html/levels.js"),
    include_str!("html/try.js"),
    include_str!("html/browser.js"),
);

/// The document with its figures inside, a table of contents, sortable tables, a network to try if one is
/// trained, and a browser of the test images if there are any predictions of them. The data of both come
/// last: they are not needed for the first paint.
pub fn render(
    document: &Document,
    network: Option<&Network>,
    test_images: Option<&TestImages>,
) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_GFM;
    let events: Vec<Event<'_>> = Parser::new_ext(&document.markdown, options).collect();
    let mut headings = headings::find(&events);
    let mut shared = Shared::default();
    let body = body(events, &headings, document, &mut shared);
    let title = headings
        .first()
        .map_or("Report", |heading| heading.text.as_str())
        .to_owned();
    let (mut sections, mut data) = (String::new(), String::new());
    let mut add = |text: &str, id: &str, section: &str, elements: &str| {
        headings.push(Heading {
            level: 2,
            text: text.to_owned(),
            id: id.to_owned(),
        });
        sections.push_str(section);
        data.push_str(elements);
    };
    if let Some(network) = network {
        let (section, elements) = (network.section(), network.elements());
        add(network::TITLE, network::ID, &section, &elements);
    }
    if let Some(test_images) = test_images {
        let (title, id) = ("Browse the test images", "browse-the-test-images");
        add(title, id, BROWSER, &test_images.elements());
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{looks}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#report\">Skip to the report</a>\n\
         <div class=\"page\">\n<aside class=\"contents\">\n\
         <button type=\"button\" class=\"theme\" hidden>Dark page</button>\n\
         <details open><summary>Contents</summary><nav aria-label=\"Contents\">{contents}</nav></details>\n</aside>\n\
         {pictures}<main id=\"report\">\n{body}{sections}</main>\n</div>\n<script>{SCRIPT}</script>\n{data}</body>\n</html>\n",
        policy = content_security_policy(),
        title = escape(&title),
        contents = headings::contents(&headings),
        looks = shared.looks.rules(),
        pictures = shared.pictures.definitions(),
    )
}

/// Lets the page's own script run and nothing else, and lets it load nothing: pictures are in the page
/// itself. Styles stand in attributes of figures and of table cells, so they are not told apart.
fn content_security_policy() -> String {
    let hash = STANDARD.encode(sha256::digest(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}

/// Longest name that stays in one line of a table.
const MAX_NAME_BYTES: usize = 24;

/// Markdown to HTML: headings get their ids, figures stand in the page, tables scroll by
/// themselves.
fn body(
    events: Vec<Event<'_>>,
    headings: &[Heading],
    document: &Document,
    shared: &mut Shared,
) -> String {
    let mut next_heading = headings.iter();
    let mut out: Vec<Event<'_>> = Vec::with_capacity(events.len());
    let mut events = events.into_iter();
    let mut in_cell = false;
    while let Some(event) = events.next() {
        match &event {
            Event::Start(Tag::TableCell) => in_cell = true,
            Event::End(TagEnd::TableCell) => in_cell = false,
            _ => {}
        }
        match event {
            Event::Text(text) if in_cell && is_name(&text) => {
                out.push(Event::InlineHtml("<span class=\"name\">".into()));
                out.push(Event::Text(text));
                out.push(Event::InlineHtml("</span>".into()));
            }
            Event::Start(Tag::Heading {
                level,
                classes,
                attrs,
                ..
            }) => out.push(Event::Start(Tag::Heading {
                level,
                id: next_heading
                    .next()
                    .map(|heading| CowStr::from(heading.id.clone())),
                classes,
                attrs,
            })),
            Event::Start(Tag::Image { dest_url, .. }) => {
                let mut alt = String::new();
                for event in events.by_ref() {
                    match event {
                        Event::End(TagEnd::Image) => break,
                        Event::Text(text) | Event::Code(text) => alt.push_str(&text),
                        _ => {}
                    }
                }
                let found = document.figures.iter().find(|f| f.path == *dest_url);
                if let Some(found) = found {
                    out.push(Event::InlineHtml(figure::embed(found, &alt, shared).into()));
                }
            }
            Event::Start(Tag::Table(alignments)) => {
                out.push(Event::Html(
                    "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">"
                        .into(),
                ));
                out.push(Event::Start(Tag::Table(alignments)));
            }
            Event::End(TagEnd::Table) => {
                out.push(Event::End(TagEnd::Table));
                out.push(Event::Html("</div>\n".into()));
            }
            Event::Html(markup) if !is_own_markup(&markup) => out.push(Event::Text(markup)),
            Event::InlineHtml(markup) if !is_own_markup(&markup) => out.push(Event::Text(markup)),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => out.push(Event::Start(Tag::Link {
                link_type,
                dest_url: address(dest_url, document),
                title,
                id,
            })),
            other => out.push(other),
        }
    }
    let mut text = String::new();
    html::push_html(&mut text, out.into_iter());
    // A figure alone in its paragraph is no paragraph; thousands of cells share a class; a number stays with
    // its per cent and with its sign.
    text.replace("<p><figure", "<figure")
        .replace("</figure></p>", "</figure>")
        .replace(" style=\"text-align: right\"", " class=\"end\"")
        .replace(" %", "\u{a0}%")
        .replace("&lt; 0", "&lt;\u{a0}0")
}

/// Where a link of the Markdown leads in the page: the page of another report in place of its Markdown,
/// and nowhere for a path that no section writes.
fn address<'a>(url: CowStr<'a>, document: &Document) -> CowStr<'a> {
    let starts = ["#", "https://", "http://"];
    let is_outside = starts.iter().any(|start| url.starts_with(start));
    match document.links.iter().find(|link| **link == *url) {
        Some(link) => link.replace(REPORT_MARKDOWN_FILE, REPORT_HTML_FILE).into(),
        None if is_outside => url,
        None => "#".into(),
    }
}

/// Whether `text` is a word with hyphens, such as the name of a model, where a browser would break it.
fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES && text.contains('-') && !text.contains(char::is_whitespace)
}

/// Whether `markup` is what the sections write themselves. Anything else came in with a text from
/// outside and stays text.
fn is_own_markup(markup: &str) -> bool {
    let markup = markup.trim();
    let summary = markup
        .strip_prefix("<summary>")
        .and_then(|rest| rest.strip_suffix("</summary>"));
    matches!(markup, "" | "<details>" | "</details>" | "<br>")
        || summary.is_some_and(|text| !text.contains('<'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::markdown;
    use crate::svg::{Svg, TextStyle};
    use crate::table::Table;

    #[test]
    fn the_page_holds_everything_itself() {
        let mut document = Document::default();
        document.heading(1, "Networks & images");
        document.heading(2, "Data");
        let mut svg = Svg::new(10.0, 10.0, "ten");
        svg.text(0.0, 9.0, "10", TextStyle::new(9.0));
        document.chart("ten", "the number ten", &svg);
        document.chart("again", "and again", &svg);
        let page = render(&document, None, None);
        assert!(page.contains("<title>Networks &amp; images</title>"));
        assert!(page.contains("<h2 id=\"data\">Data</h2>"));
        assert!(page.contains("<a href=\"#data\">Data</a>"));
        assert!(page.contains("aria-label=\"the number ten\""));
        assert!(!page.contains("src=\"figures"));
        assert!(
            !page.contains("http://")
                || page.matches("http://").count() == page.matches("http://www.w3.org").count()
        );
    }

    #[test]
    fn names_and_small_p_values_are_not_broken_in_tables() {
        let mut document = Document::default();
        let mut table = Table::new(["rank", "model", "p", "interval"]);
        table.row(["1", "model-3", "< 0.001", "up-to-date since 1-2"]);
        document.table(&table);
        let page = render(&document, None, None);
        assert!(page.contains("<span class=\"name\">model-3</span>"));
        assert!(page.contains(">&lt;\u{a0}0.001<"));
        assert!(page.contains(">up-to-date since 1-2<"));
    }

    #[test]
    fn the_page_leads_to_the_pages_of_other_reports() {
        let mut document = Document::default();
        let link = document.report_link("future-work");
        document.paragraph(markdown!("{} and more", link));
        let page = render(&document, None, None);
        assert!(page.contains("<a href=\"../../future-work/report/report.html\">future-work</a>"));
    }

    #[test]
    fn markup_and_links_from_outside_do_nothing() {
        let mut document = Document::default();
        document.heading(1, "Report");
        document.details("<i>", |document| document.paragraph(markdown!("x<br>y")));
        // What no section can write stays text here too.
        document.markdown.push_str(
            "\n<img src=x onerror=alert(1)> a <b>b</b> [c](javascript:alert(1))\n\n\
             <script>alert(1)</script>\n",
        );
        let page = render(&document, None, None);
        let main = page.split_once("<main").unwrap().1;
        let main = main.split_once("</main>").unwrap().0;
        for markup in ["<img", "<b>", "<script", "<i>", "href=\"javascript"] {
            assert!(!main.contains(markup), "{markup} in {main}");
        }
        assert!(main.contains("<details>") && main.contains("x<br>y"));
    }
}
