"""What Athena keeps beside queries, through boto3: work groups, named queries, prepared statements, catalogs, tags."""

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import name


def test_work_group(athena, statements, lake):
    group = name("group")
    athena.create_work_group(
        Name=group,
        Description="analysts",
        Configuration={"ResultConfiguration": {"OutputLocation": lake.output}, "EnforceWorkGroupConfiguration": True},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    made = athena.get_work_group(WorkGroup=group)["WorkGroup"]
    assert (made["Name"], made["State"], made["Description"]) == (group, "ENABLED", "analysts")
    assert made["Configuration"]["EnforceWorkGroupConfiguration"] is True
    assert made["Configuration"]["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert group in [entry["Name"] for entry in athena.list_work_groups()["WorkGroups"]]

    elsewhere = {"OutputLocation": f"s3://{lake.bucket}/elsewhere/"}
    execution = statements.succeed("SELECT 1", WorkGroup=group, ResultConfiguration=elsewhere)
    assert execution["WorkGroup"] == group
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(lake.output), "the enforced location wins"
    ids = athena.list_query_executions(WorkGroup=group)["QueryExecutionIds"]
    assert ids == [execution["QueryExecutionId"]]

    account = boto3.client("sts").get_caller_identity()["Account"]
    arn = f"arn:aws:athena:us-east-1:{account}:workgroup/{group}"
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
    athena.untag_resource(ResourceARN=arn, TagKeys=["team"])
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "cost", "Value": "b"}])
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "cost", "Value": "b"}]

    athena.update_work_group(WorkGroup=group, State="DISABLED", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False})
    assert athena.get_work_group(WorkGroup=group)["WorkGroup"]["Configuration"]["EnforceWorkGroupConfiguration"] is False
    with pytest.raises(athena.exceptions.InvalidRequestException):
        athena.start_query_execution(QueryString="SELECT 1", WorkGroup=group)
    athena.delete_work_group(WorkGroup=group, RecursiveDeleteOption=True)
    with pytest.raises(athena.exceptions.InvalidRequestException, match="WorkGroup is not found"):
        athena.get_work_group(WorkGroup=group)


def test_primary_is_there_and_stays(athena):
    primary = athena.get_work_group(WorkGroup="primary")["WorkGroup"]
    assert primary["State"] == "ENABLED"
    assert primary["Configuration"]["ResultConfiguration"]["OutputLocation"] == "s3://civetta-results/"
    with pytest.raises(athena.exceptions.InvalidRequestException):
        athena.delete_work_group(WorkGroup="primary")


def test_named_queries(athena, lake):
    made = [
        athena.create_named_query(Name=f"q{number}", Database=lake.database, QueryString=f"SELECT {number}")["NamedQueryId"]
        for number in range(3)
    ]
    got = athena.get_named_query(NamedQueryId=made[1])["NamedQuery"]
    assert (got["Name"], got["Database"], got["QueryString"]) == ("q1", lake.database, "SELECT 1")
    pages = athena.get_paginator("list_named_queries").paginate(PaginationConfig={"PageSize": 2})
    listed = [query for page in pages for query in page["NamedQueryIds"]]
    assert set(made) <= set(listed) and len(listed) == len(set(listed))
    athena.update_named_query(NamedQueryId=made[0], Name="renamed", QueryString="SELECT 9")
    assert athena.get_named_query(NamedQueryId=made[0])["NamedQuery"]["Name"] == "renamed"
    athena.delete_named_query(NamedQueryId=made[2])
    batch = athena.batch_get_named_query(NamedQueryIds=made)
    assert {query["NamedQueryId"] for query in batch["NamedQueries"]} == set(made[:2])
    assert [missing["NamedQueryId"] for missing in batch["UnprocessedNamedQueryIds"]] == made[2:]
    with pytest.raises(athena.exceptions.InvalidRequestException):
        athena.get_named_query(NamedQueryId=made[2])


def test_prepared_statements(athena, statements, lake):
    prepared = name("p").replace("-", "_")
    key = {"StatementName": prepared, "WorkGroup": "primary"}
    with pytest.raises(athena.exceptions.ResourceNotFoundException):
        athena.get_prepared_statement(**key)
    athena.create_prepared_statement(QueryStatement=f"SELECT count(*) FROM {lake.database}.ticks WHERE symbol = ?", **key)
    assert "WHERE symbol = ?" in athena.get_prepared_statement(**key)["PreparedStatement"]["QueryStatement"]
    assert statements.rows(f"EXECUTE {prepared} USING 'AAPL'")[1] == ["3"]
    assert statements.rows(f"""EXECUTE "{prepared}" USING 'NONE'""")[1] == ["0"]
    assert prepared in [one["StatementName"] for one in athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]]
    athena.update_prepared_statement(QueryStatement="SELECT ? + 1", **key)
    assert statements.rows(f"EXECUTE {prepared} USING 41")[1] == ["42"]
    athena.delete_prepared_statement(**key)
    with pytest.raises(athena.exceptions.ResourceNotFoundException):
        athena.delete_prepared_statement(**key)

    statements.succeed(f"PREPARE {prepared} FROM SELECT 7")
    assert athena.get_prepared_statement(**key)["PreparedStatement"]["StatementName"] == prepared
    assert statements.rows(f"EXECUTE {prepared}")[1] == ["7"]
    statements.succeed(f"DEALLOCATE PREPARE {prepared}")


def test_the_catalog(athena, lake):
    catalogs = athena.list_data_catalogs()["DataCatalogsSummary"]
    assert [(catalog["CatalogName"], catalog["Type"]) for catalog in catalogs] == [("AwsDataCatalog", "GLUE")]
    pages = athena.get_paginator("list_databases").paginate(CatalogName="awsdatacatalog", PaginationConfig={"PageSize": 1})
    assert lake.database in [database["Name"] for page in pages for database in page["DatabaseList"]]
    database = athena.get_database(CatalogName="AwsDataCatalog", DatabaseName=lake.database)["Database"]
    assert database["Name"] == lake.database
    key = {"CatalogName": "AwsDataCatalog", "DatabaseName": lake.database}
    tables = athena.list_table_metadata(Expression="ti.*|high", **key)["TableMetadataList"]
    assert [(table["Name"], table["TableType"]) for table in tables] == [("high", "VIRTUAL_VIEW"), ("ticks", "EXTERNAL_TABLE")]
    table = athena.get_table_metadata(TableName="ticks", **key)["TableMetadata"]
    assert table["Columns"][0] == {"Name": "symbol", "Type": "string", "Comment": "who"}
    assert [key["Name"] for key in table["PartitionKeys"]] == ["day"]
    assert table["Parameters"]["location"] == f"s3://{lake.bucket}/ticks"
    assert table["Parameters"]["serde.serialization.lib"] == "org.openx.data.jsonserde.JsonSerDe"


def test_what_is_not_there(athena, lake):
    with pytest.raises(athena.exceptions.MetadataException, match="Error Code: EntityNotFoundException"):
        athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=lake.database, TableName="absent")
    with pytest.raises(athena.exceptions.MetadataException, match="Error Code: EntityNotFoundException"):
        athena.get_database(CatalogName="AwsDataCatalog", DatabaseName="absent")
    with pytest.raises(ClientError, match="absent"):
        athena.list_databases(CatalogName="absent")


def test_an_operation_that_we_do_not_have_says_so(athena):
    with pytest.raises(athena.exceptions.InvalidRequestException, match="ListNotebookMetadata"):
        athena.list_notebook_metadata(WorkGroup="primary")
