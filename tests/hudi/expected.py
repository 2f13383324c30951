"""What the Hudi project's own reader (PyPI `hudi`) reads from real tables, as text: `expected.jsonl` beside this file.

    python expected.py FOLDER > expected.jsonl

FOLDER is `tables-hudi.tar.gz` of ../shared/data, unpacked. Tables of versions that the reader refuses (3 and 5) and that it alone reads
(lance) are left out. A line is a table in one of its views: its columns in the order of their names, in lower case, and its rows as
Athena prints values, sorted. The read-optimised view has a line only where it differs. Needs `pip install hudi pyarrow`.
"""

import datetime
import decimal
import json
import pathlib
import sys

import pyarrow as pa
from hudi import HudiTableBuilder

# They name files and writes, and are checked through the others.
WITHOUT = {"_hoodie_commit_seqno", "_hoodie_file_name", "_hoodie_partition_path"}


def text(value, kind):
    if value is None:
        return "(null)"
    if pa.types.is_struct(kind):
        return "{" + ", ".join(f"{f.name.lower()}={inner(value[f.name], f.type)}" for f in kind) + "}"
    if pa.types.is_map(kind):
        return "{" + ", ".join(f"{inner(k, kind.key_type)}={inner(v, kind.item_type)}" for k, v in value) + "}"
    if pa.types.is_list(kind):
        return "[" + ", ".join(inner(item, kind.value_type) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, bytes):
        return " ".join(f"{byte:02x}" for byte in value)
    if pa.types.is_float32(kind):
        shortest = pa.scalar(value, pa.float32()).cast(pa.string()).as_py()
        return shortest if "." in shortest else f"{shortest}.0"
    if isinstance(value, (datetime.date, decimal.Decimal, float, int)):
        return str(value)
    return value or "(empty)"


def inner(value, kind):
    return {"(null)": "null", "(empty)": ""}.get(text(value, kind), text(value, kind))


def view(folder, read_optimised):
    builder = HudiTableBuilder.from_base_uri(f"file://{folder.resolve()}")
    builder = builder.with_option("hoodie.read.use.read_optimized.mode", str(read_optimised).lower())
    batches = builder.build().read()
    if not batches:
        return [], []
    table = pa.Table.from_batches(batches)
    names = sorted((name for name in table.column_names if name not in WITHOUT), key=str.lower)
    columns = [table.column(name) for name in names]
    rows = zip(*([text(value, column.type) for value in column.to_pylist()] for column in columns))
    return [name.lower() for name in names], sorted(list(row) for row in rows)


def main(root):
    for properties in sorted(root.rglob("hoodie.properties")):
        folder = properties.parent.parent
        said = properties.read_text()
        if "metadata" in properties.parts or "LANCE" in said or "version=3" in said or "version=5" in said:
            continue
        merged, optimised = view(folder, False), view(folder, True)
        for name, (columns, rows) in {"merged": merged, "read optimised": optimised}.items():
            if name == "merged" or merged != optimised:
                table = str(folder.relative_to(root))
                print(json.dumps({"table": table, "view": name, "columns": columns, "rows": rows}, ensure_ascii=False))


main(pathlib.Path(sys.argv[1]))
