//! `tokens.json`: authentication tokens, as a whole verifier judges them.

use std::{collections::BTreeMap, time::Duration};

use ats_pat_token::{Jwk, JwkSet, SigningAlgorithm};
use ats_pat_verify::Verifier;
use serde::{Deserialize, Serialize};

use crate::{
    documents::{At, Documents},
    file::{Verdict, checked_in},
    forge::{AUDIENCE, ISSUER, LEEWAY, LIST, NOW, key},
    judge::reason,
    lists,
    row::{Row, Settings},
    token_rows::rows,
};

#[derive(Serialize, Deserialize)]
struct Tokens {
    about: String,
    issuer: String,
    audience: String,
    now: i64,
    leeway: u32,
    key_set: String,
    status_list_uri: String,
    status_list: String,
    vectors: Vec<Row>,
}

fn generated() -> Tokens {
    let jwk = Jwk::new(key().verifying_key(), SigningAlgorithm::EdDsa).unwrap();
    Tokens {
        about: "Authentication tokens, and what a verifier that expects `issuer` and `audience` \
                says about each at `now` (seconds since 1970), with `leeway` seconds for other \
                clocks. It has read `key_set` and `status_list`. A row may have other settings. \
                See README.md."
            .to_owned(),
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        now: NOW,
        leeway: LEEWAY,
        key_set: serde_json::to_string(&JwkSet::new(vec![jwk])).unwrap(),
        status_list_uri: LIST.to_owned(),
        status_list: lists::current(),
        vectors: rows(),
    }
}

impl Tokens {
    fn verifier(&self, settings: &Settings) -> Verifier {
        let issuer = settings.issuer.as_ref().unwrap_or(&self.issuer);
        let audience = settings.audience.as_ref().unwrap_or(&self.audience);
        let leeway = settings.leeway.unwrap_or(self.leeway);
        Verifier::builder(issuer, audience)
            .leeway(Duration::from_secs(leeway.into()))
            .lookup_interval(Duration::from_millis(1))
            .clock(At(settings.now.unwrap_or(self.now)))
            .build_with(Documents {
                issuer: issuer.clone(),
                keys: self.key_set.clone(),
                list: self.status_list.clone(),
                list_uri: self.status_list_uri.clone(),
            })
            .unwrap()
    }
}

#[tokio::test]
async fn every_token_is_judged_as_its_row_says() {
    let tokens = checked_in("tokens", &generated());
    let mut verifiers = BTreeMap::new();
    let mut judged = [0, 0];
    for row in &tokens.vectors {
        let verifier = verifiers
            .entry(row.settings.clone())
            .or_insert_with(|| tokens.verifier(&row.settings));
        // The second time, the verifier may know it.
        for _ in 0..2 {
            let found = verifier.verify(&row.token).await;
            let verdict = match &found {
                Ok(_) => Verdict::Accepted,
                Err(_) => Verdict::Refused,
            };
            let scopes = found.as_ref().ok().map(|token| {
                let scopes = token.scopes().map(ToOwned::to_owned);
                scopes.collect::<Vec<_>>()
            });
            let said = found.as_ref().err().map(reason);
            assert_eq!(verdict, row.verdict, "{}: {said:?}", row.name);
            assert_eq!(said, row.reason.as_deref(), "{}", row.name);
            assert_eq!(scopes, row.scopes, "{}", row.name);
        }
        judged[usize::from(row.verdict == Verdict::Accepted)] += 1;
    }
    assert!(judged[0] > 200 && judged[1] > 15, "{judged:?}");
}

#[test]
fn no_two_rows_have_the_same_name() {
    let mut names: Vec<_> = rows().into_iter().map(|row| row.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
