#!/usr/bin/env python3
"""Runs SQL cases that others wrote, in process and through a server's doors, and says how many give the stated results.

  run.py --binary target/debug/conformance [FILE.jsonl…] [--only TEXT] [-v]   a few: files by name or path, ids or functions with TEXT
  run.py --binary … --write                      all, and the sample through both doors: writes docs/conformance.md and known_failures.txt
  run.py --binary … --sample                     a fixed thirtieth, against known_failures.txt: exit 1 when one that passed fails,
                                                 or one that is known to fail passes
  run.py --binary … --door trino|athena [--sample…]   what is chosen, through a door of `civetta serve`

The cases are in ../shared/conformance/sql beside the repository, or below $CIVETTA_SHARED.
"""

import argparse
import json
import os
import sys
import zlib
from pathlib import Path

import doors
import judge
import report

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KNOWN = HERE / "known_failures.txt"
FILES = [
    "trino_docs", "trino_java_functions", "trino_java_aggregation", "trino_java_query", "trino_java_types", "trino_java_temporal",
    "athena_docs", "athena_docs_parse", "trino_parser", "sqlglot_parse", "tpch_benchto", "tpcds_benchto",
]
SAMPLED = 30


def shared():
    folder = Path(os.environ.get("CIVETTA_SHARED") or ROOT.parent / "shared") / "conformance" / "sql"
    if not (folder / "compare.py").is_file():
        sys.exit("the cases are not there: %s is missing; set CIVETTA_SHARED to the folder that holds conformance/sql" % folder)
    return folder


def known():
    """The ids that are known to fail, with the kind of failure."""
    lines = KNOWN.read_text(encoding="utf-8").splitlines() if KNOWN.is_file() else []
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))


def sampled(case):
    return zlib.crc32(case["id"].encode()) % SAMPLED == 0


def write(outcomes, throughs, at_doors):
    """`throughs` is what was asked at the doors, `at_doors` what fails there alone."""
    failed = sorted((o.case["id"], o.why) for o in [*outcomes, *at_doors] if o.status != "pass")
    head = "# Cases that fail, each with the kind of its failure; written by `make conformance`.\n"
    KNOWN.write_text(head + "".join("%s\t%s\n" % pair for pair in failed), encoding="utf-8")
    (ROOT / "docs" / "conformance.md").write_text(report.page(outcomes, throughs, at_doors), encoding="utf-8")


def show(outcome):
    case = outcome.case
    print("\n%s  %s\n  sql       %s" % (outcome.status.upper(), case["id"], case.get("sql_statement") or case["sql"]))
    expected = {key: case[key] for key in ("expected", "types", "error", "expect") if case.get(key) is not None}
    print("  expected  %s" % json.dumps(expected, ensure_ascii=False)[:1000])
    print("  got       %s" % json.dumps(outcome.got, ensure_ascii=False, default=str)[:1000])


def held(outcomes, door):
    """Whether what passed still passes and what is known to fail, or to fail at this door, still fails."""
    names = known()
    expected = lambda case: case["id"] in names or "%s@%s" % (case["id"], door) in names
    worse = [o for o in outcomes if o.status != "pass" and not expected(o.case)]
    better = [o for o in outcomes if o.status == "pass" and expected(o.case)]
    for outcome in worse:
        show(outcome)
    for outcome in better:
        print("passes now: %s; take it off %s (make conformance does)" % (outcome.case["id"], KNOWN.relative_to(ROOT)))
    print("%d cases: %d worse than known, %d better" % (len(outcomes), len(worse), len(better)))
    return not worse and not better


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="names such as trino_docs, or paths")
    parser.add_argument("--binary", required=True, help="the binary `conformance` of the crate `tests`")
    parser.add_argument("--only", help="cases whose id or functions hold this text")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each case that fails; twice: that passes, too", default=False)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--write", action="store_true", help="write the page and the list of known failures")
    place.add_argument("--door", choices=list(doors.DOORS), help="through this door of a server, which gets the cases after they ran in process")
    parser.add_argument("--sample", action="store_true", help="a fixed part, against the list of known failures")
    parser.add_argument("--server", help="the binary `civetta`, which is otherwise beside the other one")
    parser.add_argument("--tables", help="a folder of Parquet files, TABLE/*.parquet, for tpch and tpcds")
    parser.add_argument("--seconds", type=int, default=20, help="what a case may take")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def chosen(options, folder):
    files = [Path(name) if name.endswith(".jsonl") else folder / (name + ".jsonl") for name in options.files or FILES]
    cases = judge.load(files)
    if options.sample:
        cases = [case for case in cases if sampled(case)]
    if options.only:
        about = lambda case: [case["id"], case.get("function") or "", *(case.get("functions") or [])]
        cases = [case for case in cases if any(options.only in text for text in about(case))]
    return cases


def through(compare, options, door, inside):
    """The outcomes at a door of the cases that were run `inside`, in process."""
    server = options.server or str(Path(options.binary).resolve().with_name("civetta"))
    asked = doors.run(compare, options.binary, server, door, inside, options.seconds, options.processes)
    for reason, count in asked.skipped.most_common():
        print("the %s door is not asked %d cases: %s" % (door, count, reason))
    return asked


def main():
    options, folder = arguments(), shared()
    sys.path.insert(0, str(folder))
    import compare

    cases = chosen(options, folder)
    if not cases:
        sys.exit("no case is chosen")
    step = lambda done: print("  %d of %d" % (done, len(cases)), file=sys.stderr) if done and done % 1000 == 0 else None
    outcomes = judge.run(compare, options.binary, cases, options.seconds, options.tables, options.processes, step)
    if options.door:
        outcomes = through(compare, options, options.door, outcomes).outcomes
    if options.sample:
        sys.exit(0 if held(outcomes, options.door) else 1)
    if options.verbose:
        for outcome in outcomes:
            if outcome.status != "pass" or len(cases) == 1:
                show(outcome)
    print("\n".join([*report.value_table(outcomes), *report.parse_table(outcomes), "", *report.kinds(outcomes)]))
    if options.write:
        inside = [outcome for outcome in outcomes if sampled(outcome.case)]
        throughs = [through(compare, options, door, inside) for door in doors.DOORS]
        print("\n".join(report.door_table(throughs)))
        at_doors = [outcome for asked in throughs for outcome in doors.failures(asked, inside)]
        for outcome in at_doors:
            show(outcome)
        write(outcomes, throughs, at_doors)


if __name__ == "__main__":
    main()
