//! How fast objects are decoded, on one thread: `cargo bench -p catalog --bench decode`. Prints a line per case; the aims are
//! 300 MB/s for flat JSON with few columns, and 100,000 objects of 200 bytes in 60 ms.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::datatypes::{Field, Schema, SchemaRef};
use catalog::decode::Decoder;
use catalog::format::{CsvDialect, CsvFormat, Delimited, Format, JsonFormat, Quoted, RegexFormat, RegexSyntax};
use catalog::hive_type;

const RECORDS: usize = 200_000;
const RUNS: usize = 5;
const CHUNK: usize = 1 << 20;

const COLUMNS: [(&str, &str); 9] = [
    ("index", "string"),
    ("date", "string"),
    ("open", "double"),
    ("high", "double"),
    ("low", "double"),
    ("close", "double"),
    ("adj close", "double"),
    ("volume", "bigint"),
    ("closeusd", "double"),
];

fn schema() -> SchemaRef {
    let fields: Vec<_> = COLUMNS.iter().map(|(name, hive)| Field::new(*name, hive_type::parse(hive).unwrap(), true)).collect();
    Arc::new(Schema::new(fields))
}

/// A stock tick as the pipelines of `examples/` write them, about 200 bytes.
fn tick(index: usize) -> String {
    let price = 10_000.0 + (index % 977) as f64 * 1.373;
    format!(
        "{{\"Index\": \"HSI\", \"Date\": \"1987-01-{:02}\", \"Open\": {:.6}, \"High\": {:.6}, \"Low\": {:.6}, \"Close\": {price:.6}, \
         \"Adj Close\": {price:.6}, \"Volume\": {}, \"CloseUSD\": {:.6}}}",
        index % 28 + 1,
        price - 1.5,
        price + 2.25,
        price - 3.75,
        index * 17,
        price * 0.13
    )
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

/// One large object in chunks.
fn throughput(name: &str, format: &Format, projection: &[usize], text: &[u8]) {
    let time = median(|| {
        let mut decoder = Decoder::new(format, schema(), projection, 8192).unwrap();
        let mut rows = 0;
        decoder.begin("s3://bench/large").unwrap();
        for chunk in text.chunks(CHUNK) {
            decoder.feed(chunk).unwrap();
            rows += decoder.flush().unwrap().num_rows();
        }
        decoder.end().unwrap();
        rows += decoder.flush().unwrap().num_rows();
        assert_eq!(rows, RECORDS);
    });
    let megabytes = text.len() as f64 / 1e6 / time.as_secs_f64();
    println!("{name:<44} {megabytes:>8.0} MB/s  {:>8.1} ms", time.as_secs_f64() * 1e3);
}

/// Every record an object of its own.
fn small_objects(projection: &[usize]) {
    let objects: Vec<_> = (0..100_000).map(tick).collect();
    let time = median(|| {
        let format = Format::Json(JsonFormat::default());
        let mut decoder = Decoder::new(&format, schema(), projection, 8192).unwrap();
        let mut rows = 0;
        for object in &objects {
            decoder.begin("s3://bench/stock_market_12345.json").unwrap();
            decoder.feed(object.as_bytes()).unwrap();
            decoder.end().unwrap();
            if decoder.rows() >= 8192 {
                rows += decoder.flush().unwrap().num_rows();
            }
        }
        rows += decoder.flush().unwrap().num_rows();
        assert_eq!(rows, objects.len());
    });
    println!("100,000 objects of one record, {} columns {:>25.1} ms", projection.len(), time.as_secs_f64() * 1e3);
}

fn main() {
    let json: String = (0..RECORDS).map(|index| tick(index) + "\n").collect();
    let csv: String = (0..RECORDS)
        .map(|index| format!("HSI,1987-01-{:02},{index}.5,2.25,3.125,4.5,4.5,{index},0.58\n", index % 28 + 1))
        .collect();
    let quoted = csv.replace("HSI", "\"HSI\"");
    let all: Vec<_> = (0..COLUMNS.len()).collect();
    let as_json = Format::Json(JsonFormat::default());
    throughput("JSON, no column (count)", &as_json, &[], json.as_bytes());
    throughput("JSON, 2 of 9 columns", &as_json, &[0, 5], json.as_bytes());
    throughput("JSON, 9 columns", &as_json, &all, json.as_bytes());
    small_objects(&[0, 5]);
    small_objects(&all);
    let delimited = CsvDialect::Delimited(Delimited { delimiter: b',', ..Delimited::default() });
    let delimited = Format::Csv(CsvFormat { skip_lines: 0, dialect: delimited });
    throughput("LazySimpleSerDe, 2 of 9 columns", &delimited, &[0, 5], csv.as_bytes());
    throughput("LazySimpleSerDe, 9 columns", &delimited, &all, csv.as_bytes());
    let open_csv = Format::Csv(CsvFormat { skip_lines: 0, dialect: CsvDialect::Quoted(Quoted::default()) });
    throughput("OpenCSVSerde, 9 columns", &open_csv, &all, quoted.as_bytes());
    let pattern = "([^,]*),".repeat(8) + "(.*)";
    let syntax = RegexSyntax::Regex { pattern, case_insensitive: false };
    throughput(
        "RegexSerDe, 9 columns",
        &Format::Regex(RegexFormat { skip_lines: 0, null_for_invalid: false, syntax }),
        &all,
        csv.as_bytes(),
    );
}
