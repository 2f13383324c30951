"""Our operations against the services' own models: each is there, is refused or is unknown as it should be, wants what the model wants,
and answers what the model has. The check of answers is in model.py and also watches the other tests' clients."""

import json
import os
import urllib.error
import urllib.request

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

import model
from conftest import SERVICES, name, refusal


def test_there_are_operations(claimed):
    assert {"StartQueryExecution", "GetWorkGroup", "GetTableMetadata"} <= claimed["athena"]
    assert {"GetTable", "CreateCrawler", "GetPartitions"} <= claimed["glue"]
    assert "StartSession" not in claimed["athena"] and "StartJobRun" not in claimed["glue"]


def test_what_the_model_requires_is_required(claimed, raw):
    """All that is missing is said at once by Athena, at least one thing by Glue."""
    wrong = []
    for service, operations in claimed.items():
        for operation in sorted(operations):
            shape = SERVICES[service].operation_model(operation).input_shape
            # Tokens are put in by botocore.
            needed = [member for member in shape.required_members if not shape.members[member].metadata.get("idempotencyToken")]
            if not needed:
                continue
            error = refusal(raw[service], operation, {})
            if error is None:
                wrong.append(f"{operation} succeeds without {needed}")
            elif service == "athena":
                wants = [f"Value null at '{spelled(member)}' failed to satisfy constraint" for member in needed]
                missing = [want for want in wants if want not in error[1]]
                if missing or error[0] != "InvalidRequestException":
                    wrong.append(f"{operation}: {error} lacks {missing}")
    assert not wrong, "\n".join(wrong)


def spelled(member):
    return member[0].lower() + member[1:]


def legal(shape, member):
    """Some value that the model allows."""
    samples = {"WorkGroup": "primary", "CatalogName": "AwsDataCatalog", "StatementName": "absent", "Type": "GLUE"}
    if member in samples:
        return samples[member]
    if shape.type_name == "list":
        return [legal(shape.member, "")]
    if shape.type_name == "structure":
        return {part: legal(shape.members[part], part) for part in shape.required_members}
    return {"string": "absent", "integer": 1, "long": 1, "boolean": False, "map": {}}[shape.type_name]


def illegal(shape):
    """Values that the model does not allow, one for each of its constraints."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name == "string":
        if getattr(shape, "enum", None):
            yield "NEITHER"
        if least:
            yield "x" * (least - 1)
        if most:
            yield "x" * (most + 1)
        # \u ranges mean all of Unicode, and the others are in the least and most.
        if "pattern" in shape.metadata and "\\u" not in shape.metadata["pattern"]:
            yield "a b"
    elif shape.type_name in ("integer", "long"):
        if least is not None:
            yield least - 1
        if most is not None:
            yield most + 1
    elif shape.type_name == "list":
        if least:
            yield []
        if most and most < 100:
            yield [legal(shape.member, "")] * (most + 1)


# These are refused in words of their own, which were seen on AWS, and after other checks; other tests look at them.
ELSEWHERE = {("GetQueryResults", "MaxResults"), ("GetQueryResults", "QueryResultType")}


def test_athena_holds_requests_to_the_model(claimed, raw):
    wrong, tried = [], 0
    for operation in sorted(claimed["athena"]):
        shape = SERVICES["athena"].operation_model(operation).input_shape
        complete = {member: legal(shape.members[member], member) for member in shape.required_members}
        for member, constrained in shape.members.items():
            for value in illegal(constrained) if (operation, member) not in ELSEWHERE else ():
                tried += 1
                error = refusal(raw["athena"], operation, complete | {member: value})
                said = f"at '{spelled(member)}' failed to satisfy constraint"
                if error is None or error[0] != "InvalidRequestException" or said not in error[1]:
                    wrong.append(f"{operation}.{member} = {str(value)[:40]!r}: {str(error)[:200]}")
    assert tried > 100
    assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(wrong)


def test_operations_that_no_model_has_are_unknown():
    for target in ("AmazonAthena.Nonsense", "AWSGlue.Nonsense", "AWSGlue.GetWorkGroup"):
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        signed = AWSRequest(method="POST", url=os.environ["AWS_ENDPOINT_URL"], data=b"{}", headers=headers)
        service = "athena" if target.startswith("AmazonAthena") else "glue"
        SigV4Auth(botocore.session.get_session().get_credentials(), service, "us-east-1").add_auth(signed)
        request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], b"{}", dict(signed.headers))
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        assert (caught.value.code, json.load(caught.value)["__type"]) == (400, "UnknownOperationException"), target


def test_every_operation_of_athena_answers_as_the_model_has_it(claimed, athena, statements, lake):
    """Those of which a success is checked by the client itself. Data catalogs can neither be made nor changed."""
    context = {"QueryExecutionContext": {"Database": lake.database}, "ResultConfiguration": {"OutputLocation": lake.output}}
    query = statements.succeed("SELECT * FROM types", **context)["QueryExecutionId"]
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query, PaginationConfig={"PageSize": 1})
    assert len(list(pages)) > 1
    for sql in ("SHOW TABLES", "DESCRIBE ticks", "EXPLAIN SELECT 1", "SHOW CREATE VIEW high"):
        athena.get_query_results(QueryExecutionId=statements.succeed(sql, **context)["QueryExecutionId"])
    statements.execution("SELECT absent FROM ticks", **context)
    athena.batch_get_query_execution(QueryExecutionIds=[query, "absent"])
    athena.list_query_executions(MaxResults=1)
    athena.get_query_runtime_statistics(QueryExecutionId=query)
    athena.stop_query_execution(QueryExecutionId=query)

    group = name("model")
    athena.create_work_group(Name=group, Tags=[{"Key": "a", "Value": ""}])
    athena.update_work_group(WorkGroup=group, ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000})
    assert athena.get_work_group(WorkGroup=group)["WorkGroup"]["Configuration"]["BytesScannedCutoffPerQuery"] == 10_000_000
    athena.list_work_groups(MaxResults=1)
    athena.list_engine_versions()
    arn = f"arn:aws:athena:us-east-1:000000000000:workgroup/{group}"
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "c"}])
    athena.list_tags_for_resource(ResourceARN=arn)
    athena.untag_resource(ResourceARN=arn, TagKeys=["b"])

    named = athena.create_named_query(Name="n", Database="d", QueryString="SELECT 1", WorkGroup=group)["NamedQueryId"]
    athena.update_named_query(NamedQueryId=named, Name="m", QueryString="SELECT 2")
    athena.get_named_query(NamedQueryId=named)
    athena.batch_get_named_query(NamedQueryIds=[named, "absent"])
    athena.list_named_queries(WorkGroup=group)
    athena.delete_named_query(NamedQueryId=named)

    prepared = {"StatementName": "model_p", "WorkGroup": group}
    athena.create_prepared_statement(QueryStatement="SELECT ?", **prepared)
    athena.update_prepared_statement(QueryStatement="SELECT ? + 1", Description="more", **prepared)
    athena.get_prepared_statement(**prepared)
    athena.batch_get_prepared_statement(PreparedStatementNames=["model_p", "absent"], WorkGroup=group)
    athena.list_prepared_statements(WorkGroup=group)
    with pytest.raises(athena.exceptions.InvalidRequestException, match="not empty"):
        athena.delete_work_group(WorkGroup=group)
    athena.delete_prepared_statement(**prepared)
    athena.delete_work_group(WorkGroup=group)

    catalog = {"CatalogName": "AwsDataCatalog"}
    athena.list_data_catalogs()
    athena.get_data_catalog(Name="awsdatacatalog")
    athena.list_databases(MaxResults=1, **catalog)
    athena.get_database(DatabaseName=lake.database, **catalog)
    athena.list_table_metadata(DatabaseName=lake.database, **catalog)
    for table in ("ticks", "high"):
        athena.get_table_metadata(DatabaseName=lake.database, TableName=table, **catalog)
    assert claimed["athena"] - athena.answered == {"CreateDataCatalog", "UpdateDataCatalog", "DeleteDataCatalog"}


def test_updates_of_work_groups_are_done_or_refused(athena):
    group = name("update")
    athena.create_work_group(Name=group)
    for updates in ({"ExecutionRole": "arn:aws:iam::000000000000:role/spark"}, {"RequesterPaysEnabled": True}):
        with pytest.raises(athena.exceptions.InvalidRequestException, match=next(iter(updates))):
            athena.update_work_group(WorkGroup=group, ConfigurationUpdates=updates)
    athena.delete_work_group(WorkGroup=group)


SHAPE = SERVICES["athena"].operation_model("GetWorkGroup").output_shape
GOOD = {"WorkGroup": {"Name": "g", "State": "ENABLED", "CreationTime": 1.5, "Configuration": {"RequesterPaysEnabled": False}}}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"Tags": {}}, ".WorkGroup.Tags: not a member of WorkGroup"),
        ({"Description": None}, ".WorkGroup.Description: null"),
        ({"Name": 1}, ".WorkGroup.Name: 1 is no string"),
        ({"State": "ON"}, ".WorkGroup.State: 'ON' is none of ['ENABLED', 'DISABLED']"),
        ({"CreationTime": "2026-01-01"}, ".WorkGroup.CreationTime: '2026-01-01' is no timestamp"),
        ({"Configuration": {"RequesterPaysEnabled": 0}}, ".WorkGroup.Configuration.RequesterPaysEnabled: 0 is no boolean"),
        ({"Configuration": {"BytesScannedCutoffPerQuery": 1}}, ".WorkGroup.Configuration.BytesScannedCutoffPerQuery: 1 is out of range"),
    ],
)
def test_the_check_finds_what_is_wrong(change, fault):
    assert model.faults(SHAPE, GOOD) == []
    assert model.faults(SHAPE, {"WorkGroup": GOOD["WorkGroup"] | change}) == [fault]


def test_the_check_misses_what_is_required():
    operation = SERVICES["athena"].operation_model("GetNamedQuery")
    assert ".NamedQuery.Database: missing" in model.faults(operation.output_shape, {"NamedQuery": {"Name": "n", "QueryString": "q"}})
    assert model.faults(SERVICES["athena"].operation_model("ListWorkGroups").output_shape, {"NextToken": ""})
    assert model.error_faults(operation, 400, {"__type": "ResourceNotFoundException", "Message": "m"})
    assert model.error_faults(operation, 500, {"__type": "InternalServerException", "Message": "m"})
    assert model.error_faults(operation, 400, {"__type": "InvalidRequestException", "AthenaErrorCode": "X", "Message": "m"}) == []
