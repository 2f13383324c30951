"""dbt-trino over TLS, since it sends a password in no other way: `dbt debug`, and a view. CIVETTA_DBT names dbt's environment, as for
dbt-athena."""

import os
from urllib.parse import urlsplit

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
      type: trino
      method: ldap
      http_scheme: https
      host: {server.hostname}
      port: {server.port}
      user: {user}
      password: {password}
      database: awsdatacatalog
      schema: {schema}
      threads: 2
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory, glue):
    schema = name("dbt").replace("-", "_")
    glue.create_database(DatabaseInput={"Name": schema})
    folder = tmp_path_factory.mktemp("dbt")
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(PROJECT)
    server = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    user, password = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    (folder / "profiles.yml").write_text(PROFILES.format(server=server, user=user, password=password, schema=schema))
    (folder / "models" / "nodes.sql").write_text("select node_id, coordinator from system.runtime.nodes")
    return folder, schema


def test_debug(project):
    passes_debug(project)


def test_a_view(project, glue):
    code, said = dbt(project, "run")
    assert code == 0 and "PASS=1 WARN=0 ERROR=0" in said, said
    assert glue.get_table(DatabaseName=project[1], Name="nodes")["Table"]["TableType"] == "VIRTUAL_VIEW"
