/// The format version that every canonical form begins with.
const VERSION: u8 = 1;

/// Added to a field's kind where the field is NULL, so that no NULL looks like an empty value.
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

/// The one byte string that stands for a row or an event: what tags, chain and seals cover.
///
/// It holds a format version, the table's name, and each field with its kind and its length, in the order
/// of the calls. Two rows have the same canonical form only if they have the same table and the same
/// fields: no text can run into its neighbour, a text is no byte string, and NULL is not empty.
///
/// ```
/// use ats_pat_auth::Canonical;
///
/// let row = Canonical::new("users")
///     .uuid(&[7; 16])
///     .text("ada")
///     .optional_text(None)
///     .bool(true);
/// assert_ne!(
///     row.as_bytes(),
///     Canonical::new("users").uuid(&[7; 16]).text("ada").optional_text(Some("")).bool(true).as_bytes(),
/// );
/// ```
#[derive(Clone)]
#[must_use]
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// The canonical form of a row of `table`, still without fields.
    pub fn new(table: &str) -> Self {
        let mut canonical = Self(Vec::with_capacity(256));
        canonical.0.push(VERSION);
        canonical.length_prefixed(table.as_bytes());
        canonical
    }

    /// Adds a text.
    pub fn text(self, value: &str) -> Self {
        self.variable(Kind::Text, value.as_bytes())
    }

    /// Adds bytes.
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

    /// Adds a list of texts; `["a", "b"]` is neither `["ab"]` nor the text `"ab"`.
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

    /// Adds a list of texts or NULL; the empty list is not NULL.
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
        // No platform's `usize` is wider than 64 bits.
        self.0.extend_from_slice(&(length as u64).to_le_bytes());
    }
}
