"""Outcomes of cases. What makes two values equal is `compare.py`'s business, beside the cases; what Trino 455 answered where it
differs from later releases is in `result_changes.jsonl`."""

import collections
import json
import queue
import re
import threading
from pathlib import Path

from engine import Crashed, Engine, Failed, Hung

RELEASE = 455

# Errors of statements that were read to their end: refused by their name, or for what they say, such as a table without a
# location. The parser gives no other error than SYNTAX_ERROR to a text that it does not understand.
UNDERSTOOD = ("NOT_SUPPORTED", "INVALID_ARGUMENTS", "INVALID_PARAMETER_USAGE")

# status: pass, wrong, type, error, no_error, wrong_error, crash, timeout. why: the kind of failure, for counting alike ones.
Outcome = collections.namedtuple("Outcome", "case status why got")


def lines(file):
    """The JSON of each line; only a newline ends one."""
    with open(file, encoding="utf-8", newline="\n") as text:
        return [json.loads(line) for line in text if line.strip()]


def load(files):
    """The cases of the files, with unique ids and the results of our release."""
    changes = {}
    for file in files:
        path = Path(file).parent / "result_changes.jsonl"
        if path.is_file() and not changes:
            changes = {(line["id"], line["sql"]): line for line in lines(path) if line["release"] == RELEASE}
    cases, seen = [], collections.Counter()
    for file in files:
        for case in lines(file):
            changed = changes.get((case["id"], case["sql"]))
            if changed:
                cases.append(newer(case, changed["now"]))
                case["expected"] = changed["then"]
            if "expected" in case:
                case["expected"] = without_plus(case["expected"])
            seen[case["id"]] += 1
            if seen[case["id"]] > 1:
                case["id"] += "#%d" % seen[case["id"]]
            case["family"] = Path(file).stem
            if not case.get("skip_data"):
                cases.append(case)
    return cases


def newer(case, now):
    """The case in a session with the rules that came after our release, and what is stated for those."""
    case = {**case, "id": case["id"] + "@newer", "family": "newer_rules", "newer": True}
    case.pop("expected", None)
    return {**case, **(now if isinstance(now, dict) else {"expected": now})}


def without_plus(value):
    """`compare.py` reads the infinity of numbers without a sign only."""
    if isinstance(value, list):
        return [without_plus(item) for item in value]
    return {"$number": "Infinity"} if value == {"$number": "+Infinity"} else value


def shape(message):
    """The message without what differs from case to case."""
    message = re.sub(r"line \d+:\d+: ", "", message.splitlines()[0])
    message = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", message)
    return re.sub(r"\d+", "N", message)[:100]


def judge(compare, engine, case):
    try:
        result, error = engine.run(case), None
    except Failed as failed:
        result, error = None, failed
    except Crashed as crashed:
        return Outcome(case, "crash", "crash: " + shape(str(crashed)), str(crashed))
    except Hung as hung:
        return Outcome(case, "timeout", "timeout", str(hung))
    if "expect" in case:
        return parsed(case, error)
    if error is not None and error.name == "EXCEEDED_TIME_LIMIT":
        return Outcome(case, "timeout", "timeout", str(error))
    if "error" in case:
        return refused(case, result, error)
    if error is not None:
        return Outcome(case, "error", shape(str(error)), str(error))
    status, types_match = compare.judge(case, result, None)
    got = {"types": result.types, "rows": result.rows[:5]}
    if status == "pass" and types_match is False:
        return Outcome(case, "type", "type: %s for %s" % (first_difference(compare, case["types"], result.types)), got)
    about = case.get("function") or case.get("operator") or ", ".join(case.get("functions") or []) or case.get("kind", "")
    return Outcome(case, status, None if status == "pass" else "wrong value: " + about, got)


def first_difference(compare, stated, got):
    for one, other in zip(stated, got or []):
        if one is not None and compare.family(one) != compare.family(other):
            return compare.family(other), compare.family(one)
    return "another number of columns", "those stated"


def parsed(case, error):
    understood = error is None or error.name in UNDERSTOOD
    if case["expect"] == "rejects":
        if not understood:
            return Outcome(case, "pass", None, str(error))
        return Outcome(case, "no_error", "parses what is no statement", str(error))
    if understood:
        return Outcome(case, "pass", None, error and str(error))
    return Outcome(case, "error", shape(str(error)), str(error))


def refused(case, result, error):
    if error is None:
        return Outcome(case, "no_error", "no error: " + str(case["error"].get("code", "")), {"rows": result.rows[:5]})
    code = case["error"].get("code")
    if code is not None and code != error.name:
        return Outcome(case, "wrong_error", "%s for %s" % (error.name, code), str(error))
    return Outcome(case, "pass", None, str(error))


def run(compare, binary, cases, seconds=20, tables=None, processes=2, progress=lambda done: None):
    """The outcomes of the cases, in their order."""
    asked, outcomes = queue.SimpleQueue(), [None] * len(cases)
    for numbered in enumerate(cases):
        asked.put(numbered)

    def work():
        engine = Engine(binary, compare, seconds, tables)
        try:
            while True:
                at, case = asked.get_nowait()
                outcomes[at] = judge(compare, engine, case)
                progress(at)
        except queue.Empty:
            engine.stop()

    workers = [threading.Thread(target=work) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return outcomes
