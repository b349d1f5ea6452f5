//! Texts that are cut, padded or long.

use ats_pat_token::MAX_LENGTH;

use crate::{
    forge::{base64url, claims, from_base64url, siblings, signed, signed_parts},
    row::{GOOD, Rows, of},
};

pub fn other_texts(rows: &mut Rows) {
    let token = of(&claims(GOOD));
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("three parts")
    };
    for (name, text) in [
        ("nothing", String::new()),
        ("one point", ".".to_owned()),
        ("two points", "..".to_owned()),
        ("three points", "...".to_owned()),
        ("only the header", header.to_owned()),
        ("no signature", format!("{header}.{payload}")),
        ("an empty signature", format!("{header}.{payload}.")),
        ("an empty header", format!(".{payload}.{signature}")),
        ("an empty first part", format!(".{token}")),
        ("an empty last part", format!("{token}.")),
        (
            "an empty second part",
            format!("{header}..{payload}.{signature}"),
        ),
        ("four parts", format!("{token}.{signature}")),
        (
            "five parts",
            format!("{header}.{payload}.{payload}.{payload}.{signature}"),
        ),
        ("twice", format!("{token}.{token}")),
        ("its scheme", format!("Bearer {token}")),
        ("a space before it", format!(" {token}")),
        ("a line end after it", format!("{token}\n")),
        (
            "a line end in it",
            format!("{header}.{payload}\r\n.{signature}"),
        ),
        ("a zero after it", format!("{token}\0")),
        (
            "padding of the header",
            format!("{header}=.{payload}.{signature}"),
        ),
        (
            "padding of the claims",
            format!("{header}.{payload}=.{signature}"),
        ),
        ("padding of the signature", format!("{token}==")),
        ("a letter more", format!("{token}A")),
        ("three bytes more", format!("{token}AAAA")),
        ("a letter less", token[..token.len() - 1].to_owned()),
        ("a byte less", token[..token.len() - 2].to_owned()),
        (
            "the other alphabet",
            format!("{header}.{payload}.{}", signature.replace(['-', '_'], "+")),
        ),
        (
            "letters that are not ASCII",
            format!(
                "{header}.{payload}.{}",
                signature.replacen('A', "\u{410}", 1)
            ),
        ),
        ("a long text", "A".repeat(MAX_LENGTH + 1)),
    ] {
        rows.refuses("Malformed", format!("text: {name}"), text);
    }
    // The signature is over another text.
    let empty = format!("{header}..{signature}");
    rows.refuses("Signature", "text: empty claims", empty);
    for (index, sibling) in siblings(signature, 4).iter().enumerate() {
        let title = format!("a second text of the signature, {}", index + 1);
        let text = format!("{header}.{payload}.{sibling}");
        rows.refuses("Malformed", title, text);
    }
    let spaces = ["", " ", "  "];
    let of_length = |rest: usize| {
        let texts = spaces.map(|space| base64url(format!("{}{space}", claims(GOOD).text())));
        texts
            .into_iter()
            .find(|text| text.len() % 4 == rest)
            .unwrap()
    };
    for (rest, unused) in [(2, 4), (3, 2)] {
        let other = &siblings(&of_length(rest), unused)[0];
        let title = format!("a second text of the claims, {unused} bits unused");
        rows.refuses("Malformed", title, signed_parts(header, other));
    }
}

pub fn long_texts_and_secrets(rows: &mut Rows) {
    let padded = |spaces: usize| {
        let payload = format!("{}{}", claims(GOOD).text(), " ".repeat(spaces));
        signed(crate::forge::header().text(), payload)
    };
    let longest = (0..MAX_LENGTH).rev().map(padded);
    let longest = longest
        .into_iter()
        .find(|text| text.len() <= MAX_LENGTH)
        .unwrap();
    let spaces =
        from_base64url(longest.split('.').nth(1).unwrap()).len() - claims(GOOD).text().len();
    rows.accepts("the longest text", longest);
    rows.refuses("Malformed", "a text that is longer", padded(spaces + 2));
    let secret = "atspat_00000000000000000000000000000000000000000002CZclj";
    rows.refuses("NotExchanged", "a personal access token", secret.to_owned());
    let typo = format!("{}k", &secret[..secret.len() - 1]);
    rows.refuses(
        "NotExchanged",
        "a personal access token with a mistake",
        typo,
    );
}
