//! Trino's "System information".

use std::sync::Arc;

use arrow::array::StringViewArray;

use super::{Overload, Scalar};

/// The release of Trino whose rules hold here.
const RELEASE: &str = "455";

pub(super) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["version"],
    description: "The release of Trino whose rules hold",
    overloads: &[Overload::new("() -> varchar", |call| {
        Ok(Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(RELEASE, call.rows))))
    })],
}];
