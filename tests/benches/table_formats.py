"""Peers of `table_formats.rs`: `table_formats.py checkpoint FOLDER` has deltalake write a checkpoint of a Delta log, and
`table_formats.py FOLDER SQL` prints what deltalake, whose queries are DataFusion's, takes for a query of the table `t`, in milliseconds:
opening the log and the whole, medians of 5."""

import statistics
import sys
import time

from deltalake import DeltaTable, QueryBuilder


def milliseconds(work):
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def median(work):
    return statistics.median(milliseconds(work) for _ in range(5))


if __name__ == "__main__":
    if sys.argv[1] == "checkpoint":
        DeltaTable(sys.argv[2]).create_checkpoint()
        sys.exit()
    folder, sql = sys.argv[1:]
    query = lambda: QueryBuilder().register("t", DeltaTable(folder)).execute(sql).read_all()
    print(median(lambda: DeltaTable(folder)), median(query))
