//! The same commands at the database and over the interface, compared.

mod commands;

use std::collections::BTreeSet;
use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use insta::assert_snapshot;

use self::commands::{AT_THE_DATABASE, CHANGES, READ, REFUSED};
use crate::interface::Interface;
use crate::program::{Admin, Run};

const RIGHTS: [&str; 7] = [
    "users",
    "administrators",
    "tokens",
    "service-tokens",
    "audit",
    "policy",
    "keys",
];
const PASSWORD: &str = "plum-velvet-orbit-91\n";
const POLICY: &str = r#"{
    "MaxLifetimeDays": 90,
    "Groups": [{"Group": "corp/builders", "MaxLifetimeDays": 366, "MayCreate": "Nobody"}]
}"#;

/// A deployment with its interface, and a key for it.
struct Deployment {
    admin: Admin,
    interface: Interface,
    key: String,
}

impl Deployment {
    fn new() -> Self {
        let mut admin = Admin::with_alice();
        admin.set("ATS_PAT_POLICY_SOURCE", "database");
        std::fs::write(admin.path("policy.json"), POLICY).unwrap();
        std::fs::write(admin.path("none.json"), r#"{"MaxLifetimeDays": 0}"#).unwrap();
        let key = key(&admin, &RIGHTS);
        let settings = [
            ("ATS_PAT_POLICY_SOURCE", "database"),
            ("ATS_PAT_CHANGES_PER_USER_PER_MINUTE", "0"),
        ];
        let interface = Interface::serving(&admin, &settings);
        Self {
            admin,
            interface,
            key,
        }
    }

    /// Runs a command over the interface.
    fn over(&self, input: &str, arguments: &[&str]) -> Run {
        let url = ["--url", &self.interface.url];
        let input = format!("{}\n{input}", self.key);
        self.admin.run_with(&input, &[&url, arguments].concat())
    }

    fn id_of(&self, list: &str, name: &str) -> String {
        let listed = self.admin.json(&[list, "list"]);
        let mut listed = listed.as_array().unwrap().iter();
        let is_it = |entry: &&serde_json::Value| entry["Name"] == name || entry["UserName"] == name;
        let found = listed.find(is_it).unwrap_or_else(|| panic!("no {name}"));
        found["Id"].as_str().unwrap().to_owned()
    }
}

fn key(admin: &Admin, rights: &[&str]) -> String {
    let rights: Vec<&str> = rights.iter().flat_map(|right| ["--right", right]).collect();
    let add = ["operator-key", "add", "test", "--expires", "30"];
    let run = admin.run(&[&add[..], &rights].concat());
    assert_eq!(run.code, 0, "{}", run.errors);
    run.output.trim_end().to_owned()
}

/// The text without what differs from run to run: ids, times, key ids and secrets.
fn redacted(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
    let mut result = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if is_part(c) {
            word.push(c);
            continue;
        }
        let (bare, end) = word.split_at(word.trim_end_matches('.').len());
        match bare.len() {
            36 if bare.matches('-').count() == 4 => result.push_str(&"I".repeat(36)),
            24 if bare.ends_with('Z') => result.push_str(&"T".repeat(24)),
            43 => result.push_str(&"K".repeat(43)),
            56 if bare.starts_with("atspat_") => result.push('S'),
            _ => result.push_str(bare),
        }
        result.push_str(end);
        word.clear();
        result.push(c);
    }
    result
}

fn assert_same(one: &Run, other: &Run, arguments: &[&str]) {
    assert_eq!(
        redacted(&other.errors),
        redacted(&one.errors),
        "{arguments:?}"
    );
    assert_eq!(
        redacted(&other.output),
        redacted(&one.output),
        "{arguments:?}"
    );
    assert_eq!(other.code, one.code, "{arguments:?}");
}

/// The command with what stands for its parts.
fn filled(deployment: &Deployment, arguments: &[&str]) -> Vec<String> {
    let filled = arguments.iter().map(|argument| match *argument {
        "{token}" => deployment.id_of("token", "ci"),
        "{tomorrow}" => {
            let tomorrow = SystemClock.now().after(Duration::from_hours(24));
            tomorrow.to_string()
        }
        other => other.to_owned(),
    });
    filled.collect()
}

const FORMS: [&str; 2] = ["table", "json"];

#[test]
fn every_command_says_the_same_at_the_database_and_over_the_interface() {
    let (here, there) = (Deployment::new(), Deployment::new());
    for arguments in CHANGES {
        let at_the_database = filled(&here, arguments);
        let mut at_the_database: Vec<&str> = at_the_database.iter().map(String::as_str).collect();
        let over = filled(&there, arguments);
        let mut over: Vec<&str> = over.iter().map(String::as_str).collect();
        // A change can be made once, so each in one of the forms.
        let form = FORMS[at_the_database.len() % 2];
        at_the_database.extend(["--output", form]);
        over.extend(["--output", form]);
        let one = here.admin.run_with(PASSWORD, &at_the_database);
        assert_eq!(one.code, 0, "{arguments:?} {}", one.errors);
        assert_same(&one, &there.over(PASSWORD, &over), arguments);
    }
    for arguments in REFUSED {
        let arguments = filled(&there, arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let one = there.admin.run_with(PASSWORD, &arguments);
        assert_ne!(one.code, 0, "{arguments:?}");
        assert_same(&one, &there.over(PASSWORD, &arguments), &arguments);
    }
    for arguments in READ {
        let arguments = filled(&there, arguments);
        for form in FORMS {
            let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            arguments.extend(["--output", form]);
            let one = there.admin.run(&arguments);
            assert_eq!((one.code, one.errors.as_str()), (0, ""), "{arguments:?}");
            let other = there.over("", &arguments);
            assert_eq!(other.output, one.output, "{arguments:?}");
            assert_eq!(
                (other.code, other.errors.as_str()),
                (0, ""),
                "{arguments:?}"
            );
        }
    }
    let before = there.admin.json(&["audit", "verify"])["Events"].clone();
    for arguments in AT_THE_DATABASE {
        let run = there.over(PASSWORD, arguments);
        assert_eq!((run.code, run.output.as_str()), (2, ""), "{arguments:?}");
        let advice = "run this without `--url` on a machine that reaches the database\n";
        assert!(run.errors.ends_with(advice), "{}", run.errors);
    }
    assert_eq!(there.admin.json(&["audit", "verify"])["Events"], before);
}

/// Every command of the program, from its own help.
fn commands(admin: &Admin, prefix: &[&str], found: &mut BTreeSet<String>) {
    let help = admin.run(&[prefix, &["--help"]].concat()).output;
    let Some((_, rest)) = help.split_once("Commands:\n") else {
        found.insert(prefix.join(" "));
        return;
    };
    for line in rest.lines().take_while(|line| !line.is_empty()) {
        let is_name = line.starts_with("  ") && !line.starts_with("   ");
        let name = line
            .split_whitespace()
            .next()
            .filter(|name| is_name && *name != "help");
        if let Some(name) = name {
            commands(admin, &[prefix, &[name]].concat(), found);
        }
    }
}

#[test]
fn no_command_is_left_out_of_the_comparison() {
    let mut all = BTreeSet::new();
    commands(&Admin::in_an_empty_folder(), &[], &mut all);
    // They use no database.
    all.remove("completions");
    all.remove("exchange");
    let compared = [CHANGES, REFUSED, READ, AT_THE_DATABASE].concat();
    let compared: BTreeSet<_> = compared
        .iter()
        .map(|command| command[..2].join(" "))
        .collect();
    assert_eq!(compared, all);
}

#[test]
fn a_key_is_asked_for_by_name_and_sent_only_where_it_is_safe() {
    let deployment = Deployment::new();
    let url = deployment.interface.url.as_str();
    let mut elsewhere = Admin::in_an_empty_folder();
    let list = ["--url", url, "user", "list"];
    assert_snapshot!(elsewhere.refusal(1, &list), @"error: standard input holds no operator key: write it there as one line of UTF-8, at most 4096 bytes");
    assert_snapshot!(elsewhere.refusal_with("atsop_x\n", 1, &list), @"error: standard input holds no operator key: write it there as it was shown, `atsop_…`");
    let far = ["--url", "http://pat.example.com", "user", "list"];
    let key = deployment.key.as_str();
    assert_snapshot!(elsewhere.refusal_with(key, 2, &far), @r#"error: "http://pat.example.com" can't be used: secrets go over https; http is for this machine only"#);
    let both = ["--url", url, "--data-dir", "x", "user", "list"];
    assert!(elsewhere.refusal(2, &both).contains("--data-dir"));
    let file = elsewhere.path("key");
    std::fs::write(&file, format!("{key}\n")).unwrap();
    elsewhere.set("ATS_PAT_OPERATOR_KEY_FILE", file.display().to_string());
    assert_eq!(elsewhere.json(&list)[0]["UserName"], "alice");
    assert_eq!(elsewhere.left_on_disk(), ["key"]);
    std::fs::remove_file(&file).unwrap();
    assert_snapshot!(elsewhere.refusal(1, &list), @"error: FOLDER/key can't be read as the file of the operator key: the file can't be opened: No such file or directory (os error 2)");
    // At the database the file of a key is nothing.
    let mut at_the_database = deployment.admin;
    at_the_database.set("ATS_PAT_OPERATOR_KEY_FILE", "none");
    assert_eq!(at_the_database.run(&["user", "list"]).code, 0);
}

#[test]
fn what_a_key_may_not_do_is_refused_in_one_line_and_not_done() {
    let mut deployment = Deployment::new();
    deployment.key = key(&deployment.admin, &["users"]);
    for arguments in [
        &["token", "list"][..],
        &["policy", "show"],
        &["key", "rotate"],
        &["audit", "export", "--format", "jsonl"],
        &["user", "disable", "alice"],
        &["user", "add", "mallory", "--admin", "--password-stdin"],
    ] {
        let run = deployment.over(PASSWORD, arguments);
        assert_eq!((run.code, run.output.as_str()), (1, ""), "{arguments:?}");
        assert_eq!(
            run.errors, "error: You are not allowed to do this.\n",
            "{arguments:?}"
        );
    }
    assert_eq!(deployment.over("", &["user", "list"]).code, 0);
    deployment.key = format!("{}{}", "atsop_", "0".repeat(43) + "2CZclj");
    let run = deployment.over("", &["user", "list"]);
    assert_eq!(run.code, 1);
    assert!(!run.errors.contains("atsop_0"), "{}", run.errors);
}
