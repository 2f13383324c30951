"""The server's certificate of its own making: clients that are told to trust it do, others do not."""

import os
import ssl

from urllib.parse import urlsplit

import boto3
import botocore.exceptions
import pytest
import requests
import trino


def test_clients_that_trust_the_certificate_work():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="tls")
    body = os.urandom(3 << 20)
    s3.put_object(Bucket="tls", Key="a/b", Body=body)
    assert s3.get_object(Bucket="tls", Key="a/b")["Body"].read() == body
    assert boto3.client("sts").get_caller_identity()["Account"] == "000000000000"
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": "tls"})
    assert glue.get_database(Name="tls")["Database"]["Name"] == "tls"
    athena = boto3.client("athena")
    query = athena.start_query_execution(QueryString="SELECT 1 AS x")["QueryExecutionId"]
    assert athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"


def test_clients_that_do_not_trust_it_refuse():
    with pytest.raises(botocore.exceptions.SSLError):
        boto3.client("sts", verify=ssl.get_default_verify_paths().cafile or True).get_caller_identity()


def trino_query(verify):
    """Trino's client with a password, which it sends over TLS only."""
    server = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    user = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    auth = trino.auth.BasicAuthentication(*user)
    connection = trino.dbapi.connect(
        host=server.hostname, port=server.port, http_scheme="https", user=user[0], auth=auth, verify=verify, max_attempts=1
    )
    return connection.cursor().execute("SELECT current_user").fetchall()


def test_trinos_protocol():
    assert trino_query(os.environ["AWS_CA_BUNDLE"]) == [[os.environ["AWS_ACCESS_KEY_ID"]]]
    with pytest.raises((trino.exceptions.TrinoConnectionError, requests.exceptions.SSLError)):
        trino_query(True)
