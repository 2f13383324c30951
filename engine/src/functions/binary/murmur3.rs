//! MurmurHash3 with 128 bits for machines of 64 bits (Austin Appleby's public domain algorithm), the seed being 0.

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

/// The two halves of the hash.
pub(in crate::functions) fn hash(bytes: &[u8]) -> (u64, u64) {
    let (mut high, mut low) = (0_u64, 0_u64);
    let blocks = bytes.chunks_exact(16);
    let tail = blocks.remainder();
    for block in blocks {
        let (first, second) = (word(&block[..8]), word(&block[8..]));
        high ^= first_half(first);
        high = high.rotate_left(27).wrapping_add(low).wrapping_mul(5).wrapping_add(0x52dc_e729);
        low ^= second_half(second);
        low = low.rotate_left(31).wrapping_add(high).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    if tail.len() > 8 {
        low ^= second_half(word(&tail[8..]));
    }
    if !tail.is_empty() {
        high ^= first_half(word(&tail[..tail.len().min(8)]));
    }
    high ^= bytes.len() as u64;
    low ^= bytes.len() as u64;
    high = high.wrapping_add(low);
    low = low.wrapping_add(high);
    (high, low) = (mixed(high), mixed(low));
    high = high.wrapping_add(low);
    low = low.wrapping_add(high);
    (high, low)
}

/// Up to eight bytes, the least first.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn first_half(word: u64) -> u64 {
    word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn second_half(word: u64) -> u64 {
    word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn mixed(mut word: u64) -> u64 {
    word = (word ^ word >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    word = (word ^ word >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ word >> 33
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn known_hashes() {
        assert_eq!(hash(b""), (0, 0));
        let text = b"hello, world";
        assert_eq!(hash(text), (0x342f_ac62_3a5e_bc8e, 0x4cdc_bc07_9642_414d));
        let longer = b"The quick brown fox jumps over the lazy dog.";
        assert_eq!(hash(longer), (0xcd99_481f_9ee9_02c9, 0x695d_a1a3_8987_b6e7));
    }
}
