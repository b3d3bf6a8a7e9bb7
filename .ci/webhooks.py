"""Events delivered by local mode, verified by Standard Webhooks' own libraries for Python and Node.

usage: webhooks.py NODE_MODULES LOCAL DIRECTORY

It runs with a Python that has `standardwebhooks`. Local mode runs on ports of its own, and posts to a receiver here. Each
delivery must pass both libraries under the endpoint's secret and fail under another one; the events of an account must come
in the order of their numbers.
"""

import http.server
import json
import os
import subprocess
import sys
import threading
import time

from own_local import call, own_local
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PORT = 3500
NAMES = 3
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
NODE = """
const { Webhook } = require("standardwebhooks");
const { secret, body, headers } = JSON.parse(require("fs").readFileSync(0, "utf8"));
new Webhook(secret).verify(body, headers);
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    deliveries = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.deliveries.append((body, {name: self.headers[name] for name in HEADERS}))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def in_node(modules, secret, body, headers):
    given = json.dumps({"secret": secret, "body": body, "headers": headers})
    environment = {**os.environ, "NODE_PATH": modules}
    done = subprocess.run(["node", "-e", NODE], input=given, text=True, check=False, capture_output=True, env=environment)
    if done.returncode != 0 and "WebhookVerificationError" not in done.stderr:
        raise SystemExit(done.stderr)
    return done.returncode == 0


def in_python(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def verify(modules, secret, other):
    events = [json.loads(body) for body, _ in Receiver.deliveries]
    for event, (body, headers) in zip(events, Receiver.deliveries):
        assert headers["webhook-id"] == event["id"], (headers, event)
        for name, verified in (("Python", in_python), ("Node", lambda *it: in_node(modules, *it))):
            assert verified(secret, body, headers), f"{name} refuses {headers}"
            assert not verified(other, body, headers), f"{name} takes another secret for {headers}"
            assert not verified(secret, body + " ", headers), f"{name} takes another body for {headers}"
    numbers = [event["sequence"] for event in events]
    assert numbers == sorted(set(numbers)) and len(numbers) > NAMES, numbers
    print(f"{len(events)} deliveries verified: {', '.join(event['type'] for event in events)}")


def main():
    modules, local, directory = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with own_local(local, PORT, directory) as (gateway, keys):
        vendor = keys["vendor"]
        endpoint = {"url": f"http://127.0.0.1:{server.server_port}/", "enabled": True}
        secret = call("PUT", f"{gateway}/v1/event-endpoints/backend", vendor, endpoint)["secret"]
        other = call("PUT", f"{gateway}/v1/event-endpoints/other", vendor, {**endpoint, "enabled": False})["secret"]
        call("POST", f"{gateway}/v1/accounts", vendor, {"id": "acme", "name": "Acme", "email": "billing@acme.example"})
        for nth in range(NAMES):
            call("PATCH", f"{gateway}/v1/accounts/acme", vendor, {"name": f"Acme {nth}"})
        for _ in range(100):
            if len(Receiver.deliveries) > NAMES:
                break
            time.sleep(0.2)
        verify(modules, secret, other)


main()
