//! Listings of a catalog as streams of pages, so that no listing is ever held as a whole.

use catalog::{Page, PageRequest, Result};
use futures::future::BoxFuture;
use futures::{Stream, stream};

/// The items of all pages that `fetch` answers, a page at a time; the next page is asked for when the one before was used.
pub(crate) fn pages<T: Send + 'static>(
    fetch: impl Fn(PageRequest) -> BoxFuture<'static, Result<Page<T>>> + Send + 'static,
) -> impl Stream<Item = Result<Vec<T>>> + Send {
    stream::try_unfold(Some(PageRequest::default()), move |request| {
        let page = request.map(&fetch);
        async move {
            let Some(page) = page else { return Ok(None) };
            let page = page.await?;
            Ok(Some((page.items, page.next.map(|token| PageRequest { limit: None, token: Some(token) }))))
        }
    })
}
