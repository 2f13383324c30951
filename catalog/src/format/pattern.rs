//! Tables of lines that a pattern takes apart: RegexSerDe and Glue's GrokSerDe.

use serde::{Deserialize, Serialize};

use super::settings::{NULL_FOR_INVALID, Settings};
use crate::error::{Error, Result};
use crate::table::Parameters;

const REGEX: &str = "input.regex";
const REGEX_CASE: &str = "input.regex.case.insensitive";
const GROK: &str = "input.format";
const GROK_CUSTOM: &str = "input.grokCustomPatterns";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegexFormat {
    /// Lines at the beginning of every object that are not data.
    pub skip_lines: usize,
    /// A group that is not a value of its column's type is NULL.
    pub null_for_invalid: bool,
    pub syntax: RegexSyntax,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegexSyntax {
    /// A regular expression for the whole line; its groups are the columns in order.
    Regex { pattern: String, case_insensitive: bool },
    /// A grok pattern, `%{COMBINEDAPACHELOG}`, and definitions of further ones, a line each: name, blank, pattern.
    Grok { pattern: String, custom: String },
}

impl RegexFormat {
    pub(super) fn regex(settings: &Settings<'_>) -> Result<Self> {
        settings.refuse_for_text()?;
        let syntax = RegexSyntax::Regex {
            pattern: required(settings, REGEX, "RegexSerDe")?,
            case_insensitive: settings.flag(REGEX_CASE, false)?,
        };
        Self::with(settings, syntax)
    }

    pub(super) fn grok(settings: &Settings<'_>) -> Result<Self> {
        settings.refuse_for_text()?;
        let syntax = RegexSyntax::Grok {
            pattern: required(settings, GROK, "GrokSerDe")?,
            custom: settings.get(GROK_CUSTOM).unwrap_or_default().to_string(),
        };
        Self::with(settings, syntax)
    }

    fn with(settings: &Settings<'_>, syntax: RegexSyntax) -> Result<Self> {
        let null_for_invalid = settings.flag(NULL_FOR_INVALID, false)?;
        Ok(Self { skip_lines: settings.header_lines()?, null_for_invalid, syntax })
    }

    pub(super) fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        if self.null_for_invalid {
            parameters.insert(NULL_FOR_INVALID.to_string(), "true".to_string());
        }
        match &self.syntax {
            RegexSyntax::Regex { pattern, case_insensitive } => {
                parameters.insert(REGEX.to_string(), pattern.clone());
                if *case_insensitive {
                    parameters.insert(REGEX_CASE.to_string(), "true".to_string());
                }
            }
            RegexSyntax::Grok { pattern, custom } => {
                parameters.insert(GROK.to_string(), pattern.clone());
                if !custom.is_empty() {
                    parameters.insert(GROK_CUSTOM.to_string(), custom.clone());
                }
            }
        }
        parameters
    }
}

fn required(settings: &Settings<'_>, key: &str, library: &str) -> Result<String> {
    settings
        .get(key)
        .filter(|text| !text.is_empty())
        .map(str::to_string)
        .ok_or_else(|| Error::invalid(format!("{library} needs the SerDe parameter '{key}'")))
}
