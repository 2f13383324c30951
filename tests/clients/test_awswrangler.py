"""awswrangler: S3, the catalog, and Athena's plain read; its other two ways to read need writes, which are refused by name."""

import awswrangler as wr
import boto3
import pandas
import pytest

from conftest import name
from lake import MANY


@pytest.fixture(scope="module")
def frame():
    return pandas.DataFrame({"id": [1, 2, 3], "name": ["a", None, "c"], "day": ["x", "x", "y"]})


def test_s3(frame, bucket):
    path = f"s3://{bucket}/wr/"
    wr.s3.to_parquet(frame, path=f"{path}one.parquet")
    wr.s3.to_csv(frame, path=f"{path}one.csv", index=False)
    wr.s3.to_json(frame, path=f"{path}one.json")
    assert wr.s3.list_objects(path) == [f"{path}one.csv", f"{path}one.json", f"{path}one.parquet"]
    assert wr.s3.list_directories(f"s3://{bucket}/") == [path]
    assert wr.s3.read_parquet(f"{path}one.parquet")["id"].tolist() == [1, 2, 3]
    assert wr.s3.read_csv([f"{path}one.csv"])["name"].tolist()[::2] == ["a", "c"]
    assert wr.s3.describe_objects(f"{path}one.csv")[f"{path}one.csv"]["ContentLength"] > 0
    assert wr.s3.does_object_exist(f"{path}one.csv")
    wr.s3.copy_objects([f"{path}one.csv"], source_path=path, target_path=f"s3://{bucket}/wr2/")
    wr.s3.delete_objects(path)
    assert wr.s3.list_objects(path) == [] and wr.s3.does_object_exist(f"s3://{bucket}/wr2/one.csv")


def test_a_data_set_in_the_catalog(frame, bucket, database):
    path = f"s3://{bucket}/dataset/"
    wr.s3.to_parquet(
        *(frame, path),
        dataset=True,
        database=database,
        table="frames",
        partition_cols=["day"],
        glue_table_settings={"description": "made by awswrangler", "columns_comments": {"id": "the number"}},
    )
    assert wr.catalog.does_table_exist(database=database, table="frames")
    assert wr.catalog.get_table_types(database=database, table="frames") == {"id": "bigint", "name": "string", "day": "string"}
    assert wr.catalog.get_table_location(database=database, table="frames").rstrip("/") == path.rstrip("/")
    assert wr.catalog.get_table_description(database=database, table="frames") == "made by awswrangler"
    assert wr.catalog.get_columns_comments(database=database, table="frames")["id"] == "the number"
    partitions = wr.catalog.get_partitions(database=database, table="frames")
    assert sorted(partitions.values()) == [["x"], ["y"]]
    assert list(wr.catalog.get_parquet_partitions(database=database, table="frames", expression="day = 'y'").values()) == [["y"]]
    wr.s3.to_parquet(frame.assign(more=1.5), path, dataset=True, database=database, table="frames", partition_cols=["day"])
    assert wr.catalog.get_table_types(database=database, table="frames")["more"] == "double"
    assert wr.catalog.get_table_number_of_versions(database=database, table="frames") >= 1
    read = wr.athena.read_sql_query("SELECT day, count(*) AS n FROM frames GROUP BY day ORDER BY day", database, ctas_approach=False)
    assert read.values.tolist() == [["x", 4], ["y", 2]]
    assert wr.catalog.delete_table_if_exists(database=database, table="frames")
    assert not wr.catalog.delete_table_if_exists(database=database, table="frames")


def test_the_catalog(lake):
    assert lake.database in wr.catalog.databases(limit=1000)["Database"].tolist()
    tables = wr.catalog.tables(database=lake.database)
    assert {"ticks", "many", "types", "high"} <= set(tables["Table"])
    assert [table["Name"] for table in wr.catalog.get_tables(database=lake.database, name_contains="ick")] == ["ticks"]
    columns = wr.catalog.table(database=lake.database, table="ticks")
    assert columns["Column Name"].tolist() == ["symbol", "price", "volume", "note", "day"]
    made = name("wr").replace("-", "_")
    wr.catalog.create_database(made, exist_ok=False)
    with pytest.raises(wr.exceptions.AlreadyExists):
        wr.catalog.create_database(made, exist_ok=False)
    wr.catalog.delete_database(made)


def test_read_sql_query(lake):
    frame = wr.athena.read_sql_query("SELECT id, name FROM many ORDER BY id", lake.database, ctas_approach=False)
    assert frame["id"].tolist() == list(range(MANY)) and frame["id"].dtype == "Int32"
    assert frame.query_metadata["Status"]["State"] == "SUCCEEDED"
    typed = wr.athena.read_sql_query("SELECT b, i, d, ts, dt, n FROM types", lake.database, ctas_approach=False)
    assert str(typed["n"][0]) == "0.1" and str(typed["ts"][0]) == "2017-01-01 00:00:00"
    empty = wr.athena.read_sql_query("SELECT id FROM many WHERE id < 0", lake.database, ctas_approach=False)
    assert empty.empty
    chunks = wr.athena.read_sql_query("SELECT id FROM many", lake.database, ctas_approach=False, chunksize=1000)
    assert [len(chunk) for chunk in chunks] == [1000, 1000, MANY - 2000]
    named = wr.athena.read_sql_query(
        "SELECT count(*) AS n FROM ticks WHERE symbol = :symbol", lake.database, params={"symbol": "AAPL"}, ctas_approach=False
    )
    assert named["n"].tolist() == [3]


def test_read_sql_table(lake):
    frame = wr.athena.read_sql_table("ticks", lake.database, ctas_approach=False)
    assert len(frame) == 6 and frame["note"].isna().sum() in (0, 3)


@pytest.mark.parametrize("how", [{"ctas_approach": True}, {"ctas_approach": False, "unload_approach": True}])
def test_reads_that_write_are_refused_by_name(lake, how):
    more = {"s3_output": lake.output + name("unload") + "/"}
    with pytest.raises(Exception, match="is not supported"):
        wr.athena.read_sql_query("SELECT id FROM many", lake.database, **how, **more)


def test_statements(lake):
    query = wr.athena.start_query_execution("SELECT CAST(1 AS integer) AS one", database=lake.database, s3_output=lake.output)
    assert wr.athena.wait_query(query)["Status"]["State"] == "SUCCEEDED"
    assert query in wr.athena.list_query_executions()
    assert query in wr.athena.get_query_executions([query])["QueryExecutionId"].tolist()
    assert wr.athena.get_query_results(query).values.tolist() == [[1]]
    assert wr.athena.describe_table("ticks", lake.database)["Column Name"].tolist()[0].strip() == "symbol"
    assert "CREATE EXTERNAL TABLE" in wr.athena.show_create_table("ticks", lake.database)
    assert wr.athena.repair_table("ticks", lake.database) == "SUCCEEDED"
    assert len(wr.catalog.get_partitions(lake.database, "ticks")) == 3


def test_types_of_a_query(lake):
    query = wr.athena.start_query_execution("SELECT 1", database=lake.database, s3_output=lake.output)
    wr.athena.wait_query(query)
    assert wr.athena.get_query_columns_types(query) == {"_col0": "integer"}


def test_prepared_statements(lake):
    prepared = name("p").replace("-", "_")
    wr.athena.create_prepared_statement(f"SELECT count(*) AS n FROM {lake.database}.ticks WHERE symbol = ?", prepared)
    assert prepared in [statement["StatementName"] for statement in wr.athena.list_prepared_statements()]
    read = wr.athena.read_sql_query(f"EXECUTE \"{prepared}\" USING 'AAPL'", lake.database, ctas_approach=False)
    assert read["n"].tolist() == [3]
    wr.athena.delete_prepared_statement(prepared)


def test_the_results_bucket_is_made_where_none_is_named(lake):
    made = wr.athena.create_athena_bucket()
    assert made.startswith("s3://aws-athena-query-results-")
    assert made.split("/")[2] in [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
