//! `authorization-headers.json`: what requests show, and where their token is.

use ats_pat_verify::Verifier;
use serde::{Deserialize, Serialize};

use crate::{
    documents::{At, Documents},
    file::checked_in,
    forge::{AUDIENCE, ISSUER, LIST, NOW},
    judge::reason,
};

#[derive(Serialize, Deserialize)]
struct Headers {
    about: String,
    vectors: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    /// The values of all `Authorization` headers.
    values: Vec<String>,
    found: Found,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    Nothing,
    Malformed,
    /// A token, which is none of the issuer's.
    Token,
}

fn generated() -> Headers {
    let rows = [
        (Found::Nothing, &[][..]),
        (Found::Nothing, &["Basic YTpi"]),
        (Found::Nothing, &["Digest a=\"b\""]),
        (Found::Nothing, &["Negotiate"]),
        (Found::Nothing, &["Bearer2 a.b.c"]),
        (Found::Token, &["Bearer a.b.c"]),
        (Found::Token, &["bearer a.b.c"]),
        (Found::Token, &["BEARER   a.b.c"]),
        (Found::Token, &["Bearer YQ=="]),
        (Found::Token, &["Bearer a-._~+/Z9"]),
        (Found::Malformed, &["Bearer a", "Bearer a"]),
        (Found::Malformed, &["Basic a", "Bearer a"]),
        (Found::Malformed, &["Bearer"]),
        (Found::Malformed, &["Bearer "]),
        (Found::Malformed, &["Bearer ="]),
        (Found::Malformed, &["Bearer a b"]),
        (Found::Malformed, &["Bearer a,b"]),
        (Found::Malformed, &["Bearer a, Bearer b"]),
        (Found::Malformed, &["Bearer\ta"]),
        (Found::Malformed, &["Bearer \ta"]),
        (Found::Malformed, &["Bearer \"a\""]),
        (Found::Malformed, &["Bearer a=b"]),
        (Found::Malformed, &["Bearer \u{e4}"]),
        (Found::Malformed, &[""]),
        (Found::Malformed, &[" Bearer a"]),
        (Found::Malformed, &["a.b.c, d"]),
    ];
    Headers {
        about: "The values of the `Authorization` headers of a request, and what a verifier finds \
                there: nothing, which gets 401 without an error; something malformed, which gets \
                400; or a token. See README.md."
            .to_owned(),
        vectors: rows
            .map(|(found, values)| Row {
                values: values.iter().map(ToString::to_string).collect(),
                found,
            })
            .into(),
    }
}

#[tokio::test]
async fn every_header_is_read_as_its_row_says() {
    let documents = Documents {
        issuer: ISSUER.to_owned(),
        keys: "{\"keys\":[]}".to_owned(),
        list: String::new(),
        list_uri: LIST.to_owned(),
    };
    let verifier = Verifier::builder(ISSUER, AUDIENCE)
        .clock(At(NOW))
        .build_with(documents)
        .unwrap();
    for row in checked_in("authorization-headers", &generated()).vectors {
        let values = row.values.iter().map(String::as_bytes);
        let refused = verifier.authenticate(values).await.unwrap_err();
        let found = match reason(&refused) {
            "MissingCredentials" => Found::Nothing,
            "MalformedCredentials" => Found::Malformed,
            "Malformed" => Found::Token,
            other => panic!("{:?}: {other}", row.values),
        };
        assert_eq!(found, row.found, "{:?}", row.values);
    }
}
