"""dbt-athena: `dbt debug`, and a small project of views, sources and tests. It lives in an environment of its own, since it needs
another PyAthena than ours: CIVETTA_DBT names its `dbt`."""


import pytest

from conftest import name
from dbt_program import dbt, passes_debug

PROJECT = """
name: small
version: "1.0"
profile: civetta
flags: {send_anonymous_usage_stats: false, version_check: false}
"""

PROFILES = """
civetta:
  target: dev
  outputs:
    dev:
      type: athena
      s3_staging_dir: {output}
      s3_data_dir: s3://{bucket}/dbt/
      region_name: us-east-1
      database: awsdatacatalog
      schema: {schema}
      num_retries: 0
      threads: 2
"""

MODELS = {
    "daily.sql": "select day, count(*) as n, max(price) as top from {{ source('lake', 'ticks') }} group by day",
    "best.sql": "select max(top) as best from {{ ref('daily') }}",
    "copied.sql": "{{ config(materialized='table') }} select * from {{ ref('daily') }}",
    "schema.yml": """
sources:
  - name: lake
    database: awsdatacatalog
    schema: {database}
    tables: [{{name: ticks}}]
models:
  - name: daily
    description: one row a day
    columns:
      - {{name: day, data_tests: [not_null, unique, {{accepted_values: {{arguments: {{values: ["2024-05-01", "2024-05-02", "2024-05-03"]}}}}}}]}}
""",
}


@pytest.fixture(scope="module")
def project(lake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dbt")
    folder.joinpath("models").mkdir()
    folder.joinpath("dbt_project.yml").write_text(PROJECT)
    schema = name("dbt").replace("-", "_")
    folder.joinpath("profiles.yml").write_text(PROFILES.format(output=lake.output, bucket=lake.bucket, schema=schema))
    for file, text in MODELS.items():
        text = text.format(database=lake.database) if file.endswith(".yml") else text
        folder.joinpath("models", file).write_text(text)
    return folder, schema


def test_debug(project):
    passes_debug(project)


def test_views_and_their_tests(project, statements):
    code, said = dbt(project, "build", "--exclude", "copied")
    assert code == 0, said
    assert "PASS=5 WARN=0 ERROR=0" in said, said
    assert statements.rows(f"SELECT best FROM {project[1]}.best")[1] == ["102.5"]
    code, said = dbt(project, "run", "--select", "daily")
    assert code == 0, f"a view that is there is replaced: {said}"
    code, said = dbt(project, "show", "--select", "best", "--output", "json")
    assert code == 0 and "102.5" in said, said


def test_docs(project):
    code, said = dbt(project, "docs", "generate")
    assert code == 0, said
    assert "day" in project[0].joinpath("target", "catalog.json").read_text()


def test_a_table_is_refused_by_name(project):
    code, said = dbt(project, "run", "--select", "copied")
    assert code != 0 and "CREATE TABLE AS SELECT is not supported" in said, said
