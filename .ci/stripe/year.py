"""A year of monthly billing for a hundred accounts on the virtual clock of local mode: how long it takes.

    python year.py http://127.0.0.1:3000 [SECONDS_MAX]

Every account has a subscription of 49.00 EUR a month and a card that pays. It ends with 1 when an invoice is missing or
not paid, when an account is not active at the end, or when the clock took longer than SECONDS_MAX.
"""

import json
import sys
import time
import urllib.parse
import urllib.request

GATEWAY = sys.argv[1]
SECONDS_MAX = float(sys.argv[2]) if len(sys.argv) > 2 else None
ACCOUNTS, MONTHS = 100, 12


def call(method, url, body=None, form=None, key=None):
    """A request; its JSON."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    elif form is not None:
        data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method, headers=headers), timeout=600) as answer:
        return json.load(answer)


INFO = call("GET", f"{GATEWAY}/_local/info")
VENDOR = INFO["keys"]["vendor"]


def stripe(path, **form):
    return call("POST", f"{INFO['stripe']}/v1/{path}", form=form, key="sk_test_1234567890")


def main():
    price = stripe("prices", currency="eur", unit_amount=4900, **{"recurring[interval]": "month", "product_data[name]": "Team"})["id"]
    customers = {}
    for nth in range(ACCOUNTS):
        account = f"year{nth}"
        body = {"id": account, "name": f"Year {nth}", "email": f"{account}@example.com"}
        customer = call("POST", f"{GATEWAY}/v1/accounts", body, key=VENDOR)["stripe_customer_id"]
        card = stripe("payment_methods/pm_card_visa/attach", customer=customer)["id"]
        stripe(f"customers/{customer}", **{"invoice_settings[default_payment_method]": card})
        stripe("subscriptions", customer=customer, **{"items[0][price]": price})
        customers[account] = customer
    call("POST", f"{GATEWAY}/_local/clock", {"advance": "0s"})
    began = time.monotonic()
    for month in range(MONTHS):
        now = call("POST", f"{GATEWAY}/_local/clock", {"advance": "1mo"})["now"]
        print(f"{now}: {time.monotonic() - began:.1f} s", flush=True)
    # The last renewal's draft is an hour old.
    call("POST", f"{GATEWAY}/_local/clock", {"advance": "2h"})
    took = time.monotonic() - began
    for account, customer in customers.items():
        page = f"{INFO['stripe']}/v1/invoices?customer={customer}&limit=100"
        invoices = call("GET", page, key="sk_test_1234567890")["data"]
        paid = [invoice["amount_paid"] for invoice in invoices if invoice["status"] == "paid"]
        assert paid == [4900] * (MONTHS + 1), f"{account}: {paid}"
        state = call("GET", f"{GATEWAY}/v1/accounts/{account}", key=VENDOR)["state"]
        assert state == "active", f"{account} is {state}"
    print(f"{MONTHS} months of {ACCOUNTS} accounts, {ACCOUNTS * (MONTHS + 1)} invoices paid: {took:.1f} s")
    if SECONDS_MAX is not None and took > SECONDS_MAX:
        raise SystemExit(f"more than {SECONDS_MAX} s")


main()
