"""Athena's query operations through boto3: what a result looks like, pages, tokens, failures by name."""

import uuid

import pytest
from botocore.exceptions import ClientError

from lake import MANY


def code(error):
    return error.value.response["Error"]["Code"]


def test_an_execution_tells_all_that_clients_read(statements, lake):
    execution = statements.succeed(
        "SELECT count(*) AS n FROM ticks; ",
        QueryExecutionContext={"Database": lake.database, "Catalog": "AwsDataCatalog"},
        ResultConfiguration={"OutputLocation": lake.output},
    )
    query = execution["QueryExecutionId"]
    assert uuid.UUID(query).version == 4
    assert execution["Query"] == "SELECT count(*) AS n FROM ticks"
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "SELECT")
    assert execution["ResultConfiguration"]["OutputLocation"] == f"{lake.output}{query}.csv"
    assert execution["QueryExecutionContext"] == {"Database": lake.database, "Catalog": "awsdatacatalog"}
    assert execution["WorkGroup"] == "primary"
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"]
    figures = execution["Statistics"]
    for figure in ("DataScannedInBytes", "EngineExecutionTimeInMillis", "TotalExecutionTimeInMillis", "QueryQueueTimeInMillis"):
        assert figures[figure] > 0, figure


def test_columns_are_described(athena, statements, lake):
    sql = "SELECT b, ti, si, i, l, f, d, s, v, ts, dt, a, m, r, n FROM types"
    query = statements.succeed(sql, QueryExecutionContext={"Database": lake.database})["QueryExecutionId"]
    results = athena.get_query_results(QueryExecutionId=query)
    columns = results["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    described = [(column["Name"], column["Type"], column["Precision"], column["Scale"]) for column in columns]
    assert described == [
        ("b", "boolean", 0, 0),
        ("ti", "tinyint", 3, 0),
        ("si", "smallint", 5, 0),
        ("i", "integer", 10, 0),
        ("l", "bigint", 19, 0),
        ("f", "float", 17, 0),
        ("d", "double", 17, 0),
        ("s", "varchar", 2147483647, 0),
        ("v", "varchar", 10, 0),
        ("ts", "timestamp", 3, 0),
        ("dt", "date", 0, 0),
        ("a", "array", 0, 0),
        ("m", "map", 0, 0),
        ("r", "row", 0, 0),
        ("n", "decimal", 10, 1),
    ]
    assert {column["Nullable"] for column in columns} == {"UNKNOWN"}
    assert [column["CaseSensitive"] for column in columns] == [column["Type"] == "varchar" for column in columns]
    assert [cell["VarCharValue"] for cell in results["ResultSet"]["Rows"][1]["Data"]] == [
        *("true", "127", "32767", "2147483647", "9223372036854775807", "0.5", "0.25", "a string", "varchar"),
        *("2017-01-01 00:00:00.000", "2017-01-02", "[1, 2]", "{1=2, 3=4}", "{a=1, b=2}", "0.1"),
    ]
    assert results["UpdateCount"] == 0


def test_null_is_no_value_and_empty_is_one(s3, statements, lake):
    sql = "SELECT symbol, volume, note FROM ticks WHERE day = '2024-05-01' ORDER BY symbol"
    where = {"QueryExecutionContext": {"Database": lake.database}, "ResultConfiguration": {"OutputLocation": lake.output}}
    assert statements.rows(sql, **where)[1:] == [["AAPL", "0", 'a, "b"'], ["MSFT", None, ""]]
    query = statements.succeed(sql, **where)["QueryExecutionId"]
    csv = s3.get_object(Bucket=lake.bucket, Key=f"results/{query}.csv")["Body"].read().decode()
    assert csv == '"symbol","volume","note"\n"AAPL","0","a, ""b"""\n"MSFT",,""\n'
    s3.head_object(Bucket=lake.bucket, Key=f"results/{query}.csv.metadata")


def test_pages_hold_a_thousand_rows_with_the_header(athena, statements, lake):
    query = statements.succeed("SELECT id FROM many ORDER BY id", QueryExecutionContext={"Database": lake.database})
    query = query["QueryExecutionId"]
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=query))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, MANY + 1 - 2000]
    assert all(page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Name"] == "id" for page in pages)
    cells = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert cells == ["id", *map(str, range(MANY))]
    small = athena.get_query_results(QueryExecutionId=query, MaxResults=3)
    assert [row["Data"][0]["VarCharValue"] for row in small["ResultSet"]["Rows"]] == ["id", "0", "1"]
    again = athena.get_query_results(QueryExecutionId=query, MaxResults=2, NextToken=small["NextToken"])
    assert [row["Data"][0]["VarCharValue"] for row in again["ResultSet"]["Rows"]] == ["2", "3"]


@pytest.mark.parametrize(
    ("sql", "kind", "rows"),
    [
        ("SHOW TABLES IN {db} 'm*'", ("UTILITY", "SHOW_TABLES"), [["many"]]),
        ("SHOW DATABASES LIKE '{db}'", ("UTILITY", "SHOW_DATABASES"), [["{db}"]]),
        ("SHOW PARTITIONS {db}.ticks", ("UTILITY", "SHOW_PARTITIONS"), [[f"day=2024-05-0{day}"] for day in (1, 2, 3)]),
        ("CREATE DATABASE IF NOT EXISTS {db}", ("DDL", "CREATE_DATABASE"), []),
        ("DROP TABLE IF EXISTS {db}.absent", ("DDL", "DROP_TABLE"), []),
        ("CREATE OR REPLACE VIEW {db}.v1 AS SELECT 1 AS one", ("DDL", "CREATE_VIEW"), []),
    ],
)
def test_statements_that_are_no_queries(statements, lake, sql, kind, rows):
    sql = sql.format(db=lake.database)
    execution = statements.succeed(sql)
    assert (execution["StatementType"], execution["SubstatementType"]) == kind
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(f"{execution['QueryExecutionId']}.txt")
    got = sorted(statements.rows(sql))
    assert got == [[cell.format(db=lake.database) for cell in row] for row in rows]


def test_describe_is_one_text_a_row_and_the_other_cells_are_empty(statements, lake):
    rows = statements.rows(f"DESCRIBE {lake.database}.ticks")
    assert all(row[1:] == [None, None] for row in rows)
    cells = [[field.strip() for field in row[0].split("\t")] for row in rows]
    assert cells[0] == ["symbol", "string", "who"]
    assert ["# Partition Information", "", ""] in cells
    assert cells[-1] == ["day", "string", ""]


def test_information_schema_is_filtered(statements, lake):
    where = f"table_schema = '{lake.database}' AND table_name IN ('ticks', 'absent')"
    assert statements.rows(f"SELECT table_name FROM information_schema.tables WHERE {where}") == [["table_name"], ["ticks"]]
    where = f"table_schema = lower('{lake.database}') AND table_name = 'ticks' AND column_name LIKE 's%'"
    assert statements.rows(f"SELECT column_name FROM information_schema.columns WHERE {where}")[1:] == [["symbol"]]


def test_a_token_asked_twice_is_one_query(athena):
    token = uuid.uuid4().hex * 2
    first = athena.start_query_execution(QueryString="SELECT 1", ClientRequestToken=token)
    second = athena.start_query_execution(QueryString="SELECT 1", ClientRequestToken=token)
    assert first["QueryExecutionId"] == second["QueryExecutionId"]
    with pytest.raises(athena.exceptions.InvalidRequestException, match="Idempotent parameters do not match"):
        athena.start_query_execution(QueryString="SELECT 2", ClientRequestToken=token)


def test_parameters_are_bound(statements, lake):
    where = {"QueryExecutionContext": {"Database": lake.database}}
    sql = "SELECT count(*) FROM ticks WHERE symbol = ? AND price < ?"
    assert statements.rows(sql, ExecutionParameters=["'AAPL'", "102"], **where)[1] == ["2"]
    assert statements.rows(sql, ExecutionParameters=["AAPL", "102"], **where)[1] == ["2"]


def test_a_result_is_used_again(statements):
    sql = f"SELECT '{uuid.uuid4()}' AS token"
    reuse = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}}
    first = statements.succeed(sql, **reuse)
    second = statements.succeed(sql, **reuse)
    reused = [execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] for execution in (first, second)]
    assert reused == [False, True]
    assert statements.rows(sql, **reuse)[0] == ["token"]


def test_history(athena, statements):
    ids = [statements.succeed(f"SELECT {number}")["QueryExecutionId"] for number in range(3)]
    listed = athena.list_query_executions(MaxResults=2)
    assert listed["QueryExecutionIds"] == ids[:0:-1]
    more = athena.list_query_executions(MaxResults=1, NextToken=listed["NextToken"])
    assert more["QueryExecutionIds"] == ids[:1]
    absent = str(uuid.uuid4())
    got = athena.batch_get_query_execution(QueryExecutionIds=[*ids, absent])
    assert {execution["QueryExecutionId"] for execution in got["QueryExecutions"]} == set(ids)
    assert [missing["QueryExecutionId"] for missing in got["UnprocessedQueryExecutionIds"]] == [absent]
    figures = athena.get_query_runtime_statistics(QueryExecutionId=ids[0])["QueryRuntimeStatistics"]
    assert figures["Timeline"]["TotalExecutionTimeInMillis"] > 0


def test_a_running_query_is_stopped(athena, statements, lake):
    where = {"QueryExecutionContext": {"Database": lake.database}}
    long = "SELECT count(*) FROM many a CROSS JOIN many b CROSS JOIN many c CROSS JOIN many d WHERE a.id + b.id + c.id + d.id = 7"
    query = athena.start_query_execution(QueryString=long, **where)["QueryExecutionId"]
    with pytest.raises(athena.exceptions.InvalidRequestException, match="has not yet finished"):
        athena.get_query_results(QueryExecutionId=query)
    athena.stop_query_execution(QueryExecutionId=query)
    execution = statements.end(query)
    assert execution["Status"]["State"] == "CANCELLED"
    with pytest.raises(athena.exceptions.InvalidRequestException, match="Could not find results"):
        athena.get_query_results(QueryExecutionId=query)
    athena.stop_query_execution(QueryExecutionId=query)


@pytest.mark.parametrize(
    ("arguments", "message", "reason"),
    [
        ({"QueryString": "SELEC 1"}, "mismatched input 'SELEC'. Expecting: ", "MALFORMED_QUERY"),
        ({"QueryString": "SELECT 1; SELECT 2"}, "Only one sql statement is allowed", "INVALID_INPUT"),
        ({"QueryString": ";"}, "Empty sql statement", "INVALID_INPUT"),
        ({"QueryString": "SELECT 1", "WorkGroup": "absent"}, "WorkGroup is not found", "INVALID_INPUT"),
        ({"QueryString": "SELECT 1", "QueryExecutionContext": {"Catalog": "absent"}}, "does not exist", "DATACATALOG_NOT_FOUND"),
        (
            {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "not-a-location"}},
            "outputLocation is not a valid S3 path",
            "INVALID_INPUT",
        ),
    ],
)
def test_what_is_refused_at_once(athena, arguments, message, reason):
    with pytest.raises(ClientError) as error:
        athena.start_query_execution(**arguments)
    assert code(error) == "InvalidRequestException"
    assert message in str(error.value)
    assert error.value.response["AthenaErrorCode"] == reason
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("sql", "reason", "kind"),
    [
        ("SELECT * FROM absent_table", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{db}.absent_table' does not exist", 1110),
        ("SELECT * FROM absent_db.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'absent_db' does not exist", 1301),
        ("SELECT absent_column FROM ticks", "COLUMN_NOT_FOUND: line 1:8: Column 'absent_column' cannot be resolved", 1006),
        ("SELECT 1 / (i - i) FROM types", "DIVISION_BY_ZERO: Division by zero", None),
    ],
)
def test_what_fails_when_it_runs(athena, statements, lake, sql, reason, kind):
    execution = statements.execution(sql, QueryExecutionContext={"Database": lake.database})
    status = execution["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith(reason.format(db=lake.database)), status
    assert status["AthenaError"]["ErrorCategory"] == 2
    assert kind in (None, status["AthenaError"]["ErrorType"])
    with pytest.raises(athena.exceptions.InvalidRequestException, match="Final query state: FAILED"):
        athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])


def test_an_unknown_query(athena):
    absent = str(uuid.uuid4())
    for ask in (athena.get_query_execution, athena.get_query_results, athena.stop_query_execution):
        with pytest.raises(athena.exceptions.InvalidRequestException, match=absent):
            ask(QueryExecutionId=absent)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE {db}.made AS SELECT 1 AS one",
        "INSERT INTO {db}.ticks SELECT * FROM {db}.ticks",
        "UNLOAD (SELECT 1 AS one) TO '{out}' WITH (format = 'PARQUET')",
    ],
)
def test_writes_are_refused_by_name(athena, statements, lake, sql):
    sql = sql.format(db=lake.database, out=lake.output)
    try:
        status = statements.execution(sql)["Status"]
    except athena.exceptions.InvalidRequestException as refused:
        assert "is not supported" in str(refused)
    else:
        assert status["State"] == "FAILED" and "NOT_SUPPORTED" in status["StateChangeReason"], status
