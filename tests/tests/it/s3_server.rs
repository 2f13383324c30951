//! An S3 in memory, in this process: signatures are checked, faults can be asked for, requests are logged.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use md5::{Digest as _, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::*;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

pub(crate) const KEY: &str = "AK";
pub(crate) const SECRET: &str = "secret-of-the-test";
/// What S3 leaves as it is when it encodes keys.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/').remove(b' ');

/// What goes wrong. Fractions are of requests, spread evenly and the same in every run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Faults {
    /// Answered with 503 SlowDown.
    pub(crate) slow_down: f64,
    /// Bodies of objects that break off in the middle.
    pub(crate) truncate: f64,
    pub(crate) latency: Duration,
    pub(crate) encoding: Encoding,
}

/// What a server does about `encoding-type=url`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) enum Encoding {
    #[default]
    Honoured,
    Ignored,
    /// Says that it encodes, and does not.
    Echoed,
}

/// A running server; it ends with the runtime of its test.
pub(crate) struct S3Server {
    pub(crate) url: String,
    pub(crate) memory: Memory,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    /// Method, path and query of every request.
    requests: Mutex<Vec<String>>,
    under_way: AtomicUsize,
    peak: AtomicUsize,
    number: AtomicU64,
}

impl S3Server {
    pub(crate) async fn start(faults: Faults) -> Self {
        let memory = Memory(Arc::new(Mutex::new(Inner { encoding: faults.encoding, ..Inner::default() })));
        let mut builder = S3ServiceBuilder::new(memory.clone());
        builder.set_auth(s3s::auth::SimpleAuth::from_single(KEY, SECRET));
        let (service, log) = (builder.build(), Arc::new(Log::default()));
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accepted = log.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (service, log) = (service.clone(), accepted.clone());
                let answer = service_fn(move |request| answer(service.clone(), log.clone(), faults, request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(hyper_util::rt::TokioIo::new(socket), answer),
                );
            }
        });
        Self { url, memory, log }
    }

    /// Requests whose line (`GET /b/k?x`) holds `part`.
    pub(crate) fn requests(&self, part: &str) -> usize {
        self.log.requests.lock().unwrap().iter().filter(|line| line.contains(part)).count()
    }

    /// The most requests that were under way at once.
    pub(crate) fn peak(&self) -> usize {
        self.log.peak.load(Relaxed)
    }
}

async fn answer(
    service: S3Service,
    log: Arc<Log>,
    faults: Faults,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<s3s::Body>> {
    let line = format!("{} {}", request.method(), request.uri());
    let reads_object = line.starts_with("GET ") && !line.contains("list-type=2");
    log.requests.lock().unwrap().push(line);
    log.peak.fetch_max(log.under_way.fetch_add(1, Relaxed) + 1, Relaxed);
    tokio::time::sleep(faults.latency).await;
    // Multiplying by the golden ratio spreads consecutive numbers evenly.
    let chance = (log.number.fetch_add(1, Relaxed) as f64 * 0.618_033_988_749_895).fract();
    let answered = if chance < faults.slow_down {
        Ok(slow_down())
    } else {
        let response =
            hyper::service::Service::call(&service, request).await.map_err(|error| io::Error::other(format!("{error:?}")));
        match reads_object && chance > 1.0 - faults.truncate {
            true => truncated(response?).await,
            false => response,
        }
    };
    log.under_way.fetch_sub(1, Relaxed);
    answered
}

fn slow_down() -> http::Response<s3s::Body> {
    let body = Bytes::from_static(b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>");
    http::Response::builder().status(503).header("content-type", "application/xml").body(body.into()).unwrap()
}

/// Promises the whole length, sends half of it and breaks the connection.
async fn truncated(response: http::Response<s3s::Body>) -> io::Result<http::Response<s3s::Body>> {
    let (mut parts, body) = response.into_parts();
    let whole = BodyExt::collect(body).await.map_err(|error| io::Error::other(format!("{error:?}")))?.to_bytes();
    parts.headers.insert("content-length", whole.len().into());
    let half = whole.slice(..whole.len() / 2);
    let broken = stream::once(async move {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Err(io::Error::other("broken off"))
    });
    let body = StreamingBlob::wrap(stream::iter([Ok(half)]).chain(broken));
    Ok(http::Response::from_parts(parts, body.into()))
}

/// The buckets and their objects.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    buckets: BTreeMap<String, BTreeMap<String, Stored>>,
    uploads: BTreeMap<String, BTreeMap<i32, Bytes>>,
    encoding: Encoding,
}

#[derive(Clone)]
struct Stored {
    content: Bytes,
    etag: String,
    modified: SystemTime,
}

impl Stored {
    fn new(content: Bytes) -> Self {
        let etag = Md5::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { content, etag, modified: SystemTime::now() }
    }
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub(crate) fn create_bucket(&self, bucket: &str) {
        self.lock().buckets.insert(bucket.to_owned(), BTreeMap::new());
    }

    /// Puts an object of any key, also one that no path of HTTP can say.
    pub(crate) fn put(&self, bucket: &str, key: &str, content: impl Into<Bytes>) {
        self.lock().buckets.get_mut(bucket).unwrap().insert(key.to_owned(), Stored::new(content.into()));
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Option<Bytes> {
        self.lock().buckets[bucket].get(key).map(|stored| stored.content.clone())
    }

    pub(crate) fn delete(&self, bucket: &str, key: &str) {
        self.lock().buckets.get_mut(bucket).unwrap().remove(key);
    }
}

impl Inner {
    fn bucket(&mut self, bucket: &str) -> S3Result<&mut BTreeMap<String, Stored>> {
        self.buckets.get_mut(bucket).ok_or_else(|| s3_error!(NoSuchBucket))
    }

    fn object(&mut self, bucket: &str, key: &str) -> S3Result<Stored> {
        self.bucket(bucket)?.get(key).cloned().ok_or_else(|| s3_error!(NoSuchKey))
    }

    fn encode(&self, asked: bool, key: &str) -> String {
        match self.encoding == Encoding::Honoured && asked {
            true => utf8_percent_encode(key, KEPT).to_string().replace(' ', "+"),
            false => key.to_owned(),
        }
    }
}

async fn collect(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let mut whole = Vec::new();
    let Some(mut body) = body else { return Ok(Bytes::new()) };
    while let Some(chunk) = body.next().await {
        whole.extend_from_slice(&chunk.map_err(|_| s3_error!(IncompleteBody))?);
    }
    Ok(whole.into())
}

/// A token that no key can be taken for.
fn token(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn key_of(token: &str) -> String {
    let bytes = (0..token.len() / 2).map(|at| u8::from_str_radix(&token[2 * at..2 * at + 2], 16).unwrap()).collect();
    String::from_utf8(bytes).unwrap()
}

#[async_trait::async_trait]
impl S3 for Memory {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let stored = Stored::new(collect(input.body).await?);
        let etag = stored.etag.clone();
        let mut inner = self.lock();
        let bucket = inner.bucket(&input.bucket)?;
        if input.if_none_match.is_some_and(|condition| condition.is_any()) && bucket.contains_key(&input.key) {
            return Err(s3_error!(PreconditionFailed));
        }
        bucket.insert(input.key, stored);
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..Default::default() }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let stored = self.lock().object(&input.bucket, &input.key)?;
        if let Some(ETagCondition::ETag(etag)) = &input.if_match
            && !ETag::Strong(stored.etag.clone()).strong_cmp(etag)
        {
            return Err(s3_error!(PreconditionFailed));
        }
        let size = stored.content.len() as u64;
        let (content, content_range) = match input.range {
            None => (stored.content, None),
            Some(range) => {
                let range = range.check(size)?;
                let text = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                (stored.content.slice(range.start as usize..range.end as usize), Some(text))
            }
        };
        Ok(S3Response::new(GetObjectOutput {
            content_length: Some(content.len() as i64),
            content_range,
            body: Some(s3s::Body::from(content).into()),
            e_tag: Some(ETag::Strong(stored.etag)),
            last_modified: Some(stored.modified.into()),
            ..Default::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let stored = self.lock().object(&request.input.bucket, &request.input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(stored.content.len() as i64),
            e_tag: Some(ETag::Strong(stored.etag)),
            last_modified: Some(stored.modified.into()),
            ..Default::default()
        }))
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let mut inner = self.lock();
        let bucket = inner.bucket(&input.bucket)?.clone();
        let prefix = input.prefix.unwrap_or_default();
        let after = input.continuation_token.as_deref().map(key_of).or(input.start_after).unwrap_or_default();
        let limit = input.max_keys.unwrap_or(1000).clamp(0, 1000) as usize;
        let asked = input.encoding_type.is_some();
        // What a key appears as: itself, or the prefix that it shares with others.
        let shown = |key: &str| match input.delimiter.as_deref().and_then(|d| key[prefix.len()..].find(d).map(|at| at + d.len()))
        {
            Some(end) => key[..prefix.len() + end].to_owned(),
            None => key.to_owned(),
        };
        let mut entries: Vec<(String, &Stored)> = Vec::new();
        for (key, stored) in bucket.iter().filter(|(key, _)| key.starts_with(&prefix)) {
            let shown = shown(key);
            if shown > after && entries.last().is_none_or(|(last, _)| *last != shown) {
                entries.push((shown, stored));
            }
        }
        let is_truncated = entries.len() > limit;
        entries.truncate(limit);
        let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
        for (key, stored) in &entries {
            let encoded = inner.encode(asked, key);
            match bucket.contains_key(key) && !(input.delimiter.is_some() && key[prefix.len()..].contains('/')) {
                true => contents.push(Object {
                    key: Some(encoded),
                    size: Some(stored.content.len() as i64),
                    e_tag: Some(ETag::Strong(stored.etag.clone())),
                    last_modified: Some(stored.modified.into()),
                    ..Default::default()
                }),
                false => common_prefixes.push(CommonPrefix { prefix: Some(encoded) }),
            }
        }
        let echo = asked && inner.encoding != Encoding::Ignored;
        Ok(S3Response::new(ListObjectsV2Output {
            next_continuation_token: is_truncated.then(|| token(&entries.last().unwrap().0)),
            key_count: Some(entries.len() as i32),
            is_truncated: Some(is_truncated),
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            encoding_type: echo.then(|| EncodingType::from_static(EncodingType::URL)),
            ..Default::default()
        }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.lock().bucket(&request.input.bucket)?.remove(&request.input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let mut inner = self.lock();
        let bucket = inner.bucket(&request.input.bucket)?;
        let deleted = request.input.delete.objects.into_iter().map(|object| {
            bucket.remove(&object.key);
            DeletedObject { key: Some(object.key), ..Default::default() }
        });
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted.collect()), ..Default::default() }))
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let CopySource::Bucket { bucket, key, .. } = &request.input.copy_source else { return Err(s3_error!(NotImplemented)) };
        let mut inner = self.lock();
        let stored = inner.object(bucket, key)?;
        let result = CopyObjectResult { e_tag: Some(ETag::Strong(stored.etag.clone())), ..Default::default() };
        inner.bucket(&request.input.bucket)?.insert(request.input.key, stored);
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let mut inner = self.lock();
        let id = format!("upload-{}", inner.uploads.len());
        inner.uploads.insert(id.clone(), BTreeMap::new());
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(request.input.bucket),
            key: Some(request.input.key),
            upload_id: Some(id),
            ..Default::default()
        }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let content = collect(request.input.body).await?;
        let etag = ETag::Strong(Stored::new(content.clone()).etag);
        let mut inner = self.lock();
        let parts = inner.uploads.get_mut(&request.input.upload_id).ok_or_else(|| s3_error!(NoSuchUpload))?;
        parts.insert(request.input.part_number, content);
        Ok(S3Response::new(UploadPartOutput { e_tag: Some(etag), ..Default::default() }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let mut inner = self.lock();
        let parts = inner.uploads.get_mut(&request.input.upload_id).map(std::mem::take).ok_or_else(|| s3_error!(NoSuchUpload))?;
        let stored = Stored::new(parts.into_values().flatten().collect());
        let etag = ETag::Strong(stored.etag.clone());
        inner.bucket(&request.input.bucket)?.insert(request.input.key.clone(), stored);
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(request.input.bucket),
            key: Some(request.input.key),
            e_tag: Some(etag),
            ..Default::default()
        }))
    }
}
