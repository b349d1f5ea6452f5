//! Who answers for the package, as Debian writes it.

use anyhow::{Result, ensure};

/// Without one. Nobody reads mail to `.invalid` (RFC 2606), and everybody sees that.
const NOBODY: &str = "ATS Global <not-set@ats-pat.invalid>";

/// The maintainer that was named.
pub fn maintainer(named: Option<&str>) -> Result<String> {
    let Some(named) = named else {
        eprintln!(
            "The Debian package names no maintainer who can be reached: set ATS_PAT_MAINTAINER or \
             --maintainer to `Name <address>`"
        );
        return Ok(NOBODY.to_owned());
    };
    ensure!(
        is_maintainer(named),
        "`{named}` is no maintainer: write `Name <address>`"
    );
    Ok(named.to_owned())
}

/// Whether Debian takes it: a name and an address, on one line.
fn is_maintainer(named: &str) -> bool {
    let Some((name, address)) = named
        .strip_suffix('>')
        .and_then(|named| named.split_once(" <"))
    else {
        return false;
    };
    let is_plain = |text: &str| !text.is_empty() && !text.contains(['<', '>', '\n', '\r']);
    let is_address = address
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && host.contains('.'));
    is_plain(name) && is_plain(address) && !address.contains(' ') && is_address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maintainer_has_a_name_and_an_address_on_one_line() {
        for good in [NOBODY, "Ada Lovelace <ada@example.com>"] {
            assert!(is_maintainer(good), "{good}");
        }
        for wrong in [
            "",
            "Ada",
            "ada@example.com",
            "<ada@example.com>",
            "Ada <ada>",
            "Ada <@example.com>",
            "Ada <a da@example.com>",
            "Ada <ada@example.com> ",
            "Ada\nDepends: evil <ada@example.com>",
            "Ada <ada@example.com\n>",
        ] {
            assert!(!is_maintainer(wrong), "{wrong}");
        }
    }
}
