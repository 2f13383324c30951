"""What the tests of real clients share: boto3 clients, names of their own, one way to run a statement, and a small lake.

The clients are as PyPI has them. All that says where they go is the environment: AWS_ENDPOINT_URL, keys and a region. The Rust
test tests/tests/it/clients.rs starts the server and runs this folder; by hand, `civetta serve` in a fresh data directory does.
"""

import os
import sys
import time
import uuid

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import lake as small_lake
import model

for needed in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
    if needed not in os.environ:
        pytest.exit(f"{needed} is not set: these tests are told where the server is by the environment alone", 2)

LIMIT = 60
"""Seconds that anything may take before a test gives it up."""


def name(prefix):
    """A name that no other test uses, legal for buckets, databases and tables alike once `-` is `_`."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def wait(what, ready):
    """The first true answer of `ready`, asked twenty times a second."""
    end = time.monotonic() + LIMIT
    while not (answer := ready()):
        assert time.monotonic() < end, f"{what}: not within {LIMIT} s"
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="session")
def s3():
    return boto3.client("s3")


@pytest.fixture(scope="session")
def glue():
    return model.held(boto3.client("glue"))


@pytest.fixture(scope="session")
def athena():
    return model.held(boto3.client("athena"))


@pytest.fixture(scope="module")
def bucket(s3):
    made = name("clients")
    s3.create_bucket(Bucket=made)
    return made


@pytest.fixture(scope="module")
def catalog(bucket):
    """pyiceberg's Glue catalog. Its own S3 client is Arrow's, which AWS_ENDPOINT_URL does not reach: `s3.endpoint` is how its users
    say it."""
    from pyiceberg.catalog import load_catalog  # half a second that only its tests need

    return load_catalog(
        "glue", **{"type": "glue", "warehouse": f"s3://{bucket}/warehouse", "s3.endpoint": os.environ["AWS_ENDPOINT_URL"]}
    )


@pytest.fixture(scope="module")
def database(glue):
    made = name("db").replace("-", "_")
    glue.create_database(DatabaseInput={"Name": made})
    return made


class Statements:
    """Runs statements through boto3, as a program without any library over it would."""

    def __init__(self, athena):
        self.athena = athena

    def execution(self, sql, **arguments):
        """The execution of `sql` when it has ended, however it has ended."""
        return self.end(self.athena.start_query_execution(QueryString=sql, **arguments)["QueryExecutionId"])

    def end(self, query):
        def ended():
            execution = self.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            return execution if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None

        return wait(query, ended)

    def succeed(self, sql, **arguments):
        execution = self.execution(sql, **arguments)
        assert execution["Status"]["State"] == "SUCCEEDED", f"{sql}: {execution['Status']}"
        return execution

    def rows(self, sql, **arguments):
        """All cells of all rows, the header's too where the statement has one; None is NULL."""
        query = self.succeed(sql, **arguments)["QueryExecutionId"]
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        return [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]


@pytest.fixture(scope="session")
def statements(athena):
    return Statements(athena)


@pytest.fixture(scope="session")
def lake(s3, statements):
    """The small lake: see lake.py."""
    return small_lake.make(s3, statements, name("lake"))


@pytest.fixture(scope="session")
def arrow_endpoint():
    """Arrow's S3 client ignores AWS_ENDPOINT_URL; a plugin of pytest (`-p arrow_endpoint`, from ../shared/clients) gives it one."""
    if "arrow_endpoint" not in sys.modules:
        pytest.skip("Arrow's own S3 client ignores AWS_ENDPOINT_URL, and the plugin that tells it, arrow_endpoint, is not loaded")


NOT_DONE = "is not supported by Civetta"


def services():
    session = botocore.session.get_session()
    return {service: session.get_service_model(service) for service in ("athena", "glue")}


SERVICES = services()


@pytest.fixture(scope="session")
def raw():
    """Clients that send whatever they are given, so that the server has to check it."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return {service: model.held(boto3.client(service, config=config)) for service in SERVICES}


def refusal(client, operation, request):
    """The error of a call, as (code, message); None when it succeeds."""
    try:
        client._make_api_call(operation, request)
        return None
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]


@pytest.fixture(scope="session")
def claimed(raw):
    """The operations that the server does not refuse by name."""
    found = {}
    for service, described in SERVICES.items():
        # Nothing is done by an empty request that wants members; the others only read, all but one that is told so here.
        refused = {operation: refusal(raw[service], operation, {}) for operation in described.operation_names}
        found[service] = {operation for operation, error in refused.items() if error is None or NOT_DONE not in error[1]}
        for operation in set(described.operation_names) - found[service]:
            assert operation in refused[operation][1], f"{operation} is refused without its name: {refused[operation]}"
    return found
