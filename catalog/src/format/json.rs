//! Tables of JSON: the parameters of the openx SerDe and of Hive's own, and the framing, which is Civetta's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::settings::{NULL_FOR_INVALID, Settings, refused};
use super::{HCATALOG_JSON, OPENX_JSON};
use crate::decode::json_path;
use crate::error::{Error, Result};
use crate::table::Parameters;

/// The SerDe parameter that says how records follow one another in an object: `values` (the default), `array` or `strings`.
/// Glue and Athena know one object per line only and have no parameter for it.
pub const FRAMING_KEY: &str = "civetta.json.framing";

const IGNORE_MALFORMED: &str = "ignore.malformed.json";
const CASE_INSENSITIVE: &str = "case.insensitive";
const DOTS_IN_KEYS: &str = "dots.in.keys";
/// The older name of [`DOTS_IN_KEYS`] in Athena's guide.
const CONVERT_DOTS: &str = "ConvertDotsInJsonKeysToUnderscores";
const MAPPING_PREFIX: &str = "mapping.";
const PATHS: &str = "paths";
/// The path of a JSON classifier to the records, which the crawler notes; `$[*]` is what is done with an array anyway.
const JSON_PATH: &str = "jsonPath";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonFormat {
    pub library: JsonLibrary,
    pub framing: JsonFraming,
    /// Text that is not JSON is a row of NULLs, a value that does not fit is NULL.
    pub ignore_malformed: bool,
    /// A value that does not fit is NULL.
    pub null_for_invalid: bool,
    /// Keys name columns without regard to case.
    pub case_insensitive: bool,
    /// A key's dots may stand for the underscores of a column's name.
    pub dots_in_keys: bool,
    /// Column (or member of a struct) to the key that it is read from.
    pub mapping: BTreeMap<String, String>,
    /// The top-level keys in their own case, which the crawler notes for other tools; reading does not need them.
    pub paths: Vec<String>,
    /// The JSON path that leads from what an object holds to its records; `None`: they are what it holds.
    pub path: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonLibrary {
    #[default]
    OpenX,
    Hive,
}

/// How records follow one another in an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonFraming {
    /// Objects with any white space between them, or none: one per line, one per object, concatenated, pretty-printed.
    /// A top-level array of objects is its elements; any other top-level array is a record with the columns in order.
    #[default]
    Values,
    /// Each object holds an array, and each of its elements is a record.
    Array,
    /// Each record is a JSON string that holds JSON.
    Strings,
}

impl Default for JsonFormat {
    fn default() -> Self {
        Self {
            library: JsonLibrary::default(),
            framing: JsonFraming::default(),
            ignore_malformed: false,
            null_for_invalid: false,
            case_insensitive: true,
            dots_in_keys: false,
            mapping: BTreeMap::new(),
            paths: Vec::new(),
            path: None,
        }
    }
}

impl JsonLibrary {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::OpenX => OPENX_JSON,
            Self::Hive => HCATALOG_JSON,
        }
    }
}

impl JsonFraming {
    const ALL: [Self; 3] = [Self::Values, Self::Array, Self::Strings];

    /// The value of [`FRAMING_KEY`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Array => "array",
            Self::Strings => "strings",
        }
    }
}

impl JsonFormat {
    pub(super) fn of(settings: &Settings<'_>, library: JsonLibrary) -> Result<Self> {
        settings.refuse_for_text()?;
        if settings.header_lines()? > 0 {
            return Err(refused("skip.header.line.count", "objects of JSON have no header lines"));
        }
        let framing = match settings.get(FRAMING_KEY) {
            None => JsonFraming::default(),
            Some(name) => JsonFraming::ALL.into_iter().find(|framing| framing.name() == name).ok_or_else(|| {
                Error::invalid(format!("parameter '{FRAMING_KEY}' is '{name}': expected values, array or strings"))
            })?,
        };
        let path = settings.get(JSON_PATH).map(str::trim).filter(|path| !["", "$", "$[*]"].contains(path));
        if let Some(path) = path {
            json_path::parse(path).map_err(|error| error.within(format!("parameter '{JSON_PATH}'")))?;
        }
        Ok(Self {
            library,
            framing,
            ignore_malformed: settings.flag(IGNORE_MALFORMED, false)?,
            null_for_invalid: settings.flag(NULL_FOR_INVALID, false)?,
            case_insensitive: settings.flag(CASE_INSENSITIVE, true)?,
            dots_in_keys: settings.flag(DOTS_IN_KEYS, false)? || settings.flag(CONVERT_DOTS, false)?,
            mapping: settings.prefixed(MAPPING_PREFIX).map(|(column, key)| (column.to_string(), key.to_string())).collect(),
            paths: settings.get(PATHS).into_iter().flat_map(|paths| paths.split(',')).map(str::to_string).collect(),
            path: path.map(str::to_string),
        })
    }

    pub(super) fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        let mut set = |key: &str, value: &str| {
            parameters.insert(key.to_string(), value.to_string());
        };
        if self.framing != JsonFraming::default() {
            set(FRAMING_KEY, self.framing.name());
        }
        if self.ignore_malformed {
            set(IGNORE_MALFORMED, "true");
        }
        if self.null_for_invalid {
            set(NULL_FOR_INVALID, "true");
        }
        if !self.case_insensitive {
            set(CASE_INSENSITIVE, "false");
        }
        if self.dots_in_keys {
            set(DOTS_IN_KEYS, "true");
        }
        for (column, key) in &self.mapping {
            set(&format!("{MAPPING_PREFIX}{column}"), key);
        }
        if let Some(path) = &self.path {
            set(JSON_PATH, path);
        }
        if !self.paths.is_empty() {
            set(PATHS, &self.paths.join(","));
        }
        parameters
    }
}
