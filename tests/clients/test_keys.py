"""Access keys through boto3: what a wrong one is told, and sessions that STS gives."""

import os
import time
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import name


def client(service, id=None, secret=None, token=None, **arguments):
    """A client with other credentials than the environment's."""
    return boto3.client(
        service,
        aws_access_key_id=id or os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=secret or os.environ["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, **arguments),
    )


def refusal(call, **arguments):
    """Code and status of the error that `call` ends with."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_wrong_keys_are_told_in_each_services_words(bucket):
    stranger, liar = {"id": "AKIASTRANGER"}, {"secret": "wrong"}
    for service in ("glue", "athena"):
        call = {"glue": "get_databases", "athena": "list_work_groups"}[service]
        assert refusal(getattr(client(service, **stranger), call)) == ("UnrecognizedClientException", 403)
        assert refusal(getattr(client(service, **liar), call)) == ("InvalidSignatureException", 403)
    assert refusal(client("sts", **stranger).get_caller_identity) == ("InvalidClientTokenId", 403)
    assert refusal(client("sts", **liar).get_caller_identity) == ("SignatureDoesNotMatch", 403)
    assert refusal(client("s3", **stranger).list_buckets) == ("InvalidAccessKeyId", 403)
    assert refusal(client("s3", **liar).put_object, Bucket=bucket, Key="k", Body=b"x") == ("SignatureDoesNotMatch", 403)
    assert refusal(client("s3", token="none").list_buckets) == ("InvalidToken", 400)
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket, Prefix="k")


def test_who_does_not_sign_is_refused(bucket):
    for path, body in (("/", None), (f"/{bucket}/k", None), (f"/{bucket}/k", b"x")):
        request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, data=body, method="PUT" if body else "GET")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 403 and b"<Code>AccessDenied</Code>" in refused.value.read()


def test_presigned_urls_of_both_versions_end(bucket):
    for version, text in (("s3v4", b"four"), ("s3", b"two")):
        s3 = client("s3", signature_version=version)
        where = {"Bucket": bucket, "Key": f"by {version}/ü+"}
        put = s3.generate_presigned_url("put_object", where, ExpiresIn=60)
        urllib.request.urlopen(urllib.request.Request(put, data=text, method="PUT"))
        get = s3.generate_presigned_url("get_object", where, ExpiresIn=1)
        assert urllib.request.urlopen(get).read() == text
        for changed in (get.replace("Signature=", "Signature=0"), get.replace("%C3%BC", "u")):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(changed)
            assert refused.value.code == 403 and b"<Code>SignatureDoesNotMatch</Code>" in refused.value.read()
        time.sleep(2.1)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(get)
        assert refused.value.code == 403 and b"expired" in refused.value.read()


def test_sessions_of_sts(bucket):
    taken = client("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/reader", RoleSessionName="me")["Credentials"]
    session = {"id": taken["AccessKeyId"], "secret": taken["SecretAccessKey"], "token": taken["SessionToken"]}
    assert client("sts", **session).get_caller_identity()["Arn"].endswith(":assumed-role/reader/me")
    client("s3", **session).put_object(Bucket=bucket, Key="by-session", Body=b"x")
    url = client("s3", **session).generate_presigned_url("get_object", {"Bucket": bucket, "Key": "by-session"})
    assert urllib.request.urlopen(url).read() == b"x"
    made = name("session").replace("-", "_")
    client("glue", **session).create_database(DatabaseInput={"Name": made})
    client("glue", **session).delete_database(Name=made)

    without = {**session, "token": None}
    assert refusal(client("glue", **without).get_databases) == ("UnrecognizedClientException", 403)
    forged = {**session, "token": session["token"][:-1] + ("0" if session["token"][-1] != "0" else "1")}
    assert refusal(client("glue", **forged).get_databases) == ("UnrecognizedClientException", 403)
    assert refusal(client("sts").assume_role, RoleArn="arn:aws:iam::000000000000:role/reader", RoleSessionName="me", Policy="{}") == (
        "ValidationError",
        400,
    )
