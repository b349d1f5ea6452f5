//! Whether a token is only for the audiences that the client asked for.

use reqwest::header::HeaderMap;

use crate::error::Error;

const AUDIENCE: &str = "Ats-Authentication-Token-Audience";

/// Accepts an answer that says that its token is for some of `asked` and for no other audience. If
/// the client asked for none, every answer is accepted, because an older service doesn't name the
/// audiences of its tokens.
///
/// # Errors
/// [`Error::AudienceNotTold`], [`Error::AudienceTooWide`].
pub fn check(asked: &[String], headers: &HeaderMap) -> Result<(), Error> {
    if asked.is_empty() {
        return Ok(());
    }
    let mut told = false;
    // A proxy on the way may have split the header.
    for value in headers.get_all(AUDIENCE) {
        for name in value.as_bytes().split(|byte| *byte == b' ') {
            if name.is_empty() {
                continue;
            }
            told = true;
            if !asked.iter().any(|asked| asked.as_bytes() == name) {
                return Err(Error::too_wide(name));
            }
        }
    }
    if told {
        Ok(())
    } else {
        Err(Error::AudienceNotTold)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn checked(asked: &[&str], told: &[&str]) -> &'static str {
        let asked: Vec<_> = asked.iter().map(ToString::to_string).collect();
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(AUDIENCE, HeaderValue::from_str(value).unwrap());
        }
        match check(&asked, &headers) {
            Ok(()) => "kept",
            Err(Error::AudienceNotTold) => "not told",
            Err(Error::AudienceTooWide { .. }) => "too wide",
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_was_asked_for_is_kept() {
        let both = &["orders", "stock"][..];
        for (asked, told, outcome) in [
            (both, &["orders stock"][..], "kept"),
            (both, &["stock orders"], "kept"),
            (both, &["stock"], "kept"),
            (both, &["stock", "orders"], "kept"),
            (both, &["stock", "sales"], "too wide"),
            (both, &["orders stock sales"], "too wide"),
            (both, &["orders,stock"], "too wide"),
            (both, &["Orders"], "too wide"),
            (both, &["orders", "b\u{fc}cher"], "too wide"),
            (both, &[], "not told"),
            (both, &[""], "not told"),
            (both, &[" ", ""], "not told"),
            (&["the stock"], &["the stock"], "too wide"),
            (&[], &[], "kept"),
            (&[], &["orders"], "kept"),
        ] {
            assert_eq!(checked(asked, told), outcome, "{asked:?} {told:?}");
        }
    }
}
