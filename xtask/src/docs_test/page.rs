//! What of a page is run: the blocks that are marked, and the comments for this test.

use anyhow::{Context as _, Result, bail};

/// A part of a page, with the number of its first line.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub line: usize,
    pub action: Action,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Commands that the reader types: a block marked `sh run`.
    Run(String),
    /// The command of a server, which goes on: a block marked `sh run=server`.
    Serve(String),
    /// Settings: a block marked `toml run`.
    Settings(String),
    /// Commands that the reader doesn't see. They prepare the next block, or look at what the last
    /// one did.
    Hidden(String),
    /// In the next block, `text` is replaced by what `command` prints.
    Fill { text: String, command: String },
}

const COMMENT: &str = "<!-- docs-test: ";

/// The parts of a page, in order.
///
/// # Errors
/// A mark or a comment that is not understood, with its line.
pub fn parts(page: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line_number = number + 1;
        let action = if let Some(comment) = line.strip_prefix(COMMENT) {
            comment_action(comment, &mut lines.by_ref().map(|(_, line)| line))
        } else if let Some(info) = line.strip_prefix("```") {
            let block = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```");
            let block: Vec<&str> = block.collect();
            block_action(info, block.join("\n") + "\n")
        } else {
            Ok(None)
        };
        let action = action.with_context(|| format!("line {line_number}"))?;
        if let Some(action) = action {
            let line = line_number;
            parts.push(Part { line, action });
        }
    }
    Ok(parts)
}

fn block_action(info: &str, block: String) -> Result<Option<Action>> {
    let Some((language, mark)) = info.split_once(' ') else {
        return Ok(None);
    };
    match (language, mark) {
        ("sh", "run") => Ok(Some(Action::Run(block))),
        ("sh", "run=server") => Ok(Some(Action::Serve(block))),
        ("toml", "run") => Ok(Some(Action::Settings(block))),
        _ => bail!("a block can't be marked `{info}`"),
    }
}

fn comment_action(comment: &str, rest: &mut dyn Iterator<Item = &str>) -> Result<Option<Action>> {
    if let Some(fill) = comment.strip_prefix("fill ") {
        let fill = fill.strip_suffix(" -->");
        let fill = fill.context("a comment with `fill` ends in its line")?;
        let (text, command) = fill
            .split_once(" with ")
            .context("what is it filled with?")?;
        return Ok(Some(Action::Fill {
            text: text.to_owned(),
            command: command.to_owned(),
        }));
    }
    if let Some(first) = comment.strip_prefix("run ") {
        let command = first.strip_suffix(" -->");
        let command = command.context("one command ends in its line")?;
        return Ok(Some(Action::Hidden(command.to_owned() + "\n")));
    }
    if comment.trim() != "run" {
        bail!("the comment says neither `run` nor `fill`");
    }
    let commands: Vec<&str> = rest.take_while(|line| *line != "-->").collect();
    Ok(Some(Action::Hidden(commands.join("\n") + "\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(page: &str) -> Vec<Action> {
        let parts = parts(page).unwrap().into_iter();
        parts.map(|part| part.action).collect()
    }

    #[test]
    fn only_what_is_marked_is_run() {
        let page = "# Title\n```sh\nrm -rf /\n```\n```sh run\ntrue\nfalse\n```\n```json\n{}\n```\n";
        assert_eq!(actions(page), [Action::Run("true\nfalse\n".to_owned())]);
        assert_eq!(parts(page).unwrap()[0].line, 5);
        let page = "```sh run=server\nserve\n```\n```toml run\na = 1\n```\n";
        assert_eq!(
            actions(page),
            [
                Action::Serve("serve\n".to_owned()),
                Action::Settings("a = 1\n".to_owned())
            ]
        );
    }

    #[test]
    fn comments_prepare_and_fill_in() {
        let page = "<!-- docs-test: run\necho 1\n-->\n<!-- docs-test: run true -->\n\
                    <!-- docs-test: fill ID with cat id -->\n<!-- other -->\n";
        assert_eq!(
            actions(page),
            [
                Action::Hidden("echo 1\n".to_owned()),
                Action::Hidden("true\n".to_owned()),
                Action::Fill {
                    text: "ID".to_owned(),
                    command: "cat id".to_owned()
                }
            ]
        );
    }

    #[test]
    fn what_is_mistyped_is_refused() {
        for page in [
            "```sh runs\ntrue\n```",
            "```python run\n```",
            "<!-- docs-test: fil a with b -->",
            "<!-- docs-test: fill a -->",
            "<!-- docs-test: run true\n",
        ] {
            assert!(parts(page).is_err(), "{page}");
        }
    }
}
