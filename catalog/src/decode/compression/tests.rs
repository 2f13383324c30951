//! Each format, in several members, torn, and recognised.

use std::io::Write;

use super::*;
use crate::error::ErrorKind;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(text, 1).unwrap()
}

fn snappy(text: &[u8]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(text).unwrap();
    encoder.into_inner().unwrap()
}

fn lz4(text: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Blocks of two chunks.
fn hadoop(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend((text.len() as u32).to_be_bytes());
    for part in text.chunks(text.len().div_ceil(2)) {
        let compressed = snap::raw::Encoder::new().compress_vec(part).unwrap();
        out.extend((compressed.len() as u32).to_be_bytes());
        out.extend(compressed);
    }
    out
}

type Compress = fn(&[u8]) -> Vec<u8>;

const ALL: [(Compression, Compress); 7] = [
    (Compression::Gzip, gzip),
    (Compression::Zlib, zlib),
    (Compression::Bzip2, bzip2),
    (Compression::Zstd, zstd),
    (Compression::Snappy, snappy),
    (Compression::HadoopSnappy, hadoop),
    (Compression::Lz4, lz4),
];

fn text() -> Vec<u8> {
    (0..20_000).map(|n| format!("{{\"n\":{n}}}\n")).collect::<String>().into_bytes()
}

#[test]
fn recognised_and_read() {
    for (compression, compress) in ALL {
        for text in [b"{\"a\":1}".to_vec(), text()] {
            let bytes = compress(&text);
            assert_eq!(Compression::detect(&bytes[..bytes.len().min(Compression::HEAD)]), compression);
            assert_eq!(compression.decompress(&bytes).unwrap(), text, "{compression:?}");
        }
    }
    assert_eq!(Compression::None.decompress(b"x").unwrap(), b"x");
}

#[test]
fn several_members_are_one_object() {
    for (compression, compress) in ALL {
        if compression == Compression::Zlib {
            continue;
        }
        let bytes = [compress(b"one\n"), compress(&text()), compress(b"three\n")].concat();
        let expected = [b"one\n".to_vec(), text(), b"three\n".to_vec()].concat();
        assert_eq!(compression.decompress(&bytes).unwrap(), expected, "{compression:?}");
    }
    let skippable = [&[0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd(b"x")].concat();
    assert_eq!(Compression::detect(&skippable), Compression::Zstd);
    assert_eq!(Compression::Zstd.decompress(&skippable).unwrap(), b"x");
}

#[test]
fn torn_data_is_an_error() {
    for (compression, compress) in ALL {
        let bytes = compress(&text());
        for cut in [1, 4, 9, bytes.len() / 2] {
            let error = compression.decompress(&bytes[..bytes.len() - cut]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadData, "{compression:?} less {cut}");
        }
    }
    // Between two blocks nothing but the missing end mark shows it.
    let whole = lz4(&text());
    let mut block = 7 + 4;
    block += u32::from_le_bytes([whole[7], whole[8], whole[9], whole[10]]) as usize;
    assert!(Compression::Lz4.decompress(&whole[..block]).unwrap_err().message().contains("no end mark"));
}

#[test]
fn text_is_no_compression() {
    for head in [
        "",
        "{",
        "{\"a\":1}",
        "[1]",
        "x\u{1}y",
        "BZh9 is text",
        "PK,name",
        "P*M",
        "a,b,c\n1,2,3\n",
        "\t\n\t\n\t\n\t\n\t\n",
        "\u{1}\u{2}\u{3}",
    ] {
        assert_eq!(Compression::detect(head.as_bytes()), Compression::None, "{head:?}");
    }
    for head in [&b"PAR1"[..], b"Obj\x01", b"ORC", &[0; 24]] {
        assert_eq!(Compression::detect(head), Compression::None, "{head:?}");
    }
}

#[test]
fn archives_are_refused_by_name() {
    for (head, compression, name) in
        [(&b"PK\x03\x04...."[..], Compression::Zip, "zip"), (b"\xFD7zXZ\0....", Compression::Xz, "xz")]
    {
        assert_eq!(Compression::detect(head), compression);
        let error = compression.decompress(head).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSupported);
        assert!(error.message().starts_with(name), "{error}");
    }
}
