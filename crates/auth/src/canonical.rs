/// The format version that every canonical form begins with.
const VERSION: u8 = 1;

/// Added to a field's kind if the field is NULL, so that no NULL looks like an empty value.
const NULL: u8 = 0x80;

#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Text = 1,
    Bytes = 2,
    I64 = 3,
    U32 = 4,
    Bool = 5,
    Uuid = 6,
    Texts = 7,
}

/// The byte string that represents a row or an event. Tags, the chain and seals cover it.
///
/// It holds a format version, the table's name, and each field with its kind and its length, in the
/// order of the calls. Two rows have the same canonical form only if they have the same table and
/// the same fields. A text can't run into the next field, a text is not a byte string, and NULL is
/// not empty.
///
/// ```
/// use ats_pat_auth::Canonical;
///
/// let row = Canonical::new("users")
///     .uuid(&[7; 16])
///     .text("ada")
///     .optional_text(None)
///     .bool(true);
/// let empty = Canonical::new("users")
///     .uuid(&[7; 16])
///     .text("ada")
///     .optional_text(Some(""))
///     .bool(true);
/// assert_ne!(row.as_bytes(), empty.as_bytes());
/// ```
#[derive(Clone)]
#[must_use]
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// The canonical form of a row of `table`, without fields so far.
    pub fn new(table: &str) -> Self {
        let mut canonical = Self(Vec::with_capacity(256));
        canonical.0.push(VERSION);
        canonical.length_prefixed(table.as_bytes());
        canonical
    }

    /// Adds a text, after its length in bytes.
    pub fn text(self, value: &str) -> Self {
        self.variable(Kind::Text, value.as_bytes())
    }

    /// Adds bytes, after their number.
    pub fn bytes(self, value: &[u8]) -> Self {
        self.variable(Kind::Bytes, value)
    }

    /// Adds a whole number, such as milliseconds since the epoch.
    pub fn i64(self, value: i64) -> Self {
        self.fixed(Kind::I64, &value.to_le_bytes())
    }

    /// Adds a small whole number, such as a generation.
    pub fn u32(self, value: u32) -> Self {
        self.fixed(Kind::U32, &value.to_le_bytes())
    }

    /// Adds a truth value.
    pub fn bool(self, value: bool) -> Self {
        self.fixed(Kind::Bool, &[u8::from(value)])
    }

    /// Adds the sixteen bytes of a UUID.
    pub fn uuid(self, value: &[u8; 16]) -> Self {
        self.fixed(Kind::Uuid, value)
    }

    /// Adds a list of texts. `["a", "b"]` differs from `["ab"]` and from the text `"ab"`.
    pub fn texts<T: AsRef<str>>(mut self, values: &[T]) -> Self {
        self.0.push(Kind::Texts as u8);
        self.length(values.len());
        for value in values {
            self.length_prefixed(value.as_ref().as_bytes());
        }
        self
    }

    /// Adds a text or NULL.
    pub fn optional_text(self, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(value),
            None => self.null(Kind::Text),
        }
    }

    /// Adds bytes or NULL.
    pub fn optional_bytes(self, value: Option<&[u8]>) -> Self {
        match value {
            Some(value) => self.bytes(value),
            None => self.null(Kind::Bytes),
        }
    }

    /// Adds a whole number or NULL.
    pub fn optional_i64(self, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.i64(value),
            None => self.null(Kind::I64),
        }
    }

    /// Adds a small whole number or NULL.
    pub fn optional_u32(self, value: Option<u32>) -> Self {
        match value {
            Some(value) => self.u32(value),
            None => self.null(Kind::U32),
        }
    }

    /// Adds a truth value or NULL.
    pub fn optional_bool(self, value: Option<bool>) -> Self {
        match value {
            Some(value) => self.bool(value),
            None => self.null(Kind::Bool),
        }
    }

    /// Adds the sixteen bytes of a UUID or NULL.
    pub fn optional_uuid(self, value: Option<&[u8; 16]>) -> Self {
        match value {
            Some(value) => self.uuid(value),
            None => self.null(Kind::Uuid),
        }
    }

    /// Adds a list of texts or NULL. The empty list differs from NULL.
    pub fn optional_texts<T: AsRef<str>>(self, values: Option<&[T]>) -> Self {
        match values {
            Some(values) => self.texts(values),
            None => self.null(Kind::Texts),
        }
    }

    /// The canonical form itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn variable(mut self, kind: Kind, value: &[u8]) -> Self {
        self.0.push(kind as u8);
        self.length_prefixed(value);
        self
    }

    fn fixed(mut self, kind: Kind, value: &[u8]) -> Self {
        self.0.push(kind as u8);
        self.0.extend_from_slice(value);
        self
    }

    fn null(mut self, kind: Kind) -> Self {
        self.0.push(kind as u8 | NULL);
        self
    }

    fn length_prefixed(&mut self, value: &[u8]) {
        self.length(value.len());
        self.0.extend_from_slice(value);
    }

    fn length(&mut self, length: usize) {
        // On no platform is `usize` wider than 64 bits.
        self.0.extend_from_slice(&(length as u64).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::known_answers::{every_kind, hex};

    #[test]
    fn the_form_is_fixed_byte_by_byte() {
        // From an independent program: struct.pack of each field.
        let expected = "010500000000000000757365727306070707070707070707070707070707070104000000000000007a6fc3ab\
                        8102020000000000000000ff03fbffffffffffffff040300000005010702000000000000000100000000000000\
                        6102000000000000006263838284858687";
        assert_eq!(hex(every_kind().as_bytes()), expected);
    }

    #[derive(Debug, Clone, PartialEq)]
    enum Field {
        Text(Option<String>),
        Bytes(Option<Vec<u8>>),
        I64(Option<i64>),
        U32(Option<u32>),
        Bool(Option<bool>),
        Uuid(Option<[u8; 16]>),
        Texts(Option<Vec<String>>),
    }

    fn field() -> impl Strategy<Value = Field> {
        // Short and similar texts, so that fields collide if anything lets them.
        let text = || "[a\\x00\\x01\u{81}]{0,3}";
        prop_oneof![
            proptest::option::of(text()).prop_map(Field::Text),
            proptest::option::of(proptest::collection::vec(0..9_u8, 0..4)).prop_map(Field::Bytes),
            proptest::option::of(0..3_i64).prop_map(Field::I64),
            proptest::option::of(0..3_u32).prop_map(Field::U32),
            any::<Option<bool>>().prop_map(Field::Bool),
            proptest::option::of((0..3_u8).prop_map(|byte| [byte; 16])).prop_map(Field::Uuid),
            proptest::option::of(proptest::collection::vec(text(), 0..3)).prop_map(Field::Texts),
        ]
    }

    fn canonical(table: &str, fields: &[Field]) -> Canonical {
        fields
            .iter()
            .fold(Canonical::new(table), |row, field| match field {
                Field::Text(value) => row.optional_text(value.as_deref()),
                Field::Bytes(value) => row.optional_bytes(value.as_deref()),
                Field::I64(value) => row.optional_i64(*value),
                Field::U32(value) => row.optional_u32(*value),
                Field::Bool(value) => row.optional_bool(*value),
                Field::Uuid(value) => row.optional_uuid(value.as_ref()),
                Field::Texts(value) => row.optional_texts(value.as_deref()),
            })
    }

    /// Reads a canonical form back. A form that can be read back represents only one row.
    fn read(canonical: &[u8]) -> (String, Vec<Field>) {
        let mut rest = canonical;
        assert_eq!(take(&mut rest, 1), [VERSION]);
        let table = text(&mut rest);
        let mut fields = Vec::new();
        while !rest.is_empty() {
            fields.push(match take(&mut rest, 1)[0] {
                0x01 => Field::Text(Some(text(&mut rest))),
                0x02 => Field::Bytes(Some(prefixed(&mut rest).to_vec())),
                0x03 => Field::I64(Some(i64::from_le_bytes(array(&mut rest)))),
                0x04 => Field::U32(Some(u32::from_le_bytes(array(&mut rest)))),
                0x05 => Field::Bool(Some(take(&mut rest, 1) == [1])),
                0x06 => Field::Uuid(Some(array(&mut rest))),
                0x07 => {
                    let count = u64::from_le_bytes(array(&mut rest));
                    Field::Texts(Some((0..count).map(|_| text(&mut rest)).collect()))
                }
                0x81 => Field::Text(None),
                0x82 => Field::Bytes(None),
                0x83 => Field::I64(None),
                0x84 => Field::U32(None),
                0x85 => Field::Bool(None),
                0x86 => Field::Uuid(None),
                0x87 => Field::Texts(None),
                other => panic!("no field begins with {other}"),
            });
        }
        (table, fields)
    }

    fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
        let (taken, after) = rest.split_at(length);
        *rest = after;
        taken
    }

    fn array<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
        take(rest, N).try_into().unwrap()
    }

    fn prefixed<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
        let length = u64::from_le_bytes(array(rest));
        take(rest, usize::try_from(length).unwrap())
    }

    fn text(rest: &mut &[u8]) -> String {
        String::from_utf8(prefixed(rest).to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn no_two_rows_have_one_form(table in "[ab]{0,3}", fields in proptest::collection::vec(field(), 0..6)) {
            let form = canonical(&table, &fields);
            prop_assert_eq!(read(form.as_bytes()), (table, fields));
        }
    }
}
