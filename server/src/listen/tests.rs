//! Clients that are slow, idle, many, or speak something else, on real sockets.

use std::time::Instant;

use axum::routing::{get, post};
use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;

const SOON: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_secs(20);

/// Nobody is too slow.
const PATIENT: Limits = Limits { connections: 64, handshake: LONG, head: LONG, idle: LONG, pace: LONG, end: LONG };

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    ended: tokio::task::JoinHandle<()>,
}

async fn serve(limits: Limits, tls: Option<Tls>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slow = || async {
        tokio::time::sleep(SOON * 2).await;
        "slow"
    };
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/slow", get(slow))
        .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
        .route("/count", post(|body: axum::body::Bytes| async move { body.len().to_string() }));
    let stop = CancellationToken::new();
    let ended = tokio::spawn(accept(listener, tls, router, limits, stop.clone().cancelled_owned()));
    Served { address, stop, ended }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `text`, and reads until the server closes.
    async fn ask(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}

async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    // A connection that was cut off has said what it said.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_client_that_sends_a_byte_now_and_then_is_closed_and_others_are_served() {
    let served = serve(Limits { head: SOON, ..PATIENT }, None).await;
    let begun = Instant::now();
    let (mut read, mut write) = served.connect().await.into_split();
    let drip = tokio::spawn(async move {
        for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ".iter().chain(&[b'a'; 900]) {
            if write.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(served.ask(GET).await.ends_with("hello"));
    rest(&mut read).await;
    assert!(begun.elapsed() >= SOON && begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    drip.abort();
}

#[tokio::test]
async fn the_time_for_a_head_is_for_nothing_else() {
    let served = serve(Limits { head: SOON, ..PATIENT }, None).await;
    let mut stream = served.connect().await;
    stream.write_all(GET.replace("Connection: close\r\n", "").as_bytes()).await.unwrap();
    tokio::time::sleep(SOON * 2).await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(rest(&mut stream).await.matches("\r\n\r\nhello").count(), 2);
    let twice = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert_eq!(served.ask(twice).await.matches("\r\n\r\nslow").count(), 2);
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_ends() {
    let served = serve(Limits { pace: SOON, ..PATIENT }, None).await;
    let head = "POST /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n";
    assert!(served.ask(&format!("{head}12345")).await.ends_with("\r\n\r\n5"));
    let answer = tokio::time::timeout(LONG / 2, served.ask(&format!("{head}123"))).await.unwrap();
    assert!(!answer.contains(" 200 "), "{answer}");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_ends() {
    let served = serve(Limits { pace: SOON, connections: 1, ..PATIENT }, None).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    // The only place is free again, though the client still holds its end.
    assert!(tokio::time::timeout(LONG / 2, served.ask(GET)).await.unwrap().ends_with("hello"));
    drop(stream);
}

#[tokio::test]
async fn idle_connections_end() {
    let served = serve(Limits { idle: SOON, ..PATIENT }, None).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let answer = tokio::time::timeout(LONG / 2, rest(&mut stream)).await.unwrap();
    assert!(answer.ends_with("hello"));
}

#[tokio::test]
async fn heads_are_bounded() {
    let served = serve(PATIENT, None).await;
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX-A: {}\r\n\r\n", "a".repeat(LONGEST_HEAD));
    assert!(served.ask(&long).await.contains(" 431 "));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-A: a\r\n".repeat(MOST_HEADERS));
    assert!(served.ask(&many).await.contains(" 431 "));
}

#[tokio::test]
async fn the_end_waits_for_answers_and_not_for_idle_connections() {
    let Served { address, stop, ended } = serve(PATIENT, None).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 15];
    idle.read_exact(&mut first).await.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(SOON).await;
    stop.cancel();
    assert!(rest(&mut stream).await.ends_with("slow"));
    tokio::time::timeout(LONG / 2, ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn tls_is_spoken_and_what_is_not_tls_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::automatic(folder.path(), &["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(tls.certificate()).unwrap()).unwrap();
    let served = serve(Limits { handshake: SOON, ..PATIENT }, Some(tls)).await;
    assert!(served.ask(GET).await.contains("use https://"));
    assert_eq!(served.ask("").await, "", "who says nothing is closed");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(roots).with_no_client_auth();
    for name in ["127.0.0.1", "localhost"] {
        let connector = TlsConnector::from(Arc::new(client.clone()));
        let mut stream = connector.connect(ServerName::try_from(name).unwrap(), served.connect().await).await.unwrap();
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert!(rest(&mut stream).await.ends_with("hello"));
    }
}
