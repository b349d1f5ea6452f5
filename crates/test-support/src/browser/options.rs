//! What kind of person looks.

use super::engine::Engine;

/// What kind of person looks.
#[derive(Clone, Copy, Debug)]
pub struct BrowserOptions {
    /// Whose browser the person has.
    pub engine: Engine,
    /// Whether the pages' scripts run.
    pub script: bool,
    /// Where the person is, by the name of the time zone.
    pub time_zone: &'static str,
    /// Whether the system is set to dark colours.
    pub dark: bool,
    /// The width of the page's area, in CSS pixels.
    pub width: u32,
    /// The height of the page's area, in CSS pixels.
    pub height: u32,
}

impl Default for BrowserOptions {
    fn default() -> Self {
        Self {
            engine: Engine::Chromium,
            script: true,
            time_zone: "UTC",
            dark: false,
            width: 1280,
            height: 800,
        }
    }
}
