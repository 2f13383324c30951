//! How fast the crawler inspects objects, on one thread: `cargo bench -p catalog --bench inspect`. Prints a line per case; the
//! aim is 100,000 objects of 200 bytes in 300 ms.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use catalog::crawl::inspect::{Content, Inspector};

const OBJECTS: usize = 100_000;
const RUNS: usize = 5;

/// A stock tick as the pipelines of `examples/` write them, about 200 bytes. Every tenth price is whole.
fn tick(index: usize) -> String {
    let price = 10_000.0 + (index % 977) as f64 * 1.373;
    let open = if index.is_multiple_of(10) { format!("{}", price as u64) } else { format!("{price:.6}") };
    format!(
        "{{\"Index\": \"HSI\", \"Date\": \"1987-01-{:02}\", \"Open\": {open}, \"High\": {:.6}, \"Low\": {:.6}, \
         \"Close\": {price:.6}, \"Adj Close\": {price:.6}, \"Volume\": {}, \"CloseUSD\": {:.6}}}",
        index % 28 + 1,
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

fn print(case: &str, objects: &[Vec<u8>]) {
    let bytes: usize = objects.iter().map(Vec::len).sum();
    let time = median(|| {
        let mut inspector = Inspector::new(&[]).unwrap();
        for object in objects {
            inspector.inspect("ticks/stock_market_1.json", Content::Whole(object)).unwrap();
        }
    });
    let rate = bytes as f64 / 1e6 / time.as_secs_f64();
    println!("{case}: {} objects, {:.1} MB in {time:.0?}, {rate:.0} MB/s", objects.len(), bytes as f64 / 1e6);
}

fn main() {
    let ticks: Vec<Vec<u8>> = (0..OBJECTS).map(|index| tick(index).into_bytes()).collect();
    print("one record each", &ticks);
    let keys: Vec<_> =
        (0..OBJECTS).map(|index| format!("{{\"user{index}\": {{\"a\": 1, \"b\": \"x\"}}}}").into_bytes()).collect();
    print("data for keys", &keys);
    print("one object of lines", &[ticks.join(&b'\n')]);
    let cells = |index: usize| format!("{index},HSI,{}.25,1987-01-02,\"a, b\"\n", index * 3).into_bytes();
    let csv = std::iter::once(b"id,name,price,day,note\n".to_vec()).chain((0..OBJECTS * 5).map(cells)).collect::<Vec<_>>();
    print("one object of csv", &[csv.concat()]);
}
