"""Stripe's own client for Python, unmodified but for the base URL, through every resource of the simulator.

    python sdk.py http://127.0.0.1:3001 [SECTION...]

It takes other ways than sdk.cjs where there are two: sent invoices, an annual plan, inclusive tax, disputes
that are won, declines while a subscription changes. Amounts are worked out by hand. It ends with 1 at the
first thing that is not as Stripe does it.
"""

import sys
from datetime import datetime, timezone

import stripe

client = stripe.StripeClient(
    "sk_test_1234567890", base_addresses={"api": sys.argv[1]}, max_network_retries=0
)
v1 = client.v1

DAY = 24 * 3600
START = int(datetime(2028, 2, 29, 8, tzinfo=timezone.utc).timestamp())


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def refused(call, kind, **expected):
    try:
        call()
    except stripe.StripeError as error:
        assert isinstance(error, kind), f"{type(error).__name__}: {error}"
        for name, value in expected.items():
            same(getattr(error, name), value)
        return error
    raise AssertionError(f"was not refused: {kind.__name__} {expected}")


def advance(clock, to):
    v1.test_helpers.test_clocks.advance(clock, {"frozen_time": to})
    for _ in range(100):
        if v1.test_helpers.test_clocks.retrieve(clock).status == "ready":
            return
    raise AssertionError("the test clock did not arrive")


def customers():
    customer = v1.customers.create(
        {
            "name": "Grace",
            "email": "grace@example.com",
            "shipping": {"name": "Grace", "address": {"line1": "1 Sea St"}},
            "tax_id_data": [{"type": "eu_vat", "value": "DE123456789"}],
        }
    )
    same(len(v1.customers.tax_ids.list(customer.id).data), 1)
    same(v1.customers.retrieve(customer.id, {"expand": ["tax_ids"]}).tax_ids.data[0].type, "eu_vat")
    tax_id = v1.tax_ids.create(
        {"type": "ch_vat", "value": "CHE-123.456.789 MWST", "owner": {"type": "customer", "customer": customer.id}}
    )
    v1.tax_ids.delete(tax_id.id)
    v1.customers.balance_transactions.create(customer.id, {"amount": 250, "currency": "eur"})
    same(v1.customers.retrieve(customer.id).balance, 250)
    refused(lambda: v1.customers.retrieve("cus_none"), stripe.InvalidRequestError, code="resource_missing", http_status=404)
    refused(lambda: v1.customers.create({"balance": "many"}), stripe.InvalidRequestError, param="balance")
    same(v1.customers.delete(customer.id).deleted, True)
    refused(lambda: v1.customers.update(customer.id, {"name": "x"}), stripe.InvalidRequestError, code="resource_missing")


def catalog():
    product = v1.products.create(
        {"name": "Business", "default_price_data": {"currency": "usd", "unit_amount": 4900, "recurring": {"interval": "month"}}}
    )
    default = v1.products.retrieve(product.id, {"expand": ["default_price"]}).default_price
    same(default.unit_amount, 4900)
    same(v1.prices.list({"product": product.id, "type": "recurring"}).data[0].id, default.id)
    refused(lambda: v1.products.delete(product.id), stripe.InvalidRequestError)
    rate = v1.tax_rates.create({"display_name": "VAT", "percentage": 7.7, "inclusive": True, "jurisdiction": "CH"})
    same(v1.tax_rates.retrieve(rate.id).percentage, 7.7)
    v1.tax_rates.update(rate.id, {"description": "old rate"})
    v1.prices.update(default.id, {"nickname": "standard"})
    same(v1.prices.retrieve(default.id).nickname, "standard")
    same(v1.plans.retrieve(default.id).interval, "month")


def payments():
    customer = v1.customers.create({"name": "Payer"})
    iban = v1.payment_methods.create(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": "AT611904300234573201"},
            "billing_details": {"name": "P", "email": "p@example.com"},
        }
    )
    v1.payment_methods.attach(iban.id, {"customer": customer.id})
    debit = v1.payment_intents.create(
        {
            "amount": 4200,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": iban.id,
            "payment_method_types": ["sepa_debit"],
            "confirm": True,
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
        }
    )
    assert debit.status in ("processing", "succeeded"), debit.status
    refused(
        lambda: v1.payment_intents.create(
            {"amount": 4200, "currency": "eur", "payment_method": "pm_card_chargeDeclinedExpiredCard", "confirm": True,
             "payment_method_types": ["card"]}
        ),
        stripe.CardError,
        code="expired_card",
        http_status=402,
    )
    intent = v1.payment_intents.create({"amount": 990, "currency": "eur", "payment_method_types": ["card"]})
    same(intent.status, "requires_payment_method")
    intent = v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_threeDSecure2Required", "return_url": "https://example.com/r"})
    same((intent.status, intent.next_action.type), ("requires_action", "redirect_to_url"))
    v1.payment_intents.cancel(intent.id)
    setup = v1.setup_intents.create({"customer": customer.id, "payment_method_types": ["card"], "usage": "off_session"})
    v1.setup_intents.update(setup.id, {"metadata": {"a": "b"}})
    same(v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_mastercard"}).status, "succeeded")
    same(v1.setup_intents.retrieve(setup.id).metadata.to_dict(), {"a": "b"})

    disputed = v1.payment_intents.create(
        {"amount": 3000, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": True, "payment_method_types": ["card"]}
    )
    dispute = v1.disputes.list({"payment_intent": disputed.id}).data[0]
    v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}, "submit": True})
    assert v1.disputes.retrieve(dispute.id).status in ("under_review", "won")
    charge = v1.charges.list({"customer": customer.id}).data[0]
    v1.charges.update(charge.id, {"description": "debit"})
    same(v1.charges.retrieve(charge.id).description, "debit")
    whole = v1.payment_intents.create({"amount": 700, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True, "payment_method_types": ["card"]})
    refund = v1.refunds.create({"charge": whole.latest_charge, "reason": "requested_by_customer"})
    same((refund.amount, v1.charges.retrieve(whole.latest_charge).refunded), (700, True))
    refused(lambda: v1.refunds.create({"charge": whole.latest_charge}), stripe.InvalidRequestError, code="charge_already_refunded")
    same(v1.refunds.retrieve(refund.id).status, "succeeded")


def invoices():
    customer = v1.customers.create({"name": "Sent", "email": "sent@example.com"})
    rate = v1.tax_rates.create({"display_name": "VAT", "percentage": 25, "inclusive": True})
    product = v1.products.create({"name": "Hours"})
    price = v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 5000})
    invoice = v1.invoices.create(
        {"customer": customer.id, "collection_method": "send_invoice", "days_until_due": 30, "currency": "usd",
         "custom_fields": [{"name": "PO number", "value": "4711"}]}
    )
    item = v1.invoice_items.create(
        {"customer": customer.id, "invoice": invoice.id, "pricing": {"price": price.id}, "quantity": 3, "tax_rates": [rate.id]}
    )
    same(v1.invoice_items.retrieve(item.id).amount, 15000)
    invoice = v1.invoices.finalize_invoice(invoice.id)
    # 25 % within 15000 are 3000.
    same((invoice.total, invoice.total_taxes[0].amount, invoice.amount_due), (15000, 3000, 15000))
    note = v1.credit_notes.create({"invoice": invoice.id, "amount": 15000, "reason": "order_change"})
    same(note.pre_payment_amount, 15000)
    same(v1.invoices.retrieve(invoice.id).status, "paid")
    refused(lambda: v1.credit_notes.void_credit_note(note.id), stripe.InvalidRequestError)
    same(v1.credit_notes.retrieve(note.id).status, "issued")

    small = v1.invoices.create({"customer": customer.id, "currency": "usd"})
    v1.invoice_items.create({"customer": customer.id, "invoice": small.id, "amount": 20, "currency": "usd"})
    # Less than the smallest charge: the customer owes it with the next invoice.
    small = v1.invoices.finalize_invoice(small.id)
    same((small.status, small.amount_paid, v1.customers.retrieve(customer.id).balance), ("paid", 0, 20))
    pending = v1.invoice_items.create({"customer": customer.id, "amount": 700, "currency": "usd"})
    same([row.id for row in v1.invoice_items.list({"customer": customer.id, "pending": True}).data], [pending.id])
    v1.invoice_items.delete(pending.id)
    refused(lambda: v1.invoices.finalize_invoice(invoice.id), stripe.InvalidRequestError)
    open_one = v1.invoices.create({"customer": customer.id, "currency": "usd"})
    v1.invoice_items.create({"customer": customer.id, "invoice": open_one.id, "amount": 2000, "currency": "usd"})
    open_one = v1.invoices.finalize_invoice(open_one.id)
    same((open_one.starting_balance, open_one.amount_due), (20, 2020))
    poor = v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    refused(lambda: v1.invoices.pay(open_one.id, {"payment_method": poor.id}), stripe.CardError, http_status=402)
    rich = v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    same(v1.invoices.pay(open_one.id, {"payment_method": rich.id}).amount_paid, 2020)
    same(v1.invoice_payments.list({"invoice": open_one.id}).data[0].amount_paid, 2020)
    same(len(v1.invoices.line_items.list(open_one.id).data), 1)


def subscriptions():
    clock = v1.test_helpers.test_clocks.create({"frozen_time": START})
    customer = v1.customers.create({"test_clock": clock.id, "name": "Annual"})
    card = v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
    product = v1.products.create({"name": "Annual"})
    year = v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": 36500, "recurring": {"interval": "year"}})
    dear = v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": 73000, "recurring": {"interval": "year"}})
    subscription = v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": year.id}], "billing_mode": {"type": "classic"}}
    )
    item = subscription["items"].data[0]
    # From 29 February 2028 to 28 February 2029: 365 days.
    same(item.current_period_end - item.current_period_start, 365 * DAY)
    advance(clock.id, START + 73 * DAY)
    # A card that declines: nothing changes.
    poor = v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": poor.id}})
    pending = v1.subscriptions.update(
        subscription.id,
        {"items": [{"id": item.id, "price": dear.id}], "proration_behavior": "always_invoice",
         "payment_behavior": "pending_if_incomplete", "proration_date": START + 73 * DAY, "expand": ["latest_invoice"]},
    )
    same(pending["items"].data[0].price.id, year.id)
    assert pending.pending_update is not None
    # 292 of 365 days at 730.00 less 365.00 a year: 29200.
    same(pending.latest_invoice.amount_due, 29200)
    v1.invoices.void_invoice(pending.latest_invoice.id)
    same(v1.subscriptions.retrieve(subscription.id).pending_update, None)
    v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
    grown = v1.subscriptions.update(
        subscription.id,
        {"items": [{"id": item.id, "price": dear.id}], "proration_behavior": "always_invoice",
         "payment_behavior": "pending_if_incomplete", "proration_date": START + 73 * DAY, "expand": ["latest_invoice"]},
    )
    same((grown["items"].data[0].price.id, grown.latest_invoice.amount_paid, grown.pending_update), (dear.id, 29200, None))
    ending = v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    same(ending.cancel_at_period_end, True)
    advance(clock.id, START + 365 * DAY + 60)
    same(v1.subscriptions.retrieve(subscription.id).status, "canceled")

    sent = v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": dear.id, "quantity": 2}], "collection_method": "send_invoice", "days_until_due": 14}
    )
    same(sent.status, "active")
    v1.subscriptions.update(sent.id, {"metadata": {"po": "1"}})
    v1.subscriptions.cancel(sent.id, {"prorate": False})
    schedule = v1.subscription_schedules.create(
        {"customer": customer.id, "start_date": START + 400 * DAY, "phases": [{"items": [{"price": year.id}], "duration": {"interval": "year", "interval_count": 1}}]}
    )
    same(schedule.status, "not_started")
    same(v1.subscription_schedules.cancel(schedule.id).status, "canceled")
    v1.test_helpers.test_clocks.delete(clock.id)


def checkout_and_portal():
    product = v1.products.create({"name": "Plan"})
    price = v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": 1900, "recurring": {"interval": "month"}})
    customer = v1.customers.create({"email": "c@example.com"})
    session = v1.checkout.sessions.create(
        {"mode": "subscription", "customer": customer.id, "line_items": [{"price": price.id, "quantity": 1}],
         "success_url": "https://example.com/ok", "subscription_data": {"metadata": {"plan": "team"}}}
    )
    same((session.amount_total, session.mode, session.url is not None), (1900, "subscription", True))
    setup = v1.checkout.sessions.create({"mode": "setup", "currency": "eur", "customer": customer.id, "success_url": "https://example.com/ok"})
    same(setup.payment_status, "no_payment_required")
    v1.checkout.sessions.expire(setup.id)
    refused(lambda: v1.checkout.sessions.expire(setup.id), stripe.InvalidRequestError)
    same(v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]}).line_items.data[0].price.id, price.id)
    visit = v1.billing_portal.sessions.create({"customer": customer.id, "return_url": "https://example.com"})
    same(visit.object, "billing_portal.session")


def webhooks():
    endpoint = v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/nobody", "enabled_events": ["tax_rate.created"], "api_version": "2024-09-30.acacia"})
    assert endpoint.secret.startswith("whsec_")
    same(getattr(v1.webhook_endpoints.retrieve(endpoint.id), "secret", None), None)
    v1.tax_rates.create({"display_name": "T", "percentage": 1, "inclusive": False})
    newest = v1.events.list({"type": "tax_rate.created"}).data[0]
    same(newest.data.object["object"], "tax_rate")
    v1.webhook_endpoints.delete(endpoint.id)
    old = stripe.StripeClient("sk_test_1234567890", base_addresses={"api": sys.argv[1]}, stripe_version="2024-09-30.acacia")
    customer = old.v1.customers.create({"name": "Old"})
    invoice = old.v1.invoices.create({"customer": customer.id})
    same((invoice.paid, invoice.to_dict().get("payment_intent", "missing")), (False, None))
    refused(
        lambda: stripe.StripeClient("sk_test_1234567890", base_addresses={"api": sys.argv[1]}, stripe_version="yesterday").v1.customers.list(),
        stripe.InvalidRequestError,
    )


SECTIONS = (customers, catalog, payments, invoices, subscriptions, checkout_and_portal, webhooks)
for section in SECTIONS:
    if sys.argv[2:] and section.__name__ not in sys.argv[2:]:
        continue
    section()
    print(f"ok {section.__name__}")
print(f"stripe-python {stripe.VERSION}: as Stripe answers")
