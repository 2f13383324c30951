#!/usr/bin/env python3
"""Runs the rig of ../shared/clients/superset, the real Apache Superset, against a `civetta serve` of its own, by both doors.

    superset.py CIVETTA          CIVETTA is the binary. RIG_SHARED says where the rig is, RIG_VENV and RIG_HOME where it is installed

After it, the flights pipeline's Hudi table is crawled and shown (`superset_flights.py`). The rig is copied first, because it writes
beside itself. Exit status 0: every step passes but those of WRITES, which need CREATE TABLE AS and INSERT; one of them that passes is
told, so that it is taken off the list.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WRITES = ("sqllab: CREATE TABLE AS", "upload a CSV as a table")
"""Steps that write."""


def serve(binary, folder):
    """A server in a fresh data directory, and its address."""
    environment = {**os.environ, "CIVETTA_DATA": str(folder / "data")}
    server = subprocess.Popen(
        [binary, "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, env=environment, cwd=folder, text=True
    )
    for line in server.stderr:
        if line.startswith("civetta serves "):
            return server, next(word for word in line.replace(",", " ").split() if "://" in word)
    sys.exit("the server does not say where it listens")


def main():
    binary = Path(sys.argv[1]).resolve()
    shared = Path(os.environ.get("RIG_SHARED", Path(__file__).resolve().parents[2] / "shared" / "clients" / "superset"))
    if not (shared / "check.py").is_file():
        sys.exit(f"the rig is not at {shared}; RIG_SHARED says where it is")
    cache = Path.home() / ".cache" / "civetta-superset"
    environment = {"RIG_VENV": str(cache / "venv"), "RIG_HOME": str(cache / "home"), **os.environ}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rig = shutil.copytree(shared, folder / "rig")
        python = Path(environment["RIG_VENV"]) / "bin" / "python"

        def run(*command, check=True):
            return subprocess.run([str(part) for part in command], cwd=rig, env=environment, check=check).returncode

        server, url = serve(binary, folder)
        try:
            run("./setup.sh")
            run("./start.sh")
            run(python, "seed.py", "glue", url)
            report = folder / "report.json"
            run(python, "check.py", "--json", report, f"athena={url}", f"trino={url}/awsdatacatalog", check=False)
            flights = run(python, Path(__file__).with_name("superset_flights.py"), url, check=False)
            steps = json.loads(report.read_text())
        finally:
            run("./stop.sh", check=False)
            server.terminate()
            server.wait()
    failed = [step["step"] for step in steps if step["result"] == "FAIL"]
    unexpected = [step for step in failed if not any(name in step for name in WRITES)]
    mended = [name for name in WRITES if not any(name in step for step in failed)]
    print(f"{len(steps)} steps, {len(failed)} failed: {', '.join(failed)}")
    if mended:
        print(f"no longer failing: {', '.join(mended)}")
    sys.exit(bool(unexpected or mended or flights))


if __name__ == "__main__":
    main()
