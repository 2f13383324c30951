//! Whether the first row of delimited text names the columns, and the names.

use std::collections::HashSet;

use super::value::Type;
use crate::name;

/// Glue takes no longer cell for a column's name, but in the last column.
const LONGEST_NAME: usize = 150;

/// Words that head columns, as they are or as the last part of a longer name, `team_id`.
const HEADINGS: [&str; 40] = [
    "address",
    "age",
    "amount",
    "category",
    "city",
    "code",
    "color",
    "comment",
    "company",
    "country",
    "created",
    "currency",
    "customer",
    "date",
    "day",
    "department",
    "description",
    "email",
    "gender",
    "id",
    "ip",
    "key",
    "label",
    "language",
    "month",
    "name",
    "names",
    "phone",
    "product",
    "region",
    "role",
    "state",
    "status",
    "symbol",
    "time",
    "timestamp",
    "title",
    "type",
    "value",
    "year",
];

/// Whether the first of `rows` is a header, with the reason if people may wonder.
///
/// Glue's rule: all its cells are text fit for a name, and some cell below is not text. Where all is text Glue finds no
/// header, and its names become a row. Ours then: its cells are identifiers, all different and none of them repeated below,
/// and either most columns look different below (`team_id` over `ARI`) or most cells are words that columns are headed by.
pub(super) fn is_header(rows: &[Vec<String>]) -> Option<Option<String>> {
    let (first, below) = rows.split_first()?;
    let named = first.iter().enumerate().all(|(at, cell)| is_name(cell) || (cell.is_empty() && at + 1 == first.len()));
    // A line above the table, as Spark's logs begin with their version, names nothing.
    let is_narrow = below.iter().filter(|row| row.len() > first.len()).count() * 2 > below.len();
    if !named || below.is_empty() || is_narrow {
        return None;
    }
    if below.iter().flatten().any(|cell| !matches!(Type::of(cell.as_bytes()), Type::Text | Type::Empty)) {
        return Some(None);
    }
    let different: HashSet<_> = first.iter().map(|cell| name::fold(cell)).collect();
    if different.len() < first.len() || !first.iter().all(|cell| is_identifier(cell)) {
        return None;
    }
    let column = |at: usize| below.iter().filter_map(move |row| row.get(at)).filter(|cell| !cell.is_empty());
    if first.iter().enumerate().any(|(at, cell)| column(at).any(|other| other == cell)) {
        return None;
    }
    let unlike = first.iter().enumerate().filter(|(at, cell)| column(*at).all(|other| form(other) != form(cell))).count();
    let headings = first.iter().filter(|cell| is_heading(cell)).count();
    let most = |count: usize| count * 2 > first.len();
    let reason = match (most(unlike), most(headings)) {
        (true, _) => "all columns are text; the first line is taken as names because it looks unlike the others",
        (_, true) => "all columns are text; the first line is taken as names because columns are mostly called so",
        _ => return None,
    };
    Some(Some(reason.to_owned()))
}

/// Text short enough for a name and with a letter in it. (Glue's own pattern for names is not published.)
fn is_name(cell: &str) -> bool {
    let fits = cell.chars().count() < LONGEST_NAME && !cell.chars().any(char::is_control);
    fits && cell.chars().any(char::is_alphabetic) && Type::of(cell.as_bytes()) == Type::Text
}

fn is_identifier(cell: &str) -> bool {
    let mut chars = cell.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.'))
}

fn is_heading(cell: &str) -> bool {
    let folded = name::fold(cell);
    let last = folded.rsplit(['_', '-', ' ', '.']).next().unwrap_or_default();
    HEADINGS.binary_search(&last).is_ok()
}

/// What a cell looks like from afar: which kinds of characters are in it.
fn form(cell: &str) -> [bool; 5] {
    let any = |test: fn(char) -> bool| cell.chars().any(test);
    let other = |c: char| !c.is_alphanumeric() && !matches!(c, '_' | ' ');
    [any(char::is_lowercase), any(char::is_uppercase), any(char::is_numeric), cell.contains('_'), any(other)]
}

/// The names of a header's columns: those that say nothing or the same as one before get one of their own.
pub(in super::super::super) fn names(header: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    let mut taken = HashSet::new();
    for (at, cell) in header.iter().enumerate() {
        let wanted = match cell.trim() {
            "" => format!("col{at}"),
            cell => cell.to_owned(),
        };
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let free = std::iter::once(wanted.clone()).chain(numbered).find(|name| taken.insert(name::fold(name)));
        names.push(free.unwrap_or(wanted));
    }
    names
}

/// Names for columns up to `width`: `col0`, `col1`, … as Glue's crawler really counts (its guide says from 1).
pub(super) fn complete(names: &mut Vec<String>, width: usize) {
    names.extend((names.len()..width).map(|at| format!("col{at}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn headings_are_sorted() {
        assert!(HEADINGS.is_sorted());
    }

    #[test]
    fn headers() {
        for (text, header) in [
            ("id,name,amount\n1,ann,1.5\n2,bob,2.5", true),
            ("id,name\n1,ann", true),
            ("1,2.5\n2,3.5", false),
            ("id,2\n1,2", false),
            ("team_id,team_names\nARI,Arizona\nATL,Atlanta", true),
            ("ARI,Arizona\nATL,Atlanta", false),
            ("name,city\nann,paris\nbob,rome", true),
            ("ann,paris\nbob,rome\neve,oslo", false),
            ("first,second\nA1,B2", true),
            ("id,id\nx,y", false),
            ("name,city\nname,paris", false),
            ("a,,c\n1,2,3", false),
            ("a,b,\n1,2,3", true),
            ("a,b", false),
            ("v1\n1,2\n3,4", false),
            ("a,b,c\n1,2\n3,4,5,6", true),
        ] {
            assert_eq!(is_header(&rows(text)).is_some(), header, "{text}");
        }
    }

    #[test]
    fn names_are_unique() {
        let header: Vec<_> = ["a", " A ", "", "a_2", "a"].map(str::to_owned).into();
        let mut named = names(&header);
        complete(&mut named, 7);
        assert_eq!(named, ["a", "A_2", "col2", "a_2_2", "a_3", "col5", "col6"]);
    }
}
