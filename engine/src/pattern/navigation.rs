//! Which row of a match a value is taken from: `LAST(A.x, 1)`, `PREV(x)`, `FINAL FIRST(x)`.

use super::program::Label;

/// `PREV | NEXT (FIRST | LAST (…, skip), by)` over rows of some variables, while the match is found or when it is complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub(super) struct Navigation {
    /// The variables whose rows count; all of the match when there are none.
    pub(super) labels: Vec<Label>,
    pub(super) first: bool,
    /// Rows of these variables to pass over.
    pub(super) skip: usize,
    /// Rows of the partition to go on from there: back when negative.
    pub(super) by: i64,
    /// Whether it looks at the whole match also in the middle of it.
    pub(super) complete: bool,
}

impl Default for Navigation {
    /// `LAST(x)`, which is what `x` alone means.
    fn default() -> Self {
        Self { labels: vec![], first: false, skip: 0, by: 0, complete: false }
    }
}

/// A row of a match, seen from which its measures or a definition are computed.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// The match's rows are those from this one of the partition, with these labels.
    pub(super) start: usize,
    pub(super) labels: &'a [Label],
    /// How many of them are seen: the row itself is the last.
    pub(super) seen: usize,
    /// The rows of the partition that can be reached: those before this one, and from `first` on.
    pub(super) rows: usize,
    pub(super) first: usize,
}

impl View<'_> {
    /// The row of the partition, where there is one.
    pub(super) fn row(&self, navigation: &Navigation) -> Option<usize> {
        let seen = if navigation.complete { self.labels.len() } else { self.seen };
        let counts = |at: &usize| navigation.labels.is_empty() || navigation.labels.contains(&self.labels[*at]);
        let at = if navigation.first {
            (0..seen).filter(counts).nth(navigation.skip)
        } else {
            (0..seen).rev().filter(counts).nth(navigation.skip)
        }?;
        let row = i64::try_from(self.start + at).ok()?.checked_add(navigation.by)?;
        usize::try_from(row).ok().filter(|row| (self.first..self.rows).contains(row))
    }

    /// The variable of that row, where it is one of the match.
    pub(super) fn label(&self, navigation: &Navigation) -> Option<Label> {
        self.labels.get(self.row(navigation)?.checked_sub(self.start)?).copied()
    }

    /// The rows of the partition that an aggregate over these variables is of.
    pub(super) fn rows_of(&self, labels: &[Label], complete: bool) -> impl Iterator<Item = usize> {
        let seen = if complete { self.labels.len() } else { self.seen };
        (0..seen).filter(move |at| labels.is_empty() || labels.contains(&self.labels[*at])).map(|at| self.start + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_within_the_match_and_moved_from_within_the_partition() {
        let view = View { start: 2, labels: &[0, 1, 1, 0], seen: 3, rows: 7, first: 0 };
        let last = Navigation::default();
        let of = |label: Label| Navigation { labels: vec![label], ..Navigation::default() };
        let cases = [
            (last.clone(), Some(4)),
            (Navigation { complete: true, ..last.clone() }, Some(5)),
            (Navigation { first: true, ..last.clone() }, Some(2)),
            (Navigation { skip: 1, ..of(1) }, Some(3)),
            (Navigation { skip: 2, ..of(1) }, None),
            (of(0), Some(2)),
            (Navigation { by: -3, ..of(0) }, None),
            (Navigation { by: -1, ..of(0) }, Some(1)),
            (Navigation { by: 2, ..last.clone() }, Some(6)),
            (Navigation { by: 3, ..last.clone() }, None),
            (of(5), None),
        ];
        for (navigation, expected) in cases {
            assert_eq!(view.row(&navigation), expected, "{navigation:?}");
        }
        assert_eq!(View { first: 2, ..view }.row(&Navigation { by: -1, ..of(0) }), None);
        assert_eq!(view.label(&Navigation { by: -1, ..of(0) }), None);
        assert_eq!(view.label(&Navigation { by: 1, ..last }), Some(0));
        assert_eq!(view.rows_of(&[1], true).collect::<Vec<_>>(), [3, 4]);
    }
}
