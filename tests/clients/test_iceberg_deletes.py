"""Row-level deletes, branches and tags of Iceberg tables, read through Athena's API as pyiceberg reads them.

pyiceberg reads deletes and writes none, so the files of deletes are written here, to the letter of the specification ("Row-level
Deletes", "Puffin", "deletion-vector-v1"); the data files, manifests and metadata around them are pyiceberg's own."""

import json
import uuid
import zlib

import pyarrow
import pyarrow.parquet
import pytest
from pyiceberg.avro.file import AvroOutputFile
from pyiceberg.manifest import (
    MANIFEST_ENTRY_SCHEMAS_STRUCT, DataFile, DataFileContent, FileFormat, ManifestContent, ManifestEntry, ManifestEntryStatus,
    ManifestWriterV2, write_manifest_list,
)
from pyiceberg.schema import Schema
from pyiceberg.table import StaticTable
from pyiceberg.typedef import Record
from pyiceberg.types import LongType, NestedField, StringType
from pyroaring import BitMap

from conftest import name

SCHEMA = Schema(NestedField(1, "id", LongType(), required=False), NestedField(2, "s", StringType(), required=False))


class Manifest(ManifestWriterV2):
    """A manifest whose files hold deletes."""

    def __init__(self, table, output, snapshot, version):
        super().__init__(table.spec(), table.schema(), output, snapshot, "null")
        self.of_version = version

    @property
    def version(self):
        return self.of_version

    def content(self):
        return ManifestContent.DELETES

    @property
    def _meta(self):
        return {**super()._meta, "content": "deletes"}

    def new_writer(self):
        schema = self._with_partition(self.version)
        return AvroOutputFile(self._output_file, schema, "manifest_entry", schema, self._meta)


@pytest.fixture(scope="module")
def namespace(catalog):
    made = name("icedel").replace("-", "_")
    catalog.create_namespace(made)
    return made


def rows_of(ids):
    return pyarrow.table({"id": pyarrow.array(ids, pyarrow.int64()), "s": [f"s{i}" for i in ids]})


def written(table, path, content):
    """A file below the table's location: where it is."""
    at = f"{table.location()}/{path}"
    with table.io.new_output(at).create(overwrite=True) as file:
        file.write(content)
    return at


def positions(table, deleted):
    """A file of position deletes: (path of a data file, row) each, sorted as the specification asks."""
    field = lambda what, kind, id: pyarrow.field(what, kind, nullable=False, metadata={"PARQUET:field_id": str(id)})
    schema = pyarrow.schema([
        field("file_path", pyarrow.string(), 2147483546), field("pos", pyarrow.int64(), 2147483545)
    ])
    sink = pyarrow.BufferOutputStream()
    paths, rows = zip(*sorted(deleted))
    pyarrow.parquet.write_table(pyarrow.table([list(paths), list(rows)], schema=schema), sink)
    content = sink.getvalue().to_pybytes()
    at = written(table, f"data/{uuid.uuid4()}-deletes.parquet", content)
    return dict(file_path=at, file_format=FileFormat.PARQUET, record_count=len(rows), file_size_in_bytes=len(content))


def vector(table, path, deleted):
    """A Puffin file with the deletion vector of one data file."""
    bitmap = (1).to_bytes(8, "little") + (0).to_bytes(4, "little") + BitMap(deleted).serialize()
    framed = b"\xd1\xd3\x39\x64" + bitmap
    blob = len(framed).to_bytes(4, "big") + framed + zlib.crc32(framed).to_bytes(4, "big")
    about = {"referenced-data-file": path, "cardinality": str(len(deleted))}
    footer = json.dumps({"blobs": [{
        "type": "deletion-vector-v1", "fields": [2147483545], "snapshot-id": -1, "sequence-number": -1, "offset": 4,
        "length": len(blob), "properties": about,
    }]}).encode()
    content = b"PFA1" + blob + b"PFA1" + footer + len(footer).to_bytes(4, "little") + bytes(4) + b"PFA1"
    at = written(table, f"data/{uuid.uuid4()}-deletes.puffin", content)
    return dict(
        file_path=at, file_format=FileFormat.PUFFIN, record_count=len(deleted), file_size_in_bytes=len(content),
        referenced_data_file=path, content_offset=4, content_size_in_bytes=len(blob),
    )


def with_deletes(table, files, version):
    """The table's metadata with a snapshot more, in which the files delete rows: where it is."""
    told = json.loads(table.metadata.model_dump_json())
    snapshot, sequence = 1 + table.current_snapshot().snapshot_id, told["last-sequence-number"] + 1
    output = table.io.new_output(f"{table.location()}/metadata/{uuid.uuid4()}-deletes.avro")
    with Manifest(table, output, snapshot, version) as manifest:
        for file in files:
            manifest.add(entry(file, snapshot, version))
    list_at = table.io.new_output(f"{table.location()}/metadata/snap-{snapshot}.avro")
    with write_manifest_list(2, list_at, snapshot, table.current_snapshot().snapshot_id, sequence, "null") as listed:
        listed.add_manifests([*table.current_snapshot().manifests(table.io), manifest.to_manifest_file()])
    when = told["last-updated-ms"] + 1
    told["snapshots"].append({
        "snapshot-id": snapshot, "parent-snapshot-id": table.current_snapshot().snapshot_id, "sequence-number": sequence,
        "timestamp-ms": when, "manifest-list": list_at.location, "summary": {"operation": "delete"},
        "schema-id": told["current-schema-id"], **({"first-row-id": 0, "added-rows": 0} if version == 3 else {}),
    })
    told["snapshot-log"].append({"snapshot-id": snapshot, "timestamp-ms": when})
    told["refs"]["main"]["snapshot-id"] = snapshot
    told |= {"current-snapshot-id": snapshot, "last-sequence-number": sequence, "last-updated-ms": when, "format-version": version}
    if version == 3:
        told["next-row-id"] = 0
    return written(table, f"metadata/{uuid.uuid4()}.metadata.json", json.dumps(told).encode())



def entry(file, snapshot, version):
    deletes = DataFile.from_args(
        _table_format_version=version, content=DataFileContent.POSITION_DELETES, partition=Record(), **file
    )
    kind = MANIFEST_ENTRY_SCHEMAS_STRUCT[version]
    return ManifestEntry._bind(kind, status=ManifestEntryStatus.ADDED, snapshot_id=snapshot, data_file=deletes)


def registered(statements, namespace, metadata, table):
    made = f"{namespace}.t_{uuid.uuid4().hex[:8]}"
    statements.succeed(
        f"CREATE EXTERNAL TABLE {made} LOCATION '{table.location()}' "
        f"TBLPROPERTIES ('table_type'='ICEBERG', 'metadata_location'='{metadata}')"
    )
    return made


@pytest.mark.parametrize("kind", ["positions", "vectors"])
def test_deleted_by_position(catalog, namespace, statements, kind):
    table = catalog.create_table(f"{namespace}.{kind}", SCHEMA)
    table.append(rows_of(range(5)))
    table.append(rows_of(range(10, 15)))
    before = table.current_snapshot().snapshot_id
    late, early = [task.file.file_path for task in table.scan().plan_files()]
    if kind == "positions":
        files = [positions(table, [(early, 1), (late, 0), (early, 3)]), positions(table, [(late, 4)])]
    else:
        files = [vector(table, early, [1, 3]), vector(table, late, [0, 4])]
    metadata = with_deletes(table, files, 2 if kind == "positions" else 3)
    theirs = StaticTable.from_metadata(metadata, table.io.properties).scan().to_arrow()
    assert sorted(theirs["id"].to_pylist()) == [0, 2, 4, 11, 12, 13]
    read = registered(statements, namespace, metadata, table)
    ask = lambda sql: statements.rows(sql)[1:]
    assert ask(f"SELECT id, s FROM {read} ORDER BY id") == [[str(id), f"s{id}"] for id in (0, 2, 4, 11, 12, 13)]
    assert ask(f"SELECT count(*), sum(id), max(id) FROM {read}") == [["6", "42", "13"]]
    assert ask(f"SELECT count(*) FROM {read} WHERE id IN (1, 2, 10, 13)") == [["2"]]
    assert ask(f"SELECT count(*) FROM {read} FOR VERSION AS OF {before}") == [["10"]]
    assert ask(f'SELECT content, sum(record_count) FROM {namespace}."{read.split(".")[1]}$files" GROUP BY 1 ORDER BY 1') == [
        ["0", "10"], ["1", "4"]
    ]


def test_branches_and_tags(catalog, namespace, statements):
    table = catalog.create_table(f"{namespace}.refs", SCHEMA)
    table.append(rows_of([1, 2]))
    first = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_tag(first, "Release 1").create_branch(first, "audit").commit()
    table.append(rows_of([3]))
    table.append(rows_of([4, 5]), branch="audit")
    ask = lambda version: statements.rows(f"SELECT id FROM {namespace}.refs FOR VERSION AS OF {version} ORDER BY id")[1:]
    assert ask("'audit'") == [["1"], ["2"], ["4"], ["5"]]
    assert ask("'Release 1'") == [["1"], ["2"]]
    assert ask(first) == [["1"], ["2"]]
    assert ask("'main'") == [["1"], ["2"], ["3"]]
    status = statements.execution(f"SELECT * FROM {namespace}.refs FOR VERSION AS OF 'none'")["Status"]
    assert status["State"] == "FAILED" and "none" in status["StateChangeReason"], status
