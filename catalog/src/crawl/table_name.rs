//! Names of tables as Glue's crawler makes them: the folder's name in lower case with everything but `a-z`, `0-9` and `_`
//! replaced by `_`, behind the crawler's prefix, and `_` with 32 hexadecimal digits where the name is taken.

use std::collections::BTreeSet;

use md5::{Digest, Md5};

/// Glue's crawler cuts names here, although its API takes 255 characters.
const LONGEST: usize = 128;

/// The plain name for a table that comes from a folder or object of this name.
pub fn plain(prefix: &str, folder: &str) -> String {
    let folded = prefix.chars().chain(folder.chars()).flat_map(char::to_lowercase);
    let name: String = folded.map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).take(LONGEST).collect();
    if name.is_empty() { "_".to_string() } else { name }
}

/// The name for a table whose plain name belongs to another one: the same for the same location on every run.
pub fn suffixed(plain: &str, location: &str) -> String {
    let digest: String = Md5::digest(location.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let kept: String = plain.chars().take(LONGEST - digest.len() - 1).collect();
    format!("{kept}_{digest}")
}

/// What the catalog says about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    /// The table of this very location.
    Same,
    Other,
}

/// The name for the table at `location`. `taken` holds the names given earlier in this crawl, `holder` says who has a name
/// in the catalog. A table that was once given a suffix keeps it, also when the plain name is free again.
pub fn choose(plain: &str, location: &str, taken: &BTreeSet<String>, holder: impl Fn(&str) -> Holder) -> String {
    let suffixed = suffixed(plain, location);
    let free = !taken.contains(plain) && holder(plain) != Holder::Other;
    if !free || (holder(&suffixed) == Holder::Same && holder(plain) != Holder::Same) { suffixed } else { plain.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_observed_tables() {
        for (prefix, folder, expected) in [
            ("", "2-part-00000-24cab769.snappy.parquet", "2_part_00000_24cab769_snappy_parquet"),
            ("", "year=2017", "year_2017"),
            ("", "weatherSmall.json", "weathersmall_json"),
            ("raw_", "t", "raw_t"),
            ("RAW-", "T", "raw_t"),
            ("", "données été", "donn_es__t_"),
            ("", "", "_"),
        ] {
            assert_eq!(plain(prefix, folder), expected);
        }
        assert_eq!(plain("", &"x".repeat(300)).len(), 128);
    }

    #[test]
    fn a_taken_name_gets_the_digest_of_its_location() {
        let taken = BTreeSet::from(["landing".to_string()]);
        let name = choose("landing", "s3://b/y/landing/", &taken, |_| Holder::Nobody);
        assert!(name.starts_with("landing_") && name.len() == "landing_".len() + 32, "{name}");
        assert_eq!(choose("landing", "s3://b/y/landing/", &BTreeSet::new(), |_| Holder::Nobody), "landing");
        assert_eq!(choose("landing", "s3://b/y/landing/", &BTreeSet::new(), |_| Holder::Same), "landing");
        assert_eq!(choose("landing", "s3://b/y/landing/", &BTreeSet::new(), |_| Holder::Other), name);
        // The holder of the plain name is gone, and the suffixed table stays what it is.
        let kept =
            choose(
                "landing",
                "s3://b/y/landing/",
                &BTreeSet::new(),
                |asked| {
                    if asked == name { Holder::Same } else { Holder::Nobody }
                },
            );
        assert_eq!(kept, name);
        assert_eq!(suffixed(&"x".repeat(128), "s3://b/").len(), 128);
    }
}
