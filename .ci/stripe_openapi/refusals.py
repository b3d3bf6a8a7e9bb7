"""Sends requests of a wrong shape to stripe-mock and to the simulator: what the one refuses, the other refuses too.

Each request is right but for one parameter, so that a refusal is about that one; the simulator's answer must name it.
"""

import collections
import http.client
import json
import sys
import urllib.parse

from . import differences
from .description import description, operations, parameters

HEADING = "Refusals"
# How many wrong requests an operation gets, and how deep parameters are looked at.
REQUESTS_MAX = 300
DEPTH_MAX = 3
HEADERS = {"Authorization": "Bearer sk_test_1234567890ab", "Content-Type": "application/x-www-form-urlencoded"}
SECONDS_MAX = 10


class Wrong:
    """A mistake: its kind, the parameter that has it, and the request."""

    def __init__(self, kind, param, request):
        self.kind, self.param, self.request = kind, param, request


def child(at, name):
    return f"{at}[{name}]" if at else name


def alternatives(schema):
    return schema.get("anyOf", [schema])


def right(schema):
    """A value of the right shape, as form encoding has it: text, list or dict."""
    choices = [it for it in alternatives(schema) if it.get("enum") != [""]]
    schema = next((it for it in choices if it.get("type") == "object" and it.get("properties")), choices[0])
    kind = schema.get("type")
    if kind == "string":
        values = [value for value in schema.get("enum", []) if value]
        return values[0] if values else {"currency": "usd", "decimal": "1"}.get(schema.get("format"), "x")
    if kind == "object":
        value = filled(schema)
        if not value and isinstance(schema.get("additionalProperties"), dict):
            return {"x": right(schema["additionalProperties"])}
        for name, inner in schema.get("properties", {}).items():
            value = value or {name: right(inner)}
        return value
    if kind == "array":
        return [right(schema["items"])]
    return {"integer": "1", "number": "1", "boolean": "true"}[kind]


def filled(schema):
    """What an object must have."""
    return {name: right(schema["properties"][name]) for name in schema.get("required", [])}


def with_value(request, way, value):
    """A copy of a request with a value at a place; None takes it away."""
    if not way:
        return value
    (step, *rest) = way
    if isinstance(step, int):
        return [with_value(request[0] if request else {}, rest, value)]
    copy = dict(request or {})
    copy[step] = with_value(copy.get(step), rest, value)
    if copy[step] is None:
        del copy[step]
    return copy


def within(request, way):
    """What is at a place of a request."""
    for step in way:
        request = request[step]
    return request


def name_of(way):
    name = ""
    for step in way:
        name = child(name, str(step))
    return name


def mistakes(schema, base, way=()):
    """Everything that can be wrong with an object's parameters, first those on top."""
    unknown = (*way, "not_a_parameter")
    yield Wrong("an unknown parameter", name_of(unknown), with_value(base, unknown, "x"))
    for name in schema.get("required", []):
        place, without = (*way, name), with_value(base, (*way, name), None)
        # An object without parameters cannot be sent.
        if not way or len(encoded(without)) < len(encoded(base)) and within(without, way):
            yield Wrong("a parameter that is missing", name_of(place), without)
    for name, inner in schema.get("properties", {}).items():
        place = (*way, name)
        for kind, value in wrong_values(inner):
            yield Wrong(kind, name_of(place), with_value(base, place, value))
    if len(way) >= DEPTH_MAX:
        return
    for name, inner in schema.get("properties", {}).items():
        for found in alternatives(inner):
            place, listed = (*way, name), found.get("type") == "array"
            if listed:
                place, found = (*place, 0), found["items"]
            if found.get("type") == "object" and found.get("properties"):
                yield from mistakes(found, with_value(base, (*way, name), right(inner)), place)
                break


def wrong_values(schema):
    """Values that fit no alternative, each with what it is."""
    choices = alternatives(schema)
    kinds = [it.get("type") for it in choices]
    free = any(it.get("type") == "string" and "enum" not in it for it in choices)
    if not free:
        named = next((it for it in choices if it.get("enum") != [""]), choices[0])
        kind = "choice" if "enum" in named else named.get("type")
        yield f"text for {kind}", "wrong"
    if "object" not in kinds and "array" not in kinds:
        yield f"an object for {choices[0].get('type')}", {"x": "wrong"}
    if "array" in kinds and "object" not in kinds:
        yield "an object for array", {"x": "wrong"}


def encoded(value, at=""):
    """Pairs of form encoding."""
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in encoded(inner, child(at, name))]
    if isinstance(value, list):
        return [pair for i, inner in enumerate(value) for pair in encoded(inner, child(at, str(i)))]
    return [(at, value)]


class Server:
    """A server that is asked over one connection."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=SECONDS_MAX)

    def ask(self, method, path, request):
        text = urllib.parse.urlencode(encoded(request))
        query = method != "POST" and text
        self.connection.request(method, f"{path}?{text}" if query else path, None if query else text, HEADERS)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


def filled_path(path):
    return "/".join("x_1" if part.startswith("{") else part for part in path.split("/"))


def unrouted(status, answer):
    """Whether the path means nothing to the simulator; that an object is not there is said otherwise."""
    return status == 404 and "Unrecognized request URL" in str(answer.get("error", {}).get("message"))


def judged(status, answer, param):
    """What is wrong with the simulator's refusal; None when it is as it should be."""
    error = answer.get("error", {})
    if status != 400:
        return f"is answered with {status}"
    if error.get("type") != "invalid_request_error":
        return f"is refused as {error.get('type')}"
    if error.get("param") != param and not str(error.get("param")).startswith(param + "["):
        return f"is refused for {error.get('param')}"
    return None


def run(arguments):
    spec = description()
    simulator, mock = Server(arguments.simulator), Server(arguments.mock)
    counts, found, unanswered = collections.Counter(), {}, []
    for method, path in operations():
        schema = parameters(spec["paths"][path][method.lower()])
        base, address = filled(schema), filled_path(path)
        if mock.ask(method, address, base)[0] != 200:
            # The wrong requests would prove nothing.
            unanswered.append(f"{method} {path}")
        if unrouted(*simulator.ask(method, address, base)):
            found[f"{method} {path}", "is not an operation of the simulator"] = 1, address
            continue
        wrong = list(mistakes(schema, base))
        counts["left out"] += max(0, len(wrong) - REQUESTS_MAX)
        for mistake in wrong[:REQUESTS_MAX]:
            counts["sent"] += 1
            status, _ = mock.ask(method, address, mistake.request)
            if status != 400:
                counts["taken by stripe-mock"] += 1
                continue
            counts["refused by stripe-mock"] += 1
            counts[mistake.kind] += 1
            complaint = judged(*simulator.ask(method, address, mistake.request), mistake.param)
            if complaint is None:
                counts["refused by both"] += 1
                continue
            key = f"{method} {path} {mistake.param}", f"{mistake.kind} {complaint}"
            found[key] = 1, json.dumps(mistake.request)
    for name, count in sorted(counts.items()):
        print(f"{count:6} {name}")
    if unanswered:
        sys.exit(f"stripe-mock refuses what should be right: {', '.join(unanswered)}")
    if not counts["refused by stripe-mock"]:
        sys.exit("stripe-mock refused nothing: is it stripe-mock?")
    differences.hold(arguments.table, HEADING, found)
