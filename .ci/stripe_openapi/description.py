"""Stripe's OpenAPI description, and which of its operations the simulator knows."""

import json
import pathlib
import subprocess

STRIPE_MOCK = "github.com/stripe/stripe-mock@v0.203.0"
SIMULATOR = pathlib.Path(__file__).parent.parent.parent / "infra/local/stripe"

# What the simulator knows: methods, and the path as the description has it.
OPERATIONS = """
GET             /v1/account
GET POST        /v1/billing_portal/configurations
GET POST        /v1/billing_portal/configurations/{configuration}
POST            /v1/billing_portal/sessions
GET             /v1/charges
GET POST        /v1/charges/{charge}
GET POST        /v1/checkout/sessions
GET POST        /v1/checkout/sessions/{session}
POST            /v1/checkout/sessions/{session}/expire
GET             /v1/checkout/sessions/{session}/line_items
GET POST        /v1/coupons
GET DELETE      /v1/coupons/{coupon}
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
POST            /v1/payment_records/{id}/report_refund
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
