//! What the S3 door needs of a tree of files: pages of listings, what is kept beside content, uploads in parts.

use std::fs;

use futures::TryStreamExt as _;

use super::*;

fn lake(root: &Path) -> Disk {
    Disk::bucket("b", root.to_owned(), Guard::default())
}

async fn put(disk: &Disk, key: &str, attributes: Attributes) -> Object {
    let mut upload = disk.upload(key).await.unwrap();
    upload.part(vec![key.to_owned().into()]).await.unwrap();
    upload.publish(Condition::None, attributes).await.unwrap()
}

fn digest(etag: &str) -> Attributes {
    Attributes { digest: Some(Digest { etag: etag.to_owned(), checksum: None }), ..Attributes::default() }
}

/// All entries of a listing in pages of `limit`.
async fn pages(disk: &Disk, question: Question, limit: usize) -> Vec<String> {
    let (mut all, mut question) = (Vec::new(), question);
    loop {
        let page = disk.page(question.clone(), limit).await.unwrap();
        assert!(page.entries.len() <= limit);
        all.extend(page.entries.iter().map(|entry| entry.key().to_owned()));
        match page.entries.last().filter(|_| page.more) {
            Some(last) => question.after = last.key().to_owned(),
            None => return all,
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_make_one_listing() {
    let dir = tempfile::tempdir().unwrap();
    let disk = lake(dir.path());
    let keys = ["a", "a/", "a//b", "a/b", "a/b/c", "a-b", "b+c", "z/1", "z/2", "ü"];
    for key in keys {
        put(&disk, key, Attributes::default()).await;
    }
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    let ask = |prefix: &str, after: &str, delimiter: &str| Question {
        prefix: prefix.to_owned(),
        after: after.to_owned(),
        delimiter: Some(delimiter.to_owned()).filter(|delimiter| !delimiter.is_empty()),
    };
    for limit in 1..=keys.len() + 1 {
        assert_eq!(pages(&disk, ask("", "", ""), limit).await, sorted, "{limit}");
        assert_eq!(pages(&disk, ask("", "", "/"), limit).await, ["a", "a-b", "a/", "b+c", "z/", "ü"], "{limit}");
        assert_eq!(pages(&disk, ask("a/", "", "/"), limit).await, ["a/", "a//", "a/b", "a/b/"], "{limit}");
        assert_eq!(pages(&disk, ask("", "", "b"), limit).await, ["a", "a-b", "a/", "a//b", "a/b", "b", "z/1", "z/2", "ü"]);
        assert_eq!(pages(&disk, ask("z/", "z/1", ""), limit).await, ["z/2"]);
    }
    assert_eq!(disk.page(ask("", "", ""), 0).await.unwrap(), Page::default());
}

#[tokio::test]
async fn a_page_shows_what_is_there_when_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let disk = lake(dir.path());
    for key in ["a", "b", "c", "e"] {
        put(&disk, key, Attributes::default()).await;
    }
    let after = |key: &str| Question { after: key.to_owned(), ..Question::default() };
    let keys = |page: Page| page.entries.iter().map(|entry| entry.key().to_owned()).collect::<Vec<_>>();
    assert_eq!(keys(disk.page(after(""), 1).await.unwrap()), ["a"]);
    assert_eq!(disk.inner.paused.lock().unwrap().len(), 1, "the walk waits");
    disk.delete("b").await.unwrap();
    assert_eq!(keys(disk.page(after("a"), 1).await.unwrap()), ["c"]);
    put(&disk, "d", Attributes::default()).await;
    assert_eq!(keys(disk.page(after("c"), 9).await.unwrap()), ["d", "e"]);
    assert_eq!(disk.inner.paused.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn attributes_come_and_go_with_the_content() {
    let dir = tempfile::tempdir().unwrap();
    let disk = lake(dir.path());
    let mut given = digest("e1");
    given.headers.insert("content-type".into(), "text/x".into());
    given.metadata.insert("who".into(), "me".into());
    assert_eq!(put(&disk, "k", given.clone()).await.etag.as_deref(), Some("e1"));
    assert_eq!(disk.open("k").await.unwrap().attributes(), given);
    disk.change_attributes("k", |kept| _ = kept.tags.insert("a".into(), "b".into())).await.unwrap();
    assert_eq!(disk.open("k").await.unwrap().attributes().tags["a"], "b");
    let listed = disk.page(Question::default(), 9).await.unwrap();
    assert!(matches!(&listed.entries[0], Entry::Object(object) if object.etag.as_deref() == Some("e1")));

    let copied = disk.copy_in(disk.open("k").await.unwrap(), "copy", Condition::None, given.clone()).await.unwrap();
    assert_eq!((copied.etag.as_deref(), disk.open("copy").await.unwrap().attributes()), (Some("e1"), given));

    let matches = |etag: &str| Condition::Etag(etag.to_owned());
    assert!(disk.put("k", vec!["x".into()], matches("e0")).await.is_err());
    disk.put("k", vec!["x".into()], matches("e1")).await.unwrap();
    assert_eq!(disk.open("k").await.unwrap().attributes(), Attributes::default(), "other content, nothing of the old");

    // Other hands change the file: its digest is not the content's any more.
    put(&disk, "edited", digest("e2")).await;
    fs::write(dir.path().join("edited"), "longer than before").unwrap();
    assert_eq!(disk.open("edited").await.unwrap().attributes().digest, None);
}

#[tokio::test]
async fn parts_in_any_order_make_an_object() {
    let dir = tempfile::tempdir().unwrap();
    let disk = lake(dir.path());
    let record = Record { key: "a/big".into(), attributes: digest(""), algorithm: None, whole: false, begun: 1 };
    let id = disk.begin_multipart(record.clone()).await.unwrap();
    // Another process, or this one after a restart.
    let disk = lake(dir.path());
    let upload = disk.multipart(&id).await.unwrap();
    assert_eq!(upload.record, record);
    for (number, content) in [(2, "two"), (1, "ONE"), (10_000, "end"), (1, "one")] {
        let (parts, key) = upload.part(number);
        let mut part = parts.upload(&key).await.unwrap();
        part.part(vec![content.into()]).await.unwrap();
        part.publish(Condition::None, digest(content)).await.unwrap();
    }
    let parts = upload.parts().await.unwrap();
    let said: Vec<_> = parts.iter().map(|part| (part.number, part.object.etag.clone().unwrap())).collect();
    assert_eq!(said, [(1, "one".to_owned()), (2, "two".to_owned()), (10_000, "end".to_owned())]);
    assert_eq!(disk.multiparts().await.unwrap().len(), 1);
    assert_eq!(disk.page(Question::default(), 9).await.unwrap(), Page::default(), "no listing shows it");
    let missing = disk.complete_multipart(&upload, vec![1, 3], Condition::None, digest("e")).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::ObjectNotFound);
    disk.complete_multipart(&upload, vec![1, 2, 10_000], Condition::Absent, digest("e-3")).await.unwrap();
    let content: Vec<_> = disk.open("a/big").await.unwrap().stream(0..9).try_collect().await.unwrap();
    assert_eq!(content.concat(), b"onetwoend");
    for id in [id.as_str(), "../..", "%~", "", "00000000000000000000000000000000"] {
        assert_eq!(disk.multipart(id).await.unwrap_err().kind(), ErrorKind::EntityNotFound, "{id}");
    }

    let id = disk.begin_multipart(record).await.unwrap();
    disk.multipart(&id).await.unwrap().end().await.unwrap();
    assert_eq!(disk.multiparts().await.unwrap().len(), 0);
    assert!(fs::read_dir(dir.path().join("%~")).unwrap().next().is_none(), "nothing is left of uploads");
}
