use std::sync::Arc;

use argon2::{Block, Error};
use parking_lot::Mutex;
use zeroize::Zeroize as _;

/// At this number of blocks, the allocator of glibc always gives memory back to the system when it
/// is freed. That is above 32 MiB, the greatest value that its threshold grows to by itself
/// (mallopt(3), `M_MMAP_THRESHOLD`).
const GIVEN_BACK: usize = 32 * 1024 * 1024 / Block::SIZE + 1;

/// The memory that Argon2 works in. It is kept from one password to the next until nobody signs in
/// for a while.
///
/// The allocator never gives freed memory of less than 32 MiB back. It keeps it in the arena of
/// each thread that hashed: hundreds of megabytes after some sign-ins. So the buffers are larger
/// than needed; memory that is never written takes no space. Without kept buffers, every password
/// would wait for the system to provide its memory.
#[derive(Clone)]
pub(crate) struct WorkingMemory {
    free: Arc<Mutex<Vec<Vec<Block>>>>,
    blocks: usize,
    at_once: usize,
}

impl WorkingMemory {
    /// Keeps up to `at_once` buffers of `blocks` blocks. None is made before it is needed.
    pub(crate) fn new(blocks: usize, at_once: usize) -> Self {
        Self {
            free: Arc::default(),
            blocks,
            at_once,
        }
    }

    /// At least `blocks` blocks, which hold nothing. A buffer with more blocks than a kept one is
    /// freed after use, and so are those beyond the number that is kept.
    pub(crate) fn lend(&self, blocks: usize) -> Result<Lent<'_>, Error> {
        let kept = (blocks <= self.blocks)
            .then(|| self.with_free(Vec::pop))
            .flatten();
        let buffer = match kept {
            Some(buffer) => buffer,
            None => empty(blocks.max(self.blocks))?,
        };
        Ok(Lent {
            buffer,
            memory: self,
        })
    }

    /// Frees the buffers that are not in use.
    pub(crate) fn give_back(&self) {
        drop(self.with_free(std::mem::take));
    }

    fn take_back(&self, buffer: Vec<Block>) {
        if buffer.len() == self.blocks {
            self.with_free(|free| {
                if free.len() < self.at_once {
                    free.push(buffer);
                }
            });
        }
    }

    fn with_free<T>(&self, act: impl FnOnce(&mut Vec<Vec<Block>>) -> T) -> T {
        // A list of buffers is consistent even if a thread panics.
        act(&mut self.free.lock())
    }
}

/// Blocks in use. They are wiped and given back when dropped.
pub(crate) struct Lent<'a> {
    buffer: Vec<Block>,
    memory: &'a WorkingMemory,
}

impl AsMut<[Block]> for Lent<'_> {
    fn as_mut(&mut self) -> &mut [Block] {
        &mut self.buffer
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // To zeroize the whole vector would write to the unused part, too.
        self.buffer.iter_mut().zeroize();
        self.memory.take_back(std::mem::take(&mut self.buffer));
    }
}

fn empty(blocks: usize) -> Result<Vec<Block>, Error> {
    let mut buffer = Vec::new();
    buffer
        .try_reserve_exact(blocks.max(GIVEN_BACK))
        .map_err(|_| Error::OutOfMemory)?;
    buffer.resize(blocks, Block::new());
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn kept(memory: &WorkingMemory) -> usize {
        memory.with_free(|free| free.len())
    }

    #[test]
    fn no_more_buffers_are_kept_than_may_be_in_use_at_once() {
        let memory = WorkingMemory::new(8, 2);
        let together = Barrier::new(16);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let lent = memory.lend(8).unwrap();
                    together.wait();
                    drop(lent);
                });
            }
        });
        assert_eq!(kept(&memory), 2);
    }

    #[test]
    fn one_buffer_serves_one_password_after_the_other() {
        let memory = WorkingMemory::new(8, 2);
        assert_eq!(kept(&memory), 0);
        for _ in 0..3 {
            let lent = memory.clone();
            let lent = lent.lend(8).unwrap();
            assert_eq!(kept(&memory), 0);
            drop(lent);
            assert_eq!(kept(&memory), 1);
        }
    }

    #[test]
    fn what_is_not_in_use_can_be_given_back() {
        let memory = WorkingMemory::new(8, 2);
        let lent = memory.lend(8).unwrap();
        memory.give_back();
        drop(lent);
        assert_eq!(kept(&memory), 1);
        memory.give_back();
        assert_eq!(kept(&memory), 0);
    }

    #[test]
    fn cheaper_hashes_use_a_kept_buffer_and_dearer_ones_a_buffer_of_their_own() {
        let memory = WorkingMemory::new(8, 2);
        assert_eq!(memory.lend(4).unwrap().as_mut().len(), 8);
        assert_eq!(kept(&memory), 1);
        assert_eq!(memory.lend(16).unwrap().as_mut().len(), 16);
        assert_eq!(kept(&memory), 1);
    }

    #[test]
    fn what_is_lent_holds_nothing_of_the_last_password() {
        let memory = WorkingMemory::new(8, 1);
        for _ in 0..2 {
            let mut lent = memory.lend(8).unwrap();
            for block in lent.as_mut() {
                assert_eq!(Block::as_ref(block), [0; Block::SIZE / 8]);
                block.as_mut().fill(7);
            }
        }
    }
}
