//! A policy is typed, looked at and put into force.

use ats_pat_domain::group::Group;
use ats_pat_domain::{GroupPolicy, PolicyDocument};
use ats_pat_service::NewPolicy;
use ats_pat_test_support::world::DAY;

use super::scene::{APPLY, GROUP, POLICY, in_force, site, typed};
use crate::fixture::Site;
use crate::sent_form::{fields_of, sent, shown, with};

#[tokio::test]
async fn another_policy_is_typed_looked_at_and_put_into_force() {
    let site = site().await;
    site.world.add_user("ada").await;
    let ada = site.world.sign_in("ada").await;
    site.world.create(&ada, "ci", DAY * 30).await.unwrap();
    let mut root = site.administrator("root").await;
    let fields = typed(&mut root).await;
    let question = root.post(POLICY, &with(&fields, GROUP)).await;
    assert_eq!(question.status, 200, "{}", question.text);
    for told in [
        "Nothing is changed yet. This policy affects 1 of 1 active tokens:",
        "<li>1 token is valid for longer than the policy allows.",
        "<li>1 token has all rights of its owner, which is not allowed.",
        "<li>2 users can’t create tokens.",
        "Also cut tokens that live longer",
    ] {
        assert!(question.text.contains(told), "{told}: {}", question.text);
    }
    assert!(!question.text.contains("was not used for so long"));
    assert!(!question.text.contains("your_password"));
    assert_eq!(
        in_force(&site).await.version,
        "settings",
        "nothing is changed"
    );

    // Back, and there again.
    let asked = fields_of(&question);
    let back = root.post(POLICY, &with(&asked, &[("act", "back")])).await;
    assert_eq!(back.status, 200);
    let sent = sent(&with(&fields, GROUP));
    assert_eq!(shown(&back), sent);
    assert_eq!(in_force(&site).await.version, "settings");

    let there = root.post_and_follow(APPLY, &with(&asked, &[])).await;
    assert_eq!(there.says("status"), "The policy is in force.");
    assert_eq!(shown(&there), sent);
    let policy = in_force(&site).await;
    assert!(!policy.enforce_on_existing);
    let read = policy.policy.read().unwrap();
    assert_eq!(read.base.max_active_tokens, 5);
    assert_eq!(read.base.scopes[0].description, "Read \"orders\" & <more>");
    assert_eq!(
        read.groups,
        [GroupPolicy {
            max_lifetime_days: Some(400),
            may_create: Some(ats_pat_domain::MayCreate::Everyone),
            required_networks: Some(Vec::new()),
            ..GroupPolicy::of(Group::new("corp/builders").unwrap())
        }]
    );
    assert_eq!(site.world.told("policy.changed").await.len(), 1);
}

#[tokio::test]
async fn tokens_that_live_longer_are_cut_where_that_is_chosen() {
    let site = site().await;
    let mut root = site.administrator("root").await;
    let by = site.world.sign_in("root").await;
    let token = site.world.create(&by, "ci", DAY * 30).await.unwrap().token;
    let page = root.get(POLICY).await;
    let fields = fields_of(&page);
    let question = root.post(POLICY, &with(&fields, &[])).await;
    let nothing = "Nothing is changed yet. This policy changes nothing for the 1 active token.";
    assert!(question.text.contains(nothing), "{}", question.text);
    assert!(!question.text.contains("EnforceOnExisting"));
    let short = [("MaxLifetimeDays", "7"), ("DefaultLifetimeDays", "7")];
    let question = root.post(POLICY, &with(&fields, &short)).await;
    let asked = fields_of(&question);
    let chosen = [("EnforceOnExisting", "yes")];
    let there = root.post_and_follow(APPLY, &with(&asked, &chosen)).await;
    assert_eq!(
        there.says("status"),
        "The policy is in force. Tokens that lived longer than it allows were cut."
    );
    let id = token.id.to_string();
    let cut = site.world.service.operator().token(&id).await.unwrap();
    assert_eq!(cut.token.expires_at, token.created_at.after(DAY * 7));
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost() {
    let site = site().await;
    let mut root = site.administrator("root").await;
    let fields = typed(&mut root).await;
    let wrong = [
        ("MaxActiveTokens", "many"),
        ("DefaultLifetimeDays", "21"),
        ("RecentSignInMinutes", ""),
        ("Scopes", "orders:read x\nall y"),
        ("RequiredNetworks", "10.0.0.0/8\nhere"),
        ("Groups[0].Group", "Builders"),
        ("Groups[0].MaxOverlapHours", "9999"),
        ("Groups[0].Scopes", "a b"),
        ("Groups[0].Scopes.Empty", "yes"),
    ];
    let refused = root.post(POLICY, &with(&fields, &wrong)).await;
    assert_eq!(refused.status, 400);
    // The first one has the focus.
    assert_eq!(
        refused.error_at("DefaultLifetimeDays"),
        "Enter a whole number from 1 to the longest lifetime."
    );
    for (id, error) in [
        ("MaxActiveTokens", "Enter a whole number from 1 to 100,000."),
        (
            "RecentSignInMinutes",
            "Enter a whole number from 0 to 43,200.",
        ),
        ("Scopes", "Leave out the scopes all and introspect"),
        ("RequiredNetworks", "Write addresses or networks"),
        ("Groups-0-Group", "Write the name of the provider"),
        (
            "Groups-0-MaxOverlapHours",
            "Enter a whole number from 0 to 8,760.",
        ),
        ("Groups-0-Scopes", "Write scopes, or choose “No scopes”"),
    ] {
        let told = format!("id=\"{id}-error\">{error}");
        assert!(refused.text.contains(&told), "{told}: {}", refused.text);
    }
    let again = sent(&with(&fields, &wrong));
    assert_eq!(shown(&refused), again);
    // So is what is wrong with what was sent past the form.
    let past = root.post(APPLY, &with(&fields, &wrong)).await;
    assert_eq!((past.status, shown(&past)), (400, again));
    assert_eq!(in_force(&site).await.version, "settings");
}

#[tokio::test]
async fn groups_are_added_and_removed_without_script() {
    let site = site().await;
    let mut root = site.administrator("root").await;
    let mut fields = typed(&mut root).await;
    for (number, name) in ["corp/a", "corp/b", "corp/c"].into_iter().enumerate() {
        let field = format!("Groups[{number}].Group");
        let days = format!("Groups[{number}].MaxLifetimeDays");
        let ten = (number + 10).to_string();
        let named = [(field.as_str(), name), (&days, &ten), ("act", "add")];
        let page = root.post(POLICY, &with(&fields, &named)).await;
        assert!(page.text.contains(" required maxlength=\"200\""));
        assert_eq!(page.text.matches(" autofocus").count(), 1);
        fields = fields_of(&page);
    }
    let page = root
        .post(POLICY, &with(&fields, &[("act", "remove 1")]))
        .await;
    assert_eq!(page.status, 200);
    for (name, value) in [
        ("Groups[0].Group", "corp/a"),
        ("Groups[0].MaxLifetimeDays", "10"),
        ("Groups[1].Group", "corp/c"),
        ("Groups[1].MaxLifetimeDays", "12"),
        ("Groups[2].Group", ""),
    ] {
        assert_eq!(page.value(name), value, "{name}");
    }
    assert!(!page.text.contains("\"corp/b\""));
    assert_eq!(page.value("MaxActiveTokens"), "5");
    // What is no group removes nothing.
    let same = root
        .post(POLICY, &with(&fields, &[("act", "remove 99")]))
        .await;
    assert!(same.text.contains("\"corp/b\""));
    let twice = [("Groups[1].Group", "corp/a"), ("Groups[3].Group", "scim/1")];
    let twice = root.post(POLICY, &with(&fields, &twice)).await;
    let error = twice.error_at("Groups-1-Group");
    assert_eq!(error, "This group is there already.");
}

const OUTDATED: &str = "Another policy came into force after you opened this form.";

/// A policy that somebody else puts into force.
async fn apply(site: &Site, policy: PolicyDocument) {
    let new = NewPolicy {
        policy,
        versions: None,
        enforce_on_existing: false,
    };
    let operator = site.world.service.operator();
    operator.apply_policy(new).await.unwrap();
}

#[tokio::test]
async fn a_policy_that_came_into_force_meanwhile_is_not_overwritten_unseen() {
    let site = site().await;
    let mut root = site.administrator("root").await;
    let fields = typed(&mut root).await;
    let question = root.post(POLICY, &with(&fields, GROUP)).await;
    let asked = fields_of(&question);
    apply(&site, PolicyDocument::default()).await;
    let other = in_force(&site).await;
    let late = root.post(APPLY, &with(&asked, &[])).await;
    assert_eq!(late.status, 412);
    assert!(late.says("alert").starts_with(OUTDATED), "{}", late.text);
    let link = "<a href=\"/settings/policy\" target=\"_blank\">the policy in force</a>";
    assert!(late.says("alert").contains(link));
    assert_eq!(late.value("MaxActiveTokens"), "5");
    assert_eq!(late.value("Groups[0].Group"), "corp/builders");
    assert_eq!(in_force(&site).await, other);
    // The first look says so, too.
    let look = root.post(POLICY, &with(&fields, GROUP)).await;
    assert_eq!(look.status, 412);
    assert!(look.says("alert").starts_with(OUTDATED));
    // Whoever was told goes on with the same form.
    let question = root.post(POLICY, &with(&fields_of(&late), &[])).await;
    assert_eq!(question.status, 200, "{}", question.text);
    let asked = fields_of(&question);
    root.post_and_follow(APPLY, &with(&asked, &[])).await;
    let read = in_force(&site).await.policy.read().unwrap();
    assert_eq!(read.base.max_active_tokens, 5);
}
