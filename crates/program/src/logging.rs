//! The log. It goes to standard error, because standard output is for the programs' answers.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing::Metadata;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::settings::{LogFormat, Settings};
use crate::visible::{visible, visible_in_json};

/// What takes the spans of traces.
pub type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Changes the filter of a log that has begun.
pub struct LogFilter {
    level: &'static str,
    set: Set,
}

impl LogFilter {
    /// Takes the filter of these settings.
    ///
    /// # Errors
    /// This process writes its log in another way.
    pub fn set(&self, settings: &Settings) -> Result<(), reload::Error> {
        (self.set)(filter(settings, self.level))
    }
}

/// Begins the log of this process, at `level` unless the settings say otherwise, and gives spans to
/// `spans`. It is called once. A second call changes nothing.
pub fn start_logging(
    settings: &Settings,
    level: &'static str,
    spans: Option<SpanLayer>,
) -> LogFilter {
    let format = settings.log_format;
    // No colors, because every control sequence in a line is escaped, and colors are control
    // sequences.
    let lines = fmt::layer()
        .with_writer(move || Lines { format })
        .with_ansi(false);
    let (filter, handle) = reload::Layer::new(filter(settings, level));
    let filter = filter.and(filter_fn(is_no_span));
    let lines = match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let log = tracing_subscriber::registry().with(spans).with(lines);
    // Beginning the log fails only if it has already begun.
    let _ = log.try_init();
    LogFilter {
        level,
        set: setter(handle),
    }
}

fn filter(settings: &Settings, level: &str) -> EnvFilter {
    EnvFilter::new(settings.log.as_deref().unwrap_or(level))
}

/// Leaves out spans, which are for traces. A log line says everything by itself. The macro
/// `enabled!` asks for something that is neither a span nor an event.
fn is_no_span(metadata: &Metadata<'_>) -> bool {
    !metadata.is_span()
}

type Set = Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>;

fn setter<S: 'static>(handle: Handle<EnvFilter, S>) -> Set {
    Box::new(move |filter| handle.reload(filter))
}

/// Standard error, where each write is one line. Text from people and programs can't begin another
/// line.
struct Lines {
    format: LogFormat,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = one_line(bytes, self.format);
        io::stderr().lock().write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

fn one_line(bytes: &[u8], format: LogFormat) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text: Cow<'_, str> = match format {
        LogFormat::Text => visible(text),
        LogFormat::Json => visible_in_json(text),
    };
    format!("{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_begins_another_line() {
        let forged = "user x\n2026-11-24 ERROR nothing\u{1b}[2K\n".as_bytes();
        let line = one_line(forged, LogFormat::Text);
        assert_eq!(line, "user x\\u{a}2026-11-24 ERROR nothing\\u{1b}[2K\n");
    }
}
