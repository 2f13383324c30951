//! Regular expressions as Trino reads them (Joni with Java's syntax) in the syntax of Rust's libraries. The two agree in nearly
//! all; what differs is written here in other words.

use std::iter::Peekable;
use std::str::Chars;

/// A pattern in Rust's syntax, and what is to be known about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) pattern: String,
    /// The same where a text ends with a line feed: `$` then stands before it, too. `None` where that makes no difference.
    pub(super) before_line_feed: Option<String>,
    /// It has possessive quantifiers, which the `regex` crate would take for nested ones.
    pub(super) possessive: bool,
}

/// `$` outside of the multi-line mode.
const END: &str = r"\z";
const END_OR_LINE_FEED: &str = r"(?=\n?\z)";
/// Stands for either while the pattern is translated; it cannot be a part of a pattern of a query.
const MARK: char = '\u{fdd0}';

pub(super) fn translate(pattern: &str) -> Translated {
    let mut translation =
        Translation { chars: pattern.chars().peekable(), out: String::with_capacity(pattern.len() + 8), possessive: false };
    // With this mode the `$` of both syntaxes is the end of a line.
    let multi_line = has_flag(pattern, 'm');
    translation.run(multi_line);
    let (out, possessive) = (translation.out, translation.possessive);
    match out.contains(MARK) {
        false => Translated { pattern: out, before_line_feed: None, possessive },
        true => Translated {
            pattern: out.replace(MARK, END),
            before_line_feed: Some(out.replace(MARK, END_OR_LINE_FEED)),
            possessive,
        },
    }
}

/// Whether some group `(?…)` switches `flag` on.
fn has_flag(pattern: &str, flag: char) -> bool {
    pattern.split("(?").skip(1).any(|rest| rest.chars().take_while(char::is_ascii_alphabetic).any(|c| c == flag))
}

struct Translation<'a> {
    chars: Peekable<Chars<'a>>,
    out: String,
    possessive: bool,
}

impl Translation<'_> {
    fn run(&mut self, multi_line: bool) {
        let mut quantified = false;
        while let Some(c) = self.chars.next() {
            let was_quantified = std::mem::take(&mut quantified);
            match c {
                '\\' => self.escape(false),
                '[' => self.class(),
                '$' if !multi_line => self.out.push(MARK),
                '{' => match self.interval() {
                    Some(interval) => {
                        self.out.push_str(&interval);
                        quantified = true;
                    }
                    None => self.out.push_str(r"\{"),
                },
                '*' | '?' | '+' if !self.out.ends_with('(') => {
                    self.possessive |= c == '+' && was_quantified;
                    // `+?` and `+` after a quantifier change it and are none of their own.
                    quantified = !was_quantified;
                    self.out.push(c);
                }
                other => self.out.push(other),
            }
        }
    }

    /// What follows a backslash, outside or inside of a class.
    fn escape(&mut self, class: bool) {
        let Some(c) = self.chars.next() else {
            // A lone backslash at the end: an error of the library then.
            return self.out.push('\\');
        };
        match c {
            'Q' => self.quoted(),
            'Z' if !class => self.out.push(MARK),
            'b' if class => self.out.push_str(r"\x08"),
            'e' => self.out.push_str(r"\x1B"),
            'R' if !class => self.out.push_str(r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])"),
            '0' => self.octal(),
            '<' | '>' => self.out.push(c),
            c if !c.is_ascii() => self.out.push(c),
            c => {
                self.out.push('\\');
                self.out.push(c);
            }
        }
    }

    /// `\Q…\E`: all of it as it stands.
    fn quoted(&mut self) {
        while let Some(c) = self.chars.next() {
            if c == '\\' && self.chars.peek() == Some(&'E') {
                self.chars.next();
                return;
            }
            self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        }
    }

    /// `\0`, with up to three octal digits.
    fn octal(&mut self) {
        let mut code = 0;
        for _ in 0..3 {
            match self.chars.next_if(|c| ('0'..='7').contains(c)).and_then(|c| c.to_digit(8)) {
                Some(digit) => code = code * 8 + digit,
                None => break,
            }
        }
        self.out.push_str(&format!(r"\x{{{code:X}}}"));
    }

    /// `{2}`, `{2,}` and `{2,3}`, the brace being read; any other brace stands for itself.
    fn interval(&mut self) -> Option<String> {
        let rest: String = self.chars.clone().take_while(|c| *c != '}').take(16).collect();
        let (low, high) = rest.split_once(',').unwrap_or((&rest, ""));
        let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
        let closed = self.chars.clone().nth(rest.chars().count()) == Some('}');
        if !closed || low.is_empty() || !digits(low) || !digits(high) {
            return None;
        }
        self.chars.by_ref().take(rest.len() + 1).for_each(drop);
        Some(format!("{{{rest}}}"))
    }

    /// A class, its bracket being read: classes inside of it and `&&` mean the same here and there, `--` and `~~` do not.
    fn class(&mut self) {
        self.out.push('[');
        let mut depth = 1;
        let mut first = true;
        while let Some(c) = self.chars.next() {
            let start = std::mem::take(&mut first);
            match c {
                '^' if start => {
                    self.out.push('^');
                    first = true;
                }
                '\\' => {
                    let set = self.chars.peek().is_some_and(|c| "dDwWsSpPhHvV".contains(*c));
                    self.class_escape();
                    // A range cannot begin with a class: the hyphen is one.
                    if set && self.chars.next_if_eq(&'-').is_some() {
                        self.out.push_str(r"\-");
                    }
                }
                '[' => {
                    depth += 1;
                    first = true;
                    self.out.push('[');
                    // [:alpha:] has no classes in it.
                    if self.chars.peek() == Some(&':') {
                        first = false;
                    }
                }
                ']' if !start => {
                    depth -= 1;
                    self.out.push(']');
                    if depth == 0 {
                        return;
                    }
                }
                '-' | '~' if self.chars.peek() == Some(&c) => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '~' if self.out.ends_with('~') => self.out.push_str(r"\~"),
                '-' if self.out.ends_with(r"\-") => self.out.push_str(r"\-"),
                other => self.out.push(other),
            }
        }
    }

    fn class_escape(&mut self) {
        if matches!(self.chars.peek(), Some('p' | 'P')) {
            self.out.push('\\');
            self.out.extend(self.chars.next());
            if self.chars.peek() == Some(&'{') {
                for c in self.chars.by_ref() {
                    self.out.push(c);
                    if c == '}' {
                        return;
                    }
                }
            } else {
                self.out.extend(self.chars.next());
            }
        } else {
            self.escape(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_said_in_other_words() {
        for (java, rust) in [
            (r"a+\d{2,3}(?<x>b)[^c-d]", r"a+\d{2,3}(?<x>b)[^c-d]"),
            (r"{a}\{", r"\{a}\{"),
            (r"x{2}{,3}", r"x{2}\{,3}"),
            (r"\Qa.b\E.", r"a\.b."),
            (r"\<b\>", "<b>"),
            (r"[\w-.]", r"[\w\-.]"),
            (r"[\p{L}-]", r"[\p{L}\-]"),
            (r"[a--b~~]", r"[a\-\-b\~\~]"),
            (r"[[:alpha:]&&[^a]]", r"[[:alpha:]&&[^a]]"),
            (r"[]a]\061", r"[]a]\x{31}"),
            (r"(?m)a$", r"(?m)a$"),
            (r"a$", r"a\z"),
        ] {
            assert_eq!(translate(java).pattern, rust, "{java}");
        }
        assert_eq!(translate("a$").before_line_feed.as_deref(), Some(r"a(?=\n?\z)"));
        assert!(translate("a++").possessive && translate("a{2}+").possessive && translate("(b)?+").possessive);
        assert!(!translate("a+?b+").possessive && !translate(r"\++").possessive && !translate("(?:a)*?+").possessive);
    }
}
