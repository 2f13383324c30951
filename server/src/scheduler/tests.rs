//! Schedules over a real catalog and real files.

use super::*;

use crate::metrics::Metrics;
use catalog::crawler::{CrawlState, CrawlerTargets, S3Target, Schedule};
use catalog::local::LocalCatalog;
use chrono::TimeZone;

const EVERY_MINUTE: &str = "rate(1 minute)";

/// A process: its own connections to the catalog in `folder`.
async fn process(folder: &std::path::Path) -> (Scheduler, Metrics) {
    let server = Server::embedded(folder).await;
    let (metrics, stop) = (Metrics::new(), CancellationToken::new());
    (Scheduler::new(server.clone(), Crawls::new(server, metrics.clone(), stop.clone()), stop), metrics)
}

/// A folder with one file, and a crawler over it that runs every minute.
async fn prepared() -> (tempfile::TempDir, Crawler) {
    let folder = tempfile::tempdir().unwrap();
    let orders = folder.path().join("orders");
    std::fs::create_dir(&orders).unwrap();
    std::fs::write(orders.join("a.json"), "{\"id\": 1}\n").unwrap();
    let crawler = Crawler {
        name: "minutely".to_owned(),
        targets: CrawlerTargets {
            s3: vec![S3Target { path: format!("{}/", orders.display()), ..S3Target::default() }],
            ..CrawlerTargets::default()
        },
        database_name: Some("sales".to_owned()),
        schedule: Some(Schedule { schedule_expression: EVERY_MINUTE.to_owned(), state: "SCHEDULED".to_owned() }),
        ..Crawler::default()
    };
    LocalCatalog::open(folder.path()).await.unwrap().create_crawler(crawler.clone()).await.unwrap();
    (folder, crawler)
}

/// Looks at the crawler, whose schedule is `text` since then, and waits for what that starts.
async fn look_at(scheduler: &Scheduler, crawler: &Crawler, text: &str, since: DateTime<Utc>) {
    let timed = Timed { text: text.to_owned(), since: Some(since), ..Timed::crawler(crawler).unwrap() };
    let expression = Expression::parse(text, SHORTEST).ok();
    let due = expression.as_ref().and_then(|expression| expression.next_after(since));
    let mut known = HashMap::from([(crawler.name.clone(), Scheduled { text: timed.text.clone(), due, expression })]);
    scheduler.look(&timed, &mut known).await;
    assert!(known[&crawler.name].due.unwrap() > Utc::now(), "the same firing is still due");
    scheduler.crawls.ended().await;
}

fn minutes(minutes: i64) -> chrono::Duration {
    chrono::Duration::minutes(minutes)
}

#[tokio::test]
async fn of_two_processes_one_runs_a_firing() {
    let (folder, crawler) = prepared().await;
    let ((one, its), (other, others)) = (process(folder.path()).await, process(folder.path()).await);
    let since = Utc::now() - minutes(2);
    tokio::join!(look_at(&one, &crawler, EVERY_MINUTE, since), look_at(&other, &crawler, EVERY_MINUTE, since));
    // It has been run, so that it is not due before another minute is over, whatever a process took for the time before.
    look_at(&other, &crawler, EVERY_MINUTE, since + chrono::Duration::seconds(3)).await;
    let history = one.server.home.crawls("minutely", PageRequest::default()).await.unwrap().items;
    assert_eq!(history.iter().map(|crawl| crawl.state).collect::<Vec<_>>(), [CrawlState::Completed]);
    assert_eq!(other.server.catalog.table("sales", "orders").await.unwrap().columns()[0].name, "id");
    let completed = [its, others].map(|metrics| {
        metrics.text(Default::default(), Default::default()).contains("civetta_crawls_total{state=\"completed\"} 1\n")
    });
    assert_eq!(completed.iter().filter(|completed| **completed).count(), 1);
}

#[tokio::test]
async fn a_crawler_that_still_runs_is_not_started_again() {
    let (folder, crawler) = prepared().await;
    let (process, metrics) = process(folder.path()).await;
    process.server.home.start_crawl("minutely", "somebody else", Duration::from_secs(60)).await.unwrap();
    look_at(&process, &crawler, "cron(* * * * ? *)", Utc::now() - minutes(2)).await;
    let history = process.server.home.crawls("minutely", PageRequest::default()).await.unwrap().items;
    assert_eq!(history.iter().map(|crawl| crawl.state).collect::<Vec<_>>(), [CrawlState::Running]);
    assert!(metrics.text(Default::default(), Default::default()).contains("civetta_crawls_total{state=\"failed\"} 0\n"));
}

#[tokio::test]
async fn a_rate_counts_from_the_last_run_of_any_process() {
    let (folder, crawler) = prepared().await;
    let (process, _) = process(folder.path()).await;
    let now = Utc::now();
    let timed = Timed::crawler(&crawler).unwrap();
    assert_eq!(process.begin(&timed, now).await.due, Some(now + minutes(1)));
    let early = Timed { since: Some(now - minutes(5)), ..timed.clone() };
    assert_eq!(process.begin(&early, now).await.due, Some(now - minutes(4)), "as every process sees it");
    look_at(&process, &crawler, EVERY_MINUTE, now - minutes(5)).await;
    let began = process.last_run("minutely").await.unwrap();
    assert_eq!(process.begin(&early, now + minutes(10)).await.due, Some(began + minutes(1)));
    assert!(
        process.begin(&Timed { text: "rate(1 second)".to_owned(), ..timed }, now).await.due.is_none(),
        "a wrong schedule is never due"
    );
}

#[tokio::test]
async fn it_ends_when_it_is_stopped() {
    let (folder, _) = prepared().await;
    let (process, _) = process(folder.path()).await;
    let stop = process.stop.clone();
    let running = tokio::spawn(process.run());
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}

#[test]
fn a_long_sleep_is_one_firing() {
    let at = |minute| Utc.with_ymd_and_hms(2026, 1, 1, 0, minute, 0).unwrap();
    let cron = Expression::parse("cron(0/5 * * * ? *)", SHORTEST).unwrap();
    assert_eq!(next(&cron, at(5), at(5)), Some(at(10)));
    assert_eq!(next(&cron, at(5), at(32)), Some(at(35)));
    let rate = Expression::parse("rate(5 minutes)", SHORTEST).unwrap();
    assert_eq!(next(&rate, at(5), at(6)), Some(at(10)));
    assert_eq!(next(&rate, at(5), at(32)), Some(at(37)));
}

#[test]
fn only_schedules_that_are_on_count() {
    let crawler = |state: &str, text: &str| Crawler {
        schedule: Some(Schedule { schedule_expression: text.to_owned(), state: state.to_owned() }),
        ..Crawler::default()
    };
    assert_eq!(expression(&crawler("SCHEDULED", EVERY_MINUTE)), Some(EVERY_MINUTE));
    assert_eq!(expression(&crawler("NOT_SCHEDULED", EVERY_MINUTE)), None);
    assert_eq!(expression(&crawler("SCHEDULED", "")), None);
    assert_eq!(expression(&Crawler::default()), None);
}
