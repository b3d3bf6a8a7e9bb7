"""Writes wire/parameters.txt: the parameters of each operation, in a language that people can read."""

import collections
import json
import re
import sys

from .description import SIMULATOR, STRIPE_MOCK, description, operations, parameters
from .overlay import OVERLAY, VALUES

TABLE = SIMULATOR / "src/wire/parameters.txt"

# Free text, and the lines of addresses, can be emptied although the description mostly leaves that out: forms send
# `address[line2]=`, and it is how a value is taken away (github.com/stripe/stripe-node/pull/1834).
ADDRESS = {"city", "country", "line1", "line2", "postal_code", "state"}
FREE_TEXT = {"description", "email", "footer", "memo", "nickname", "phone"}

HEADER = """\
# The parameters of the operations that the simulator knows. Written by `.ci/stripe-openapi.py parameters` from Stripe's
# OpenAPI description in {mock} (MIT), and checked by .ci/run: change the script, not this file.
#
# An operation is `METHOD path`, below it its parameters: `name: type`, or `name!: type` where it must be given. Every
# operation takes `expand`, an array of strings, which is left out here. Types are alternatives between ` | `:
#   string      at most 5000 characters; string(22): at most 22; text: no length is given
#   integer, boolean, number, timestamp (seconds since 1970), currency (three letters), metadata
#   decimal     a number that stays a string, with all its decimals
#   {{a b}}       one of these values; %name: one of the values of `choice name`
#   [type]      an array; map type: any names, with values of that type
#   object      with the parameters that are indented below, above or below an `or`; &name: with those of `shape name`
#   unset       the empty string, which takes the value away
#   any         not looked at
"""


class Field:
    """A parameter. Where its type says `object`, `fields` are what is in it."""

    def __init__(self, name, required, alternatives, fields):
        self.name, self.required = name, required
        self.alternatives, self.fields = alternatives, fields

    def lines(self, depth, write):
        alternatives, fields = write(self)
        mark = "!" if self.required else ""
        yield f"{'  ' * depth}{self.name}{mark}: {' | '.join(alternatives)}"
        for field in fields:
            yield from field.lines(depth + 1, write)


class Or(Field):
    """Ends the parameters of an object; below it are those that can be given instead."""

    def __init__(self):
        super().__init__("or", False, [], [])

    def lines(self, depth, write):
        yield f"{'  ' * depth}or"


class Reader:
    """Turns schemas of the description into fields of the table."""

    def fields(self, schema):
        required = schema.get("required", [])
        for name, inner in sorted(schema.get("properties", {}).items()):
            alternatives, fields = self.type(name, inner)
            emptied = name in FREE_TEXT or ADDRESS <= schema["properties"].keys()
            if emptied and name not in required and re.fullmatch(r"string(\(\d+\))?", " ".join(alternatives)):
                alternatives.append("unset")
            yield Field(name, name in required, alternatives, fields)

    def type(self, name, schema):
        """The alternatives of a type, and the fields of its object if it has one."""
        if "anyOf" not in schema:
            atom, fields = self.atom(name, schema)
            return atom, fields
        alternatives, fields = [], []
        for inner in schema["anyOf"]:
            atom, found = self.atom(name, inner)
            alternatives += [it for it in atom if it not in alternatives]
            fields += [Or(), *found] if fields and found else found
        # The empty string stands last, for readers.
        return sorted(alternatives, key=lambda it: it == "unset"), fields

    def atom(self, name, schema):
        kind, form = schema.get("type"), schema.get("format")
        if kind == "string" and "enum" in schema:
            values = [value for value in schema["enum"] if value]
            values += [value for value in VALUES.get(name, []) if value not in values]
            choice = ["{" + " ".join(values) + "}"] if values else []
            return choice + (["unset"] if "" in schema["enum"] else []), []
        if kind == "string":
            length = schema.get("maxLength")
            lengths = {None: "text", 5000: "string"}
            return [form if form in ("currency", "decimal") else lengths.get(length, f"string({length})")], []
        if kind == "integer":
            return ["timestamp" if form == "unix-time" else "integer"], []
        if kind in ("boolean", "number"):
            return [kind], []
        if kind == "array":
            (atom,), fields = self.type(name + "[]", schema["items"])
            return [f"[{atom}]"], fields
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            (atom,), fields = self.type(name + "[]", schema["additionalProperties"])
            return ["metadata" if name == "metadata" else f"map {atom}"], fields
        if kind == "object":
            return ["object"], list(self.fields(schema))
        sys.exit(f"{name}: a type that the table has no word for: {json.dumps(schema)[:200]}")


def overlay_fields(lines):
    """Indented lines of OVERLAY as fields."""
    top, stack = [], []
    for line in lines:
        depth = (len(line) - len(line.lstrip())) // 2
        name, alternatives = line.strip().split(": ", 1)
        field = Field(name.rstrip("!"), name.endswith("!"), alternatives.split(" | "), [])
        del stack[depth - 1:]
        (stack[-1].fields if stack else top).append(field)
        stack.append(field)
    return top


def overlay():
    """Operation, the way to the object that is added to, and the fields."""
    parts = []
    for line in OVERLAY.split("\n"):
        if not line or line.startswith("#"):
            continue
        if line.startswith(" "):
            parts[-1][2].append(line)
        else:
            operation, _, where = line.partition(": ")
            parts.append((operation, where, []))
    return [(operation, where, overlay_fields(lines)) for operation, where, lines in parts]


def apply_overlay(table):
    for operation, where, added in overlay():
        fields = table.setdefault(operation, [])
        for name in where.split(".") if where else []:
            (inner,) = [field for field in fields if field.name == name]
            fields = inner.fields
        names = {field.name for field in added}
        required = {field.name for field in fields if field.required}
        for field in added:
            field.required = field.required or field.name in required
        fields[:] = sorted([field for field in fields if field.name not in names] + added, key=lambda it: it.name)


def table_of(spec):
    """Operation and its fields."""
    reader = Reader()
    table = {}
    for method, path in operations():
        operation = spec["paths"][path][method.lower()]
        table[f"{method} {path}"] = list(reader.fields(parameters(operation)))
    apply_overlay(table)
    return dict(sorted(table.items(), key=lambda it: it[0].split(" ")[::-1]))


class Names:
    """What occurs more than once gets a name: long choices and objects."""

    CHOICE_VALUES_MIN = 4
    SHAPE_LINES_MIN = 3

    def __init__(self, table):
        self.seen, self.names, self.taken = collections.Counter(), {}, {}
        self.choices, self.shapes = {}, {}
        for fields in table.values():
            for field in fields:
                self.count(field)
        for fields in table.values():
            for field in fields:
                self.name(field)

    @staticmethod
    def plain(field):
        return field.alternatives, field.fields

    def shape(self, field):
        return "\n".join(line for inner in field.fields for line in inner.lines(1, self.plain))

    @staticmethod
    def choice(alternative):
        return alternative.strip("[]") if alternative.strip("[]").startswith("{") else ""

    def count(self, field):
        shape = self.shape(field)
        self.seen[shape] += 1
        for alternative in field.alternatives:
            self.seen[self.choice(alternative)] += 1
        # What is inside of a repeated shape is written once.
        if self.seen[shape] == 1:
            for inner in field.fields:
                self.count(inner)

    def name(self, field):
        shape = self.shape(field)
        if self.seen[shape] > 1 and shape.count("\n") + 1 >= self.SHAPE_LINES_MIN and shape not in self.names:
            self.names[shape] = self.free(field.name)
            self.shapes[self.names[shape]] = field.fields
        for alternative in field.alternatives:
            choice = self.choice(alternative)
            if self.seen[choice] > 1 and choice.count(" ") + 1 >= self.CHOICE_VALUES_MIN and choice not in self.names:
                self.names[choice] = self.free(field.name)
                self.choices[self.names[choice]] = choice.strip("{}")
        for inner in field.fields:
            self.name(inner)

    def free(self, name):
        """Several shapes have one name: they are numbered."""
        self.taken[name] = self.taken.get(name, 0) + 1
        return name if self.taken[name] == 1 else f"{name}_{self.taken[name]}"

    def write(self, field):
        """A field's alternatives and what is still to be written below it."""
        alternatives, fields = list(field.alternatives), field.fields
        shape = self.names.get(self.shape(field))
        for i, alternative in enumerate(alternatives):
            choice = self.choice(alternative)
            if choice in self.names:
                alternatives[i] = alternative.replace(choice, "%" + self.names[choice])
            if shape and re.search(r"\bobject\b", alternative):
                alternatives[i], fields = alternative.replace("object", "&" + shape), []
        return alternatives, fields


def table_text(spec):
    table = table_of(spec)
    names = Names(table)
    header = HEADER.format(mock=STRIPE_MOCK)
    parts = [header.rstrip()]
    for operation, fields in table.items():
        parts.append("\n".join([operation, *(line for field in fields for line in field.lines(1, names.write))]))
    for name, fields in sorted(names.shapes.items()):
        parts.append("\n".join([f"shape {name}", *(line for field in fields for line in field.lines(1, names.write))]))
    parts.append("\n".join(f"choice {name}: {values}" for name, values in sorted(names.choices.items())))
    return "\n\n".join(parts) + "\n"


def run(arguments):
    text = table_text(description())
    if not arguments.check:
        TABLE.write_text(text, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != text:
        sys.exit(f"{TABLE} is not what `.ci/stripe-openapi.py parameters` writes: run it")
    print(f"{len(table_of(description()))} operations, {len(text.splitlines())} lines")
