//! The uses of tokens are collected in memory, and written in batches.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use ats_pat_domain::port::UsageRecord;
use ats_pat_domain::{Timestamp, TokenId};
use parking_lot::Mutex;

/// The number of parts, so that tasks that look for a last use at the same time rarely wait for the
/// same lock.
const PARTS: usize = 16;

/// The last use of each token since the last batch.
#[derive(Default)]
pub(crate) struct UsageLog([Mutex<HashMap<TokenId, Arc<LastUse>>>; PARTS]);

/// The last use of one token. All its users note it here, without waiting for a lock, because every
/// exchange does this.
#[derive(Default)]
pub(crate) struct LastUse {
    /// A task is noting a use, or taking it.
    busy: AtomicBool,
    /// A use was noted since the last batch.
    noted: AtomicBool,
    at: AtomicI64,
    from: [AtomicU64; 2],
}

impl UsageLog {
    /// The place where the uses of a token are noted.
    pub(crate) fn of(&self, token: TokenId) -> Arc<LastUse> {
        let part = usize::from(token.as_uuid().as_bytes()[15]) % PARTS;
        let mut uses = self.0[part].lock();
        Arc::clone(uses.entry(token).or_default())
    }

    /// Notes a use again that could not be written. A later use stays.
    pub(crate) fn put_back(&self, record: &UsageRecord) {
        if let Ok(address) = record.used_from.parse() {
            self.of(record.token_id).note(record.used_at, address);
        }
    }

    /// Takes the collected uses, one part at a time, so that memory never has all of them twice.
    /// Drops the place of a token that nobody uses any more.
    pub(crate) fn take(&self) -> impl Iterator<Item = Vec<UsageRecord>> {
        self.0.iter().map(|part| {
            let mut part = part.lock();
            let mut uses = Vec::new();
            part.retain(|token, last| {
                // This comes first, so that a use that was noted before the place was released is
                // taken below.
                let is_held = Arc::strong_count(last) > 1;
                let taken = last.take();
                uses.extend(taken.map(|(used_at, address)| UsageRecord {
                    token_id: *token,
                    used_at,
                    used_from: address.to_string(),
                }));
                is_held
            });
            if part.capacity() > 4 * part.len() {
                part.shrink_to_fit();
            }
            uses
        })
    }
}

impl LastUse {
    /// Notes a use, unless a later one was noted. Of two uses at the same instant, one is noted.
    pub(crate) fn note(&self, at: Timestamp, address: IpAddr) {
        let Some(_turn) = Turn::of(self) else { return };
        let at = at.as_millis();
        if self.noted.load(Ordering::Relaxed) && at < self.at.load(Ordering::Relaxed) {
            return;
        }
        let from = match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        let bits = from.to_bits();
        self.at.store(at, Ordering::Relaxed);
        self.from[0].store(u64::try_from(bits >> 64).unwrap_or(0), Ordering::Relaxed);
        self.from[1].store(
            u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0),
            Ordering::Relaxed,
        );
        self.noted.store(true, Ordering::Release);
    }

    /// The noted use. If a task is noting one just now, it stays for the next batch.
    fn take(&self) -> Option<(Timestamp, IpAddr)> {
        let _turn = Turn::of(self)?;
        if !self.noted.swap(false, Ordering::Relaxed) {
            return None;
        }
        let [high, low] = [0, 1].map(|half: usize| self.from[half].load(Ordering::Relaxed));
        let from = Ipv6Addr::from_bits((u128::from(high) << 64) | u128::from(low));
        let at = Timestamp::from_millis(self.at.load(Ordering::Relaxed));
        Some((at, from.to_canonical()))
    }
}

/// The right to write. A task needs it for a few instructions only, so others wait by trying again.
struct Turn<'a>(&'a LastUse);

impl<'a> Turn<'a> {
    fn of(last: &'a LastUse) -> Option<Self> {
        let is_got = |_: &u32| {
            let is_taken = last.busy.swap(true, Ordering::Acquire);
            if is_taken {
                std::hint::spin_loop();
            }
            !is_taken
        };
        (0..TRIES).find(is_got).map(|_| Self(last))
    }
}

/// After so many tries, the other task was interrupted. One of many uses at that instant is enough.
const TRIES: u32 = 100;

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn token(number: u128) -> TokenId {
        TokenId::from_uuid(Uuid::from_u128(number))
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn taken(log: &UsageLog) -> Vec<(TokenId, i64, String)> {
        let taken = log.take().flatten();
        taken
            .map(|record| {
                (
                    record.token_id,
                    record.used_at.as_millis(),
                    record.used_from,
                )
            })
            .collect()
    }

    #[test]
    fn the_last_use_of_each_token_is_taken_once_in_id_order() {
        let log = UsageLog::default();
        let address = |text: &str| text.parse().unwrap();
        let (two, one) = (log.of(token(2)), log.of(token(1)));
        two.note(at(10), address("2001:db8::1"));
        one.note(at(30), address("192.0.2.7"));
        one.note(at(20), address("192.0.2.8"));
        log.of(token(2)).note(at(11), address("::ffff:192.0.2.9"));
        assert_eq!(
            taken(&log),
            [
                (token(1), 30, "192.0.2.7".to_owned()),
                (token(2), 11, "192.0.2.9".to_owned()),
            ]
        );
        assert_eq!(taken(&log), []);
        // The clock may have been set back.
        one.note(at(5), address("192.0.2.7"));
        assert_eq!(taken(&log), [(token(1), 5, "192.0.2.7".to_owned())]);
    }

    #[test]
    fn a_use_that_could_not_be_written_is_taken_again_unless_there_was_a_later_one() {
        let log = UsageLog::default();
        for number in [1, 2] {
            log.of(token(number))
                .note(at(10), "192.0.2.7".parse().unwrap());
        }
        let first = log.take().flatten().collect::<Vec<_>>();
        log.of(token(2)).note(at(12), "192.0.2.8".parse().unwrap());
        for record in &first {
            log.put_back(record);
        }
        assert_eq!(
            taken(&log),
            [
                (token(1), 10, "192.0.2.7".to_owned()),
                (token(2), 12, "192.0.2.8".to_owned()),
            ]
        );
    }

    #[test]
    fn places_of_unused_tokens_are_dropped() {
        let log = UsageLog::default();
        let held = log.of(token(1));
        drop(log.of(token(2)));
        log.take().for_each(drop);
        let places: usize = log.0.iter().map(|part| part.lock().len()).sum();
        assert_eq!(places, 1);
        held.note(at(10), "192.0.2.7".parse().unwrap());
        drop(held);
        assert_eq!(taken(&log).len(), 1);
    }

    #[test]
    fn the_parts_of_concurrent_uses_never_mix() {
        let last = Arc::new(LastUse::default());
        std::thread::scope(|scope| {
            for number in 1..=4_u32 {
                let last = Arc::clone(&last);
                scope.spawn(move || {
                    for _ in 0..20_000 {
                        let address = IpAddr::V6(Ipv6Addr::from_bits(
                            (u128::from(number) << 64) | u128::from(number),
                        ));
                        last.note(at(number.into()), address);
                        if let Some((at, IpAddr::V6(from))) = last.take() {
                            let number = u128::try_from(at.as_millis()).unwrap();
                            assert_eq!(from.to_bits(), (number << 64) | number);
                        }
                    }
                });
            }
        });
    }
}
