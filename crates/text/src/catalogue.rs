//! The catalogues, read once.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

// `PLAIN`, `SLOTTED` and `LANGUAGES`.
include!(concat!(env!("OUT_DIR"), "/lists.rs"));

static CATALOGUES: LazyLock<Vec<Catalogue>> = LazyLock::new(|| {
    let languages = LANGUAGES.iter();
    languages
        .map(|(tag, files)| Catalogue::read(tag, files))
        .collect()
});

/// The sign between groups of three digits.
const DIGIT_SEPARATOR: &str = "digit-separator";
/// Marks the place of a slot while a text is split into pieces.
const SLOT: &str = "\u{fffc}";

/// The texts of one language. Those without variables are formatted once.
pub struct Catalogue {
    /// The tag of the language.
    pub tag: &'static str,
    bundle: FluentBundle<FluentResource>,
    plain: Vec<String>,
    pieces: Vec<Vec<String>>,
}

/// The catalogue of a language, by its place in the list of languages.
pub fn of(language: usize) -> &'static Catalogue {
    &CATALOGUES[language]
}

impl Catalogue {
    /// Reads the files of a language, which the build has checked.
    fn read(tag: &'static str, files: &[&str]) -> Self {
        let mut bundle = FluentBundle::new_concurrent(tag.parse().into_iter().collect());
        bundle.set_use_isolating(false);
        for file in files {
            let resource = FluentResource::try_new((*file).to_owned());
            bundle.add_resource_overriding(resource.unwrap_or_else(|(readable, _)| readable));
        }
        let separator = written(&bundle, DIGIT_SEPARATOR, None);
        // Nothing else has this name.
        let _ = bundle.add_function("NUMBER", move |values, _| grouped(values, &separator));
        let plain = PLAIN.iter().map(|id| written(&bundle, id, None)).collect();
        let pieces = SLOTTED.iter().map(|(id, slots)| cut(&bundle, id, slots));
        Self {
            tag,
            plain,
            pieces: pieces.collect(),
            bundle,
        }
    }

    /// A text without variables.
    pub fn plain(&self, index: usize) -> &str {
        self.plain.get(index).map_or("", String::as_str)
    }

    /// A text with its variables filled.
    pub fn filled<const N: usize>(
        &self,
        id: &str,
        variables: [(&'static str, FluentValue<'static>); N],
    ) -> String {
        let mut args = FluentArgs::with_capacity(N);
        for (name, value) in variables {
            args.set(name, value);
        }
        written(&self.bundle, id, Some(&args))
    }

    /// The pieces of a text around its slots.
    pub fn pieces(&self, index: usize) -> &[String] {
        self.pieces.get(index).map_or(&[], Vec::as_slice)
    }
}

/// A text. It can't fail, because the build has checked that the text exists and has these
/// variables.
fn written(
    bundle: &FluentBundle<FluentResource>,
    id: &str,
    args: Option<&FluentArgs<'_>>,
) -> String {
    let message = bundle.get_message(id);
    let Some(pattern) = message.and_then(|message| message.value()) else {
        return String::new();
    };
    bundle
        .format_pattern(pattern, args, &mut Vec::new())
        .into_owned()
}

fn cut(bundle: &FluentBundle<FluentResource>, id: &str, slots: &[&'static str]) -> Vec<String> {
    let args = slots.iter().map(|slot| (*slot, SLOT)).collect();
    let text = written(bundle, id, Some(&args));
    text.split(SLOT).map(str::to_owned).collect()
}

/// A number with a separator between thousands, as `10,000`.
fn grouped<'a>(values: &[FluentValue<'a>], separator: &str) -> FluentValue<'a> {
    let Some(FluentValue::Number(number)) = values.first() else {
        return FluentValue::Error;
    };
    let digits = number.as_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text.into()
}
