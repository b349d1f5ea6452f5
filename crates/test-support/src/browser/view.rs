//! How pages are shown.

use super::options::BrowserOptions;
use parking_lot::Mutex;

/// How pages are shown. Chromium keeps it per tab, so it is said again in each new one.
pub struct View(Mutex<Shown>);

#[derive(Clone)]
pub struct Shown {
    pub dark: bool,
    pub width: u32,
    pub height: u32,
    pub time_zone: String,
}

impl View {
    pub fn new(options: &BrowserOptions) -> Self {
        Self(Mutex::new(Shown {
            dark: options.dark,
            width: options.width,
            height: options.height,
            time_zone: options.time_zone.to_owned(),
        }))
    }

    pub fn change(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.0.lock());
    }

    pub fn shown(&self) -> Shown {
        self.0.lock().clone()
    }
}
