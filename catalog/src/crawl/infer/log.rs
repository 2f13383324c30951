//! Logs: lines that a grok pattern takes apart, Glue's built-in ones and those of custom classifiers.

use super::Object;
use super::text::Text;
use crate::Result;
use crate::crawl::inspected::{Finding, Found, Inspected, Inspections, Kind};
use crate::crawl::shape::{Member, Shape};
use crate::crawler::GrokClassifier;
use crate::decode::Grok;

/// Lines are tried in so much text.
const SAMPLE: usize = 64 << 10;
const LINES: usize = 1000;

/// In Glue's order. Its patterns for Squid's, Microsoft's and Redis's logs are not published.
const BUILT_IN: [(&str, &str); 4] = [
    ("combined_apache", "%{COMBINEDAPACHELOG}"),
    ("apache", "%{COMMONAPACHELOG}"),
    ("linux_kernel", "%{SYSLOGBASE} %{GREEDYDATA:message}"),
    (
        "ruby_logger",
        "[DFEWI], \\[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid}\\] *%{LOGLEVEL:loglevel} -- +%{DATA:progname}: %{GREEDYDATA:message}",
    ),
];

/// One kind of log.
pub(in super::super) struct Log {
    classification: String,
    pattern: String,
    custom_patterns: String,
    grok: Grok,
}

/// The logs that are known without a classifier.
///
/// # Errors
/// None, unless a built-in pattern is wrong.
pub(in super::super) fn built_in() -> Result<Vec<Log>> {
    BUILT_IN.iter().map(|(classification, pattern)| Log::new(classification, pattern, "")).collect()
}

impl Log {
    /// # Errors
    /// `InvalidInput` with the classifier's name for a pattern that is none.
    pub(in super::super) fn of(classifier: &GrokClassifier) -> Result<Self> {
        let custom = classifier.custom_patterns.as_deref().unwrap_or_default();
        Self::new(&classifier.classification, &classifier.grok_pattern, custom)
            .map_err(|error| error.within(format!("classifier '{}'", classifier.name)))
    }

    fn new(classification: &str, pattern: &str, custom_patterns: &str) -> Result<Self> {
        let grok = Grok::new(pattern, custom_patterns)?;
        let (classification, pattern) = (classification.to_owned(), pattern.to_owned());
        Ok(Self { classification, pattern, custom_patterns: custom_patterns.to_owned(), grok })
    }

    /// What the text is, if more than two thirds of its first lines are of this kind.
    pub(in super::super) fn inspect(
        &self,
        object: &Object<'_>,
        text: &mut Text<'_>,
        inspections: &mut Inspections,
    ) -> Result<Option<Finding>> {
        text.at_least(SAMPLE)?;
        let rest = text.rest();
        let mut sample = rest.get(..SAMPLE).unwrap_or(rest);
        if sample.len() < rest.len() || !text.is_complete() {
            // The last line may be cut off.
            let end = memchr::memrchr(b'\n', sample).map_or(sample.len(), |end| end + 1);
            sample = sample.get(..end).unwrap_or(sample);
        }
        let (mut lines, mut matching) = (0u64, 0u64);
        for line in sample.split_inclusive(|byte| *byte == b'\n').take(LINES) {
            let Ok(line_text) = std::str::from_utf8(line) else { return Ok(None) };
            let line_text = line_text.trim_end_matches(['\r', '\n']);
            if line_text.is_empty() {
                continue;
            }
            lines += 1;
            matching += u64::from(self.grok.read(line_text).is_some());
            // A first line that does not match is most likely another format: no need to try a thousand.
            if matching == 0 && lines >= 10 {
                return Ok(None);
            }
        }
        if lines == 0 || matching * 3 <= lines * 2 {
            return Ok(None);
        }
        let inspection = inspections.intern(self.inspected(object), Vec::new);
        text.commit();
        let (mut records, mut line) = (0, text.consumed());
        while text.skip_line()? {
            records += 1;
            line = text.consumed();
        }
        records += u64::from(text.consumed() > line);
        let found = Found { inspection, records, bytes: text.consumed(), notes: Vec::new() };
        Ok(Some(Finding::Found(found)))
    }

    fn inspected(&self, object: &Object<'_>) -> Inspected {
        let columns = self.grok.fields().iter().map(|field| Member::new(field.name.clone(), shape(field.hive_type))).collect();
        Inspected {
            kind: Kind::Grok { pattern: self.pattern.clone(), custom_patterns: self.custom_patterns.clone() },
            compression: object.compression.name().to_owned(),
            classification: self.classification.clone(),
            columns,
        }
    }
}

/// The types that a grok field may be given.
fn shape(hive_type: &str) -> Shape {
    match hive_type {
        "tinyint" => Shape::TinyInt,
        "smallint" => Shape::SmallInt,
        "int" => Shape::Int,
        "bigint" => Shape::BigInt,
        "float" => Shape::Float,
        "double" => Shape::Double,
        "boolean" => Shape::Boolean,
        _ => Shape::String,
    }
}
