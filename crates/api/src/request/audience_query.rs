//! The query of an exchange, which names the audience of the authentication token.

use std::collections::BTreeSet;

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Reason;
use ats_pat_service::Narrowing;

/// The query parameter, whose case is ignored.
pub const AUDIENCE: &str = "Audience";
/// How often it may be repeated.
pub const MOST_AUDIENCES: usize = 16;
/// How many misspelt names a refusal quotes, and how many characters of each.
const MAX_NAMES: usize = 16;
const MAX_NAME: usize = 100;
/// The beginning of a personal access token.
const SECRET: &str = "atspat_";

/// Reads what a query narrows an exchange to. Names ignore case, and unknown names are ignored. But
/// a name that only begins with `Audience` is refused, because ignoring it would give a token for
/// more services than the caller asked for. For the same reason an empty value is refused and
/// doesn't count as absent.
pub fn narrowing(query: &str) -> Narrowing {
    let mut audience = Vec::new();
    let mut misspelt = BTreeSet::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name.eq_ignore_ascii_case(AUDIENCE) {
            // One more than allowed is enough to refuse.
            if audience.len() <= MOST_AUDIENCES {
                audience.push(value.into_owned());
            }
        } else if begins_with_audience(&name) && misspelt.len() < MAX_NAMES {
            misspelt.insert(quoted(&name));
        }
    }
    let failure = |reason| Some(Problem::validation(AUDIENCE, reason));
    let unreadable = if !misspelt.is_empty() {
        Some(Problem::QueryMisspelt {
            names: misspelt.into_iter().collect(),
            expected: AUDIENCE,
        })
    } else if audience.len() > MOST_AUDIENCES {
        failure(Reason::TooLong)
    } else if audience.iter().any(String::is_empty) {
        failure(Reason::Empty)
    } else {
        None
    };
    Narrowing {
        audience: (!audience.is_empty()).then_some(audience),
        unreadable,
        ..Narrowing::default()
    }
}

fn begins_with_audience(name: &str) -> bool {
    let beginning = name.as_bytes().get(..AUDIENCE.len());
    beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(AUDIENCE.as_bytes()))
}

/// A name as a refusal quotes it. A secret in it is not sent back.
fn quoted(name: &str) -> String {
    let name = name.split(SECRET).next().unwrap_or_default();
    name.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<Vec<String>, Vec<String>> {
        let narrowing = narrowing(query);
        assert!(narrowing.scope.is_none() && narrowing.lifetime_seconds.is_none());
        match narrowing.unreadable {
            Some(problem) => Err(problem.parameters()),
            None => Ok(narrowing.audience.unwrap_or_default()),
        }
    }

    #[test]
    fn other_names_ask_for_nothing() {
        for query in [
            "",
            "&&",
            "=",
            "x=1&x=2&Audienc=a&aud=b&%20Audience=c&resource=d",
            "\u{ff21}udience=a",
        ] {
            assert_eq!(asked(query), Ok(Vec::new()), "{query}");
            assert!(narrowing(query).audience.is_none(), "{query}");
        }
    }

    #[test]
    fn audiences_are_decoded_and_keep_their_case() {
        for (query, audience) in [
            ("Audience=orders", &["orders"][..]),
            ("audience=orders&AUDIENCE=stock", &["orders", "stock"]),
            ("x=1&Audience=b&Audience=A&y&Audience=b", &["b", "A", "b"]),
            (
                "%41udienc%65=https%3A%2F%2Forders.example.com%2F%3Fa%26b",
                &["https://orders.example.com/?a&b"],
            ),
            ("Audience=a+b&Audience=c%2Bd", &["a b", "c+d"]),
            ("Audience=%ff&Audience=%zz", &["\u{fffd}", "%zz"]),
            ("Audience=a,b", &["a,b"]),
        ] {
            let audience = audience.iter().map(ToString::to_string).collect();
            assert_eq!(asked(query), Ok(audience), "{query}");
        }
    }

    #[test]
    fn an_empty_value_does_not_ask_for_everyone() {
        for query in ["Audience=", "Audience", "Audience=a&Audience="] {
            let refused = ["Audience", "empty"].map(ToOwned::to_owned).to_vec();
            assert_eq!(asked(query), Err(refused), "{query}");
        }
    }

    #[test]
    fn names_that_look_like_it_are_named() {
        for (query, names) in [
            ("audiences=a", &["audiences"][..]),
            ("AUDIENCE2=a&Audience=", &["AUDIENCE2"]),
            ("Audiences=a&Audience[]=b", &["Audience[]", "Audiences"]),
            ("%61udience%5B0%5D=a", &["audience[0]"]),
            ("Audience+=a", &["Audience "]),
            ("Audience%00=a", &["Audience\0"]),
            ("audience%FF", &["audience\u{fffd}"]),
            ("audience.&audience.", &["audience."]),
            ("AudienceAtspat_x", &["AudienceAtspat_x"]),
            ("audience_atspat_secret=a", &["audience_"]),
        ] {
            let named = names.iter().flat_map(|name| [*name, "unknown_value"]);
            let named = named.map(ToOwned::to_owned).collect();
            assert_eq!(asked(query), Err(named), "{query}");
        }
        let many: Vec<_> = (0..5000)
            .map(|n| format!("audience{n}{}", "x".repeat(n)))
            .collect();
        let named = asked(&many.join("&")).unwrap_err();
        assert_eq!(named.len(), 2 * MAX_NAMES);
        assert!(named.iter().all(|name| name.len() <= MAX_NAME));
    }

    #[test]
    fn sixteen_are_enough() {
        let times = |count| asked(&"&Audience=a".repeat(count));
        assert_eq!(times(16).unwrap().len(), 16);
        let refused = ["Audience", "too_long"].map(ToOwned::to_owned).to_vec();
        for count in [17, 18, 5000] {
            assert_eq!(times(count), Err(refused.clone()), "{count}");
        }
    }
}
