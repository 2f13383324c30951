"""PyAthena's SQLAlchemy dialect: connect by URL, inspect, reflect, select, read into pandas."""

from urllib.parse import quote_plus

import pandas
import pytest
import sqlalchemy
from sqlalchemy.exc import NoSuchTableError

from lake import DAYS, MANY


@pytest.fixture(scope="module")
def engine(lake):
    address = "awsathena+rest://athena.us-east-1.amazonaws.com:443"
    engine = sqlalchemy.create_engine(f"{address}/{lake.database}?s3_staging_dir={quote_plus(lake.output)}")
    yield engine
    engine.dispose()


def test_inspect(engine, lake):
    inspector = sqlalchemy.inspect(engine)
    assert lake.database in inspector.get_schema_names()
    assert {"many", "ticks", "types"} <= set(inspector.get_table_names(schema=lake.database))
    assert "high" in inspector.get_view_names(schema=lake.database)
    assert inspector.has_table("ticks", schema=lake.database) and not inspector.has_table("absent", schema=lake.database)
    columns = {column["name"]: column for column in inspector.get_columns("ticks", schema=lake.database)}
    assert list(columns) == ["symbol", "price", "volume", "note", "day"]
    assert columns["symbol"]["comment"] == "who" and isinstance(columns["volume"]["type"], sqlalchemy.types.BIGINT)
    assert inspector.get_table_comment("ticks", schema=lake.database)["text"] == "prices"
    assert "price" in inspector.get_view_definition("high", schema=lake.database)
    with pytest.raises(NoSuchTableError):
        inspector.get_columns("absent", schema=lake.database)
    with pytest.raises(NoSuchTableError):
        inspector.get_view_definition("absent", schema=lake.database)


def test_reflect_and_select(engine, lake):
    table = sqlalchemy.Table("ticks", sqlalchemy.MetaData(schema=lake.database), autoload_with=engine)
    asked = sqlalchemy.select(table.c.day, sqlalchemy.func.count().label("n")).where(table.c.symbol == "AAPL")
    with engine.connect() as connection:
        rows = connection.execute(asked.group_by(table.c.day).order_by(table.c.day)).fetchall()
    assert [tuple(row) for row in rows] == [(day, 1) for day in DAYS]


def test_reflect_all_types(engine, lake):
    """Columns of columns are left out of the query: the dialect wraps them in functions of JSON, which come later."""
    table = sqlalchemy.Table("types", sqlalchemy.MetaData(schema=lake.database), autoload_with=engine)
    assert len(table.columns) == 15
    flat = [column for column in table.columns if column.name not in ("a", "m", "r")]
    with engine.connect() as connection:
        row = connection.execute(sqlalchemy.select(*flat)).fetchone()
    assert row._mapping["l"] == 9223372036854775807 and row._mapping["s"] == "a string"


def test_pandas(engine):
    frame = pandas.read_sql_query("SELECT id, name FROM many ORDER BY id", engine)
    assert len(frame) == MANY and frame["id"].tolist() == list(range(MANY))
