"""Answers held against the services' own model, botocore's service-2.json, before botocore reads them: it would drop members that the
model does not have, and would not miss those that it wants."""

import base64
import binascii
import json
import math

COMMON_ERRORS = {
    *("AccessDeniedException", "SerializationException", "UnknownOperationException", "ValidationException"),
    # Glue's word for what is wrong with a request, which some of its operations do not list.
    "InvalidInputException",
    *("UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException"),
}
"""Errors that any operation may answer, whatever its model lists."""

RECORDED = {"__type", "Message", "message", "ErrorCode"}
"""Members of error bodies that AWS sends and no model has."""


class Watch:
    """Checks the answers that clients get. `answered` are the operations that succeeded, by service, `faults` what was wrong."""

    def __init__(self):
        self.answered, self.faults = {}, []

    def follow(self, session, service):
        """Watches the clients that a session of botocore makes from now on."""
        self.answered[service] = set()

        def check(operation_model, response_dict, **_):
            found = judged(operation_model, response_dict)
            self.faults += [f"{operation_model.name}: {fault}" for fault in found]
            if response_dict["status_code"] < 300:
                self.answered[service].add(operation_model.name)

        session.register(f"before-parse.{service}", check)


def held(client):
    """The client, whose calls fail where an answer is not as the model has it. `client.answered` are the operations that succeeded."""
    client.answered = set()

    def check(operation_model, response_dict, **_):
        found = judged(operation_model, response_dict)
        if response_dict["status_code"] < 300:
            client.answered.add(operation_model.name)
        assert not found, f"{operation_model.name} answers what its model does not have:\n" + "\n".join(found)

    client.meta.events.register(f"before-parse.{client.meta.service_model.service_id.hyphenize()}", check)
    return client


def judged(operation, response):
    """What is wrong with an answer."""
    body, status = json.loads(response["body"]), response["status_code"]
    return faults(operation.output_shape, body) if status < 300 else error_faults(operation, status, body)


def error_faults(operation, status, body):
    kind = body.get("__type", "")
    modelled = {shape.name: shape for shape in operation.error_shapes}
    if status >= 500:
        return [f"status {status}: {body}"]
    if kind not in modelled:
        return [] if kind in COMMON_ERRORS else [f"error {kind!r} is none of {sorted(modelled)}: {body}"]
    members = {member: value for member, value in body.items() if member not in RECORDED}
    return faults(modelled[kind], members, required=False)


def faults(shape, value, path="", required=True):
    """What is wrong with a value, each with its place."""
    if shape is None:
        return [] if value == {} else [f"{path}: {value!r} where nothing belongs"]
    if value is None:
        return [f"{path}: null"]
    return [fault for fault in CHECKS[shape.type_name](shape, value, path, required)]


def structure(shape, value, path, required):
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no structure"
        return
    for member, part in value.items():
        if member not in shape.members:
            yield f"{path}.{member}: not a member of {shape.name}"
        else:
            yield from faults(shape.members[member], part, f"{path}.{member}", required)
        if member.endswith("Token") and part == "":
            yield f"{path}.{member}: an empty token"
    for member in shape.required_members if required else ():
        if member not in value:
            yield f"{path}.{member}: missing"


def listing(shape, value, path, required):
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    # Services answer empty lists, whatever least length their models give.
    if len(value) > shape.metadata.get("max", math.inf):
        yield f"{path}: {len(value)} entries"
    for at, entry in enumerate(value):
        yield from faults(shape.member, entry, f"{path}[{at}]", required)


def mapping(shape, value, path, required):
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no map"
        return
    for key, entry in value.items():
        yield from faults(shape.key, key, f"{path} key", required)
        yield from faults(shape.value, entry, f"{path}[{key!r}]", required)


def string(shape, value, path, required):
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no string"
        return
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield f"{path}: {value!r} is none of {allowed}"
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", math.inf)
    if not least <= len(value) <= most:
        yield f"{path}: {len(value)} characters, {least} to {most} are allowed"


def number(kinds):
    def check(shape, value, path, required):
        if isinstance(value, bool) or not isinstance(value, kinds):
            yield f"{path}: {value!r} is no {shape.type_name}"
        elif not shape.metadata.get("min", -math.inf) <= value <= shape.metadata.get("max", math.inf):
            yield f"{path}: {value} is out of range"

    return check


def boolean(shape, value, path, required):
    if not isinstance(value, bool):
        yield f"{path}: {value!r} is no boolean"


def blob(shape, value, path, required):
    try:
        base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        yield f"{path}: {value!r} is no base64"


CHECKS = {
    "structure": structure,
    "list": listing,
    "map": mapping,
    "string": string,
    "character": string,
    "integer": number(int),
    "long": number(int),
    "float": number((int, float)),
    "double": number((int, float)),
    # Seconds since 1970, as JSON 1.1 writes them.
    "timestamp": number((int, float)),
    "boolean": boolean,
    "blob": blob,
}
