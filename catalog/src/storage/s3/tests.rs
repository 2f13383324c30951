//! The client against scripted answers.

use futures::TryStreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::list::Query;
use super::*;
use crate::ErrorKind;
use crate::storage::{Credentials, Listed};

/// Serves one answer (status line and headers, body) to each request in turn; gives back the requests' first lines.
async fn script(answers: Vec<(&'static str, String)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let mut lines = Vec::new();
        for (head, body) in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 8192];
            let size = socket.read(&mut request).await.unwrap();
            lines.push(String::from_utf8_lossy(&request[..size]).lines().next().unwrap_or_default().to_owned());
            let answer = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
        lines
    });
    (url, served)
}

async fn client(url: &str) -> Arc<Client> {
    let access = Access::Keys(Credentials::new("AK", "SK", None, None, "test"));
    let s3 = S3::Endpoint { url: url.to_owned(), access };
    Arc::new(Client::new(s3, Arc::new(Semaphore::new(4)), Arc::default()).await.unwrap().unwrap())
}

fn page(keys: &[&str], next: Option<&str>) -> String {
    let contents: String = keys.iter().map(|key| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>")).collect();
    let next = next.map(|next| format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>"));
    format!("<ListBucketResult>{contents}{}</ListBucketResult>", next.unwrap_or_default())
}

async fn keys(client: &Arc<Client>) -> Result<Vec<String>> {
    let pages: Vec<Vec<Listed>> = client.list("bkt", Query::default()).try_collect().await?;
    let key = |listed| match listed {
        Listed::Object(object) => object.key,
        Listed::Skipped(skipped) => skipped.key,
    };
    Ok(pages.into_iter().flatten().map(key).collect())
}

#[tokio::test]
async fn a_page_without_objects_does_not_end_a_listing() {
    let ok = "200 OK";
    let (url, served) =
        script(vec![(ok, page(&["a"], Some("t/1"))), (ok, page(&[], Some("t 2"))), (ok, page(&["b"], None))]).await;
    assert_eq!(keys(&client(&url).await).await.unwrap(), ["a", "b"]);
    let lines = served.await.unwrap();
    assert!(!lines[0].contains("continuation-token"));
    assert!(lines[1].contains("continuation-token=t%2F1&") && lines[2].contains("continuation-token=t%202&"), "{lines:?}");
}

#[tokio::test]
async fn a_listing_in_circles_ends_with_an_error() {
    let (url, _served) = script(vec![("200 OK", page(&["a"], Some("t"))), ("200 OK", page(&["a"], Some("t")))]).await;
    assert!(keys(&client(&url).await).await.unwrap_err().message().contains("round in circles"));
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_may_not_is_told() {
    let error = |code: &str| format!("<Error><Code>{code}</Code><Message>why</Message></Error>");
    for (head, code, kind) in [
        ("503 Slow Down", "SlowDown", None),
        ("500 Internal Server Error", "", None),
        ("429 Too Many Requests", "", None),
        ("400 Bad Request", "RequestTimeout", None),
        // Credentials may have been renewed since they were kept.
        ("400 Bad Request", "ExpiredToken", None),
        ("403 Forbidden", "AccessDenied", Some(ErrorKind::AccessDenied)),
        ("403 Forbidden", "SignatureDoesNotMatch", Some(ErrorKind::AccessDenied)),
        ("404 Not Found", "NoSuchBucket", Some(ErrorKind::ObjectNotFound)),
        ("400 Bad Request", "InvalidArgument", Some(ErrorKind::Unavailable)),
        ("501 Not Implemented", "NotImplemented", Some(ErrorKind::Unavailable)),
    ] {
        let (url, _served) = script(vec![(head, error(code)), ("200 OK", page(&["a"], None))]).await;
        let listed = keys(&client(&url).await).await;
        assert_eq!(listed.as_ref().err().map(Error::kind), kind, "{head} {code}: {listed:?}");
    }
}

#[tokio::test]
async fn the_region_is_in_whatever_answer_headbucket_gives() {
    for head in ["200 OK", "301 Moved Permanently", "403 Forbidden"] {
        let with_region: &'static str = format!("{head}\r\nx-amz-bucket-region: eu-west-3").leak();
        let (url, served) = script(vec![(with_region, String::new())]).await;
        assert_eq!(client(&url).await.find_region(&url, "my.bucket").await.unwrap(), "eu-west-3");
        assert_eq!(served.await.unwrap(), ["HEAD /my.bucket HTTP/1.1"]);
    }
    let (url, _served) = script(vec![("404 Not Found", String::new())]).await;
    assert_eq!(client(&url).await.find_region(&url, "none").await.unwrap_err().kind(), ErrorKind::ObjectNotFound);
}

#[test]
fn endpoints_are_urls_of_a_host() {
    assert_eq!(endpoint("http://127.0.0.1:9000").unwrap().as_str(), "http://127.0.0.1:9000/");
    for text in ["minio:9000", "ftp://h", "http://user:secret@h", "http://h?x=1", "h"] {
        let error = endpoint(text).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn china_has_a_domain_of_its_own() {
    assert_eq!(aws_host("eu-central-1"), "https://s3.eu-central-1.amazonaws.com");
    assert_eq!(aws_host("cn-north-1"), "https://s3.cn-north-1.amazonaws.com.cn");
}
