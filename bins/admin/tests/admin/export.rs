use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use insta::assert_snapshot;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::program::Admin;

fn lines(admin: &Admin, arguments: &[&str]) -> Vec<String> {
    let run = admin.run(&[&["audit", "export"], arguments].concat());
    assert_eq!((run.code, run.errors.as_str()), (0, ""), "{arguments:?}");
    run.output.lines().map(str::to_owned).collect()
}

fn numbers(lines: &[String]) -> Vec<i64> {
    let number = |line: &String| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["Seq"].as_i64().unwrap()
    };
    lines.iter().map(number).collect()
}

#[test]
fn events_are_exported_in_their_order_each_on_a_line() {
    let admin = Admin::with_alice();
    admin.json(&["user", "add", "bob"]);
    admin.json(&["user", "disable", "bob"]);
    let exported = lines(&admin, &["--format", "jsonl"]);
    let mut listed = admin.json(&["audit", "list"]);
    listed.as_array_mut().unwrap().reverse();
    let read: Vec<Value> = exported
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(Value::Array(read), listed);
    assert_eq!(numbers(&exported), [1, 2, 3, 4]);
    let resumed = lines(&admin, &["--format", "jsonl", "--after", "3"]);
    assert_eq!(resumed[..], exported[3..]);
    let of_bob = ["--format", "jsonl", "--owner", "BOB"];
    assert_eq!(numbers(&lines(&admin, &of_bob)), [3, 4]);
    let disabled = [&of_bob[..], &["--kind", "user.disabled"]].concat();
    assert_eq!(numbers(&lines(&admin, &disabled)), [4]);
}

#[test]
fn a_csv_has_its_header_once_however_often_it_is_continued() {
    let admin = Admin::with_alice();
    admin.json(&["user", "add", "=1+1;=2+2"]);
    let run = admin.run(&["audit", "export", "--format", "csv"]);
    let (header, rows) = run.output.split_once("\r\n").unwrap();
    assert_eq!(header, "Seq,Id,At,Actor,Owner,Kind,Subject,Details");
    assert_eq!(rows.matches("\r\n").count(), 3);
    assert!(
        rows.contains(r#"""UserName"":""=1+1\u003b=2+2"""#),
        "{rows}"
    );
    let begin = lines(&admin, &["--format", "csv", "--after", "2"]);
    assert!(begin.len() == 1 && begin[0].starts_with("3,"), "{begin:?}");
}

#[test]
fn an_ocsf_event_tells_the_siem_who_did_what_to_whom() {
    let admin = Admin::with_alice();
    admin.json(&["user", "disable", "alice", "--even-the-last"]);
    let last = lines(&admin, &["--format", "ocsf", "--after", "2"]);
    let event: Value = serde_json::from_str(&last[0]).unwrap();
    assert_eq!(event["class_uid"], 3001);
    assert_eq!(event["type_uid"], 300_105);
    assert_eq!(event["user"]["name"], "alice");
    assert_eq!(event["actor"]["app_name"], "ats-pat-admin");
    assert_eq!(event["metadata"]["sequence"], 3);
}

#[test]
fn what_cannot_be_exported_is_refused_in_one_line() {
    let admin = Admin::with_alice();
    let export = ["audit", "export", "--format", "jsonl"];
    let refused = |code, more: &[&str]| admin.refusal(code, &[&export, more].concat());
    assert_snapshot!(refused(1, &["--after", "3"]), @"error: event 3 is not the last that was exported: after a restore numbers are given again, so begin again with `--after` and the number of the last event that the backup had");
    assert_snapshot!(refused(1, &["--owner", "bob"]), @"error: there is no user bob; see `ats-pat-admin user list`");
    assert!(refused(2, &["--kind", "user.disable"]).contains("user.disabled"));
    assert!(refused(2, &["--after", "-1"]).contains("-1"));
}

/// An export that goes on until it is stopped.
struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn of(admin: &Admin, format: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ats-pat-admin"))
            .args(["audit", "export", "--follow", "--format", format])
            .env_clear()
            .current_dir(admin.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn next(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    fn end(mut self, signal: Signal) -> (Option<i32>, Vec<String>) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let rest = self.lines.map(Result::unwrap).collect();
        (self.child.wait().unwrap().code(), rest)
    }
}

#[test]
fn a_follower_gets_each_event_at_once_until_it_is_stopped() {
    let admin = Admin::with_alice();
    for (signal, names) in [
        (Signal::TERM, ["bob", "carol"]),
        (Signal::INT, ["dave", "erin"]),
    ] {
        let mut following = Following::of(&admin, "jsonl");
        let before = admin.json(&["audit", "verify"])["Events"].as_i64().unwrap();
        let so_far: Vec<_> = (0..before).map(|_| following.next()).collect();
        assert_eq!(numbers(&so_far), (1..=before).collect::<Vec<_>>());
        for name in names {
            admin.json(&["user", "add", name]);
            assert!(following.next().contains(name));
        }
        assert_eq!(following.end(signal), (Some(0), Vec::new()));
    }
}

#[test]
fn a_follower_ends_when_nobody_reads_any_more() {
    let admin = Admin::with_alice();
    let mut following = Following::of(&admin, "csv");
    following.next();
    drop(following.lines);
    assert_eq!(following.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_who_reads_nothing_keeps_no_signal_waiting() {
    let admin = Admin::with_alice();
    // More than a pipe holds.
    for n in 0..40 {
        let groups: Vec<String> = (0..100)
            .map(|m| format!("corp/{n}-{m}-{:a<80}", ""))
            .collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        admin.json(&[&["user", "set-groups", "alice"][..], &groups].concat());
    }
    let mut following = Following::of(&admin, "jsonl");
    following.next();
    kill_process(Pid::from_child(&following.child), Signal::TERM).unwrap();
    assert_eq!(following.child.wait().unwrap().code(), Some(0));
}
