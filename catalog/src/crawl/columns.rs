//! The columns of a table while objects are still adding to them: joined by exact name, found fast however many there are.

use std::collections::HashMap;

use super::shape::{Member, Shape};
use crate::name;

/// Columns in order of first sight. Names are as the data has them; [`Columns::fold`] makes catalog columns of them.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    members: Vec<Member>,
    index: HashMap<String, usize>,
}

impl Columns {
    /// Joins the columns of one more object, record or file. `changed` hears of each column whose shape this changed and
    /// that had one other than null before: name, shape before, shape that came, shape now.
    pub fn merge(&mut self, columns: &[Member], mut changed: impl FnMut(&str, &Shape, &Shape, &Shape)) {
        let mut next = 0;
        for column in columns {
            let at = match self.members.get(next) {
                Some(known) if known.name == column.name => next,
                _ => match self.index.get(&column.name) {
                    Some(&at) => at,
                    None => {
                        self.index.insert(column.name.clone(), self.members.len());
                        self.members.push(column.clone());
                        next = self.members.len();
                        continue;
                    }
                },
            };
            next = at + 1;
            let Some(known) = self.members.get_mut(at) else { continue };
            if known.shape == column.shape || column.shape == Shape::Null {
                continue;
            }
            let before = known.shape.clone();
            known.shape.join(&column.shape);
            if before != known.shape && before != Shape::Null {
                changed(&column.name, &before, &column.shape, &known.shape);
            }
        }
    }

    pub fn as_slice(&self) -> &[Member] {
        &self.members
    }

    pub fn into_members(self) -> Vec<Member> {
        self.members
    }

    /// Folds names that differ only by case into one column each, because Glue's names have no case: the first spelling
    /// stands for it. With each column come the other spellings that were folded into it.
    pub fn fold(members: &[Member]) -> Vec<(Member, Vec<String>)> {
        let mut folded: Vec<(Member, Vec<String>)> = Vec::with_capacity(members.len());
        let mut index = HashMap::with_capacity(members.len());
        for member in members {
            let at = *index.entry(name::fold(&member.name)).or_insert(folded.len());
            match folded.get_mut(at) {
                Some((known, spellings)) => {
                    known.shape.join(&member.shape);
                    spellings.push(member.name.clone());
                }
                None => folded.push((member.clone(), Vec::new())),
            }
        }
        folded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_and_tells_what_changed() {
        let mut columns = Columns::default();
        let mut changes = Vec::new();
        for record in [
            vec![Member::new("a", Shape::Int), Member::new("b", Shape::Null)],
            vec![Member::new("b", Shape::Int), Member::new("a", Shape::Double), Member::new("c", Shape::String)],
            vec![Member::new("a", Shape::Int)],
        ] {
            columns.merge(&record, |name, before, came, now| changes.push(format!("{name} {before:?} {came:?} {now:?}")));
        }
        assert_eq!(changes, ["a Int Double Double"]);
        let expected = [Member::new("a", Shape::Double), Member::new("b", Shape::Int), Member::new("c", Shape::String)];
        assert_eq!(columns.as_slice(), expected);
    }

    #[test]
    fn folds_names_that_differ_by_case() {
        let members = [Member::new("Name", Shape::Int), Member::new("id", Shape::Int), Member::new("name", Shape::String)];
        let expected =
            vec![(Member::new("Name", Shape::String), vec!["name".to_owned()]), (Member::new("id", Shape::Int), vec![])];
        assert_eq!(Columns::fold(&members), expected);
    }
}
