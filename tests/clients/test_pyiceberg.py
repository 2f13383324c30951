"""pyiceberg's Glue catalog: the table's metadata through S3, its pointer in Glue, two writers and one of them too late."""


import pyarrow
import pytest
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

from conftest import name

ROWS = pyarrow.table({"id": pyarrow.array([1, 2, 3], pyarrow.int64()), "s": ["a", "b", None]})
SCHEMA = Schema(NestedField(1, "id", LongType(), required=False), NestedField(2, "s", StringType(), required=False))


@pytest.fixture(scope="module")
def namespace(catalog):
    made = name("ice").replace("-", "_")
    catalog.create_namespace(made)
    return made


def test_create_append_read(catalog, namespace, s3, bucket, glue):
    table = catalog.create_table(f"{namespace}.t", SCHEMA)
    table.append(ROWS)
    table.append(ROWS)
    read = catalog.load_table(f"{namespace}.t").scan(row_filter="id >= 2").to_arrow()
    assert sorted(read["id"].to_pylist()) == [2, 2, 3, 3]
    kept = glue.get_table(DatabaseName=namespace, Name="t")["Table"]
    assert kept["Parameters"]["table_type"].upper() == "ICEBERG"
    pointer = kept["Parameters"]["metadata_location"]
    s3.head_object(Bucket=bucket, Key=pointer.removeprefix(f"s3://{bucket}/"))
    assert kept["Parameters"]["previous_metadata_location"] != pointer
    with table.update_schema() as update:
        update.add_column("more", LongType())
    assert [field.name for field in catalog.load_table(f"{namespace}.t").schema().fields] == ["id", "s", "more"]


def test_two_writers(catalog, namespace):
    """The later one finds another version than it knew, reads again and repeats its commit: nothing is lost."""
    first = catalog.create_table(f"{namespace}.raced", SCHEMA)
    second = catalog.load_table(f"{namespace}.raced")
    first.append(ROWS)
    second.append(ROWS)
    assert catalog.load_table(f"{namespace}.raced").scan().to_arrow().num_rows == 2 * ROWS.num_rows
    assert len(catalog.load_table(f"{namespace}.raced").snapshots()) == 2


def test_names(catalog, namespace):
    catalog.create_table(f"{namespace}.n", SCHEMA)
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table(f"{namespace}.n", SCHEMA)
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace(namespace)
    catalog.rename_table(f"{namespace}.n", f"{namespace}.m")
    assert (namespace, "m") in catalog.list_tables(namespace) and (namespace, "n") not in catalog.list_tables(namespace)
    catalog.drop_table(f"{namespace}.m")
    with pytest.raises(NoSuchTableError):
        catalog.load_table(f"{namespace}.m")
    assert (namespace,) in catalog.list_namespaces()
    catalog.update_namespace_properties(namespace, updates={"comment": "tables of ice"})
    assert catalog.load_namespace_properties(namespace)["comment"] == "tables of ice"
