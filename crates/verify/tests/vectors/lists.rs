//! Compressed status lists.

use ats_pat_token::{MAX_STATUS_INDEX, StatusList};

use crate::forge::{header_of, list_claims, signed};

pub const PLACES: u64 = 1024;
pub const REVOKED: u64 = 7;

/// The list that the tokens of the vectors refer to, compressed.
pub fn compressed() -> Vec<u8> {
    let mut list = StatusList::new();
    list.extend_to(PLACES - 1).unwrap();
    list.set(REVOKED, true).unwrap();
    list.compress().unwrap()
}

/// The same, signed. It is valid for longer than the tokens.
pub fn current() -> String {
    let claims = list_claims(&compressed())
        .with("iat", "0")
        .with("exp", "9000000000");
    signed(header_of("statuslist+jwt").text(), claims.text())
}

/// The largest list that is allowed, compressed.
pub fn largest() -> Vec<u8> {
    let mut list = StatusList::new();
    list.extend_to(MAX_STATUS_INDEX).unwrap();
    list.compress().unwrap()
}

/// Zeros in one block of DEFLATE with the fixed codes (RFC 1951, section 3.2.6), in a zlib stream
/// (RFC 1950): more of them than a list may have.
pub fn too_large() -> Vec<u8> {
    let count = (MAX_STATUS_INDEX + 1) / 8 + 1;
    let mut bits = Bits::default();
    bits.put(0b011, 3);
    // The literal 0, then as many copies of 258 bytes, at distance 1, as make up the count.
    bits.code(0x30, 8);
    let copies = (count - 1) / 258;
    for _ in 0..copies {
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    for _ in 0..(count - 1) % 258 {
        bits.code(0x30, 8);
    }
    bits.code(0, 7);
    // The checksum of zeros (RFC 1950, section 8.2): one sum stays 1, the other counts them.
    let checksum = u32::try_from(count % 65_521).unwrap() << 16 | 1;
    [&[0x78, 0x01][..], &bits.bytes(), &checksum.to_be_bytes()].concat()
}

/// Bits, the least significant one of each byte first.
#[derive(Default)]
struct Bits(Vec<u8>, u32);

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.1 == 0 {
                self.0.push(0);
            }
            let last = self.0.last_mut().unwrap();
            *last |= ((value >> bit & 1) << self.1).to_le_bytes()[0];
            self.1 = (self.1 + 1) % 8;
        }
    }

    /// A code, which begins with its most significant bit.
    fn code(&mut self, code: u32, length: u32) {
        self.put(code.reverse_bits() >> (32 - length), length);
    }

    fn bytes(self) -> Vec<u8> {
        self.0
    }
}
