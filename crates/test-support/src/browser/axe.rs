//! Accessibility, as axe-core sees it.

use std::path::Path;

use serde_json::{Value, json};

use super::{Browser, done, text_of};

/// Its version; `xtask` reads it here too.
const VERSION: &str = include_str!("axe-core.version");
/// The rules of WCAG 2.2 up to level AA.
const TAGS: [&str; 6] = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa",
];
const RUN: &str = "
const done = arguments[1];
axe.run(document, {runOnly: {type: 'tag', values: arguments[0]}})
  .then(result => done(result.violations), error => done(String(error)));
";

impl Browser {
    /// What is wrong with the page as it stands, a line for each element: rule, element, what to
    /// do. Needs scripts.
    pub async fn axe(&self) -> Vec<String> {
        self.script(&source(), vec![]).await;
        let violations = self.client.execute_async(RUN, vec![json!(TAGS)]).await;
        let violations = done(violations, "run axe-core");
        let Some(violations) = violations.as_array() else {
            panic!("axe-core fails: {violations}");
        };
        violations.iter().flat_map(lines).collect()
    }
}

fn lines(violation: &Value) -> Vec<String> {
    let (rule, help) = (text_of(&violation["id"]), text_of(&violation["help"]));
    let nodes = violation["nodes"].as_array().into_iter().flatten();
    nodes
        .map(|node| {
            let summary = text_of(&node["failureSummary"]).replace('\n', " ");
            format!("{rule}: {}: {help}. {summary}", node["target"])
        })
        .collect()
}

/// The program of axe-core.
fn source() -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = format!("target/tools/axe-core-{}", VERSION.trim());
    let file = workspace.join(folder).join("axe.min.js");
    std::fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!("{}: {error}: `cargo xtask test` fetches it", file.display())
    })
}
