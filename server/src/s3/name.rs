//! What S3 calls a request, for the log and the counters: S3's crate knows it, too, and tells nobody.

use axum::http::Method;
use axum::http::request::Parts;

/// The operation of a request whose bucket is in its path.
pub(super) fn operation(head: &Parts) -> &'static str {
    let path = head.uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let asks = |name: &str| {
        let query = head.uri.query().unwrap_or_default();
        query.split('&').any(|pair| pair.split('=').next() == Some(name))
    };
    let copies = head.headers.contains_key("x-amz-copy-source");
    let place = match (bucket, key) {
        ("", _) => 's',
        (_, "") => 'b',
        _ => 'o',
    };
    match (&head.method, place) {
        (&Method::GET, 's') => "s3.ListBuckets",
        (&Method::GET, 'b') if asks("list-type") => "s3.ListObjectsV2",
        (&Method::GET, 'b') if asks("uploads") => "s3.ListMultipartUploads",
        (&Method::GET, 'b') if !sub(head) => "s3.ListObjects",
        (&Method::HEAD, 'b') => "s3.HeadBucket",
        (&Method::PUT, 'b') if !sub(head) => "s3.CreateBucket",
        (&Method::DELETE, 'b') if !sub(head) => "s3.DeleteBucket",
        (&Method::POST, 'b') if asks("delete") => "s3.DeleteObjects",
        (&Method::GET, 'o') if asks("uploadId") => "s3.ListParts",
        (&Method::GET, 'o') if !sub(head) => "s3.GetObject",
        (&Method::HEAD, 'o') => "s3.HeadObject",
        (&Method::PUT, 'o') if asks("partNumber") && copies => "s3.UploadPartCopy",
        (&Method::PUT, 'o') if asks("partNumber") => "s3.UploadPart",
        (&Method::PUT, 'o') if copies => "s3.CopyObject",
        (&Method::PUT, 'o') if !sub(head) => "s3.PutObject",
        (&Method::POST, 'o') if asks("uploads") => "s3.CreateMultipartUpload",
        (&Method::POST, 'o') if asks("uploadId") => "s3.CompleteMultipartUpload",
        (&Method::DELETE, 'o') if asks("uploadId") => "s3.AbortMultipartUpload",
        (&Method::DELETE, 'o') if !sub(head) => "s3.DeleteObject",
        _ => "s3.other",
    }
}

/// Whether something beside the bucket or the object itself is meant, such as its `?tagging`.
fn sub(head: &Parts) -> bool {
    const SUBS: &[&str] = &[
        "acl",
        "accelerate",
        "attributes",
        "cors",
        "encryption",
        "legal-hold",
        "lifecycle",
        "location",
        "logging",
        "notification",
        "object-lock",
        "ownershipControls",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "select",
        "tagging",
        "torrent",
        "versioning",
        "versions",
        "website",
    ];
    let query = head.uri.query().unwrap_or_default();
    query.split('&').any(|pair| SUBS.contains(&pair.split('=').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn names() {
        for (method, uri, expected) in [
            ("GET", "/", "s3.ListBuckets"),
            ("GET", "/b?list-type=2&prefix=a%2F", "s3.ListObjectsV2"),
            ("GET", "/b/?prefix=acl", "s3.ListObjects"),
            ("GET", "/b?acl", "s3.other"),
            ("PUT", "/b", "s3.CreateBucket"),
            ("POST", "/b?delete=", "s3.DeleteObjects"),
            ("GET", "/b/a//c", "s3.GetObject"),
            ("PUT", "/b/k?partNumber=1&uploadId=x", "s3.UploadPart"),
            ("PUT", "/b/k", "s3.PutObject"),
            ("PUT", "/b/k?tagging", "s3.other"),
            ("POST", "/b/k?uploads", "s3.CreateMultipartUpload"),
            ("DELETE", "/b/k?uploadId=x", "s3.AbortMultipartUpload"),
            ("PATCH", "/b/k", "s3.other"),
        ] {
            let head = Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0;
            assert_eq!(operation(&head), expected, "{method} {uri}");
        }
        let copy = Request::put("/b/k").header("x-amz-copy-source", "b/j").body(()).unwrap().into_parts().0;
        assert_eq!(operation(&copy), "s3.CopyObject");
    }
}
