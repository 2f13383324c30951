"""Clients of `latency.rs`: `latency.py ENDPOINT CLIENTS SECONDS` prints what each `SELECT 1` took, in milliseconds.

Each client is a process with a connection of its own and PyAthena's default settings; none begins before all are ready.
"""

import multiprocessing
import sys
import time

import pyathena


def client(endpoint, seconds, ready, waits):
    connection = pyathena.connect(
        s3_staging_dir="s3://civetta-results/",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )

    def query():
        begun = time.perf_counter()
        rows = connection.cursor().execute("SELECT 1").fetchall()
        assert rows == [(1,)], rows
        return (time.perf_counter() - begun) * 1000

    for _ in range(5):
        query()
    ready.wait()
    end = time.perf_counter() + seconds
    mine = []
    while time.perf_counter() < end:
        mine.append(query())
    waits.put(mine)


if __name__ == "__main__":
    endpoint, clients, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    ready, waits = multiprocessing.Barrier(clients), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=client, args=(endpoint, seconds, ready, waits)) for _ in range(clients)]
    for process in processes:
        process.start()
    for _ in processes:
        print(*waits.get())
    for process in processes:
        process.join()
