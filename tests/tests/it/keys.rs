//! Access keys: `civetta key`, and what a server with keys lets whom do. Requests are signed by the SDK of AWS, inside our own catalog of
//! AWS Glue and our own storage.

use std::os::unix::fs::PermissionsExt as _;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use catalog::glue::GlueCatalog;
use catalog::storage::{Access, Location, S3, Storage, StorageConfig};
use catalog::table::Database;
use catalog::{Catalog, ErrorKind, PageRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::binary::Home;
use crate::serving::Serving;

fn credentials((id, secret): &(String, String)) -> Credentials {
    Credentials::new(id, secret, None, None, "test")
}

fn glue(serving: &Serving, key: &(String, String)) -> GlueCatalog {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(format!("http://{}", serving.address))
        .credentials_provider(SharedCredentialsProvider::new(credentials(key)))
        .build();
    GlueCatalog::new(&config)
}

async fn storage(serving: &Serving, key: &(String, String)) -> Storage {
    let s3 = S3::Endpoint { url: format!("http://{}", serving.address), access: Access::Keys(credentials(key)) };
    Storage::new(StorageConfig { s3, ..StorageConfig::local("/nowhere") }).await.unwrap()
}

fn database(name: &str) -> Database {
    Database { name: name.to_owned(), ..Database::default() }
}

fn at(text: &str) -> Location {
    Location::parse(text).unwrap()
}

#[test]
fn keys_are_made_listed_and_removed() {
    let home = Home::new();
    assert!(home.run(&["key", "ls"]).stderr.contains("civetta key add"));
    let (id, secret) = home.key(&["--name", "etl", "--database", "sales", "--root", "s3://a/b", "--read-only"]);
    let (other, _) = home.key(&[]);
    let mode = std::fs::metadata(home.path().join("data/keys.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let listed = home.run(&["key", "ls"]);
    for text in [&id, &other, "etl", "sales", "s3://a/b", "read"] {
        assert!(listed.stdout.contains(text), "{}", listed.stdout);
    }
    assert!(!listed.stdout.contains(&secret));
    assert_eq!(home.run(&["key", "add", "--name", "etl"]).code, 1);
    assert_eq!(home.run(&["key", "add", "--root", "ftp://x"]).code, 2);
    assert_eq!(home.run(&["key", "rm", "nobody"]).code, 1);
    assert_eq!(home.run(&["key", "rm", "etl"]).code, 0);
    assert!(home.run(&["key", "rm", &other]).stderr.contains("none is left"));
    assert_eq!(home.run(&["key", "ls"]).stdout, "");

    home.key(&[]);
    let file = home.path().join("data/keys.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    for command in [["key", "ls"].as_slice(), &["serve", "--listen", "127.0.0.1:0"]] {
        let ran = home.run(command);
        assert!(ran.code == 1 && ran.stderr.contains("chmod 600"), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn keys_come_into_force_and_end_while_the_server_runs() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let anybody = ("AKIANOBODY".to_owned(), "nothing".to_owned());
    glue(&serving, &anybody).create_database(database("d")).await.unwrap();

    let key = home.key(&["--name", "first"]);
    assert!(glue(&serving, &anybody).database("d").await.is_err());
    let liar = (key.0.clone(), "wrong".to_owned());
    let refused = glue(&serving, &liar).database("d").await.unwrap_err();
    assert!(refused.message().contains("signature"), "{refused}");
    glue(&serving, &key).database("d").await.unwrap();

    assert_eq!(home.run(&["key", "rm", "first"]).code, 0);
    assert!(glue(&serving, &key).database("d").await.is_err(), "it does not open again");
    assert!(!serving.log().contains(&key.1));
}

#[tokio::test]
async fn a_key_does_what_it_may() {
    let home = Home::new();
    let (all, sales) = (home.key(&[]), home.key(&["--database", "sales", "--root", "s3://lake/sales/"]));
    let reader = home.key(&["--read-only"]);
    let serving = Serving::start(&home);
    let (owner, seller) = (glue(&serving, &all), glue(&serving, &sales));
    for name in ["hr", "sales"] {
        owner.create_database(database(name)).await.unwrap();
    }
    let names = |page: catalog::Page<Database>| page.items.into_iter().map(|database| database.name).collect::<Vec<_>>();
    assert_eq!(names(owner.databases(PageRequest::default()).await.unwrap()), ["default", "hr", "sales"]);
    assert_eq!(names(seller.databases(PageRequest::default()).await.unwrap()), ["sales"]);
    assert_eq!(seller.database("hr").await.unwrap_err().kind(), ErrorKind::AccessDenied);
    assert_eq!(seller.delete_database("hr").await.unwrap_err().kind(), ErrorKind::AccessDenied);
    assert_eq!(glue(&serving, &reader).delete_database("hr").await.unwrap_err().kind(), ErrorKind::AccessDenied);
    assert!(glue(&serving, &reader).database("hr").await.is_ok());

    std::fs::create_dir_all(home.path().join("data/lake/lake")).unwrap();
    let (owners, sellers, readers) =
        (storage(&serving, &all).await, storage(&serving, &sales).await, storage(&serving, &reader).await);
    owners.put(&at("s3://lake/hr/a.json"), Bytes::from("{}")).await.unwrap();
    sellers.put(&at("s3://lake/sales/a.json"), Bytes::from("{}")).await.unwrap();
    assert_eq!(sellers.get(&at("s3://lake/sales/a.json")).await.unwrap(), "{}");
    assert_eq!(readers.get(&at("s3://lake/hr/a.json")).await.unwrap(), "{}");
    for location in ["s3://lake/hr/a.json", "s3://lake/salesmen/a.json"] {
        assert_eq!(sellers.get(&at(location)).await.unwrap_err().kind(), ErrorKind::AccessDenied, "{location}");
    }
    assert_eq!(sellers.put(&at("s3://lake/hr/b.json"), Bytes::new()).await.unwrap_err().kind(), ErrorKind::AccessDenied);
    assert_eq!(readers.put(&at("s3://lake/hr/b.json"), Bytes::new()).await.unwrap_err().kind(), ErrorKind::AccessDenied);
}

#[test]
fn who_does_not_sign_learns_nothing() {
    let home = Home::new();
    home.key(&[]);
    let serving = Serving::start(&home);
    let host = "Host: lake.example\r\n";
    assert!(serving.get("/healthz", host).0.contains("200"), "health is for whoever asks, by any name");
    assert!(serving.get("/healthz", &format!("{host}Origin: https://evil.example\r\n")).0.contains("403"));
    for path in ["/", "/bucket/key"] {
        let (line, body) = serving.get(path, host);
        assert!(line.contains("403") && body.contains("<Code>AccessDenied</Code>"), "{path}: {line}: {body}");
    }
    let (line, body) = serving.get("/", &format!("{host}X-Amz-Target: AWSGlue.GetDatabases\r\n"));
    assert!(line.contains("403") && body.contains("MissingAuthenticationTokenException"), "{line}: {body}");
    assert!(serving.get("/metrics", host).1.contains("civetta_http_requests_unauthorized_total 3\n"));
}

/// The first start makes a key and shows it; the second does not, and no start without one is reached by others.
#[tokio::test]
async fn other_machines_need_a_key_from_the_first_start_on() {
    let home = Home::new();
    let first = Serving::start_at(&home, "0.0.0.0:0", &[]);
    let said = first.log();
    let value = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).expect(&said).to_owned();
    let key = (value("AWS_ACCESS_KEY_ID="), value("AWS_SECRET_ACCESS_KEY="));
    glue(&first, &key).create_database(database("d")).await.unwrap();
    assert!(glue(&first, &("AKIANOBODY".to_owned(), "x".to_owned())).database("d").await.is_err());
    drop(first);
    let second = Serving::start_at(&home, "0.0.0.0:0", &[]);
    assert!(!second.log().contains("AWS_SECRET_ACCESS_KEY"), "{}", second.log());
    glue(&second, &key).database("d").await.unwrap();
}

/// A proxy that asks `server` by another name and says so, as nginx does unless told otherwise.
async fn proxy(server: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = address.clone();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let (mut upstream, mut head) = (TcpStream::connect(&server).await.unwrap(), Vec::new());
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let (line, rest) = head.split_once("\r\n").unwrap();
            let rest: String = rest.split_inclusive("\r\n").filter(|line| !line.to_lowercase().starts_with("host:")).collect();
            let head = format!("{line}\r\nHost: inner\r\nX-Forwarded-Host: {asked}\r\nConnection: close\r\n{rest}");
            upstream.write_all(head.as_bytes()).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut upstream).await });
        }
    });
    address
}

#[tokio::test]
async fn behind_a_proxy_the_name_that_the_client_knows_is_signed() {
    let home = Home::new();
    let key = home.key(&[]);
    let mut serving = Serving::start(&home);
    serving.address = proxy(serving.address.clone()).await;
    glue(&serving, &key).create_database(database("d")).await.unwrap();
    std::fs::create_dir_all(home.path().join("data/lake/lake")).unwrap();
    let storage = storage(&serving, &key).await;
    storage.put(&at("s3://lake/a"), Bytes::from("{}")).await.unwrap();
    assert_eq!(storage.get(&at("s3://lake/a")).await.unwrap(), "{}");
}

#[tokio::test]
async fn the_log_of_accesses_says_who_asked_what_and_no_secret() {
    let home = Home::new();
    let key = home.key(&[]);
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("RUST_LOG", "info");
    let serving = Serving::begin(&home, command);
    glue(&serving, &key).create_database(database("d")).await.unwrap();
    std::fs::create_dir_all(home.path().join("data/lake/lake")).unwrap();
    let storage = storage(&serving, &key).await;
    storage.put(&at("s3://lake/a"), Bytes::from("{}")).await.unwrap();
    let liar = (key.0.clone(), "an-other-secret".to_owned());
    let refused = glue(&serving, &liar).database("d").await.unwrap_err();
    let host = format!("Host: {}\r\n", serving.address);
    let signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=c0ffee&X-Amz-Security-Token=t0ken";
    let (_, body) = serving.get(&format!("/lake/a?{signed}"), &host);
    let id = body.split_once("<RequestId>").and_then(|(_, rest)| rest.split_once('<')).expect(&body).0;

    // A line is written when the last byte is taken, which may be after the client has it.
    let lines = || serving.log().lines().filter(|line| line.contains(" access: ")).map(str::to_owned).collect::<Vec<_>>();
    let begun = std::time::Instant::now();
    while lines().len() < 4 && begun.elapsed().as_secs() < 10 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let lines = lines();
    for texts in [
        ["operation=\"glue.CreateDatabase\"", "status=200", &format!("key=\"{}\"", key.0)],
        ["operation=\"s3.PutObject\"", "status=200", "method=PUT"],
        ["operation=\"none\"", "status=403", "key=\"-\""],
        [&format!("request_id={id}"), "status=40", "method=GET"],
    ] {
        assert!(lines.iter().any(|line| texts.iter().all(|text| line.contains(text))), "{texts:?} {lines:#?}");
    }
    let said = format!("{} {refused:?} {body}", serving.log());
    for secret in [key.1.as_str(), "an-other-secret", "c0ffee", "t0ken"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    let (_, metrics) = serving.get("/metrics", &host);
    assert!(metrics.contains("_seconds_count{operation=\"glue.CreateDatabase\"} 1\n"), "{metrics}");
}
