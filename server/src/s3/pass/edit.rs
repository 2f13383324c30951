//! The two bodies that are read on their way: lists of keys to delete, and lists of buckets.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::events::Event;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::Delete;
use s3s::xml::{Deserialize as _, Deserializer, Serialize as _, Serializer};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::super::checksum::Check;
use super::Content;

/// A thousand keys of a thousand bytes, each of which may take some in XML.
const LONGEST_DELETE: usize = 4 << 20;

/// The keys of DeleteObjects, each of which `may` be deleted, written anew: what was checked is what is sent, however the original
/// could be read otherwise.
///
/// Errors: `MalformedXML`, `BadDigest`, and those of `may`.
pub(super) async fn deletes(headers: &mut HeaderMap, content: Content, may: impl Fn(&str) -> S3Result<()>) -> S3Result<Bytes> {
    let (body, behind) = content.read(LONGEST_DELETE).await?;
    let body = Bytes::from(body);
    let mut check = Check::of_request(headers, &behind, None)?;
    check.update(&body);
    check.finish()?;
    let malformed = |_| S3Error::with_message(S3ErrorCode::MalformedXML, "the body is no list of keys to delete");
    let mut reader = Deserializer::new(&body);
    let delete = Delete::deserialize(&mut reader).map_err(malformed)?;
    reader.expect_eof().map_err(malformed)?;
    delete.objects.iter().try_for_each(|object| may(&object.key))?;
    let mut written = Vec::new();
    delete.serialize(&mut Serializer::new(&mut written)).map_err(S3Error::internal_error)?;
    let summed =
        |name: &str| name.starts_with("x-amz-checksum-") || matches!(name, "x-amz-trailer" | "x-amz-sdk-checksum-algorithm");
    let sums: Vec<_> = headers.keys().filter(|name| summed(name.as_str())).cloned().collect();
    for name in sums {
        headers.remove(name);
    }
    let mut content = Md5::new();
    content.update(&written);
    if let Ok(sum) = HeaderValue::from_str(&STANDARD.encode(content.finalize())) {
        headers.insert("content-md5", sum);
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(written.len()));
    Ok(written.into())
}

/// A list of buckets with those that one `may` see. All else of it stays.
///
/// Errors: `InternalError` for an answer that is no such list.
pub(super) fn buckets(list: &[u8], may: impl Fn(&str) -> bool) -> S3Result<Bytes> {
    let broken = || S3Error::with_message(S3ErrorCode::InternalError, "the S3 behind this server gave no list of buckets");
    let list = std::str::from_utf8(list).map_err(|_| broken())?;
    let mut reader = Reader::from_str(list);
    let (mut kept, mut copied, mut begin) = (String::new(), 0, None);
    let (mut named, mut name) = (false, String::new());
    let position = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    loop {
        let before = position(&reader);
        match reader.read_event().map_err(|_| broken())? {
            Event::Start(tag) if tag.local_name().as_ref() == b"Bucket" => begin = Some(before),
            Event::Start(tag) if begin.is_some() => named = tag.local_name().as_ref() == b"Name",
            Event::Text(text) if named => name.push_str(&text.decode().map_err(|_| broken())?),
            Event::End(tag) if tag.local_name().as_ref() == b"Bucket" => {
                let (begin, end) = (begin.take().ok_or_else(broken)?, position(&reader));
                if !may(&name) {
                    kept.push_str(list.get(copied..begin).ok_or_else(broken)?);
                    copied = end;
                }
                name.clear();
            }
            Event::End(_) => named = false,
            Event::Eof => break,
            _ => {}
        }
    }
    kept.push_str(list.get(copied..).ok_or_else(broken)?);
    Ok(kept.into())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn buckets_that_one_may_see() {
        let bucket = |name: &str| format!("<Bucket>\n <CreationDate>x</CreationDate><Name>{name}</Name></Bucket>");
        let list = |names: &[&str]| {
            let buckets: String = names.iter().map(|name| bucket(name)).collect();
            format!("<?xml version=\"1.0\"?>\n<L xmlns=\"y\"><Owner><ID>a</ID></Owner><Buckets>{buckets}</Buckets></L>")
        };
        let seen = |names: &[&str]| buckets(list(names).as_bytes(), |name| name.starts_with('m')).unwrap();
        assert_eq!(seen(&["a", "mine", "b", "more", "c"]), list(&["mine", "more"]));
        assert_eq!(seen(&["mine"]), list(&["mine"]));
        assert_eq!(seen(&["a"]), list(&[]));
        assert!(buckets(b"<a></b>", |_| true).is_err());
    }

    async fn sent(body: &str, headers: &mut HeaderMap) -> S3Result<String> {
        let content = Content { body: Body::from(body.to_owned()), trailers: None, hash: None };
        let may = |key: &str| match key.starts_with("mine/") {
            true => Ok(()),
            false => Err(S3Error::with_message(S3ErrorCode::AccessDenied, key.to_owned())),
        };
        deletes(headers, content, may).await.map(|sent| String::from_utf8(sent.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn keys_to_delete_are_checked_and_written_anew() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-checksum-crc32", HeaderValue::from_static("wh5XUA=="));
        let odd = "<Delete xmlns=\"x\"><!-- c --><Object><Key>mine/a&amp;b</Key></Object>\
                   <Object><Key>mine/c</Key><VersionId>v</VersionId></Object><Quiet>true</Quiet></Delete>";
        assert_eq!(sent(odd, &mut headers).await.unwrap_err().code().as_str(), "BadDigest");
        headers.remove("x-amz-checksum-crc32");
        let written = sent(odd, &mut headers).await.unwrap();
        assert_eq!(
            written,
            "<Delete><Object><Key>mine/a&amp;b</Key></Object><Object><Key>mine/c</Key><VersionId>v</VersionId></Object>\
             <Quiet>true</Quiet></Delete>"
        );
        assert!(headers.contains_key("content-md5"));
        for (body, code) in [
            ("<Delete><Object><Key>mine/a</Key></Object><Object><Key>other</Key></Object></Delete>", "AccessDenied"),
            ("<Delete></Delete>", "MalformedXML"),
            ("<Delete><Object><Key>mine/a</Key></Object></Delete><Delete/>", "MalformedXML"),
            ("<Delete><Object><Key>mine/&x;</Key></Object></Delete>", "MalformedXML"),
            ("", "MalformedXML"),
        ] {
            assert_eq!(sent(body, &mut HeaderMap::new()).await.unwrap_err().code().as_str(), code, "{body}");
        }
    }
}
