"""The door to another S3: moto stands behind the server, whose roots are `s3://passthrough` and `s3://shared/team`.

The tests of test_s3.py that do not concern the embedded lake run here too, over the bucket of this file.
"""

import base64
import os
import urllib.parse
import zlib

import awswrangler as wr
import boto3
import botocore.session
import pandas
import pyathena
import pytest
import urllib3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from pyathena.pandas.cursor import PandasCursor

from conftest import Statements, wait
from lake import MANY, make
from test_keys import client, refusal
from test_s3 import keys, test_conditions, test_odd_keys, test_the_transfer_manager  # noqa: F401
from test_s3 import test_copies_and_batch_deletes, test_presigned, test_the_bucket_in_the_name_of_the_host  # noqa: F401

BUCKET = "passthrough"


@pytest.fixture(scope="session")
def behind():
    """A client of the S3 behind the server."""
    url, keys = os.environ["BEHIND_URL"], {"aws_access_key_id": "other", "aws_secret_access_key": "other"}
    return boto3.client("s3", endpoint_url=url, **keys)


@pytest.fixture(scope="session")
def bucket(s3, behind):
    """Made through the server; beside it are buckets that only the S3 behind it knows, one of them shared."""
    for other in ("secret", "shared"):
        behind.create_bucket(Bucket=other)
        behind.put_object(Bucket=other, Key="k", Body=b"hidden")
    s3.create_bucket(Bucket=BUCKET)
    return BUCKET


class Placed(Statements):
    """Says with each statement where its results go."""

    def execution(self, sql, **arguments):
        return super().execution(sql, **{"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results/"}, **arguments})


@pytest.fixture(scope="session")
def placed(athena):
    return Placed(athena)


@pytest.fixture(scope="session")
def lake(s3, bucket, placed):
    return make(s3, placed, bucket)


def test_objects_are_those_of_the_other_s3(s3, behind, bucket):
    body = os.urandom(300_000)
    s3.put_object(Bucket=bucket, Key="a b/ü+", Body=body, Metadata={"who": "me"}, ContentType="text/x", ContentEncoding="gzip")
    there = behind.get_object(Bucket=bucket, Key="a b/ü+")
    assert there["Body"].read() == body and there["Metadata"] == {"who": "me"}
    got = s3.get_object(Bucket=bucket, Key="a b/ü+")
    assert (got["ContentType"], got["ContentEncoding"], got["ETag"]) == ("text/x", "gzip", there["ETag"])
    assert got["Body"].read() == body
    part = s3.get_object(Bucket=bucket, Key="a b/ü+", Range="bytes=5-9")
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206 and part["Body"].read() == body[5:10]
    assert s3.head_object(Bucket=bucket, Key="a b/ü+")["ContentLength"] == 300_000
    behind.put_object(Bucket=bucket, Key="new", Body=b"seen at once")
    assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == b"seen at once"
    s3.delete_object(Bucket=bucket, Key="new")
    assert "new" not in keys(behind, Bucket=bucket)
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="new")


def test_multipart(s3, behind, bucket):
    parts = [os.urandom(5 << 20), b"end"]
    where = {"Bucket": bucket, "Key": "big"}
    where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
    etags = [s3.upload_part(PartNumber=number, Body=part, **where)["ETag"] for number, part in enumerate(parts, 1)]
    assert [part["PartNumber"] for part in s3.list_parts(**where)["Parts"]] == [1, 2]
    assert where["UploadId"] in [one["UploadId"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]]
    done = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]}
    assert s3.complete_multipart_upload(MultipartUpload=done, **where)["ETag"].strip('"').endswith("-2")
    assert behind.get_object(Bucket=bucket, Key="big")["Body"].read() == b"".join(parts)
    left = s3.create_multipart_upload(Bucket=bucket, Key="left")["UploadId"]
    s3.abort_multipart_upload(Bucket=bucket, Key="left", UploadId=left)
    assert "Uploads" not in behind.list_multipart_uploads(Bucket=bucket)


def test_listing(s3, bucket):
    given = sorted(f"list/{folder}/{number:02}" for folder in "abc" for number in range(10))
    for key in given:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert keys(s3, Bucket=bucket, Prefix="list/") == given
    assert keys(s3, Bucket=bucket, Prefix="list/", PaginationConfig={"PageSize": 7}) == given
    top = s3.list_objects_v2(Bucket=bucket, Prefix="list/", Delimiter="/")
    assert [entry["Prefix"] for entry in top["CommonPrefixes"]] == ["list/a/", "list/b/", "list/c/"]


def test_roots_of_the_server(s3, behind, bucket):
    denied = ("AccessDenied", 403)
    once = client("s3")
    assert sorted(entry["Name"] for entry in s3.list_buckets()["Buckets"]) == [bucket, "shared"]
    for other, key in (("secret", "k"), ("shared", "k"), ("shared", "teamwork")):
        assert refusal(once.get_object, Bucket=other, Key=key) == denied
        assert refusal(once.put_object, Bucket=other, Key=key, Body=b"x") == denied
        assert refusal(once.copy_object, Bucket=bucket, Key="stolen", CopySource={"Bucket": other, "Key": key}) == denied
        assert refusal(once.delete_objects, Bucket=other, Delete={"Objects": [{"Key": key}]}) == denied
    assert refusal(once.list_objects_v2, Bucket="shared", Prefix="") == denied
    assert refusal(once.delete_bucket, Bucket="shared") == denied
    assert refusal(once.create_bucket, Bucket="third") == denied
    assert refusal(once.delete_objects, Bucket="shared", Delete={"Objects": [{"Key": "team/a"}, {"Key": "k"}]}) == denied
    once.put_object(Bucket="shared", Key="team/a", Body=b"x")
    assert keys(s3, Bucket="shared", Prefix="team/") == ["team/a"]
    once.copy_object(Bucket=bucket, Key="copied", CopySource={"Bucket": "shared", "Key": "team/a"})
    assert [entry["Key"] for entry in once.delete_objects(Bucket="shared", Delete={"Objects": [{"Key": "team/a"}]})["Deleted"]] == ["team/a"]
    assert keys(behind, Bucket="shared") == ["k"] and "stolen" not in keys(behind, Bucket=bucket)


def test_rights_of_a_key(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    limited = client("s3", os.environ["LIMITED_KEY_ID"], os.environ["LIMITED_SECRET"])
    reader = client("s3", os.environ["READER_KEY_ID"], os.environ["READER_SECRET"])
    assert refusal(limited.get_object, Bucket=bucket, Key="k") == ("AccessDenied", 403)
    assert [entry["Name"] for entry in limited.list_buckets()["Buckets"]] == ["shared"]
    assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    for change in (reader.delete_object, reader.put_object, reader.create_multipart_upload, reader.put_object_tagging):
        tags = {"Tagging": {"TagSet": []}} if change == reader.put_object_tagging else {}
        assert refusal(change, Bucket=bucket, Key="k", **tags) == ("AccessDenied", 403)


def test_no_way_around(bucket):
    """By hand, because SDKs would not send these."""
    url = urllib.parse.urlsplit(client("s3", signature_version="s3v4").generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}))
    around = f"/{bucket}/../secret/k"
    for path in (around, f"/{bucket}/%2e%2e/secret/k", f"/{bucket}%2F..%2Fsecret/k"):
        answer = signed("GET", around, {}, sent=path)
        assert answer.status in (400, 501), (path, answer.data)
    assert urllib3.PoolManager().request("GET", url._replace(path="/secret/k").geturl()).status == 403


def signed(method, path, headers, body=b"", trailer=False, sent=None):
    """The answer to a request that is signed as it stands, though its path may be sent in another encoding."""
    request = AWSRequest(method, os.environ["AWS_ENDPOINT_URL"] + path, headers=headers, data=body)
    if trailer:
        request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
    S3SigV4Auth(botocore.session.get_session().get_credentials(), "s3", "us-east-1").add_auth(request)
    head = {**dict(request.headers.items()), "Host": urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc}
    pool = urllib3.HTTPConnectionPool(head["Host"].split(":")[0], int(head["Host"].split(":")[1]))
    # The pool would resolve dots in the path.
    connection = pool._get_conn()
    connection.request(method, sent or path, body=body, headers=head, preload_content=True)
    return connection.getresponse()


def test_checksums_behind_the_body(behind, bucket):
    """As SDKs send them over TLS."""
    body = os.urandom(200_000)

    def put(key, checksum):
        headers = {
            **{"content-encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32"},
            **{"x-amz-decoded-content-length": str(len(body)), "x-amz-sdk-checksum-algorithm": "CRC32"},
        }
        framed = f"{len(body):x}\r\n".encode() + body + f"\r\n0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n".encode()
        return signed("PUT", f"/{bucket}/{key}", headers, framed, trailer=True)

    answer = put("behind", base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode())
    assert answer.status == 200, answer.data
    there = behind.get_object(Bucket=bucket, Key="behind")
    assert there["Body"].read() == body and "aws-chunked" not in there.get("ContentEncoding", "")


def test_a_body_that_is_not_what_was_signed_is_not_kept(behind, bucket):
    headers = {"x-amz-content-sha256": "0" * 64}
    request = AWSRequest("PUT", os.environ["AWS_ENDPOINT_URL"] + f"/{bucket}/changed", headers=headers, data=b"signed")
    S3SigV4Auth(botocore.session.get_session().get_credentials(), "s3", "us-east-1").add_auth(request)
    answer = urllib3.PoolManager().request("PUT", request.url, headers=dict(request.headers.items()), body=b"forged")
    assert answer.status == 403, answer.data
    assert "changed" not in keys(behind, Bucket=bucket)


def test_errors_are_those_of_the_other_s3(bucket):
    once = client("s3")
    assert refusal(once.list_parts, Bucket=bucket, Key="k", UploadId="none") == ("NoSuchUpload", 404)
    assert refusal(once.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", 404)
    answer = signed("GET", f"/{bucket}?session", {})
    assert answer.status == 501 and b"session" in answer.data


def test_queries(lake, athena):
    read = pyathena.connect(s3_staging_dir=lake.output, schema_name=lake.database).cursor(PandasCursor)
    frame = read.execute("SELECT id, name FROM many ORDER BY id").as_pandas()
    assert frame["id"].tolist() == list(range(MANY)) and frame["name"][7] == "n7"
    assert read.output_location == f"{lake.output}{read.query_id}.csv"
    counted = wr.athena.read_sql_query(
        "SELECT symbol, count(*) AS n FROM ticks GROUP BY symbol ORDER BY symbol", lake.database, ctas_approach=False, s3_output=lake.output
    )
    assert counted.values.tolist() == [["AAPL", 3], ["MSFT", 3]]
    elsewhere = {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://secret/"}}
    assert refusal(athena.start_query_execution, **elsewhere)[0] == "AccessDeniedException"


def test_results_need_a_place(athena):
    assert "OutputLocation" not in athena.get_work_group(WorkGroup="primary")["WorkGroup"]["Configuration"].get("ResultConfiguration", {})
    with pytest.raises(athena.exceptions.InvalidRequestException, match="No output location provided"):
        athena.start_query_execution(QueryString="SELECT 1")


def test_awswrangler(bucket, glue):
    glue.create_database(DatabaseInput={"Name": "frames"})
    path = f"s3://{bucket}/frames/"
    frame = pandas.DataFrame({"id": [1, 2, 3], "day": ["x", "x", "y"]})
    wr.s3.to_parquet(frame, path, dataset=True, database="frames", table="frames", partition_cols=["day"])
    assert wr.s3.read_parquet(path, dataset=True)["id"].tolist() == [1, 2, 3]
    read = wr.athena.read_sql_query(
        "SELECT day, count(*) AS n FROM frames GROUP BY day ORDER BY day", "frames", ctas_approach=False, s3_output=f"s3://{bucket}/results/"
    )
    assert read.values.tolist() == [["x", 2], ["y", 1]]
    wr.s3.delete_objects(path)
    assert wr.s3.list_objects(path) == []


def test_a_crawl(bucket, s3, glue):
    s3.put_object(Bucket=bucket, Key="crawled/day=1/a.json", Body=b'{"a": 1}\n')
    glue.create_database(DatabaseInput={"Name": "crawled"})
    glue.create_crawler(Name="crawled", Role="r", DatabaseName="crawled", Targets={"S3Targets": [{"Path": f"s3://{bucket}/crawled/"}]})
    glue.start_crawler(Name="crawled")
    wait("the crawl", lambda: glue.get_crawler(Name="crawled")["Crawler"]["State"] == "READY")
    assert [table["Name"] for table in glue.get_tables(DatabaseName="crawled")["TableList"]] == ["crawled"]
