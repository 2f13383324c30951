//! Listings of a bucket by ListObjectsV2.

use std::sync::Arc;

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Client, xml};
use crate::storage::requests::count;
use crate::storage::{Folder, Listed, Object, Skipped, Why, key};
use crate::{Error, ErrorKind, Result};

/// What Signature Version 4 leaves as it is in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What to list.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) prefix: String,
    /// Keys are greater than this.
    pub(super) after: String,
    /// One level only.
    pub(super) shallow: bool,
    /// Keys of a page, at most; none: the server's limit, 1000.
    pub(super) limit: Option<u32>,
}

impl Client {
    /// Every object whose key begins with `prefix` and is greater than `after`, in pages. One page is fetched ahead.
    pub(super) fn list(self: &Arc<Self>, bucket: &str, query: Query) -> BoxStream<'static, Result<Vec<Listed>>> {
        self.pages(bucket, query).map_ok(|page| page.objects.into_iter().map(listed).collect()).boxed()
    }

    /// One level of a listing.
    pub(super) async fn list_folder(self: &Arc<Self>, bucket: &str, prefix: &str) -> Result<Folder> {
        let query = Query { prefix: prefix.to_owned(), shallow: true, ..Query::default() };
        let mut pages = self.pages(bucket, query);
        let mut folder = Folder::default();
        while let Some(page) = pages.try_next().await? {
            for object in page.objects {
                match listed(object) {
                    Listed::Object(object) => folder.objects.push(object),
                    Listed::Skipped(skipped) => folder.skipped.push(skipped),
                }
            }
            for key in page.folders {
                folder.push_folder(key);
            }
        }
        Ok(folder)
    }

    /// The first key that begins with `prefix`, with its object.
    pub(super) async fn first(&self, bucket: &str, prefix: &str) -> Result<Option<Object>> {
        let query = Query { prefix: prefix.to_owned(), limit: Some(1), ..Query::default() };
        Ok(self.page(bucket, &query, None).await?.objects.into_iter().next())
    }

    fn pages(self: &Arc<Self>, bucket: &str, query: Query) -> BoxStream<'static, Result<xml::Page>> {
        let (client, bucket) = (self.clone(), bucket.to_owned());
        // The next page is asked for while the caller is busy with this one; dropping the stream ends it.
        let (send, receive) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            let mut token: Option<String> = None;
            loop {
                let mut page = client.page(&bucket, &query, token.as_deref()).await;
                let next = page.as_mut().ok().and_then(|page| page.next.take());
                if next.is_some() && next == token {
                    page = Err(Error::new(ErrorKind::Unavailable, format!("s3://{bucket}: the listing goes round in circles")));
                }
                let ends = next.is_none() || page.is_err();
                token = next;
                if send.send(page).await.is_err() || ends {
                    return;
                }
            }
        });
        stream::unfold(receive, |mut receive| async { receive.recv().await.map(|page| (page, receive)) }).boxed()
    }

    async fn page(&self, bucket: &str, query: &Query, token: Option<&str>) -> Result<xml::Page> {
        let _turn = self.permits.acquire().await;
        count(&self.counters.list);
        let body = self.get(bucket, &query.text(token)).await?;
        xml::page(&body).map_err(|error| error.within(format!("s3://{bucket}")))
    }
}

impl Query {
    /// The query string, its parameters in order of their names, as signing wants them.
    fn text(&self, token: Option<&str>) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        let after = (token.is_none() && !self.after.is_empty()).then_some(self.after.as_str());
        let parameters = [
            ("continuation-token", token),
            ("delimiter", self.shallow.then_some("/")),
            ("encoding-type", Some("url")),
            ("list-type", Some("2")),
            ("max-keys", limit.as_deref()),
            ("prefix", Some(self.prefix.as_str())),
            ("start-after", after),
        ];
        let given = parameters
            .iter()
            .filter_map(|(name, value)| value.map(|value| format!("{name}={}", utf8_percent_encode(value, QUERY))));
        given.collect::<Vec<_>>().join("&")
    }
}

/// An object, unless its key cannot be held.
fn listed(object: Object) -> Listed {
    let why = match key::unholdable(&object.key) {
        None => return Listed::Object(object),
        Some(_) if object.key.ends_with('/') && object.size == 0 => Why::FolderMarker,
        Some(why) => Why::Name(why),
    };
    Listed::Skipped(Skipped { key: object.key, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_and_ordered() {
        let query = Query { prefix: "a b+c=ä/".into(), after: "a%".into(), shallow: true, limit: Some(1) };
        assert_eq!(
            query.text(None),
            "delimiter=%2F&encoding-type=url&list-type=2&max-keys=1&prefix=a%20b%2Bc%3D%C3%A4%2F&start-after=a%25"
        );
        assert_eq!(Query::default().text(Some("t=/")), "continuation-token=t%3D%2F&encoding-type=url&list-type=2&prefix=");
    }
}
