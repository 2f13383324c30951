"""Access keys through boto3: what a wrong one is told, and sessions that STS gives."""

import os
import time
import urllib.error
import urllib.request

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import Statements, name


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
        # urllib would add a Content-Type, which version 2 signs.
        assert urllib3.PoolManager().request("PUT", put, body=text).status == 200
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


def of(key):
    """Clients and statements with one of the keys that have limits."""
    if f"{key}_KEY_ID" not in os.environ:
        pytest.skip(f"{key}_KEY_ID is not set: there is no key with limits")
    mine = {"id": os.environ[f"{key}_KEY_ID"], "secret": os.environ[f"{key}_SECRET"]}
    return lambda service: client(service, **mine)


@pytest.fixture(scope="module")
def divided(s3, glue, statements):
    """Two databases, `mine` and `theirs`, each with a table over a bucket of its name; and in `mine` a table over the other's bucket."""
    for owner in ("mine", "theirs"):
        s3.create_bucket(Bucket=owner)
        s3.put_object(Bucket=owner, Key="t/a.csv", Body=f"{owner}\n".encode())
        statements.succeed(f"CREATE DATABASE {owner}")
    s3.create_bucket(Bucket="shared")
    for key in ("x/a.csv", "xy/a.csv"):
        s3.put_object(Bucket="shared", Key=key, Body=f"{key}\n".encode())
    for table, folder in (
        ("mine.t", "mine/t"), ("theirs.t", "theirs/t"), ("mine.stolen", "theirs/t"), ("mine.part", "shared/x"), ("mine.beside", "shared/xy")
    ):
        statements.succeed(
            f"CREATE EXTERNAL TABLE {table} (a string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://{folder}/'"
        )


def denied(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    assert "access key may" in execution["Status"]["StateChangeReason"], execution["Status"]


def test_statements_do_what_the_key_may(divided):
    mine = of("LIMITED")
    run = Statements(mine("athena"))
    assert run.rows("SELECT a FROM mine.t")[1:] == [["mine"]]
    assert run.rows("SELECT a FROM mine.part")[1:] == [["x/a.csv"]], "a part of a bucket is enough"
    denied(run.execution("SELECT a FROM mine.beside"))
    denied(run.execution("SELECT a FROM theirs.t"))
    denied(run.execution("SELECT a FROM mine.stolen"))
    denied(run.execution("DROP TABLE theirs.t"))
    denied(run.execution("CREATE DATABASE another"))
    assert run.rows("SHOW DATABASES") == [["mine"]]
    schemas = run.rows("SELECT schema_name FROM information_schema.schemata")[1:]
    assert ["theirs"] not in schemas and ["mine"] in schemas
    where = {"ResultConfiguration": {"OutputLocation": "s3://theirs/results/"}}
    assert refusal(run.athena.start_query_execution, QueryString="SELECT 1", **where)[0] == "AccessDeniedException"
    assert run.rows("SELECT 1", ResultConfiguration={"OutputLocation": "s3://mine/results/"})[1:] == [["1"]]


def test_requests_do_what_the_key_may(divided):
    mine = of("LIMITED")
    s3, glue = mine("s3"), mine("glue")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["mine", "shared"]
    assert s3.get_object(Bucket="mine", Key="t/a.csv")["Body"].read() == b"mine\n"
    for call in (
        lambda: s3.get_object(Bucket="theirs", Key="t/a.csv"),
        lambda: s3.list_objects_v2(Bucket="theirs"),
        lambda: s3.put_object(Bucket="theirs", Key="x", Body=b""),
        lambda: s3.copy_object(Bucket="mine", Key="x", CopySource="theirs/t/a.csv"),
        lambda: s3.delete_object(Bucket="theirs", Key="t/a.csv"),
        lambda: s3.put_object(Bucket="shared", Key="xy/z", Body=b""),
        lambda: s3.get_object(Bucket="mine", Key="../theirs/t/a.csv"),
    ):
        code = refusal(call)[0]
        assert code in ("AccessDenied", "NoSuchKey"), code
    assert refusal(glue.get_table, DatabaseName="theirs", Name="t")[0] == "AccessDeniedException"
    assert [database["Name"] for database in glue.get_databases()["DatabaseList"]] == ["mine"]
    assert {table["DatabaseName"] for table in glue.search_tables()["TableList"]} == {"mine"}
    crawler = {"Role": "arn:aws:iam::000000000000:role/x", "Targets": {"S3Targets": [{"Path": "s3://theirs/t/"}]}}
    assert refusal(glue.create_crawler, Name="sly", DatabaseName="mine", **crawler)[0] == "AccessDeniedException"
    assert refusal(glue.create_crawler, Name="sly", DatabaseName="theirs", **crawler)[0] == "AccessDeniedException"


def test_who_only_reads_changes_nothing(divided):
    reader = of("READER")
    run = Statements(reader("athena"))
    assert run.rows("SELECT a FROM theirs.t")[1:] == [["theirs"]]
    denied(run.execution("DROP TABLE theirs.t"))
    denied(run.execution("CREATE DATABASE another"))
    assert refusal(reader("s3").put_object, Bucket="mine", Key="x", Body=b"")[0] == "AccessDenied"
    assert refusal(reader("s3").delete_object, Bucket="mine", Key="t/a.csv")[0] == "AccessDenied"
    assert refusal(reader("glue").delete_table, DatabaseName="mine", Name="t")[0] == "AccessDeniedException"
    where = {"ResultConfiguration": {"OutputLocation": "s3://mine/t/"}}
    assert refusal(run.athena.start_query_execution, QueryString="SELECT 'more'", **where)[0] == "AccessDeniedException"
    assert refusal(run.athena.start_query_execution, QueryString="SELECT 1", WorkGroup="other")[0] == "AccessDeniedException"


def test_a_work_group_leads_to_no_place_that_its_maker_has_no_right_to(divided):
    athena = of("LIMITED")("athena")
    group, theirs = name("group"), {"ResultConfiguration": {"OutputLocation": "s3://theirs/t/"}}
    assert refusal(athena.create_work_group, Name=group, Configuration=theirs)[0] == "AccessDeniedException"
    athena.create_work_group(Name=group, Configuration={"ResultConfiguration": {"OutputLocation": "s3://mine/results/"}})
    moved = {"ResultConfigurationUpdates": theirs["ResultConfiguration"]}
    assert refusal(athena.update_work_group, WorkGroup=group, ConfigurationUpdates=moved)[0] == "AccessDeniedException"


def test_what_belongs_to_the_account_is_not_for_keys_with_limits(divided, glue):
    """Connections hold passwords, crawlers and triggers tell of places: a key that is limited to some sees none of others."""
    properties = {"JDBC_CONNECTION_URL": "jdbc:postgresql://db/x", "USERNAME": "me", "PASSWORD": "hunter2", "KAFKA_CLIENT_KEY_PASSWORD": "hunter3"}
    made = name("connection")
    glue.create_connection(ConnectionInput={"Name": made, "ConnectionType": "JDBC", "ConnectionProperties": properties})
    assert glue.get_connection(Name=made)["Connection"]["ConnectionProperties"] == properties
    shown = {"JDBC_CONNECTION_URL": "jdbc:postgresql://db/x", "USERNAME": "me"}
    assert glue.get_connection(Name=made, HidePassword=True)["Connection"]["ConnectionProperties"] == shown
    reader, limited = of("READER")("glue"), of("LIMITED")("glue")
    assert reader.get_connection(Name=made)["Connection"]["ConnectionProperties"] == shown, "who only reads needs no password"
    assert {connection["Name"]: connection for connection in reader.get_connections()["ConnectionList"]}[made]["ConnectionProperties"] == shown
    for call, arguments in (
        (limited.get_connection, {"Name": made}),
        (limited.get_connections, {}),
        (limited.delete_connection, {"ConnectionName": made}),
        (limited.get_security_configurations, {}),
        (limited.get_resource_policies, {}),
        (limited.put_resource_policy, {"PolicyInJson": "{}"}),
        (limited.get_tags, {"ResourceArn": f"arn:aws:glue:us-east-1:000000000000:connection/{made}"}),
        (limited.create_classifier, {"CsvClassifier": {"Name": "mine"}}),
    ):
        assert refusal(call, **arguments) == ("AccessDeniedException", 400), call
    assert "Classifiers" in limited.get_classifiers()
    assert refusal(glue.put_data_catalog_encryption_settings, DataCatalogEncryptionSettings={
        "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": True}
    })[0] == "InvalidInputException"


def test_crawlers_and_triggers_are_seen_by_who_may_go_where_they_go(divided, glue):
    role, names = "arn:aws:iam::000000000000:role/x", {}
    for owner in ("mine", "theirs"):
        names[owner] = name(owner)
        targets = {"S3Targets": [{"Path": f"s3://{owner}/t/"}]}
        glue.create_crawler(Name=names[owner], Role=role, DatabaseName=owner, Targets=targets)
        glue.create_trigger(Name=names[owner], Type="ON_DEMAND", Actions=[{"CrawlerName": names[owner]}])
    limited, both = of("LIMITED")("glue"), list(names.values())
    assert set(both) <= set(glue.list_crawlers()["CrawlerNames"]) and set(both) <= set(glue.list_triggers()["TriggerNames"])
    for listed in (
        limited.list_crawlers()["CrawlerNames"],
        [crawler["Name"] for crawler in limited.get_crawlers()["Crawlers"]],
        [crawler["Name"] for crawler in limited.batch_get_crawlers(CrawlerNames=both)["Crawlers"]],
        [measured["CrawlerName"] for measured in limited.get_crawler_metrics()["CrawlerMetricsList"]],
        limited.list_triggers()["TriggerNames"],
        [trigger["Name"] for trigger in limited.get_triggers()["Triggers"]],
        [trigger["Name"] for trigger in limited.batch_get_triggers(TriggerNames=both)["Triggers"]],
    ):
        assert names["mine"] in listed and names["theirs"] not in listed
    for call, arguments in (
        (limited.get_crawler, {"Name": names["theirs"]}),
        (limited.list_crawls, {"CrawlerName": names["theirs"]}),
        (limited.get_trigger, {"Name": names["theirs"]}),
        (limited.start_trigger, {"Name": names["theirs"]}),
        (limited.get_tags, {"ResourceArn": f"arn:aws:glue:us-east-1:000000000000:crawler/{names['theirs']}"}),
    ):
        assert refusal(call, **arguments)[0] == "AccessDeniedException", call
    assert limited.get_crawler(Name=names["mine"])["Crawler"]["Name"] == names["mine"]
    assert limited.list_crawls(CrawlerName=names["mine"])["Crawls"] == []
