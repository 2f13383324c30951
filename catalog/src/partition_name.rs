//! The folder of a partition as Hive names it: `dt=2024-01-01/city=S%3AP`. The rules are those of Hive's
//! `FileUtils.escapePathName` and `unescapePathName`.

use crate::table::{Column, NULL_PARTITION};
use percent_encoding::percent_decode_str;

/// `k=v/k2=v2`, without a slash at the end. An empty value is written as Hive writes NULL.
pub fn partition_name(keys: &[Column], values: &[String]) -> String {
    let mut name = String::new();
    for (key, value) in keys.iter().zip(values) {
        if !name.is_empty() {
            name.push('/');
        }
        escape(&key.name, &mut name);
        name.push('=');
        escape(if value.is_empty() { NULL_PARTITION } else { value }, &mut name);
    }
    name
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '"' | '#' | '%' | '\'' | '*' | '/' | ':' | '=' | '?' | '\\' | '{' | '[' | ']' | '^' | '\0'..='\x1f' | '\x7f' => {
                out.push_str(&format!("%{:02X}", u32::from(character)));
            }
            other => out.push(other),
        }
    }
}

/// The key and value of a folder named `k=v`, decoded; `None` for other names. What decodes to no text stays as it is.
pub fn parse_folder(folder: &str) -> Option<(String, String)> {
    let (key, value) = folder.split_once('=')?;
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), |text| text.into_owned());
    (!key.is_empty()).then(|| (decode(key), decode(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_back() {
        let keys = [Column::new("dt", "string"), Column::new("city", "string")];
        let cases = [
            (["2024-01-01", "Zürich"], "dt=2024-01-01/city=Zürich"),
            (["a b", "x/y:z"], "dt=a b/city=x%2Fy%3Az"),
            (["100%", "{}"], "dt=100%25/city=%7B}"),
            (["", "\n"], "dt=__HIVE_DEFAULT_PARTITION__/city=%0A"),
        ];
        for (values, name) in cases {
            let values = values.map(String::from);
            assert_eq!(partition_name(&keys, &values), name);
            let parsed: Vec<_> = name.split('/').filter_map(parse_folder).map(|(_, value)| value).collect();
            let written = values.map(|value| if value.is_empty() { NULL_PARTITION.to_string() } else { value });
            assert_eq!(parsed, written);
        }
        assert_eq!(parse_folder("2024"), None);
        assert_eq!(parse_folder("=x"), None);
        assert_eq!(parse_folder("k=a%FFb"), Some(("k".into(), "a%FFb".into())));
        assert_eq!(parse_folder("k="), Some(("k".into(), String::new())));
    }
}
