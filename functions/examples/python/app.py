"""A small SaaS backend on Tollgate, with nothing but Python 3: it sells a plan, reports usage,
guards a route and reads invoices.

    TOLLGATE_URL=http://127.0.0.1:3000 TOLLGATE_KEY=tg_vendor_... PORT=4000 python3 app.py

`.ci/examples.py` runs this file against local mode and compares its answers.
"""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLLGATE_URL = os.environ["TOLLGATE_URL"]
TOLLGATE_KEY = os.environ["TOLLGATE_KEY"]


def tollgate(method, path, body=None):
    """A request to Tollgate; status and answer. A refusal is an answer, too."""
    headers = {
        "Authorization": f"Bearer {TOLLGATE_KEY}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{TOLLGATE_URL}/v1{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def sign_up(account, name, email):
    """A new account, with its customer at Stripe."""
    status, answer = tollgate("POST", "/accounts", {"id": account, "name": name, "email": email})
    return status, {"plan": answer.get("plan"), "state": answer.get("state")}


def upgrade(account, seats):
    """Stripe's Checkout page for the first paid plan."""
    wanted = {"plan": "team", "interval": "month", "seats": int(seats)}
    status, answer = tollgate("PUT", f"/accounts/{account}/subscription", wanted)
    return status, {"checkout_url": answer.get("checkout_url"), "plan": answer.get("plan")}


def make_report(account, report):
    """The route that the product is about: each report is metered as 1,000 sessions."""
    status, answer = tollgate("GET", f"/accounts/{account}/access")
    if status != 200:
        return status, answer
    if answer["access"] == "none":
        todo = [reason["clears_by"] for reason in answer["reasons"]]
        return 402, {"error": "Your account is disabled.", "todo": todo}

    event = {"account": account, "resource": "sessions", "quantity": 1_000}
    _, counted = tollgate("POST", "/usage", {"batch_id": f"report-{report}", "events": [event]})
    return 200, {"report": report} | {key: counted.get(key) for key in ("accepted", "rejected", "duplicate")}


def invoices(account):
    """The account's invoices, newest first."""
    status, answer = tollgate("GET", f"/accounts/{account}/invoices")
    return status, [{key: it[key] for key in ("number", "status", "total")} for it in answer.get("data", [])]


ROUTES = {
    "POST /signup": sign_up,
    "POST /upgrade": upgrade,
    "POST /reports": make_report,
    "GET /invoices": invoices,
}


class Handler(BaseHTTPRequestHandler):
    """Finds the route of a request, and writes its answer."""

    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        route = ROUTES.get(f"{self.command} {url.path}")
        status, answer = 404, {"error": "There is no such route."}
        if route:
            status, answer = route(**dict(urllib.parse.parse_qsl(url.query)))

        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = answer


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
