//! Whose browser it is, and where its parts are.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// MiniBrowser of WebKitGTK, as Debian's `libwebkit2gtk-4.1-0` has it.
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
/// Firefox itself; the program in the search path is a script.
const FIREFOX: &str = "/usr/lib/firefox-esr/firefox-esr";

/// An engine that tests run in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// The engine of Chrome and Edge.
    #[default]
    Chromium,
    /// The engine of Firefox ESR.
    Firefox,
    /// Firefox ESR without anchor positioning and `closedby`, which ESR 140 does not have.
    OlderFirefox,
    /// The engine of Safari, as GTK has it.
    WebKit,
}

impl Engine {
    /// Every engine, in the order of the variants.
    pub const ALL: [Self; 4] = [
        Self::Chromium,
        Self::Firefox,
        Self::OlderFirefox,
        Self::WebKit,
    ];

    pub(super) const fn is_chromium(self) -> bool {
        matches!(self, Self::Chromium)
    }

    /// The WebDriver program, and where it is asked to listen.
    pub(super) fn driver(self, port: u16) -> (PathBuf, Vec<String>) {
        match self {
            Self::Chromium => ("chromedriver".into(), vec!["--port=0".to_owned()]),
            Self::Firefox | Self::OlderFirefox => {
                let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
                let program = workspace.join("target/tools/bin/geckodriver");
                (program, vec!["--port=0".to_owned()])
            }
            Self::WebKit => ("WebKitWebDriver".into(), vec![format!("--port={port}")]),
        }
    }

    /// What the driver says before the port that it chose; nothing if it does not choose.
    pub(super) const fn announcement(self) -> Option<&'static str> {
        match self {
            Self::Chromium => Some("started successfully on port "),
            Self::Firefox | Self::OlderFirefox => Some("Listening on 127.0.0.1:"),
            Self::WebKit => None,
        }
    }

    /// The program that the driver starts, where it does not find it by itself.
    pub(super) const fn program(self) -> Option<&'static str> {
        match self {
            Self::Chromium => None,
            Self::Firefox | Self::OlderFirefox => Some(FIREFOX),
            Self::WebKit => Some(MINI_BROWSER),
        }
    }

    /// What a session is asked for, `program` being what starts the browser. Chromium has its own.
    pub(super) fn capabilities(self, program: &Path, dark: bool) -> Value {
        match self {
            Self::Chromium => unreachable!("it has more to say"),
            Self::Firefox | Self::OlderFirefox => {
                let is_whole = self == Self::Firefox;
                json!({
                    "browserName": "firefox",
                    "unhandledPromptBehavior": "ignore",
                    "moz:firefoxOptions": {
                        "binary": program,
                        "args": ["-headless"],
                        "prefs": {
                            "layout.css.prefers-color-scheme.content-override": i32::from(!dark),
                            "ui.prefersReducedMotion": 1,
                            "layout.css.anchor-positioning.enabled": is_whole,
                            "dom.dialog.light-dismiss.enabled": is_whole,
                        },
                    },
                })
            }
            Self::WebKit => {
                let mut arguments = vec!["--automation"];
                if dark {
                    arguments.push("--dark-mode");
                }
                json!({
                    "unhandledPromptBehavior": "ignore",
                    "webkitgtk:browserOptions": {"binary": program, "args": arguments},
                })
            }
        }
    }
}
