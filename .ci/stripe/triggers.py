"""Stripe's official command line against local mode: every event type that the functions use, triggered by
its own recipes and by raw fixtures, arrives signed at the gateway and takes effect in the books.

    python triggers.py path/to/stripe http://127.0.0.1:3000

Recipes make a customer of their own, who would be a stranger to the books. So `--skip` and `--override` put
an account's customer in its place, where a recipe names it as a parameter; where it stands in a path, a raw
fixture says the same with the account's customer. What is told of payments is about a pack of credits that the
account buys, and takes effect in its balance. It ends with 1 at the first type that did not take effect.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

CLI, GATEWAY = sys.argv[1], sys.argv[2]
KEY = "sk_test_1234567890"
DAY = 24 * 3600

# The event types, and the steps of the CLI's recipe that name its customer.
INVOICE = ["invoiceitem", "invoice"]
RECIPES = {
    "invoice.created": INVOICE,
    "invoice.finalized": INVOICE,
    "invoice.updated": INVOICE,
    "invoice.deleted": INVOICE,
    "invoice.voided": INVOICE,
    "invoice.marked_uncollectible": INVOICE,
    "invoice.paid": ["payment_method", *INVOICE],
    "invoice.payment_succeeded": ["payment_method", *INVOICE],
    "invoice.payment_failed": ["payment_method", *INVOICE],
    "invoice.payment_action_required": ["payment_method", *INVOICE],
    "credit_note.created": INVOICE,
    "credit_note.updated": INVOICE,
    "credit_note.voided": INVOICE,
    "customer.subscription.created": ["subscription"],
    "customer.subscription.updated": ["subscription"],
    "customer.subscription.deleted": ["subscription"],
    "customer.subscription.paused": ["subscription"],
    "customer.subscription.trial_will_end": ["subscription"],
}

PAID_AT_ONCE = {"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted"}


def step(name, method, path, /, expected_error=None, **params):
    """A step of a fixture."""
    made = {"name": name, "path": f"/v1/{path}", "method": method, "params": params}
    if expected_error:
        made["expected_error_type"] = expected_error
    return made


PRICE = [
    step("product", "post", "products", name="Plan"),
    step("price", "post", "prices", product="${product:id}", unit_amount=1500, currency="usd", recurring={"interval": "month"}),
    step("dearer", "post", "prices", product="${product:id}", unit_amount=9500, currency="usd", recurring={"interval": "month"}),
]


def pending_update(customer):
    """A subscription with an update that a failed payment holds up."""
    return [
        *PRICE,
        step("good", "post", "payment_methods/pm_card_visa/attach", customer=customer),
        step("subscription", "post", "subscriptions", customer=customer, default_payment_method="${good:id}",
             items=[{"price": "${price:id}"}]),
        step("bad", "post", "payment_methods/pm_card_chargeCustomerFail/attach", customer=customer),
        step("poor", "post", "subscriptions/${subscription:id}", default_payment_method="${bad:id}"),
        step("update", "post", "subscriptions/${subscription:id}", payment_behavior="pending_if_incomplete",
             proration_behavior="always_invoice", items=[{"id": "${subscription:items.data.0.id}", "price": "${dearer:id}"}]),
    ]


def tax_id(customer):
    """A tax id; the authority answers some seconds later."""
    return step("tax_id", "post", f"customers/{customer}/tax_ids", type="eu_vat", value="DE123456789")


# Types without a recipe, or whose recipe names the customer in a path: fixtures, and days to move the clock by.
FIXTURES = {
    "customer.updated": (0, lambda customer: [step("updated", "post", f"customers/{customer}", name="Renamed")]),
    "customer.deleted": (0, lambda customer: [step("deleted", "delete", f"customers/{customer}")]),
    "customer.tax_id.created": (0, lambda customer: [tax_id(customer)]),
    "customer.tax_id.updated": (1, lambda customer: [tax_id(customer)]),
    "customer.tax_id.deleted": (0, lambda customer: [
        tax_id(customer),
        step("deleted", "delete", f"customers/{customer}/tax_ids/${{tax_id:id}}"),
    ]),
    "customer.subscription.resumed": (0, lambda customer: [
        *PRICE,
        step("subscription", "post", "subscriptions", customer=customer, items=[{"price": "${price:id}"}], trial_period_days=7,
             trial_settings={"end_behavior": {"missing_payment_method": "pause"}}),
        step("paused", "post", "subscriptions/${subscription:id}", trial_end="now"),
        step("card", "post", "payment_methods/pm_card_visa/attach", customer=customer),
        step("method", "post", "subscriptions/${subscription:id}", default_payment_method="${card:id}"),
        step("resumed", "post", "subscriptions/${subscription:id}/resume", billing_cycle_anchor="now"),
    ]),
    "customer.subscription.pending_update_applied": (0, lambda customer: [
        *pending_update(customer),
        step("paid", "post", "invoices/${update:latest_invoice}/pay", payment_method="${good:id}"),
    ]),
    "customer.subscription.pending_update_expired": (2, pending_update),
    "invoice.overdue": (3, lambda customer: [
        step("invoice", "post", "invoices", customer=customer, currency="usd", collection_method="send_invoice", days_until_due=2),
        step("item", "post", "invoiceitems", customer=customer, invoice="${invoice:id}", currency="usd", amount=2500),
        step("sent", "post", "invoices/${invoice:id}/send"),
    ]),
}


# Another year on the card that is the customer's default.
NEW_YEAR = 2041
METHODS = {
    "payment_method.updated": lambda customer: [
        step("card", "post", "payment_methods/pm_card_visa/attach", customer=customer),
        step("default", "post", f"customers/{customer}", invoice_settings={"default_payment_method": "${card:id}"}),
        step("updated", "post", "payment_methods/${card:id}", card={"exp_year": NEW_YEAR}),
    ],
}
# Only a card network makes these: no request of Stripe's API does.
UNTRIGGERED = {"payment_method.automatically_updated"}


PACK, TOKENS = "starter", 1_000_000


def pay(session, card, expected_error=None):
    """The session's page, paid with a test card."""
    return step("paid", "post", f"payment_pages/{session}/confirm", expected_error=expected_error, payment_method=f"pm_card_{card}")


def debit(iban):
    """The same pack by direct debit, in a session that takes them."""
    def steps(buy):
        marks = {"tollgate_purchase": buy["id"]}
        holder = {"name": "Ada", "email": "ada@example.com"}
        return [
            step("account", "post", "payment_methods", type="sepa_debit", sepa_debit={"iban": iban}, billing_details=holder),
            step("session", "post", "checkout/sessions", mode="payment", success_url=GATEWAY, customer=buy["customer"],
                 payment_method_types=["card", "sepa_debit"], line_items=[{"price": buy["price"], "quantity": 1}],
                 metadata=marks, payment_intent_data={"metadata": marks}),
            step("paid", "post", "payment_pages/${session:id}/confirm", payment_method="${account:id}"),
        ]
    return steps


def refund(card):
    """The pack paid with that card, and given back."""
    return lambda buy: [
        pay(buy["session"], card),
        step("refund", "post", "refunds", payment_intent="${paid:payment_intent}"),
    ]


def dispute(buy):
    """The pack paid with a card whose holder wants the money back."""
    return [pay(buy["session"], "createDispute")]


def answered(evidence):
    """That dispute, with evidence that decides it."""
    return lambda buy: [
        *dispute(buy),
        step("disputes", "get", "disputes?limit=1"),
        step("answered", "post", "disputes/${disputes:data.0.id}", evidence={"uncategorized_text": evidence}),
    ]


# What is told of payments: the fixtures, days to move the clock by, and the account's balance then.
PAYMENTS = {
    "checkout.session.completed": (0, TOKENS, lambda buy: [pay(buy["session"], "visa")]),
    "checkout.session.async_payment_succeeded": (1, TOKENS, debit("DE89370400440532013000")),
    "checkout.session.async_payment_failed": (1, 0, debit("DE62370400440532013001")),
    "checkout.session.expired": (0, 0, lambda buy: [step("expired", "post", f"checkout/sessions/{buy['session']}/expire")]),
    "payment_intent.succeeded": (0, TOKENS, lambda buy: [pay(buy["session"], "visa")]),
    "payment_intent.payment_failed": (0, 0, lambda buy: [pay(buy["session"], "chargeDeclined", expected_error="card_error")]),
    "payment_intent.canceled": (0, 0, lambda buy: [
        pay(buy["session"], "chargeDeclined", expected_error="card_error"),
        step("expired", "post", f"checkout/sessions/{buy['session']}/expire"),
    ]),
    "payment_intent.processing": (0, 0, debit("DE08370400440532013003")),
    "payment_intent.requires_action": (0, 0, lambda buy: [pay(buy["session"], "authenticationRequired")]),
    "refund.created": (0, 0, refund("visa")),
    "refund.updated": (1, 0, refund("pendingRefund")),
    "refund.failed": (1, TOKENS, refund("refundFail")),
    "charge.refund.updated": (1, 0, refund("pendingRefund")),
    "charge.dispute.created": (0, 0, dispute),
    "charge.dispute.updated": (0, 0, answered("under review")),
    "charge.dispute.closed": (1, 0, answered("losing_evidence")),
    "charge.dispute.funds_withdrawn": (0, 0, dispute),
    "charge.dispute.funds_reinstated": (1, TOKENS, answered("winning_evidence")),
}


def call(method, url, body=None, key=None):
    """A request; its JSON."""
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {url}: {error.code} {error.read().decode()}") from error


INFO = call("GET", f"{GATEWAY}/_local/info")
HOME = tempfile.mkdtemp(prefix="stripe-cli-")


def stripe(*arguments):
    """The CLI; it has no network but loopback, and no configuration of a person."""
    command = [CLI, *arguments, "--api-base", INFO["stripe"], "--api-key", KEY]
    environment = {"PATH": os.environ["PATH"], "HOME": HOME, "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{run.stdout}{run.stderr}")


def account(nth):
    """An account with a customer at Stripe."""
    body = {"id": f"trigger{nth}-{os.getpid()}", "name": f"Triggered {nth}", "email": f"trigger{nth}@example.com"}
    return call("POST", f"{GATEWAY}/v1/accounts", body, INFO["keys"]["vendor"])


def post(path, **form):
    """A POST to Stripe's API; the object's id."""
    data = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(f"{INFO['stripe']}/v1/{path}", data=data, headers={"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["id"]


def give_card(customer):
    """What the customer of those recipes has that pay at once."""
    card = post("payment_methods/pm_card_visa/attach", customer=customer)
    post(f"customers/{customer}", **{"invoice_settings[default_payment_method]": card})


def purchase(account_id, customer):
    """A pack that an account begins to buy: the purchase, its Checkout session, and its price."""
    body = {"pack": PACK, "success_url": f"{GATEWAY}/thanks", "cancel_url": f"{GATEWAY}/credits"}
    bought = call("POST", f"{GATEWAY}/v1/accounts/{account_id}/credits/purchases", body, INFO["keys"]["vendor"])
    [session] = call("GET", f"{INFO['stripe']}/v1/checkout/sessions?customer={customer}", key=KEY)["data"]
    if session["metadata"]["tollgate_purchase"] != bought["id"]:
        raise SystemExit(f"{session} is not of {bought}")
    [price] = call("GET", f"{INFO['stripe']}/v1/prices?lookup_keys[]=tollgate_pack_{PACK}", key=KEY)["data"]
    return {"id": bought["id"], "session": session["id"], "price": price["id"], "customer": customer}


def trigger(event_type, days, steps):
    """Raw fixtures, and some days after them."""
    fixture = {"_meta": {"template_version": 0}, "fixtures": steps}
    stripe("trigger", event_type, "--raw", json.dumps(fixture))
    settle()
    for _ in range(days):
        call("POST", f"{GATEWAY}/_local/clock", {"advance": "1d"})


def settle():
    """Lets everything run that is due."""
    call("POST", f"{GATEWAY}/_local/clock", {"advance": "0s"})


def effect(event_type, account_id, customer):
    """How many such events came, and how many of them the timeline names as causes. One that it does not name had been
    told already by another event of the same object, which it does name: then it wrote nothing, which is right."""
    told = {}
    for event in call("GET", f"{INFO['stripe']}/v1/events?limit=100", key=KEY)["data"]:
        about = event["data"]["object"]
        if customer in (about.get("customer"), about["id"]):
            told[event["id"]] = about["id"]
    mine = [it for it in call("GET", f"{GATEWAY}/_local/deliveries")["data"] if it["event_id"] in told]
    came = [delivery for delivery in mine if delivery["event_type"] == event_type]
    if not came:
        raise SystemExit(f"{event_type}: no such event came to the gateway")
    timeline = call("GET", f"{GATEWAY}/v1/accounts/{account_id}/timeline?limit=100&raw=true", key=INFO["keys"]["vendor"])["data"]
    causes = {entry["cause"]["id"] for entry in timeline}
    known = {told[event] for event in causes if event in told}
    for delivery in came:
        if delivery["status"] != 200 or delivery["outcome"] not in ("applied", "unchanged"):
            raise SystemExit(f"{event_type}: {delivery}")
        if told[delivery["event_id"]] not in known:
            raise SystemExit(f"{event_type}: the timeline knows nothing of {told[delivery['event_id']]}: {timeline}")
    return len(came), sum(delivery["event_id"] in causes for delivery in came)


def on_file(event_type, account_id, customer):
    """How many such events came; the account's card on file is as the last one says."""
    mine = [it for it in call("GET", f"{GATEWAY}/_local/deliveries")["data"] if it["event_type"] == event_type]
    if not mine:
        raise SystemExit(f"{event_type}: no such event came to the gateway")
    if any(delivery["status"] != 200 for delivery in mine):
        raise SystemExit(f"{event_type}: {mine}")
    known = call("GET", f"{GATEWAY}/v1/accounts/{account_id}/subscription", key=INFO["keys"]["vendor"])
    if known["payment_method"]["exp_year"] != NEW_YEAR:
        raise SystemExit(f"{event_type}: {customer} has {known['payment_method']} on file")
    return len(mine)


def paid(event_type, account_id, customer, balance):
    """How many such events came of the customer's payments, and how many of them changed something; the balance is what
    it should be."""
    payments, told = set(), set()
    for event in reversed(call("GET", f"{INFO['stripe']}/v1/events?limit=100", key=KEY)["data"]):
        about = event["data"]["object"]
        if about.get("customer") == customer:
            payments.add(about["id"])
        if about["id"] in payments or about.get("payment_intent") in payments:
            told.add(event["id"])
    mine = [it for it in call("GET", f"{GATEWAY}/_local/deliveries")["data"] if it["event_id"] in told]
    came = [delivery for delivery in mine if delivery["event_type"] == event_type]
    if not came:
        raise SystemExit(f"{event_type}: no such event came to the gateway")
    for delivery in mine:
        if delivery["status"] != 200 or delivery["outcome"] not in ("applied", "unchanged"):
            raise SystemExit(f"{event_type}: {delivery}")
    credits = call("GET", f"{GATEWAY}/v1/accounts/{account_id}/credits", key=INFO["keys"]["vendor"])
    if credits["balance"] != balance:
        raise SystemExit(f"{event_type}: the balance is {credits['balance']}, not {balance}")
    return len(came), sum(delivery["outcome"] == "applied" for delivery in came)


def main():
    types = call("GET", f"{INFO['stripe']}/v1/webhook_endpoints", key=KEY)["data"][0]["enabled_events"]
    missing = set(types) ^ (set(RECIPES) | set(FIXTURES) | set(PAYMENTS) | set(METHODS) | UNTRIGGERED)
    if missing:
        raise SystemExit(f"the functions use other event types than this script triggers: {sorted(missing)}")
    for nth, event_type in enumerate(sorted(set(types) - UNTRIGGERED)):
        made = account(nth)
        customer = made["stripe_customer_id"]
        if event_type in PAID_AT_ONCE:
            give_card(customer)
        if event_type in RECIPES:
            overrides = [f"{name}:customer={customer}" for name in RECIPES[event_type]]
            arguments = [part for override in overrides for part in ("--override", override)]
            stripe("trigger", event_type, "--skip", "customer", *arguments)
        elif event_type in PAYMENTS:
            days, _, steps = PAYMENTS[event_type]
            trigger(event_type, days, steps(purchase(made["id"], customer)))
        elif event_type in METHODS:
            trigger(event_type, 0, METHODS[event_type](customer))
        else:
            days, steps = FIXTURES[event_type]
            trigger(event_type, days, steps(customer))
        settle()
        if event_type in PAYMENTS:
            came, applied = paid(event_type, made["id"], customer, PAYMENTS[event_type][1])
            print(f"ok {event_type}: {came} came, {applied} applied; the balance is right", flush=True)
        elif event_type in METHODS:
            came = on_file(event_type, made["id"], customer)
            print(f"ok {event_type}: {came} came; the card on file is right", flush=True)
        else:
            came, applied = effect(event_type, made["id"], customer)
            print(f"ok {event_type}: {came} came, {applied} in the timeline", flush=True)
    print(f"{len(set(types) - UNTRIGGERED)} event types triggered by {os.path.basename(CLI)} took effect")


main()
