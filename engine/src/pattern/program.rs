//! A row pattern as a program, and the search for a match of it: backtracking, the preferred way first, as the standard says.

use std::collections::{HashMap, HashSet};

use catalog::{Error, ErrorKind, Result};
use datafusion::sql::sqlparser::ast::{
    Ident, MatchRecognizePattern as Pattern, MatchRecognizeSymbol as Symbol, RepetitionQuantifier as Quantifier,
};

/// The place of a variable in the list of variables.
pub(super) type Label = u16;

/// The most instructions: repetitions are written out.
const LONGEST: usize = 100_000;
/// The most variables of a PERMUTE, whose orders are written out: 7! are 5040.
const MOST_PERMUTED: usize = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Hash)]
pub(super) enum Instruction {
    /// The next row is this variable's.
    Row(Label),
    /// Go on at the first, and if that fails at the second.
    Split(usize, usize),
    Jump(usize),
    /// At the partition's first row, or after its last.
    Start,
    End,
    /// What is matched from here on is left out of the result, or no more.
    Exclude(bool),
    /// A round of a loop begins: fails when the round before it matched no row.
    Round(usize),
    Done,
}

/// The variables and the instructions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash, Default)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// The number of loops.
    loops: usize,
}

impl Program {
    /// Compiles a pattern over these variables, named as they are shown; those that are missing are added.
    ///
    /// Errors: `LimitExceeded` for a pattern that is too long when it is written out.
    pub(super) fn compile(pattern: &Pattern, variables: &mut Vec<String>) -> Result<Self> {
        let mut program = Self::default();
        program.pattern(pattern, variables)?;
        program.instructions.push(Instruction::Done);
        Ok(program)
    }

    fn push(&mut self, instruction: Instruction) -> Result<usize> {
        if self.instructions.len() >= LONGEST {
            return Err(Error::new(ErrorKind::LimitExceeded, "the row pattern is too long"));
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() - 1)
    }

    fn pattern(&mut self, pattern: &Pattern, variables: &mut Vec<String>) -> Result<()> {
        match pattern {
            Pattern::Symbol(symbol) | Pattern::Exclude(symbol) => {
                let excluded = matches!(pattern, Pattern::Exclude(_));
                if excluded {
                    self.push(Instruction::Exclude(true))?;
                }
                self.symbol(symbol, variables)?;
                if excluded {
                    self.push(Instruction::Exclude(false))?;
                }
                Ok(())
            }
            Pattern::Concat(parts) => parts.iter().try_for_each(|part| self.pattern(part, variables)),
            Pattern::Group(inner) => self.pattern(inner, variables),
            Pattern::Alternation(options) => {
                let mut ends = vec![];
                for (at, option) in options.iter().enumerate() {
                    if at + 1 == options.len() {
                        self.pattern(option, variables)?;
                    } else {
                        let split = self.push(Instruction::Split(0, 0))?;
                        self.pattern(option, variables)?;
                        ends.push(self.push(Instruction::Jump(0))?);
                        self.instructions[split] = Instruction::Split(split + 1, self.instructions.len());
                    }
                }
                for end in ends {
                    self.instructions[end] = Instruction::Jump(self.instructions.len());
                }
                Ok(())
            }
            Pattern::Permute(symbols) => self.permute(symbols, variables),
            Pattern::Repetition(inner, quantifier) => match (inner.as_ref(), quantifier) {
                // A quantifier that is itself repeated at most once is a reluctant one: see the parser.
                (Pattern::Repetition(repeated, quantifier), Quantifier::AtMostOne) => {
                    self.repeat(repeated, quantifier, false, variables)
                }
                _ => self.repeat(inner, quantifier, true, variables),
            },
        }
    }

    fn symbol(&mut self, symbol: &Symbol, variables: &mut Vec<String>) -> Result<()> {
        let instruction = match symbol {
            Symbol::Start => Instruction::Start,
            Symbol::End => Instruction::End,
            Symbol::Named(name) if name.value == "{-" => Instruction::Exclude(true),
            Symbol::Named(name) if name.value == "-}" => Instruction::Exclude(false),
            Symbol::Named(name) => Instruction::Row(label(name, variables)?),
        };
        self.push(instruction).map(|_| ())
    }

    fn permute(&mut self, symbols: &[Symbol], variables: &mut Vec<String>) -> Result<()> {
        if symbols.len() > MOST_PERMUTED {
            let message = format!("PERMUTE of more than {MOST_PERMUTED} variables is not supported");
            return Err(Error::not_supported(message));
        }
        let orders = orders((0..symbols.len()).collect());
        let pick =
            |order: Vec<usize>| Pattern::Concat(order.into_iter().map(|at| Pattern::Symbol(symbols[at].clone())).collect());
        self.pattern(&Pattern::Alternation(orders.into_iter().map(pick).collect()), variables)
    }

    fn repeat(&mut self, inner: &Pattern, quantifier: &Quantifier, greedy: bool, variables: &mut Vec<String>) -> Result<()> {
        let (least, most) = match *quantifier {
            Quantifier::ZeroOrMore => (0, None),
            Quantifier::OneOrMore => (1, None),
            Quantifier::AtMostOne => (0, Some(1)),
            Quantifier::Exactly(times) => (times, Some(times)),
            Quantifier::AtLeast(least) => (least, None),
            Quantifier::AtMost(most) => (0, Some(most)),
            Quantifier::Range(least, most) => (least, Some(most)),
        };
        if most.is_some_and(|most| most < least) {
            let message = "the least number of repetitions in a row pattern is more than the most";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        for _ in 0..least {
            self.pattern(inner, variables)?;
        }
        let Some(most) = most else {
            let start = self.push(Instruction::Split(0, 0))?;
            self.push(Instruction::Round(self.loops))?;
            self.loops += 1;
            self.pattern(inner, variables)?;
            self.push(Instruction::Jump(start))?;
            self.instructions[start] = prefer(greedy, start + 1, self.instructions.len());
            return Ok(());
        };
        let mut splits = vec![];
        for _ in least..most {
            splits.push(self.push(Instruction::Split(0, 0))?);
            self.pattern(inner, variables)?;
        }
        for split in splits {
            self.instructions[split] = prefer(greedy, split + 1, self.instructions.len());
        }
        Ok(())
    }
}

fn prefer(greedy: bool, inner: usize, after: usize) -> Instruction {
    if greedy { Instruction::Split(inner, after) } else { Instruction::Split(after, inner) }
}

/// All orders, in the order that the standard prefers them.
fn orders(items: Vec<usize>) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let first = |at: usize| {
        let mut rest = items.clone();
        let item = rest.remove(at);
        orders(rest).into_iter().map(move |order| std::iter::once(item).chain(order).collect())
    };
    (0..items.len()).flat_map(first).collect()
}

/// A variable's name as it is shown: in upper case unless it was quoted.
pub(super) fn canonical(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_uppercase() }
}

/// The place of a variable among names; where none is written like it, in any case, since names in expressions are folded.
pub(super) fn found<'a>(names: impl Iterator<Item = &'a str> + Clone, name: &Ident) -> Option<usize> {
    let exact = canonical(name);
    names.clone().position(|known| known == exact).or_else(|| {
        let upper = exact.to_uppercase();
        names.clone().position(|known| known.to_uppercase() == upper)
    })
}

/// The variable's place, as a new one where it is not known.
fn label(name: &Ident, variables: &mut Vec<String>) -> Result<Label> {
    let name = canonical(name);
    let at = variables.iter().position(|variable| *variable == name).unwrap_or_else(|| {
        variables.push(name);
        variables.len() - 1
    });
    Label::try_from(at).map_err(|_| Error::new(ErrorKind::LimitExceeded, "a row pattern has too many variables"))
}

/// A match: the variables of its rows, and which of those are left out of the result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Match {
    pub(super) labels: Vec<Label>,
    pub(super) excluded: Vec<bool>,
}

/// Where to go on when the way that was taken fails.
struct Fork {
    instruction: usize,
    rows: usize,
    /// How many exclusions it is inside of.
    excluding: usize,
    rounds: Vec<Option<usize>>,
}

/// So many ways fail before those that follow are remembered: most searches end sooner.
const UNREMEMBERED: usize = 64;

/// What failed before at the same instruction, with the same variables for the rows so far, fails again. Without this, patterns
/// like `(A+)+ B` take twice as long for each row more.
#[derive(Default)]
struct Tried {
    failures: usize,
    /// The variables of the rows so far: a number for each row, the same where they are the same up to it.
    path: Vec<usize>,
    numbers: HashMap<(Option<usize>, Label), usize>,
    /// Splits: their instruction, the last of the path, and the loops whose round begins there.
    splits: HashSet<(usize, Option<usize>, Vec<usize>)>,
}

impl Tried {
    fn failed(&mut self, rows: usize) {
        self.failures += 1;
        self.path.truncate(rows);
    }

    /// Whether the split was not tried before.
    fn is_new(&mut self, split: usize, labels: &[Label], rounds: &[Option<usize>]) -> bool {
        if self.failures < UNREMEMBERED {
            return true;
        }
        for label in &labels[self.path.len()..] {
            let next = self.numbers.len();
            self.path.push(*self.numbers.entry((self.path.last().copied(), *label)).or_insert(next));
        }
        let begun = (0..rounds.len()).filter(|at| rounds[*at] == Some(labels.len())).collect();
        self.splits.insert((split, self.path.last().copied(), begun))
    }
}

impl Program {
    /// The preferred match that begins at `start` of a partition of `rows` rows. `holds` says whether the definition of the last
    /// label holds for the row it was given to.
    pub(super) fn find<E>(
        &self,
        start: usize,
        rows: usize,
        mut holds: impl FnMut(&[Label]) -> Result<bool, E>,
    ) -> Result<Option<Match>, E> {
        let mut found = Match::default();
        let mut forks: Vec<Fork> = vec![];
        let mut tried = Tried::default();
        let (mut at, mut excluding, mut rounds) = (0, 0_usize, vec![None; self.loops]);
        loop {
            let matched = found.labels.len();
            let goes_on = match self.instructions[at] {
                Instruction::Done => return Ok(Some(found)),
                Instruction::Row(label) if start + matched < rows => {
                    found.labels.push(label);
                    found.excluded.push(excluding > 0);
                    holds(&found.labels)?
                }
                Instruction::Row(_) => false,
                Instruction::Start => start + matched == 0,
                Instruction::End => start + matched == rows,
                Instruction::Exclude(begins) => {
                    excluding = if begins { excluding + 1 } else { excluding.saturating_sub(1) };
                    true
                }
                Instruction::Round(number) => {
                    let moved = rounds[number] != Some(matched);
                    rounds[number] = Some(matched);
                    moved
                }
                Instruction::Jump(to) => {
                    at = to;
                    continue;
                }
                Instruction::Split(..) if !tried.is_new(at, &found.labels, &rounds) => false,
                Instruction::Split(first, second) => {
                    forks.push(Fork { instruction: second, rows: matched, excluding, rounds: rounds.clone() });
                    at = first;
                    continue;
                }
            };
            if goes_on {
                at += 1;
                continue;
            }
            let Some(fork) = forks.pop() else { return Ok(None) };
            tried.failed(fork.rows);
            found.labels.truncate(fork.rows);
            found.excluded.truncate(fork.rows);
            (at, excluding, rounds) = (fork.instruction, fork.excluding, fork.rounds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Pattern {
        Pattern::Symbol(Symbol::Named(name.into()))
    }

    fn repeated(pattern: Pattern, quantifier: Quantifier) -> Pattern {
        Pattern::Repetition(Box::new(pattern), quantifier)
    }

    /// What the pattern matches of rows of letters, from the first on: A takes any row, B only "b".
    fn matched(pattern: &Pattern, rows: &str) -> Option<String> {
        let mut variables = vec![];
        let program = Program::compile(pattern, &mut variables).unwrap();
        let holds = |labels: &[Label]| -> Result<bool> {
            let row = rows.as_bytes()[labels.len() - 1];
            Ok(variables[usize::from(labels[labels.len() - 1])] != "B" || row == b'b')
        };
        let found = program.find(0, rows.len(), holds).unwrap()?;
        Some(found.labels.iter().map(|label| variables[usize::from(*label)].as_str()).collect())
    }

    #[test]
    fn loops_in_loops_take_no_time_that_doubles_with_each_row() {
        let plus = |pattern| repeated(pattern, Quantifier::OneOrMore);
        let (a, b) = (named("a"), named("b"));
        let loops = Pattern::Concat(vec![plus(plus(Pattern::Alternation(vec![a.clone(), plus(a)]))), b]);
        assert_eq!(matched(&loops, &"a".repeat(200)), None);
        assert_eq!(matched(&loops, &("a".repeat(200) + "b" + &"a".repeat(20))), Some("A".repeat(200) + "B"));
    }

    #[test]
    fn the_preferred_match_is_found() {
        let (a, b) = (named("a"), named("b"));
        let empty = Pattern::Concat(vec![]);
        let cases = [
            (repeated(b.clone(), Quantifier::ZeroOrMore), "bba", Some("BB")),
            (repeated(b.clone(), Quantifier::OneOrMore), "abb", None),
            (repeated(repeated(b.clone(), Quantifier::OneOrMore), Quantifier::AtMostOne), "bba", Some("B")),
            (repeated(b.clone(), Quantifier::Range(1, 2)), "bbb", Some("BB")),
            (Pattern::Alternation(vec![b.clone(), a.clone()]), "x", Some("A")),
            (Pattern::Permute(vec![Symbol::Named("b".into()), Symbol::Named("a".into())]), "xb", Some("AB")),
            (Pattern::Concat(vec![repeated(a.clone(), Quantifier::ZeroOrMore), b.clone()]), "bbx", Some("AB")),
            (Pattern::Concat(vec![repeated(a.clone(), Quantifier::ZeroOrMore), Pattern::Symbol(Symbol::End)]), "xy", Some("AA")),
            (repeated(empty.clone(), Quantifier::ZeroOrMore), "b", Some("")),
            (Pattern::Concat(vec![repeated(empty, Quantifier::AtLeast(2)), b]), "b", Some("B")),
            (Pattern::Concat(vec![a, Pattern::Symbol(Symbol::Start)]), "x", None),
        ];
        for (pattern, rows, expected) in cases {
            assert_eq!(matched(&pattern, rows).as_deref(), expected, "{pattern} on {rows}");
        }
    }
}
