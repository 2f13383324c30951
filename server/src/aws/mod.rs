//! What AWS's JSON services share: requests in the protocol "AWS JSON 1.1", their answers, their failures.

mod caller;
mod chunked;
mod failure;
mod members;

pub(crate) use caller::{ACCOUNT, Caller, Rights};
pub(crate) use chunked::{Trailers, decode, is_chunked};
pub(crate) use failure::{Failure, Reply};
pub(crate) use members::{drop_nulls, read};
