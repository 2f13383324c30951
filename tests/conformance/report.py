"""Rates of outcomes, as text for people and as the page docs/conformance.md."""

import collections
import re

VALUE_BARS = {"trino_java_temporal": 90}
BAR = 95


def group(case):
    """What the macro average counts once: a test method, or a page of the documentation."""
    method = re.search(r"\((\w+)\)$", case["source"])
    page = case["source"].split(":")[0]
    return page + (method[1] if method else "")


def percent(part, whole):
    return "–" if not whole else "%.1f" % (100 * part / whole)


def rates(outcomes):
    """Of one family: (value cases, passed, macro average, types stated of those passed, types right, error cases, passed)."""
    values = [o for o in outcomes if "expected" in o.case]
    good = [o for o in values if o.status in ("pass", "type")]
    groups = collections.defaultdict(list)
    for outcome in values:
        groups[group(outcome.case)].append(outcome.status in ("pass", "type"))
    macro = sum(sum(g) / len(g) for g in groups.values())
    typed = [o for o in good if any(o.case.get("types") or [])]
    errors = [o for o in outcomes if "error" in o.case]
    return (
        len(values), len(good), percent(macro, len(groups)), len(typed), sum(o.status == "pass" for o in typed),
        len(errors), sum(o.status == "pass" for o in errors),
    )


def families(outcomes):
    by_name = collections.defaultdict(list)
    for outcome in outcomes:
        by_name[outcome.case["family"]].append(outcome)
    return by_name


def value_table(outcomes):
    rows = ["| family | values | right | % | macro % | types right | errors right |", "|---|---|---|---|---|---|---|"]
    named = [(name, rates(of)) for name, of in families(outcomes).items() if "expect" not in of[0].case]
    tests = [o for o in outcomes if not {"expect", "newer"} & o.case.keys() and o.case.get("kind") != "tpc"]
    if len(named) > 1 and tests:
        named.append(("**all but TPC**", rates(tests)))
    for name, (values, right, macro, typed, typed_right, errors, errors_right) in named:
        types = "%s of %d" % (percent(typed_right, typed), typed)
        refused = "%s of %d" % (percent(errors_right, errors), errors)
        rows.append("| %s | %d | %d | %s | %s | %s | %s |" % (name, values, right, percent(right, values), macro, types, refused))
    return rows if named else []


def parse_table(outcomes):
    """A statement that is refused by its name, or for what it says, was read to its end; those are counted apart, too."""
    rows = [
        "| texts | accepted or rejected rightly | of | % | of these refused as not supported | of these refused for what they say |",
        "|---|---|---|---|---|---|",
    ]
    for name, of in families(outcomes).items():
        if "expect" in of[0].case:
            right = sum(o.status == "pass" for o in of)
            refused = [o.got for o in of if o.status == "pass" and o.case["expect"] == "parses" and o.got]
            named = sum(error.startswith("NOT_SUPPORTED") for error in refused)
            counts = (right, len(of), percent(right, len(of)), named, len(refused) - named)
            rows.append("| %s | %d | %d | %s | %d | %d |" % (name, *counts))
    return rows if len(rows) > 2 else []


def door_table(throughs):
    """Of each door; what it is not asked is counted by why."""
    rows = ["| door | asked | right | % | right in process | not asked |", "|---|---|---|---|---|---|"]
    for door, outcomes, in_process, skipped in throughs:
        right = sum(o.status == "pass" for o in outcomes)
        reasons = "; ".join("%d: %s" % (count, reason) for reason, count in skipped.most_common()) or "–"
        counts = (len(outcomes), right, percent(right, len(outcomes)), in_process, reasons)
        rows.append("| %s | %d | %d | %s | %d | %s |" % (door.capitalize(), *counts))
    return rows


def kinds(outcomes, most=10):
    """The biggest kinds of failure."""
    counted = collections.Counter(o.why for o in outcomes if o.status != "pass")
    return ["| failures | kind |", "|---|---|"] + ["| %d | `%s` |" % (count, why.replace("|", "\\|")) for why, count in counted.most_common(most)]


def page(outcomes, throughs, at_doors):
    lines = [
        "# Conformance",
        "",
        "How much of Trino's dialect gives the results that Trino's own tests, its documentation and Athena's documentation state.",
        "Written by `make conformance` from `../shared/conformance/sql`; its README says where the cases are from and when two values",
        "are equal. The rules are those of Trino 455; `newer_rules` are the results that changed since, in sessions that have Trino's newer rules",
        "for decimals and chars. The macro average counts each test method once, however many cases it has.",
        "Errors are right when the statement fails, with the stated name where there is one. What fails is listed, with its kind, in",
        "`tests/conformance/known_failures.txt`.",
        "",
        "## Values",
        "",
        *value_table(outcomes),
        "",
        "## Grammar",
        "",
        "A text is accepted when it was read to its end, also where the statement is then refused: as one that is not supported, by",
        "its name, or for what it says, such as a table without a location. The last columns say how many those are.",
        "",
        *parse_table(outcomes),
        "",
        "## Through the doors",
        "",
        "A fixed thirtieth of the cases, values and texts, is asked of a server as well, over HTTP: in Trino's protocol, and through",
        "Athena's API. A door runs a text that is only parsed above; it is accepted when the server does not say SYNTAX_ERROR. A session",
        "of Athena's is in UTC and reads `1.2` as a double: its door is asked the cases that give the same in such a session in process.",
        "",
        *door_table(throughs),
        "",
        "## The biggest kinds of failure",
        "",
        *kinds([o for o in [*outcomes, *at_doors] if "expect" not in o.case]),
    ]
    return "\n".join(lines) + "\n"
