"""The Delta and Iceberg tables that others keep as fixtures (../shared/data, or below CIVETTA_SHARED), value by value as their
reference readers read them: `deltalake` and `pyiceberg`. What those cannot read is refused by name, or read all the same.

The binary itself reads them, where they are (`CIVETTA_BINARY`, which tests/tests/it/clients.rs sets)."""

import datetime
import gzip
import json
import math
import os
import pathlib
import re
import subprocess
import tarfile

import pyarrow
import pytest
from deltalake import DeltaTable, QueryBuilder
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable

SHARED = pathlib.Path(os.environ.get("CIVETTA_SHARED", pathlib.Path(__file__).parents[2] / "../shared"))

KNOWN = {}
"""What a reference reader reads and we refuse, and what the refusal says."""


def unpacked(archive, to):
    """The archive's folder; without the archive the test says so and is left out."""
    at = SHARED / "data" / archive
    if not at.is_file():
        pytest.skip(f"{at} is not there: the tables lie beside the repository (CIVETTA_SHARED says where)")
    with tarfile.open(at) as tar:
        tar.extractall(to, filter="data")
    return to


def ours(table, data):
    """A table as the binary reads it, or what it says instead."""
    command = [os.environ["CIVETTA_BINARY"], "--data", str(data), "query", f"SELECT * FROM '{table}'", "--format", "arrow"]
    ran = subprocess.run(command, capture_output=True, timeout=300)
    if ran.returncode:
        return None, ran.stderr.decode().strip()
    return pyarrow.ipc.open_file(pyarrow.BufferReader(ran.stdout)).read_all(), None


def theirs(read, table):
    try:
        return read(table), None
    except BaseException as error:  # a panic of a library in Rust is no Exception
        return None, f"{type(error).__name__}: {error}"


def normal(value):
    """A value as both readers would say it: Delta's timestamps have milliseconds in Athena, zones and UUIDs are in wrappers here."""
    if isinstance(value, dict):
        if set(value) == {"v", "names", "value"}:
            return normal({"metadata": value["names"], "value": value["value"]})
        if set(value) == {"v", "zone"}:
            return normal(datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=value["v"]))
        if set(value) == {"v"}:
            return value["v"].hex()
        return {key: normal(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [normal(member) for member in value]
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return utc.replace(microsecond=utc.microsecond // 1000 * 1000).isoformat()
    if isinstance(value, float):
        return "nan" if math.isnan(value) else float(f"{value:.9g}")
    if hasattr(value, "hex") and hasattr(value, "bytes"):
        return value.bytes.hex()
    return value if isinstance(value, (int, str, type(None))) else str(value)


def columns(table):
    """By name; dates that Python has not are texts."""
    def values(column):
        try:
            return column.to_pylist()
        except (ValueError, OverflowError):
            return column.cast(pyarrow.string()).to_pylist()

    return {name.lower(): values(column) for name, column in zip(table.column_names, table.columns)}


def compared(one, other):
    """What is different; None where nothing is."""
    one, other = columns(one), columns(other)
    if list(one) != list(other):
        return f"columns {list(one)}, read as {list(other)}"
    rows = [sorted(json.dumps(normal(row), sort_keys=True) for row in zip(*table.values())) for table in (one, other)]
    if rows[0] == rows[1]:
        return None
    pairs = [pair for pair in zip(*rows) if pair[0] != pair[1]]
    return f"{len(rows[0])} rows, read as {len(rows[1])}: {pairs[:1]}"


def check(tables, folder, read, data, capsys):
    counts, wrong = {"equal": 0, "refused by both": 0, "read by us alone": 0, "known": 0}, []
    for table in tables:
        called = str(table.relative_to(folder))
        (expected, why), (found, said) = theirs(read, table), ours(table, data)
        if found is None and said.startswith("error: INTERNAL"):
            wrong.append(f"{called}: {said}")
        elif expected is None:
            counts["refused by both" if found is None else "read by us alone"] += 1
        elif found is None and called in KNOWN and KNOWN[called] in said:
            counts["known"] += 1
        else:
            difference = said if found is None else compared(expected, found)
            counts["equal"] += difference is None
            wrong += [f"{called}: {difference}"] if difference else []
    with capsys.disabled():
        print(f"\n{folder.name}: {counts}")
    assert not wrong, "\n".join(wrong)
    return counts


def test_delta(tmp_path, capsys):
    folder = unpacked("tables-delta.tar.gz", tmp_path)
    tables = sorted(log.parent for log in folder.rglob("_delta_log"))

    def read(table):
        return pyarrow.table(QueryBuilder().register("t", DeltaTable(str(table))).execute("SELECT * FROM t").read_all())

    assert check(tables, folder, read, tmp_path / "civetta", capsys)["equal"] >= 75


class Moved(PyArrowFileIO):
    """The files of a table that is elsewhere than its metadata says."""

    said, at = "", ""

    def new_input(self, location):
        bare = location.removeprefix("./")
        return super().new_input(self.at + bare.removeprefix(self.said) if bare.startswith(self.said + "/") else location)


def test_iceberg(tmp_path, capsys):
    folder = unpacked("tables-iceberg.tar.gz", tmp_path)
    tables = sorted({metadata.parents[1] for metadata in folder.rglob("metadata/*.metadata.json*")})

    def number(path):
        digits = re.match(r"v?(\d+)", path.name)
        return (int(digits.group(1)) if digits else 0, path.name)

    def read(table):
        metadata = max((table / "metadata").glob("*.metadata.json*"), key=number)
        content = metadata.read_bytes()
        content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        Moved.said, Moved.at = json.loads(content)["location"].removeprefix("./").rstrip("/"), str(table)
        return StaticTable.from_metadata(str(metadata), {"py-io-impl": f"{__name__}.Moved"}).scan().to_arrow()

    assert check(tables, folder, read, tmp_path / "civetta", capsys)["equal"] >= 15
