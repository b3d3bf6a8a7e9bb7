"""Local mode from outside, for the scripts beside this one that measure it: its gateway, its Stripe, its clock, its process."""

import glob
import json
import os
import urllib.parse
import urllib.request

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
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=3600) as answer:
        return json.load(answer)


class LocalMode:
    """A running local mode, by its gateway's address."""

    def __init__(self, gateway):
        self.gateway = gateway
        info = call("GET", f"{gateway}/_local/info")
        self.simulator, self.vendor = info["stripe"], info["keys"]["vendor"]
        self.process = process(urllib.parse.urlsplit(gateway).port)

    def clock(self, **to):
        """The clock moved; what time it is then."""
        return call("POST", f"{self.gateway}/_local/clock", to)["now"]

    def stripe(self, path, **form):
        """A Stripe object made or changed."""
        return call("POST", f"{self.simulator}/v1/{path}", form=form, key=STRIPE_KEY)

    def api(self, method, path, body=None):
        """What our API answers to the vendor."""
        return call(method, f"{self.gateway}/v1/{path}", body, key=self.vendor)

    def payer(self, account, price, **subscription):
        """An account with a subscription and a card that pays; its customer."""
        body = {"id": account, "name": account, "email": f"{account}@example.com"}
        customer = self.api("POST", "accounts", body)["stripe_customer_id"]
        card = self.stripe("payment_methods/pm_card_visa/attach", customer=customer)["id"]
        self.stripe(f"customers/{customer}", **{"invoice_settings[default_payment_method]": card})
        self.stripe("subscriptions", customer=customer, **{"items[0][price]": price}, **subscription)
        return customer

    def invoices(self, customer):
        """The customer's, up to a hundred."""
        return call("GET", f"{self.simulator}/v1/invoices?customer={customer}&limit=100", key=STRIPE_KEY)["data"]

    def processor_seconds(self):
        """What its process has used so far, where the system tells: on a busy machine the truer time."""
        if self.process is None:
            return None
        with open(f"/proc/{self.process}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self):
        """What its process holds, where the system tells."""
        if self.process is None:
            return None
        with open(f"/proc/{self.process}/statm", encoding="ascii") as sizes:
            return int(sizes.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1_000_000


def process(port):
    """Who listens there, where the system tells."""
    try:
        with open("/proc/net/tcp", encoding="ascii") as sockets:
            rows = [line.split() for line in sockets]
    except OSError:
        return None
    inodes = [row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"]
    for link in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(link) in [f"socket:[{inode}]" for inode in inodes]:
                return int(link.split("/")[2])
        except OSError:
            continue
    return None
