"""The Glue Data Catalog and its crawlers through boto3: round trips, pages, batches, and errors by the class that clients catch."""

import pytest

from conftest import name, wait

JSON_SERDE = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {"paths": "x"}}
ROLE = "arn:aws:iam::000000000000:role/crawler"


def descriptor(location):
    return {
        "Columns": [{"Name": "x", "Type": "bigint"}, {"Name": "s", "Type": "string", "Comment": "text"}],
        "Location": location,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": JSON_SERDE,
    }


@pytest.fixture(scope="module")
def table(glue, database, bucket):
    """A partitioned table with 120 partitions."""
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": "Events",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "json"},
            "StorageDescriptor": descriptor(f"s3://{bucket}/events/"),
            "PartitionKeys": [{"Name": "year", "Type": "int"}, {"Name": "day", "Type": "string"}],
        },
    )
    inputs = [
        {"Values": [str(2000 + number // 40), f"d{number % 40:02}"], "StorageDescriptor": descriptor(f"s3://{bucket}/events/{number}/")}
        for number in range(120)
    ]
    for start in range(0, 120, 100):
        answer = glue.batch_create_partition(
            DatabaseName=database, TableName="events", PartitionInputList=inputs[start : start + 100]
        )
        assert answer.get("Errors", []) == []
    return "events"


def test_a_table_comes_back_as_it_was_put(glue, database, table):
    got = glue.get_table(DatabaseName=database, Name="EVENTS")["Table"]
    assert got["Name"] == table, "names are folded"
    kept = {key: got[key] for key in ("Name", "TableType", "Parameters", "StorageDescriptor", "PartitionKeys")}
    glue.create_table(DatabaseName=database, TableInput=kept | {"Name": "copied"})
    copied = glue.get_table(DatabaseName=database, Name="copied")["Table"]
    for member in ("StorageDescriptor", "PartitionKeys", "Parameters"):
        assert copied[member] == got[member]
    listed = glue.get_tables(DatabaseName=database, Expression="cop.*")["TableList"]
    assert [entry["Name"] for entry in listed] == ["copied"]
    glue.delete_table(DatabaseName=database, Name="copied")


def test_partitions_by_expression_and_segment(glue, database, table):
    where = {"DatabaseName": database, "TableName": table}
    for expression, count in [("year = 2001", 40), ("year > 2000 AND day IN ('d00', 'd01')", 4), ("day BETWEEN 'd00' AND 'd01'", 6)]:
        pages = glue.get_paginator("get_partitions").paginate(Expression=expression, PaginationConfig={"PageSize": 7}, **where)
        assert sum(len(page["Partitions"]) for page in pages) == count, expression
    segments = [
        tuple(partition["Values"])
        for number in range(3)
        for page in glue.get_paginator("get_partitions").paginate(Segment={"SegmentNumber": number, "TotalSegments": 3}, **where)
        for partition in page["Partitions"]
    ]
    assert len(segments) == len(set(segments)) == 120
    bare = glue.get_partitions(ExcludeColumnSchema=True, MaxResults=1, **where)["Partitions"][0]
    assert bare["StorageDescriptor"].get("Columns", []) == []


def test_batches_answer_for_each_item(glue, database, table):
    where = {"DatabaseName": database, "TableName": table}
    got = glue.batch_get_partition(PartitionsToGet=[{"Values": ["2000", "d00"]}, {"Values": ["1", "none"]}], **where)
    assert [partition["Values"] for partition in got["Partitions"]] == [["2000", "d00"]]
    again = glue.batch_create_partition(
        PartitionInputList=[{"Values": ["2000", "d00"], "StorageDescriptor": descriptor("s3://x/")}], **where
    )
    assert again["Errors"][0]["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException"
    gone = glue.batch_delete_partition(PartitionsToDelete=[{"Values": ["1", "none"]}], **where)
    assert gone["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"


def test_two_writers_and_one_version(glue, database, bucket):
    given = {"Name": "locked", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": descriptor(f"s3://{bucket}/locked/")}
    glue.create_table(DatabaseName=database, TableInput=given)
    version = glue.get_table(DatabaseName=database, Name="locked")["Table"]["VersionId"]
    glue.update_table(DatabaseName=database, TableInput=given | {"Description": "first"}, VersionId=version)
    with pytest.raises(glue.exceptions.ConcurrentModificationException):
        glue.update_table(DatabaseName=database, TableInput=given | {"Description": "second"}, VersionId=version)
    assert glue.get_table(DatabaseName=database, Name="locked")["Table"]["Description"] == "first"
    versions = glue.get_table_versions(DatabaseName=database, TableName="locked")["TableVersions"]
    assert len(versions) == 2
    glue.update_table(DatabaseName=database, TableInput=given, SkipArchive=True)
    assert len(glue.get_table_versions(DatabaseName=database, TableName="locked")["TableVersions"]) == 2


def test_errors_have_the_classes_that_clients_catch(glue, database, table):
    missing, there = glue.exceptions.EntityNotFoundException, glue.exceptions.AlreadyExistsException
    with pytest.raises(missing, match="Database absent not found"):
        glue.get_database(Name="absent")
    with pytest.raises(missing):
        glue.get_table(DatabaseName=database, Name="absent")
    with pytest.raises(missing):
        glue.get_partition(DatabaseName=database, TableName=table, PartitionValues=["1", "none"])
    with pytest.raises(missing):
        glue.get_crawler(Name="absent")
    with pytest.raises(there):
        glue.create_database(DatabaseInput={"Name": database.upper()})
    with pytest.raises(there):
        glue.create_table(DatabaseName=database, TableInput={"Name": table})
    with pytest.raises(glue.exceptions.InvalidInputException):
        glue.get_partitions(DatabaseName=database, TableName=table, Expression="not an expression (")


def test_a_crawler_and_its_schedule(s3, glue, database, bucket):
    for number in range(50):
        s3.put_object(Bucket=bucket, Key=f"crawled/{number}.json", Body=b'{"x": 1}')
    crawler = name("crawler")
    targets = {"S3Targets": [{"Path": f"s3://{bucket}/crawled/", "Exclusions": ["**.tmp"]}]}
    glue.create_crawler(Name=crawler, Role=ROLE, DatabaseName=database, Targets=targets, TablePrefix="p_")
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        glue.create_crawler(Name=crawler, Role=ROLE, DatabaseName=database, Targets=targets)
    made = glue.get_crawler(Name=crawler)["Crawler"]
    assert made["State"] == "READY" and "LastCrawl" not in made
    assert made["SchemaChangePolicy"] == {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}
    assert made["Targets"]["S3Targets"] == targets["S3Targets"]
    with pytest.raises(glue.exceptions.CrawlerNotRunningException):
        glue.stop_crawler(Name=crawler)

    glue.start_crawler(Name=crawler)
    wait(crawler, lambda: glue.get_crawler(Name=crawler)["Crawler"]["State"] == "READY")
    assert glue.get_crawler(Name=crawler)["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"
    assert glue.get_table(DatabaseName=database, Name="p_crawled")["Table"]["StorageDescriptor"]["Columns"] == [
        {"Name": "x", "Type": "int"}
    ]
    metrics = glue.get_crawler_metrics(CrawlerNameList=[crawler])["CrawlerMetricsList"][0]
    assert (metrics["CrawlerName"], metrics["TablesCreated"]) == (crawler, 1)

    glue.update_crawler(Name=crawler, Schedule="cron(0 12 * * ? *)", Description="noon")
    assert glue.get_crawler(Name=crawler)["Crawler"]["Schedule"] == {
        "ScheduleExpression": "cron(0 12 * * ? *)",
        "State": "SCHEDULED",
    }
    glue.stop_crawler_schedule(CrawlerName=crawler)
    assert glue.get_crawler(Name=crawler)["Crawler"]["Schedule"]["State"] == "NOT_SCHEDULED"
    assert crawler in glue.list_crawlers()["CrawlerNames"]
    assert [one["Name"] for one in glue.batch_get_crawlers(CrawlerNames=[crawler])["Crawlers"]] == [crawler]
    glue.delete_crawler(Name=crawler)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.start_crawler(Name=crawler)


def test_classifiers(glue):
    classifier = name("classifier")
    glue.create_classifier(
        CsvClassifier={"Name": classifier, "Delimiter": "|", "QuoteSymbol": '"', "ContainsHeader": "PRESENT", "Header": ["a", "b"]}
    )
    got = glue.get_classifier(Name=classifier)["Classifier"]["CsvClassifier"]
    assert (got["Delimiter"], got["ContainsHeader"], got["Header"]) == ("|", "PRESENT", ["a", "b"])
    glue.update_classifier(CsvClassifier={"Name": classifier, "Delimiter": ";"})
    assert glue.get_classifier(Name=classifier)["Classifier"]["CsvClassifier"]["Delimiter"] == ";"
    glue.delete_classifier(Name=classifier)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_classifier(Name=classifier)
