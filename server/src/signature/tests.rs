//! Signatures of AWS's test suite (`suite.json`: the cases of version 4 from the crate `aws-sigv4`, Apache-2.0, Amazon.com, without those
//! whose addresses are no addresses of HTTP or are encoded once only, and those with tokens of sessions), examples of S3's manual, and requests that the Rust SDK's
//! library signs.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use axum::http::Request;
use chrono::{Duration, TimeZone as _};
use serde_json::Value;

use super::*;
use crate::keys::KeyFile;

/// Keys of which one is this.
fn keys(folder: &tempfile::TempDir, id: &str, secret: &str) -> Keys {
    let path = folder.path().join("keys.toml");
    std::fs::write(&path, format!("[[key]]\nid = {id:?}\nsecret = {secret:?}\ncreated = \"2026-01-01T00:00:00Z\"\n")).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Keys::open(KeyFile::within(folder.path())).unwrap()
}

fn examined(keys: &Keys, request: &Request<Vec<u8>>, service: &str, now: DateTime<Utc>) -> Result<Granted, Refused> {
    let (head, body) = request.clone().into_parts();
    let host = head.headers["host"].to_str().unwrap().to_owned();
    verify(keys, &Signed { head: &head, service, hosts: &["other.example", &host], front: &Front::default(), body: &body }, now)
}

/// A request as it is on the wire.
fn wire(text: &str) -> Option<Request<Vec<u8>>> {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let mut request = Request::builder().method(words.next().unwrap()).uri(words.next().unwrap());
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        request = request.header(name, value.trim());
    }
    request.body(body.as_bytes().to_vec()).ok()
}

#[test]
fn the_suite_of_aws_passes() {
    let suite: Value = serde_json::from_str(include_str!("suite.json")).unwrap();
    for case in suite["paths"].as_array().unwrap() {
        let path = case["path"].as_str().unwrap();
        let ours = if case["normalize"] == true { canonical::path(path) } else { canonical::s3_path(path) };
        assert_eq!(ours, case["canonical"].as_str().unwrap(), "{path}");
    }
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder, "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let then = Utc.with_ymd_and_hms(2015, 8, 30, 12, 36, 0).unwrap();
    let cases = suite["requests"].as_array().unwrap();
    assert!(cases.len() > 50);
    for case in cases {
        let (name, text) = (&case["name"], case["request"].as_str().unwrap());
        let request = wire(text).expect(text);
        let found = examined(&keys, &request, "service", then);
        assert!(found.is_ok(), "{name}: {found:?}");
        // Nothing that is signed can be changed.
        let mut changed = request.clone();
        changed.body_mut().push(b'x');
        assert!(matches!(examined(&keys, &changed, "service", then), Err(Refused::Mismatch(_))), "{name}: another body");
        let mut changed = request.clone();
        *changed.method_mut() = axum::http::Method::DELETE;
        assert!(matches!(examined(&keys, &changed, "service", then), Err(Refused::Mismatch(_))), "{name}: another method");
        let mut changed = request.clone();
        changed.headers_mut().insert("host", "evil.example".parse().unwrap());
        assert!(matches!(examined(&keys, &changed, "service", then), Err(Refused::Mismatch(_))), "{name}: another host");
    }
}

/// The body of the examples in S3's manual, signed with `seed`: decoded, or refused.
async fn decoded(seed: &str, body: String) -> Result<usize, axum::Error> {
    let key = generate_signing_key(
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        SystemTime::from(Utc.with_ymd_and_hms(2013, 5, 24, 0, 0, 0).unwrap()),
        "us-east-1",
        "s3",
    );
    let scope = "20130524/us-east-1/s3/aws4_request".to_owned();
    let chunks = Chunks::new(key.as_ref(), "20130524T000000Z".to_owned(), scope, seed.to_owned());
    let (body, _) = crate::aws::decode(&mut axum::http::HeaderMap::new(), axum::body::Body::from(body), Some(chunks));
    axum::body::to_bytes(body, usize::MAX).await.map(|bytes| bytes.len())
}

#[tokio::test]
async fn the_pieces_of_s3s_manual() {
    let plain = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    let of = |first: &str, a: &str| {
        format!(
            "10000;chunk-signature={first}\r\n{}\r\n\
             400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n{}\r\n\
             0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
            a.repeat(65536),
            "a".repeat(1024)
        )
    };
    let first = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648";
    assert_eq!(decoded(plain, of(first, "a")).await.unwrap(), 66560);
    assert!(decoded(plain, of(first, "b")).await.is_err());
    assert!(decoded(plain, of("", "a")).await.is_err());
    assert!(decoded("00", of(first, "a")).await.is_err());

    let trailing = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    let of = |sum: &str| {
        format!(
            "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n{}\r\n\
             400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n{}\r\n\
             0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n\
             x-amz-checksum-crc32c:{sum}\r\n\
             x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
            "a".repeat(65536),
            "a".repeat(1024)
        )
    };
    assert_eq!(decoded(trailing, of("sOO8/Q==")).await.unwrap(), 66560);
    assert!(decoded(trailing, of("AAAAAA==")).await.is_err());
}

/// What the library of AWS's SDK for Rust makes of a request.
fn signed_by_library(mut request: Request<Vec<u8>>, service: &str, lasts: Option<u64>, at: DateTime<Utc>) -> Request<Vec<u8>> {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if let Some(seconds) = lasts {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(std::time::Duration::from_secs(seconds));
    }
    let identity = Credentials::new("AKIAMINE", "secret", None, None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name(service)
        .time(at.into())
        .settings(settings)
        .build()
        .unwrap();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let body = if lasts.is_some() { SignableBody::UnsignedPayload } else { SignableBody::Bytes(request.body()) };
    let uri = format!("http://{}{}", request.headers()["host"].to_str().unwrap(), request.uri());
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, body).unwrap();
    let (instructions, _) = sign(signable, &parameters.into()).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request
}

fn plain(method: &str, uri: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(uri).header("host", "127.0.0.1:4580")
}

#[test]
fn what_the_library_of_the_sdk_signs_is_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, now) = (keys(&folder, "AKIAMINE", "secret"), Utc::now());
    for (service, method, uri, lasts) in [
        ("athena", "POST", "/", None),
        ("glue", "POST", "/?a=b%20c&A=%2B", None),
        ("s3", "GET", "/bucket/a%20b/%C3%A9%2B~c//d?versionId=1&prefix=a%2Fb", None),
        ("s3", "PUT", "/bucket/./x/../y", None),
        ("s3", "GET", "/bucket/a%20b?response-content-type=text%2Fplain", Some(60)),
        ("s3", "PUT", "/bucket/dt%3D2026-01-01/x", Some(604_800)),
    ] {
        let request = plain(method, uri).header("x-amz-target", "AWSGlue.GetTables").body(b"{}".to_vec()).unwrap();
        let request = signed_by_library(request, service, lasts, now);
        let found = examined(&keys, &request, service, now);
        assert!(found.is_ok(), "{service} {method} {uri}: {found:?}");
        assert!(matches!(examined(&keys, &request, "sts", now), Err(Refused::Mismatch(_))), "another service");
        let late = now + Duration::days(8);
        assert!(matches!(examined(&keys, &request, service, late), Err(Refused::Skewed(_) | Refused::Elapsed)), "{uri}: late");
        let mut more = request.clone();
        more.headers_mut().insert("x-amz-copy-source", "/other/secret".parse().unwrap());
        assert_eq!(examined(&keys, &more, service, now).unwrap_err(), Refused::Unsigned("x-amz-copy-source".to_owned()));
    }
}

#[test]
fn clocks_may_differ_by_a_quarter_of_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, now) = (keys(&folder, "AKIAMINE", "secret"), Utc::now());
    let request = || plain("POST", "/").body(Vec::new()).unwrap();
    for (minutes, taken) in [(-14, true), (-16, false), (14, true), (16, false)] {
        let request = signed_by_library(request(), "athena", None, now + Duration::minutes(minutes));
        assert_eq!(examined(&keys, &request, "athena", now).is_ok(), taken, "{minutes}");
    }
    let presigned = signed_by_library(plain("GET", "/b/k").body(Vec::new()).unwrap(), "s3", Some(60), now);
    assert!(examined(&keys, &presigned, "s3", now + Duration::seconds(59)).is_ok());
    assert_eq!(examined(&keys, &presigned, "s3", now + Duration::seconds(62)).unwrap_err(), Refused::Elapsed);
}

#[test]
fn what_is_no_signature_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, now) = (keys(&folder, "AKIAMINE", "secret"), Utc::now());
    let date = now.format("%Y%m%dT%H%M%SZ").to_string();
    let credential = format!("AKIAMINE/{}/r/athena/aws4_request", now.format("%Y%m%d"));
    let of = |authorization: Option<&str>| {
        let mut request = plain("POST", "/").header("x-amz-date", &date);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        examined(&keys, &request.body(Vec::new()).unwrap(), "athena", now).unwrap_err()
    };
    assert_eq!(of(None), Refused::Missing);
    assert!(matches!(of(Some("Bearer x")), Refused::NotSupported(_)));
    assert!(matches!(of(Some("AWS AKIAMINE:x")), Refused::NotSupported(_)));
    assert!(matches!(of(Some("AWS4-HMAC-SHA256")), Refused::Incomplete(_)));
    let with = |credential: &str, headers: &str| {
        of(Some(&format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={headers},Signature=00")))
    };
    assert!(matches!(with("AKIAMINE/x", "host;x-amz-date"), Refused::Incomplete(_)));
    assert_eq!(with(&credential.replace("MINE", "YOURS"), "host;x-amz-date"), Refused::UnknownKey);
    assert_eq!(with(&credential, "x-amz-date"), Refused::Unsigned("host".to_owned()));
    assert_eq!(with(&credential, "host"), Refused::Unsigned("x-amz-date".to_owned()));
    assert!(matches!(with(&credential, "host;x-amz-date"), Refused::Mismatch(_)));
    assert!(matches!(with("AKIAMINE/20200101/r/athena/aws4_request", "host;x-amz-date"), Refused::Mismatch(_)));
}

/// Signed by botocore's `HmacV1QueryAuth` with the key AKIAMINE and the secret "secret", for `Expires=1764100000`.
#[test]
fn presigned_urls_of_version_2() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder, "AKIAMINE", "secret");
    let before = Utc.timestamp_opt(1_764_099_000, 0).unwrap();
    for (method, host, uri) in VERSION_2 {
        let request = Request::builder().method(*method).uri(*uri).header("host", *host).body(Vec::new()).unwrap();
        let found = examined(&keys, &request, "s3", before);
        assert!(found.is_ok(), "{uri}: {found:?}");
        assert_eq!(examined(&keys, &request, "s3", before + Duration::hours(1)).unwrap_err(), Refused::Elapsed);
        let other = Request::builder().method("DELETE").uri(*uri).header("host", *host).body(Vec::new()).unwrap();
        assert!(matches!(examined(&keys, &other, "s3", before), Err(Refused::Mismatch(_))), "{uri}");
        let moved = uri.replacen("/k", "/other", 1);
        let other = Request::builder().method(*method).uri(moved).header("host", *host).body(Vec::new()).unwrap();
        assert!(matches!(examined(&keys, &other, "s3", before), Err(Refused::Mismatch(_))), "{uri}");
    }
}

const VERSION_2: &[(&str, &str, &str)] = &[
    (
        "GET",
        "127.0.0.1:4580",
        "/bucket/k?AWSAccessKeyId=AKIAMINE&Signature=wYGUFU110vNCj%2BiY0Bk4uJz%2FNZg%3D&Expires=1764100000",
    ),
    (
        "GET",
        "127.0.0.1:4580",
        "/bucket/k%20y/%C3%A9?versionId=7&response-content-type=text%2Fplain&AWSAccessKeyId=AKIAMINE&Signature=QVdZGkRyf%2B4Gl3QamXi6N2HFIVM%3D&Expires=1764100000",
    ),
    (
        "GET",
        "bucket.localhost:4580",
        "/k?AWSAccessKeyId=AKIAMINE&Signature=wYGUFU110vNCj%2BiY0Bk4uJz%2FNZg%3D&Expires=1764100000",
    ),
    (
        "PUT",
        "127.0.0.1:4580",
        "/bucket/k?AWSAccessKeyId=AKIAMINE&Signature=wSYvz0DxOfPxVyp6ygANe5fPfjg%3D&content-type=text%2Fcsv&x-amz-meta-a=b%20c&Expires=1764100000",
    ),
];
