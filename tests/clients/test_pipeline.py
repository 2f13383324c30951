"""The stock-tick pipeline with boto3 alone: a producer puts one object per tick, a crawler finds the table, SQL reads it."""

import json
from concurrent.futures import ThreadPoolExecutor

from conftest import wait

ROLE = "arn:aws:iam::000000000000:role/crawler"


def put(s3, bucket, ticks):
    """One object per tick, sixteen at once, as a producer's workers would."""

    def one(item):
        s3.put_object(Bucket=bucket, Key=item[0], Body=json.dumps(item[1]).encode())

    with ThreadPoolExecutor(16) as workers:
        list(workers.map(one, ticks))


def tick(number, **more):
    close = 1000 + number / 2
    return {"Index": ("HSI", "NYA", "N225")[number % 3], "Date": "2021-05-03", "Close": close, "Volume": float(number)} | more


def crawl(glue, crawler):
    glue.start_crawler(Name=crawler)
    wait(crawler, lambda: glue.get_crawler(Name=crawler)["Crawler"]["State"] == "READY")
    last = glue.get_crawler(Name=crawler)["Crawler"]["LastCrawl"]
    assert last["Status"] == "SUCCEEDED", last


def test_a_thousand_ticks_then_a_field_and_a_partition(s3, glue, statements, bucket, database):
    put(s3, bucket, [(f"stocks/day=1/stock_market_{i}.json", tick(i)) for i in range(1000)])
    targets = {"S3Targets": [{"Path": f"s3://{bucket}/stocks/"}]}
    glue.create_crawler(Name=database, Role=ROLE, DatabaseName=database, Targets=targets)
    crawl(glue, database)

    table = glue.get_table(DatabaseName=database, Name="stocks")["Table"]
    columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    assert columns == [("index", "string"), ("date", "string"), ("close", "double"), ("volume", "double")]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["day"]
    assert table["Parameters"]["classification"] == "json"
    where = {"QueryExecutionContext": {"Database": database}}
    assert statements.rows("SELECT count(*) AS n, sum(volume) AS v FROM stocks", **where) == [["n", "v"], ["1000", "499500.0"]]
    grouped = "SELECT index, count(*) AS n FROM stocks GROUP BY index ORDER BY index"
    assert statements.rows(grouped, **where)[1:] == [["HSI", "334"], ["N225", "333"], ["NYA", "333"]]

    put(s3, bucket, [(f"stocks/day=2/stock_market_{i}.json", tick(i, Currency="USD")) for i in range(100)])
    crawl(glue, database)
    table = glue.get_table(DatabaseName=database, Name="stocks")["Table"]
    assert "currency" in [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    partitions = glue.get_partitions(DatabaseName=database, TableName="stocks")["Partitions"]
    assert sorted(partition["Values"] for partition in partitions) == [["1"], ["2"]]
    by_day = "SELECT day, count(*) AS n, count(currency) AS c FROM stocks GROUP BY day ORDER BY day"
    assert statements.rows(by_day, **where)[1:] == [["1", "1000", "0"], ["2", "100", "100"]]

    versions = glue.get_table_versions(DatabaseName=database, TableName="stocks")["TableVersions"]
    crawl(glue, database)
    again = glue.get_table_versions(DatabaseName=database, TableName="stocks")["TableVersions"]
    assert len(again) == len(versions), "a crawl without news made a version"
    crawls = glue.list_crawls(CrawlerName=database)["Crawls"]
    assert [run["State"] for run in crawls] == ["COMPLETED"] * 3
