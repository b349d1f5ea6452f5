//! Wycheproof's vectors for Ed25519, on the check that tokens and lists pass through.

use ats_pat_token::{Jwk, SigningAlgorithm};
use ed25519_dalek::Signature;
use wycheproof::{TestResult, eddsa};

#[test]
fn wycheproof_s_signatures_are_judged_as_it_says() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut judged = [0, 0];
    for group in set.test_groups {
        let key: [u8; 32] = group.key.pk.as_slice().try_into().unwrap();
        let jwk = Jwk::from_bytes(&key, SigningAlgorithm::Ed25519).unwrap();
        for test in group.tests {
            let is_good = Signature::from_slice(&test.sig)
                .is_ok_and(|signature| jwk.key().verify_strict(&test.msg, &signature).is_ok());
            let should_be_good = test.result == TestResult::Valid;
            assert_eq!(is_good, should_be_good, "{}: {}", test.tc_id, test.comment);
            judged[usize::from(is_good)] += 1;
        }
    }
    assert!(judged[0] > 50 && judged[1] > 50, "{judged:?}");
}
