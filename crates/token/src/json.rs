//! JSON read strictly, in one pass. Parsers that differ about a text differ about what was signed: of two equal names
//! serde would refuse only known ones, and it takes an array for a struct.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

/// Reads one object: UTF-8 without a byte order mark, and at no depth two members of the same name (RFC 8725,
/// section 2.4; RFC 7515, section 4; RFC 7519, section 4).
pub(crate) fn object<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<T> {
    let text = str::from_utf8(bytes).ok()?;
    let starts_as_object = text
        .trim_start_matches([' ', '\t', '\n', '\r'])
        .starts_with('{');
    if !starts_as_object {
        return None;
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Unique(&mut json)).ok()?;
    json.end().ok()?;
    Some(value)
}

/// Reads as the inner one does, but refuses objects in which a member stands twice: wherever they stand, and whether
/// what stands in them is wanted or not.
struct Unique<T>(T);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Unique<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Unique(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Unique(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Unique(visitor))
    }

    // No array passes for a struct.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Unique(visitor))
    }

    // What nobody wants is read, not skipped.
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Unique<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(UniqueMembers {
            map,
            names: Names::default(),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Unique(sequence))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Unique(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Unique(deserializer))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.0.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.0.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.0.visit_f64(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.0.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        self.0.visit_borrowed_str(value)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Unique<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Unique(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Unique<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Unique(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

/// The members of one object.
struct UniqueMembers<'de, A> {
    map: A,
    names: Names<'de>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for UniqueMembers<'de, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let names = &mut self.names;
        self.map.next_key_seed(Noted { inner: seed, names })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(Unique(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.map.size_hint()
    }
}

/// The names of the members of one object so far. Few of them need no memory of their own, and many are found fast.
#[derive(Default)]
struct Names<'de> {
    few: [&'de str; 16],
    count: usize,
    /// A bit for each shape of a name among the few: most new names have one of their own.
    shapes: u64,
    more: BTreeSet<Cow<'de, str>>,
}

impl<'de> Names<'de> {
    fn note<E: Error>(&mut self, name: Cow<'de, str>) -> Result<(), E> {
        let shape = shape(&name);
        let may_be_among_few = self.shapes & shape != 0;
        self.shapes |= shape;
        let is_new = !(may_be_among_few && self.few[..self.count].contains(&&*name))
            && match (name, self.few.get_mut(self.count)) {
                (Cow::Borrowed(name), Some(free)) => {
                    *free = name;
                    self.count += 1;
                    // One with escapes may stand there, as what it means.
                    self.more.is_empty() || !self.more.contains(name)
                }
                (name, _) => self.more.insert(name),
            };
        if is_new {
            Ok(())
        } else {
            Err(E::custom("a member stands twice"))
        }
    }
}

/// Length, first and last byte, as one bit of 64.
fn shape(name: &str) -> u64 {
    let ends = match name.as_bytes() {
        [] => 0,
        [first, .., last] => usize::from(*first) + 5 * usize::from(*last),
        [only] => usize::from(*only),
    };
    1 << ((name.len() * 7 + ends) % 64)
}

/// A member's name on its way to who wants it.
struct Noted<'a, 'de, T> {
    inner: T,
    names: &'a mut Names<'de>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Noted<'_, 'de, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let Self { inner, names } = self;
        inner.deserialize(Noted {
            inner: deserializer,
            names,
        })
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Noted<'_, 'de, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { inner, names } = self;
        inner.deserialize_any(Noted {
            inner: visitor,
            names,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Noted<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<V::Value, E> {
        self.names.note(Cow::Borrowed(name))?;
        self.inner.visit_borrowed_str(name)
    }

    // With escapes it does not stand in the text as it is meant.
    fn visit_str<E: Error>(self, name: &str) -> Result<V::Value, E> {
        self.names.note(Cow::Owned(name.to_owned()))?;
        self.inner.visit_str(name)
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

    /// All texts of some values whose objects may have a member twice.
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
        /// serde_json keeps the last of equal members: where it writes back what it read, there were none.
        #[test]
        fn exactly_what_has_no_member_twice_is_read(text in texts()) {
            let kept: Map<String, Value> = serde_json::from_str(&text).unwrap();
            let members = |text: &str| text.matches(':').count();
            let is_unique = members(&Value::Object(kept).to_string()) == members(&text);
            prop_assert_eq!(object::<Map<String, Value>>(text.as_bytes()).is_some(), is_unique);
        }
    }
}
