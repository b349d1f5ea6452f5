//! The keys that tags are made with.

use ats_pat_auth::{FormerRowTag, Origin, RootKeys, RowTag};
use ats_pat_domain::Tagged;
use ats_pat_domain::tagged::{KeyId, Tag};

use super::{Row, hex};

/// The keys of every root key, the newest last.
pub(crate) struct Roots(Vec<RootKeys>);

impl Roots {
    /// `keys` must not be empty.
    pub(crate) fn new(first: RootKeys, others: impl IntoIterator<Item = RootKeys>) -> Self {
        let mut keys: Vec<RootKeys> = std::iter::once(first).chain(others).collect();
        keys.sort_by_key(RootKeys::key_id);
        Self(keys)
    }

    /// The keys that identify rows and events in memory and in checkpoints.
    pub(crate) fn first(&self) -> &RootKeys {
        &self.0[0]
    }

    /// The keys for new hashes and tags.
    pub(crate) fn current(&self) -> &RootKeys {
        &self.0[self.0.len() - 1]
    }

    pub(crate) fn current_id(&self) -> KeyId {
        KeyId(self.current().key_id())
    }

    /// All keys, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &RootKeys> {
        self.0.iter().rev()
    }

    pub(crate) fn by_id(&self, id: KeyId) -> Option<&RootKeys> {
        self.0.iter().find(|keys| keys.key_id() == id.0)
    }

    /// Tags a row with the newest keys. `origin` is the event that writes it.
    pub(crate) fn tag<R: Row>(&self, row: R, origin: Origin) -> Tagged<R> {
        let bytes = RowTag::new(self.current(), origin, &row.canonical())
            .to_bytes()
            .to_vec();
        let tag = Tag {
            key_id: self.current_id(),
            bytes,
        };
        Tagged { row, tag }
    }

    /// The event that wrote the row. `None` if the tag doesn't prove that this service wrote it as
    /// it is.
    pub(crate) fn origin<R: Row>(&self, tagged: &Tagged<R>) -> Option<Origin> {
        let keys = self.by_id(tagged.tag.key_id)?;
        let tag = RowTag::from_bytes(&tagged.tag.bytes).ok()?;
        tag.verify(keys, &tagged.row.canonical()).ok()?;
        Some(tag.origin())
    }

    /// Whether this service wrote the row as it is. It may have been replaced since.
    pub(crate) fn is_genuine<R: Row>(&self, tagged: &Tagged<R>) -> bool {
        self.origin(tagged).is_some()
    }

    /// The tag that an earlier release gave the row, as its events have it.
    pub(crate) fn former_tag<R: Row>(&self, tagged: &Tagged<R>) -> Option<Vec<u8>> {
        let keys = self.by_id(tagged.tag.key_id)?;
        Some(
            FormerRowTag::new(keys, &tagged.row.canonical())
                .to_bytes()
                .to_vec(),
        )
    }
}

/// How an event names the tag of a row: by its keyed hash. A tag of an earlier release is named in
/// full.
pub(crate) fn logged_tag(tag: &Tag) -> String {
    RowTag::from_bytes(&tag.bytes).map_or_else(|_| hex(&tag.bytes), |tag| hex(tag.hash()))
}
