"""A local mode of a check's own: started without demo data on ports of its own, and ended with the check."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request


def call(method, url, key=None, body=None):
    """A request; its JSON."""
    request = urllib.request.Request(url, method=method)
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    data = None
    if body is not None:
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=60) as answer:
        return json.load(answer) if answer.status != 204 else None


def wait_for(url, process):
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("local mode has ended")
        try:
            return call("GET", url)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise SystemExit(f"waited in vain for {url}")


@contextlib.contextmanager
def own_local(binary, port, directory):
    """Gives the gateway's address and the keys. Its log is in the directory."""
    os.makedirs(directory, exist_ok=True)
    gateway = f"http://127.0.0.1:{port}"
    with open(os.path.join(directory, "local.log"), "wb") as log:
        command = [os.path.abspath(binary), "--port", str(port), "--empty"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield gateway, wait_for(f"{gateway}/_local/info", process)["keys"]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
