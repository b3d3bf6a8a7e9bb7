"""Holds recorded answers to the schemas of the description.

A line of a recording: {"method", "path", "status", "version", "request": {...}, "response": {...}}. Answers in older
versions of the API are counted, and left to the tests that read them back.
"""

import collections
import json
import re
import sys

from . import differences
from .description import description

HEADING = "Answers"
# The version that the simulator keeps its objects in begins with this date.
PINNED = "2026-09-30"
# Operations that dahlia's description does not have, with the schema of their answer.
ENDIVE = {("POST", "/v1/subscriptions/{subscription}/pause"): {"$ref": "#/components/schemas/subscription"}}
# Not public, so nothing to be held to.
PRIVATE = re.compile(r"/v1/payment_pages/")

KINDS = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
FORMS = {
    "currency": re.compile(r"[a-z]{3}"),
    "decimal": re.compile(r"-?\d+(\.\d+)?"),
}


class Schemas:
    def __init__(self, spec):
        self.schemas = spec["components"]["schemas"]
        self.named = collections.defaultdict(list)
        for name, schema in self.schemas.items():
            for value in schema.get("properties", {}).get("object", {}).get("enum", []):
                self.named[value].append({"$ref": f"#/components/schemas/{name}"})

    def of_object(self, value):
        """What an object that says what it is must look like, deleted ones too."""
        alternatives = self.named.get(value.get("object"))
        return {"anyOf": alternatives} if alternatives else None

    def resolved(self, schema, where):
        """A schema without `$ref`; a name begins the place anew."""
        while "$ref" in schema:
            where = schema["$ref"].rsplit("/", 1)[-1]
            schema = self.schemas[where]
        return schema, where

    def complaints(self, schema, value, where):
        """Pairs of place and complaint, where the place begins at the innermost schema with a name."""
        if value is None:
            null = schema.get("nullable") or self.resolved(schema, where)[0].get("nullable")
            return [] if null else [(where, "is null")]
        schema, where = self.resolved(schema, where)
        if "anyOf" in schema:
            return self.best(schema["anyOf"], value, where)
        kind = schema.get("type")
        if kind and not KINDS[kind](value):
            return [(where, f"is {kind_of(value)} instead of {kind}")]
        if "enum" in schema and value not in schema["enum"]:
            return [(where, f"has the value {value}")]
        if kind == "string":
            return text_complaints(schema, value, where)
        if kind == "array":
            return [it for item in value for it in self.complaints(schema.get("items", {}), item, where + "[]")]
        if kind == "object":
            return self.object_complaints(schema, value, where)
        return []

    def best(self, alternatives, value, where):
        """The complaints of the alternative that fits best."""
        same = [it for it in alternatives if self.resolved(it, "")[0].get("type") == schema_kind(value)] or alternatives
        if isinstance(value, dict):
            same = [it for it in same if self.says(it, value)] or same
        found = [self.complaints(it, value, where) for it in same]
        return min(found, key=len)

    def says(self, schema, value):
        """Whether an object calls itself what the schema calls it."""
        properties = self.resolved(schema, "")[0].get("properties", {})
        names = properties.get("object", {}).get("enum", [value.get("object")])
        return value.get("object") in names and bool(value.get("deleted")) == ("deleted" in properties)

    def object_complaints(self, schema, value, where):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties")
        found = [(f"{where}.{name}", "is missing") for name in schema.get("required", []) if name not in value]
        if not properties and more in (None, True):
            return found
        for name, inner in value.items():
            if name in properties:
                found += self.complaints(properties[name], inner, f"{where}.{name}")
            elif isinstance(more, dict):
                found += self.complaints(more, inner, f"{where}.{{}}")
            elif more is not True:
                found.append((f"{where}.{name}", "is not known"))
        if where == "notification_event_data":
            found += self.event_complaints(value)
        return found

    def event_complaints(self, data):
        """What an event is about, as its own kind, and names of what was before."""
        inner = data.get("object")
        schema = self.of_object(inner) if isinstance(inner, dict) else None
        if schema is None:
            return [("notification_event_data.object", f"is no object that is known: {json.dumps(inner)[:80]}")]
        # An upcoming invoice has no id, in events only.
        found = [it for it in self.complaints(schema, inner, "") if it != ("invoice.id", "is missing")]
        known = {name for it in schema["anyOf"] for name in self.resolved(it, "")[0].get("properties", {})}
        before = data.get("previous_attributes") or {}
        return found + [(f"previous_attributes of {inner['object']}.{name}", "is not known")
                        for name in before if name not in known]


def kind_of(value):
    return next((kind for kind, holds in KINDS.items() if holds(value)), "null")


def schema_kind(value):
    """The type a schema would give: null has none."""
    return kind_of(value)


def text_complaints(schema, value, where):
    form, length = FORMS.get(schema.get("format")), schema.get("maxLength")
    if form and not form.fullmatch(value):
        return [(where, f"is no {schema['format']}")]
    if length is not None and len(value) > length:
        return [(where, f"is longer than {length}")]
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [(where, f"does not match {schema['pattern']}")]
    return []


def templates(spec):
    """Paths as patterns, those with the fewest places first."""
    paths = {path: operation for path, operation in spec["paths"].items()}
    for method, path in ENDIVE:
        paths.setdefault(path, {})
    pattern = {path: re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part)
                                         for part in path.split("/"))) for path in paths}
    return sorted(pattern.items(), key=lambda it: (it[0].count("{"), it[0]))


def schema_of(spec, patterns, exchange):
    """The schema of an answer; None when the operation is not known."""
    method, path = exchange["method"], exchange["path"].split("?")[0].rstrip("/")
    for template, pattern in patterns:
        operation = spec["paths"].get(template, {}).get(method.lower())
        if not pattern.fullmatch(path) or not (operation or (method, template) in ENDIVE):
            continue
        schema = ENDIVE.get((method, template))
        if operation:
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        return f"{method} {template}", schema
    return f"{method} {path}", None


def run(arguments):
    spec = description()
    schemas, patterns = Schemas(spec), templates(spec)
    found, counts = {}, collections.Counter()

    def complain(where, what, exchange):
        count, example = found.get((where, what), (0, f"{exchange['method']} {exchange['path']}"))
        found[where, what] = count + 1, example

    for line in arguments.exchanges.read_text(encoding="utf-8").splitlines():
        exchange = json.loads(line)
        operation, schema = schema_of(spec, patterns, exchange)
        failed = not 200 <= exchange["status"] < 300
        if PRIVATE.match(exchange["path"]):
            counts["private"] += 1
            continue
        if exchange.get("version", PINNED) < PINNED:
            counts["older"] += 1
            continue
        counts["errors" if failed else "answers"] += 1
        counts[operation] += 1
        if failed:
            schema = {"$ref": "#/components/schemas/error"}
        if schema is None:
            complain(operation, "is not an operation of Stripe", exchange)
            continue
        for where, what in schemas.complaints(schema, exchange["response"], operation):
            complain(where, what, exchange)
    if not counts["answers"]:
        sys.exit(f"{arguments.exchanges}: no answers in it")
    operations = sum(" " in name for name in counts)
    print(f"{counts['answers']} answers and {counts['errors']} errors of {operations} operations, "
          f"{counts['older']} in older versions left out")
    differences.hold(arguments.table, HEADING, found)
