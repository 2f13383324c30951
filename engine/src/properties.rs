//! Session properties: what changes the meaning of a statement, for whoever plans it and for whoever runs it.

use std::any::Any;

use chrono::{DateTime, Utc};
use datafusion::common::{DataFusionError, Result};
use datafusion::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions};

use crate::types::Zone;

/// What a session has chosen, and when its query began. It goes to workers inside of the session's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Properties {
    /// The session's time zone: a region (`Europe/Berlin`) or an offset (`+01:00`). Athena's is UTC.
    pub time_zone: String,
    /// Whether `1.2` is a decimal, as in Trino, and not a double, as in Athena.
    pub decimal_literals: bool,
    /// Whether decimals are added, multiplied and divided with the precision and scale that Trino had before its release 477.
    pub legacy_arithmetic_decimal_operators: bool,
    /// Whether a varchar turns into a char where both meet, as in Trino before its release 482, and not the char into a varchar.
    pub legacy_varchar_to_char_coercion: bool,
    /// When the query began: the time of `now()`.
    pub start: DateTime<Utc>,
    /// Who asks, and the catalog and schema of names that have none: what `current_user` and its kin answer. The engine sets the latter
    /// two from the session.
    pub user: String,
    pub catalog: String,
    pub schema: String,
}

impl Default for Properties {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_string(),
            decimal_literals: false,
            legacy_arithmetic_decimal_operators: true,
            legacy_varchar_to_char_coercion: true,
            start: DateTime::UNIX_EPOCH,
            user: "civetta".to_string(),
            catalog: String::new(),
            schema: String::new(),
        }
    }
}

impl Properties {
    /// Those of a session's options, or the defaults.
    pub(crate) fn of(options: &ConfigOptions) -> Self {
        options.extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// The session's time zone.
    ///
    /// Errors: `InvalidInput` for a name that is not a time zone's.
    pub(crate) fn zone(&self) -> catalog::Result<Zone> {
        Zone::parse(&self.time_zone).ok_or_else(|| catalog::Error::invalid(format!("'{}' is not a time zone", self.time_zone)))
    }
}

impl ConfigExtension for Properties {
    const PREFIX: &'static str = "civetta";
}

const TIME_ZONE: &str = "time_zone";
const DECIMAL_LITERALS: &str = "decimal_literals";
const LEGACY_DECIMALS: &str = "legacy_arithmetic_decimal_operators";
const LEGACY_CHARS: &str = "legacy_varchar_to_char_coercion";
const START: &str = "start";
const USER: &str = "user";
const CATALOG: &str = "catalog";
const SCHEMA: &str = "schema";

impl ExtensionOptions for Properties {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let wrong = || DataFusionError::Configuration(format!("'{value}' is no value of {key}"));
        match key {
            TIME_ZONE => self.time_zone = value.to_string(),
            DECIMAL_LITERALS => self.decimal_literals = value.parse().map_err(|_| wrong())?,
            LEGACY_DECIMALS => self.legacy_arithmetic_decimal_operators = value.parse().map_err(|_| wrong())?,
            LEGACY_CHARS => self.legacy_varchar_to_char_coercion = value.parse().map_err(|_| wrong())?,
            START => self.start = value.parse().map_err(|_| wrong())?,
            USER => self.user = value.to_string(),
            CATALOG => self.catalog = value.to_string(),
            SCHEMA => self.schema = value.to_string(),
            _ => return Err(DataFusionError::Configuration(format!("there is no property {key}"))),
        }
        Ok(())
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        let entry = |key: &str, value: String, description: &'static str| ConfigEntry {
            key: format!("{}.{key}", Self::PREFIX),
            value: Some(value),
            description,
        };
        vec![
            entry(TIME_ZONE, self.time_zone.clone(), "the session's time zone"),
            entry(DECIMAL_LITERALS, self.decimal_literals.to_string(), "whether 1.2 is a decimal"),
            entry(
                LEGACY_DECIMALS,
                self.legacy_arithmetic_decimal_operators.to_string(),
                "whether decimals are counted as before Trino 477",
            ),
            entry(LEGACY_CHARS, self.legacy_varchar_to_char_coercion.to_string(), "whether a varchar turns into a char"),
            entry(START, self.start.to_rfc3339(), "when the query began"),
            entry(USER, self.user.clone(), "who asks"),
            entry(CATALOG, self.catalog.clone(), "the catalog of names that have none"),
            entry(SCHEMA, self.schema.clone(), "the schema of names that have none"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_back() {
        let start = DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap();
        let properties = Properties {
            time_zone: "Asia/Tokyo".into(),
            decimal_literals: true,
            legacy_arithmetic_decimal_operators: false,
            legacy_varchar_to_char_coercion: false,
            start,
            schema: "s".into(),
            ..Properties::default()
        };
        let mut read = Properties::default();
        for entry in properties.entries() {
            let key = entry.key.strip_prefix("civetta.").unwrap();
            read.set(key, entry.value.as_deref().unwrap()).unwrap();
        }
        assert_eq!(read, properties);
        assert!(read.set("nope", "1").is_err() && read.set("decimal_literals", "maybe").is_err());
    }
}
