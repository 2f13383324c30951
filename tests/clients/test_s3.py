"""The S3 door through boto3: bodies, conditions, listings, odd keys, multipart, copies, presigned URLs, errors."""

import hashlib
import http.client
import os
import urllib.parse
import urllib.request

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import name

ODD = ("a", "a/b", "a/b/c", "plus+plus", "per%cent", "two  spaces", "ünïcode/日本", "k=v/x=1", "a//b", "folder/", "~tilde", "q?x&y=z#f", "'\"")


def status(error):
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def keys(s3, **arguments):
    pages = s3.get_paginator("list_objects_v2").paginate(**arguments)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def test_put_head_get_range_delete(s3, bucket):
    body = os.urandom(70_000)
    put = s3.put_object(Bucket=bucket, Key="x", Body=body, Metadata={"who": "me"}, ContentType="text/x", CacheControl="no-cache")
    head = s3.head_object(Bucket=bucket, Key="x")
    assert (head["ContentLength"], head["Metadata"], head["ContentType"]) == (70_000, {"who": "me"}, "text/x")
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert head["ETag"] == put["ETag"] == s3.list_objects_v2(Bucket=bucket, Prefix="x")["Contents"][0]["ETag"]
    assert head["CacheControl"] == "no-cache"
    got = s3.get_object(Bucket=bucket, Key="x")
    assert got["Body"].read() == body and got["ETag"] == put["ETag"]
    for asked, part in [("bytes=0-9", body[:10]), ("bytes=69990-", body[69990:]), ("bytes=-5", body[-5:]), ("bytes=5-999999", body[5:])]:
        answer = s3.get_object(Bucket=bucket, Key="x", Range=asked)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206 and answer["Body"].read() == part, asked
    s3.delete_object(Bucket=bucket, Key="x")
    s3.delete_object(Bucket=bucket, Key="x")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="x")
    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket=bucket, Key="x")
    assert status(error) == 404


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="c", Body=b"1")["ETag"]
    for arguments, expected in [({"IfNoneMatch": etag}, 304), ({"IfMatch": '"0"'}, 412), ({"Range": "bytes=7-8"}, 416)]:
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key="c", **arguments)
        assert status(error) == expected, arguments
    assert s3.get_object(Bucket=bucket, Key="c", IfMatch=etag)["Body"].read() == b"1"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="c", Body=b"2", IfNoneMatch="*")
    assert error.value.response["Error"]["Code"] == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="new", Body=b"2", IfNoneMatch="*")


def test_each_object_has_one_version(s3):
    bucket = name("versions")
    s3.create_bucket(Bucket=bucket)
    given = ["a", "f/1", "f/2", "ü +"]
    for key in given:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 3}))
    versions = [version for page in pages for version in page["Versions"]]
    assert [version["Key"] for version in versions] == given and len(pages) == 2
    assert {(version["VersionId"], version["IsLatest"], version["Size"]) for version in versions} == {("null", True, 1)}
    top = s3.list_object_versions(Bucket=bucket, Delimiter="/")
    assert [prefix["Prefix"] for prefix in top["CommonPrefixes"]] == ["f/"] and len(top["Versions"]) == 2
    assert s3.get_object(Bucket=bucket, Key="a", VersionId="null")["Body"].read() == b"x"
    with pytest.raises(ClientError, match="marker"):
        s3.list_object_versions(Bucket=bucket, VersionIdMarker="null")
    assert boto3.resource("s3").Bucket(bucket).object_versions.delete(), "as programs clear a bucket"
    assert keys(s3, Bucket=bucket) == []


@pytest.mark.parametrize("key", ODD)
def test_odd_keys(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=f"odd/{key}", Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=f"odd/{key}")["Body"].read() == key.encode()
    assert f"odd/{key}" in keys(s3, Bucket=bucket, Prefix="odd/")


def test_listing(s3):
    bucket = name("listing")
    s3.create_bucket(Bucket=bucket)
    given = sorted(["a", "a/1", "a/2", "a/b/3", "b!", "b/1", "z"] + [f"many/{number:03}" for number in range(120)])
    for key in given:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert keys(s3, Bucket=bucket) == given
    assert keys(s3, Bucket=bucket, PaginationConfig={"PageSize": 7}) == given
    assert keys(s3, Bucket=bucket, Prefix="many/", StartAfter="many/117") == ["many/118", "many/119"]
    top = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [entry["Key"] for entry in top["Contents"]] == ["a", "b!", "z"]
    assert [entry["Prefix"] for entry in top["CommonPrefixes"]] == ["a/", "b/", "many/"]
    assert top["KeyCount"] == 6 and top["IsTruncated"] is False
    first = s3.list_objects(Bucket=bucket, MaxKeys=2, Delimiter="/")
    assert first["IsTruncated"] and [entry["Key"] for entry in first["Contents"]] == ["a"]
    rest = s3.list_objects(Bucket=bucket, Delimiter="/", Marker=first["NextMarker"])
    assert [entry["Key"] for entry in rest["Contents"]] == ["b!", "z"]


def test_multipart(s3, bucket):
    parts = [os.urandom(5 << 20), os.urandom(5 << 20), b"end"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big", Metadata={"a": "b"})["UploadId"]
    where = {"Bucket": bucket, "Key": "big", "UploadId": upload}
    etags = [s3.upload_part(PartNumber=number, Body=part, **where)["ETag"] for number, part in enumerate(parts, 1)]
    assert [part["PartNumber"] for part in s3.list_parts(**where)["Parts"]] == [1, 2, 3]
    assert upload in [one["UploadId"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]]
    assert "big" not in keys(s3, Bucket=bucket), "an object is there when its upload is complete"
    done = s3.complete_multipart_upload(
        MultipartUpload={"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]}, **where
    )
    assert done["Location"] == f"{s3.meta.endpoint_url}/{bucket}/big"
    assert done["ETag"].strip('"').endswith("-3")
    assert done["ETag"] == s3.head_object(Bucket=bucket, Key="big")["ETag"]
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == b"".join(parts)
    assert s3.head_object(Bucket=bucket, Key="big")["Metadata"] == {"a": "b"}

    left = s3.create_multipart_upload(Bucket=bucket, Key="left")["UploadId"]
    s3.abort_multipart_upload(Bucket=bucket, Key="left", UploadId=left)
    with pytest.raises(s3.exceptions.NoSuchUpload):
        s3.upload_part(Bucket=bucket, Key="left", UploadId=left, PartNumber=1, Body=b"x")


def test_the_transfer_manager(s3, bucket, tmp_path):
    """upload_file and download_file: multipart above 8 MiB, with threads and trailing checksums."""
    big = tmp_path / "big"
    big.write_bytes(os.urandom(9 << 20))
    s3.upload_file(str(big), bucket, "managed")
    s3.download_file(bucket, "managed", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == big.read_bytes()


def test_copies_and_batch_deletes(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from +1", Body=b"copied", Metadata={"m": "1"})
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from +1"})
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["Metadata"]) == (b"copied", {"m": "1"})
    replaced = {"MetadataDirective": "REPLACE", "Metadata": {"m": "2"}}
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "to"}, **replaced)
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"m": "2"}
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "to"}, {"Key": "from +1"}, {"Key": "never"}]})
    assert sorted(entry["Key"] for entry in gone["Deleted"]) == ["from +1", "never", "to"]
    assert not {"to", "from +1"} & set(keys(s3, Bucket=bucket))


@pytest.mark.parametrize("checksum", ["CRC32", "SHA1", "SHA256"])
def test_checksums(s3, bucket, checksum):
    put = s3.put_object(Bucket=bucket, Key="sum", Body=b"body", ChecksumAlgorithm=checksum)
    got = s3.get_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"body"
    assert got[f"Checksum{checksum}"] == put[f"Checksum{checksum}"]
    once = boto3.client("s3", config=Config(retries={"max_attempts": 1}))
    with pytest.raises(ClientError) as error:
        once.put_object(Bucket=bucket, Key="sum", Body=b"body", ChecksumSHA256="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    assert error.value.response["Error"]["Code"] == "BadDigest"


def test_presigned(s3, bucket):
    where = {"Bucket": bucket, "Key": "pre signed+"}
    # boto3's URLs of version 2 cover the header Content-Type, which urllib would add.
    put = urllib3.PoolManager().request("PUT", s3.generate_presigned_url("put_object", where), body=b"by URL")
    assert put.status == 200
    assert urllib.request.urlopen(s3.generate_presigned_url("get_object", where)).read() == b"by URL"


def test_the_bucket_in_the_name_of_the_host(s3, bucket):
    """As SDKs do by default with a name for endpoint. The connection is ours: not every resolver knows `*.localhost`."""
    s3.put_object(Bucket=bucket, Key="virtual", Body=b"host")
    port = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).port
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    client = boto3.client("s3", endpoint_url=f"http://localhost:{port}", config=config)
    url = urllib.parse.urlsplit(client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "virtual"}))
    assert url.hostname == f"{bucket}.localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"{url.path}?{url.query}", headers={"Host": url.netloc})
    assert connection.getresponse().read() == b"host"


def test_buckets(s3):
    bucket = name("bucket")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    s3.head_bucket(Bucket=bucket)
    assert bucket in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket=bucket)
    assert error.value.response["Error"]["Code"] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError) as error:
        s3.head_bucket(Bucket=bucket)
    assert status(error) == 404


def test_sts(s3):
    sts = boto3.client("sts")
    identity = sts.get_caller_identity()
    assert identity["Account"].isdigit() and len(identity["Account"]) == 12 and identity["Arn"].startswith("arn:aws:")
    taken = sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/reader", RoleSessionName="session")["Credentials"]
    session = boto3.Session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
    assert session.client("s3").list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200
