//! Trees of files as objects.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use proptest::prelude::*;

use super::*;

fn lake(root: &Path) -> Disk {
    Disk::bucket("b", root.to_owned(), Guard::default())
}

async fn put(disk: &Disk, key: &str) {
    disk.put(key, vec![Bytes::copy_from_slice(key.as_bytes())], Condition::None).await.unwrap();
}

/// Keys of a listing; those that are left out with `!` before them.
async fn keys(disk: &Disk, prefix: &str, after: &str) -> Vec<String> {
    let pages: Vec<Vec<Listed>> = disk.list(prefix, after).try_collect().await.unwrap();
    let key = |listed| match listed {
        Listed::Object(object) => object.key,
        Listed::Skipped(skipped) => format!("!{}", skipped.key),
    };
    pages.into_iter().flatten().map(key).collect()
}

#[tokio::test]
async fn an_object_and_a_folder_may_have_one_name() {
    for order in [["a", "a/b", "a/b/c"], ["a/b/c", "a/b", "a"], ["a/b", "a", "a/b/c"]] {
        let dir = tempfile::tempdir().unwrap();
        let disk = lake(dir.path());
        for key in order {
            put(&disk, key).await;
        }
        assert_eq!(keys(&disk, "", "").await, ["a", "a/b", "a/b/c"], "{order:?}");
        for key in order {
            assert_eq!(disk.get(key).await.unwrap(), key, "{order:?}");
        }
        let folder = disk.list_folder("a/").await.unwrap();
        assert_eq!((folder.objects[0].key.as_str(), folder.folders), ("a/b", vec!["a/b/".to_owned()]));
        for key in ["a/b/c", "a/b"] {
            disk.delete(key).await.unwrap();
        }
        assert_eq!(keys(&disk, "", "").await, ["a"]);
        assert!(!dir.path().join("a").is_dir(), "an empty folder is pruned");
    }
}

#[tokio::test]
async fn files_copied_in_by_hand_are_objects() {
    let dir = tempfile::tempdir().unwrap();
    let disk = lake(dir.path());
    fs::create_dir_all(dir.path().join("t/dt=00%3A00/empty")).unwrap();
    fs::write(dir.path().join("t/dt=00%3A00/x y.json"), "1").unwrap();
    fs::write(dir.path().join("%+torn"), "1").unwrap();
    assert_eq!(keys(&disk, "", "").await, ["!%+torn", "t/dt=00%3A00/x y.json"]);
    assert_eq!(disk.get("t/dt=00%3A00/x y.json").await.unwrap(), "1");
    assert_eq!(disk.list_folder("t/dt=00%3A00/").await.unwrap().folders, Vec::<String>::new(), "an empty folder holds no key");
}

#[tokio::test]
async fn etags_change_with_the_content_and_conditions_hold() {
    let dir = tempfile::tempdir().unwrap();
    let disk = lake(dir.path());
    let first = disk.put("k", vec!["1".into()], Condition::Absent).await.unwrap();
    assert_eq!(disk.head("k").await.unwrap(), first);
    let refused = disk.put("k", vec!["2".into()], Condition::Absent).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    let second = disk.put("k", vec!["2".into()], Condition::Etag(first.etag.clone().unwrap())).await.unwrap();
    assert_ne!(first.etag, second.etag);
    let stale = disk.put("k", vec!["3".into()], Condition::Etag(first.etag.unwrap())).await.unwrap_err();
    assert_eq!((stale.kind(), disk.get("k").await.unwrap()), (ErrorKind::Conflict, "2".into()));
    // A file moved out of a folder's way stays the object it was.
    put(&disk, "k/below").await;
    assert_eq!(disk.head("k").await.unwrap(), second);
    assert_eq!(fs::read_dir(dir.path().join("%~")).unwrap().count(), 0, "nothing unfinished stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_that_want_to_be_first_one_is() {
    let dir = tempfile::tempdir().unwrap();
    // Two of them, as two processes would have.
    let disks = [lake(dir.path()), lake(dir.path())];
    let writes = (0..32).map(|n: usize| {
        let disk = disks[n % 2].clone();
        tokio::spawn(async move { disk.put("log/0", vec![n.to_string().into()], Condition::Absent).await.is_ok() })
    });
    let won = futures::future::join_all(writes).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn uploads_appear_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let disk = lake(dir.path());
    let mut upload = disk.upload("big").await.unwrap();
    let (first, second) = (upload.part(vec!["ab".into()]), upload.part(vec!["c".into(), "d".into()]));
    second.await.unwrap();
    assert_eq!(disk.head("big").await.unwrap_err().kind(), ErrorKind::ObjectNotFound);
    first.await.unwrap();
    upload.complete().await.unwrap();
    assert_eq!(disk.get("big").await.unwrap(), "abcd");

    let mut upload = disk.upload("torn").await.unwrap();
    drop(upload.part(vec!["never written".into()]));
    assert!(upload.complete().await.is_err());
    drop(disk.upload("left").await.unwrap());
    let mut upload = disk.upload("aborted").await.unwrap();
    upload.abort().await.unwrap();
    assert!(upload.complete().await.is_err());
    assert_eq!(keys(&disk, "", "").await, ["big"]);
    assert_eq!(fs::read_dir(dir.path().join("%~")).unwrap().count(), 0);
}

#[tokio::test]
async fn large_objects_come_in_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let disk = lake(dir.path());
    let content: Bytes = (0..3_000_000_u32).map(|n| n as u8).collect::<Vec<_>>().into();
    disk.put("big", vec![content.clone()], Condition::None).await.unwrap();
    assert_eq!(disk.get("big").await.unwrap(), content);
    let chunks: Vec<Bytes> = disk.open("big").await.unwrap().stream(5..2_999_999).try_collect().await.unwrap();
    assert_eq!((chunks.len(), chunks.concat().as_slice()), (3, &content[5..2_999_999]));
    let many: Vec<_> = disk.get_many(vec![(7, "big".into()), (8, "none".into())], Some(10)).collect().await;
    for (number, read) in many {
        match number {
            7 => assert_eq!(read.unwrap(), content.slice(..10)),
            _ => assert_eq!(read.unwrap_err().kind(), ErrorKind::ObjectNotFound),
        }
    }
}

#[tokio::test]
async fn links_are_followed_but_not_in_circles_and_not_out_of_the_roots() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let at = |name: &str| root.join(name);
    fs::create_dir_all(at("in/folder")).unwrap();
    fs::create_dir_all(at("out")).unwrap();
    fs::write(at("in/folder/f"), "in").unwrap();
    fs::write(at("out/f"), "secret").unwrap();
    for (target, link) in
        [("in/folder", "in/again"), ("in", "in/folder/up"), ("out", "in/leak"), ("out/f", "in/leak.txt"), ("no", "in/broken")]
    {
        symlink(at(target), at(link)).unwrap();
    }
    let prefix = format!("{}/in/", root.to_str().unwrap().trim_start_matches('/'));
    let short = |keys: Vec<String>| keys.into_iter().map(|key| key.replace(&prefix, "")).collect::<Vec<_>>();
    let open = Disk::files(Guard::default());
    assert_eq!(
        short(keys(&open, &prefix, "").await),
        ["again/f", "!again/up/", "!broken", "folder/f", "!folder/up/", "leak.txt", "leak/f"]
    );
    let confined = Disk::files(Guard::new(&[at("in")], None));
    let listed = short(keys(&confined, &prefix, "").await);
    assert!(
        listed.contains(&"folder/f".to_owned())
            && listed.contains(&"!leak".to_owned())
            && listed.contains(&"!leak.txt".to_owned())
    );
    for key in ["leak/f", "leak.txt"] {
        let key = format!("{prefix}{key}");
        assert_eq!(confined.get(&key).await.unwrap_err().kind(), ErrorKind::AccessDenied);
        let put = confined.put(&key, vec!["x".into()], Condition::None).await;
        assert_eq!(put.unwrap_err().kind(), ErrorKind::AccessDenied);
        let many: Vec<_> = confined.get_many(vec![(0, key)], None).collect().await;
        assert_eq!(many[0].1.as_ref().unwrap_err().kind(), ErrorKind::AccessDenied);
    }
    assert_eq!(fs::read(at("out/f")).unwrap(), b"secret");
}

#[tokio::test]
async fn the_data_directory_is_not_seen_even_under_a_root() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("data")).unwrap();
    fs::write(dir.path().join("data/catalog.db"), "x").unwrap();
    fs::write(dir.path().join("f"), "x").unwrap();
    let disk = Disk::files(Guard::new(&[dir.path().to_owned()], Some(&dir.path().join("data"))));
    let prefix = format!("{}/", dir.path().to_str().unwrap().trim_start_matches('/'));
    assert_eq!(keys(&disk, &prefix, "").await, [format!("!{prefix}data/"), format!("{prefix}f")]);
    assert_eq!(disk.get(&format!("{prefix}data/catalog.db")).await.unwrap_err().kind(), ErrorKind::AccessDenied);
}

/// Keys made of few parts, so that they meet: prefixes of each other, empty parts, escapes, long parts, unusual characters.
fn key() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "ab", "a!", "", ".", "..", "%=a", "%@a", "%2F", "é", "b+c d", "%~", "LONG"]);
    prop::collection::vec(part, 1..4)
        .prop_map(|parts| parts.join("/").replace("LONG", &"x".repeat(300)))
        .prop_filter("S3 has no empty key", |key| !key.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_bucket_is_a_map_in_byte_order(
        writes in prop::collection::vec((key(), any::<bool>()), 1..20), prefix in key(), after in key(), cut in 0..6_usize
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let disk = lake(dir.path());
            let mut model = BTreeMap::new();
            for (number, (key, is_put)) in writes.iter().enumerate() {
                match is_put {
                    true => {
                        disk.put(key, vec![number.to_string().into()], Condition::None).await.unwrap();
                        model.insert(key.clone(), number.to_string());
                    }
                    false => {
                        disk.delete(key).await.unwrap();
                        model.remove(key);
                    }
                }
            }
            for (key, content) in &model {
                assert_eq!(disk.get(key).await.unwrap(), content.as_str());
            }
            let named = |key: &String| match key::unholdable(key) { None => key.clone(), Some(_) => format!("!{key}") };
            let prefix: String = prefix.chars().take(cut).collect();
            let expected: Vec<_> = model.keys().filter(|key| key.starts_with(&prefix) && **key > after).map(named).collect();
            assert_eq!(keys(&disk, &prefix, &after).await, expected, "prefix {prefix:?} after {after:?}");
            for key in model.keys() {
                disk.delete(key).await.unwrap();
            }
            let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).filter(|name| name != "%~").collect();
            assert_eq!(left, Vec::<std::ffi::OsString>::new());
        });
    }
}
