"""Processes that answer cases: the binary `conformance` of the crate `tests`, asked over pipes.

An answer is a `compare.Result`, or one of the exceptions here. A process that dies or hangs is replaced.
"""

import json
import re
import subprocess
import threading

INTERVAL = {"$day to second": r"-?\d+ \d+:\d+:\d+\.\d{3}", "$year to month": r"-?\d+-\d+"}


class Failed(Exception):
    """The engine answered with an error: its text is `NAME: message`."""

    @property
    def name(self):
        return str(self).split(":")[0]


class Crashed(Exception):
    """A panic, or the end of the process."""


class Hung(Exception):
    """No answer, not even that time is up."""


class Engine:
    """One process. `seconds` is what a case may take; `tables` a folder of Parquet files for it."""

    GRACE = 10

    def __init__(self, binary, compare, seconds=20, tables=None):
        self.command = [binary, str(seconds), *([tables] if tables else [])]
        self.compare, self.seconds = compare, seconds
        self.process = None

    def run(self, case):
        reply = self._ask(request(case))
        if reply.get("panicked"):
            raise Crashed(reply["error"])
        if "error" in reply:
            raise Failed(reply["error"])
        rows = [[self._value(value) for value in row] for row in reply["rows"]]
        return self.compare.Result(rows, reply["types"])

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _ask(self, asked):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        hung = threading.Event()

        def kill(process=self.process):
            hung.set()
            process.kill()

        watch = threading.Timer(self.seconds + self.GRACE, kill)
        watch.start()
        try:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if line:
            return json.loads(line)
        self.stop()
        raise Hung("no answer") if hung.is_set() else Crashed("the process ended")

    def _value(self, value):
        """What JSON could not say of 32-bit floats and intervals, said in compare's words."""
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((tag, inner),) = value.items()
        if tag == "$real":
            return inner if isinstance(inner, dict) else self.compare.F32(inner)
        if tag in INTERVAL:
            well_formed = re.fullmatch(INTERVAL[tag], inner)
            return self.compare.trino_value(inner, "interval " + tag[1:]) if well_formed else {"$text": inner}
        if tag in ("$row", "$map"):
            return {tag: self._value(inner)}
        return value


def request(case):
    """The case as the binary reads it. Athena reads `1.2` as a double, Trino as a decimal, unless the case says which."""
    session = case.get("session") or {}
    return {
        "sql": case.get("sql_statement") or case["sql"],
        "setup": case.get("setup") or [],
        "time_zone": session.get("timezone", "UTC"),
        "decimals": case.get("decimals", not case["id"].startswith("athena")),
        "newer": case.get("newer", case.get("kind") == "tpc"),
        "parse": "expect" in case,
    }
