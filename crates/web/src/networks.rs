//! Networks as people write them in a form.

use ats_pat_domain::network::parse_network;
use ats_pat_text::Text;

/// How many wrong networks an error names.
const SHOWN_NETWORKS: usize = 3;
/// How many characters of each. The longest network has 43.
const SHOWN_NETWORK: usize = 50;

/// The typed entries, one by one.
pub fn listed(typed: &str) -> impl Iterator<Item = &str> {
    let networks = typed.split([',', '\n', '\r', '\t', ' ']);
    networks.filter(|network| !network.is_empty())
}

/// Names the first few entries that can't be read, so that nobody has to compare 50 lines.
pub fn not_networks(typed: &str, text: Text) -> String {
    let mut wrong: Vec<String> = listed(typed)
        .filter(|network| parse_network(network).is_none())
        .map(|network| network.chars().take(SHOWN_NETWORK).collect())
        .collect();
    wrong.dedup();
    let more = wrong.len().saturating_sub(SHOWN_NETWORKS);
    wrong.truncate(SHOWN_NETWORKS);
    if more > 0 {
        wrong.push(text.more_of_list(more));
    }
    match &*wrong {
        [network] => text.token_not_a_network(network),
        networks => text.token_not_networks(networks.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_networks_that_are_wrong() {
        let example =
            "Write addresses or networks, such as 192.0.2.7 or 10.0.0.0/8, one on each line.";
        for (networks, said) in [
            ("10.0.0.0/8\n10.0.0.0/33", "10.0.0.0/33 is not a network."),
            ("a, 192.0.2.7 b", "a, b are not networks."),
            ("a b c d e", "a, b, c, 2 more are not networks."),
        ] {
            let error = not_networks(networks, Text::ENGLISH);
            assert_eq!(error, format!("{said} {example}"));
        }
    }
}
