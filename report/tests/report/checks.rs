//! What holds for every report.

use std::io::Cursor;

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::project::Report;

/// Every figure is linked, exists and is well-formed; the page holds them all; nothing is left open.
pub fn check(report: &Report) {
    let text = &report.markdown;
    let mut linked = Vec::new();
    let mut tables = 0;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_GFM) {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => linked.push(dest_url.to_string()),
            Event::Start(Tag::Table(_)) => tables += 1,
            Event::Start(Tag::Link { dest_url, .. }) => {
                let id = dest_url
                    .strip_prefix('#')
                    .unwrap_or_else(|| panic!("{dest_url}"));
                assert!(report.page.contains(&format!("id=\"{id}\"")), "{id}");
            }
            _ => {}
        }
    }
    assert!(tables >= 10, "{tables} tables");
    linked.sort_unstable();
    let mut paths: Vec<_> = report.files.iter().map(|(path, _)| path.clone()).collect();
    paths.sort_unstable();
    assert_eq!(
        linked, paths,
        "figures that are shown, and figures that are there"
    );
    assert!(!linked.is_empty());
    for (path, bytes) in &report.files {
        if path.ends_with(".svg") {
            check_xml(path, std::str::from_utf8(bytes).unwrap());
        } else {
            let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader
                .next_frame(&mut pixels)
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(reader.info().width <= 112, "{path}");
        }
    }
    let drawings = paths.iter().filter(|path| path.ends_with(".svg")).count();
    assert_eq!(report.page.matches("<figure ").count(), drawings);
    assert!(report.page.starts_with("<!doctype html>") && report.page.ends_with("</html>\n"));
    assert!(!report.page.contains("src=\"figures"));
    // The bytes of pictures and weights may spell anything.
    let data = ["network-data", "browser-data"]
        .iter()
        .filter_map(|id| report.page.find(&format!("id=\"{id}\"")))
        .min()
        .unwrap();
    for text in [text, &report.page[..data]] {
        for placeholder in [
            "{}",
            "{:",
            "NaN",
            "None",
            "Some(",
            "inf %",
            "todo",
            "undefined",
        ] {
            let place = text.find(placeholder).unwrap_or(0);
            let around: String = text
                .chars()
                .skip(place.saturating_sub(40))
                .take(80)
                .collect();
            assert!(
                !text.contains(placeholder) || is_code(placeholder, text),
                "{placeholder}: {around}"
            );
        }
    }
}

/// Scripts and styles hold some of the placeholders.
fn is_code(placeholder: &str, text: &str) -> bool {
    text.starts_with("<!doctype") && !text.contains(&format!(">{placeholder}"))
}

/// A study without a publication has no word of one, nor of other images than its own.
pub fn has_nothing_of_the_paper(report: &Report) {
    let figures = report
        .files
        .iter()
        .filter(|(path, _)| path.ends_with(".svg"))
        .map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap());
    let page = report.page.replace("--paper", "");
    let texts = [report.markdown.clone(), page].into_iter().chain(figures);
    for text in texts {
        let text = text.to_lowercase();
        for word in [
            "paper",
            "published",
            "fashion",
            "clothing",
            "shirt",
            "sneaker",
            "fitch",
        ] {
            if let Some(place) = text.find(word) {
                panic!(
                    "`{word}`: {}",
                    &text[place.saturating_sub(60)..(place + 60).min(text.len())]
                );
            }
        }
    }
}

/// Elements are closed in order, attributes are quoted, no sign stands bare.
fn check_xml(path: &str, text: &str) {
    let mut open = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, between) = part
            .split_once('>')
            .unwrap_or_else(|| panic!("{path}: {part}"));
        assert!(!between.contains('>'), "{path}: {part}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{path}: {tag}");
        for reference in part.split('&').skip(1) {
            let name = reference.split_once(';').map(|(name, _)| name);
            assert!(
                matches!(name, Some("amp" | "lt" | "gt" | "quot")),
                "{path}: {part}"
            );
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{path}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{path}: {open:?} is not closed");
    assert!(text.starts_with("<svg xmlns"), "{path}");
}
