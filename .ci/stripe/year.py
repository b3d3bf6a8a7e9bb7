"""A year of monthly billing for some accounts on the virtual clock of local mode: how long it takes.

    python year.py http://127.0.0.1:3000 [ACCOUNTS, otherwise 100] [SECONDS_MAX]

Every account has a subscription of 49.00 EUR a month and a card that pays. It ends with 1 when an invoice is missing or
not paid, when an account is not active at the end, or when the clock took longer than SECONDS_MAX.
"""

import sys
import time

from local_mode import LocalMode

ACCOUNTS = int(sys.argv[2]) if len(sys.argv) > 2 else 100
SECONDS_MAX = float(sys.argv[3]) if len(sys.argv) > 3 else None
MONTHS = 12


def main():
    local = LocalMode(sys.argv[1])
    price = local.stripe("prices", currency="eur", unit_amount=4900, **{"recurring[interval]": "month", "product_data[name]": "Team"})["id"]
    customers = {name: local.payer(name, price) for name in (f"year{nth}" for nth in range(ACCOUNTS))}
    local.clock(advance="0s")
    began, used = time.monotonic(), local.processor_seconds()
    for _ in range(MONTHS):
        now = local.clock(advance="1mo")
        print(f"{now}: {time.monotonic() - began:.1f} s", flush=True)
    # The last renewal's draft is an hour old. A clock that began behind the 28th stands up to three days before it,
    # because a month from there on is cut by February.
    local.clock(advance="76h")
    took = time.monotonic() - began
    of_processor = "" if used is None else f", {local.processor_seconds() - used:.1f} s of processor time"
    for account, customer in customers.items():
        paid = [invoice["amount_paid"] for invoice in local.invoices(customer) if invoice["status"] == "paid"]
        assert paid == [4900] * (MONTHS + 1), f"{account}: {paid}"
        state = local.api("GET", f"accounts/{account}")["state"]
        assert state == "active", f"{account} is {state}"
    print(f"{MONTHS} months of {ACCOUNTS} accounts, {ACCOUNTS * (MONTHS + 1)} invoices paid: {took:.1f} s{of_processor}")
    if SECONDS_MAX is not None and took > SECONDS_MAX:
        raise SystemExit(f"more than {SECONDS_MAX} s")


main()
