//! The functions that queries use most, in nanoseconds a row, beside DataFusion's nearest: `cargo bench -p tests --bench functions`.
//! Both get the same batches of 8192 rows, in turn; a figure is the median of the rounds. What DataFusion has nothing for stands alone.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends where it cannot measure, and prints")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{
    Array, ArrayRef, Date32Array, Float64Array, Int64Array, ListArray, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use catalog::local::LocalCatalog;
use catalog::storage::{Storage, StorageConfig};
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};
use datafusion::prelude::SessionContext;
use engine::{Engine, Session, Settings};

const ROWS: usize = 8192;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(40);

/// A call: the function's name and its arguments, by their names in [`Columns`] or as constants.
type Call = (&'static str, Vec<ColumnarValue>);

struct Columns {
    text: ColumnarValue,
    csv: ColumnarValue,
    json: ColumnarValue,
    integer: ColumnarValue,
    double: ColumnarValue,
    date: ColumnarValue,
    moment: ColumnarValue,
    list: ColumnarValue,
}

impl Columns {
    fn new() -> Self {
        let array = |array: ArrayRef| ColumnarValue::Array(array);
        let texts = |of: fn(usize) -> String| array(Arc::new(StringViewArray::from_iter_values((0..ROWS).map(of))));
        let lists = (0..ROWS as i64).map(|row| Some((0..5).map(move |at| Some(row % 7 + at))));
        Self {
            text: texts(|row| format!("  Order number {row} of customer-{} ", row % 97)),
            csv: texts(|row| format!("a{row},b{},c", row % 13)),
            json: texts(|row| format!(r#"{{"id":{row},"name":"n{}","tags":["x","y"]}}"#, row % 31)),
            integer: array(Arc::new(Int64Array::from_iter_values((0..ROWS as i64).map(|row| row - 4096)))),
            double: array(Arc::new(Float64Array::from_iter_values((0..ROWS).map(|row| row as f64 * 1.37 - 5000.0)))),
            date: array(Arc::new(Date32Array::from_iter_values((0..ROWS as i32).map(|row| 15_000 + row)))),
            moment: array(Arc::new(TimestampMicrosecondArray::from_iter_values(
                (0..ROWS as i64).map(|row| 1_700_000_000_000_000 + row * 98_765_432_100),
            ))),
            list: array(Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists))),
        }
    }

    fn calls(&self) -> Vec<(Call, Option<Call>)> {
        let text = |value: &str| ColumnarValue::Scalar(ScalarValue::Utf8View(Some(value.to_string())));
        let plain = |value: &str| ColumnarValue::Scalar(ScalarValue::Utf8(Some(value.to_string())));
        let int = |value: i64| ColumnarValue::Scalar(ScalarValue::Int64(Some(value)));
        let Self { text: t, csv, json, integer, double, date, moment, list } = self;
        let same = |name: &'static str, args: Vec<ColumnarValue>| ((name, args.clone()), Some((name, args)));
        let as_ =
            |ours: &'static str, theirs: &'static str, args: Vec<ColumnarValue>| ((ours, args.clone()), Some((theirs, args)));
        let c = |value: &ColumnarValue| value.clone();
        vec![
            same("lower", vec![c(t)]),
            same("upper", vec![c(t)]),
            same("trim", vec![c(t)]),
            as_("length", "character_length", vec![c(t)]),
            same("substr", vec![c(t), int(3), int(8)]),
            same("concat", vec![c(t), text("/"), c(csv)]),
            same("replace", vec![c(t), text("customer"), text("c")]),
            same("strpos", vec![c(t), text("customer")]),
            same("split_part", vec![c(csv), text(","), int(2)]),
            (("split", vec![c(csv), text(",")]), Some(("string_to_array", vec![c(csv), text(",")]))),
            same("regexp_like", vec![c(t), text("customer-[0-9]+")]),
            (("regexp_extract", vec![c(t), text("customer-([0-9]+)"), int(1)]), None),
            same("regexp_replace", vec![c(t), text("[0-9]+"), text("#")]),
            (("json_extract_scalar", vec![c(json), text("$.name")]), None),
            same("abs", vec![c(integer)]),
            same("round", vec![c(double)]),
            same("date_trunc", vec![text("month"), c(moment)]),
            (("date_diff", vec![text("day"), c(date), c(date)]), None),
            (("year", vec![c(date)]), Some(("date_part", vec![text("year"), c(date)]))),
            (
                ("date_format", vec![c(moment), text("%Y-%m-%d %H:%i")]),
                Some(("to_char", vec![c(moment), plain("%Y-%m-%d %H:%M")])),
            ),
            (("cardinality", vec![c(list)]), Some(("array_length", vec![c(list)]))),
            (("element_at", vec![c(list), int(2)]), Some(("array_element", vec![c(list), int(2)]))),
            (("contains", vec![c(list), int(4)]), Some(("array_has", vec![c(list), int(4)]))),
        ]
    }
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Arc::new(LocalCatalog::open(folder.path()).await.unwrap());
    let storage = Storage::new(StorageConfig::local(folder.path())).await.unwrap();
    let spill = folder.path().join("spill");
    let settings = Settings { memory: None, threads: Some(1), spill, spill_limit: None, locations: false };
    let engine = Engine::new(catalog, storage, settings).unwrap();
    let (ours, theirs) = (engine.task_context(&Session::default()), SessionContext::new().task_ctx());
    println!("{:<22} {:>8}  {:<18} {:>8}  {:>6}", "", "ns/row", "DataFusion's", "ns/row", "ratio");
    for (call, nearest) in Columns::new().calls() {
        let call = Prepared::new(&ours.scalar_functions()[call.0], call.1);
        let nearest = nearest.map(|nearest| (nearest.0, Prepared::new(&theirs.scalar_functions()[nearest.0], nearest.1)));
        let (mut ours, mut theirs) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            ours.push(call.round());
            theirs.extend(nearest.as_ref().map(|(_, nearest)| nearest.round()));
        }
        let ours = median(&mut ours);
        match nearest {
            None => println!("{:<22} {ours:>8.1}", call.udf.name()),
            Some((name, _)) => {
                let theirs = median(&mut theirs);
                println!("{:<22} {ours:>8.1}  {name:<18} {theirs:>8.1}  {:>6.2}", call.udf.name(), ours / theirs);
            }
        }
    }
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A function with arguments of the types that it takes.
struct Prepared {
    udf: Arc<ScalarUDF>,
    args: ScalarFunctionArgs,
}

impl Prepared {
    fn new(udf: &Arc<ScalarUDF>, args: Vec<ColumnarValue>) -> Self {
        let given: Vec<DataType> = args.iter().map(ColumnarValue::data_type).collect();
        let wanted = udf.coerce_types(&given).unwrap_or(given);
        let args: Vec<_> = args.iter().zip(&wanted).map(|(arg, to)| arg.cast_to(to, None).unwrap()).collect();
        let arg_fields: Vec<FieldRef> = wanted.iter().map(|to| Arc::new(Field::new("a", to.clone(), true))).collect();
        let scalars: Vec<Option<ScalarValue>> = args
            .iter()
            .map(|arg| match arg {
                ColumnarValue::Scalar(value) => Some(value.clone()),
                ColumnarValue::Array(_) => None,
            })
            .collect();
        let scalar_arguments: Vec<Option<&ScalarValue>> = scalars.iter().map(Option::as_ref).collect();
        let of = ReturnFieldArgs { arg_fields: &arg_fields, scalar_arguments: &scalar_arguments };
        let return_field = udf.return_field_from_args(of).unwrap();
        let config_options = Arc::new(ConfigOptions::default());
        Self {
            udf: Arc::clone(udf),
            args: ScalarFunctionArgs { args, arg_fields, number_rows: ROWS, return_field, config_options },
        }
    }

    /// Nanoseconds a row.
    fn round(&self) -> f64 {
        let (start, mut batches) = (Instant::now(), 0);
        while start.elapsed() < ROUND {
            let made = self.udf.invoke_with_args(self.args.clone()).unwrap();
            assert_eq!(made.into_array(ROWS).unwrap().len(), ROWS);
            batches += 1;
        }
        start.elapsed().as_nanos() as f64 / (batches * ROWS) as f64
    }
}
