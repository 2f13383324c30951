"""The flights pipeline to its end: the Hudi table of `hudi_flights.py` is put into the lake, crawled, and shown in a running Superset
by both doors: a dataset, and a chart of altitude over time whose numbers are those that were written.

    superset_flights.py CIVETTA_URL [SUPERSET_URL]      in Superset's own environment; exit status 0: all of it is right

The last line names the saved chart of each door, for those who want a picture of it.
"""

import json
import sys
import time
import uuid
from datetime import timezone
from urllib.parse import quote, urlsplit

import boto3
import requests

import hudi_flights

DATABASE = "hudi_flights"
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}
AXIS = {"columnType": "BASE_AXIS", "sqlExpression": "seen_at", "label": "seen_at", "expressionType": "SQL", "timeGrain": "PT1S"}
HIGHEST = {"expressionType": "SQL", "sqlExpression": "max(altitude_m)", "label": "altitude", "hasCustomLabel": True}


def crawled(url):
    """The table's name in the catalog."""
    s3, glue = (boto3.client(service, endpoint_url=url, **KEYS) for service in ("s3", "glue"))
    s3.create_bucket(Bucket="hudi-flights")
    content, rows = hudi_flights.files()
    for name, body in content.items():
        s3.put_object(Bucket="hudi-flights", Key=f"flights/{name}", Body=body)
    glue.create_database(DatabaseInput={"Name": DATABASE})
    target = {"HudiTargets": [{"Paths": ["s3://hudi-flights/flights/"], "MaximumTraversalDepth": 2}]}
    glue.create_crawler(Name=DATABASE, Role="any", DatabaseName=DATABASE, Targets=target)
    glue.start_crawler(Name=DATABASE)
    while glue.get_crawler(Name=DATABASE)["Crawler"]["State"] != "READY":
        time.sleep(0.2)
    (table,) = glue.get_tables(DatabaseName=DATABASE)["TableList"]
    assert table["StorageDescriptor"]["InputFormat"].startswith("org.apache.hudi."), table
    return table["Name"], rows


class Superset:
    def __init__(self, at):
        self.at, self.session = at, requests.Session()
        login = {"username": "admin", "password": "admin", "provider": "db", "refresh": True}
        token = self.session.post(f"{at}/api/v1/security/login", json=login, timeout=60).json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        csrf = self.session.get(f"{at}/api/v1/security/csrf_token/", timeout=60).json()["result"]
        self.session.headers.update({"X-CSRFToken": csrf, "Referer": at})

    def post(self, path, body):
        answer = self.session.post(f"{self.at}/api/v1/{path}", json=body, timeout=120)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()


def doors(url):
    """SQLAlchemy's URIs as docs/superset.md has them."""
    host = urlsplit(url).netloc
    yield "trino", f"trino://any@{host}/awsdatacatalog/{DATABASE}"
    staging = quote("s3://civetta-results/", safe="")
    yield "athena", (
        f"awsathena+rest://any:any@athena.us-east-1.amazonaws.com:443/{DATABASE}?s3_staging_dir={staging}&endpoint_url={quote(url, safe='')}"
    )


def chart(superset, name, uri, table, rows):
    """Altitude over time for each country, in a saved chart: its number."""
    tag = uuid.uuid4().hex[:6]
    made = {"database_name": f"flights {name} {tag}", "sqlalchemy_uri": uri, "expose_in_sqllab": True}
    database = superset.post("database/", made)["id"]
    # On SQLite, where the rig keeps its metadata, Superset knows a dataset by its name alone.
    virtual = {"table_name": f"{table} by {name} {tag}", "sql": f"SELECT * FROM {table}"}
    dataset = superset.post("dataset/", {"database": database, "schema": DATABASE, **virtual})["id"]
    query = {
        "columns": [AXIS, "country"], "metrics": [HIGHEST], "orderby": [], "filters": [], "row_limit": 10000, "time_range": "No filter",
        "extras": {"time_grain_sqla": "PT1S"}, "series_columns": ["country"],
    }
    form = {
        "datasource": f"{dataset}__table", "viz_type": "echarts_timeseries_line", "x_axis": "seen_at", "time_grain_sqla": "PT1S",
        "metrics": [HIGHEST], "groupby": ["country"], "row_limit": 10000, "adhoc_filters": [],
    }
    context = {
        "datasource": {"id": dataset, "type": "table"}, "force": True, "queries": [query], "form_data": form,
        "result_format": "json", "result_type": "full",
    }
    (result,) = superset.post("chart/data", context)["result"]
    assert not result.get("error"), result["error"]
    # Superset tells times as milliseconds since 1970, whatever their zone.
    found = {(row["country"], int(row["seen_at"]) // 1000): row["altitude"] for row in result["data"]}
    expected = {}
    for row in rows:
        at = (row["country"], int(row["seen_at"].astimezone(timezone.utc).timestamp()))
        expected[at] = max(expected.get(at, float("-inf")), float("-inf") if row["altitude_m"] is None else row["altitude_m"])
    assert found == expected, f"{name}: {sorted(found.items())[:3]}, expected {sorted(expected.items())[:3]}"
    saved = {
        "slice_name": f"Altitude by country, from Hudi, by {name}", "viz_type": form["viz_type"], "datasource_id": dataset,
        "datasource_type": "table", "params": json.dumps(form), "query_context": json.dumps(context),
    }
    return superset.post("chart/", saved)["id"]


def main():
    url, at = sys.argv[1], (sys.argv[2:] + ["http://127.0.0.1:8088"])[0]
    table, rows = crawled(url)
    superset = Superset(at)
    charts = {name: chart(superset, name, uri, table, rows) for name, uri in doors(url)}
    print(f"flights from Hudi: {len(rows)} rows in {table}, charts {charts}")


if __name__ == "__main__":
    main()
