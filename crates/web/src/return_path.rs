//! Where a person goes after signing in: only to a page of ours.

use poem::http::Uri;

use crate::route::{DOCS, DOCS_OF_ADMINISTRATION, DOCS_OF_USERS};

/// The longest path that is taken, in bytes.
const LONGEST: usize = 3 * 1024;

/// `asked`, if it is the path of one of our own pages, else the home page.
///
/// A browser takes `//host` and `/\host` for another site, and drops tabs and line breaks while it
/// reads (WHATWG URL, section 4.4): only printable ASCII without backslash, after a single slash,
/// is a path of ours.
pub fn return_path(asked: &str) -> &str {
    if is_own(asked) { asked } else { "/" }
}

fn is_own(path: &str) -> bool {
    path.len() <= LONGEST
        && path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && path.parse::<Uri>().is_ok_and(|uri| {
            uri.authority().is_none()
                && (uri.path() == "/"
                    || [DOCS, DOCS_OF_ADMINISTRATION, DOCS_OF_USERS].contains(&uri.path())
                    || uri.path() == "/settings"
                    || uri.path().starts_with("/settings/"))
                && !uri.path().contains("//")
                && !uri.path().contains("..")
                && !uri.path().contains('%')
        })
}

/// The address of the sign-in page that leads back to `path`.
pub fn sign_in_path(path: &str) -> String {
    // Addresses that are longer than any of ours: proxies refuse them.
    let path = if path.len() > LONGEST {
        path.split_once('?').map_or("/", |(path, _)| path)
    } else {
        path
    };
    if path == "/" || path.len() > LONGEST {
        return "/signin".to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", path)
        .finish();
    format!("/signin?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_pages_are_returned_to() {
        for path in [
            "/",
            "/docs",
            "/docs/administration",
            "/docs/administration/users",
            "/settings",
            "/settings/personal-access-tokens",
            "/settings/personal-access-tokens/new?name=a%20b&days=7&next=//evil.example",
            "/settings/audit?owner=ada",
        ] {
            assert_eq!(return_path(path), path);
        }
    }

    #[test]
    fn nothing_else_is() {
        let long = format!("/settings?{}", "x".repeat(LONGEST));
        for path in [
            "",
            "settings",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/settings\\..\\evil",
            "/%2f/evil.example",
            "/%5cevil.example",
            "/settings/%2e%2e/x",
            "/settings/../../evil",
            "/settings//evil.example",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            "/signout",
            "/signin?next=/",
            "/api/personalaccesstoken",
            "/docsevil",
            "/settingsevil",
            "/settings\r\nSet-Cookie: a=b",
            "/settings/ü",
            long.as_str(),
        ] {
            assert_eq!(return_path(path), "/", "{path}");
        }
    }

    #[test]
    fn the_way_to_sign_in_carries_the_way_back() {
        assert_eq!(sign_in_path("/"), "/signin");
        assert_eq!(
            sign_in_path("/settings?a=b&c=d"),
            "/signin?next=%2Fsettings%3Fa%3Db%26c%3Dd"
        );
        let long = format!("/settings/audit?{}", "x".repeat(LONGEST));
        assert_eq!(sign_in_path(&long), "/signin?next=%2Fsettings%2Faudit");
    }
}
