//! The keys that tests press.

use fantoccini::actions::{Actions, InputSource, KeyAction, KeyActions};
use fantoccini::key::Key as Code;

/// A key to press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says it")]
pub enum Key {
    Tab,
    ShiftTab,
    Enter,
    Space,
    Escape,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
}

impl Key {
    /// The actions of WebDriver that press and release the key.
    pub(super) fn actions(self) -> Actions {
        let (shift, code) = match self {
            Self::Tab => (false, Code::Tab.into()),
            Self::ShiftTab => (true, Code::Tab.into()),
            // Not the one of the numeric pad, which WebDriver calls Enter.
            Self::Enter => (false, Code::Return.into()),
            Self::Space => (false, ' '),
            Self::Escape => (false, Code::Escape.into()),
            Self::Up => (false, Code::Up.into()),
            Self::Down => (false, Code::Down.into()),
            Self::Left => (false, Code::Left.into()),
            Self::Right => (false, Code::Right.into()),
            Self::Home => (false, Code::Home.into()),
            Self::End => (false, Code::End.into()),
        };
        let stroke = [
            KeyAction::Down { value: code },
            KeyAction::Up { value: code },
        ];
        let with_shift = [
            KeyAction::Down {
                value: Code::Shift.into(),
            },
            KeyAction::Down { value: code },
            KeyAction::Up { value: code },
            KeyAction::Up {
                value: Code::Shift.into(),
            },
        ];
        let strokes = if shift {
            with_shift.to_vec()
        } else {
            stroke.to_vec()
        };
        let keyboard = KeyActions::new("keyboard".to_owned());
        strokes.into_iter().fold(keyboard, KeyActions::then).into()
    }
}
