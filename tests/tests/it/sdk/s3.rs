//! Objects: whole and in parts, ranges, listings, copies, deletion, presigned URLs.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};

use super::Clients;

/// The least size of a part that is not the last.
const PART: usize = 5 << 20;

/// A server with the bucket `crate`.
async fn bucket() -> (Clients, Client) {
    let clients = Clients::new();
    clients.s3.create_bucket().bucket("crate").send().await.unwrap();
    let s3 = clients.s3.clone();
    (clients, s3)
}

async fn text(s3: &Client, key: &str) -> String {
    let object = s3.get_object().bucket("crate").key(key).send().await.unwrap();
    String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn objects_are_put_read_in_ranges_and_deleted() {
    let (_clients, s3) = bucket().await;
    let put = s3
        .put_object()
        .bucket("crate")
        .key("a b/ü+")
        .content_type("text/x")
        .metadata("who", "me")
        .body(b"0123456789".to_vec().into());
    let etag = put.send().await.unwrap().e_tag.unwrap();
    let head = s3.head_object().bucket("crate").key("a b/ü+").send().await.unwrap();
    assert_eq!((head.content_length(), head.content_type(), head.e_tag()), (Some(10), Some("text/x"), Some(&*etag)));
    assert_eq!(head.metadata().unwrap()["who"], "me");
    for (range, expected) in [("bytes=2-4", "234"), ("bytes=7-", "789"), ("bytes=-1", "9")] {
        let part = s3.get_object().bucket("crate").key("a b/ü+").range(range).send().await.unwrap();
        assert!(part.content_range().unwrap().ends_with("/10"), "{part:?}");
        assert_eq!(part.body.collect().await.unwrap().to_vec(), expected.as_bytes(), "{range}");
    }
    let beyond = s3.get_object().bucket("crate").key("a b/ü+").range("bytes=10-").send().await.unwrap_err();
    assert_eq!(beyond.into_service_error().code(), Some("InvalidRange"));
    let changed = s3.put_object().bucket("crate").key("a b/ü+").if_none_match("*").body(vec![].into()).send().await.unwrap_err();
    assert_eq!(changed.into_service_error().code(), Some("PreconditionFailed"));
    s3.delete_object().bucket("crate").key("a b/ü+").send().await.unwrap();
    assert!(s3.get_object().bucket("crate").key("a b/ü+").send().await.unwrap_err().into_service_error().is_no_such_key());
    assert!(s3.head_object().bucket("crate").key("a b/ü+").send().await.unwrap_err().into_service_error().is_not_found());
}

/// A body that is a stream goes in pieces, with its checksum behind it.
#[tokio::test]
async fn a_file_is_streamed_and_its_checksum_is_checked_on_both_ways() {
    let (_clients, s3) = bucket().await;
    let folder = tempfile::tempdir().unwrap();
    let (path, content) = (folder.path().join("large"), vec![b'x'; 300_000]);
    std::fs::write(&path, &content).unwrap();
    for (key, algorithm) in [
        ("default", None),
        ("crc32c", Some(ChecksumAlgorithm::Crc32C)),
        ("crc64", Some(ChecksumAlgorithm::Crc64Nvme)),
        ("sha1", Some(ChecksumAlgorithm::Sha1)),
        ("sha256", Some(ChecksumAlgorithm::Sha256)),
    ] {
        let body = ByteStream::from_path(&path).await.unwrap();
        s3.put_object().bucket("crate").key(key).set_checksum_algorithm(algorithm).body(body).send().await.unwrap();
        let object = s3.get_object().bucket("crate").key(key).checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
        assert_eq!(object.body.collect().await.unwrap().to_vec(), content, "{key}");
    }
    let wrong =
        s3.put_object().bucket("crate").key("wrong").checksum_sha256("A".repeat(43) + "=").body(content.into()).send().await;
    assert_eq!(wrong.unwrap_err().into_service_error().code(), Some("BadDigest"));
    assert!(s3.head_object().bucket("crate").key("wrong").send().await.is_err(), "nothing of it is kept");
}

#[tokio::test]
async fn listings_have_pages_and_folders() {
    let (_clients, s3) = bucket().await;
    let mut given: Vec<String> = (0..25).map(|n| format!("many/{n:02}")).collect();
    given.extend(["a", "a/b", "z+ü"].map(str::to_owned));
    given.sort();
    for key in &given {
        s3.put_object().bucket("crate").key(key).body(vec![].into()).send().await.unwrap();
    }
    let pages: Vec<_> = s3.list_objects_v2().bucket("crate").into_paginator().page_size(10).send().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.contents().len()).collect::<Vec<_>>(), [10, 10, 8]);
    let keys: Vec<_> = pages.iter().flat_map(|page| page.contents()).map(|object| object.key().unwrap()).collect();
    assert_eq!(keys, given);
    let top = s3.list_objects_v2().bucket("crate").delimiter("/").send().await.unwrap();
    let folders: Vec<_> = top.common_prefixes().iter().map(|folder| folder.prefix().unwrap()).collect();
    let objects: Vec<_> = top.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!((folders, objects), (vec!["a/", "many/"], vec!["a", "z+ü"]));
    let absent = s3.list_objects_v2().bucket("nothing").send().await.unwrap_err().into_service_error();
    assert!(absent.is_no_such_bucket(), "{absent:?}");
}

#[tokio::test]
async fn an_upload_of_parts_is_one_object() {
    let (_clients, s3) = bucket().await;
    s3.put_object().bucket("crate").key("source").body(b"0123456789".to_vec().into()).send().await.unwrap();
    let id = s3.create_multipart_upload().bucket("crate").key("whole").send().await.unwrap().upload_id.unwrap();
    let first = s3.upload_part().bucket("crate").key("whole").upload_id(&id).part_number(1).body(vec![b'x'; PART].into());
    let first = first.send().await.unwrap();
    let second = s3.upload_part_copy().bucket("crate").key("whole").upload_id(&id).part_number(2);
    let second = second.copy_source("crate/source").copy_source_range("bytes=3-5").send().await.unwrap();
    let listed = s3.list_parts().bucket("crate").key("whole").upload_id(&id).send().await.unwrap();
    assert_eq!(listed.parts().iter().map(|part| part.size().unwrap()).collect::<Vec<_>>(), [PART as i64, 3]);
    let part = |number, etag: &str| CompletedPart::builder().part_number(number).e_tag(etag).build();
    let parts = CompletedMultipartUpload::builder()
        .parts(part(1, first.e_tag().unwrap()))
        .parts(part(2, second.copy_part_result().unwrap().e_tag().unwrap()))
        .build();
    let whole =
        s3.complete_multipart_upload().bucket("crate").key("whole").upload_id(&id).multipart_upload(parts).send().await.unwrap();
    assert!(whole.e_tag().unwrap().ends_with("-2\""), "{whole:?}");
    let tail = s3.get_object().bucket("crate").key("whole").range("bytes=-5").send().await.unwrap();
    assert_eq!(tail.body.collect().await.unwrap().to_vec(), b"xx345");

    let given_up = s3.create_multipart_upload().bucket("crate").key("never").send().await.unwrap().upload_id.unwrap();
    s3.abort_multipart_upload().bucket("crate").key("never").upload_id(&given_up).send().await.unwrap();
    assert!(s3.list_multipart_uploads().bucket("crate").send().await.unwrap().uploads().is_empty());
}

#[tokio::test]
async fn objects_are_copied_and_deleted_together() {
    let (_clients, s3) = bucket().await;
    s3.put_object().bucket("crate").key("one").metadata("who", "me").body(b"1".to_vec().into()).send().await.unwrap();
    s3.copy_object().bucket("crate").key("two").copy_source("crate/one").send().await.unwrap();
    assert_eq!(text(&s3, "two").await, "1");
    assert_eq!(s3.head_object().bucket("crate").key("two").send().await.unwrap().metadata().unwrap()["who"], "me");
    let gone = s3.copy_object().bucket("crate").key("three").copy_source("crate/nothing").send().await.unwrap_err();
    assert_eq!(gone.into_service_error().code(), Some("NoSuchKey"));
    let key = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(key("one")).objects(key("two")).objects(key("never")).build().unwrap();
    let deleted = s3.delete_objects().bucket("crate").delete(delete).send().await.unwrap();
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (3, 0));
    assert_eq!(s3.list_objects_v2().bucket("crate").send().await.unwrap().key_count(), Some(0));
}

#[tokio::test]
async fn a_presigned_url_is_enough_until_it_is_changed() {
    let (clients, s3) = bucket().await;
    s3.put_object().bucket("crate").key("a b/ü").body(b"signed".to_vec().into()).send().await.unwrap();
    let config = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let presigned = s3.get_object().bucket("crate").key("a b/ü").presigned(config).await.unwrap();
    let path = presigned.uri().strip_prefix(&clients.serving.url).unwrap();
    let host = format!("Host: {}\r\n", clients.serving.address);
    let (line, body) = clients.serving.get(path, &host);
    assert!(line.contains("200") && body == "signed", "{line}: {body}");
    let (line, body) = clients.serving.get(&path.replace("/crate/a", "/crate/x"), &host);
    assert!(line.contains("403") && body.contains("<Code>SignatureDoesNotMatch</Code>"), "{line}: {body}");
}
