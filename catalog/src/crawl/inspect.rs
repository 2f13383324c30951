//! From the bytes of one object to what it is: compression and format by content (names say nothing: Firehose writes none,
//! Kafka Connect wrong ones), then the columns from every record of it.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use super::infer::{self, Choice, Json, Log, Object, Path, Text};
use super::inspected::{Finding, Found, Inspections};
use crate::crawler::Classifier;
use crate::decode::{Compression, json_path};
use crate::{Error, ErrorKind, Result};

/// At most so much uncompressed text is read of one object; more is noted and does not count for the schema.
pub const MAX_TEXT: u64 = 64 << 20;

/// How much of a file with its directory at the end is asked for at first.
pub const TAIL: u64 = 64 << 10;

/// So many first bytes tell formats and compressions apart.
const HEAD: usize = 512;

/// An object's bytes, as far as the caller has them.
pub enum Content<'a> {
    /// All of them.
    Whole(&'a [u8]),
    /// From the start, of an object of `size` bytes: for objects too large to hold. Reads no further than it must.
    Stream { size: u64, reader: &'a mut (dyn Read + Send) },
    /// The last ones, of an object of `size` bytes, after [`Finding::NeedsTail`].
    Tail { size: u64, bytes: &'a [u8] },
}

/// Inspects one object after another and keeps what it learnt: the thousandth object like the first costs one pass over its
/// bytes and next to no allocation.
pub struct Inspector {
    inspections: Inspections,
    json: Json,
    classifiers: Vec<Custom>,
    logs: Vec<Log>,
}

/// A crawler's own classifier, ready for use.
enum Custom {
    Grok(Log),
    Json(Path),
    Csv(Box<Choice>),
    Xml { name: String },
}

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Magic {
    Parquet,
    Orc,
    Avro,
    Other,
}

impl Inspector {
    /// `classifiers` are the crawler's own, asked before the built-in ones and in their order.
    ///
    /// # Errors
    /// `InvalidInput` for a grok pattern or JSON path that is none.
    pub fn new(classifiers: &[Classifier]) -> Result<Self> {
        let numbered = (1..).zip(classifiers);
        let classifiers = numbered.map(|(number, classifier)| Custom::of(classifier, number)).collect::<Result<_>>()?;
        let (inspections, json, logs) = (Inspections::default(), Json::default(), infer::built_in_logs()?);
        Ok(Self { inspections, json, classifiers, logs })
    }

    /// What the object with this key is.
    ///
    /// # Errors
    /// Those of reading a stream. Content that is broken or of no known format is a [`Finding`].
    pub fn inspect(&mut self, key: &str, content: Content<'_>) -> Result<Finding> {
        match content {
            Content::Whole(bytes) => match self.whole(key, bytes) {
                Err(error) if error.kind() == ErrorKind::BadData => Ok(Finding::Unrecognised { why: error.message().to_owned() }),
                finding => finding,
            },
            Content::Stream { size, reader } => self.stream(key, size, reader),
            Content::Tail { size, bytes } if bytes.ends_with(b"PAR1") || bytes.ends_with(b"PARE") => {
                Ok(infer::parquet(bytes, size, &mut self.inspections))
            }
            Content::Tail { size, bytes } => Ok(infer::orc(bytes, size, &mut self.inspections)),
        }
    }

    /// What was learnt so far, by number.
    pub fn inspections(&mut self) -> &mut Inspections {
        &mut self.inspections
    }

    fn whole(&mut self, key: &str, bytes: &[u8]) -> Result<Finding> {
        let size = bytes.len() as u64;
        let head = bytes.get(..HEAD).unwrap_or(bytes);
        match Magic::of(head) {
            Magic::Parquet => Ok(infer::parquet(bytes, size, &mut self.inspections)),
            Magic::Orc => Ok(infer::orc(bytes, size, &mut self.inspections)),
            magic => {
                let compression = if magic == Magic::Avro { Compression::None } else { Compression::detect(head) };
                let object = Object { key, compression };
                match object.compression {
                    Compression::None => self.unpacked(&object, Text::whole(bytes)),
                    _ => self.packed(&object, bytes),
                }
            }
        }
    }

    fn stream(&mut self, key: &str, size: u64, reader: &mut (dyn Read + Send)) -> Result<Finding> {
        let failed = AtomicBool::new(false);
        let mut source = Source { reader, failed: &failed };
        let mut head = Vec::with_capacity(HEAD);
        (&mut source).take(HEAD as u64).read_to_end(&mut head).map_err(|error| unreadable(&error))?;
        let finding = match Magic::of(&head) {
            Magic::Parquet | Magic::Orc => return Ok(Finding::NeedsTail { bytes: TAIL.min(size) }),
            Magic::Other if Compression::detect(&head) != Compression::None => {
                let object = Object { key, compression: Compression::detect(&head) };
                self.packed(&object, head.as_slice().chain(source))
            }
            Magic::Avro | Magic::Other => {
                let object = Object { key, compression: Compression::None };
                let text = Text::read(Box::new(head.as_slice().chain(source)), MAX_TEXT);
                self.unpacked(&object, text).map(|finding| whole_object(finding, size))
            }
        };
        match finding {
            // Damaged content is a finding; a store that fails is not.
            Err(error) if error.kind() == ErrorKind::BadData && !failed.load(Ordering::Relaxed) => {
                Ok(Finding::Unrecognised { why: error.message().to_owned() })
            }
            Err(error) if failed.load(Ordering::Relaxed) => Err(unreadable(&error)),
            finding => finding,
        }
    }

    fn packed(&mut self, object: &Object<'_>, bytes: impl Read + Send) -> Result<Finding> {
        let reader = match object.compression.reader(bytes) {
            Ok(reader) => reader,
            Err(error) => return Ok(Finding::Unrecognised { why: error.message().to_owned() }),
        };
        let mut text = Text::read(reader, MAX_TEXT);
        text.at_least(HEAD)?;
        match Magic::of(text.rest()) {
            Magic::Other => self.unpacked(object, text),
            _ => {
                let name = object.compression.name();
                Ok(Finding::Unrecognised {
                    why: format!("a Parquet, ORC or Avro file inside {name}: these have a compression of their own"),
                })
            }
        }
    }

    /// Avro or text.
    fn unpacked(&mut self, object: &Object<'_>, mut text: Text<'_>) -> Result<Finding> {
        text.at_least(HEAD)?;
        if Magic::of(text.rest()) == Magic::Avro {
            return infer::avro(&mut text, &mut self.inspections);
        }
        text.skip_mark()?;
        if let Some(why) = not_text(text.rest()) {
            return Ok(Finding::Unrecognised { why: why.to_owned() });
        }
        for classifier in &self.classifiers {
            if let Some(finding) = classifier.inspect(object, &mut text, &mut self.json, &mut self.inspections)? {
                return Ok(finding);
            }
        }
        if let Some(finding) = self.json.inspect(object, &mut text, None, &mut self.inspections)? {
            return Ok(finding);
        }
        if is_xml(text.rest()) {
            return Ok(Finding::Unrecognised { why: "XML, which is recognised but cannot be queried yet".to_owned() });
        }
        for log in &self.logs {
            if let Some(finding) = log.inspect(object, &mut text, &mut self.inspections)? {
                return Ok(finding);
            }
        }
        let delimited = infer::csv(object, &mut text, &Choice::default(), &mut self.inspections)?;
        Ok(delimited.unwrap_or_else(|why| Finding::Unrecognised { why }))
    }
}

impl Custom {
    fn of(classifier: &Classifier, number: u32) -> Result<Self> {
        Ok(match classifier {
            Classifier::Grok(grok) => Self::Grok(Log::of(grok)?),
            Classifier::Json(json) => {
                let steps =
                    json_path::parse(&json.json_path).map_err(|error| error.within(format!("classifier '{}'", json.name)))?;
                Self::Json(Path { number, text: json.json_path.trim().to_owned(), steps })
            }
            Classifier::Csv(csv) => Self::Csv(Box::new(Choice::of(csv)?)),
            Classifier::Xml(xml) => Self::Xml { name: xml.name.clone() },
        })
    }

    /// What the text is, if this classifier knows it; else the text is at its start again.
    fn inspect(
        &self,
        object: &Object<'_>,
        text: &mut Text<'_>,
        json: &mut Json,
        all: &mut Inspections,
    ) -> Result<Option<Finding>> {
        match self {
            Self::Grok(log) => log.inspect(object, text, all),
            Self::Json(path) => json.inspect(object, text, Some(path), all),
            Self::Csv(choice) => Ok(infer::csv(object, text, choice, all)?.ok()),
            Self::Xml { name } if is_xml(text.rest()) => {
                Ok(Some(Finding::Unrecognised { why: format!("XML (classifier '{name}'), which cannot be queried yet") }))
            }
            Self::Xml { .. } => Ok(None),
        }
    }
}

impl Magic {
    fn of(head: &[u8]) -> Self {
        // A line of text may begin with these letters, too.
        let is_text = head.iter().take(HEAD).all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace());
        match head {
            [b'O', b'b', b'j', 1, ..] => Self::Avro,
            [b'P', b'A', b'R', b'1' | b'E', ..] if !is_text || head.len() < 12 => Self::Parquet,
            [b'O', b'R', b'C', ..] if !is_text => Self::Orc,
            _ => Self::Other,
        }
    }
}

/// Why the first bytes of what has no magic are not text, if they are not.
fn not_text(start: &[u8]) -> Option<&'static str> {
    let start = start.get(..HEAD).unwrap_or(start);
    if start.is_empty() {
        Some("nothing is in it")
    } else if start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") {
        Some("UTF-16 text, which is not supported: write it as UTF-8")
    } else if start.contains(&0) {
        Some("binary data of no known format")
    } else {
        None
    }
}

/// A declaration, a comment or a tag.
fn is_xml(start: &[u8]) -> bool {
    match start.trim_ascii_start() {
        [b'<', b'?' | b'!', ..] => true,
        [b'<', letter, ..] => letter.is_ascii_alphabetic(),
        _ => false,
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the object could not be read: {error}"))
}

/// As many records as the whole object of `size` bytes has, if it goes on as it begins.
fn whole_object(finding: Finding, size: u64) -> Finding {
    match finding {
        Finding::Found(found) if found.bytes > 0 && found.bytes < size => {
            let records = u128::from(found.records) * u128::from(size) / u128::from(found.bytes);
            Finding::Found(Found { records: u64::try_from(records).unwrap_or(u64::MAX), bytes: size, ..found })
        }
        finding => finding,
    }
}

/// The caller's reader; tells its errors from those of what unpacks its bytes.
struct Source<'a> {
    reader: &'a mut (dyn Read + Send),
    failed: &'a AtomicBool,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed.store(true, Ordering::Relaxed);
            }
        })
    }
}

#[cfg(test)]
mod tests;
