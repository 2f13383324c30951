//! What S3 answers: pages of ListObjectsV2, and errors.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use crate::storage::Object;
use crate::{Error, ErrorKind, Result};

/// One page of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    /// Common prefixes.
    pub(super) folders: Vec<String>,
    /// The token of the next page, where there is one.
    pub(super) next: Option<String>,
}

/// Code and message of an error answer; what is not one gives two empty texts.
pub(super) fn error(body: &str) -> (String, String) {
    let (mut code, mut message) = (String::new(), String::new());
    // A broken error answer is still an error answer: what was read before the break counts.
    elements(body, |path, text| {
        match path {
            ["Error", "Code"] => code = text,
            ["Error", "Message"] => message = text,
            _ => {}
        }
        Ok(())
    })
    .ok();
    (code, message)
}

/// Reads a page.
///
/// Errors (`Unavailable`): it is not a listing, an object has no key or an impossible size or time, or it says that there is more
/// and not where.
pub(super) fn page(body: &str) -> Result<Page> {
    let mut page = Page::default();
    let (mut seen, mut encoded, mut truncated) = (false, false, false);
    let mut object = Object { key: String::new(), size: 0, etag: None, modified: 0 };
    elements(body, |path, text| {
        match path {
            ["ListBucketResult"] => seen = true,
            ["ListBucketResult", "EncodingType"] => encoded = text == "url",
            ["ListBucketResult", "IsTruncated"] => truncated = text == "true",
            ["ListBucketResult", "NextContinuationToken"] => page.next = Some(text),
            ["ListBucketResult", "CommonPrefixes", "Prefix"] => page.folders.push(text),
            ["ListBucketResult", "Contents", "Key"] => object.key = text,
            ["ListBucketResult", "Contents", "Size"] => {
                object.size = text.parse().map_err(|_| broken(&format!("size '{text}'")))?
            }
            ["ListBucketResult", "Contents", "ETag"] => object.etag = Some(text.trim_matches('"').to_owned()),
            ["ListBucketResult", "Contents", "LastModified"] => {
                let time = chrono::DateTime::parse_from_rfc3339(&text).map_err(|_| broken(&format!("time '{text}'")))?;
                object.modified = time.timestamp_millis();
            }
            ["ListBucketResult", "Contents"] => {
                if object.key.is_empty() {
                    return Err(broken("an object without key"));
                }
                let empty = Object { key: String::new(), size: 0, etag: None, modified: 0 };
                page.objects.push(std::mem::replace(&mut object, empty));
            }
            _ => {}
        }
        Ok(())
    })?;
    if !seen {
        return Err(broken("something that is no listing"));
    }
    if !truncated {
        page.next = None;
    } else if page.next.is_none() {
        return Err(broken("a part of the listing without the token of the next"));
    }
    if encoded && page.keys().all(|key| is_encoded(key)) {
        page.keys_mut().try_for_each(decode)?;
    }
    Ok(page)
}

impl Page {
    fn keys(&self) -> impl Iterator<Item = &String> {
        self.objects.iter().map(|object| &object.key).chain(&self.folders)
    }

    fn keys_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.objects.iter_mut().map(|object| &mut object.key).chain(&mut self.folders)
    }
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the store answered a listing with {what}"))
}

/// Whether a key can be the outcome of URL encoding. Some servers echo `EncodingType` and encode nothing (s3s-fs 0.14); a space, an `=`
/// or any other character that encoding replaces gives them away. One such key tells for its whole page.
fn is_encoded(key: &str) -> bool {
    let mut rest = key.bytes();
    while let Some(byte) = rest.next() {
        let fits = match byte {
            b'%' => matches!((rest.next(), rest.next()), (Some(a), Some(b)) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()),
            _ => byte.is_ascii_alphanumeric() || b"/+-_.*~!'()".contains(&byte),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// Undoes `encoding-type=url`, which is that of forms: a space is a `+`.
fn decode(key: &mut String) -> Result<()> {
    if key.contains(['%', '+']) {
        let spaced = key.replace('+', " ");
        *key = percent_decode_str(&spaced)
            .decode_utf8()
            .map_err(|_| broken(&format!("the key '{key}', which is not UTF-8")))?
            .into_owned();
    }
    Ok(())
}

/// Calls `each` at the end of every element with its path of local names and the text directly in it.
fn elements(body: &str, mut each: impl FnMut(&[&str], String) -> Result<()>) -> Result<()> {
    let mut reader = Reader::from_str(body);
    let mut open: Vec<(String, String)> = Vec::new();
    let malformed = |error: &dyn std::fmt::Display| broken(&format!("malformed XML: {error}"));
    loop {
        let event = reader.read_event().map_err(|error| malformed(&error))?;
        match event {
            Event::Start(tag) => open.push((String::from_utf8_lossy(tag.local_name().as_ref()).into_owned(), String::new())),
            Event::End(_) => close(&mut open, &mut each)?,
            Event::Empty(tag) => {
                open.push((String::from_utf8_lossy(tag.local_name().as_ref()).into_owned(), String::new()));
                close(&mut open, &mut each)?;
            }
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err(malformed(&"it ends early")),
            other => {
                let Some((_, text)) = open.last_mut() else { continue };
                match other {
                    Event::Text(part) => text.push_str(&part.decode().map_err(|error| malformed(&error))?),
                    Event::CData(part) => text.push_str(&part.decode().map_err(|error| malformed(&error))?),
                    Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|error| malformed(&error))? {
                        Some(c) => text.push(c),
                        None => {
                            let name = name.decode().map_err(|error| malformed(&error))?;
                            text.push_str(
                                resolve_predefined_entity(&name).ok_or_else(|| malformed(&format!("unknown entity '{name}'")))?,
                            );
                        }
                    },
                    _ => {}
                }
            }
        }
    }
}

fn close(open: &mut Vec<(String, String)>, each: &mut impl FnMut(&[&str], String) -> Result<()>) -> Result<()> {
    let text = open.last_mut().map(|(_, text)| std::mem::take(text)).unwrap_or_default();
    let path: Vec<&str> = open.iter().map(|(name, _)| name.as_str()).collect();
    each(&path, text)?;
    open.pop();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(inner: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</ListBucketResult>"#
        )
    }

    fn keys(inner: &str) -> Vec<String> {
        page(&listing(inner)).unwrap().keys().cloned().collect()
    }

    #[test]
    fn reads_a_page() {
        let body = listing(
            "<Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>1/a&amp;b+c=</NextContinuationToken>\
             <Contents><Key>a &amp; b/&#x41;&lt;</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;x-1&quot;</ETag>\
             <Size>7</Size><Owner><ID>1</ID></Owner></Contents><Contents><Key> lead</Key><Size>0</Size></Contents>\
             <CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>",
        );
        let object = |key: &str, size, etag: Option<&str>, modified| Object {
            key: key.into(),
            size,
            etag: etag.map(str::to_owned),
            modified,
        };
        assert_eq!(
            page(&body).unwrap(),
            Page {
                objects: vec![object("a & b/A<", 7, Some("x-1"), 1_767_323_045_678), object(" lead", 0, None, 0)],
                folders: vec!["p/".into()],
                next: Some("1/a&b+c=".into()),
            }
        );
    }

    #[test]
    fn keys_are_decoded_only_where_the_server_encoded_them() {
        let contents =
            |keys: &[&str]| keys.iter().map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect::<String>();
        let url = "<EncodingType>url</EncodingType>";
        for (inner, expected) in [
            (contents(&["a+b%20c"]), vec!["a+b%20c"]),
            (format!("{url}{}", contents(&["a+b%2Bc%3D%25/%C3%A4%0A"])), vec!["a b+c=%/ä\n"]),
            // Echoed, and not done: the '=' would have been encoded.
            (format!("{url}{}", contents(&["dt=1/a+b", "c%41"])), vec!["dt=1/a+b", "c%41"]),
            (format!("{url}{}", contents(&["a%zz"])), vec!["a%zz"]),
            (format!("{}{url}", contents(&["a+b"])), vec!["a b"]),
            (format!("{url}<CommonPrefixes><Prefix>a+b/</Prefix></CommonPrefixes>"), vec!["a b/"]),
        ] {
            assert_eq!(keys(&inner), expected, "{inner}");
        }
    }

    #[test]
    fn an_empty_page_may_have_a_next_one() {
        let body = listing("<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>");
        assert_eq!(page(&body).unwrap(), Page { next: Some("t".into()), ..Page::default() });
        assert_eq!(page(&listing("<KeyCount>0</KeyCount>")).unwrap(), Page::default());
        assert_eq!(page("<ListBucketResult/>").unwrap(), Page::default());
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        for (body, why) in [
            (String::new(), "no listing"),
            ("<html><body>hi</body></html>".into(), "no listing"),
            (listing("<IsTruncated>true</IsTruncated>"), "without the token"),
            (listing("<Contents><Key>a</Key><Size>x</Size></Contents>"), "size 'x'"),
            (listing("<Contents><Size>1</Size></Contents>"), "without key"),
            (listing("<Contents><Key>a&unknown;</Key></Contents>"), "unknown entity"),
            ("<ListBucketResult><Contents>".into(), "malformed XML"),
            (listing("<EncodingType>url</EncodingType><Contents><Key>%FF</Key></Contents>"), "not UTF-8"),
        ] {
            let error = page(&body).unwrap_err();
            assert!(error.message().contains(why), "{body}: {error}");
        }
    }

    #[test]
    fn errors_give_code_and_message() {
        assert_eq!(error("<Error><Code>SlowDown</Code><Message>Wait</Message></Error>"), ("SlowDown".into(), "Wait".into()));
        assert_eq!(error("upstream timed out"), (String::new(), String::new()));
    }
}
