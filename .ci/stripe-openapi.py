"""Holds the Stripe simulator (infra/local/stripe) to Stripe's own OpenAPI description.

  parameters [--check]   writes wire/parameters.txt, or fails when the file is not what the description gives

The description is the one inside stripe-mock, which Stripe publishes under the MIT licence; Go's module proxy hands it
out. It is of API version 2026-08-26.dahlia. The simulator speaks 2026-09-30.endive: OVERLAY holds what that one adds,
as async-stripe's generated requests of that version have it.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

STRIPE_MOCK = "github.com/stripe/stripe-mock@v0.203.0"
SIMULATOR = pathlib.Path(__file__).parent.parent / "infra/local/stripe"
TABLE = SIMULATOR / "src/wire/parameters.txt"

# What the simulator knows: methods, and the path as the description has it.
OPERATIONS = """
GET             /v1/account
GET POST        /v1/billing_portal/configurations
GET POST        /v1/billing_portal/configurations/{configuration}
POST            /v1/billing_portal/sessions
GET POST        /v1/charges
GET POST        /v1/charges/{charge}
POST            /v1/charges/{charge}/capture
GET POST        /v1/checkout/sessions
GET POST        /v1/checkout/sessions/{session}
POST            /v1/checkout/sessions/{session}/expire
GET             /v1/checkout/sessions/{session}/line_items
GET POST        /v1/credit_notes
GET             /v1/credit_notes/preview
GET             /v1/credit_notes/preview/lines
GET             /v1/credit_notes/{credit_note}/lines
GET POST        /v1/credit_notes/{id}
POST            /v1/credit_notes/{id}/void
GET POST        /v1/customers
GET POST DELETE /v1/customers/{customer}
GET POST        /v1/customers/{customer}/balance_transactions
GET POST        /v1/customers/{customer}/balance_transactions/{transaction}
GET             /v1/customers/{customer}/payment_methods
GET             /v1/customers/{customer}/payment_methods/{payment_method}
GET POST        /v1/customers/{customer}/sources
GET POST DELETE /v1/customers/{customer}/sources/{id}
GET POST        /v1/customers/{customer}/tax_ids
GET DELETE      /v1/customers/{customer}/tax_ids/{id}
GET             /v1/disputes
GET POST        /v1/disputes/{dispute}
POST            /v1/disputes/{dispute}/close
GET             /v1/events
GET             /v1/events/{id}
GET             /v1/invoice_payments
GET             /v1/invoice_payments/{invoice_payment}
GET POST        /v1/invoiceitems
GET POST DELETE /v1/invoiceitems/{invoiceitem}
GET POST        /v1/invoices
POST            /v1/invoices/create_preview
GET POST DELETE /v1/invoices/{invoice}
POST            /v1/invoices/{invoice}/add_lines
POST            /v1/invoices/{invoice}/attach_payment
POST            /v1/invoices/{invoice}/finalize
GET             /v1/invoices/{invoice}/lines
POST            /v1/invoices/{invoice}/lines/{line_item_id}
POST            /v1/invoices/{invoice}/mark_uncollectible
POST            /v1/invoices/{invoice}/pay
POST            /v1/invoices/{invoice}/remove_lines
POST            /v1/invoices/{invoice}/send
POST            /v1/invoices/{invoice}/update_lines
POST            /v1/invoices/{invoice}/void
GET POST        /v1/payment_intents
GET POST        /v1/payment_intents/{intent}
POST            /v1/payment_intents/{intent}/cancel
POST            /v1/payment_intents/{intent}/capture
POST            /v1/payment_intents/{intent}/confirm
GET POST        /v1/payment_methods
GET POST        /v1/payment_methods/{payment_method}
POST            /v1/payment_methods/{payment_method}/attach
POST            /v1/payment_methods/{payment_method}/detach
POST            /v1/payment_records/report_payment
GET             /v1/payment_records/{id}
GET POST        /v1/plans
GET POST DELETE /v1/plans/{plan}
GET POST        /v1/prices
GET POST        /v1/prices/{price}
GET POST        /v1/products
GET POST DELETE /v1/products/{id}
GET POST        /v1/refunds
GET POST        /v1/refunds/{refund}
POST            /v1/refunds/{refund}/cancel
GET POST        /v1/setup_intents
GET POST        /v1/setup_intents/{intent}
POST            /v1/setup_intents/{intent}/cancel
POST            /v1/setup_intents/{intent}/confirm
GET POST        /v1/subscription_items
GET POST DELETE /v1/subscription_items/{item}
GET POST        /v1/subscription_schedules
GET POST        /v1/subscription_schedules/{schedule}
POST            /v1/subscription_schedules/{schedule}/cancel
POST            /v1/subscription_schedules/{schedule}/release
GET POST        /v1/subscriptions
GET POST DELETE /v1/subscriptions/{subscription_exposed_id}
POST            /v1/subscriptions/{subscription}/resume
GET POST        /v1/tax_ids
GET DELETE      /v1/tax_ids/{id}
GET POST        /v1/tax_rates
GET POST        /v1/tax_rates/{tax_rate}
GET POST        /v1/test_helpers/test_clocks
GET DELETE      /v1/test_helpers/test_clocks/{test_clock}
POST            /v1/test_helpers/test_clocks/{test_clock}/advance
GET POST        /v1/webhook_endpoints
GET POST DELETE /v1/webhook_endpoints/{webhook_endpoint}
"""

# Payment methods that keep their parameters; what is below the names of others is not looked at.
METHODS_KEPT = {"card", "customer_balance", "link", "sepa_debit", "us_bank_account"}

# Free text, and the lines of addresses, can be emptied although the description mostly leaves that out: forms send
# `address[line2]=`, and it is how a value is taken away (github.com/stripe/stripe-node/pull/1834).
ADDRESS = {"city", "country", "line1", "line2", "postal_code", "state"}
FREE_TEXT = {"description", "email", "footer", "memo", "nickname", "phone"}

# What the description lacks, in the table's own language: a heading `METHOD path`, or `METHOD path: where` with `where`
# as in `items.price_data`, and below it the parameters. A parameter that the description has too is replaced.
# Parameters that endive takes away (such as `payment_method_types` of PaymentIntents) stay: callers of dahlia, among
# them the Stripe CLI, still send them.
OVERLAY = """
# endive: a subscription can be paused, and its anchor is an object. The word alone is what callers of dahlia send.
POST /v1/subscriptions/{subscription}/pause
  bill_for: object
    outstanding_usage_through: object
      type!: {none now}
    unused_time_from: object
      type!: {item_current_period_start none now}
  invoicing_behavior: {invoice pending_invoice_item}
  type: {subscription}
POST /v1/subscriptions/{subscription}/resume
  billing_cycle_anchor: object | {now unchanged}
    type!: {now unchanged}
  payment_behavior: {resume_on_payment_attempt resume_on_payment_success}
POST /v1/subscriptions/{subscription_exposed_id}
  billing_cycle_anchor: object | {now unchanged}
    type!: {now unchanged}
POST /v1/invoices/create_preview: subscription_details
  billing_cycle_anchor: object | {now unchanged} | timestamp
    timestamp: timestamp
    type!: {now timestamp unchanged}
  pause: object
    bill_for: object
      outstanding_usage_through: object
        type!: {none now}
      unused_time_from: object
        type!: {item_current_period_start none now}
    invoicing_behavior: {invoice pending_invoice_item}
    type: {subscription}
POST /v1/subscriptions: trial_settings.end_behavior
  billing_cycle_anchor: {now unchanged}
POST /v1/subscriptions/{subscription_exposed_id}: trial_settings.end_behavior
  billing_cycle_anchor: {now unchanged}

# endive: schedules can hold pauses; the simulator does not look at them.
POST /v1/subscription_schedules
  pause_schedules: any
POST /v1/subscription_schedules/{schedule}
  pause_schedules: any

# endive: items can begin with the trial of an offer. A plan in the place of a price is older than the description and
# still taken.
POST /v1/subscriptions: items
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/subscriptions/{subscription_exposed_id}: items
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/subscription_items
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/subscription_items/{item}
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/invoices/create_preview: subscription_details.items
  current_trial: object
    trial_offer!: text
  plan: string
POST /v1/invoices/create_preview: schedule_details.phases
  currency: currency
POST /v1/invoices/create_preview: schedule_details.phases.items
  plan: string
POST /v1/subscription_schedules: phases.items
  plan: string
POST /v1/subscription_schedules/{schedule}: phases
  currency: currency
POST /v1/subscription_schedules/{schedule}: phases.items
  plan: string
GET /v1/subscriptions
  plan: string

# endive: tax codes of performances.
POST /v1/products
  tax_details: object
    performance_location: text
    tax_code: text
  type: {good service}
POST /v1/products/{id}
  tax_details: object
    performance_location: text
    tax_code: text
GET /v1/products
  type: {good service}
POST /v1/prices: product_data
  tax_details: object
    performance_location: text
    tax_code: text
POST /v1/prices: recurring
  trial_period_days: integer
POST /v1/checkout/sessions: line_items.price_data.product_data
  tax_details: object
    performance_location: text
    tax_code: text
POST /v1/invoices/{invoice}/add_lines: lines.price_data.product_data
  tax_details: object
    performance_location: text
    tax_code: text

# endive: which payment methods are offered is a filter, not a list.
POST /v1/checkout/sessions
  allowed_payment_method_types: [text]
POST /v1/customers
  validate: boolean
POST /v1/customers/{customer}
  name: string(256) | unset
  validate: boolean
POST /v1/customers/{customer}/sources
  validate: boolean
POST /v1/payment_intents: payment_method_options.card
  moto: boolean
POST /v1/payment_intents/{intent}: payment_method_options.card
  moto: boolean
POST /v1/payment_intents/{intent}/confirm: payment_method_options.card
  moto: boolean

# endive: an outcome more.
POST /v1/payment_records/report_payment
  canceled: object
    canceled_at!: timestamp
  outcome: {canceled failed guaranteed}

# Not public: what the Stripe CLI sends to complete a Checkout Session without a browser.
GET /v1/payment_pages/{session}
  key: string
POST /v1/payment_pages/{session}/confirm
  expected_amount: integer
  key: string
  payment_method: string
"""

# Values that endive adds to choices of the description, by the name of the parameter.
VALUES = {
    "api_version": ["2026-09-30.endive"],
    "enabled_events[]": ["apps.install.created", "apps.install.deleted", "apps.install.updated"],
    "tax_type": ["digital_excise_tax", "utility_users_tax"],
    "ui_mode": ["form"],
}

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
#   object      with the parameters that are indented below; &name: with those of `shape name`
#   unset       the empty string, which takes the value away
#   any         not looked at: what belongs to payment methods other than {kept}
"""


def description():
    """Stripe's OpenAPI description, as stripe-mock brings it along."""
    downloaded = subprocess.run(["go", "mod", "download", "-json", STRIPE_MOCK], check=True, capture_output=True)
    folder = pathlib.Path(json.loads(downloaded.stdout)["Dir"])
    return json.loads((folder / "embedded/openapi/spec3.json").read_text(encoding="utf-8"))


def operations():
    """Method and path of each operation, in the table's order."""
    for line in OPERATIONS.split("\n"):
        *methods, path = line.split() or [None]
        for method in methods:
            yield method, path


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


def payment_methods(spec):
    """The types of payment methods whose parameters are not looked at."""
    schema = body(spec["paths"]["/v1/payment_methods"]["post"])
    return set(schema["properties"]["type"]["enum"]) - METHODS_KEPT


def body(operation):
    content = operation.get("requestBody", {}).get("content", {})
    form = content.get("application/x-www-form-urlencoded") or content.get("multipart/form-data") or {}
    return form.get("schema", {})


def parameters(operation):
    """An operation's parameters as one object schema, of body and query."""
    schema = body(operation)
    properties, required = dict(schema.get("properties", {})), list(schema.get("required", []))
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            properties[parameter["name"]] = parameter["schema"]
            if parameter["required"]:
                required.append(parameter["name"])
    properties.pop("expand", None)
    return {"type": "object", "properties": properties, "required": required}


def merged(one, other):
    """Two alternative objects as one: what both demand is demanded."""
    properties = {**one.get("properties", {}), **other.get("properties", {})}
    required = [name for name in one.get("required", []) if name in other.get("required", [])]
    return {"type": "object", "properties": properties, "required": required}


class Reader:
    """Turns schemas of the description into fields of the table."""

    def __init__(self, exotic):
        self.exotic = exotic

    def fields(self, schema):
        required = schema.get("required", [])
        for name, inner in sorted(schema.get("properties", {}).items()):
            alternatives, fields = self.type(name, inner)
            if name in self.exotic and any("object" in alternative for alternative in alternatives):
                alternatives, fields = ["any"], []
            emptied = name in FREE_TEXT or ADDRESS <= schema["properties"].keys()
            if emptied and name not in required and re.fullmatch(r"string(\(\d+\))?", " ".join(alternatives)):
                alternatives.append("unset")
            yield Field(name, name in required, alternatives, fields)

    def type(self, name, schema):
        """The alternatives of a type, and the fields of its object if it has one."""
        if "anyOf" not in schema:
            atom, fields = self.atom(name, schema)
            return atom, fields
        objects = [inner for inner in schema["anyOf"] if inner.get("type") == "object" and "properties" in inner]
        others = [inner for inner in schema["anyOf"] if inner not in objects]
        together = []
        for inner in objects:
            together = [merged(together[0], inner)] if together else [inner]
        alternatives, fields = [], []
        for inner in together + others:
            atom, found = self.atom(name, inner)
            if fields and found:
                sys.exit(f"{name}: the table has room for one object only")
            alternatives += atom
            fields = fields or found
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
    reader = Reader(payment_methods(spec))
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
    header = HEADER.format(mock=STRIPE_MOCK, kept=", ".join(sorted(METHODS_KEPT)))
    parts = [header.rstrip()]
    for operation, fields in table.items():
        parts.append("\n".join([operation, *(line for field in fields for line in field.lines(1, names.write))]))
    for name, fields in sorted(names.shapes.items()):
        parts.append("\n".join([f"shape {name}", *(line for field in fields for line in field.lines(1, names.write))]))
    parts.append("\n".join(f"choice {name}: {values}" for name, values in sorted(names.choices.items())))
    return "\n\n".join(parts) + "\n"


def command_parameters(arguments):
    text = table_text(description())
    if not arguments.check:
        TABLE.write_text(text, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != text:
        sys.exit(f"{TABLE} is not what `.ci/stripe-openapi.py parameters` writes: run it")
    print(f"{len(list(operations()))} operations, {len(text.splitlines())} lines")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("parameters")
    command.add_argument("--check", action="store_true")
    command.set_defaults(run=command_parameters)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
