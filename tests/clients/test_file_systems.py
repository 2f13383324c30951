"""s3fs, Arrow's file system and polars, over the S3 door."""

import os

import fsspec
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet
import pytest

FRAME = pyarrow.table({"id": [1, 2, 3], "s": ["a", "b", None]})


def test_s3fs(bucket):
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    files.pipe(f"{bucket}/s3fs/a b/ü+.txt", b"0123456789")
    assert files.cat(f"{bucket}/s3fs/a b/ü+.txt") == b"0123456789"
    assert files.cat_file(f"{bucket}/s3fs/a b/ü+.txt", start=2, end=5) == b"234"
    with files.open(f"{bucket}/s3fs/big", "wb", block_size=5 << 20) as out:
        out.write(b"x" * (11 << 20))
    assert files.info(f"{bucket}/s3fs/big")["size"] == 11 << 20
    assert files.find(f"{bucket}/s3fs") == [f"{bucket}/s3fs/a b/ü+.txt", f"{bucket}/s3fs/big"]
    assert files.isdir(f"{bucket}/s3fs/a b") and not files.exists(f"{bucket}/s3fs/none")
    files.copy(f"{bucket}/s3fs/big", f"{bucket}/s3fs/copy")
    files.rm(f"{bucket}/s3fs", recursive=True)
    files.invalidate_cache()
    assert not files.exists(f"{bucket}/s3fs/big")


def test_arrow(bucket):
    address = os.environ["AWS_ENDPOINT_URL"].split("://")[1]
    files = pyarrow.fs.S3FileSystem(endpoint_override=address, scheme="http")
    pyarrow.parquet.write_to_dataset(FRAME, f"{bucket}/arrow", partition_cols=["s"], filesystem=files)
    read = pyarrow.dataset.dataset(f"{bucket}/arrow", filesystem=files, partitioning="hive").to_table()
    assert sorted(read["id"].to_pylist()) == [1, 2, 3]
    selected = files.get_file_info(pyarrow.fs.FileSelector(f"{bucket}/arrow", recursive=True))
    assert sum(info.is_file for info in selected) == 3
    files.delete_dir(f"{bucket}/arrow")
    assert files.get_file_info(f"{bucket}/arrow").type == pyarrow.fs.FileType.NotFound


def test_polars(bucket, s3):
    frame = polars.DataFrame({"id": [1, 2], "s": ["a", None]})
    frame.write_parquet(f"s3://{bucket}/polars/one.parquet")
    assert polars.read_parquet(f"s3://{bucket}/polars/*.parquet").equals(frame)
    s3.put_object(Bucket=bucket, Key="polars/one.csv", Body=b"id,s\n1,a\n")
    assert polars.scan_csv(f"s3://{bucket}/polars/one.csv").collect()["id"].to_list() == [1]


@pytest.mark.usefixtures("arrow_endpoint")
def test_arrow_told_by_the_environment(bucket):
    """As a client would build it that knows no endpoint: the plugin gives it ours."""
    with pyarrow.fs.S3FileSystem().open_output_stream(f"{bucket}/plain") as out:
        out.write(b"x")
    assert pyarrow.fs.S3FileSystem().open_input_file(f"{bucket}/plain").read() == b"x"
