"""Runs dbt, which has an environment of its own."""

import os
import subprocess


def dbt(project, *arguments):
    """Its exit code and what it said."""
    program = os.environ.get("CIVETTA_DBT")
    assert program, "CIVETTA_DBT names no dbt: `make test` sets it, from tests/requirements-dbt.txt"
    command = [program, "--no-use-colors", *arguments, "--profiles-dir", "."]
    ran = subprocess.run(command, cwd=project[0], capture_output=True, text=True, timeout=120)
    return ran.returncode, ran.stdout + ran.stderr


def passes_debug(project):
    code, said = dbt(project, "debug")
    assert code == 0 and "All checks passed!" in said, said
