//! Reads JSON strictly. If two parsers read a text differently, they disagree about what was
//! signed. Of two equal names, serde refuses only known ones, and it accepts an array for a struct.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

/// Reads one object: UTF-8 without a byte order mark, and without two members of the same name at
/// any depth (RFC 8725, section 2.4; RFC 7515, section 4; RFC 7519, section 4). A struct in a
/// struct is read by [`in_object`].
pub(crate) fn object<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<T> {
    let text = str::from_utf8(bytes).ok()?;
    serde_json::from_str::<Unique>(text).ok()?;
    in_object(&mut serde_json::Deserializer::from_str(text)).ok()
}

/// Reads a struct from an object only. serde would also read it from an array.
pub(crate) fn in_object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct InObject<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for InObject<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(InObject(PhantomData))
}

/// Any value in whose objects no member occurs twice, at any depth, also in parts that are not
/// used.
struct Unique;

/// The name of a member after its escapes are resolved.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        // Sorted once. For few names that is faster than a set, and for many it is not slower.
        let mut names = Vec::with_capacity(16);
        while let Some(name) = map.next_key::<Name<'de>>()? {
            names.push(name);
            map.next_value::<Self>()?;
        }
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(A::Error::custom("a member stands twice"));
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self, A::Error> {
        while sequence.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::{Map, Value};

    use super::object;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Known {
        wanted: Option<i64>,
    }

    fn is_read(text: &str) -> bool {
        object::<Known>(text.as_bytes()).is_some()
    }

    #[test]
    fn no_member_stands_twice_however_many_there_are_and_however_they_are_written() {
        for count in [2, 15, 16, 17, 18, 40, 500] {
            let members: Vec<String> = (0..count)
                .map(|name| format!(r#""m{name}":{name}"#))
                .collect();
            let members = members.join(",");
            assert!(is_read(&format!("{{{members}}}")), "{count}");
            for first in [0, count / 2, count - 1] {
                for twice in [format!("m{first}"), format!("\\u006d{first}")] {
                    for text in [
                        format!(r#"{{{members},"{twice}":null}}"#),
                        format!(r#"{{"{twice}":null,{members}}}"#),
                        format!(r#"{{"other":[{{"a":{{{members},"{twice}":null}}}}]}}"#),
                    ] {
                        assert!(!is_read(&text), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_not_wanted_is_read_too() {
        for value in [
            "tru",
            "01",
            "1e999",
            "\"\\x\"",
            "[1,]",
            "{\"a\"}",
            "\"\u{1}\"",
            "NaN",
        ] {
            assert!(!is_read(&format!(r#"{{"other":{value}}}"#)), "{value}");
        }
        assert!(is_read(r#"{"other":[1,-1,1.5,"a",null,true,{"a":{}}]}"#));
    }

    #[test]
    fn no_array_passes_for_a_struct() {
        #[derive(Deserialize)]
        struct Outer {
            #[expect(dead_code, reason = "only that it is read")]
            #[serde(deserialize_with = "super::in_object")]
            inner: Known,
        }
        assert!(object::<Outer>(br#"{"inner":{"wanted":1}}"#).is_some());
        assert!(object::<Outer>(br#"{"inner":[1]}"#).is_none());
    }

    #[test]
    fn nothing_wanted_is_not_there() {
        assert_eq!(object(b"{}"), Some(Known { wanted: None }));
        assert_eq!(object(br#"{"wanted":null}"#), Some(Known { wanted: None }));
        assert_eq!(
            object(br#" {"wanted":-7} "#),
            Some(Known { wanted: Some(-7) })
        );
        assert_eq!(object::<Known>(br#"{"wanted":7.0}"#), None);
    }

    /// All texts of some values. Their objects may have a member twice.
    fn texts() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("1".to_owned()),
            Just("\"a\"".to_owned()),
            Just("null".to_owned())
        ];
        let inner = leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(","))),
                members(inner),
            ]
        });
        members(inner)
    }

    fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
        prop::collection::vec(("[a-d]", value), 0..4).prop_map(|members| {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("\"{name}\":{value}"))
                .collect();
            format!("{{{}}}", members.join(","))
        })
    }

    proptest! {
        /// serde_json keeps the last of equal members. If it writes the same text that it read,
        /// there were none.
        #[test]
        fn exactly_what_has_no_member_twice_is_read(text in texts()) {
            let kept: Map<String, Value> = serde_json::from_str(&text).unwrap();
            let members = |text: &str| text.matches(':').count();
            let is_unique = members(&Value::Object(kept).to_string()) == members(&text);
            prop_assert_eq!(object::<Map<String, Value>>(text.as_bytes()).is_some(), is_unique);
        }
    }
}
