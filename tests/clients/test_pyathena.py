"""PyAthena's cursors: plain, dictionaries, pandas, Arrow, polars, s3fs; threads and asyncio."""

import asyncio
import datetime
import decimal

import pyathena
import pytest
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor
from pyathena.cursor import DictCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.cursor import PolarsCursor
from pyathena.s3fs.cursor import S3FSCursor

from lake import MANY

NULLS = "SELECT symbol, volume, note FROM ticks WHERE day = '2024-05-01' ORDER BY symbol"
ROWS = [("AAPL", 0, 'a, "b"'), ("MSFT", None, "")]


def cursor(lake, kind=None, **arguments):
    connection = pyathena.connect(s3_staging_dir=lake.output, schema_name=lake.database, **arguments)
    return connection.cursor(kind) if kind else connection.cursor()


def test_all_types(lake):
    plain = cursor(lake).execute("SELECT * FROM types")
    assert plain.fetchall() == [
        (
            *(True, 127, 32767, 2147483647, 9223372036854775807, 0.5, 0.25, "a string", "varchar"),
            *(datetime.datetime(2017, 1, 1), datetime.date(2017, 1, 2), [1, 2], {"1": "2", "3": "4"}),
            *({"a": "1", "b": "2"}, decimal.Decimal("0.1")),
        )
    ]
    assert plain.description[0] == ("b", "boolean", None, None, 0, 0, "UNKNOWN")
    assert plain.output_location == f"{lake.output}{plain.query_id}.csv"
    assert plain.rowcount == -1 and plain.state == "SUCCEEDED" and plain.data_scanned_in_bytes > 0


def test_all_pages(lake):
    plain = cursor(lake).execute("SELECT id, name FROM many ORDER BY id")
    assert plain.fetchmany(2) == [(0, "n0"), (1, "n1")]
    assert plain.fetchall() == [(number, f"n{number}") for number in range(2, MANY)]


def test_null_and_empty_text(lake):
    assert cursor(lake).execute(NULLS).fetchall() == ROWS
    assert cursor(lake, S3FSCursor).execute(NULLS).fetchall() == ROWS
    as_dictionaries = cursor(lake, DictCursor).execute(NULLS).fetchall()
    assert [tuple(row.values()) for row in as_dictionaries] == ROWS


def test_parameters(lake):
    counted = "SELECT count(*) FROM ticks WHERE symbol = "
    assert cursor(lake).execute(counted + "%(s)s", {"s": "AAPL"}).fetchone() == (3,)
    assert cursor(lake).execute(counted + "?", ["'AAPL'"], paramstyle="qmark").fetchone() == (3,)
    odd = "`~!@#$%^&*()_+-={}[]|\\;:'\",./<>?\n\r\t 王"
    assert cursor(lake).execute("SELECT %(s)s, %(n)s", {"s": odd, "n": None}).fetchone() == (odd, None)


def test_the_cache_of_the_client(lake):
    plain = cursor(lake)
    query = "SELECT count(*) FROM many -- once"
    first = plain.execute(query).query_id
    assert plain.execute(query).query_id != first
    assert plain.execute(query, cache_size=10, cache_expiration_time=600).query_id != first
    assert plain.execute(query, result_reuse_enable=True, result_reuse_minutes=5).reused_previous_result


def test_statements_that_are_no_queries(lake):
    plain = cursor(lake)
    assert ("ticks",) in plain.execute("SHOW TABLES").fetchall()
    assert plain.execute("SHOW PARTITIONS ticks").fetchall() == [(f"day=2024-05-0{day}",) for day in (1, 2, 3)]
    described = plain.execute("DESCRIBE ticks").fetchall()
    assert described[0][0].split("\t")[0].strip() == "symbol"
    assert plain.execute("DROP TABLE IF EXISTS absent").fetchall() == []


def test_failures(lake):
    plain = cursor(lake)
    with pytest.raises(pyathena.OperationalError, match="TABLE_NOT_FOUND"):
        plain.execute("SELECT * FROM absent")
    with pytest.raises(pyathena.DatabaseError, match="mismatched input"):
        plain.execute("SELEC 1")
    with pytest.raises(pyathena.DatabaseError, match="is not supported"):
        plain.execute("CREATE TABLE made AS SELECT 1 AS one")


def test_the_catalog(lake):
    plain = cursor(lake)
    assert lake.database in [database.name for database in plain.list_databases("awsdatacatalog")]
    tables = plain.list_table_metadata("awsdatacatalog", lake.database)
    assert {table.name: table.table_type for table in tables}["high"] == "VIRTUAL_VIEW"
    table = plain.get_table_metadata("ticks")
    assert table.location == f"s3://{lake.bucket}/ticks" and table.comment == "prices"


def test_pandas(lake):
    pandas = cursor(lake, PandasCursor).execute("SELECT * FROM types")
    frame = pandas.as_pandas()
    assert (frame["i"][0], frame["ts"][0], frame["n"][0]) == (2147483647, datetime.datetime(2017, 1, 1), decimal.Decimal("0.1"))
    many = cursor(lake, PandasCursor).execute("SELECT id, name FROM many").as_pandas()
    assert (len(many), many["id"].sum(), many["name"].iloc[-1][0]) == (MANY, MANY * (MANY - 1) // 2, "n")
    shown = cursor(lake, PandasCursor).execute("SHOW TABLES").as_pandas()
    assert "ticks" in shown.iloc[:, 0].tolist()


def test_polars(lake):
    frame = cursor(lake, PolarsCursor).execute(NULLS).as_polars()
    assert frame.shape == (2, 3) and frame["volume"].to_list() == [0, None]
    assert cursor(lake, PolarsCursor).execute("SELECT * FROM types").as_polars()["i"].to_list() == [2147483647]


@pytest.mark.usefixtures("arrow_endpoint")
def test_arrow(lake):
    table = cursor(lake, ArrowCursor).execute("SELECT id, name FROM many ORDER BY id").as_arrow()
    assert table.num_rows == MANY and table["id"].to_pylist()[:2] == [0, 1]


def test_threads(lake):
    with cursor(lake, AsyncCursor) as threads:
        asked = [threads.execute(f"SELECT {number} AS n")[1] for number in range(8)]
        assert [future.result().fetchall() for future in asked] == [[(number,)] for number in range(8)]


def test_asyncio(lake):
    from pyathena.aio.cursor import AioCursor

    async def ask():
        connection = await pyathena.aio_connect(s3_staging_dir=lake.output, schema_name=lake.database)
        async with connection.cursor(AioCursor) as asyncio_cursor:
            await asyncio_cursor.execute("SELECT count(*) FROM many")
            return await asyncio_cursor.fetchall()

    assert asyncio.run(ask()) == [(MANY,)]


def test_cancel(lake, athena):
    with cursor(lake, AsyncCursor) as threads:
        query, future = threads.execute("SELECT count(*) FROM many a, many b, many c, many d WHERE a.id + b.id + c.id + d.id = 7")
        threads.cancel(query).result()
        assert future.result().state == "CANCELLED"
