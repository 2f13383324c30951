//! Where a column of a table is found in its files. Formats that let columns be renamed keep what stays: the id of a field
//! (Iceberg, "Column Projection"; Delta, column mapping by id), or the name that it has in files (Delta, column mapping by name).

use serde::{Deserialize, Serialize};

/// Where a column, or a member of one, is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The field's id, in files that have ids.
    pub(crate) id: Option<i32>,
    /// Its names, in files that have none, or where it has no id; the first that is there counts.
    pub(crate) names: Vec<String>,
    /// Of a struct its fields in order, of a list its element, of a map its key and its value; empty for other types.
    pub(crate) members: Vec<Place>,
    /// The value of rows in files that do not have it, instead of NULL: see [`crate::scan::encoded`].
    pub(crate) default: Option<Vec<u8>>,
}
