//! SpookyHash V2 (Bob Jenkins's public domain algorithm), of which Trino takes the first 64 or 32 bits.

/// Bits that are neither regular nor zero.
const CONSTANT: u64 = 0xdead_beef_dead_beef;
const WORDS: usize = 12;
const BLOCK: usize = WORDS * 8;
/// Shorter messages have a quicker way.
const SHORT: usize = 2 * BLOCK;

pub(super) fn hash(bytes: &[u8], seed1: u64, seed2: u64) -> (u64, u64) {
    if bytes.len() < SHORT {
        return short(bytes, seed1, seed2);
    }
    let mut state = [seed1, seed2, CONSTANT, seed1, seed2, CONSTANT, seed1, seed2, CONSTANT, seed1, seed2, CONSTANT];
    let blocks = bytes.chunks_exact(BLOCK);
    let rest = blocks.remainder();
    for block in blocks {
        mix(&words(block), &mut state);
    }
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    last[BLOCK - 1] = rest.len() as u8;
    end(&words(&last), &mut state);
    (state[0], state[1])
}

fn words(block: &[u8]) -> [u64; WORDS] {
    std::array::from_fn(|at| word(&block[at * 8..at * 8 + 8]))
}

/// Up to eight bytes, the least first.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn mix(data: &[u64; WORDS], s: &mut [u64; WORDS]) {
    const ROTATIONS: [u32; WORDS] = [11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46];
    for at in 0..WORDS {
        let of = |distance: usize| (at + distance) % WORDS;
        s[at] = s[at].wrapping_add(data[at]);
        s[of(2)] ^= s[of(10)];
        s[of(11)] ^= s[at];
        s[at] = s[at].rotate_left(ROTATIONS[at]);
        s[of(11)] = s[of(11)].wrapping_add(s[of(1)]);
    }
}

fn end(data: &[u64; WORDS], h: &mut [u64; WORDS]) {
    const ROTATIONS: [u32; WORDS] = [44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54];
    for (word, data) in h.iter_mut().zip(data) {
        *word = word.wrapping_add(*data);
    }
    for _ in 0..3 {
        for (at, rotation) in ROTATIONS.into_iter().enumerate() {
            let (a, b, c) = ((at + 11) % WORDS, (at + 1) % WORDS, (at + 2) % WORDS);
            h[a] = h[a].wrapping_add(h[b]);
            h[c] ^= h[a];
            h[b] = h[b].rotate_left(rotation);
        }
    }
}

fn short(bytes: &[u8], seed1: u64, seed2: u64) -> (u64, u64) {
    let mut h = [seed1, seed2, CONSTANT, CONSTANT];
    let blocks = bytes.chunks_exact(32);
    let mut rest = blocks.remainder();
    for block in blocks {
        h[2] = h[2].wrapping_add(word(&block[..8]));
        h[3] = h[3].wrapping_add(word(&block[8..16]));
        short_mix(&mut h);
        h[0] = h[0].wrapping_add(word(&block[16..24]));
        h[1] = h[1].wrapping_add(word(&block[24..]));
    }
    if rest.len() >= 16 {
        h[2] = h[2].wrapping_add(word(&rest[..8]));
        h[3] = h[3].wrapping_add(word(&rest[8..16]));
        short_mix(&mut h);
        rest = &rest[16..];
    }
    h[3] = h[3].wrapping_add((bytes.len() as u64) << 56);
    if rest.is_empty() {
        h[2] = h[2].wrapping_add(CONSTANT);
        h[3] = h[3].wrapping_add(CONSTANT);
    } else {
        h[2] = h[2].wrapping_add(word(&rest[..rest.len().min(8)]));
        h[3] = h[3].wrapping_add(word(rest.get(8..).unwrap_or_default()));
    }
    short_end(&mut h);
    (h[0], h[1])
}

fn short_mix(h: &mut [u64; 4]) {
    const ROTATIONS: [u32; 12] = [50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36];
    for (step, rotation) in ROTATIONS.into_iter().enumerate() {
        let (a, b, c) = ((step + 2) % 4, (step + 3) % 4, step % 4);
        h[a] = h[a].rotate_left(rotation).wrapping_add(h[b]);
        h[c] ^= h[a];
    }
}

fn short_end(h: &mut [u64; 4]) {
    const ROTATIONS: [u32; 11] = [15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63];
    for (step, rotation) in ROTATIONS.into_iter().enumerate() {
        let (a, b) = ((step + 3) % 4, (step + 2) % 4);
        h[a] ^= h[b];
        h[b] = h[b].rotate_left(rotation);
        h[a] = h[a].wrapping_add(h[b]);
    }
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn short_messages() {
        assert_eq!(hash(b"", 0, 0).0 as u32, 0x6bf5_0919);
        assert_eq!(hash(b"hello", 0, 0).0, 0x3768_826a_d382_e6ca);
    }

    /// Some of the author's table of results (`TestSpookyV2.cpp`): the byte at i is i + 128.
    #[test]
    fn the_authors_results() {
        let message: Vec<u8> = (0..512_u16).map(|at| (at + 128) as u8).collect();
        let expected = [
            (0, 0x6bf5_0919_u32),
            (1, 0x70de_1d26),
            (2, 0xa2b3_7298),
            (3, 0x35bc_5fbf),
            (192, 0x77e0_12bd),
            (256, 0x38ce_bf03),
            (511, 0xcc1c_8250),
        ];
        for (length, expected) in expected {
            assert_eq!(hash(&message[..length], 0, 0).0 as u32, expected, "{length}");
        }
    }
}
