"""The server's certificate of its own making: clients that are told to trust it do, others do not."""

import os
import ssl

import boto3
import botocore.exceptions
import pytest


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
