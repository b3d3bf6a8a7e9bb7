"""The month-end run of many payers, on the virtual clock of local mode: how long it takes, and how much memory.

    cargo run -p local -- --empty --clock 2026-11-20T09:00:00Z
    python month_end.py http://127.0.0.1:3000 PAYERS [SECONDS_MAX]

Every payer has a plan in trial (so that nothing but the run makes invoices), a card that pays, and usage beyond what is
included. What is timed is the move of the clock over the run: months closed, invoices made, finalized, charged, and all
their events delivered and settled. It ends with 1 when an invoice is missing, wrong or there twice, or when it took longer
than SECONDS_MAX.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from local_mode import LocalMode

PAYERS = int(sys.argv[2])
SECONDS_MAX = float(sys.argv[3]) if len(sys.argv) > 3 else None
TRIAL_END = 1798761600  # 2027-01-01
AT_ONCE = 4


def main():
    local = LocalMode(sys.argv[1])
    began = time.monotonic()
    price = local.stripe("prices", currency="usd", unit_amount=4900, **{
        "recurring[interval]": "month", "product_data[name]": "Team",
        "metadata[tollgate_plan]": "team", "metadata[tollgate_part]": "plan"})["id"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        customers = list(pool.map(lambda nth: local.payer(f"payer-{nth}", price, trial_end=TRIAL_END), range(PAYERS)))
    local.clock(advance="1s")
    for first in range(0, PAYERS, 500):
        events = []
        for nth in range(first, min(first + 500, PAYERS)):
            events.append({"account": f"payer-{nth}", "resource": "sessions", "quantity": 101_000 + nth})
            events.append({"account": f"payer-{nth}", "resource": "storage", "quantity": 150_000})
        answer = local.api("POST", "usage", {"batch_id": f"all-{first}", "events": events})
        assert not answer["rejected"], answer["rejected"][:3]
    local.clock(to="2026-12-03T00:14:59Z")
    print(f"{PAYERS} payers made: {time.monotonic() - began:.0f} s, {local.megabytes()} MB", flush=True)
    most, done = [0], threading.Event()

    def watch():
        while not done.wait(1):
            most[0] = max(most[0], local.megabytes() or 0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, used = time.monotonic(), local.processor_seconds()
    local.clock(to="2026-12-03T00:15:00Z")
    took = time.monotonic() - began
    of_processor = "" if used is None else f", {local.processor_seconds() - used:.1f} s of processor time"
    done.set()
    watcher.join()
    print(f"the run of {PAYERS} payers: {took:.1f} s, {1000 * took / PAYERS:.1f} ms each{of_processor}, at most {most[0]} MB", flush=True)
    for nth in list(range(0, PAYERS, max(1, PAYERS // 50))) + [PAYERS - 1]:
        invoices = local.invoices(customers[nth])
        totals = [invoice["total"] for invoice in invoices if "tollgate_month" in invoice["metadata"]]
        expected = (5 * (1_000 + nth) + 50) // 100 + 1_000
        assert totals == [expected], f"payer-{nth}: {totals}, {expected} expected"
    if SECONDS_MAX is not None and took > SECONDS_MAX:
        raise SystemExit(f"more than {SECONDS_MAX} s")


main()
