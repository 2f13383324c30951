//! Documents: small records of any kind, as JSON under a key. Doors keep in them what they alone understand.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::AnyConnection;
use sqlx::Row;

use super::{LocalCatalog, record};
use crate::catalog::{Page, PageRequest};
use crate::error::{Error, ErrorKind, Result};

const PAGE: usize = 100;

/// A record that is kept under a key.
pub trait Document: Serialize + DeserializeOwned + Send + 'static {
    /// Tells this kind from others in storage; never changed once released.
    const KIND: &'static str;
    /// As messages call it: "work group".
    const WHAT: &'static str;
    /// What it is when there is none with a key.
    const MISSING: ErrorKind = ErrorKind::EntityNotFound;
    /// Unique within the kind. Listings are in its byte order; parts of a compound key are joined by [`SEPARATOR`].
    fn key(&self) -> String;
}

/// Between the parts of a compound key. Names hold no control characters.
pub const SEPARATOR: char = '\u{1f}';

impl LocalCatalog {
    /// Errors: `AlreadyExists`.
    pub async fn create_document<T: Document>(&self, document: &T) -> Result<()> {
        let (key, json) = (document.key(), record::write(document)?);
        let create = self.writer.write(move |connection| {
            Box::pin(async move {
                let sql = "INSERT INTO documents (kind, key, json) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
                let created = sqlx::query(sql).bind(T::KIND).bind(&key).bind(json).execute(connection).await?;
                match created.rows_affected() {
                    0 => Err(Error::new(ErrorKind::AlreadyExists, format!("{} '{}' already exists", T::WHAT, shown(&key)))),
                    _ => Ok(()),
                }
            })
        });
        create.await
    }

    /// Stores the document in place of the one with its key, if there is one.
    pub async fn put_document<T: Document>(&self, document: &T) -> Result<()> {
        let (key, json) = (document.key(), record::write(document)?);
        self.writer.write(move |connection| Box::pin(async move { put::<T>(connection, &key, json).await })).await
    }

    /// Reads, changes and stores a document with no other write between; an error of `change` leaves it as it was.
    ///
    /// Errors: `MISSING`, and those of `change`. `InvalidInput` when `change` gives it another key.
    pub async fn change_document<T, F>(&self, key: &str, change: F) -> Result<T>
    where
        T: Document,
        F: FnOnce(&mut T) -> Result<()> + Send + 'static,
    {
        let key = key.to_owned();
        let update = self.writer.write(move |connection| {
            Box::pin(async move {
                let mut document = find::<T>(&mut *connection, &key).await?.ok_or_else(|| not_found::<T>(&key))?;
                change(&mut document)?;
                if document.key() != key {
                    return Err(Error::invalid(format!("{} '{}' cannot be renamed", T::WHAT, shown(&key))));
                }
                put::<T>(connection, &key, record::write(&document)?).await?;
                Ok(document)
            })
        });
        update.await
    }

    /// Errors: `MISSING`.
    pub async fn document<T: Document>(&self, key: &str) -> Result<T> {
        find(&mut *self.connections.statement().await?, key).await?.ok_or_else(|| not_found::<T>(key))
    }

    /// The documents whose keys begin with `prefix`, in the byte order of their keys.
    pub async fn documents<T: Document>(&self, prefix: &str, page: PageRequest) -> Result<Page<T>> {
        let limit = page.limit(PAGE)?;
        let sql = "SELECT json FROM documents WHERE kind = $1 AND key >= $2 AND key < $3 AND key > $4 ORDER BY key LIMIT $5";
        let rows = sqlx::query(sql)
            .bind(T::KIND)
            .bind(prefix)
            .bind(beyond(prefix))
            .bind(page.token.unwrap_or_default())
            .bind(limit as i64 + 1)
            .fetch_all(&mut *self.connections.statement().await?)
            .await?;
        let items = rows.iter().map(|row| record::read(row.try_get(0)?)).collect::<Result<Vec<T>>>()?;
        Ok(Page::cut(items, limit, Document::key))
    }

    /// Errors: `MISSING`.
    pub async fn delete_document<T: Document>(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        let delete = self.writer.write(move |connection| {
            Box::pin(async move {
                let sql = "DELETE FROM documents WHERE kind = $1 AND key = $2";
                let deleted = sqlx::query(sql).bind(T::KIND).bind(&key).execute(connection).await?;
                match deleted.rows_affected() {
                    0 => Err(not_found::<T>(&key)),
                    _ => Ok(()),
                }
            })
        });
        delete.await
    }

    /// Deletes all documents of the kind whose keys begin with `prefix`, and says how many there were.
    pub async fn delete_documents<T: Document>(&self, prefix: &str) -> Result<u64> {
        let prefix = prefix.to_owned();
        let delete = self.writer.write(move |connection| {
            Box::pin(async move {
                let sql = "DELETE FROM documents WHERE kind = $1 AND key >= $2 AND key < $3";
                let end = beyond(&prefix);
                Ok(sqlx::query(sql).bind(T::KIND).bind(prefix).bind(end).execute(connection).await?.rows_affected())
            })
        });
        delete.await
    }
}

async fn find<T: Document>(connection: &mut AnyConnection, key: &str) -> Result<Option<T>> {
    let sql = "SELECT json FROM documents WHERE kind = $1 AND key = $2";
    let row = sqlx::query(sql).bind(T::KIND).bind(key).fetch_optional(connection).await?;
    row.map(|row| record::read(row.try_get(0)?)).transpose()
}

async fn put<T: Document>(connection: &mut AnyConnection, key: &str, json: String) -> Result<()> {
    let sql =
        "INSERT INTO documents (kind, key, json) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO UPDATE SET json = excluded.json";
    sqlx::query(sql).bind(T::KIND).bind(key).bind(json).execute(connection).await?;
    Ok(())
}

/// What is behind every key that begins with `prefix`: keys are compared by bytes, and no character has greater ones than this.
fn beyond(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

fn not_found<T: Document>(key: &str) -> Error {
    Error::new(T::MISSING, format!("{} '{}' does not exist", T::WHAT, shown(key)))
}

/// A key as people read it.
fn shown(key: &str) -> String {
    key.replace(SEPARATOR, ".")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        at: String,
        text: String,
    }

    impl Document for Note {
        const KIND: &'static str = "note";
        const WHAT: &'static str = "note";
        fn key(&self) -> String {
            self.at.clone()
        }
    }

    fn note(at: &str) -> Note {
        Note { at: at.to_owned(), text: String::new() }
    }

    #[tokio::test]
    async fn documents_are_kept_by_key_and_listed_by_prefix() {
        let folder = tempfile::tempdir().unwrap();
        let home = LocalCatalog::open(folder.path()).await.unwrap();
        for key in ["a", "a\u{1f}1", "a\u{1f}2", "b"] {
            home.create_document(&note(key)).await.unwrap();
        }
        assert_eq!(home.create_document(&note("b")).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
        let changed = home.change_document::<Note, _>("b", |note| {
            note.text = "changed".to_owned();
            Ok(())
        });
        assert_eq!(changed.await.unwrap(), home.document("b").await.unwrap());
        let mut token = None;
        let mut keys = Vec::new();
        loop {
            let page = home.documents::<Note>("a", PageRequest { limit: Some(2), token }).await.unwrap();
            keys.extend(page.items.into_iter().map(|note| note.at));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(keys, ["a", "a\u{1f}1", "a\u{1f}2"]);
        assert_eq!(home.documents::<Note>("", PageRequest::default()).await.unwrap().items.len(), 4);
        assert_eq!(home.delete_documents::<Note>("a\u{1f}").await.unwrap(), 2);
        home.delete_document::<Note>("a").await.unwrap();
        let gone = home.document::<Note>("a").await.unwrap_err();
        assert_eq!((gone.kind(), gone.message()), (ErrorKind::EntityNotFound, "note 'a' does not exist"));
    }
}
