//! The properties of a session, each by its name: set from a text, shown, gone back from. What SET SESSION, SHOW SESSION and the headers of
//! Trino's protocol have in common.

use std::time::Duration;

use catalog::{Error, Result};

use crate::engine::Session;
use crate::properties::Properties;

/// A property, with its type and what it is for.
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) r#type: &'static str,
    pub(crate) description: &'static str,
}

/// All of them, in order.
pub(crate) const PROPERTIES: [Property; 5] = [
    Property {
        name: "decimal_literals",
        r#type: "boolean",
        description: "Whether 1.2 is a decimal, as in Trino, and not a double, as in Athena",
    },
    Property {
        name: "legacy_arithmetic_decimal_operators",
        r#type: "boolean",
        description: "Whether decimals are added, multiplied and divided with the precision and scale of Trino before 477",
    },
    Property {
        name: "legacy_varchar_to_char_coercion",
        r#type: "boolean",
        description: "Whether a varchar turns into a char where both meet, as in Trino before 482, and not the char into a varchar",
    },
    Property {
        name: "query_max_run_time",
        r#type: "varchar",
        description: "How long a query may take, from its text to its last row; 0s is no limit",
    },
    Property { name: "time_zone_id", r#type: "varchar", description: "The session's time zone" },
];

impl Session {
    /// Sets a property to the value that the text says.
    ///
    /// Errors: `InvalidInput` for a property that there is not, and for a text that is no value of it.
    pub fn set_property(&mut self, name: &str, value: &str) -> Result<()> {
        let wrong = |what: &str| Error::invalid(format!("Unable to set session property '{name}' to '{value}': it takes {what}"));
        if let Some(switch) = switch(&mut self.properties, name) {
            *switch = value.parse().map_err(|_| wrong("true or false"))?;
            return Ok(());
        }
        match name {
            "query_max_run_time" => {
                let limit = duration(value).ok_or_else(|| wrong("a duration such as 10m"))?;
                self.timeout = (!limit.is_zero()).then_some(limit);
            }
            "time_zone_id" => {
                let mut properties = self.properties.clone();
                value.clone_into(&mut properties.time_zone);
                properties.zone()?;
                self.properties = properties;
            }
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    /// Sets a property back to its default.
    ///
    /// Errors: `InvalidInput` for a property that there is not.
    pub(crate) fn reset_property(&mut self, name: &str) -> Result<()> {
        let mut defaults = self.defaults.clone();
        if let (Some(switch), Some(default)) = (switch(&mut self.properties, name), switch(&mut defaults, name)) {
            *switch = *default;
            return Ok(());
        }
        match name {
            "query_max_run_time" => self.timeout = None,
            "time_zone_id" => self.properties.time_zone.clone_from(&self.defaults.time_zone),
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    /// A property's value as text.
    pub(crate) fn property(&self, name: &str) -> Option<String> {
        Some(match name {
            "query_max_run_time" => self.timeout.map_or_else(|| "0s".to_owned(), |limit| format!("{}ms", limit.as_millis())),
            "time_zone_id" => self.properties.time_zone.clone(),
            _ => switch(&mut self.properties.clone(), name)?.to_string(),
        })
    }

    /// What a property is without having been set.
    pub(crate) fn default_property(&self, name: &str) -> Option<String> {
        Self { properties: self.defaults.clone(), timeout: None, ..Self::default() }.property(name)
    }
}

/// A property that is true or false.
fn switch<'a>(properties: &'a mut Properties, name: &str) -> Option<&'a mut bool> {
    Some(match name {
        "decimal_literals" => &mut properties.decimal_literals,
        "legacy_arithmetic_decimal_operators" => &mut properties.legacy_arithmetic_decimal_operators,
        "legacy_varchar_to_char_coercion" => &mut properties.legacy_varchar_to_char_coercion,
        _ => return None,
    })
}

fn unknown(name: &str) -> Error {
    Error::invalid(format!("Session property '{name}' does not exist"))
}

/// A duration as Trino writes it: a number and a unit (`1.5h`).
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.trim().parse::<f64>().ok()? * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_set_shown_and_reset() {
        let mut session = Session::default();
        for Property { name, .. } in PROPERTIES {
            let value = session.property(name).unwrap();
            session.set_property(name, &value).unwrap();
            assert_eq!(session.property(name), session.default_property(name), "{name}");
        }
        session.set_property("query_max_run_time", "1.5h").unwrap();
        assert_eq!(
            (session.timeout, session.property("query_max_run_time")),
            (Some(Duration::from_secs(5400)), { Some("5400000ms".to_owned()) })
        );
        session.reset_property("query_max_run_time").unwrap();
        assert_eq!(session.timeout, None);
        for (name, value) in
            [("time_zone_id", "Mars"), ("decimal_literals", "maybe"), ("query_max_run_time", "10 years"), ("x", "1")]
        {
            assert!(session.set_property(name, value).is_err(), "{name}");
        }
    }
}
