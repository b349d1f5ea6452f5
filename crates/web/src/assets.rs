//! Styles, scripts and icons, as files of their own.

use std::collections::HashMap;

use poem::Response;
use poem::http::header;

use crate::theme::Branding;

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Every file: name, content type and content.
const FILES: [(&str, &str, &str); 10] = [
    ("site.css", CSS, include_str!("../assets/site.css")),
    ("docs.css", CSS, include_str!("../assets/docs.css")),
    ("policy.css", CSS, include_str!("../assets/policy.css")),
    ("icon.svg", SVG, include_str!("../assets/icon.svg")),
    ("copy.js", JS, include_str!("../assets/copy.js")),
    ("dialogs.js", JS, include_str!("../assets/dialogs.js")),
    ("docs.js", JS, include_str!("../assets/docs.js")),
    ("menus.js", JS, include_str!("../assets/menus.js")),
    ("setup.js", JS, include_str!("../assets/setup.js")),
    ("zone.js", JS, include_str!("../assets/zone.js")),
];
/// The file that is made from the settings.
const THEME: &str = "theme.css";
const FOLDER: &str = "/assets/";

/// The files. The address of each changes with its content, so browsers cache it for good.
pub struct Assets {
    files: HashMap<&'static str, Asset>,
}

struct Asset {
    content_type: &'static str,
    text: String,
    version: String,
}

impl Assets {
    /// The files of this release, in the operator's colours.
    pub fn new(branding: &Branding) -> Self {
        let theme = (THEME, CSS, branding.style_sheet());
        let files = FILES.map(|(name, content_type, text)| {
            let text = match content_type {
                CSS => without_comments(text),
                JS => without_lines_of_comment(text),
                _ => text.to_owned(),
            };
            (name, content_type, text)
        });
        let files = files.into_iter().chain([theme]);
        Self {
            files: files
                .map(|(name, content_type, text)| {
                    let version = blake3::hash(text.as_bytes()).to_hex()[..12].to_owned();
                    let asset = Asset {
                        content_type,
                        text,
                        version,
                    };
                    (name, asset)
                })
                .collect(),
        }
    }

    /// The address of a file.
    pub fn address(&self, name: &str) -> String {
        let version = self.files.get(name).map_or("", |asset| &asset.version);
        format!("{FOLDER}{name}?v={version}")
    }

    /// The file at a path. If the request names another version, browsers must not cache the
    /// answer.
    pub fn find(&self, path: &str, query: Option<&str>) -> Option<Response> {
        let asset = self.files.get(path.strip_prefix(FOLDER)?)?;
        let is_this = query.and_then(|query| query.strip_prefix("v=")) == Some(&asset.version);
        let cached = if is_this {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        Some(
            Response::builder()
                .content_type(asset.content_type)
                .header(header::CACHE_CONTROL, cached)
                .body(asset.text.clone()),
        )
    }
}

/// A style sheet without comments and white space, as browsers get it. This is safe because no
/// string in our style sheets has the beginning of a comment, or one of these characters beside
/// white space.
fn without_comments(css: &str) -> String {
    let mut parts = css.split("/*");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once("*/").map_or("", |(_, after)| after));
    }
    let lines = text.lines().map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    let mut text = lines.join("\n");
    for (spaced, tight) in [
        (": ", ":"),
        ("; }", "}"),
        ("; ", ";"),
        (" { ", "{"),
        (" {", "{"),
        (" }", "}"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// A script without comment lines and indentation, as browsers get it. This is safe because no
/// string in our scripts has several lines.
fn without_lines_of_comment(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    let lines: Vec<_> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_is_sent_without_what_is_for_its_editors() {
        let css = "/* Why. */\na { color: red; } /* one */ b { top: 0; }\n\n@media print {\n  a { top: 0; }\n}\n";
        let sent = "a{color:red}  b{top:0}\n@media print{\na{top:0}\n}";
        assert_eq!(without_comments(css), sent);
    }

    #[test]
    fn a_script_is_sent_without_what_is_for_its_editors() {
        let script = "// Why.\nlet a = 1; // kept\n\nif (a) {\n  // so\n  b();\n}\n";
        let sent = "let a = 1; // kept\nif (a) {\nb();\n}";
        assert_eq!(without_lines_of_comment(script), sent);
    }

    #[test]
    fn no_script_has_a_string_of_several_lines() {
        for (name, content_type, text) in FILES {
            if content_type == JS {
                let in_line = text.lines().all(|line| line.matches('`').count() % 2 == 0);
                assert!(in_line && !text.contains("/*"), "{name}");
            }
        }
    }

    #[test]
    fn no_file_holds_a_comment_within_a_string() {
        for (name, content_type, text) in FILES {
            if content_type == CSS {
                let [begins, ends] = ["/*", "*/"].map(|mark| text.matches(mark).count());
                assert_eq!(begins, ends, "{name}");
                let sent = without_comments(text);
                assert_eq!(
                    sent.matches('{').count(),
                    sent.matches('}').count(),
                    "{name}"
                );
            }
        }
    }
}
