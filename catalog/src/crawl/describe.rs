//! From what was found in a table's objects to what the catalog says of it: columns, format, parameters as Glue's crawler
//! writes them (glue.md 1.7). What depends on the objects themselves, as counts do, is added by the caller.

use std::collections::BTreeSet;

use super::columns::Columns;
use super::infer::unique_names;
use super::inspected::{Dialect, Framing, Inspected, Kind};
use super::shape::{Member, Shape, is_hive_identifier};
use crate::error::{Error, Result};
use crate::format::{CsvDialect, CsvFormat, Delimited, Format, JsonFormat, Quoted, RegexFormat, RegexSyntax};
use crate::name::fold;
use crate::table::{Column, Parameters, SerDeInfo};

/// The `jsonPath` that says: each object is an array, and its elements are the records.
const ELEMENTS: &str = "$[*]";
const AVRO_SCHEMA: &str = "avro.schema.literal";

/// What a table over some objects is.
#[derive(Debug)]
pub struct Description {
    /// Lower-case names, each once, in order of first sight.
    pub columns: Vec<Column>,
    pub format: Format,
    /// For the table and its storage descriptor, which AWS keeps equal.
    pub parameters: Parameters,
    /// For the SerDe, beyond those of the format.
    serde_parameters: Parameters,
    /// What people may wonder about.
    pub notes: Vec<String>,
}

impl Description {
    /// Input format, output format and SerDe.
    pub fn reading(&self) -> (String, String, SerDeInfo) {
        let (input, output, mut serde) = self.format.describe();
        serde.parameters.get_or_insert_default().extend(self.serde_parameters.clone());
        (input, output, serde)
    }
}

/// One table over objects with these findings, in the order of the objects. All are of the same format
/// ([`super::similar::Class`]); how they differ beyond that is said in the notes.
///
/// # Errors
/// `Internal` for no finding at all.
pub fn describe(found: &[&Inspected]) -> Result<Description> {
    let first = found.first().ok_or_else(|| Error::internal("a table without objects cannot be described"))?;
    let mut notes = Vec::new();
    let columns = match &first.kind {
        Kind::Csv(_) => by_position(found, &mut notes),
        _ => by_name(found, &mut notes),
    };
    let mut parameters = Parameters::from([
        ("classification".to_owned(), first.classification.clone()),
        ("compressionType".to_owned(), first.compression.clone()),
        ("typeOfData".to_owned(), "file".to_owned()),
    ]);
    let format = match &first.kind {
        Kind::Json { path, .. } => json(found, path.as_deref(), &columns, &mut parameters, &mut notes),
        Kind::Csv(dialect) => csv(found, dialect, &mut parameters, &mut notes),
        Kind::Grok { pattern, custom_patterns } => grok(pattern, custom_patterns, &mut parameters),
        Kind::Parquet => Format::Parquet,
        Kind::Avro { .. } => Format::Avro,
        Kind::Orc => Format::Orc,
    };
    parameters.extend(format.table_parameters());
    let serde_parameters: Parameters = avro_schema(found).map(|schema| (AVRO_SCHEMA.to_owned(), schema)).into_iter().collect();
    parameters.extend(serde_parameters.clone());
    let columns = fold_names(&columns, &mut notes);
    Ok(Description { columns, format, parameters, serde_parameters, notes })
}

/// Catalog columns, with remarks on what became of their names and types.
fn fold_names(columns: &[Member], notes: &mut Vec<String>) -> Vec<Column> {
    let mut folded = Vec::with_capacity(columns.len());
    for (column, spellings) in Columns::fold(columns) {
        let name = fold(&column.name);
        if !spellings.is_empty() {
            let all: Vec<_> = std::iter::once(&column.name).chain(&spellings).map(|name| format!("`{name}`")).collect();
            notes.push(format!("{} are one column, `{name}`: names in the catalog have no case", all.join(", ")));
        }
        if let Shape::Struct(members) = &column.shape
            && let Some(odd) = members.iter().find(|member| !is_hive_identifier(&member.name))
        {
            notes.push(format!("`{name}` is a map and no struct, because no struct can have a member called `{}`", odd.name));
        }
        folded.push(Column::new(name, column.shape.hive()));
    }
    folded
}

/// The columns of all, joined by their names.
fn by_name(found: &[&Inspected], notes: &mut Vec<String>) -> Vec<Member> {
    let mut columns = Columns::default();
    let mut changes = Changes::default();
    for inspected in found {
        columns.merge(&inspected.columns, |name, before, came, _| changes.add(name, before, came));
    }
    let columns = columns.into_members();
    changes.tell(&columns, notes);
    columns
}

/// The columns of delimited texts, which have a place and no name: the first header names them.
fn by_position(found: &[&Inspected], notes: &mut Vec<String>) -> Vec<Member> {
    let mut columns: Vec<Member> = Vec::new();
    let mut changes = Changes::default();
    let mut renamed = BTreeSet::new();
    let has_header = |inspected: &Inspected| matches!(&inspected.kind, Kind::Csv(Dialect { header: true, .. }));
    let (headed, bare): (Vec<&Inspected>, Vec<&Inspected>) = found.iter().partition(|inspected| has_header(inspected));
    for inspected in headed.into_iter().chain(bare) {
        let is_headed = has_header(inspected);
        for (at, column) in inspected.columns.iter().enumerate() {
            let Some(known) = columns.get_mut(at) else {
                columns.push(column.clone());
                continue;
            };
            if is_headed && fold(&known.name) != fold(&column.name) {
                renamed.insert(format!("column {} is `{}` in one header and `{}` in another", at + 1, known.name, column.name));
            }
            let before = known.shape.clone();
            known.shape.join(&column.shape);
            if before != known.shape && before != Shape::Null {
                changes.add(&known.name, &before, &column.shape);
            }
        }
    }
    notes.extend(renamed.into_iter().map(|renamed| format!("{renamed}; delimited text is read by position")));
    changes.tell(&columns, notes);
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    columns.iter().zip(unique_names(&names)).map(|(column, name)| Member::new(name, column.shape.clone())).collect()
}

/// Which columns are not the same in all objects.
#[derive(Default)]
struct Changes(Vec<(String, BTreeSet<String>)>);

impl Changes {
    fn add(&mut self, name: &str, before: &Shape, came: &Shape) {
        // Objects that differ in a nested member are too common, and their types too long, to be worth a remark.
        if !before.is_scalar() && !came.is_scalar() {
            return;
        }
        let at = match self.0.iter().position(|(known, _)| known == name) {
            Some(at) => at,
            None => {
                self.0.push((name.to_owned(), BTreeSet::new()));
                self.0.len() - 1
            }
        };
        if let Some((_, types)) = self.0.get_mut(at) {
            types.extend([before.hive(), came.hive()]);
        }
    }

    fn tell(self, columns: &[Member], notes: &mut Vec<String>) {
        for (name, types) in self.0 {
            let now = columns.iter().find(|column| column.name == name).map(|column| column.shape.hive()).unwrap_or_default();
            let types: Vec<_> = types.into_iter().collect();
            notes.push(format!("`{name}` is {} in different objects → {now}", types.join(" and ")));
        }
    }
}

fn json(
    found: &[&Inspected],
    path: Option<&str>,
    columns: &[Member],
    parameters: &mut Parameters,
    notes: &mut Vec<String>,
) -> Format {
    let framings = found.iter().filter_map(|inspected| match inspected.kind {
        Kind::Json { framing, .. } => Some(framing),
        _ => None,
    });
    // The reader takes plain objects in every framing, and arrays of them in two.
    let framing = framings.max_by_key(|framing| match framing {
        Framing::Values => 0,
        Framing::Array => 1,
        Framing::Strings => 2,
    });
    let mut format = JsonFormat { framing: framing.unwrap_or_default(), ..JsonFormat::default() };
    let mut keys: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    match path {
        None if format.framing == Framing::Array => drop(parameters.insert("jsonPath".to_owned(), ELEMENTS.to_owned())),
        None => {}
        Some(path) => match member_of(path) {
            Some(member) => {
                keys = BTreeSet::from([member]);
                format.mapping.insert("record".to_owned(), member.to_owned());
            }
            // For a reader `$[*]` is the elements of an array; the members of an object have no such path.
            None if path == ELEMENTS => {
                notes.push(format!("the JSON path '{path}' of the classifier is followed by queries in arrays only"));
                parameters.insert("jsonPath".to_owned(), path.to_owned());
            }
            None => format.path = Some(path.to_owned()),
        },
    }
    format.paths = keys.into_iter().map(str::to_owned).collect();
    Format::Json(format)
}

/// The member's name if a path leads to a member of the record itself, `$.id`: that is a mapping of its column.
fn member_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("$.")?;
    (!name.contains(['.', '[', '*'])).then_some(name)
}

fn csv(found: &[&Inspected], first: &Dialect, parameters: &mut Parameters, notes: &mut Vec<String>) -> Format {
    let dialects = || {
        found.iter().filter_map(|inspected| match &inspected.kind {
            Kind::Csv(dialect) => Some(dialect),
            _ => None,
        })
    };
    let quoted = dialects().any(|dialect| dialect.quoted);
    let header = dialects().any(|dialect| dialect.header);
    if header && dialects().any(|dialect| !dialect.header) {
        notes.push(
            "the first line names the columns in some objects and looks like data in others: it is left out everywhere \
             (a classifier can say whether there is a header)"
                .to_owned(),
        );
    }
    let byte = |character: char| u8::try_from(character).unwrap_or_default();
    let lazy = match first.serde.as_deref() {
        Some(serde) => serde == "LazySimpleSerDe",
        None => !quoted,
    };
    let delimiter = byte(first.delimiter);
    let dialect = if lazy {
        CsvDialect::Delimited(Delimited { delimiter, ..Delimited::default() })
    } else {
        CsvDialect::Quoted(Quoted { delimiter, quote: Some(byte(first.quote)), ..Quoted::default() })
    };
    if lazy && quoted {
        notes.push("cells are quoted, and LazySimpleSerDe leaves the quotes in the values".to_owned());
    }
    for (key, value) in [
        ("delimiter", first.delimiter.to_string()),
        ("columnsOrdered", "true".to_owned()),
        ("areColumnsQuoted", quoted.to_string()),
    ] {
        parameters.insert(key.to_owned(), value);
    }
    Format::Csv(CsvFormat { skip_lines: usize::from(header), dialect })
}

fn grok(pattern: &str, custom: &str, parameters: &mut Parameters) -> Format {
    parameters.insert("grokPattern".to_owned(), pattern.to_owned());
    if !custom.is_empty() {
        parameters.insert("grokCustomPatterns".to_owned(), custom.to_owned());
    }
    let syntax = RegexSyntax::Grok { pattern: pattern.to_owned(), custom: custom.to_owned() };
    Format::Regex(RegexFormat { skip_lines: 0, null_for_invalid: false, syntax })
}

/// Of several schemas the one with the most columns, the last of equals: it is most likely the newest.
fn avro_schema(found: &[&Inspected]) -> Option<String> {
    let schemas = found.iter().filter_map(|inspected| match &inspected.kind {
        Kind::Avro { schema } => Some((inspected.columns.len(), schema)),
        _ => None,
    });
    schemas.max_by_key(|(columns, _)| *columns).map(|(_, schema)| schema.clone())
}

#[cfg(test)]
mod tests;
