"""Doors that answer cases: a `civetta serve`, asked over HTTP in Trino's protocol or through Athena's API.

A door is asked as an engine of `engine.py` is. Trino's protocol says all of an answer; Athena's cells are text, which is read by the
types that the same statement has in process. A session of Athena's is in UTC and reads `1.2` as a double; `unaskable` says which
cases it is not asked, and why.
"""

import base64
import collections
import http.client
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

import judge
from engine import Crashed, Failed, Hung, request

# in_process: how many of those that were asked pass in process. skipped: how many were not asked, by why.
Through = collections.namedtuple("Through", "door outcomes in_process skipped")

START = 30
NESTED = ("array(", "map(", "row(")
INTEGERS = ("tinyint", "smallint", "integer", "bigint")
RENAMED = {"real": "float", "number": "varchar", "variant": "json"}
"""Types that Athena's ColumnInfo has under another name."""
SIGNS = re.compile(r"[,=\[\](){}]|^null$|^\s|\s$|^$")
"""What makes a text inside of an array, a map or a row look like its end, like NULL, or like nothing."""


class Server:
    """`civetta serve` with a data directory of its own."""

    def __init__(self, binary):
        self.binary = binary

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        log = Path(self.folder.name) / "serve.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("CIVETTA_", "AWS_"))}
        command = [self.binary, "serve", "--listen", "127.0.0.1:0", "--data", str(Path(self.folder.name) / "data")]
        with open(log, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(command, stderr=file, env=environment, cwd=self.folder.name)
        until = time.monotonic() + START
        while self.process.poll() is None and time.monotonic() < until:
            served = re.search(r"^civetta serves .*://([^\s,/]+).*\n", log.read_text(encoding="utf-8"), re.M)
            if served:
                self.address = served[1]
                return self
            time.sleep(0.01)
        said = log.read_text(encoding="utf-8")
        self.__exit__()
        raise SystemExit("%s does not say where it listens: %s" % (self.binary, said))

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class Door:
    """A connection to a server."""

    GRACE = 10

    def __init__(self, compare, address, seconds):
        self.compare, self.seconds = compare, seconds
        self.connection = http.client.HTTPConnection(address, timeout=seconds + self.GRACE)

    def run(self, case):
        """A door runs what `judge` wants only parsed: whatever is then wrong with it, it was read to its end."""
        try:
            return self.answer(case)
        except Failed as failed:
            if "expect" in case and failed.name != "SYNTAX_ERROR":
                return self.compare.Result([], [])
            raise

    def ask(self, method, path, body=None, headers=None):
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            return answer, answer.read().decode("utf-8")
        except TimeoutError:
            self.connection.close()
            raise Hung("no answer") from None
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise Crashed("%s: %s" % (type(error).__name__, error)) from None

    def result(self, rows, types):
        return self.compare.Result([[self.cell(*cell) for cell in zip(row, types)] for row in rows], types)

    def cell(self, value, of):
        """compare's word for a value; what is none of its type is a text, which is equal to none."""
        try:
            return self.value(value, of)
        except (ValueError, TypeError, AttributeError, LookupError):
            return {"$text": json.dumps(value)}

    def value(self, value, of):
        """Of what Trino's protocol says. Keys of maps are texts there, nested ones as Java prints them."""
        key = split(of[4:-1])[0] if of.startswith("map(") else ""
        if isinstance(value, dict) and key.startswith(NESTED):
            value = [[read(text, key), item] for text, item in value.items()]
        return self.compare.trino_value(value, re.sub(r"\bnumber\b", "decimal", of))


class Trino(Door):
    """`POST /v1/statement` and the addresses that follow. A session is in its headers."""

    KEPT = {"X-Trino-Set-Session": "X-Trino-Session", "X-Trino-Added-Prepare": "X-Trino-Prepared-Statement"}

    def answer(self, case):
        asked = request(case)
        session = {"decimal_literals": json.dumps(asked["decimals"]), "query_max_run_time": "%ds" % self.seconds}
        if asked["newer"]:
            session.update(legacy_arithmetic_decimal_operators="false", legacy_varchar_to_char_coercion="false")
        headers = {
            "X-Trino-User": "conformance",
            "X-Trino-Time-Zone": asked["time_zone"],
            "X-Trino-Session": ",".join("%s=%s" % pair for pair in session.items()),
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }
        for statement in asked["setup"]:
            self.follow(statement, headers)
        return self.result(*self.follow(asked["sql"], headers))

    def follow(self, sql, headers):
        """The rows and types of a statement; what it changes of the session goes into the headers."""
        columns, rows = [], []
        method, path, body = "POST", "/v1/statement", sql.encode()
        while path:
            answer, text = self.ask(method, path, body, headers)
            if answer.status != 200:
                raise Failed("HTTP %d: %s" % (answer.status, text))
            page = json.loads(text)
            if page.get("error"):
                raise Failed("%s: %s" % (page["error"]["errorName"], page["error"]["message"]))
            for told, kept in self.KEPT.items():
                if answer.headers[told]:
                    headers[kept] = ",".join(filter(None, [headers.get(kept), answer.headers[told]]))
            columns = page.get("columns") or columns
            rows += page.get("data") or []
            method, path, body = "GET", urllib.parse.urlsplit(page.get("nextUri") or "").path, None
        return rows, [column["type"] for column in columns]


class Athena(Door):
    """`StartQueryExecution`, `GetQueryExecution` until it is over, `GetQueryResults` page by page, without a signature."""

    def answer(self, case):
        query = {"QueryExecutionId": self.call("StartQueryExecution", QueryString=request(case)["sql"])["QueryExecutionId"]}
        has_header = self.wait(query)["StatementType"] == "DML"
        rows, token = [], {}
        while token is not None:
            page = self.call("GetQueryResults", **query, **token)
            rows += page["ResultSet"]["Rows"]
            token = {"NextToken": page["NextToken"]} if page.get("NextToken") else None
        told = [column["Type"] for column in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
        known = case["types_in_process"] or told
        types = [full if base(full) == name else name for full, name in zip(known, told)] if len(known) == len(told) else told
        return self.result([[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[has_header:]], types)

    def value(self, value, of):
        return super().value(read(value, of), of)

    def call(self, operation, **members):
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonAthena." + operation}
        answer, text = self.ask("POST", "/", json.dumps(members).encode(), headers)
        told = json.loads(text)
        if answer.status == 200:
            return told
        message = told.get("message") or told.get("Message") or text
        malformed = told.get("AthenaErrorCode") == "MALFORMED_QUERY"
        raise Failed("SYNTAX_ERROR: " + message if malformed else message)

    def wait(self, query):
        until, pause = time.monotonic() + self.seconds + self.GRACE, 0.002
        while time.monotonic() < until:
            execution = self.call("GetQueryExecution", **query)["QueryExecution"]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                return execution
            if status["State"] in ("FAILED", "CANCELLED"):
                raise Failed(status.get("StateChangeReason") or status["State"])
            time.sleep(pause)
            pause = min(2 * pause, 0.2)
        self.call("StopQueryExecution", **query)
        raise Hung("not over")


DOORS = {"trino": Trino, "athena": Athena}


def base(of):
    """The type as ColumnInfo has it."""
    name = re.sub(r"\(.*\)", "", of)
    return RENAMED.get(name, name)


def read(text, of):
    """Athena's text of a value of this type, as Trino's protocol has the value."""
    if text is None:
        return None
    inner = split(of[of.index("(") + 1 : -1]) if of.startswith(NESTED) else []
    if inner:
        inside = lambda text, of: read(None if text == "null" else text, of)
        parts = split(text[1:-1]) if text[1:-1] else []
        if of.startswith("array("):
            return [inside(part, inner[0]) for part in parts]
        if of.startswith("map("):
            return [[inside(*pair) for pair in zip(part.split("=", 1), inner)] for part in parts]
        return [inside(*unnamed(*pair)) for pair in zip(parts, inner)]
    if of in INTEGERS:
        return int(text)
    if of in ("double", "real"):
        return text if text.endswith(("NaN", "Infinity")) else float(text)
    if of == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return base64.b64encode(bytes.fromhex(text)).decode() if of == "varbinary" else text


def split(text):
    """The parts between the commas that are inside of no brackets."""
    parts, depth = [""], 0
    for piece in re.split(r"(, ?|[\[({]|[\])}])", text):
        depth += (piece in ("[", "(", "{")) - (piece in ("]", ")", "}"))
        if piece.startswith(",") and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unnamed(part, field):
    """A row's value and its type, without the field's name where there is one."""
    name, _, of = field.partition(" ")
    start = name.strip('"') + "="
    return (part[len(start) :], of) if of and part.startswith(start) else (part, field)


def is_nested(value):
    return isinstance(value, list) or isinstance(value, dict) and not {"$row", "$map"}.isdisjoint(value)


def texts(value):
    """All texts of a value."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in inner for text in texts(item)]


def unaskable(own, athenas):
    """Why Athena's door cannot be asked a case, by what it gave in process in its own session and in one as Athena's."""
    if own.case.get("newer"):
        return "rules that came after Trino 455"
    if own.case.get("setup"):
        return "statements before it in the same session"
    if own.status != athenas.status:
        return "another time zone than UTC, or decimals"
    rows = athenas.got["rows"] if isinstance(athenas.got, dict) else []
    if any(SIGNS.search(text) for row in rows for value in row if is_nested(value) for text in texts(value)):
        return "texts in arrays, maps or rows with the signs of these"
    return None


def failures(through, inside):
    """The outcomes of cases that pass in process and fail at the door, under names of their own."""
    passed = {outcome.case["id"] for outcome in inside if outcome.status == "pass"}
    failed = [outcome for outcome in through.outcomes if outcome.status != "pass" and outcome.case["id"] in passed]
    named = lambda case: {**case, "id": "%s@%s" % (case["id"], through.door)}
    return [outcome._replace(case=named(outcome.case), why="%s door: %s" % (through.door, outcome.why)) for outcome in failed]


def run(compare, binary, server, name, inside, seconds=20, processes=2):
    """What the door gives for cases; `inside` is what they gave in process."""
    asked, skipped = [own.case for own in inside], collections.Counter()
    if name == "athena":
        session = {"session": {"timezone": "UTC"}, "decimals": False}
        again = judge.run(compare, binary, [{**case, **session} for case in asked], seconds, None, processes)
        reasons = [unaskable(*pair) for pair in zip(inside, again)]
        skipped.update(reason for reason in reasons if reason)
        types = lambda outcome: outcome.got.get("types") if isinstance(outcome.got, dict) else None
        asked = [{**now.case, "types_in_process": types(now)} for now, reason in zip(again, reasons) if not reason]
    with Server(server) as serving:
        door = DOORS[name](compare, serving.address, seconds)
        outcomes = [judge.judge(compare, door, case) for case in asked]
    passed = {own.case["id"] for own in inside if own.status == "pass"}
    return Through(name, outcomes, sum(case["id"] in passed for case in asked), skipped)
