//! What listings say, and the same for `object_store`.

use chrono::DateTime;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta};

use super::failure::to_library;
use super::key::unholdable;
use super::{Location, Why};
use crate::{Error, Result};

/// What a listing says of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The whole key, from the bucket's root.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// Changes whenever the content does; without quotes.
    pub etag: Option<String>,
    /// Milliseconds since 1970-01-01 UTC.
    pub modified: i64,
}

/// One entry of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    Object(Object),
    /// Something that is there and cannot be read; never fatal for the listing.
    Skipped(Skipped),
}

/// A key that is there and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub key: String,
    pub why: Why,
}

/// One level of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The objects directly in the folder, in byte order of their keys.
    pub objects: Vec<Object>,
    /// The whole keys of the folders directly in it, each with its trailing slash, in byte order.
    pub folders: Vec<String>,
    pub skipped: Vec<Skipped>,
}

impl Folder {
    /// Adds a folder by its key, which ends with `/`.
    pub(super) fn push_folder(&mut self, key: String) {
        match unholdable(key.strip_suffix('/').unwrap_or(&key)) {
            None => self.folders.push(key),
            Some(why) => self.skipped.push(Skipped { key, why: Why::Name(why) }),
        }
    }
}

impl TryFrom<Folder> for ListResult {
    type Error = object_store::Error;

    fn try_from(folder: Folder) -> Result<Self, Self::Error> {
        let objects = folder.objects.iter().map(meta).collect::<Result<_, _>>()?;
        let common_prefixes = folder.folders.iter().map(Path::parse).collect::<Result<_, _>>()?;
        Ok(Self { common_prefixes, objects })
    }
}

/// An object as `object_store` says it.
pub(super) fn meta(object: &Object) -> object_store::Result<ObjectMeta> {
    Ok(ObjectMeta {
        location: Path::parse(&object.key)?,
        last_modified: DateTime::from_timestamp_millis(object.modified).unwrap_or_default(),
        size: object.size,
        e_tag: object.etag.clone(),
        version: None,
    })
}

/// The other way round.
pub(super) fn object(meta: ObjectMeta) -> Object {
    Object {
        key: meta.location.into(),
        size: meta.size,
        etag: meta.e_tag.map(|etag| etag.trim_matches('"').to_owned()),
        modified: meta.last_modified.timestamp_millis(),
    }
}

/// Pages as `object_store` wants them: the objects alone.
pub(super) fn metas(pages: BoxStream<'static, Result<Vec<Listed>>>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
    pages
        .map(|page| {
            let metas = page.map_err(to_library).map(|page| {
                page.into_iter().filter_map(|listed| match listed {
                    Listed::Object(object) => Some(meta(&object)),
                    Listed::Skipped(skipped) => {
                        tracing::debug!(key = skipped.key, why = %skipped.why, "left out of a listing");
                        None
                    }
                })
            });
            metas.map(stream::iter)
        })
        .try_flatten()
        .boxed()
}

/// The key prefix that `object_store` means by a path: the folder of that name.
pub(super) fn prefix(path: Option<&Path>) -> String {
    path.filter(|path| !path.is_root()).map_or_else(String::new, |path| format!("{path}/"))
}

/// The objects of a library's store below `prefix`, in pages.
pub(super) fn library_pages(
    objects: BoxStream<'static, object_store::Result<ObjectMeta>>,
    prefix: Location,
) -> BoxStream<'static, Result<Vec<Listed>>> {
    objects
        .map_ok(|meta| Listed::Object(object(meta)))
        .try_chunks(1000)
        .map_err(move |error| -> Error { super::failure::from_library(&prefix, error.1) })
        .boxed()
}
