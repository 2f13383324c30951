//! Multipart uploads: parts of any number that come in any order, in requests of their own, and survive the process.
//!
//! An upload is a folder among the unfinished files, which no listing shows, and that folder is a small tree of objects in its
//! own right: one says what the upload will be, each part is another. A part is thus written, replaced and read as any object.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::names::UNFINISHED;
use super::write::Unfinished;
use super::{Attributes, Condition, Digest, Disk, Inner};
use crate::storage::Object;
use crate::{Error, ErrorKind, Result};

/// An upload in which nothing happened for so long is given up.
pub(super) const ABANDONED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const RECORD: &str = "upload";
const PART: &str = "part-";

/// What an upload will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub key: String,
    pub attributes: Attributes,
    /// The algorithm of the parts' checksums, where the client chose one.
    pub algorithm: Option<String>,
    /// Whether the object's checksum will be one of its whole content, and not of its parts' checksums.
    pub whole: bool,
    /// Milliseconds since 1970-01-01 UTC.
    pub begun: i64,
}

/// An upload under way.
#[derive(Debug, Clone)]
pub struct Multipart {
    pub id: String,
    pub record: Record,
    parts: Disk,
}

/// A part that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub number: u16,
    pub object: Object,
    pub digest: Option<Digest>,
}

impl Disk {
    /// Begins an upload and says what it is called.
    pub async fn begin_multipart(&self, record: Record) -> Result<String> {
        let id = Uuid::now_v7().simple().to_string();
        let (disk, name) = (self.inner.clone(), id.clone());
        let parts = self
            .blocking(move |_| {
                let made = disk.in_unfinished(|| fs::create_dir(disk.upload_folder(&name)));
                made.map_err(|error| disk.failed(&record.key, "begin the upload", error))?;
                let json =
                    serde_json::to_vec(&record).map_err(|error| Error::internal("an upload is no JSON").caused_by(error))?;
                Ok((disk.upload_parts(&name), json))
            })
            .await?;
        parts.0.put(RECORD, vec![parts.1.into()], Condition::None).await?;
        Ok(id)
    }

    /// An upload. Errors: `EntityNotFound`.
    pub async fn multipart(&self, id: &str) -> Result<Multipart> {
        let missing = || Error::new(ErrorKind::EntityNotFound, format!("there is no upload '{id}'"));
        // Whatever is no identifier of ours never becomes a path.
        if !Uuid::try_parse(id).is_ok_and(|uuid| uuid.simple().to_string() == id) {
            return Err(missing());
        }
        let parts = self.inner.upload_parts(id);
        let json = parts.get(RECORD).await.map_err(|error| match error.kind() {
            ErrorKind::ObjectNotFound => missing(),
            _ => error,
        })?;
        let record = serde_json::from_slice(&json)
            .map_err(|error| Error::bad_data(format!("the record of upload '{id}' cannot be read: {error}")))?;
        Ok(Multipart { id: id.to_owned(), record, parts })
    }

    /// All uploads under way, by key, those of one key by their beginning.
    pub async fn multiparts(&self) -> Result<Vec<Multipart>> {
        let folder = self.inner.root.join(UNFINISHED);
        let names = self.blocking(move |_| Ok(names(&folder))).await?;
        let mut uploads = Vec::with_capacity(names.len());
        for name in names {
            match self.multipart(&name).await {
                Ok(upload) => uploads.push(upload),
                // Just completed, or the file of a write.
                Err(error) if error.kind() == ErrorKind::EntityNotFound => {}
                Err(error) => return Err(error),
            }
        }
        uploads.sort_by(|a, b| (&a.record.key, &a.id).cmp(&(&b.record.key, &b.id)));
        Ok(uploads)
    }

    /// Makes the object of these parts, in this order, and ends the upload.
    ///
    /// Errors: `ObjectNotFound` for a part that is not there; `AlreadyExists` and `Conflict` by the condition. The upload stays.
    pub async fn complete_multipart(
        &self,
        upload: &Multipart,
        numbers: Vec<u16>,
        condition: Condition,
        attributes: Attributes,
    ) -> Result<Object> {
        let (disk, parts, key) = (self.inner.clone(), upload.parts.inner.clone(), upload.record.key.clone());
        let object = self
            .blocking(move |_| {
                let (mut unfinished, mut file) = Unfinished::create(&disk, &key)?;
                for number in numbers {
                    parts.open(&part_key(number))?.copy_to(&mut file)?;
                }
                unfinished.publish_with(file, &condition, &attributes)
            })
            .await?;
        if let Err(error) = upload.end().await {
            tracing::warn!(upload = upload.id, %error, "the parts of a completed upload stay");
        }
        Ok(object)
    }
}

impl Multipart {
    /// Where its parts are objects, with the key that a part has there.
    pub fn part(&self, number: u16) -> (&Disk, String) {
        (&self.parts, part_key(number))
    }

    /// The parts that are there, by number.
    pub async fn parts(&self) -> Result<Vec<Part>> {
        self.parts
            .blocking(|disk| {
                let mut parts = Vec::new();
                for name in names(&disk.root) {
                    let Some(number) = name.strip_prefix(PART).and_then(|number| number.parse().ok()) else { continue };
                    let (path, meta) = disk.find(&name)?;
                    let attributes = Attributes::read_path(&path, &meta);
                    parts.push(Part { number, object: attributes.object(name, &meta), digest: attributes.digest });
                }
                parts.sort_by_key(|part| part.number);
                Ok(parts)
            })
            .await
    }

    /// Removes what was uploaded; the upload is not there any more.
    pub async fn end(&self) -> Result<()> {
        self.parts
            .blocking(|disk| {
                // First the record: without it there is no upload, whatever else is still there.
                disk.delete(RECORD)?;
                fs::remove_dir_all(&disk.root).map_err(|error| disk.failed("", "remove the upload", error))
            })
            .await
    }
}

impl Inner {
    fn upload_folder(&self, id: &str) -> PathBuf {
        self.root.join(UNFINISHED).join(id)
    }

    fn upload_parts(&self, id: &str) -> Disk {
        Disk::new(self.name.clone(), self.upload_folder(id), self.names, self.guard.clone())
    }
}

fn part_key(number: u16) -> String {
    format!("{PART}{number:05}")
}

/// The names in a folder; none when it is not there.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
