"""The AWS CLI from PyPI, as people type it."""

import json
import os
import subprocess
import sys

import pytest

from conftest import name, wait


def aws(*arguments):
    """What the CLI prints, read as JSON where it is."""
    ran = aws_run(*arguments)
    assert ran.returncode == 0, f"{arguments}: {ran.stderr}"
    return json.loads(ran.stdout) if ran.stdout.lstrip()[:1] in ("{", "[") else ran.stdout


def aws_run(*arguments):
    program = os.path.join(os.path.dirname(sys.executable), "aws")
    command = [sys.executable, program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"AWS_PAGER": ""}, timeout=60)


def test_athena(lake):
    started = aws(
        *("athena", "start-query-execution", "--query-string", "SELECT symbol, count(*) AS n FROM ticks GROUP BY 1 ORDER BY 1"),
        *("--query-execution-context", f"Database={lake.database}", "--result-configuration", f"OutputLocation={lake.output}"),
    )
    query = started["QueryExecutionId"]
    state = ("athena", "get-query-execution", "--query-execution-id", query, "--query", "QueryExecution.Status.State", "--output", "text")
    wait(query, lambda: aws(*state).strip() == "SUCCEEDED")
    results = aws("athena", "get-query-results", "--query-execution-id", query)
    rows = [[cell["VarCharValue"] for cell in row["Data"]] for row in results["ResultSet"]["Rows"]]
    assert rows == [["symbol", "n"], ["AAPL", "3"], ["MSFT", "3"]]
    tables = aws("athena", "list-table-metadata", "--catalog-name", "AwsDataCatalog", "--database-name", lake.database)
    assert "ticks" in [table["Name"] for table in tables["TableMetadataList"]]


def test_glue(lake):
    database = name("cli").replace("-", "_")
    aws("glue", "create-database", "--database-input", json.dumps({"Name": database}))
    assert aws("glue", "get-database", "--name", database)["Database"]["Name"] == database
    tables = aws("glue", "get-tables", "--database-name", lake.database, "--query", "TableList[].Name")
    assert "ticks" in tables
    refused = aws_run("glue", "get-table", "--database-name", database, "--name", "absent")
    assert refused.returncode != 0 and "EntityNotFoundException" in refused.stderr


def test_s3(bucket, tmp_path):
    folder = tmp_path / "up"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.txt").write_text("one")
    (folder / "sub" / "two +.txt").write_text("two")
    aws("s3", "sync", "--quiet", str(folder), f"s3://{bucket}/up/")
    listed = aws("s3", "ls", "--recursive", f"s3://{bucket}/up/")
    assert [line.split(maxsplit=3)[3] for line in listed.splitlines()] == ["up/one.txt", "up/sub/two +.txt"]
    aws("s3", "cp", "--quiet", f"s3://{bucket}/up/sub/two +.txt", str(tmp_path / "back.txt"))
    assert (tmp_path / "back.txt").read_text() == "two"
    assert aws("s3", "presign", f"s3://{bucket}/up/one.txt").startswith(os.environ["AWS_ENDPOINT_URL"])
    aws("s3", "rm", "--quiet", "--recursive", f"s3://{bucket}/up/")
    assert aws_run("s3", "ls", f"s3://{bucket}/up/").returncode == 1


def test_sts():
    assert len(aws("sts", "get-caller-identity")["Account"]) == 12


@pytest.mark.parametrize("service", ["athena", "glue"])
def test_an_error_is_told_as_aws_tells_it(service):
    asked = {"athena": ("get-work-group", "--work-group", "absent"), "glue": ("get-database", "--name", "absent")}[service]
    refused = aws_run(service, *asked)
    assert refused.returncode != 0 and "An error occurred (" in refused.stderr
