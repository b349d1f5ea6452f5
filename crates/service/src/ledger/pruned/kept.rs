//! The events that a removal leaves in the log, in a few bytes each.
//!
//! For each event there is the distance from the one before, and which of the rows that it names
//! stood in the database as it wrote them. Numbers are written in groups of seven bits, the lowest
//! first, as in LEB128.

/// None of the rows stood.
const NONE: u64 = 0;
/// All of the rows stood.
const ALL: u64 = 1;
/// Some of the rows stood: how many follows, and the distance of each from the one before.
const SOME: u64 = 2;
/// The event before is gone. Eight bytes of the event's fingerprint follow, the lowest first.
const ALONE: u64 = 3;

/// Events in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptEvents {
    bytes: Vec<u8>,
    count: u64,
    last: i64,
}

/// Which rows of an event stood as it wrote them, by their places among its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    None,
    All,
    Some(Vec<usize>),
    /// None, and the event before this one is gone, so that the chain doesn't prove this one. This
    /// is its fingerprint.
    Alone(u64),
}

impl Stands {
    /// `of` is the number of rows that the event names.
    pub(crate) fn at(places: Vec<usize>, of: usize) -> Self {
        match places.len() {
            0 => Self::None,
            some if some == of => Self::All,
            _ => Self::Some(places),
        }
    }

    /// Whether the row at this place stood.
    pub(crate) fn has(&self, place: usize) -> bool {
        match self {
            Self::None | Self::Alone(_) => false,
            Self::All => true,
            Self::Some(places) => places.binary_search(&place).is_ok(),
        }
    }
}

impl KeptEvents {
    /// Adds an event. Its number is greater than all before.
    pub(crate) fn push(&mut self, seq: i64, stands: &Stands) {
        self.number(seq.abs_diff(self.last));
        match stands {
            Stands::None => self.number(NONE),
            Stands::All => self.number(ALL),
            Stands::Alone(fingerprint) => {
                self.number(ALONE);
                self.bytes.extend_from_slice(&fingerprint.to_le_bytes());
            }
            Stands::Some(places) => {
                self.number(SOME);
                self.number(places.len() as u64);
                let mut before = 0;
                for place in places {
                    self.number((place - before) as u64);
                    before = *place;
                }
            }
        }
        self.last = seq;
        self.count += 1;
    }

    /// The number of the last event. 0 if there is none.
    pub(crate) fn last(&self) -> i64 {
        self.last
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads [`as_bytes`](Self::as_bytes). Nothing can be added.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            count: 0,
            last: 0,
        }
    }

    pub(crate) fn reader(&self) -> KeptReader<'_> {
        KeptReader {
            rest: &self.bytes,
            last: 0,
            next: None,
        }
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.bytes.push(number.to_le_bytes()[0]);
    }
}

/// Reads the events in their order.
pub(crate) struct KeptReader<'a> {
    rest: &'a [u8],
    last: i64,
    next: Option<(i64, Stands)>,
}

impl KeptReader<'_> {
    /// The next event before this number, if there is one.
    pub(crate) fn before(&mut self, seq: i64) -> Option<(i64, Stands)> {
        self.take(|next| next < seq)
    }

    /// What is said about the event with this number. Skips the events before it.
    pub(crate) fn at(&mut self, seq: i64) -> Option<Stands> {
        while self.before(seq).is_some() {}
        self.take(|next| next == seq).map(|(_, stands)| stands)
    }

    fn take(&mut self, is_wanted: impl Fn(i64) -> bool) -> Option<(i64, Stands)> {
        if self.next.is_none() {
            self.next = self.read();
        }
        self.next.take_if(|(next, _)| is_wanted(*next))
    }

    fn read(&mut self) -> Option<(i64, Stands)> {
        let seq = self.last.checked_add_unsigned(self.number()?)?;
        let stands = match self.number()? {
            NONE => Stands::None,
            ALL => Stands::All,
            ALONE => {
                let (fingerprint, rest) = self.rest.split_first_chunk()?;
                self.rest = rest;
                Stands::Alone(u64::from_le_bytes(*fingerprint))
            }
            _ => {
                let mut places = Vec::new();
                let mut place = 0;
                for _ in 0..self.number()? {
                    place += usize::try_from(self.number()?).ok()?;
                    places.push(place);
                }
                Stands::Some(places)
            }
        };
        self.last = seq;
        Some((seq, stands))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(kept: &KeptEvents) -> Vec<(i64, Stands)> {
        let mut reader = kept.reader();
        std::iter::from_fn(|| reader.before(i64::MAX)).collect()
    }

    #[test]
    fn events_are_read_as_they_were_written() {
        let events = [
            (1, Stands::None),
            (2, Stands::All),
            (100, Stands::Alone(u64::MAX - 1)),
            (129, Stands::Some(vec![0, 3, 700])),
            (i64::MAX - 1, Stands::Some(vec![1])),
        ];
        let mut kept = KeptEvents::default();
        for (seq, stands) in &events {
            kept.push(*seq, stands);
        }
        assert_eq!(kept.count(), 5);
        assert_eq!(all(&kept), events);
        let read = KeptEvents::of_bytes(kept.as_bytes().to_vec());
        assert_eq!(all(&read), events);
    }

    #[test]
    fn an_event_is_found_by_its_number_or_not_at_all() {
        let mut kept = KeptEvents::default();
        for seq in [3, 5, 9] {
            kept.push(seq, &Stands::All);
        }
        let mut reader = kept.reader();
        assert_eq!(reader.at(2), None);
        assert_eq!(reader.at(3), Some(Stands::All));
        assert_eq!(reader.before(5), None);
        assert_eq!(reader.before(6), Some((5, Stands::All)));
        assert_eq!(reader.at(9), Some(Stands::All));
        assert_eq!(reader.at(10), None);
    }

    #[test]
    fn bytes_that_were_cut_off_are_no_event() {
        let mut kept = KeptEvents::default();
        kept.push(1_000_000, &Stands::Some(vec![1, 2]));
        let bytes = kept.as_bytes();
        for end in 0..bytes.len() {
            assert_eq!(all(&KeptEvents::of_bytes(bytes[..end].to_vec())), []);
        }
    }

    #[test]
    fn only_the_rows_that_stood_are_there() {
        assert_eq!(Stands::at(vec![], 0), Stands::None);
        assert_eq!(Stands::at(vec![0, 1], 2), Stands::All);
        let some = Stands::at(vec![1, 4], 5);
        assert_eq!(
            [0, 1, 3, 4].map(|place| some.has(place)),
            [false, true, false, true]
        );
    }
}
