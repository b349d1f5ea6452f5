//! Styles and scripts, as files of their own.

use poem::Response;
use poem::http::header;

/// Every file: its path, its type and what stands in it.
const ASSETS: [(&str, &str, &str); 2] = [
    (
        "/assets/site.css",
        "text/css; charset=utf-8",
        include_str!("../assets/site.css"),
    ),
    (
        "/assets/setup.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/setup.js"),
    ),
];

/// The file at a path. Browsers ask again each time: the names stay the same from release to release.
pub fn find(path: &str) -> Option<Response> {
    let (_, content_type, text) = ASSETS.iter().find(|(name, ..)| *name == path)?;
    Some(
        Response::builder()
            .content_type(content_type)
            .header(header::CACHE_CONTROL, "no-cache")
            .body(*text),
    )
}
