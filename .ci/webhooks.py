"""Events delivered by local mode, verified by Standard Webhooks' own libraries for Python and Node.

usage: webhooks.py NODE_MODULES LOCAL DIRECTORY

It runs with a Python that has `standardwebhooks`. Local mode runs on ports of its own, and posts to a receiver here. Each
delivery must pass both libraries under the endpoint's secret and fail under another one; the events of an account must come
in the order of their numbers.
"""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

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


def call(method, url, key=None, body=None):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def wait_for(url, process):
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("local mode has ended")
        try:
            return call("GET", url)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise SystemExit(f"waited in vain for {url}")


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
    os.makedirs(directory, exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log = open(os.path.join(directory, "local.log"), "wb")
    process = subprocess.Popen([os.path.abspath(local), "--port", str(PORT), "--empty"], stdout=log, stderr=log)
    try:
        gateway = f"http://127.0.0.1:{PORT}"
        vendor = wait_for(f"{gateway}/_local/info", process)["keys"]["vendor"]
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
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


main()
