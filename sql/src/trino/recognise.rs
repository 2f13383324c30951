//! Recognises a text by a grammar that is itself a text, for statements of which nothing needs to be kept:
//! `INSERT INTO <name> [( <identifier>,.. )] <query>`. Words in capitals and marks stand for themselves, `<rule>` for what
//! [`rule`] or a line of `RULES` says, `[…]` is optional, `{… | …}` is a choice, `,..` after an item repeats it with commas
//! between and `..` without. What comes next in the text decides which way to go; there is no going back.

use catalog::Result;

use super::{call, data_type, expression, literal, name, query, relation};
use crate::cursor::Cursor;
use crate::token::Kind;

/// Named parts of grammars.
const RULES: &[(&str, &str)] = &[
    ("property", "<identifier> = <expression>"),
    ("properties", "( <property>,.. )"),
    ("principal", "{USER <identifier> | ROLE <identifier> | <identifier>}"),
    ("grantor", "{CURRENT_USER | CURRENT_ROLE | <principal>}"),
    ("column", "<name> <type> [DEFAULT <value>] [NOT NULL] [COMMENT <string>] [WITH <properties>]"),
    ("element", "{LIKE <name> [{INCLUDING | EXCLUDING} PROPERTIES] | <column>}"),
    ("assignment", "<identifier> = <expression>"),
    ("branch", "@ <identifier>"),
    (
        "merge",
        "WHEN {MATCHED [AND <expression>] THEN {UPDATE SET <assignment>,.. | DELETE} \
         | NOT MATCHED [AND <expression>] THEN INSERT [( <identifier>,.. )] VALUES ( <expression>,.. )}",
    ),
    ("privilege", "{SELECT | DELETE | INSERT | CREATE | ALTER | DROP | <identifier>}"),
    ("privileges", "{ALL PRIVILEGES | <privilege>,..}"),
    ("entity", "{TABLE <name> | BRANCH <identifier> IN TABLE <name> | <kind> <name> | <name>}"),
    ("mode", "{ISOLATION LEVEL {READ UNCOMMITTED | READ COMMITTED | REPEATABLE READ | SERIALIZABLE} | READ {ONLY | WRITE}}"),
    ("position", "{FIRST | LAST | AFTER <identifier>}"),
    ("argument", "{<label> <expression> | <expression>}"),
    ("function_argument", "[<label>] {<table_argument> | DESCRIPTOR ( <field>,.. ) | <expression>}"),
    (
        "table_argument",
        "TABLE ( {<query> | <name>} ) [{AS <identifier> [<columns>] | <alias> [<columns>]}] \
         [PARTITION BY {( ) | <expression>}] [{PRUNE | KEEP} WHEN EMPTY] [ORDER BY {( <order>,.. ) | <order>}]",
    ),
    ("order", "<expression> [{ASC | DESC}] [NULLS {FIRST | LAST}]"),
    ("field", "<identifier> [<type>]"),
    ("names", "( <name>,.. )"),
    ("external", "EXTERNAL FUNCTION <name> ( [<field>,..] ) RETURNS <type> {LAMBDA <string> | SAGEMAKER <string>}"),
    ("texts", "( <text_pair>,.. )"),
    ("text_pair", "<text> = <text>"),
    ("partition", "PARTITION ( <text_value>,.. )"),
    ("text_value", "<identifier> = {<text> | <integer>}"),
    ("columns", "( <identifier>,.. )"),
    ("within", "{FROM | IN} <identifier>"),
    ("like", "LIKE <string> [ESCAPE <string>]"),
];

/// Reads what `grammar` says.
pub(super) fn read(cursor: &mut Cursor<'_>, grammar: &'static str) -> Result<()> {
    let mut rest = grammar.trim();
    while !rest.is_empty() {
        let (item, after) = item(rest);
        let (repeat, after) = repetition(after);
        one(cursor, item)?;
        match repeat {
            Repeat::Once => {}
            Repeat::Commas => {
                while cursor.accept_symbol(",") {
                    one(cursor, item)?;
                }
            }
            Repeat::Plain => {
                while begins(cursor, item, 0) {
                    one(cursor, item)?;
                }
            }
        }
        rest = after;
    }
    Ok(())
}

enum Repeat {
    Once,
    Commas,
    Plain,
}

fn repetition(rest: &'static str) -> (Repeat, &'static str) {
    if let Some(after) = rest.strip_prefix(",..") {
        (Repeat::Commas, after.trim_start())
    } else if let Some(after) = rest.strip_prefix("..") {
        (Repeat::Plain, after.trim_start())
    } else {
        (Repeat::Once, rest.trim_start())
    }
}

/// The first item of a grammar, brackets included, and what follows it.
pub(super) fn item(grammar: &'static str) -> (&'static str, &'static str) {
    let end = match grammar.as_bytes().first() {
        Some(b'[' | b'{') => {
            let mut depth = 0_usize;
            let close = grammar.bytes().position(|byte| {
                match byte {
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            close.map_or(grammar.len(), |at| at + 1)
        }
        Some(b'<') => grammar.find('>').map_or(grammar.len(), |at| at + 1),
        Some(byte) if byte.is_ascii_uppercase() => {
            grammar.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(grammar.len())
        }
        _ => grammar.chars().next().map_or(0, char::len_utf8),
    };
    grammar.split_at(end)
}

/// The choices of `{a | b}`, without the brackets.
fn choices(item: &'static str) -> Vec<&'static str> {
    let inner = &item[1..item.len() - 1];
    let mut depth = 0_usize;
    let parts = inner.split(move |c| {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        c == '|' && depth == 0
    });
    parts.map(str::trim).collect()
}

fn one(cursor: &mut Cursor<'_>, item: &'static str) -> Result<()> {
    match item.as_bytes().first() {
        Some(b'[') if begins(cursor, item, 0) => read(cursor, &item[1..item.len() - 1]),
        Some(b'[') => {
            offer(cursor, &item[1..item.len() - 1]);
            Ok(())
        }
        Some(b'{') => {
            let choices = choices(item);
            match choices.iter().find(|choice| begins(cursor, choice, 0)) {
                Some(choice) => read(cursor, choice),
                None => {
                    choices.into_iter().for_each(|choice| offer(cursor, choice));
                    Err(cursor.mismatch())
                }
            }
        }
        Some(b'<') => rule(cursor, item.trim_matches(['<', '>'])),
        Some(byte) if byte.is_ascii_uppercase() => cursor.expect(item),
        _ => cursor.expect_symbol(item),
    }
}

/// Notes the first word of a grammar as what could have been here.
fn offer(cursor: &mut Cursor<'_>, grammar: &'static str) {
    let (item, _) = item(grammar.trim());
    match item.as_bytes().first() {
        Some(b'{') => choices(item).into_iter().for_each(|choice| offer(cursor, choice)),
        Some(b'[') => offer(cursor, &item[1..item.len() - 1]),
        Some(b'<') if !grammar_of(item.trim_matches(['<', '>'])).is_empty() => {
            offer(cursor, grammar_of(item.trim_matches(['<', '>'])))
        }
        _ => cursor.offer(item),
    }
}

/// Whether what stands so many tokens ahead begins as `grammar` says: its words up to the first rule, and that.
pub(super) fn begins(cursor: &Cursor<'_>, grammar: &'static str, places: usize) -> bool {
    look(cursor, grammar, places) != Look::Other
}

/// What looking ahead came to.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// A rule begins, behind which one cannot see.
    Rule,
    /// All of it are words; what follows is so many tokens ahead.
    Words(usize),
    Other,
}

fn look(cursor: &Cursor<'_>, grammar: &'static str, places: usize) -> Look {
    let mut at = places;
    let mut rest = grammar.trim();
    while !rest.is_empty() {
        let (item, after) = item(rest);
        let found = match item.as_bytes().first() {
            Some(b'[') => match look(cursor, &item[1..item.len() - 1], at) {
                // An optional part alone is what is asked for; within others it is passed over where it is not.
                Look::Other if item.len() < grammar.trim().len() => Look::Words(at),
                found => found,
            },
            Some(b'{') => {
                let looks = choices(item).into_iter().map(|choice| look(cursor, choice, at));
                looks.into_iter().find(|found| *found != Look::Other).unwrap_or(Look::Other)
            }
            Some(b'<') => {
                let rule = item.trim_matches(['<', '>']);
                match rule_begins(cursor, rule, at) {
                    // That is one token.
                    true if rule == "kind" => Look::Words(at + 1),
                    true => Look::Rule,
                    false => Look::Other,
                }
            }
            Some(byte) if byte.is_ascii_uppercase() => seen(cursor.ahead(at).is_some_and(|token| token.is(item)), at),
            _ => seen(cursor.ahead(at).is_some_and(|token| token.is_symbol(item)), at),
        };
        let Look::Words(next) = found else { return found };
        at = next;
        rest = repetition(after).1;
    }
    Look::Words(at)
}

fn seen(seen: bool, at: usize) -> Look {
    if seen { Look::Words(at + 1) } else { Look::Other }
}

fn rule(cursor: &mut Cursor<'_>, rule: &'static str) -> Result<()> {
    match rule {
        "identifier" | "kind" => name::identifier(cursor).map(drop),
        "name" => name::qualified(cursor).map(drop),
        "string" => literal::string(cursor).map(drop),
        // Hive's strings have either quotes.
        "text" => cursor.string().map(drop),
        "alias" => name::identifier(cursor).map(drop),
        "parameter" => parameter(cursor),
        "integer" => literal::whole(cursor).map(drop),
        "type" => data_type::data_type(cursor).map(drop),
        "expression" => expression::expression(cursor).map(drop),
        "value" => expression::value(cursor).map(drop),
        "query" => query::query(cursor).map(drop),
        "relation" => relation::list(cursor).map(drop),
        "specification" => call::window(cursor).map(drop),
        "label" => {
            name::identifier(cursor)?;
            cursor.expect_symbol("=>")
        }
        // Bodies of routines have statements of their own.
        "rest" => {
            while cursor.peek().is_some() {
                cursor.advance();
            }
            Ok(())
        }
        named => cursor.nested(|cursor| read(cursor, grammar_of(named))),
    }
}

/// `[name] type`: what seems to be a type is a name where a type follows.
fn parameter(cursor: &mut Cursor<'_>) -> Result<()> {
    data_type::data_type(cursor)?;
    if cursor.is_symbol(",") || cursor.is_symbol(")") { Ok(()) } else { data_type::data_type(cursor).map(drop) }
}

fn grammar_of(rule: &str) -> &'static str {
    RULES.iter().find(|(name, _)| *name == rule).map_or("", |(_, grammar)| grammar)
}

fn rule_begins(cursor: &Cursor<'_>, rule: &str, places: usize) -> bool {
    let token = cursor.ahead(places);
    match rule {
        "identifier" | "name" => token.is_some_and(name::is_name),
        // A word before the name of what a right is on.
        "kind" => {
            let next = cursor.ahead(places + 1);
            token.is_some_and(name::is_name) && next.is_some_and(|next| name::is_name(next) && !next.is("TO"))
        }
        "string" => token.is_some_and(|token| token.kind == Kind::String || token.is("U")),
        "text" => token.is_some_and(|token| matches!(token.kind, Kind::String | Kind::Quoted)),
        // A name without AS, and not a clause that may follow.
        "alias" => {
            let clause = cursor.ahead(places + 1).is_some_and(|next| next.is("BY") || next.is("WHEN"));
            token.is_some_and(|token| name::is_name(token) && !token.is("COPARTITION")) && !clause
        }
        "query" => query::begins(cursor, places),
        "label" => cursor.ahead(places + 1).is_some_and(|token| token.is_symbol("=>")),
        "integer" => token.is_some_and(|token| token.kind == Kind::Number),
        "type" => token.is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Quoted)),
        "expression" | "value" | "relation" | "specification" | "rest" => token.is_some(),
        "parameter" => token.is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Quoted)),
        named => begins(cursor, grammar_of(named), places),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::token::Grammar;

    fn recognised(text: &str, grammar: &'static str) -> std::result::Result<(), String> {
        let mut cursor = Cursor::new(Source::new(text), Grammar::Trino);
        read(&mut cursor, grammar).and_then(|()| cursor.end()).map_err(|error| error.to_string())
    }

    #[test]
    fn grammars_are_followed() {
        let grammar = "DO [OR NOT] <name> {AS <string> | TO <identifier>,..} [<properties>]";
        for right in ["DO a.b AS 'x'", "do or not a to b, c, d", "DO a TO b (x = 1, y = ARRAY['a'] )"] {
            assert_eq!(recognised(right, grammar), Ok(()), "{right}");
        }
        for (wrong, error) in [
            ("DO OR a TO b", "SYNTAX_ERROR: line 1:4: mismatched input 'OR'. Expecting: 'OR', <identifier>"),
            ("DO a b", "SYNTAX_ERROR: line 1:6: mismatched input 'b'. Expecting: '.', 'AS', 'TO'"),
            ("DO a TO b,", "SYNTAX_ERROR: line 1:11: mismatched input '<EOF>'. Expecting: <identifier>"),
            ("DO a TO b (x", "SYNTAX_ERROR: line 1:13: mismatched input '<EOF>'. Expecting: '='"),
        ] {
            assert_eq!(recognised(wrong, grammar), Err(error.to_string()), "{wrong}");
        }
    }

    #[test]
    fn every_grammar_is_whole() {
        let known = [
            "identifier",
            "name",
            "string",
            "integer",
            "type",
            "expression",
            "value",
            "query",
            "relation",
            "specification",
            "label",
            "rest",
            "kind",
            "text",
            "alias",
            "parameter",
        ];
        let grammars = RULES
            .iter()
            .map(|(_, grammar)| *grammar)
            .chain(super::super::refused::STATEMENTS.iter().map(|(_, grammar)| *grammar));
        for grammar in grammars {
            assert_eq!(grammar.matches(['[', '{']).count(), grammar.matches([']', '}']).count(), "{grammar}");
            for part in grammar.split('<').skip(1) {
                let rule = part.split('>').next().unwrap();
                assert!(known.contains(&rule) || !grammar_of(rule).is_empty(), "{rule} in {grammar}");
            }
        }
    }
}
