//! The `Authorization` header of a request (RFC 6750, section 2.1).

/// What a request contains.
pub(crate) enum Credentials<'a> {
    /// Nothing, or credentials of another scheme.
    None,
    /// Two headers, or one that doesn't hold a bearer token.
    Malformed,
    /// A token, or other text instead of one.
    Token(&'a str),
}

const SCHEME: &str = "Bearer";

/// Reads the values of all `Authorization` headers.
pub(crate) fn credentials<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Credentials<'a> {
    let mut values = values.into_iter();
    let Some(value) = values.next() else {
        return Credentials::None;
    };
    if values.next().is_some() {
        return Credentials::Malformed;
    }
    // An HTTP field's value ends without white space (RFC 9110, section 5.5).
    let Ok(value) = str::from_utf8(value) else {
        return Credentials::Malformed;
    };
    let (scheme, rest) = match value.split_once(' ') {
        Some((scheme, rest)) => (scheme, rest.trim_start_matches(' ')),
        None => (value, ""),
    };
    // Schemes are compared without regard to case (RFC 9110, section 11.1).
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return if is_scheme(scheme) {
            Credentials::None
        } else {
            Credentials::Malformed
        };
    }
    if is_token68(rest) {
        Credentials::Token(rest)
    } else {
        Credentials::Malformed
    }
}

/// The characters of a token (RFC 9110, section 5.6.2) that names of schemes use.
fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// RFC 6750, section 2.1, `b64token`.
fn is_token68(text: &str) -> bool {
    let characters = text.trim_end_matches('=');
    !characters.is_empty()
        && characters.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, ()> {
        match credentials(values.iter().map(|value| value.as_bytes())) {
            Credentials::None => Ok(None),
            Credentials::Token(token) => Ok(Some(token.to_owned())),
            Credentials::Malformed => Err(()),
        }
    }

    #[test]
    fn one_header_of_the_scheme_is_read() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
            assert_eq!(read(&[value]), Ok(Some("a.b.c".to_owned())), "{value}");
        }
        assert_eq!(read(&["Bearer YQ=="]), Ok(Some("YQ==".to_owned())));
    }

    #[test]
    fn nothing_and_other_schemes_are_no_credentials() {
        for values in [
            &[][..],
            &["Basic YTpi"],
            &["Digest a=\"b\""],
            &["Negotiate"],
        ] {
            assert_eq!(read(values), Ok(None), "{values:?}");
        }
    }

    #[test]
    fn two_headers_and_malformed_ones_are_refused() {
        for values in [
            &["Bearer a", "Bearer a"][..],
            &["Basic a", "Bearer a"],
            &["Bearer"],
            &["Bearer "],
            &["Bearer a b"],
            &["Bearer a,b"],
            &["Bearer a, Bearer b"],
            &["Bearer\ta"],
            &["Bearer \"a\""],
            &["Bearer a=b"],
            &["Bearer ä"],
            &[""],
            &[" Bearer a"],
            &["a.b.c, d"],
        ] {
            assert_eq!(read(values), Err(()), "{values:?}");
        }
        assert!(matches!(
            credentials([&b"Bearer \xff"[..]]),
            Credentials::Malformed
        ));
    }
}
