//! `status-lists.json`: signed status lists.

mod rows;

use ats_pat_token::{UnverifiedStatusList, VerifyError};
use serde::{Deserialize, Serialize};

use self::rows::{Row, rows};
use crate::file::{Verdict, checked_in};
use crate::forge::{ISSUED, ISSUER, KID, LIST, base64url, from_base64url, key};
use crate::judge::reason_of_token;

#[derive(Serialize, Deserialize)]
struct StatusLists {
    about: String,
    issuer: String,
    uri: String,
    now: i64,
    leeway: u32,
    key_id: String,
    key: String,
    vectors: Vec<Row>,
}

const LEEWAY: u32 = 60;

fn generated() -> StatusLists {
    StatusLists {
        about: "Status lists that `issuer` publishes at `uri`, judged at `now` with `leeway` \
                seconds for other clocks. The key with `key_id` has the bytes `key`. An accepted \
                list has so many `places`, of which those in `revoked` are revoked, and the \
                version `epoch` and `seq`. See README.md."
            .to_owned(),
        issuer: ISSUER.to_owned(),
        uri: LIST.to_owned(),
        now: ISSUED,
        leeway: LEEWAY,
        key_id: KID.to_owned(),
        key: base64url(key().verifying_key().as_bytes()),
        vectors: rows(),
    }
}

/// Each list is judged as the follower of a verifier does it.
#[test]
fn every_status_list_is_judged_as_its_row_says() {
    let lists = checked_in("status-lists", &generated());
    let key = key().verifying_key();
    assert_eq!(from_base64url(&lists.key), key.as_bytes());
    let judged = |row: &Row| -> Result<_, VerifyError> {
        let list = UnverifiedStatusList::parse(&row.status_list)?;
        assert_eq!(list.kid(), lists.key_id, "{}", row.name);
        let now = row.now.unwrap_or(lists.now);
        let claims = list.verify(&key, &lists.issuer, &lists.uri, now, lists.leeway)?;
        let places = claims.status_list.decompress().ok_or(VerifyError::Claims)?;
        Ok((places, claims.version))
    };
    for row in &lists.vectors {
        let found = judged(row);
        let said = found.as_ref().err().copied().map(reason_of_token);
        assert_eq!(said, row.reason.as_deref(), "{}", row.name);
        assert_eq!(
            found.is_ok(),
            row.verdict == Verdict::Accepted,
            "{}",
            row.name
        );
        let Ok((list, version)) = found else { continue };
        assert_eq!(Some(list.len()), row.places, "{}", row.name);
        let revoked = row.revoked.as_ref().unwrap();
        assert_eq!(list.count_revoked(), revoked.len() as u64, "{}", row.name);
        let are_revoked = revoked
            .iter()
            .all(|index| list.is_revoked(*index) == Some(true));
        assert!(are_revoked, "{}", row.name);
        assert_eq!(Some(version.epoch), row.epoch, "{}", row.name);
        assert_eq!(Some(version.seq), row.seq, "{}", row.name);
    }
}
