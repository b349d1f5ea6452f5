//! Bodies. Those of requests are limited while they are read, and those of answers to HEAD are left
//! out.

use std::time::Duration;

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::Body as _;
use poem::http::{HeaderMap, HeaderValue, header};
use poem::{Request, Response};

/// The largest body, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// How much of a refused body is read, so that the sender gets to see the answer.
const DRAIN_LIMIT: usize = 1024 * 1024;
/// How long a body may take.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// Reads the request's body, at most [`BODY_LIMIT`] bytes, whether or not its length was declared.
///
/// # Errors
/// [`Problem::BodyTooLarge`] if the body is larger, [`Problem::InvalidRequest`] if it breaks off or
/// takes longer than 20 seconds.
pub async fn read_body(request: &mut Request) -> Result<Bytes, Problem> {
    let mut body: BoxBody<Bytes, std::io::Error> = request.take_body().into();
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let declared = declared_length(request.headers());
    let waits = request.headers().contains_key(header::EXPECT);
    if declared.is_some_and(|length| length > BODY_LIMIT as u64) && waits {
        // The client asked first, and gets the answer before it sends the body.
        return Err(too_large());
    }
    let broken = Problem::InvalidRequest {
        place: Place::Body,
        path: None,
    };
    tokio::time::timeout(READ_TIMEOUT, read(&mut body, declared))
        .await
        .unwrap_or(Err(broken))
}

/// The answer to HEAD: the headers of GET, with the length if GET would declare one. A body of
/// unknown length is not read to find its length.
pub fn without_body(mut response: Response) -> Response {
    let body: BoxBody<Bytes, std::io::Error> = response.take_body().into();
    if let Some(length) = body.size_hint().exact() {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

async fn read(
    body: &mut BoxBody<Bytes, std::io::Error>,
    declared: Option<u64>,
) -> Result<Bytes, Problem> {
    let mut kept = BytesMut::new();
    let mut seen = 0_usize;
    let mut fits = declared.is_none_or(|length| length <= BODY_LIMIT as u64);
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Problem::InvalidRequest {
                place: Place::Body,
                path: None,
            });
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        fits &= seen <= BODY_LIMIT;
        if fits {
            kept.extend_from_slice(&data);
        } else if seen > DRAIN_LIMIT {
            break;
        }
    }
    if fits {
        Ok(kept.freeze())
    } else {
        Err(too_large())
    }
}

/// Whether the request has one content type, and that is `application/x-www-form-urlencoded`, in
/// any case, with any parameters.
pub fn is_form(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let media_type = value.to_str().unwrap_or_default().split(';').next();
    media_type
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn too_large() -> Problem {
    Problem::BodyTooLarge { limit: BODY_LIMIT }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use poem::Body;

    use super::*;

    fn request(length: usize) -> Request {
        Request::builder().body(vec![b'x'; length])
    }

    #[tokio::test]
    async fn head_gets_the_length_that_get_would_declare() {
        let response = without_body("seven b".into());
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "7");
        assert!(response.into_body().is_empty());
    }

    #[tokio::test]
    async fn head_never_reads_a_body_whose_length_only_reading_would_tell() {
        let parts = futures_util::stream::poll_fn(|_| -> Poll<Option<std::io::Result<Bytes>>> {
            panic!("read")
        });
        let response = without_body(Body::from_bytes_stream(parts).into());
        assert!(!response.headers().contains_key(header::CONTENT_LENGTH));
        assert!(response.into_body().is_empty());
    }

    #[tokio::test]
    async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
        assert_eq!(
            read_body(&mut request(BODY_LIMIT)).await.unwrap().len(),
            BODY_LIMIT
        );
        assert_eq!(
            read_body(&mut request(BODY_LIMIT + 1)).await,
            Err(too_large())
        );
        assert_eq!(read_body(&mut request(0)).await.unwrap().len(), 0);
    }

    fn headers(types: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in types {
            headers.append(header::CONTENT_TYPE, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn bodies_are_declared_as_forms() {
        for types in [
            &["application/x-www-form-urlencoded"][..],
            &["Application/X-WWW-Form-URLencoded; charset=utf-8"],
        ] {
            assert!(is_form(&headers(types)), "{types:?}");
        }
        for types in [
            &[][..],
            &[""],
            &["application/json"],
            &["multipart/form-data"],
            &["application/x-www-form-urlencoded, text/plain"],
            &[
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded",
            ],
        ] {
            assert!(!is_form(&headers(types)), "{types:?}");
        }
    }
}
