//! Reads secrets from standard input or a prompt, never from arguments, which every user of the
//! machine can read.

use std::fs::File;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// Longer than any secret of this service.
const LONGEST: u64 = 4096;
/// Characters that people paste around a secret, in addition to white space.
const AROUND: [char; 10] = [
    '\u{feff}', '\u{200b}', '"', '\'', '`', '“', '”', '‘', '’', '\0',
];

#[derive(Debug, thiserror::Error)]
pub enum SecretInputError {
    #[error("standard input can't be read")]
    Unreadable(#[source] io::Error),
    #[error("the file can't be opened")]
    UnreadableFile(#[source] io::Error),
    #[error(
        "standard input holds no {what}: write it there as one line of UTF-8, at most {LONGEST} bytes"
    )]
    Missing { what: &'static str },
    #[error("the terminal can't be asked for a password: use `--password-stdin`")]
    NoTerminal(#[source] io::Error),
    #[error("no password was given: nothing was changed")]
    Empty,
    #[error("the two passwords differ: nothing was changed; try again")]
    Differ,
}

/// Whether a person can be asked on standard input.
pub fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// One line of standard input, without its line end.
pub fn from_standard_input(what: &'static str) -> Result<SecretString, SecretInputError> {
    read_line(io::stdin().lock(), what)
}

/// The first line of standard input that is not empty, without the characters that people paste
/// with it: a byte order mark, spaces, quotes, line ends. If more than a line end was left out, a
/// warning says so.
pub fn pasted_from_standard_input(what: &'static str) -> Result<SecretString, SecretInputError> {
    let (secret, was_trimmed) = read_pasted(io::stdin().lock(), what)?;
    if was_trimmed {
        // If this fails, nobody reads standard error.
        let _ = writeln!(
            io::stderr(),
            "note: the {what} was read without the spaces, quotes or other signs around it"
        );
    }
    Ok(secret)
}

/// The same from a file.
pub fn pasted_from_file(file: &Path, what: &'static str) -> Result<SecretString, SecretInputError> {
    let file = File::open(file).map_err(SecretInputError::UnreadableFile)?;
    Ok(read_pasted(io::BufReader::new(file), what)?.0)
}

/// Asks for a secret that is not shown while it is typed.
pub fn ask_hidden(prompt: &str) -> Result<SecretString, SecretInputError> {
    let typed = rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(SecretInputError::NoTerminal)?;
    Ok(typed.trim().into())
}

/// Asks twice for a new password. An empty input counts as no password.
pub fn ask_for_new_password(prompt: &str) -> Result<Option<SecretString>, SecretInputError> {
    let ask = |prompt| {
        rpassword::prompt_password(prompt)
            .map(Zeroizing::new)
            .map_err(SecretInputError::NoTerminal)
    };
    let first = ask(prompt)?;
    if first.is_empty() {
        return Ok(None);
    }
    if *ask("The same again: ")? != *first {
        return Err(SecretInputError::Differ);
    }
    Ok(Some(first.as_str().into()))
}

fn read_pasted(
    mut input: impl io::BufRead,
    what: &'static str,
) -> Result<(SecretString, bool), SecretInputError> {
    loop {
        let line = read_line(&mut input, what);
        if let Ok(line) = &line {
            let pasted = line.expose_secret();
            let bare =
                pasted.trim_matches(|sign: char| sign.is_whitespace() || AROUND.contains(&sign));
            if !bare.is_empty() {
                return Ok((bare.into(), bare.len() < pasted.len()));
            }
        }
        // An empty line before the pasted text. What follows the secret is not waited for.
        let is_over = input
            .fill_buf()
            .map_err(SecretInputError::Unreadable)?
            .is_empty();
        if is_over || !matches!(line, Ok(_) | Err(SecretInputError::Missing { .. })) {
            line?;
            return Err(SecretInputError::Missing { what });
        }
    }
}

fn read_line(
    input: impl io::BufRead,
    what: &'static str,
) -> Result<SecretString, SecretInputError> {
    // The buffer never has to grow, so no copy is left behind.
    let mut line = Zeroizing::new(Vec::with_capacity(5000));
    input
        .take(LONGEST + 1)
        .read_until(b'\n', &mut line)
        .map_err(SecretInputError::Unreadable)?;
    let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && line.len() as u64 <= LONGEST => Ok(text.into()),
        _ => Err(SecretInputError::Missing { what }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_around_a_secret_is_left_out_and_said() {
        for (input, was_trimmed) in [
            ("secret\n", false),
            ("secret\r\n", false),
            ("\u{feff}secret\n", true),
            ("\n\n  secret\t\n", true),
            ("\"secret\"\n", true),
            ("“secret”", true),
            ("\u{a0}`secret`\r\n", true),
        ] {
            let (secret, said) = read_pasted(input.as_bytes(), "secret").unwrap();
            assert_eq!(
                (secret.expose_secret(), said),
                ("secret", was_trimmed),
                "{input:?}"
            );
        }
        for nothing in ["", "\n\n", " \n", "\"\""] {
            assert!(
                read_pasted(nothing.as_bytes(), "secret").is_err(),
                "{nothing:?}"
            );
        }
    }

    #[test]
    fn a_secret_is_the_first_line_but_for_its_line_end() {
        for (input, secret) in [
            ("  with spaces \n", "  with spaces "),
            ("no end", "no end"),
            ("windows\r\n", "windows"),
            ("first\nsecond\n", "first"),
            ("tab\t\n", "tab\t"),
        ] {
            assert_eq!(
                read_line(input.as_bytes(), "secret")
                    .unwrap()
                    .expose_secret(),
                secret
            );
        }
    }

    #[test]
    fn what_is_no_line_of_text_is_refused() {
        let long = vec![b'x'; 4097];
        for input in [b"".as_slice(), b"\n", b"\r\n", b"\xff\n", &long] {
            assert!(matches!(
                read_line(input, "secret"),
                Err(SecretInputError::Missing { .. })
            ));
        }
    }
}
