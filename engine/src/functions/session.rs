//! Who asks, where, and of what: functions of the session ("Session information").

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::{Call, Overload, Scalar};
use crate::properties::Properties;

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["version"],
        description: "Return server version",
        overloads: &[Overload::new("() -> varchar", |call| text(call, |_| crate::VERSION))],
    },
    Scalar {
        names: &["current_user"],
        description: "Current user",
        overloads: &[Overload::new("() -> varchar", |call| text(call, |session| &session.user))],
    },
    Scalar {
        names: &["current_catalog"],
        description: "Current catalog",
        overloads: &[Overload::new("() -> varchar", |call| text(call, |session| &session.catalog))],
    },
    Scalar {
        names: &["current_schema"],
        description: "Current schema",
        overloads: &[Overload::new("() -> varchar", |call| text(call, |session| &session.schema))],
    },
];

fn text(call: &Call<'_>, of: impl Fn(&Properties) -> &str) -> Result<ArrayRef> {
    let session = call.session();
    call.texts(|_, out| {
        out.push_str(of(session));
        Ok(())
    })
}
