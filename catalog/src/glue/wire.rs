//! Glue's JSON past the SDK's structs. What a catalog gives back has to be what was put in, and those structs cannot say it:
//! an absent `Retention` or `Compressed` becomes 0 or false, and members newer than the SDK are dropped. Our structs *are* that
//! JSON, so the SDK is left everything else (endpoint, credentials, signature, retries, errors) and this interceptor sends
//! our JSON and keeps the answer's.

use std::sync::{Arc, Mutex};

use aws_sdk_glue::config::interceptors::{AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut};
use aws_sdk_glue::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_glue::error::BoxError;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// The body of one request and, later, that of its answer. Clones are the same exchange.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    request: Bytes,
    answer: Arc<Mutex<Option<Bytes>>>,
}

impl Wire {
    pub(super) fn new(request: &Value) -> Self {
        Self { request: request.to_string().into(), answer: Arc::default() }
    }

    /// The answer, once the operation has succeeded.
    pub(super) fn answer<T: DeserializeOwned>(&self) -> Result<T> {
        let body = self.answer.lock().ok().and_then(|mut answer| answer.take()).unwrap_or_default();
        serde_json::from_slice(&body).map_err(|error| {
            Error::new(ErrorKind::Unavailable, format!("glue answered what is not the API's JSON: {error}")).caused_by(error)
        })
    }
}

impl Intercept for Wire {
    fn name(&self) -> &'static str {
        "civetta_glue_json"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.headers_mut().insert("content-length", self.request.len().to_string());
        *request.body_mut() = self.request.to_vec().into();
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(mut answer) = self.answer.lock() {
            *answer = context.response().body().bytes().map(Bytes::copy_from_slice);
        }
        Ok(())
    }
}
