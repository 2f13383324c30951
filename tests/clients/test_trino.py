"""Trino's protocol with the client that Trino's own makers publish: DB-API and SQLAlchemy. What trino-python-client's integration tests
try of a server is tried here, over tables of this server in place of their catalogs `tpch` and `memory`."""

import math
import os
import re
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from urllib.parse import quote_plus, urlsplit
from zoneinfo import ZoneInfo

import pandas
import pytest
import requests
import sqlalchemy
import trino
from trino.auth import BasicAuthentication
from trino.exceptions import NotSupportedError, TrinoDataError, TrinoQueryError, TrinoUserError
from trino.transaction import IsolationLevel

from lake import DAYS, MANY

SERVER = urlsplit(os.environ["AWS_ENDPOINT_URL"])
ME = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
LIMITED = (os.environ.get("LIMITED_KEY_ID", ""), os.environ.get("LIMITED_SECRET", ""))


def connect(user=ME, **arguments):
    """A connection as this key's holder. The password may travel openly, since it does not leave this machine."""
    given = {"catalog": "awsdatacatalog", "timezone": "UTC", "max_attempts": 1, **arguments}
    return trino.dbapi.connect(
        host=SERVER.hostname,
        port=SERVER.port,
        http_scheme=SERVER.scheme,
        user=user[0],
        auth=BasicAuthentication(*user),
        allow_insecure_auth=True,
        **given,
    )


@pytest.fixture(params=[None, "json+zstd", "json+lz4", "json"])
def connection(request):
    """By each of the encodings that a client may offer; the server answers plainly to all of them."""
    return connect(encoding=request.param)


@pytest.fixture(params=[True, False, None])
def cursor(request):
    """With statements that are prepared, with EXECUTE IMMEDIATE, and with whatever the client finds out to work."""
    trino.dbapi.must_use_legacy_prepared_statements = trino.dbapi.TimeBoundLRUCache(1024, 3600)
    return connect(legacy_prepared_statements=request.param).cursor()


def one(cursor, sql, *parameters):
    """The one value that a query answers."""
    (row,) = cursor.execute(sql, parameters or None).fetchall()
    return row[0]


# Queries


def test_select(connection):
    cursor = connection.cursor()
    assert cursor.info_uri is None
    cursor.execute("SELECT * FROM system.runtime.nodes")
    assert cursor.query_id in cursor.info_uri
    types = {column[0]: column[1] for column in cursor.description}
    assert list(types) == ["node_id", "http_uri", "node_version", "coordinator", "state"]
    assert types["coordinator"] == "boolean" and types["state"] == "varchar"
    (row,) = cursor.fetchall()
    assert row[2] is not None and row[3] is True
    assert cursor.query == "SELECT * FROM system.runtime.nodes" and cursor.stats["state"] == "FINISHED"
    assert cursor.execute("SELECT * FROM system.runtime.nodes WHERE false").fetchall() == []
    assert cursor.execute("SELECT 1").fetchone()[0] == 1
    assert cursor.rowcount == -1


def test_pages(connection, lake):
    cursor = connection.cursor()
    told = []
    cursor = connection.cursor(stats_callback=told.append)
    cursor.execute(f"SELECT a.id, a.name || b.name FROM {lake.database}.many a, {lake.database}.many b WHERE b.id < 200")
    for _ in range(100):
        cursor.fetchone()
    assert len(cursor.fetchmany(400)) == 400
    assert len(cursor.fetchall()) == MANY * 200 - 500
    assert len(told) > 2 and told[-1]["state"] == "FINISHED"
    assert all(stats["queryId"] == cursor.query_id for stats in told)


def test_cancel(connection, lake):
    cursor = connection.cursor()
    cursor.execute(f"SELECT a.id FROM {lake.database}.many a, {lake.database}.many b")
    cursor.fetchone()
    cursor.cancel()
    connection.cursor().cancel()
    cursor = connection.cursor()
    cursor.execute(f"SELECT * FROM {lake.database}.many")
    cursor.fetchone()
    cursor.close()


def test_errors(connection):
    cursor = connection.cursor()
    for sql, name, place in [
        ("SELECT * FROM awsdatacatalog.schema.do_not_exist", "TABLE_NOT_FOUND|SCHEMA_NOT_FOUND", (1, 15)),
        ("SELECT * FRMO foo", "SYNTAX_ERROR", (1, 10)),
        ("SELECT 1/0", "DIVISION_BY_ZERO", None),
        ("SELECT absent FROM system.runtime.nodes", "COLUMN_NOT_FOUND", (1, 8)),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT", None),
    ]:
        with pytest.raises(TrinoUserError) as caught:
            cursor.execute(sql).fetchall()
        assert re.fullmatch(name, caught.value.error_name), caught.value
        if place:
            assert caught.value.error_location == place, caught.value
    with pytest.raises(TrinoQueryError):
        cursor.execute("SELECT * FROM catalog.schema.do_not_exist").fetchall()


# Values: those of trino-python-client's tests of types

VALUES = [
    ("true", True, "boolean"),
    ("TINYINT '-128'", -128, "tinyint"),
    ("SMALLINT '32767'", 32767, "smallint"),
    ("INTEGER '-2147483648'", -2147483648, "integer"),
    ("9223372036854775807", 9223372036854775807, "bigint"),
    ("REAL '1.5'", 1.5, "real"),
    ("DOUBLE '1e300'", 1e300, "double"),
    ("infinity()", math.inf, "double"),
    ("-infinity()", -math.inf, "double"),
    ("1.2", Decimal("1.2"), "decimal(2, 1)"),
    ("DECIMAL '-99999999999999999999999999999999999999'", Decimal("-99999999999999999999999999999999999999"), "decimal(38, 0)"),
    ("CAST(NULL AS decimal)", None, "decimal(38, 0)"),
    ("CAST('a''b\"c\\é' AS varchar)", "a'b\"c\\é", "varchar"),
    ("CHAR 'trino'", "trino", "char(5)"),
    ("CAST('ab' AS char(4))", "ab  ", "char(4)"),
    ("X'0041ff'", b"\x00A\xff", "varbinary"),
    ("JSON '{\"a\": 1}'", '{"a":1}', "json"),
    ("DATE '2001-08-22'", date(2001, 8, 22), "date"),
    ("TIME '01:02:03.456'", time(1, 2, 3, 456000), "time(3)"),
    ("TIME '01:02:03.456 -08:00'", time(1, 2, 3, 456000, tzinfo=timezone(-timedelta(hours=8))), "time(3) with time zone"),
    ("TIMESTAMP '2001-08-22 03:04:05.321000'", datetime(2001, 8, 22, 3, 4, 5, 321000), "timestamp(6)"),
    ("TIMESTAMP '2001-08-22 03:04:05'", datetime(2001, 8, 22, 3, 4, 5), "timestamp(0)"),
    (
        "TIMESTAMP '2001-08-22 03:04:05.321 -08:00'",
        datetime(2001, 8, 22, 3, 4, 5, 321000, tzinfo=timezone(-timedelta(hours=8))),
        "timestamp(3) with time zone",
    ),
    (
        "TIMESTAMP '2001-08-22 03:04:05.321 America/Los_Angeles'",
        datetime(2001, 8, 22, 3, 4, 5, 321000, tzinfo=ZoneInfo("America/Los_Angeles")),
        "timestamp(3) with time zone",
    ),
    ("CAST(NULL AS timestamp with time zone)", None, "timestamp(3) with time zone"),
    ("UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'", uuid.UUID("12151fd2-7586-11e9-8f9e-2a86e4085a59"), "uuid"),
    ("IPADDRESS '2001:db8::1'", "2001:db8::1", "ipaddress"),
    ("ARRAY[1, NULL, 3]", [1, None, 3], "array(integer)"),
    ("ARRAY[DATE '2020-01-01']", [date(2020, 1, 1)], "array(date)"),
    ("MAP(ARRAY['a', 'b'], ARRAY[1.5, NULL])", {"a": Decimal("1.5"), "b": None}, None),
    ("MAP(ARRAY[1, 2], ARRAY[true, false])", {1: True, 2: False}, "map(integer, boolean)"),
    ("MAP(ARRAY[X'41'], ARRAY[DATE '2020-01-01'])", {b"A": date(2020, 1, 1)}, "map(varbinary, date)"),
    ("ROW(1, 'x', NULL)", (1, "x", None), None),
    ("NULL", None, "unknown"),
]


@pytest.mark.parametrize(("sql", "value", "type_name"), VALUES, ids=[sql for sql, *_ in VALUES])
def test_values(sql, value, type_name):
    cursor = connect().cursor()
    got = one(cursor, f"SELECT {sql}")
    assert got == value and type(got) is type(value) or isinstance(got, tuple) and got == value
    if type_name:
        assert cursor.description[0][1] == type_name


def test_not_a_number():
    assert math.isnan(one(connect().cursor(), "SELECT nan()"))


def test_sizes_in_descriptions():
    cursor = connect().cursor()
    cursor.execute("SELECT DECIMAL '1112.142857', TIMESTAMP '2020-01-01 00:00:00.123', CHAR 'abc', 1")
    assert [tuple(column)[3:6] for column in cursor.description] == [
        (None, 10, 6),
        (None, 3, None),
        (3, None, None),
        (None, None, None),
    ]


def test_rows_have_names():
    cursor = connect().cursor()
    row = one(cursor, "SELECT CAST(ROW(DECIMAL '2.3', ROW(1, 'test')) AS ROW(x DECIMAL(3,2), y ROW(x BIGINT, y VARCHAR)))")
    assert (row.x, row.y.x, row.y.y) == (Decimal("2.3"), 1, "test")
    assert row.__annotations__["names"] == ["x", "y"] and row.__annotations__["types"] == ["decimal", "row"]
    twice = one(cursor, "SELECT CAST(ROW(1, 2e0) AS ROW(x BIGINT, x DOUBLE))")
    assert twice == (1, 2.0)


def test_values_that_python_has_not():
    cursor = connect().cursor()
    for text in ("-0001-01-01", "10000-01-01"):
        with pytest.raises(TrinoDataError):
            cursor.execute(f"SELECT DATE '{text}'").fetchall()
    plain = connect(legacy_primitive_types=True).cursor()
    sql = "SELECT DECIMAL '0.142857', TIMESTAMP '2019-01-01 00:00:00.000+01:00', TIMESTAMP '2019-01-01 00:00:00.000 UTC', DATE '-2001-08-22'"
    assert plain.execute(sql).fetchall() == [
        ["0.142857", "2019-01-01 00:00:00.000 +01:00", "2019-01-01 00:00:00.000 UTC", "-2001-08-22"]
    ]


# Parameters

PARAMETERS = [
    None,
    True,
    3,
    9223372036854775807,
    1.1,
    math.inf,
    "six'",
    "line\nfeed",
    Decimal("1112.142857"),
    Decimal("0E-10"),
    Decimal("0.99999999999999999999999999999999999999"),
    date(1, 1, 1),
    date(1752, 9, 4),
    time(12, 3, 44, 333000),
    time(16, 43, 22, 320000, tzinfo=timezone(-timedelta(hours=8))),
    datetime(2020, 1, 1, 16, 43, 22, 320000),
    datetime(2020, 1, 1, 16, 43, 22, 320000, tzinfo=ZoneInfo("UTC")),
    datetime(2020, 1, 1, 16, 43, 22, 320000, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
    datetime(2020, 1, 1, 16, 43, 22, 320000, tzinfo=ZoneInfo("America/Los_Angeles")),
    bytearray(b"\x00\x00a"),
    [1, 2, 3],
    [[1, 2, 3], [4, 5, 6]],
    [None, None],
    [datetime(2020, 1, 1), datetime(2020, 1, 2)],
    {"foo": "bar"},
    (1, Decimal("2.0"), datetime(2020, 1, 1)),
    ((1, "test", Decimal("3.1")), Decimal("2.0")),
    uuid.UUID("12151fd2-7586-11e9-8f9e-2a86e4085a59"),
]


@pytest.mark.parametrize("value", PARAMETERS, ids=repr)
def test_parameters_come_back(cursor, value):
    assert one(cursor, "SELECT ?", value) == value


def test_parameters_of_a_query(cursor, lake):
    rows = cursor.execute(
        "SELECT * FROM (VALUES (1, 'one'), (2, 'two'), (3, 'three')) x (id, name) WHERE id >= ? AND name <> ?", (2, "x")
    ).fetchall()
    assert sorted(rows) == [[2, "two"], [3, "three"]]
    assert one(cursor, f"SELECT count(*) FROM {lake.database}.ticks WHERE day = ? AND symbol IN (?, ?)", DAYS[0], "AAPL", "x") == 1
    with pytest.raises(TrinoUserError, match="Incorrect number of parameters: expected 2 but found 1"):
        cursor.execute("SELECT ?, ?", (1,)).fetchall()
    with pytest.raises(NotSupportedError, match="Query must return update type"):
        cursor.executemany("SELECT ?, ?", [(1, "value1"), (2, "value2")])


def test_dates_that_are_not_there_or_twice(cursor):
    with pytest.raises(TrinoUserError):
        one(cursor, "SELECT ?", datetime(2021, 3, 28, 2, 30, 0, tzinfo=ZoneInfo("Europe/Brussels")))
    for fold in (0, 1):
        twice = datetime(2002, 10, 27, 1, 30, 0, tzinfo=ZoneInfo("US/Eastern"), fold=fold)
        assert one(cursor, "SELECT ?", twice) == twice.replace(fold=0)


# The session


def test_prepared_statements(lake):
    cursor = connect(legacy_prepared_statements=True, schema=lake.database).cursor()
    prepared = cursor._request._client_session.prepared_statements
    assert one(cursor, "SELECT count(1) FROM ticks WHERE day = ?", DAYS[0]) == 2 and prepared == {}
    cursor.execute("PREPARE mine FROM SELECT count(1) FROM ticks WHERE day = ?").fetchall()
    assert "mine" in cursor._request._client_session.prepared_statements
    assert one(cursor, f"EXECUTE mine USING '{DAYS[0]}'") == 2
    assert cursor.execute("DESCRIBE INPUT mine").fetchall() == [[0, "unknown"]]
    assert cursor.execute("DESCRIBE OUTPUT mine").fetchall()[0][0] == "_col0"
    cursor.execute("DEALLOCATE PREPARE mine").fetchall()
    assert cursor._request._client_session.prepared_statements == {}


def test_describe(lake):
    told = connect(schema=lake.database).cursor().describe("SELECT 1, DECIMAL '1.0' AS a")
    assert [(column.name, column.type, column.type_size, column.aliased) for column in told] == [
        ("_col0", "integer", 4, False),
        ("a", "decimal(2,1)", 8, True),
    ]


def test_session_properties_and_time_zone():
    connection = connect(session_properties={"query_max_run_time": "10m"}, timezone="Europe/Brussels")
    cursor = connection.cursor()
    shown = {name: value for name, value, *_ in cursor.execute("SHOW SESSION").fetchall()}
    assert shown["query_max_run_time"] == "600000ms" and shown["decimal_literals"] == "true"
    assert one(cursor, "SELECT current_timezone()") == "Europe/Brussels"
    cursor.execute("SET SESSION time_zone_id = 'Asia/Tokyo'").fetchall()
    assert one(cursor, "SELECT current_timezone()") == "Asia/Tokyo"
    cursor.execute("RESET SESSION time_zone_id").fetchall()
    assert one(cursor, "SELECT current_timezone()") == "Europe/Brussels"
    cursor.execute("SET TIME ZONE '+01:00'").fetchall()
    assert one(cursor, "SELECT current_timezone()") == "+01:00"
    with pytest.raises(TrinoUserError, match="does not exist"):
        connect(session_properties={"nope": "1"}).cursor().execute("SELECT 1")


def test_use(lake):
    cursor = connect(catalog="system", schema="runtime").cursor()
    assert one(cursor, "SELECT count(*) FROM nodes") == 1
    cursor.execute(f"USE awsdatacatalog.{lake.database}").fetchall()
    assert one(cursor, "SELECT count(*) FROM ticks") == 6
    assert (cursor.connection._client_session.catalog, cursor.connection._client_session.schema) == ("awsdatacatalog", lake.database)
    cursor.execute("USE default").fetchall()
    with pytest.raises(TrinoUserError):
        cursor.execute("SELECT count(*) FROM ticks").fetchall()
    with pytest.raises(TrinoUserError):
        cursor.execute("USE absent").fetchall()


def test_transactions(lake):
    with connect(isolation_level=IsolationLevel.READ_UNCOMMITTED, schema=lake.database) as connection:
        for end in (connection.commit, connection.rollback, connection.commit):
            assert len(connection.cursor().execute("SELECT * FROM many LIMIT 1000").fetchall()) == 1000
            end()


def test_client_tags_and_queries(lake):
    connection = connect(client_tags=["foo %20", "bar=test"], source="a test")
    cursor = connection.cursor()
    cursor.execute("SELECT 'find me'").fetchall()
    about = requests.get(f"{SERVER.geturl()}/v1/query/{cursor.query_id}", auth=ME, headers={"X-Trino-User": ME[0]}, timeout=60).json()
    assert about["session"]["clientTags"] == ["foo %20", "bar=test"]
    sql = "SELECT state, source, query, \"user\", error_code FROM system.runtime.queries WHERE query_id = ?"
    (row,) = connection.cursor().execute(sql, (cursor.query_id,)).fetchall()
    assert row == ["FINISHED", "a test", "SELECT 'find me'", ME[0], None]


def test_kill_query(lake):
    connection = connect()
    running = requests.post(
        f"{SERVER.geturl()}/v1/statement",
        data=f"SELECT count(*) FROM {lake.database}.many a, {lake.database}.many b, {lake.database}.many c WHERE a.id + b.id + c.id < 0",
        auth=ME,
        headers={"X-Trino-User": ME[0]},
        timeout=60,
    ).json()
    cursor = connection.cursor()
    cursor.execute(f"CALL system.runtime.kill_query(query_id => '{running['id']}',message => 'Query cancelled by Superset')").fetchall()
    while (answer := requests.get(running["nextUri"], auth=ME, timeout=60).json()).get("nextUri"):
        running = answer
    assert answer["error"]["errorName"] == "USER_CANCELED"


# Rights


def test_passwords(lake):
    for user in [(ME[0], "wrong"), ("AKIAUNKNOWN", ME[1])]:
        with pytest.raises(trino.exceptions.HttpError, match="401"):
            connect(user=user).cursor().execute("SELECT 1")
    answer = requests.post(f"{SERVER.geturl()}/v1/statement", data="SELECT 1", headers={"X-Trino-User": "me"}, timeout=60)
    assert answer.status_code == 401 and "Basic" in answer.headers["WWW-Authenticate"]
    other = requests.post(f"{SERVER.geturl()}/v1/statement", data="SELECT 1", auth=ME, headers={"X-Trino-User": "me"}, timeout=60)
    assert other.status_code == 403
    page = requests.get(f"{SERVER.geturl()}/v1/info", timeout=60, headers={"Origin": "https://evil.example"})
    assert page.status_code == 403


def test_a_limited_key_sees_its_own(lake):
    cursor = connect(user=LIMITED).cursor()
    assert [lake.database] not in cursor.execute("SHOW SCHEMAS").fetchall()
    with pytest.raises(TrinoUserError):
        cursor.execute(f"SELECT * FROM {lake.database}.ticks").fetchall()
    users = cursor.execute("SELECT DISTINCT \"user\" FROM system.runtime.queries").fetchall()
    assert users in ([], [[LIMITED[0]]])


# What clients browse


def test_show(lake):
    cursor = connect(schema=lake.database).cursor()

    def shown(sql):
        cursor.execute(sql)
        return [column[0] for column in cursor.description], cursor.fetchall()

    assert shown("SHOW CATALOGS") == (["Catalog"], [["awsdatacatalog"], ["system"]])
    titles, schemas = shown("SHOW SCHEMAS")
    assert titles == ["Schema"] and [lake.database] in schemas and ["information_schema"] in schemas
    assert shown("SHOW SCHEMAS FROM system LIKE 'j%'") == (["Schema"], [["jdbc"]])
    assert shown("SHOW TABLES") == (["Table"], [["high"], ["many"], ["ticks"], ["types"]])
    assert shown(f"SHOW TABLES FROM {lake.database} LIKE 't%'") == (["Table"], [["ticks"], ["types"]])
    titles, columns = shown("DESCRIBE ticks")
    assert titles == ["Column", "Type", "Extra", "Comment"]
    assert columns[0] == ["symbol", "varchar", "", "who"] and columns[-1] == ["day", "varchar", "partition key", ""]
    assert shown("SHOW COLUMNS FROM ticks LIKE 'd%'")[1] == [["day", "varchar", "partition key", ""]]
    titles, ((text,),) = shown("SHOW CREATE TABLE ticks")
    assert titles == ["Create Table"] and "PARTITIONED BY" in text
    titles, ((text,),) = shown("SHOW CREATE VIEW high")
    assert titles == ["Create View"] and "price > 100" in text
    assert shown(f"SHOW CREATE SCHEMA {lake.database}")[0] == ["Create Schema"]
    titles, stats = shown("SHOW STATS FOR ticks")
    assert titles[:2] == ["column_name", "data_size"] and stats[-1][0] is None
    titles, functions = shown("SHOW FUNCTIONS")
    assert titles[0] == "Function" and {"abs", "approx_distinct", "row_number"} <= {row[0] for row in functions}
    titles, ((plan,),) = shown("EXPLAIN SELECT count(*) FROM ticks")
    assert titles == ["Query Plan"] and "\n" in plan
    with pytest.raises(TrinoUserError) as caught:
        shown(f"SHOW COLUMNS FROM {lake.database}.absent")
    assert caught.value.error_name == "TABLE_NOT_FOUND"


def test_jdbc(lake):
    """What JDBC's driver asks for a tree of databases, tables and columns."""
    cursor = connect().cursor()
    assert cursor.execute("SELECT table_cat FROM system.jdbc.catalogs ORDER BY 1").fetchall() == [["awsdatacatalog"], ["system"]]
    sql = "SELECT table_schem, table_catalog FROM system.jdbc.schemas WHERE table_schem LIKE ? ESCAPE '\\'"
    pattern = lake.database.replace("_", "\\_")
    assert cursor.execute(sql, (pattern,)).fetchall() == [[lake.database, "awsdatacatalog"]]
    sql = """SELECT table_cat, table_schem, table_name, table_type, remarks, type_cat, type_schem, type_name,
      self_referencing_col_name, ref_generation FROM system.jdbc.tables
      WHERE table_cat = 'awsdatacatalog' AND table_schem LIKE ? ESCAPE '\\' AND table_type IN ('TABLE', 'VIEW')
      ORDER BY table_type, table_cat, table_schem, table_name"""
    rows = cursor.execute(sql, (pattern,)).fetchall()
    assert [row[2:5] for row in rows] == [
        ["many", "TABLE", None],
        ["ticks", "TABLE", "prices"],
        ["types", "TABLE", None],
        ["high", "VIEW", None],
    ]
    sql = """SELECT column_name, data_type, type_name, column_size, decimal_digits, ordinal_position, remarks FROM system.jdbc.columns
      WHERE table_cat = 'awsdatacatalog' AND table_schem LIKE ? ESCAPE '\\' AND table_name LIKE 'ti_ks' ESCAPE '\\'
      ORDER BY table_cat, table_schem, table_name, ordinal_position"""
    rows = cursor.execute(sql, (pattern,)).fetchall()
    assert rows[0] == ["symbol", 12, "varchar", 2147483647, None, 1, "who"] and rows[2][:4] == ["volume", -5, "bigint", 19]
    types = dict(cursor.execute("SELECT type_name, data_type FROM system.jdbc.types").fetchall())
    assert types["bigint"] == -5 and types["timestamp"] == 93
    assert cursor.execute("SELECT * FROM system.jdbc.table_types ORDER BY 1").fetchall() == [["TABLE"], ["VIEW"]]
    assert cursor.execute("SELECT * FROM system.jdbc.procedures").fetchall() == []
    sql = "SELECT comment FROM system.metadata.table_comments WHERE catalog_name = ? AND schema_name = ? AND table_name = ?"
    assert cursor.execute(sql, ("awsdatacatalog", lake.database, "ticks")).fetchall() == [["prices"]]


# SQLAlchemy


@pytest.fixture(scope="module")
def engine(lake):
    user = ":".join(quote_plus(part) for part in ME)
    address = f"{SERVER.hostname}:{SERVER.port}/awsdatacatalog/{lake.database}"
    engine = sqlalchemy.create_engine(
        f"trino://{user}@{address}", connect_args={"http_scheme": SERVER.scheme, "allow_insecure_auth": True}
    )
    yield engine
    engine.dispose()


def test_sqlalchemy_inspects(engine, lake):
    inspector = sqlalchemy.inspect(engine)
    assert lake.database in inspector.get_schema_names()
    assert sorted(inspector.get_table_names(schema=lake.database)) == ["many", "ticks", "types"]
    assert inspector.get_view_names() == ["high"]
    assert inspector.has_table("ticks") and not inspector.has_table("absent")
    columns = {column["name"]: column for column in inspector.get_columns("ticks")}
    assert list(columns) == ["symbol", "price", "volume", "note", "day"]
    assert columns["symbol"]["comment"] == "who" and columns["price"]["comment"] is None
    assert isinstance(columns["volume"]["type"], sqlalchemy.types.BIGINT)
    assert inspector.get_table_comment("ticks")["text"] == "prices"
    assert inspector.get_indexes("ticks")[0]["column_names"] == ["day"] and inspector.get_indexes("many") == []
    assert "price > 100" in inspector.get_view_definition("high")
    assert set(engine.dialect.get_catalog_names(engine.connect())) == {"awsdatacatalog", "system"}
    with pytest.raises(sqlalchemy.exc.NoSuchTableError):
        inspector.get_columns("absent")
    with engine.connect() as connection:
        assert isinstance(connection.dialect.server_version_info, tuple)


def test_sqlalchemy_reflects_and_selects(engine, lake):
    metadata = sqlalchemy.MetaData(schema=lake.database)
    ticks, types = (sqlalchemy.Table(name, metadata, autoload_with=engine) for name in ("ticks", "types"))
    other = ticks.alias("other")
    asked = sqlalchemy.select(ticks.c.day, sqlalchemy.func.count().label("n"))
    asked = asked.join(other, sqlalchemy.and_(ticks.c.day == other.c.day, ticks.c.symbol != other.c.symbol))
    asked = asked.where(sqlalchemy.or_(ticks.c.symbol == "AAPL", ticks.c.symbol.like("%x%"))).group_by(ticks.c.day)
    nested = sqlalchemy.select(ticks.c.symbol).where(ticks.c.price > 101).cte()
    with engine.connect() as connection:
        rows = connection.execute(asked.order_by(ticks.c.day)).fetchall()
        assert [tuple(row) for row in rows] == [(day, 1) for day in DAYS]
        within = sqlalchemy.select(ticks.c.symbol).where(ticks.c.symbol.in_(sqlalchemy.select(nested.c.symbol))).distinct()
        assert connection.execute(within).scalars().all() == ["AAPL"]
        row = connection.execute(sqlalchemy.select(types)).fetchone()._mapping
        assert (row["l"], row["a"], row["m"], tuple(row["r"]), row["n"]) == (
            9223372036854775807,
            [1, 2],
            {1: 2, 3: 4},
            (1, 2),
            Decimal("0.1"),
        )
        assert row["ts"] == datetime(2017, 1, 1) and row["dt"] == date(2017, 1, 2)
        text = sqlalchemy.text(f"SELECT count(*) FROM {lake.database}.ticks WHERE day = :day")
        assert connection.execute(text, {"day": DAYS[1]}).scalar() == 2
        nodes = sqlalchemy.text("SELECT node_id FROM system.runtime.nodes")
        assert connection.execute(nodes).scalar()


def test_pandas(engine):
    frame = pandas.read_sql_query("SELECT id, name FROM many ORDER BY id", engine)
    assert len(frame) == MANY and frame["id"].tolist() == list(range(MANY))
