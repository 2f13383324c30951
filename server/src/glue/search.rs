//! SearchTables: tables of all databases by text and by properties. A page is found by reading on from where the last one ended; sorted
//! answers need all of them, and are pages of positions.

use catalog::table::Table;
use catalog::{Page, PageRequest};
use serde::Deserialize;

use super::error::{Outcome, invalid};
use super::page::{Paging, part};
use super::{Glue, page};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Search {
    #[serde(default)]
    filters: Vec<Filter>,
    search_text: Option<String>,
    #[serde(default)]
    sort_criteria: Vec<Sort>,
    #[serde(flatten)]
    paging: Paging,
    resource_share_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: Option<String>,
    value: Option<String>,
    comparator: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sort {
    field_name: String,
    sort: Option<String>,
}

pub(super) async fn search(glue: Glue<'_>, request: Search) -> Outcome {
    let Search { filters, search_text, sort_criteria, paging, resource_share_type } = request;
    if sort_criteria.len() > 1 {
        return Err(invalid("SortCriteria takes at most one criterion"));
    }
    let words = search_text.as_deref().map(Words::of);
    let tests = filters.iter().map(Test::of).collect::<Outcome<Vec<_>>>()?;
    let order = sort_criteria.first().map(Order::of).transpose()?;
    if matches!(resource_share_type.as_deref(), Some("FOREIGN" | "FEDERATED")) {
        return page::answer("TableList", Page { items: Vec::<serde_json::Value>::new(), next: None });
    }
    let matches =
        |table: &Table| words.as_ref().is_none_or(|words| words.are_in(table)) && tests.iter().all(|test| test.passes(table));
    let found = match order {
        Some(order) => {
            let mut all = read(glue, PageRequest { limit: Some(usize::MAX), token: None }, matches).await?.items;
            all.sort_by(|a, b| order.compare(a, b));
            part(all, paging, 1000)?
        }
        None => read(glue, paging.request(1000)?, matches).await?,
    };
    let items = found.items.iter().map(super::about::table).collect::<Outcome<Vec<_>>>()?;
    page::answer("TableList", Page { items, next: found.next })
}

/// Between database and table in a token: no name holds it.
const SEPARATOR: char = '\u{1f}';

/// The tables that pass, in the order of databases and names, from behind the token's on.
async fn read(glue: Glue<'_>, request: PageRequest, passes: impl Fn(&Table) -> bool) -> Outcome<Page<Table>> {
    let limit = request.limit.unwrap_or(1000);
    let token = request.token.unwrap_or_default();
    let (first, behind) = token.split_once(SEPARATOR).unwrap_or(("", ""));
    let mut found: Vec<Table> = Vec::new();
    for database in databases(glue).await?.into_iter().filter(|database| database.as_str() >= first) {
        let mut next = None;
        loop {
            let page = PageRequest { limit: Some(100), token: next };
            let tables = match glue.catalog().tables(&database, None, page).await {
                Ok(tables) => tables,
                // Somebody dropped it in the meantime.
                Err(error) if error.kind() == catalog::ErrorKind::DatabaseNotFound => break,
                Err(error) => return Err(error.into()),
            };
            for table in tables.items {
                if (database != first || table.name.as_str() > behind) && passes(&table) {
                    if found.len() == limit {
                        let next = found.last().map(|last| format!("{}{SEPARATOR}{}", last.database_name, last.name));
                        return Ok(Page { items: found, next });
                    }
                    found.push(table);
                }
            }
            match tables.next {
                Some(token) => next = Some(token),
                None => break,
            }
        }
    }
    Ok(Page { items: found, next: None })
}

/// The names of the databases that the caller may use, in their order.
async fn databases(glue: Glue<'_>) -> Outcome<Vec<String>> {
    let (mut names, mut page) = (Vec::new(), PageRequest::default());
    loop {
        let found = glue.catalog().databases(page).await?;
        let allowed = found.items.into_iter().map(|database| database.name);
        names.extend(allowed.filter(|name| glue.caller.rights.database(name).is_ok()));
        match found.next {
            Some(token) => page = PageRequest { limit: None, token: Some(token) },
            None => break,
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// A text to search for: in quotes the whole of a value, else words of which each is somewhere in it.
struct Words {
    exact: bool,
    words: Vec<String>,
}

impl Words {
    fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        match lower.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(whole) => Self { exact: true, words: vec![whole.to_owned()] },
            None => Self { exact: false, words: lower.split_whitespace().map(str::to_owned).collect() },
        }
    }

    /// Looks at names, descriptions, locations, columns and parameters.
    fn are_in(&self, table: &Table) -> bool {
        let texts = texts(table);
        self.words.iter().all(|word| {
            texts.iter().any(|text| {
                let text = text.to_lowercase();
                if self.exact { text == *word } else { text.contains(word.as_str()) }
            })
        })
    }
}

fn texts(table: &Table) -> Vec<&str> {
    let mut texts = vec![table.name.as_str(), table.database_name.as_str()];
    texts.extend([&table.description, &table.owner, &table.table_type].into_iter().flatten().map(String::as_str));
    texts.extend(table.storage_descriptor.as_ref().and_then(|descriptor| descriptor.location.as_deref()));
    for column in table.columns().iter().chain(table.partition_keys()) {
        texts.push(&column.name);
        texts.extend(column.comment.as_deref());
    }
    for (key, value) in table.parameters.iter().flatten() {
        texts.extend([key.as_str(), value.as_str()]);
    }
    texts
}

/// The values that a table has under a filter's or a criterion's key: a field of the table, else a parameter.
fn values(table: &Table, key: &str) -> Vec<String> {
    let one = |value: Option<&str>| value.map(str::to_owned).into_iter().collect();
    let time = |value: Option<f64>| value.map(|seconds| seconds.to_string()).into_iter().collect();
    match key.to_ascii_lowercase().as_str() {
        "name" | "tablename" => one(Some(&table.name)),
        "databasename" | "database" => one(Some(&table.database_name)),
        "description" => one(table.description.as_deref()),
        "owner" => one(table.owner.as_deref()),
        "tabletype" => one(table.table_type.as_deref()),
        "location" => one(table.storage_descriptor.as_ref().and_then(|descriptor| descriptor.location.as_deref())),
        "createtime" => time(table.create_time),
        "updatetime" => time(table.update_time),
        "lastaccesstime" => time(table.last_access_time),
        "columns" | "columnname" | "column" => table.columns().iter().map(|column| column.name.clone()).collect(),
        "partitionkeys" => table.partition_keys().iter().map(|column| column.name.clone()).collect(),
        _ => one(table.parameter(key)),
    }
}

struct Test<'a> {
    key: &'a str,
    value: &'a str,
    comparator: &'a str,
}

impl<'a> Test<'a> {
    fn of(filter: &'a Filter) -> Outcome<Self> {
        let Filter { key: Some(key), value: Some(value), comparator } = filter else {
            return Err(invalid("a filter of SearchTables needs Key and Value"));
        };
        let comparator = comparator.as_deref().unwrap_or("EQUALS");
        match comparator {
            "EQUALS" | "GREATER_THAN" | "LESS_THAN" | "GREATER_THAN_EQUALS" | "LESS_THAN_EQUALS" => {
                Ok(Self { key, value, comparator })
            }
            other => Err(invalid(format!("Comparator {other} is none of SearchTables"))),
        }
    }

    /// Numbers and times compare as numbers, all else as text. Equality looks for words, as the search does.
    fn passes(&self, table: &Table) -> bool {
        values(table, self.key).iter().any(|found| {
            let order = match (found.parse::<f64>(), self.value.parse::<f64>()) {
                (Ok(found), Ok(wanted)) => found.partial_cmp(&wanted),
                _ => Some(found.as_str().cmp(self.value)),
            };
            match self.comparator {
                "GREATER_THAN" => order.is_some_and(|order| order.is_gt()),
                "LESS_THAN" => order.is_some_and(|order| order.is_lt()),
                "GREATER_THAN_EQUALS" => order.is_some_and(|order| order.is_ge()),
                "LESS_THAN_EQUALS" => order.is_some_and(|order| order.is_le()),
                _ => order.is_some_and(|order| order.is_eq()) || found.eq_ignore_ascii_case(self.value),
            }
        })
    }
}

struct Order {
    key: String,
    descending: bool,
}

impl Order {
    fn of(sort: &Sort) -> Outcome<Self> {
        let descending = match sort.sort.as_deref() {
            None | Some("ASC") => false,
            Some("DESC") => true,
            Some(other) => return Err(invalid(format!("Sort {other} is neither ASC nor DESC"))),
        };
        Ok(Self { key: sort.field_name.clone(), descending })
    }

    fn compare(&self, a: &Table, b: &Table) -> std::cmp::Ordering {
        let (left, right) = (values(a, &self.key), values(b, &self.key));
        let number = |values: &[String]| values.first().and_then(|value| value.parse::<f64>().ok());
        let order = match (number(&left), number(&right)) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            _ => left.cmp(&right),
        };
        let order = if self.descending { order.reverse() } else { order };
        order.then_with(|| (&a.database_name, &a.name).cmp(&(&b.database_name, &b.name)))
    }
}
