"""The examples of `functions/examples`, run against local mode: each sells a plan, reports usage, guards a route and reads
invoices, and answers what is expected here.

    python3 .ci/examples.py http://127.0.0.1:3000

Local mode's clock moves two months ahead.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

STRIPE_KEY = "sk_test_1234567890"
EXAMPLES = {
    "node": ["node", "functions/examples/node/app.mjs"],
    "python": ["python3", "functions/examples/python/app.py"],
}
GATEWAY = sys.argv[1]


def call(method, url, body=None, form=None, key=None):
    """A request; status and JSON of its answer."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = None
    if body is not None:
        headers["Content-Type"], data = "application/json", json.dumps(body).encode()
    elif form is not None:
        data = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


INFO = call("GET", f"{GATEWAY}/_local/info")[1]


def clock(length):
    """Moves local mode's clock, and waits for all that falls due."""
    status, answer = call("POST", f"{GATEWAY}/_local/clock", {"advance": length})
    assert status == 200, answer


def stripe(method, path, **form):
    """A request to the simulator."""
    status, answer = call(method, f"{INFO['stripe']}/v1/{path}", form=form or None, key=STRIPE_KEY)
    assert status == 200, answer
    return answer


def pay(checkout_url):
    """Pays a Checkout page with a test card, and lets its events arrive."""
    session = checkout_url.rsplit("/", 1)[1].split("?")[0].split("#")[0]
    stripe("POST", f"payment_pages/{session}/confirm", payment_method="pm_card_visa")
    clock("0s")


def is_open(port):
    """Whether a server listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def story(port, account):
    """A customer's life with the example, answer by answer."""

    def app(method, path, **query):
        query = urllib.parse.urlencode({"account": account} | query)
        return call(method, f"http://127.0.0.1:{port}{path}?{query}")

    def expect(answer, expected):
        assert answer == expected, f"{answer} is not {expected}"

    expect(app("POST", "/signup", name="Example Ltd", email="billing@example.com"), (201, {"plan": "free", "state": "active"}))

    status, answer = app("POST", "/upgrade", seats=3)
    expect((status, answer.get("plan")), (202, None))
    pay(answer["checkout_url"])
    expect(app("POST", "/upgrade", seats=3)[0], 200)

    counted = {"report": "1", "accepted": 1, "rejected": [], "duplicate": False}
    expect(app("POST", "/reports", report=f"{account}-1"), (200, counted | {"report": f"{account}-1"}))
    again = app("POST", "/reports", report=f"{account}-1")
    expect(again, (200, counted | {"report": f"{account}-1", "duplicate": True}))

    status, [first] = app("GET", "/invoices")
    expect((status, first["status"], first["total"]["currency"]), (200, "paid", "usd"))

    # An invoice that is never paid: after its grace period the guard closes, and says what opens it.
    customer = call("GET", f"{GATEWAY}/v1/accounts/{account}", key=INFO["keys"]["vendor"])[1]["stripe_customer_id"]
    terms = {"collection_method": "send_invoice", "days_until_due": 1}
    invoice = stripe("POST", "invoices", customer=customer, currency="usd", **terms)["id"]
    stripe("POST", "invoiceitems", customer=customer, invoice=invoice, currency="usd", amount=4900)
    stripe("POST", f"invoices/{invoice}/send")
    clock("1mo")
    status, answer = app("POST", "/reports", report=f"{account}-2")
    expect((status, answer["error"]), (402, "Your account is disabled."))
    expect(answer["todo"][0], "Paying it, a credit note over the rest, or voiding it.")

    expect(app("GET", "/nowhere")[0], 404)


def documented():
    """The answers that the comments of Node's example give, and README with them, in the order of its lines."""
    with open("functions/examples/node/app.mjs", encoding="utf-8") as source:
        lines = source.read().split("README's dozen lines: begin")[1].split("README's dozen lines: end")[0]
    comments = [line.removeprefix("// ") for line in lines.splitlines() if line.startswith("// 2")]
    return [(int(comment[:3]), json.JSONDecoder().raw_decode(comment, 4)[0]) for comment in comments]


def holds(answer, expected):
    """Whether an answer has everything that is expected; "..." stands for any value."""
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(key in answer and holds(answer[key], it) for key, it in expected.items())
    if isinstance(expected, list) and expected:
        return len(answer) == len(expected) and all(map(holds, answer, expected))
    return expected == "..." and answer is not None or answer == expected


def readme():
    """Each answer in README, as Tollgate gives it."""
    key, account = INFO["keys"]["vendor"], "example-readme"

    def ask(method, path, body=None):
        return call(method, f"{GATEWAY}/v1{path}", body, key=key)

    opened = ask("POST", "/accounts", {"id": account, "name": "Example Ltd", "email": "billing@example.com"})
    bought = ask("PUT", f"/accounts/{account}/subscription", {"plan": "team", "interval": "month", "seats": 3})
    pay(bought[1]["checkout_url"])
    usage = {"batch_id": account, "events": [{"account": account, "resource": "sessions", "quantity": 1_000}]}
    answers = [opened, bought, ask("POST", "/usage", usage)]
    answers += [ask("GET", f"/accounts/{account}/access"), ask("GET", f"/accounts/{account}/invoices")]

    expected = documented()
    assert len(expected) == len(answers), expected
    for (status, answer), (right_status, right) in zip(answers, expected):
        assert status == right_status and holds(answer, right), f"{status} {answer} is not {right_status} {right}"
    print("README: as described")


def run(name, command):
    """An example as a process, through its story."""
    port = free_port()
    environment = os.environ | {"TOLLGATE_URL": GATEWAY, "TOLLGATE_KEY": INFO["keys"]["vendor"], "PORT": str(port)}
    with subprocess.Popen(command, env=environment) as process:
        try:
            for _ in range(100):
                if is_open(port):
                    break
                assert process.poll() is None, f"{name} ended"
                time.sleep(0.1)
            story(port, f"example-{name}")
        finally:
            process.kill()
    print(f"{name}: as described")


readme()
for example, arguments in EXAMPLES.items():
    run(example, arguments)
