"""Every operation of Athena and Glue that the server claims, once through the AWS CLI, each with an answer in the model's shape. The CLI is
run in this process: a process for each of some 130 commands would take minutes."""

import json

import awscli.clidriver
import pytest
from botocore import xform_name

import model
from conftest import wait

DB, TABLE, CRAWLER, ROLE = "cli_sweep", "t", "cli-sweep", "arn:aws:iam::000000000000:role/crawler"
ACCOUNT = "arn:aws:{}:us-east-1:000000000000:"
TAGGED = {"ResourceArn": f"{ACCOUNT.format('glue')}database/{DB}"}
GROUP_TAGGED = {"ResourceARN": f"{ACCOUNT.format('athena')}workgroup/cli-sweep"}
COLUMNS = [{"Name": "x", "Type": "int"}]


def descriptor(path="t/"):
    return {
        "Columns": COLUMNS,
        "Location": f"s3://cli-sweep/{path}",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    }


def table(name=TABLE, **more):
    keys = [{"Name": "day", "Type": "string"}, {"Name": "hour", "Type": "int"}]
    return {"Name": name, "StorageDescriptor": descriptor(), "PartitionKeys": keys, "TableType": "EXTERNAL_TABLE"} | more


def partition(day):
    return {"Values": [day, "1"], "StorageDescriptor": descriptor(f"t/day={day}/hour=1/")}


OF_TABLE = {"DatabaseName": DB, "TableName": TABLE}
OF_PARTITION = OF_TABLE | {"PartitionValues": ["a", "1"]}
STATISTICS = {
    "ColumnName": "x",
    "ColumnType": "int",
    "AnalyzedTime": "2026-01-01T00:00:00Z",
    "StatisticsData": {"Type": "LONG", "LongColumnStatisticsData": {"NumberOfNulls": 0, "NumberOfDistinctValues": 1}},
}
FUNCTION = {"FunctionName": "f", "ClassName": "a.B", "OwnerName": "me", "OwnerType": "USER", "ResourceUris": []}
CONNECTION = {"Name": "c", "ConnectionType": "JDBC", "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:x", "PASSWORD": "hunter2"}}
GROK = {"Name": "cli-sweep", "Classification": "c", "GrokPattern": "%{WORD:w}"}
PREPARED = {"StatementName": "twice", "WorkGroup": "cli-sweep"}
CATALOG = {"CatalogName": "AwsDataCatalog"}

GLUE = [
    ("CreateDatabase", {"DatabaseInput": {"Name": DB}}),
    ("GetDatabase", {"Name": DB}),
    ("GetDatabases", {}),
    ("UpdateDatabase", {"Name": DB, "DatabaseInput": {"Name": DB, "Description": "swept"}}),
    ("TagResource", TAGGED | {"TagsToAdd": {"a": "b"}}),
    ("GetTags", TAGGED),
    ("UntagResource", TAGGED | {"TagsToRemove": ["a"]}),
    ("CreateTable", {"DatabaseName": DB, "TableInput": table()}),
    ("GetTable", {"DatabaseName": DB, "Name": TABLE}),
    ("GetTables", {"DatabaseName": DB}),
    ("UpdateTable", {"DatabaseName": DB, "TableInput": table(Description="second")}),
    ("UpdateTable", {"DatabaseName": DB, "TableInput": table(Description="third")}),
    ("SearchTables", {"SearchText": "third"}),
    ("GetTableVersion", OF_TABLE | {"VersionId": "1"}),
    ("GetTableVersions", OF_TABLE),
    ("DeleteTableVersion", OF_TABLE | {"VersionId": "1"}),
    ("BatchDeleteTableVersion", OF_TABLE | {"VersionIds": ["0", "77"]}),
    ("CreatePartition", OF_TABLE | {"PartitionInput": partition("a")}),
    ("BatchCreatePartition", OF_TABLE | {"PartitionInputList": [partition("a"), partition("b"), partition("c")]}),
    ("GetPartition", OF_PARTITION),
    ("GetPartitions", OF_TABLE | {"Expression": "day > 'a' AND hour = 1"}),
    ("BatchGetPartition", OF_TABLE | {"PartitionsToGet": [{"Values": ["a", "1"]}, {"Values": ["z", "1"]}]}),
    ("UpdatePartition", OF_TABLE | {"PartitionValueList": ["b", "1"], "PartitionInput": partition("d")}),
    ("BatchUpdatePartition", OF_TABLE | {"Entries": [{"PartitionValueList": ["c", "1"], "PartitionInput": partition("c")}]}),
    ("UpdateColumnStatisticsForTable", OF_TABLE | {"ColumnStatisticsList": [STATISTICS]}),
    ("GetColumnStatisticsForTable", OF_TABLE | {"ColumnNames": ["x", "absent"]}),
    ("DeleteColumnStatisticsForTable", OF_TABLE | {"ColumnName": "x"}),
    ("UpdateColumnStatisticsForPartition", OF_PARTITION | {"ColumnStatisticsList": [STATISTICS]}),
    ("GetColumnStatisticsForPartition", OF_PARTITION | {"ColumnNames": ["x"]}),
    ("DeleteColumnStatisticsForPartition", OF_PARTITION | {"ColumnName": "x"}),
    ("CreatePartitionIndex", OF_TABLE | {"PartitionIndex": {"Keys": ["day"], "IndexName": "i"}}),
    ("GetPartitionIndexes", OF_TABLE),
    ("DeletePartitionIndex", OF_TABLE | {"IndexName": "i"}),
    ("DeletePartition", OF_PARTITION),
    ("BatchDeletePartition", OF_TABLE | {"PartitionsToDelete": [{"Values": ["c", "1"]}, {"Values": ["z", "1"]}]}),
    ("CreateUserDefinedFunction", {"DatabaseName": DB, "FunctionInput": FUNCTION}),
    ("GetUserDefinedFunction", {"DatabaseName": DB, "FunctionName": "f"}),
    ("GetUserDefinedFunctions", {"DatabaseName": DB, "Pattern": "*"}),
    ("UpdateUserDefinedFunction", {"DatabaseName": DB, "FunctionName": "f", "FunctionInput": FUNCTION}),
    ("DeleteUserDefinedFunction", {"DatabaseName": DB, "FunctionName": "f"}),
    ("CreateClassifier", {"GrokClassifier": GROK}),
    ("GetClassifier", {"Name": "cli-sweep"}),
    ("GetClassifiers", {}),
    ("UpdateClassifier", {"GrokClassifier": {"Name": "cli-sweep", "Classification": "d"}}),
    ("CreateCrawler", {"Name": CRAWLER, "Role": ROLE, "DatabaseName": DB, "Targets": {"S3Targets": [{"Path": "s3://cli-sweep/c/"}]}}),
    ("GetCrawler", {"Name": CRAWLER}),
    ("GetCrawlers", {}),
    ("BatchGetCrawlers", {"CrawlerNames": [CRAWLER, "absent"]}),
    ("ListCrawlers", {}),
    ("UpdateCrawler", {"Name": CRAWLER, "Description": "swept"}),
    ("UpdateCrawlerSchedule", {"CrawlerName": CRAWLER, "Schedule": "cron(0 0 1 1 ? *)"}),
    ("StopCrawlerSchedule", {"CrawlerName": CRAWLER}),
    ("StartCrawlerSchedule", {"CrawlerName": CRAWLER}),
    ("StartCrawler", {"Name": CRAWLER}),
    ("GetCrawlerMetrics", {}),
    ("ListCrawls", {"CrawlerName": CRAWLER}),
    ("CreateTrigger", {"Name": "cli-sweep", "Type": "ON_DEMAND", "Actions": [{"CrawlerName": CRAWLER}]}),
    ("GetTrigger", {"Name": "cli-sweep"}),
    ("GetTriggers", {}),
    ("BatchGetTriggers", {"TriggerNames": ["cli-sweep", "absent"]}),
    ("ListTriggers", {}),
    ("UpdateTrigger", {"Name": "cli-sweep", "TriggerUpdate": {"Actions": [{"CrawlerName": CRAWLER}]}}),
    ("StartTrigger", {"Name": "cli-sweep"}),
    ("StopTrigger", {"Name": "cli-sweep"}),
    ("DeleteTrigger", {"Name": "cli-sweep"}),
    ("DeleteCrawler", {"Name": CRAWLER}),
    ("DeleteClassifier", {"Name": "cli-sweep"}),
    ("CreateConnection", {"ConnectionInput": CONNECTION}),
    ("GetConnection", {"Name": "c", "HidePassword": True}),
    ("GetConnections", {}),
    ("UpdateConnection", {"Name": "c", "ConnectionInput": CONNECTION}),
    ("BatchDeleteConnection", {"ConnectionNameList": ["absent"]}),
    ("DeleteConnection", {"ConnectionName": "c"}),
    ("CreateCatalog", {"Name": "cli_sweep", "CatalogInput": {"Description": "swept"}}),
    ("GetCatalog", {"CatalogId": "cli_sweep"}),
    ("GetCatalogs", {}),
    ("UpdateCatalog", {"CatalogId": "cli_sweep", "CatalogInput": {}}),
    ("DeleteCatalog", {"CatalogId": "cli_sweep"}),
    ("GetCatalogImportStatus", {}),
    ("PutDataCatalogEncryptionSettings", {"DataCatalogEncryptionSettings": {"EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"}}}),
    ("GetDataCatalogEncryptionSettings", {}),
    ("CreateSecurityConfiguration", {"Name": "s", "EncryptionConfiguration": {}}),
    ("GetSecurityConfiguration", {"Name": "s"}),
    ("GetSecurityConfigurations", {}),
    ("DeleteSecurityConfiguration", {"Name": "s"}),
    ("PutResourcePolicy", {"PolicyInJson": '{"Version": "2012-10-17", "Statement": []}'}),
    ("GetResourcePolicy", {}),
    ("GetResourcePolicies", {}),
    ("DeleteResourcePolicy", {}),
    ("BatchDeleteTable", {"DatabaseName": DB, "TablesToDelete": ["absent"]}),
    ("DeleteTable", {"DatabaseName": DB, "Name": TABLE}),
    ("DeleteDatabase", {"Name": DB}),
]

ATHENA = [
    ("CreateWorkGroup", {"Name": "cli-sweep", "Configuration": {"ResultConfiguration": {"OutputLocation": "s3://cli-sweep/results/"}}}),
    ("GetWorkGroup", {"WorkGroup": "cli-sweep"}),
    ("ListWorkGroups", {}),
    ("UpdateWorkGroup", {"WorkGroup": "cli-sweep", "Description": "swept"}),
    ("ListEngineVersions", {}),
    ("TagResource", GROUP_TAGGED | {"Tags": [{"Key": "a", "Value": "b"}]}),
    ("ListTagsForResource", GROUP_TAGGED),
    ("UntagResource", GROUP_TAGGED | {"TagKeys": ["a"]}),
    ("StartQueryExecution", {"QueryString": "SELECT 1 AS one", "WorkGroup": "cli-sweep"}),
    ("StopQueryExecution", {"QueryExecutionId": "QueryExecutionId of StartQueryExecution"}),
    ("StartQueryExecution", {"QueryString": "SELECT 2 AS two", "WorkGroup": "cli-sweep"}),
    ("GetQueryExecution", {"QueryExecutionId": "QueryExecutionId of StartQueryExecution"}),
    ("GetQueryResults", {"QueryExecutionId": "QueryExecutionId of StartQueryExecution"}),
    ("GetQueryRuntimeStatistics", {"QueryExecutionId": "QueryExecutionId of StartQueryExecution"}),
    ("BatchGetQueryExecution", {"QueryExecutionIds": ["absent"]}),
    ("ListQueryExecutions", {"WorkGroup": "cli-sweep"}),
    ("CreateNamedQuery", {"Name": "n", "Database": "default", "QueryString": "SELECT 1"}),
    ("GetNamedQuery", {"NamedQueryId": "NamedQueryId of CreateNamedQuery"}),
    ("BatchGetNamedQuery", {"NamedQueryIds": ["absent"]}),
    ("ListNamedQueries", {}),
    ("UpdateNamedQuery", {"NamedQueryId": "NamedQueryId of CreateNamedQuery", "Name": "m", "QueryString": "SELECT 2"}),
    ("DeleteNamedQuery", {"NamedQueryId": "NamedQueryId of CreateNamedQuery"}),
    ("CreatePreparedStatement", PREPARED | {"QueryStatement": "SELECT ?"}),
    ("GetPreparedStatement", PREPARED),
    ("BatchGetPreparedStatement", {"PreparedStatementNames": ["twice", "absent"], "WorkGroup": "cli-sweep"}),
    ("ListPreparedStatements", {"WorkGroup": "cli-sweep"}),
    ("UpdatePreparedStatement", PREPARED | {"QueryStatement": "SELECT ? + 1"}),
    ("DeletePreparedStatement", PREPARED),
    ("DeleteWorkGroup", {"WorkGroup": "cli-sweep", "RecursiveDeleteOption": True}),
    ("ListDataCatalogs", {}),
    ("GetDataCatalog", {"Name": "AwsDataCatalog"}),
    ("ListDatabases", CATALOG),
    ("GetDatabase", CATALOG | {"DatabaseName": "default"}),
    ("ListTableMetadata", CATALOG | {"DatabaseName": "default"}),
    ("GetTableMetadata", CATALOG | {"DatabaseName": "lake", "TableName": "ticks"}),
]

REFUSED = {
    "athena": {
        "CreateDataCatalog": {"Name": "x", "Type": "LAMBDA"},
        "UpdateDataCatalog": {"Name": "AwsDataCatalog", "Type": "GLUE"},
        "DeleteDataCatalog": {"Name": "AwsDataCatalog"},
    },
    # A crawl of nothing has ended before it can be stopped.
    "glue": {"StopCrawler": {"Name": "absent"}},
}
"""Claimed, and never done: there is one catalog."""


@pytest.fixture(scope="module")
def cli(lake):
    """Runs one command; gives what it prints, or the error that it prints. Answers are held to the model on their way in."""
    driver = awscli.clidriver.create_clidriver()
    watched = model.Watch()
    watched.follow(driver.session, "athena")
    watched.follow(driver.session, "glue")

    def run(capsys, service, operation, request):
        command = [service, xform_name(operation, "-"), "--cli-input-json", json.dumps(request)]
        code = driver.main(command)
        printed = capsys.readouterr()
        assert not watched.faults, watched.faults
        if code != 0:
            return None, printed.err
        return json.loads(printed.out or "{}"), ""

    run.answered = watched.answered
    return run


def test_every_operation_that_is_claimed_answers_the_cli(cli, claimed, capsys, s3, lake):
    s3.create_bucket(Bucket="cli-sweep")
    s3.put_object(Bucket="cli-sweep", Key="c/a.json", Body=b'{"x": 1}')
    answers = {}

    def filled(value):
        if isinstance(value, str) and " of " in value:
            member, operation = value.split(" of ")
            return answers[operation][member]
        return lake.database if value == "lake" else value

    for service, steps in (("glue", GLUE), ("athena", ATHENA)):
        for operation, request in steps:
            request = {member: filled(value) for member, value in request.items()}

            def done():
                answers[operation], error = cli(capsys, service, operation, request)
                # A query that runs and a crawler that runs are waited for by asking again.
                waits = ("CrawlerRunningException", "Query has not yet finished")
                assert not error or any(text in error for text in waits), f"{operation}: {error}"
                return not error

            wait(operation, done)
        assert claimed[service] - cli.answered[service] == set(REFUSED[service]), service


@pytest.mark.parametrize(("service", "operation"), [(service, operation) for service in REFUSED for operation in REFUSED[service]])
def test_what_is_never_done_is_refused_in_the_services_words(cli, capsys, service, operation):
    answer, error = cli(capsys, service, operation, REFUSED[service][operation])
    assert answer is None and "An error occurred (" in error and operation in error
