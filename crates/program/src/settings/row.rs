//! A row of the table of settings, and the code that follows from the table: the struct, the flags
//! and the reader of all settings.

use std::fmt;

/// The first characters of this service's environment variables.
pub(super) const PREFIX: &str = "ATS_PAT_";

/// The facts that the table has about a setting.
pub(super) struct SettingRow {
    /// The key in the file, with dots for tables.
    pub(super) name: &'static str,
    pub(super) flag: Option<&'static str>,
    /// Whether the value must not be in a place that other users of the machine can read.
    pub(super) secret: bool,
    /// Whether only the file can have it.
    pub(super) file_only: bool,
    pub(super) default: Standard,
    /// The lowest and the highest number.
    pub(super) bounds: Option<(u32, u32)>,
    pub(super) meaning: &'static str,
}

/// The value if no source has the setting.
pub(super) enum Standard {
    /// As an operator would write it.
    Value(&'static str),
    /// No value, in words.
    Words(&'static str),
}

impl SettingRow {
    /// The environment variable, where there is one.
    pub(super) fn variable(&self) -> Option<String> {
        let name = self.name.replace(['.', '-'], "_").to_ascii_uppercase();
        (!self.file_only).then(|| format!("{PREFIX}{name}"))
    }
}

/// The row in the documentation, in Markdown: key, environment variable, flag, default, meaning.
impl fmt::Display for SettingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| `{}` | ", self.name)?;
        if let Some(variable) = self.variable() {
            write!(f, "`{variable}`")?;
            if self.secret {
                write!(f, " or `{variable}_FILE`")?;
            }
        } else {
            write!(f, "only in the file")?;
        }
        match self.flag {
            Some(flag) => write!(f, " | `{flag}` | ")?,
            None => write!(f, " |  | ")?,
        }
        match (&self.default, self.bounds) {
            (Standard::Value(text), None) => write!(f, "`{text}`")?,
            (Standard::Value(text), Some(_)) | (Standard::Words(text), _) => f.write_str(text)?,
        }
        write!(f, " |{}", self.meaning)?;
        if let Some((least, most)) = self.bounds {
            write!(f, " ({least} to {most})")?;
        }
        write!(f, " |")
    }
}

/// Takes the rows. Makes `TABLE`, the flags of each program, and [`Settings`](super::Settings) with
/// its reader. A reader is a method of `Found`.
macro_rules! settings {
    ($(
        $(#[doc = $meaning:literal])+
        $visibility:vis $field:ident: $type:ty {
            key: $name:literal,
            read: $read:ident $(in $least:literal..=$most:literal)?,
            $(default: $default:literal)?
            $(without: $without:literal)?
            $(, secret: $secret:literal)?
            $(, file only: $file_only:literal)?
            $(, flag: $flag:literal $flag_value:literal $flag_help:literal)?
            $(, server flag: $server_flag:literal $server_flag_value:literal $server_flag_help:literal)?
            $(,)?
        }
    )+) => {
        pub(super) const TABLE: &[SettingRow] = &[$(SettingRow {
            name: $name,
            flag: [$(Some($flag),)? $(Some($server_flag),)? None][0],
            secret: [$($secret,)? false][0],
            file_only: [$($file_only,)? false][0],
            default: $(Standard::Value(concat!($default)))? $(Standard::Words($without))?,
            bounds: [$(Some(($least, $most)),)? None][0],
            meaning: concat!($($meaning),+),
        },)+];

        /// The settings of both programs.
        #[derive(Clone, Debug)]
        pub struct Settings {
            $($(#[doc = $meaning])+ $visibility $field: $type,)+
            /// The identity providers that users can sign in at.
            pub providers: Vec<Provider>,
        }

        impl Settings {
            pub(super) fn read(sources: &Sources) -> Result<Self, SettingsError> {
                Ok(Self {
                    $($field: {
                        let read = |found: &Found| found.$read($($least..=$most)?);
                        $(sources.value($name, concat!($default), read)?)?
                        $(let _: &str = $without; sources.optional($name, read)?)?
                    },)+
                    providers: Vec::new(),
                })
            }
        }

        /// The flags of both programs.
        #[derive(Args, Clone, Debug, Default)]
        pub struct CommonFlags {
            /// A TOML file with settings
            #[arg(long, value_name = "FILE", global = true, help_heading = "Settings")]
            pub config: Option<PathBuf>,
            $($(
                #[doc = $flag_help]
                #[arg(long = $name, value_name = $flag_value, global = true, help_heading = "Settings")]
                pub $field: Option<SecretString>,
            )?)+
        }

        /// The flags of the server alone.
        #[derive(Args, Clone, Debug, Default)]
        pub struct ServerFlags {
            $($(
                #[doc = $server_flag_help]
                #[arg(long = $name, value_name = $server_flag_value, global = true, help_heading = "Settings")]
                pub $field: Option<SecretString>,
            )?)+
        }

        impl CommonFlags {
            pub(super) fn add_to(&self, sources: &mut Sources) {
                $($(sources.add_flag($name, $flag, self.$field.as_ref());)?)+
            }
        }

        impl ServerFlags {
            pub(super) fn add_to(&self, sources: &mut Sources) {
                $($(sources.add_flag($name, $server_flag, self.$field.as_ref());)?)+
            }
        }
    };
}
pub(super) use settings;
