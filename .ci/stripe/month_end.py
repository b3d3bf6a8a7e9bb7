"""The month-end run of many payers, on the virtual clock of local mode: how long it takes, and how much memory.

    cargo run -p local -- --empty --clock 2026-11-20T09:00:00Z
    python month_end.py http://127.0.0.1:3000 PAYERS [SECONDS_MAX]

Every payer has a plan in trial (so that nothing but the run makes invoices), a card that pays, and usage beyond what is
included. What is timed is the move of the clock over the run: months closed, invoices made, finalized, charged, and all
their events delivered and settled. It ends with 1 when an invoice is missing, wrong or there twice, or when it took longer
than SECONDS_MAX.
"""

import json
import sys
import threading
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

GATEWAY, PAYERS = sys.argv[1], int(sys.argv[2])
SECONDS_MAX = float(sys.argv[3]) if len(sys.argv) > 3 else None
TRIAL_END = 1798761600  # 2027-01-01
AT_ONCE = 4
STRIPE_KEY = "sk_test_1234567890"


def call(method, url, body=None, form=None, key=None):
    """A request; its JSON."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    elif form is not None:
        data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method, headers=headers), timeout=3600) as answer:
        return json.load(answer)


INFO = call("GET", f"{GATEWAY}/_local/info")
VENDOR = INFO["keys"]["vendor"]


def stripe(path, **form):
    return call("POST", f"{INFO['stripe']}/v1/{path}", form=form, key=STRIPE_KEY)


def move(to):
    return call("POST", f"{GATEWAY}/_local/clock", {"to": to})["now"]


def resident():
    """Megabytes that local mode holds, where the system tells."""
    try:
        port = urllib.parse.urlsplit(GATEWAY).port
        with open("/proc/net/tcp", encoding="ascii") as sockets:
            inode = next(line.split()[9] for line in sockets if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A")
        import glob
        import os
        for link in glob.glob("/proc/[0-9]*/fd/*"):
            try:
                if os.readlink(link) == f"socket:[{inode}]":
                    with open(f"/proc/{link.split('/')[2]}/statm", encoding="ascii") as sizes:
                        return int(sizes.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1_000_000
            except OSError:
                continue
    except (OSError, StopIteration):
        pass
    return None


def payer(nth, price):
    name = f"payer-{nth}"
    body = {"id": name, "name": name, "email": f"{name}@example.com"}
    customer = call("POST", f"{GATEWAY}/v1/accounts", body, key=VENDOR)["stripe_customer_id"]
    card = stripe("payment_methods/pm_card_visa/attach", customer=customer)["id"]
    stripe(f"customers/{customer}", **{"invoice_settings[default_payment_method]": card})
    stripe("subscriptions", customer=customer, trial_end=TRIAL_END, **{"items[0][price]": price})
    return customer


def main():
    began = time.monotonic()
    price = stripe("prices", currency="usd", unit_amount=4900, **{
        "recurring[interval]": "month", "product_data[name]": "Team",
        "metadata[tollgate_plan]": "team", "metadata[tollgate_part]": "plan"})["id"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        customers = list(pool.map(lambda nth: payer(nth, price), range(PAYERS)))
    call("POST", f"{GATEWAY}/_local/clock", {"advance": "1s"})
    for first in range(0, PAYERS, 500):
        events = []
        for nth in range(first, min(first + 500, PAYERS)):
            events.append({"account": f"payer-{nth}", "resource": "sessions", "quantity": 101_000 + nth})
            events.append({"account": f"payer-{nth}", "resource": "storage", "quantity": 150_000})
        answer = call("POST", f"{GATEWAY}/v1/usage", {"batch_id": f"all-{first}", "events": events}, key=VENDOR)
        assert not answer["rejected"], answer["rejected"][:3]
    move("2026-12-03T00:14:59Z")
    print(f"{PAYERS} payers made: {time.monotonic() - began:.0f} s, {resident()} MB", flush=True)
    most, done = [0], threading.Event()

    def watch():
        while not done.wait(1):
            most[0] = max(most[0], resident() or 0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    move("2026-12-03T00:15:00Z")
    took = time.monotonic() - began
    done.set()
    watcher.join()
    print(f"the run of {PAYERS} payers: {took:.1f} s, {1000 * took / PAYERS:.1f} ms each, at most {most[0]} MB", flush=True)
    for nth in list(range(0, PAYERS, max(1, PAYERS // 50))) + [PAYERS - 1]:
        invoices = call("GET", f"{INFO['stripe']}/v1/invoices?customer={customers[nth]}&limit=100", key=STRIPE_KEY)["data"]
        totals = [invoice["total"] for invoice in invoices if "tollgate_month" in invoice["metadata"]]
        expected = (5 * (1_000 + nth) + 50) // 100 + 1_000
        assert totals == [expected], f"payer-{nth}: {totals}, {expected} expected"
    if SECONDS_MAX is not None and took > SECONDS_MAX:
        raise SystemExit(f"more than {SECONDS_MAX} s")


main()
