//! CSV by table: dialects, headers, types.

use super::*;
use crate::crawl::shape::Shape;
use crate::crawler::CsvClassifier;
use crate::decode::Compression;

fn run(text: &str, choice: &Choice) -> (Result<Finding, Why>, Inspections) {
    let mut inspections = Inspections::default();
    let object = Object { key: "a.csv", compression: Compression::None };
    let mut text = Text::whole(text.as_bytes());
    text.skip_mark().unwrap();
    (inspect(&object, &mut text, choice, &mut inspections).unwrap(), inspections)
}

/// `dialect: column type, …; rows`
fn described(text: &str, choice: &Choice) -> String {
    let (finding, inspections) = run(text, choice);
    let found = match finding {
        Ok(Finding::Found(found)) => found,
        Ok(other) => panic!("{other:?}"),
        Err(why) => return why,
    };
    let inspected = inspections.get(found.inspection).unwrap();
    let Kind::Csv(dialect) = &inspected.kind else { panic!("{inspected:?}") };
    let columns: Vec<_> = inspected.columns.iter().map(|column| format!("{} {}", column.name, column.shape.hive())).collect();
    let header = if dialect.header { " header" } else { "" };
    let quoted = if dialect.quoted { " quoted" } else { "" };
    format!("{}{header}{quoted}: {}; {}", dialect.delimiter.escape_default(), columns.join(", "), found.records)
}

#[test]
fn tables() {
    for (text, expected) in [
        ("id,name,amount\n1,ann,1.5\n2,bob,2.5\n", ", header: id bigint, name string, amount double; 2"),
        ("team_id,team_names\nARI,Arizona\nATL,Atlanta\n", ", header: team_id string, team_names string; 2"),
        ("1,2.5\n2,3.5\n3,4.5\n", ",: col0 bigint, col1 double; 3"),
        ("id|name\n1|ann\n2|bob", "| header: id bigint, name string; 2"),
        ("id\tname\n1\tann\n2\tbob\n", "\\t header: id bigint, name string; 2"),
        ("id;name\n1;ann\n2;bob\n", "; header: id bigint, name string; 2"),
        ("id\u{1}name\n1\u{1}ann\n2\u{1}bob\n", "\\u{1} header: id bigint, name string; 2"),
        ("id,d,ts\n1,2021-05-01,2021-05-01 10:00:00\n2,2021-05-02,x\n", ", header: id bigint, d string, ts string; 2"),
        ("id,v\n1,10\n2,\n3,n/a\n", ", header: id bigint, v string; 3"),
        ("id,v\n1,10\n2,\n", ", header: id bigint, v bigint; 2"),
        ("\u{feff}id,v\r\n1,10\r\n2,20\r\n", ", header: id bigint, v bigint; 2"),
        ("id,note\n1,\"a, \"\"b\"\"\nc\"\n2,\"d\"\n", ", header quoted: id bigint, note string; 2"),
        ("\"id\",\"v\"\n\"1\",\"2.5\"\n", ", header quoted: id bigint, v double; 1"),
        ("a,b,c\n1,2\n3,4,5,6\n", ", header: a bigint, b bigint, c bigint; 2"),
        ("1,2\n3,4\n5,6,7\n", ",: col0 bigint, col1 bigint, col2 bigint; 3"),
        ("Adj Close,p. medio\n1,2\n", ", header: Adj Close bigint, p. medio bigint; 1"),
        ("zip,n\n00501,1\n", ", header: zip string, n bigint; 1"),
        ("n,m\n1,1\n99999999999999999999,1\n", ", header: n decimal(38,0), m bigint; 2"),
        ("sales,x\n\"$1,000\",1\n", ", header quoted: sales string, x bigint; 1"),
        ("a,b\n\n1,2\n\n", ", header: a bigint, b bigint; 1"),
        ("hello world\n", "one line of text: a table of delimited text needs two rows"),
        ("id\n1\n2\n", "text that is neither JSON nor a known log nor rows of two or more delimited cells"),
        (
            "This is a text, one that\ntalks of this\nand of that, and, of course, more\nand ends.\n",
            "text that is neither JSON nor a known log nor rows of two or more delimited cells",
        ),
        (" \n\n", "there is only white space in it"),
    ] {
        assert_eq!(described(text, &Choice::default()), expected, "{text:?}");
    }
}

#[test]
fn classifiers() {
    let with = |set: &dyn Fn(&mut CsvClassifier)| {
        let mut classifier = CsvClassifier { name: "c".into(), ..CsvClassifier::default() };
        set(&mut classifier);
        Choice::of(&classifier)
    };
    let given = with(&|c| {
        c.delimiter = Some(",".into());
        c.contains_header = Some("ABSENT".into());
        c.header = Some(vec!["ident".into(), "who".into()]);
    });
    assert_eq!(described("1,ann\n2,bob\n", &given.unwrap()), ",: ident bigint, who string; 2");
    let present = with(&|c| c.contains_header = Some("PRESENT".into())).unwrap();
    assert_eq!(described("a,b\nx,y\n", &present), ", header: a string, b string; 1");
    let absent = with(&|c| c.contains_header = Some("ABSENT".into())).unwrap();
    assert_eq!(described("id,n\n1,2\n", &absent), ",: col0 string, col1 string; 2");
    let single = with(&|c| c.allow_single_column = Some(true)).unwrap();
    assert_eq!(described("id\n1\n2\n", &single), ", header: id bigint; 2");
    let quote = with(&|c| c.quote_symbol = Some("'".into())).unwrap();
    assert_eq!(described("id,v\n1,'a,b'\n", &quote), ", header quoted: id bigint, v string; 1");
    let wrong_width = with(&|c| c.header = Some(vec!["only".into()])).unwrap();
    assert_eq!(described("1,2\n3,4\n", &wrong_width), "the classifier names 1 columns, the rows have 2");
    let typed = |types: &[&str]| {
        with(&|c| {
            c.other.insert("CustomDatatypeConfigured".into(), true.into());
            c.other.insert("CustomDatatypes".into(), types.into());
        })
    };
    let types = typed(&["string", "DATE"]).unwrap();
    assert_eq!(described("id,day\n1,2024-01-01\n", &types), ", header: id string, day date; 1");
    assert_eq!(described("a,b,c\n1,2,3\n", &types), "the classifier has types for 2 columns, the rows have 3");
    for wrong in [
        typed(&["STRING", "UUID"]),
        typed(&[]),
        with(&|c| c.delimiter = Some("ab".into())),
        with(&|c| c.quote_symbol = Some("«".into())),
        with(&|c| c.contains_header = Some("MAYBE".into())),
        with(&|c| drop(c.other.insert("Serde".into(), "Other".into()))),
        with(&|c| drop(c.other.insert("CustomDatatypeConfigured".into(), true.into()))),
    ] {
        assert!(wrong.unwrap_err().message().contains("classifier 'c'"));
    }
}

#[test]
fn notes_say_which_line() {
    let (finding, inspections) = run("id,v,w\n1,10,\n2,1.5,\n3,n/a,,5\n", &Choice::default());
    let Ok(Finding::Found(found)) = finding else { panic!("{finding:?}") };
    let why: Vec<_> = inspections.why(found.inspection).iter().map(ToString::to_string).collect();
    assert_eq!(why, ["line 4 of a.csv: `v` is text → string", "a.csv: `w` is empty in every row → string"]);
    let notes: Vec<_> = found.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["line 4 of a.csv: the row has more cells than the header, which names 3: the rest is not read"]);
}

#[test]
fn all_rows_count_however_far() {
    let mut text = "id,v\n".to_owned();
    text.extend((0..200_000).map(|i| format!("{i},\"multi\nline {i}\"\n")));
    text.push_str("x,y\n");
    let mut inspections = Inspections::default();
    let object = Object { key: "a.csv", compression: Compression::None };
    let mut read = Text::read(Box::new(text.as_bytes()), u64::MAX);
    let finding = inspect(&object, &mut read, &Choice::default(), &mut inspections).unwrap().unwrap();
    let Finding::Found(found) = finding else { panic!("{finding:?}") };
    assert_eq!((found.records, found.bytes), (200_001, text.len() as u64));
    assert_eq!(inspections.get(found.inspection).unwrap().columns[0].shape, Shape::String);
    assert_eq!(inspections.why(found.inspection)[0].to_string(), "line 400002 of a.csv: `id` is text → string");
}
