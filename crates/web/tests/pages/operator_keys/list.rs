//! Keys are listed, and revoked after a question.

use std::time::Duration;

use ats_pat_domain::operator_key::Right;
use ats_pat_test_support::world::DAY;

use super::scene::{KEYS, add, form_key, keys, secret, with, works};
use crate::fixture::{Page, Site};

#[tokio::test]
async fn keys_of_the_command_line_are_listed_a_page_at_a_time() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    for number in 10..30 {
        add(&site, &format!("key {number}"), &[Right::Audit]).await;
        site.world.clock.advance(Duration::from_secs(1));
    }
    let names = |page: &Page| -> Vec<String> {
        let parts = page.text.split("<span class=\"title\">").skip(1);
        parts
            .map(|rest| rest.split_once('<').unwrap().0.to_owned())
            .collect()
    };
    let first = root.get(KEYS).await;
    assert_eq!(names(&first).len(), 15);
    assert_eq!(names(&first)[0], "key 29");
    assert!(first.text.contains("1–15 of 20"));
    assert!(
        first
            .text
            .contains("data-label=\"Made by\">An operator</td>")
    );
    let second = root.get(&format!("{KEYS}?page=2")).await;
    assert_eq!(
        names(&second),
        ["key 14", "key 13", "key 12", "key 11", "key 10"]
    );
    let id = keys(&site).await[15].id;
    let path = format!("{KEYS}/{id}/revoke?page=2");
    assert!(second.text.contains(&format!("href=\"{path}\"")));
    let revoked = root.post(&path, &[]).await;
    assert_eq!(revoked.leads_to(), format!("{KEYS}?page=2"));
    assert_eq!(root.get(&format!("{KEYS}?page=9")).await.leads_to(), KEYS);
    site.world.clock.advance(DAY * 31);
    let mut root = site.browser().signed_in("root").await;
    let ended = root.get(KEYS).await;
    assert!(
        ended
            .text
            .contains("<span class=\"badge expired\">Expired</span>")
    );
    assert!(!ended.text.contains("id=\"revoke\""), "nothing to revoke");
}

#[tokio::test]
async fn a_key_is_revoked_after_a_question_and_its_program_refused() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let key = form_key(&mut root).await;
    let made = root.post(KEYS, &with(&key, "name", "SIEM")).await;
    let shown = secret(&made).unwrap().to_owned();
    let id = keys(&site).await[0].id;
    let path = format!("{KEYS}/{id}/revoke");
    let list = root.get(KEYS).await;
    let question = "Revoke the operator key “SIEM”?";
    assert!(list.text.contains(&format!("href=\"{path}\" data-command")));
    assert!(list.text.contains(&format!(">{question}</h2>")));
    let asked = root.get(&path).await;
    assert!(asked.text.contains(&format!("<h1>{question}</h1>")));
    assert!(
        asked
            .text
            .contains("<a class=\"button\" href=\"/settings/operator-keys\">Cancel</a>")
    );
    assert!(works(&site, &shown).await, "nothing was done");

    // Taking away asks for no password, however old the sign-in is.
    site.world.clock.advance(Duration::from_mins(16));
    let revoked = root.post_and_follow(&path, &[]).await;
    assert_eq!(
        revoked.says("status"),
        "The operator key “SIEM” is revoked. Programs that use it are refused from now on."
    );
    assert!(
        revoked
            .text
            .contains("<span class=\"badge revoked\">Revoked</span>")
    );
    assert!(!revoked.text.contains(question), "{}", revoked.text);
    assert!(!works(&site, &shown).await);
    // Asked again, there is nothing to ask.
    assert_eq!(root.get(&path).await.leads_to(), KEYS);
    assert_eq!(root.post(&path, &[]).await.status, 303);
    assert_eq!(site.world.told("operator_key.revoked").await.len(), 1);

    for unknown in ["0198c0de-0000-7000-8000-000000000000", "nonsense"] {
        let path = format!("{KEYS}/{unknown}/revoke");
        for page in [root.get(&path).await, root.post(&path, &[]).await] {
            assert_eq!(page.status, 404, "{unknown}");
            assert_eq!(page.says("alert"), "There is no such operator key.");
        }
    }
}
