"""Delta and Iceberg tables as other programs write them, read back through Athena's API at each step."""

import decimal
import os

import pyarrow
import pytest
from deltalake import DeltaTable, write_deltalake
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

from conftest import name


@pytest.fixture(scope="module")
def options():
    return {
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
        "AWS_REGION": os.environ["AWS_REGION"],
        "AWS_S3_ALLOW_UNSAFE_RENAME": "true",
        "conditional_put": "etag",
    }


def rows(statements, sql):
    """Without the header."""
    return statements.rows(sql)[1:]


def numbers(first, count):
    ids = list(range(first, first + count))
    return pyarrow.table({
        "id": pyarrow.array(ids, pyarrow.int64()),
        "part": [f"p{i % 3}" for i in ids],
        "Name": [f"n{i}" if i % 4 else None for i in ids],
        "amount": pyarrow.array([decimal.Decimal(i) / 4 for i in ids], pyarrow.decimal128(12, 2)),
    })


def test_delta_as_it_is_written(statements, database, bucket, options):
    """Each step is another version, and each version can be gone back to until its files are vacuumed."""
    at, table = f"s3://{bucket}/delta/t", f"{database}.delta_t"
    write_deltalake(at, numbers(0, 10), partition_by=["part"], storage_options=options)
    statements.succeed(f"CREATE EXTERNAL TABLE {table} LOCATION '{at}/' TBLPROPERTIES ('table_type'='DELTA')")
    assert [row[0].split("\t")[0].strip() for row in statements.rows(f"SHOW COLUMNS IN {table}")] == ["id", "part", "name", "amount"]
    query = f"SELECT count(*), sum(id), sum(amount), count(name), count(DISTINCT part) FROM {table}"
    assert rows(statements, query) == [["10", "45", "11.25", "7", "3"]]
    written = DeltaTable(at, storage_options=options)

    write_deltalake(at, numbers(10, 5), mode="append", storage_options=options)
    assert rows(statements, query) == [["15", "105", "26.25", "11", "3"]]
    assert rows(statements, f"SELECT id, name FROM {table} WHERE part = 'p1' AND id > 5 ORDER BY id") == [
        ["7", "n7"], ["10", "n10"], ["13", "n13"]
    ]

    written.update_incremental()
    written.delete("id >= 12")
    assert rows(statements, query) == [["12", "66", "16.50", "9", "3"]]

    merged = written.merge(
        numbers(11, 2), predicate="t.id = s.id", source_alias="s", target_alias="t"
    ).when_matched_update({"Name": "'merged'"}).when_not_matched_insert_all()
    merged.execute()
    assert rows(statements, f"SELECT id, name FROM {table} WHERE id > 10 ORDER BY id") == [["11", "merged"], ["12", None]]

    written.optimize.compact()
    written.create_checkpoint()
    assert rows(statements, query) == [["13", "78", "19.50", "9", "3"]]
    assert rows(statements, f"SELECT count(*) FROM {table} FOR VERSION AS OF 1") == [["15"]]
    assert rows(statements, f"SELECT count(*) FROM {table} AS a JOIN {table} FOR VERSION AS OF 0 AS b ON a.id = b.id") == [["10"]]
    now = "FOR TIMESTAMP AS OF current_timestamp"
    assert rows(statements, f"SELECT count(*) FROM {table} {now}") == [["13"]]

    written.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    assert rows(statements, query) == [["13", "78", "19.50", "9", "3"]]
    gone = statements.execution(f"SELECT sum(id) FROM {table} FOR VERSION AS OF 1")["Status"]
    assert gone["State"] == "FAILED" and "log says that this file is part of it" in gone["StateChangeReason"]
    none = statements.execution(f"SELECT * FROM {table} FOR VERSION AS OF 99")["Status"]
    assert "delta" in none["StateChangeReason"] and "99" in none["StateChangeReason"]

    write_deltalake(at, numbers(100, 2), mode="overwrite", storage_options=options)
    assert rows(statements, query) == [["2", "201", "50.25", "1", "2"]]


def test_iceberg_as_it_is_written(catalog, statements):
    namespace = name("fmt").replace("-", "_")
    catalog.create_namespace(namespace)
    schema = Schema(NestedField(1, "id", LongType(), required=False), NestedField(2, "s", StringType(), required=False))
    table = catalog.create_table(f"{namespace}.t", schema)
    query = f"SELECT count(*), sum(id), count(s) FROM {namespace}.t"
    assert rows(statements, query) == [["0", None, "0"]]

    batch = lambda ids: pyarrow.table({"id": pyarrow.array(ids, pyarrow.int64()), "s": [f"s{i}" if i % 2 else None for i in ids]})
    table.append(batch([1, 2, 3]))
    first = table.current_snapshot().snapshot_id
    assert rows(statements, query) == [["3", "6", "2"]]
    table.append(batch([4, 5]))
    assert rows(statements, query) == [["5", "15", "3"]]
    table.delete("id = 3")
    assert rows(statements, query) == [["4", "12", "2"]]

    with table.update_schema() as update:
        update.rename_column("s", "text")
    with table.update_schema() as update:
        update.add_column("more", LongType())
        update.add_column("s", StringType())
    table.append(pyarrow.table({
        "id": pyarrow.array([6], pyarrow.int64()), "text": ["new"], "more": pyarrow.array([7], pyarrow.int64()), "s": ["other"]
    }))
    assert rows(statements, f"SELECT id, text, more, s FROM {namespace}.t ORDER BY id") == [
        ["1", "s1", None, None], ["2", None, None, None], ["4", None, None, None], ["5", "s5", None, None], ["6", "new", "7", "other"]
    ]
    assert rows(statements, f"SELECT * FROM {namespace}.t FOR VERSION AS OF {first} ORDER BY id") == [
        ["1", "s1"], ["2", None], ["3", "s3"]
    ]
    table.overwrite(pyarrow.table({
        "id": pyarrow.array([9], pyarrow.int64()), "text": ["last"], "more": pyarrow.array([None], pyarrow.int64()),
        "s": pyarrow.array([None], pyarrow.string()),
    }))
    assert rows(statements, f"SELECT id, text FROM {namespace}.t") == [["9", "last"]]

    told = lambda about, columns="count(*)": rows(statements, f'SELECT {columns} FROM {namespace}."t${about}"')
    table.refresh()
    assert told("snapshots") == [[str(len(table.snapshots()))]]
    assert told("history") == [[str(len(table.history()))]]
    assert told("files", "sum(record_count)") == [["1"]]
    assert told("partitions", "record_count, file_count, data.id.min") == [["1", "1", "9"]]
    assert int(told("manifests")[0][0]) == len(table.current_snapshot().manifests(table.io))
    operations = {operation for (operation,) in told("snapshots", "operation")}
    assert {"append", "delete"} <= operations or {"append", "overwrite"} <= operations
