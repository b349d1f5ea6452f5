//! The texts of the document. Of Markdown, only paragraphs and code are supported.

/// A text in paragraphs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prose {
    /// The pieces of each paragraph. Every second piece is code. The first is text.
    pub paragraphs: Vec<Vec<String>>,
}

impl Prose {
    /// Reads a text (CommonMark, sections 4.8 and 6.1).
    pub fn read(text: &str) -> Self {
        let paragraphs = text.split("\n\n").map(str::trim);
        let pieces = |paragraph: &str| {
            let pieces = paragraph.split('`');
            pieces.map(|piece| piece.replace('\n', " ")).collect()
        };
        Self {
            paragraphs: paragraphs
                .filter(|paragraph| !paragraph.is_empty())
                .map(pieces)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_paragraphs_are_told_apart() {
        let prose = Prose::read("`Data` has\nit.\n\nThe end.\n");
        assert_eq!(
            prose.paragraphs,
            [vec!["", "Data", " has it."], vec!["The end."]]
        );
    }
}
