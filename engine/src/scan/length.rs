//! `varchar(n)` and `char(n)`: longer values are cut to n characters when they are read, as Hive and Athena cut them. A
//! `char(n)` also loses the blanks at its end, which do not count in comparisons; it is not padded.
//!
//! The length stands in the metadata of the scan's field, since both are one Arrow type with `string`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::datatypes::Field;

use crate::types::LENGTH;

/// How long the values of a column may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Length {
    characters: usize,
    /// Blanks at the end are none of the value.
    blank_padded: bool,
}

impl Length {
    /// The length that a Hive type declares; `None` for other types and a `varchar` without length.
    fn of_type(hive_type: &str) -> Option<Self> {
        let (name, rest) = hive_type.trim().split_once('(')?;
        let characters = rest.strip_suffix(')')?.trim().parse().ok()?;
        let blank_padded = match name.trim().to_ascii_lowercase().as_str() {
            "varchar" => false,
            "char" => true,
            _ => return None,
        };
        Some(Self { characters, blank_padded })
    }

    /// The length that a field of a scan has.
    pub(super) fn of(field: &Field) -> Option<Self> {
        Self::of_type(field.metadata().get(LENGTH)?)
    }

    fn cut_text(self, text: &str) -> &str {
        let cut = match text.char_indices().nth(self.characters) {
            Some((end, _)) if text.len() > self.characters => &text[..end],
            _ => text,
        };
        if self.blank_padded { cut.trim_end_matches(' ') } else { cut }
    }

    /// `array` itself where nothing is to be cut; arrays of anything but text views are left alone.
    pub(super) fn cut(self, array: &ArrayRef) -> ArrayRef {
        let Some(texts) = array.as_string_view_opt() else { return Arc::clone(array) };
        if texts.iter().flatten().all(|text| self.cut_text(text).len() == text.len()) {
            return Arc::clone(array);
        }
        let mut cut = StringViewBuilder::with_capacity(texts.len());
        texts.iter().for_each(|text| cut.append_option(text.map(|text| self.cut_text(text))));
        Arc::new(cut.finish())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringViewArray;
    use datafusion::arrow::datatypes::DataType;

    use super::*;
    use crate::types::with_length;

    #[test]
    fn values_are_cut_to_characters() {
        for (hive, expected) in [
            ("varchar(3)", ["abc", "äöü", "a  ", "ab"]),
            ("CHAR( 3 )", ["abc", "äöü", "a", "ab"]),
            ("varchar(9)", ["abcd", "äöüß", "a   ", "ab"]),
            ("varchar", ["abcd", "äöüß", "a   ", "ab"]),
            ("string", ["abcd", "äöüß", "a   ", "ab"]),
        ] {
            let field = with_length(Field::new("c", DataType::Utf8View, true), hive);
            let array: ArrayRef =
                Arc::new(StringViewArray::from(vec![Some("abcd"), Some("äöüß"), Some("a   "), Some("ab"), None]));
            let cut = Length::of(&field).map_or_else(|| Arc::clone(&array), |length| length.cut(&array));
            let texts: Vec<Option<&str>> = cut.as_string_view().iter().collect();
            assert_eq!(texts[..4], expected.map(Some), "{hive}");
            assert_eq!(texts[4], None);
        }
    }
}
