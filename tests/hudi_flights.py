"""The flight states of the examples as a Hudi table, copy-on-write, as a pipeline that upserts each poll leaves it: every poll is a
commit that writes the file of each country again, with the rows so far. There is no writer for Hudi in Python; this one writes table
version 6, to the letter of Hudi's specification ("Table layout", "Timeline").
"""

import io
import json
import uuid
from datetime import datetime, timezone
from pathlib import Path

import pyarrow
import pyarrow.parquet

POLLS = Path(__file__).resolve().parents[1] / "examples" / "lake" / "flight_states"
PROPERTIES = """hoodie.table.name=flights
hoodie.table.type=COPY_ON_WRITE
hoodie.table.version=6
hoodie.timeline.layout.version=1
hoodie.table.base.file.format=PARQUET
hoodie.table.recordkey.fields=icao24,seen_at
hoodie.table.precombine.field=seen_at
hoodie.table.partition.fields=country
hoodie.table.keygenerator.class=org.apache.hudi.keygen.ComplexKeyGenerator
hoodie.datasource.write.hive_style_partitioning=true
hoodie.datasource.write.drop.partition.columns=false
hoodie.populate.meta.fields=true
"""
META = ("_hoodie_commit_time", "_hoodie_commit_seqno", "_hoodie_record_key", "_hoodie_partition_path", "_hoodie_file_name")
COLUMNS = {
    "icao24": ("string", pyarrow.string()), "callsign": ("string", pyarrow.string()), "country": ("string", pyarrow.string()),
    "seen_at": ({"type": "long", "logicalType": "timestamp-micros"}, pyarrow.timestamp("us", "UTC")),
    "longitude": ("double", pyarrow.float64()), "latitude": ("double", pyarrow.float64()), "altitude_m": ("double", pyarrow.float64()),
}
"""Types as Avro and as Arrow have them."""


def rows_of(poll):
    """The aircraft of a poll whose position is known."""
    for state in poll["states"]:
        if state[5] is not None:
            yield {
                "icao24": state[0], "callsign": state[1] and state[1].strip(), "country": state[2],
                "seen_at": datetime.fromtimestamp(poll["time"], timezone.utc),
                "longitude": state[5], "latitude": state[6], "altitude_m": state[7],
            }


def files():
    """All files of the table, by their names below its folder, and its rows."""
    content = {".hoodie/hoodie.properties": PROPERTIES.encode()}
    groups, previous = {}, None
    polls = sorted((json.loads(path.read_text()) for path in POLLS.glob("*.json")), key=lambda poll: poll["time"])
    for number, poll in enumerate(polls):
        instant = datetime.fromtimestamp(poll["time"], timezone.utc).strftime("%Y%m%d%H%M%S000")
        written = {}
        for row in rows_of(poll):
            groups.setdefault(row["country"], (f"{uuid.uuid5(uuid.NAMESPACE_URL, row['country'])}-0", []))[1].append((instant, row))
            written[row["country"]] = written.get(row["country"], 0) + 1
        for country in written:
            file_id, rows = groups[country]
            partition = f"country={country}"
            content.setdefault(f"{partition}/.hoodie_partition_metadata", f"commitTime={instant}\npartitionDepth=1\n".encode())
            name = f"{file_id}_{number}-1-0_{instant}.parquet"
            content[f"{partition}/{name}"] = parquet(rows, partition, name)
        commit(content, instant, previous, written, groups, number)
        previous = instant
    return content, [row for _, rows in groups.values() for _, row in rows]


def parquet(rows, partition, name):
    meta = [
        (instant, f"{instant}_0_{at}", f"icao24:{row['icao24']},seen_at:{int(row['seen_at'].timestamp() * 1e6)}", partition, name)
        for at, (instant, row) in enumerate(rows)
    ]
    columns = {column: pyarrow.array(values, pyarrow.string()) for column, values in zip(META, zip(*meta))}
    for column, (_, kind) in COLUMNS.items():
        columns[column] = pyarrow.array([row[column] for _, row in rows], kind)
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    return sink.getvalue()


def commit(content, instant, previous, written, groups, number):
    optional = lambda name, kind: {"name": name, "type": ["null", kind], "default": None}
    schema = {"type": "record", "name": "flights", "fields": [optional(name, kind) for name, (kind, _) in COLUMNS.items()]}
    stats = {}
    for country, count in written.items():
        file_id, rows = groups[country]
        partition = f"country={country}"
        path = f"{partition}/{file_id}_{number}-1-0_{instant}.parquet"
        stats[partition] = [{
            "fileId": file_id, "path": path, "prevCommit": previous or "null", "numWrites": len(rows), "numInserts": count,
            "numDeletes": 0, "numUpdateWrites": 0, "partitionPath": partition, "fileSizeInBytes": len(content[path]),
            "totalWriteBytes": len(content[path]),
        }]
    done = {
        "partitionToWriteStats": stats, "compacted": False, "extraMetadata": {"schema": json.dumps(schema)},
        "operationType": "UPSERT",
    }
    content[f".hoodie/{instant}.commit.requested"] = b""
    content[f".hoodie/{instant}.inflight"] = b""
    content[f".hoodie/{instant}.commit"] = json.dumps(done).encode()
