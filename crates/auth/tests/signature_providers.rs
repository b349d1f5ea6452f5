//! Every signature provider gives the same bytes.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use ats_pat_auth::{SignatureProvider, SigningKeyPair};
use proptest::prelude::*;

const PROVIDERS: [SignatureProvider; 2] = [SignatureProvider::Dalek, SignatureProvider::AwsLc];

#[test]
fn the_reference_is_the_default() {
    assert_eq!(SignatureProvider::default(), SignatureProvider::Dalek);
}

/// RFC 8032, section 7.1.
#[test]
fn each_signs_as_the_rfc_does() {
    let vectors: Vec<_> = include_str!("rfc8032.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.split(' ').map(unhex);
            std::array::from_fn::<_, 4, _>(|_| fields.next().unwrap())
        })
        .collect();
    let lengths: Vec<_> = vectors.iter().map(|[_, _, m, _]| m.len()).collect();
    assert_eq!(lengths, [0, 1, 2, 1023, 64]);
    for provider in PROVIDERS {
        for [secret, public, message, signature] in &vectors {
            let pair = SigningKeyPair::generate(secret.as_slice().try_into().unwrap(), provider);
            assert_eq!(pair.public().as_slice(), public, "{provider:?}");
            assert_eq!(pair.sign(message).as_slice(), signature, "{provider:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn all_sign_alike(
        secret: [u8; 32],
        message in proptest::collection::vec(any::<u8>(), 0..=2000),
    ) {
        let [dalek, aws_lc] = PROVIDERS.map(|provider| {
            let pair = SigningKeyPair::generate(secret, provider);
            (pair.public(), pair.kid().to_owned(), pair.sign(&message))
        });
        prop_assert_eq!(dalek, aws_lc);
    }
}

/// `-` is nothing.
fn unhex(text: &str) -> Vec<u8> {
    text.trim_matches('-')
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
