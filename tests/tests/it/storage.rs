//! The storage against an S3 in memory: odd keys, faults, counts, and the embedded lake beside it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use catalog::storage::{Access, Condition, Credentials, Folder, Listed, Location, S3, Storage, StorageConfig};
use catalog::{ErrorKind, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStoreExt as _;
use proptest::prelude::*;

use crate::s3_server::{Encoding, Faults, KEY, S3Server, SECRET};

async fn storage(server: &S3Server) -> Storage {
    storage_with(server, |_| {}).await
}

async fn storage_with(server: &S3Server, change: impl FnOnce(&mut StorageConfig)) -> Storage {
    let access = Access::Keys(Credentials::new(KEY, SECRET, None, None, "test"));
    let mut config = StorageConfig { s3: S3::Endpoint { url: server.url.clone(), access }, ..StorageConfig::local("/nowhere") };
    change(&mut config);
    Storage::new(config).await.unwrap()
}

async fn server(faults: Faults) -> S3Server {
    let server = S3Server::start(faults).await;
    server.memory.create_bucket("bkt");
    server
}

fn at(text: &str) -> Location {
    Location::parse(text).unwrap()
}

/// A listing, each entry as text: the key with its size, or what is wrong with it.
async fn listing(storage: &Storage, prefix: &Location) -> Result<Vec<String>> {
    let pages: Vec<Vec<Listed>> = storage.list(prefix).try_collect().await?;
    let text = |listed| match listed {
        Listed::Object(object) => format!("{} {}", object.key, object.size),
        Listed::Skipped(skipped) => format!("{} is left out: {}", skipped.key, skipped.why),
    };
    Ok(pages.into_iter().flatten().map(text).collect())
}

const ODD_KEYS: [&str; 17] = [
    " lead",
    "#hash?query",
    "%41",
    "*",
    "100%",
    "[x]{y}|^`<>",
    "a b/c  d",
    "a&b;c",
    "a+b",
    "a=b,c",
    "a\\b",
    "dt=00%3A00/x",
    "quote'\"s",
    "~tilde",
    "ä/ö",
    "日本",
    "🦉",
];

#[tokio::test]
async fn odd_keys_go_through_every_operation() {
    for encoding in [Encoding::Honoured, Encoding::Ignored, Encoding::Echoed] {
        let server = server(Faults { encoding, ..Faults::default() }).await;
        let storage = storage(&server).await;
        for key in ODD_KEYS {
            let place = at("s3://bkt").join(key);
            storage.put(&place, Bytes::from(key)).await.unwrap();
            assert_eq!(server.memory.get("bkt", key).unwrap(), key, "{key:?} is stored under its name");
            assert_eq!(storage.get(&place).await.unwrap(), key);
            assert_eq!(storage.get_range(&place, 1..99).await.unwrap(), key.as_bytes()[1..]);
            assert_eq!(storage.head(&place).await.unwrap().key, key);
        }
        let expected: Vec<String> = ODD_KEYS.iter().map(|key| format!("{key} {}", key.len())).collect();
        assert_eq!(listing(&storage, &at("s3://bkt")).await.unwrap(), expected, "{encoding:?}");
        let numbered = ODD_KEYS.iter().map(|key| (*key).to_owned()).enumerate().collect();
        let read: Vec<(usize, Result<Bytes>)> = storage.get_many(&at("s3://bkt"), numbered, None).collect().await;
        assert_eq!(read.len(), ODD_KEYS.len());
        for (number, content) in read {
            assert_eq!(content.unwrap(), ODD_KEYS[number]);
        }
        let (url, store) = storage.object_store(&at("s3://bkt/x")).unwrap();
        assert_eq!(url.as_str(), "s3://bkt");
        let place = at("s3://bkt/dt=00%3A00/x");
        assert_eq!(store.get(&place.path().unwrap()).await.unwrap().bytes().await.unwrap(), "dt=00%3A00/x");
        for key in ODD_KEYS {
            storage.delete(&at("s3://bkt").join(key)).await.unwrap();
        }
        assert!(listing(&storage, &at("s3://bkt")).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn keys_that_cannot_be_held_are_named_and_left_out() {
    let server = server(Faults::default()).await;
    for key in ["a//b", "a/", "data/", "./x", "x/../y", "/lead", "tab\tkey", "fine"] {
        server.memory.put("bkt", key, if key == "a/" { "" } else { "x" });
    }
    let storage = storage(&server).await;
    let listed = listing(&storage, &at("s3://bkt")).await.unwrap();
    assert_eq!(
        listed,
        [
            "./x is left out: it has a part '.' or '..'",
            "/lead is left out: it has an empty part between two '/' or at its start",
            "a/ is left out: an empty folder marker",
            "a//b is left out: it has an empty part between two '/' or at its start",
            "data/ is left out: it ends with '/'",
            "fine 1",
            "tab\tkey is left out: it has a control character",
            "x/../y is left out: it has a part '.' or '..'",
        ]
    );
    let folder = storage.list_folder(&at("s3://bkt")).await.unwrap();
    assert_eq!(folder.folders, ["a/", "data/", "x/"]);
    let (_, store) = storage.object_store(&at("s3://bkt")).unwrap();
    let objects: Vec<_> = store.list(None).try_collect().await.unwrap();
    assert_eq!(objects.len(), 1, "libraries see what they can hold");
    let error = storage.get(&at("s3://bkt/a//b")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_prefix_is_an_object_or_a_folder_and_no_beginning_of_names() {
    let server = server(Faults::default()).await;
    for key in ["t", "t-2", "t/1", "t/2/x", "t0"] {
        server.memory.put("bkt", key, "x");
    }
    let storage = storage(&server).await;
    assert_eq!(listing(&storage, &at("s3://bkt/t")).await.unwrap(), ["t 1", "t/1 1", "t/2/x 1"]);
    assert_eq!(listing(&storage, &at("s3://bkt/t/")).await.unwrap(), ["t/1 1", "t/2/x 1"]);
    assert_eq!(listing(&storage, &at("s3://bkt/t/2/x")).await.unwrap(), ["t/2/x 1"]);
    assert!(listing(&storage, &at("s3://bkt/none")).await.unwrap().is_empty());
    let Folder { objects, folders, .. } = storage.list_folder(&at("s3://bkt/t")).await.unwrap();
    assert_eq!((objects.len(), folders), (1, vec!["t/2/".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_store_is_asked_again() {
    let server = server(Faults { slow_down: 0.3, ..Faults::default() }).await;
    for number in 0..2500 {
        server.memory.put("bkt", &format!("{number:05}"), number.to_string());
    }
    let storage = storage(&server).await;
    assert_eq!(listing(&storage, &at("s3://bkt")).await.unwrap().len(), 2500);
    let keys = (0..200).map(|number| (number, format!("{number:05}"))).collect();
    let read: Vec<_> = storage.get_many(&at("s3://bkt"), keys, None).collect().await;
    assert!(read.iter().all(|(number, content)| *content.as_ref().unwrap() == number.to_string()));
    // What was asked again counts once.
    assert_eq!((storage.requests().list, storage.requests().get, read.len()), (3, 200, 200));
    assert!(server.requests("GET /bkt/0") > 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_bodies_are_resumed() {
    let server = server(Faults { truncate: 0.3, ..Faults::default() }).await;
    let big: Bytes = (0..4_000_000_u32).map(|n| (n / 7) as u8).collect::<Vec<_>>().into();
    for number in 0..20 {
        server.memory.put("bkt", &format!("{number}"), big.slice(..number * 1000));
    }
    server.memory.put("bkt", "big", big.clone());
    let storage = storage(&server).await;
    for number in 0..20 {
        let content = storage.get(&at(&format!("s3://bkt/{number}"))).await.unwrap();
        assert_eq!(content, big.slice(..number * 1000), "{number}");
    }
    for _ in 0..4 {
        let chunks: Vec<Bytes> = storage.stream(&at("s3://bkt/big")).try_collect().await.unwrap();
        assert!(chunks.concat() == big);
    }
    assert!(server.requests("GET /bkt/") > 24, "some were resumed");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_and_bounded() {
    let server = server(Faults { latency: Duration::from_millis(20), ..Faults::default() }).await;
    for number in 0..100 {
        server.memory.put("bkt", &format!("t/{number}"), "four");
    }
    server.memory.put("bkt", "empty", "");
    let storage = storage_with(&server, |config| config.concurrency = 8).await;
    let keys: Vec<_> = (0..100).map(|number| (number, format!("t/{number}"))).collect();
    let started = Instant::now();
    let read: Vec<_> = storage.get_many(&at("s3://bkt"), keys.clone(), Some(3)).collect().await;
    assert!(read.iter().all(|(_, content)| content.as_ref().unwrap() == "fou"));
    assert!(started.elapsed() < Duration::from_millis(1500), "one after the other would take 2 s: {:?}", started.elapsed());
    assert!((2..=8).contains(&server.peak()), "{} at once", server.peak());
    let (get, bytes) = (storage.requests().get, storage.requests().bytes_read);
    assert_eq!((get, bytes, server.requests("GET /bkt/t/")), (100, 300, 100));

    let empty: Vec<_> = storage.get_many(&at("s3://bkt"), vec![(0, "empty".to_owned())], Some(3)).collect().await;
    assert_eq!(empty[0].1.as_ref().unwrap(), "");
    storage.put(&at("s3://bkt/new"), Bytes::from("x")).await.unwrap();
    let second = storage.put_if_absent(&at("s3://bkt/new"), Bytes::from("y")).await.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::AlreadyExists);
    storage.delete(&at("s3://bkt/new")).await.unwrap();
    storage.delete(&at("s3://bkt/new")).await.unwrap();
    let counted = storage.requests();
    assert_eq!((counted.put, counted.delete, counted.list), (2, 2, 0));
}

#[tokio::test]
async fn refusals_say_what_is_wrong_and_hold_no_secret() {
    let server = server(Faults::default()).await;
    let good = storage(&server).await;
    let wrong = |config: &mut StorageConfig| {
        let access = Access::Keys(Credentials::new(KEY, "another-secret", None, None, "test"));
        config.s3 = S3::Endpoint { url: server.url.clone(), access };
    };
    let bad = storage_with(&server, wrong).await;
    let list = listing(&bad, &at("s3://bkt")).await.unwrap_err();
    let get = bad.get(&at("s3://bkt/k")).await.unwrap_err();
    assert_eq!((list.kind(), get.kind()), (ErrorKind::AccessDenied, ErrorKind::AccessDenied));
    for text in [format!("{list:?}"), format!("{get:?}"), format!("{bad:?}")] {
        assert!(!text.contains("another-secret"), "{text}");
    }
    let missing = listing(&good, &at("s3://nobucket")).await.unwrap_err();
    assert_eq!((missing.kind(), missing.message()), (ErrorKind::ObjectNotFound, "bucket 's3://nobucket' does not exist"));
    let missing = good.get(&at("s3://bkt/none")).await.unwrap_err();
    assert_eq!((missing.kind(), missing.message()), (ErrorKind::ObjectNotFound, "s3://bkt/none: there is no such object"));
    assert_eq!(good.head(&at("s3://bkt/none")).await.unwrap_err().kind(), ErrorKind::ObjectNotFound);
}

#[tokio::test]
async fn a_confined_storage_touches_its_roots_only() {
    let server = server(Faults::default()).await;
    server.memory.put("bkt", "mine/k", "x");
    server.memory.put("bkt", "other/k", "x");
    let storage = storage_with(&server, |config| {
        config.confined = true;
        config.roots = vec![at("s3://bkt/mine")];
    })
    .await;
    assert_eq!(listing(&storage, &at("s3://bkt/mine")).await.unwrap(), ["mine/k 1"]);
    for text in ["s3://bkt", "s3://bkt/other/", "s3://another/", "file:///etc/"] {
        assert_eq!(listing(&storage, &at(text)).await.unwrap_err().kind(), ErrorKind::AccessDenied, "{text}");
        assert!(storage.object_store(&at(text)).is_err());
    }
    let keys = vec![(0, "mine/k".to_owned()), (1, "other/k".to_owned())];
    let read: Vec<_> = storage.get_many(&at("s3://bkt"), keys, None).collect().await;
    assert!(read.iter().all(|(number, content)| content.is_ok() == (*number == 0)));
    // The store of an allowed location does not open the rest of its bucket.
    let (url, store) = storage.object_store(&at("s3://bkt/mine")).unwrap();
    for store in [store, storage.registered(&url).unwrap()] {
        assert!(store.get(&at("s3://bkt/mine/k").path().unwrap()).await.is_ok());
        assert!(store.get(&at("s3://bkt/other/k").path().unwrap()).await.is_err());
    }
    assert_eq!(server.requests("other"), 0);
}

/// What happens to both stores.
#[derive(Debug, Clone)]
enum Step {
    Put(String),
    PutIfAbsent(String),
    Copy(String, String),
    Delete(String),
}

/// Keys of few parts, so that they meet: prefixes of each other, empty parts, escapes of the lake, unusual characters.
fn key() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "ab", "a!", "", "..", "%=a", "%@a", "%+", "%~", "é", "b+c d", "a%2F", "t=1"]);
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/")).prop_filter("no empty key", |key| !key.is_empty())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => key().prop_map(Step::Put),
        1 => key().prop_map(Step::PutIfAbsent),
        2 => (key(), key()).prop_map(|(from, to)| Step::Copy(from, to)),
        2 => key().prop_map(Step::Delete),
    ]
}

/// Whether a key can go over HTTP to the S3; others are put into its memory.
fn goes(key: &str) -> bool {
    at("s3://bkt").with_key(key).path().is_ok()
}

/// Does a step to the S3; says whether it was refused.
async fn to_s3(server: &S3Server, storage: &Storage, step: &Step, content: &str) -> bool {
    let place = |key: &str| at("s3://bkt").with_key(key);
    let content = Bytes::from(content.to_owned());
    match step {
        Step::Put(key) if goes(key) => storage.put(&place(key), content).await.is_err(),
        Step::PutIfAbsent(key) if goes(key) => storage.put_if_absent(&place(key), content).await.is_err(),
        Step::Delete(key) if goes(key) => storage.delete(&place(key)).await.is_err(),
        Step::Copy(from, to) if goes(from) && goes(to) => {
            let (_, store) = storage.object_store(&place(from)).unwrap();
            store.copy(&place(from).path().unwrap(), &place(to).path().unwrap()).await.is_err()
        }
        Step::Put(key) => {
            server.memory.put("bkt", key, content);
            false
        }
        Step::PutIfAbsent(key) => {
            let there = server.memory.get("bkt", key).is_some();
            if !there {
                server.memory.put("bkt", key, content);
            }
            there
        }
        Step::Delete(key) => {
            server.memory.delete("bkt", key);
            false
        }
        Step::Copy(from, to) => match server.memory.get("bkt", from) {
            Some(content) => {
                server.memory.put("bkt", to, content);
                false
            }
            None => true,
        },
    }
}

/// Does a step to the lake; says whether it was refused.
async fn to_lake(storage: &Storage, step: &Step, content: &str) -> bool {
    let bucket = storage.lake().unwrap().bucket("bkt").unwrap();
    let content = vec![Bytes::from(content.to_owned())];
    match step {
        Step::Put(key) => bucket.put(key, content, Condition::None).await.is_err(),
        Step::PutIfAbsent(key) => bucket.put(key, content, Condition::Absent).await.is_err(),
        Step::Delete(key) => bucket.delete(key).await.is_err(),
        Step::Copy(from, to) => bucket.copy(from, to, Condition::None).await.is_err(),
    }
}

/// A folder, as text.
async fn folder(storage: &Storage, at: &Location) -> (Vec<String>, Vec<String>, Vec<String>) {
    let Folder { objects, folders, skipped } = storage.list_folder(at).await.unwrap();
    let mut skipped: Vec<String> = skipped.into_iter().map(|skipped| skipped.key).collect();
    // Skipped folders come after skipped objects of the same page of S3.
    skipped.sort_unstable();
    (objects.into_iter().map(|object| format!("{} {}", object.key, object.size)).collect(), folders, skipped)
}

async fn compare(steps: &[Step], prefixes: &[String]) {
    let server = server(Faults::default()).await;
    let s3 = storage(&server).await;
    let dir = tempfile::tempdir().unwrap();
    let lake = Storage::new(StorageConfig { confined: true, ..StorageConfig::local(dir.path()) }).await.unwrap();
    lake.lake().unwrap().create_bucket("bkt").await.unwrap();
    for (number, step) in steps.iter().enumerate() {
        let content = "x".repeat(number);
        assert_eq!(to_lake(&lake, step, &content).await, to_s3(&server, &s3, step, &content).await, "{step:?}");
    }
    for prefix in prefixes.iter().map(String::as_str).chain(["", "a/", "a"]) {
        let (in_lake, in_s3) = (at("s3://bkt").with_key(prefix), at("s3://bkt").with_key(prefix));
        assert_eq!(listing(&lake, &in_lake).await.unwrap(), listing(&s3, &in_s3).await.unwrap(), "under {prefix:?}");
        assert_eq!(folder(&lake, &in_lake).await, folder(&s3, &in_s3).await, "in {prefix:?}");
        if goes(prefix) {
            let read = (lake.get(&in_lake).await.map_err(|e| e.kind()), s3.get(&in_s3).await.map_err(|e| e.kind()));
            assert_eq!(read.0, read.1, "content of {prefix:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_embedded_lake_behaves_as_s3(steps in prop::collection::vec(step(), 1..25), prefixes in prop::collection::vec(key(), 0..4)) {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(compare(&steps, &prefixes));
    }
}
