//! What the Tab key offers: backslash commands, keywords, functions, databases, tables and columns, by what stands before
//! the word. Deciding is pure; names of the catalog come through [`Names`], which asks as late as possible.

use catalog::table::Table;
use sql::keywords::KEYWORDS;

use crate::highlight::{Kind, is_name, lex};
use crate::names::Names;
use crate::repl::meta;

/// Words that are no name unless they are quoted (Trino's documentation, "Reserved keywords").
const RESERVED: &[&str] = &[
    "alter",
    "and",
    "as",
    "between",
    "by",
    "case",
    "cast",
    "constraint",
    "create",
    "cross",
    "cube",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "deallocate",
    "delete",
    "describe",
    "distinct",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "execute",
    "exists",
    "extract",
    "false",
    "for",
    "from",
    "full",
    "group",
    "grouping",
    "having",
    "in",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "join",
    "left",
    "like",
    "localtime",
    "localtimestamp",
    "natural",
    "normalize",
    "not",
    "null",
    "on",
    "or",
    "order",
    "outer",
    "prepare",
    "recursive",
    "right",
    "rollup",
    "select",
    "skip",
    "table",
    "then",
    "trim",
    "true",
    "uescape",
    "union",
    "unnest",
    "using",
    "values",
    "when",
    "where",
    "with",
];

/// Where the word at the cursor begins (in bytes), and what could stand there.
pub(crate) fn candidates(line: &str, cursor: usize, names: &dyn Names) -> (usize, Vec<String>) {
    let before = line.get(..cursor).unwrap_or(line);
    if before.trim_start().starts_with('\\') && !before.trim_start().contains('\n') {
        return after_backslash(before, names);
    }
    if matches!(lex(before).last(), Some((Kind::Text | Kind::Comment, _))) {
        return (cursor, Vec::new());
    }
    let start = before.rfind(|c| !is_name(c)).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let (context, word) = before.split_at(start);
    let path = path_before(context);
    let mut found = match path.as_slice() {
        [] => unqualified(line, context, word, names),
        [first] => qualified(line, first, names),
        [.., database, table] => columns(&names.tables(database), table),
    };
    let folded = word.to_lowercase();
    found.retain(|candidate| candidate.trim_start_matches('"').to_lowercase().starts_with(&folded));
    let mut seen = std::collections::HashSet::new();
    found.retain(|candidate| seen.insert(candidate.clone()));
    (start, found)
}

fn after_backslash(before: &str, names: &dyn Names) -> (usize, Vec<String>) {
    let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let (context, word) = before.split_at(start);
    let found = match context.trim() {
        "" => meta::COMMANDS.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        "\\d" => tables_and_databases(names),
        _ => Vec::new(),
    };
    (start, found.into_iter().filter(|name: &String| name.starts_with(word)).collect())
}

/// The names before the dot that the context ends with: `a."B".` gives `a`, `b`.
fn path_before(context: &str) -> Vec<String> {
    let mut path = Vec::new();
    let mut pieces = lex(context).into_iter().rev().peekable();
    while pieces.next_if(|(kind, piece)| *kind == Kind::Other && *piece == ".").is_some() {
        match pieces.next() {
            Some((Kind::Name | Kind::Keyword | Kind::Function, piece)) => path.push(piece.to_lowercase()),
            Some((Kind::Quoted, piece)) => path.push(piece.trim_matches(['"', '`']).to_lowercase()),
            _ => break,
        }
    }
    path.reverse();
    path
}

fn unqualified(line: &str, context: &str, word: &str, names: &dyn Names) -> Vec<String> {
    let last = lex(context).into_iter().rev().find(|(kind, piece)| *kind != Kind::Other || !piece.trim().is_empty());
    let keyword = last.filter(|(kind, _)| *kind == Kind::Keyword).map(|(_, piece)| piece.to_ascii_uppercase());
    match keyword.as_deref() {
        Some("USE" | "DATABASE" | "SCHEMA") => return names.databases().iter().map(|name| quote(name)).collect(),
        Some("FROM" | "JOIN" | "TABLE" | "VIEW" | "DESCRIBE" | "DESC" | "PARTITIONS") => return tables_and_databases(names),
        _ => {}
    }
    let mut found = Vec::new();
    for (database, table, _) in tables_of(line) {
        found.extend(columns(&names.tables(database.as_deref().unwrap_or_default()), &table));
    }
    if word.is_empty() {
        return found;
    }
    let lower = word.chars().next().is_some_and(char::is_lowercase);
    found.extend(KEYWORDS.iter().map(|word| if lower { word.to_ascii_lowercase() } else { (*word).to_owned() }));
    found.extend(names.functions().iter().map(|name| format!("{name}(")));
    found.extend(tables_and_databases(names));
    found
}

/// After `first.`: the columns of a table or alias of this statement, else the tables of a database.
fn qualified(line: &str, first: &str, names: &dyn Names) -> Vec<String> {
    let table = tables_of(line).into_iter().find(|(_, table, alias)| alias.as_deref().unwrap_or(table) == first);
    let found = table.map(|(database, table, _)| columns(&names.tables(database.as_deref().unwrap_or_default()), &table));
    // `FROM lake.` reads like a table `lake` as long as nothing follows the dot.
    found
        .filter(|columns| !columns.is_empty())
        .unwrap_or_else(|| names.tables(first).iter().map(|table| quote(&table.name)).collect())
}

/// The tables that stand after FROM, JOIN or a comma between them: database, name, alias; folded.
fn tables_of(line: &str) -> Vec<(Option<String>, String, Option<String>)> {
    let mut found = Vec::new();
    let mut pieces = lex(line).into_iter().filter(|(kind, piece)| *kind != Kind::Comment && !piece.trim().is_empty()).peekable();
    while let Some((kind, piece)) = pieces.next() {
        if kind != Kind::Keyword || !["FROM", "JOIN"].contains(&piece.to_ascii_uppercase().as_str()) {
            continue;
        }
        while let Some(mut name) = pieces.next_if(is_identifier).map(folded) {
            let mut database = None;
            while pieces.next_if(|(_, piece)| *piece == ".").is_some() {
                let Some(next) = pieces.next_if(is_identifier).map(folded) else { break };
                database = Some(std::mem::replace(&mut name, next));
            }
            pieces.next_if(|(_, piece)| piece.eq_ignore_ascii_case("as"));
            let alias = pieces.next_if(is_identifier).map(folded);
            found.push((database, name, alias));
            if pieces.next_if(|(_, piece)| *piece == ",").is_none() {
                break;
            }
        }
    }
    found
}

fn is_identifier((kind, _): &(Kind, &str)) -> bool {
    matches!(kind, Kind::Name | Kind::Quoted)
}

fn folded((_, piece): (Kind, &str)) -> String {
    piece.trim_matches(['"', '`']).to_lowercase()
}

fn columns(tables: &[Table], name: &str) -> Vec<String> {
    let table = tables.iter().find(|table| table.name == name);
    table.map(|t| t.columns().iter().chain(t.partition_keys()).map(|c| quote(&c.name)).collect()).unwrap_or_default()
}

fn tables_and_databases(names: &dyn Names) -> Vec<String> {
    let tables = names.tables("");
    tables.iter().map(|table| quote(&table.name)).chain(names.databases().iter().map(|name| quote(name))).collect()
}

/// The name as it must be typed.
pub(crate) fn quote(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.starts_with(|c: char| !c.is_ascii_digit())
        && !RESERVED.contains(&name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::table::{Column, StorageDescriptor};

    struct Fixed;

    impl Names for Fixed {
        fn databases(&self) -> Vec<String> {
            vec!["default".to_owned(), "lake".to_owned()]
        }

        fn tables(&self, database: &str) -> Vec<Table> {
            let table = |name: &str, columns: &[&str]| Table {
                name: name.to_owned(),
                storage_descriptor: Some(StorageDescriptor {
                    columns: Some(columns.iter().map(|name| Column::new(*name, "int")).collect()),
                    ..StorageDescriptor::default()
                }),
                partition_keys: Some(vec![Column::new("day", "string")]),
                ..Table::default()
            };
            match database {
                "" | "default" => vec![table("ticks", &["symbol", "adj close"])],
                "lake" => vec![table("flights", &["icao24"])],
                _ => Vec::new(),
            }
        }

        fn functions(&self) -> Vec<String> {
            vec!["sum".to_owned(), "substr".to_owned()]
        }
    }

    /// What is offered at the `|`.
    fn offered(text: &str) -> Vec<String> {
        let cursor = text.find('|').unwrap();
        candidates(&text.replace('|', ""), cursor, &Fixed).1
    }

    #[test]
    fn by_place() {
        for (text, expected) in [
            ("SELECT * FROM |", &["ticks", "default", "lake"][..]),
            ("select * from t|", &["ticks"]),
            ("select * from lake.|", &["flights"]),
            ("select * from LAKE.f|", &["flights"]),
            ("use l|", &["lake"]),
            ("select s| from ticks", &["symbol"]),
            ("select x.| from lake.flights x", &["icao24", "day"]),
            ("select y.i| from ticks, lake.flights as y where", &["icao24"]),
            ("select lake.flights.d|", &["day"]),
            ("select a| from ticks", &["\"adj close\""]),
            ("select 'from |", &[]),
            ("-- from |", &[]),
            ("\\t|", &["\\timing"]),
            ("\\d t|", &["ticks"]),
        ] {
            let found = offered(text);
            assert!(expected.iter().all(|e| found.iter().any(|f| f == e)), "{text}: {found:?}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn columns_come_before_keywords_and_keywords_follow_the_case() {
        assert_eq!(offered("select s| from ticks").first().map(String::as_str), Some("symbol"));
        assert!(offered("sel|").contains(&"select".to_owned()));
        assert!(offered("SEL|").contains(&"SELECT".to_owned()));
        assert!(offered("select su|").contains(&"sum(".to_owned()));
    }

    #[test]
    fn the_word_starts_behind_wide_characters() {
        assert_eq!(candidates("SELECT 'ü', s", 14, &Fixed).0, 13);
    }
}
