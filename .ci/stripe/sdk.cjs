// Stripe's own client for Node, unmodified but for the base URL, through every resource of the simulator.
//
//   NODE_PATH=.../node_modules node sdk.cjs http://127.0.0.1:3001 [SECTION...]
//
// Amounts are worked out by hand. The process ends with 1 at the first thing that is not as Stripe does it.
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const Stripe = require('stripe');

const base = new URL(process.argv[2]);
const stripe = new Stripe('sk_test_1234567890', {
  host: base.hostname,
  port: base.port,
  protocol: 'http',
  maxNetworkRetries: 0,
  telemetry: false,
});

let calls = 0;
stripe.on('response', () => { calls += 1; });

/** The error of a call that must be refused. */
async function refused(promise, expected) {
  try {
    await promise;
  } catch (error) {
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(error[name], value, `${error.type} ${error.code} ${error.param}: ${error.message}`);
    }
    return error;
  }
  assert.fail(`was not refused: ${JSON.stringify(expected)}`);
}

/** Waits until a test clock has arrived. */
async function advance(clock, to) {
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time: to });
  for (let looks = 0; looks < 100; looks += 1) {
    const { status } = await stripe.testHelpers.testClocks.retrieve(clock);
    if (status === 'ready') return;
    assert.equal(status, 'advancing');
  }
  assert.fail('the test clock did not arrive');
}

const START = Date.UTC(2027, 0, 31, 12) / 1000;
const HOUR = 3600;
const DAY = 24 * HOUR;

const sections = {
  async account() {
    const account = await stripe.accounts.retrieveCurrent();
    assert.equal(account.object, 'account');
    await refused(new Stripe('sk_live_1234567890', { host: base.hostname, port: base.port, protocol: 'http' }).customers.list(),
      { type: 'StripeAuthenticationError', statusCode: 401 });
  },

  async customers() {
    const made = await stripe.customers.create(
      { email: 'ada@example.com', name: 'Ada', address: { line1: 'Ring 1', city: 'Köln', country: 'DE' }, metadata: { a: '1', b: '2' } },
      { idempotencyKey: 'customer-1' });
    const again = await stripe.customers.create(
      { email: 'ada@example.com', name: 'Ada', address: { line1: 'Ring 1', city: 'Köln', country: 'DE' }, metadata: { a: '1', b: '2' } },
      { idempotencyKey: 'customer-1' });
    assert.equal(again.id, made.id);
    assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
    await refused(stripe.customers.create({ email: 'else@example.com' }, { idempotencyKey: 'customer-1' }),
      { type: 'StripeIdempotencyError', statusCode: 400 });
    const changed = await stripe.customers.update(made.id, { metadata: { a: '', c: '3' }, name: 'Ada L.' });
    assert.deepEqual(changed.metadata, { b: '2', c: '3' });
    await refused(stripe.customers.retrieve('cus_nobody'), { code: 'resource_missing', param: 'id', statusCode: 404 });
    await refused(stripe.customers.update(made.id, { nmae: 'x' }), { code: 'parameter_unknown', param: 'nmae' });

    const entry = await stripe.customers.createBalanceTransaction(made.id, { amount: -700, currency: 'eur', description: 'goodwill' });
    assert.equal(entry.ending_balance, -700);
    assert.equal((await stripe.customers.retrieve(made.id)).balance, -700);
    await stripe.customers.updateBalanceTransaction(made.id, entry.id, { metadata: { why: 'test' } });
    assert.equal((await stripe.customers.retrieveBalanceTransaction(made.id, entry.id)).metadata.why, 'test');
    assert.equal((await stripe.customers.listBalanceTransactions(made.id)).data.length, 1);

    const tax = await stripe.customers.createTaxId(made.id, { type: 'eu_vat', value: 'DE123456789' });
    assert.equal(tax.country, 'DE');
    await refused(stripe.customers.createTaxId(made.id, { type: 'eu_vat', value: '12' }), { code: 'tax_id_invalid' });
    assert.equal((await stripe.customers.listTaxIds(made.id)).data[0].id, tax.id);
    assert.equal((await stripe.taxIds.retrieve(tax.id)).id, tax.id);
    assert.equal((await stripe.customers.retrieve(made.id, { expand: ['tax_ids'] })).tax_ids.data.length, 1);
    assert.equal((await stripe.customers.deleteTaxId(made.id, tax.id)).deleted, true);

    for (let nth = 0; nth < 12; nth += 1) await stripe.customers.create({ email: 'page@example.com', name: `n${nth}` });
    const names = [];
    for await (const customer of stripe.customers.list({ email: 'page@example.com', limit: 5 })) names.push(customer.name);
    assert.deepEqual(names, Array.from({ length: 12 }, (_, nth) => `n${11 - nth}`));
    const [newest] = (await stripe.customers.list({ limit: 1 })).data;
    const before = await stripe.customers.list({ ending_before: newest.id });
    assert.deepEqual([before.data.length, before.has_more], [0, false]);

    assert.equal((await stripe.customers.del(made.id)).deleted, true);
    assert.equal((await stripe.customers.retrieve(made.id)).deleted, true);
  },

  async catalog() {
    const product = await stripe.products.create({ name: 'Team', metadata: { plan: 'team' } });
    await stripe.products.update(product.id, { description: 'For teams' });
    assert.equal((await stripe.products.list({ ids: [product.id] })).data[0].description, 'For teams');
    const key = `team_month_${product.id}`;
    const price = await stripe.prices.create({
      product: product.id, currency: 'eur', unit_amount: 1000, recurring: { interval: 'month' }, lookup_key: key, nickname: 'monthly',
    });
    await refused(stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 1, lookup_key: key }), { param: 'lookup_key' });
    const dearer = await stripe.prices.create({
      product: product.id, currency: 'eur', unit_amount: 1200, recurring: { interval: 'month' }, lookup_key: key, transfer_lookup_key: true,
    });
    assert.equal((await stripe.prices.list({ lookup_keys: [key], expand: ['data.product'] })).data[0].id, dearer.id);
    assert.equal((await stripe.prices.retrieve(price.id)).lookup_key, null);
    await stripe.prices.update(price.id, { active: false });
    const tiered = await stripe.prices.create({
      product: product.id, currency: 'eur', billing_scheme: 'tiered', tiers_mode: 'graduated', recurring: { interval: 'month' },
      tiers: [{ up_to: 5, unit_amount: 700 }, { up_to: 'inf', unit_amount: 600, flat_amount: 100 }],
    });
    assert.equal((await stripe.prices.retrieve(tiered.id, { expand: ['tiers'] })).tiers.length, 2);
    const plan = await stripe.plans.create({ amount: 500, currency: 'usd', interval: 'month', product: product.id });
    assert.equal((await stripe.plans.retrieve(plan.id)).amount, 500);
    assert.equal((await stripe.plans.del(plan.id)).deleted, true);
    const rate = await stripe.taxRates.create({ display_name: 'USt', percentage: 19, inclusive: false, country: 'DE' });
    await stripe.taxRates.update(rate.id, { active: false });
    assert.equal((await stripe.taxRates.retrieve(rate.id)).active, false);
    assert.ok((await stripe.taxRates.list({ active: false })).data.some(({ id }) => id === rate.id));
    await refused(stripe.prices.create({ product: 'prod_nothing', currency: 'eur', unit_amount: 1 }), { code: 'resource_missing', param: 'product' });
  },

  async paymentMethods() {
    const customer = await stripe.customers.create({ name: 'Cards' });
    const card = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' }, billing_details: { name: 'C' } });
    await stripe.paymentMethods.attach(card.id, { customer: customer.id });
    await stripe.paymentMethods.update(card.id, { metadata: { foo: 'bar' } });
    assert.equal((await stripe.customers.listPaymentMethods(customer.id)).data[0].id, card.id);
    assert.equal((await stripe.paymentMethods.list({ customer: customer.id, type: 'card' })).data[0].card.last4, '4242');
    await stripe.paymentMethods.detach(card.id);
    await refused(stripe.paymentMethods.attach(card.id, { customer: customer.id }), { type: 'StripeInvalidRequestError' });
    await refused(stripe.paymentMethods.attach('pm_card_visa_chargeDeclined', { customer: customer.id }),
      { type: 'StripeCardError', code: 'card_declined', statusCode: 402 });

    const setup = await stripe.setupIntents.create({ customer: customer.id, payment_method: 'pm_card_visa', confirm: true,
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
    assert.equal(setup.status, 'succeeded');
    const waiting = await stripe.setupIntents.create({ customer: customer.id, payment_method_types: ['card'] });
    const acting = await stripe.setupIntents.confirm(waiting.id, { payment_method: 'pm_card_threeDSecure2Required', return_url: 'https://example.com/back' });
    assert.deepEqual([acting.status, acting.next_action.type], ['requires_action', 'redirect_to_url']);
    assert.equal((await stripe.setupIntents.cancel(waiting.id, { cancellation_reason: 'abandoned' })).status, 'canceled');
    assert.equal((await stripe.setupIntents.list({ customer: customer.id })).data.length, 2);
  },

  async payments() {
    const customer = await stripe.customers.create({ name: 'Payer' });
    const paid = await stripe.paymentIntents.create({ amount: 2000, currency: 'eur', customer: customer.id, payment_method: 'pm_card_visa',
      confirm: true, off_session: true, error_on_requires_action: true, payment_method_types: ['card'], expand: ['latest_charge'] });
    assert.deepEqual([paid.status, paid.amount_received, paid.latest_charge.paid], ['succeeded', 2000, true]);
    await refused(stripe.paymentIntents.confirm(paid.id), { code: 'payment_intent_unexpected_state' });

    const declined = await refused(stripe.paymentIntents.create({ amount: 2000, currency: 'eur', customer: customer.id,
      payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds', confirm: true, off_session: true, payment_method_types: ['card'] }),
    { type: 'StripeCardError', code: 'card_declined', decline_code: 'insufficient_funds', statusCode: 402 });
    assert.equal(declined.payment_intent.status, 'requires_payment_method');
    const wants = await refused(stripe.paymentIntents.create({ amount: 2000, currency: 'eur', customer: customer.id,
      payment_method: 'pm_card_authenticationRequired', confirm: true, off_session: true, error_on_requires_action: true,
      payment_method_types: ['card'] }), { code: 'authentication_required', statusCode: 402 });
    assert.ok(wants.payment_intent.id);
    await refused(stripe.paymentIntents.create({ amount: 49, currency: 'eur' }), { code: 'amount_too_small' });

    const held = await stripe.paymentIntents.create({ amount: 1500, currency: 'eur', capture_method: 'manual', payment_method: 'pm_card_visa',
      confirm: true, payment_method_types: ['card'] });
    assert.equal(held.status, 'requires_capture');
    assert.equal((await stripe.paymentIntents.capture(held.id)).amount_received, 1500);
    const open = await stripe.paymentIntents.create({ amount: 100, currency: 'eur' });
    await stripe.paymentIntents.update(open.id, { amount: 120, metadata: { a: 'b' } });
    assert.equal((await stripe.paymentIntents.cancel(open.id, { cancellation_reason: 'duplicate' })).status, 'canceled');
    assert.ok((await stripe.paymentIntents.list({ customer: customer.id })).data.length >= 3);

    const charge = await stripe.charges.retrieve(paid.latest_charge.id);
    await stripe.charges.update(charge.id, { metadata: { seen: 'yes' } });
    assert.equal((await stripe.charges.list({ payment_intent: paid.id })).data[0].metadata.seen, 'yes');
    const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: 500 });
    assert.equal(refund.status, 'succeeded');
    await refused(stripe.refunds.create({ payment_intent: paid.id, amount: 1600 }), { type: 'StripeInvalidRequestError' });
    await stripe.refunds.update(refund.id, { metadata: { foo: 'bar' } });
    assert.equal((await stripe.refunds.list({ charge: charge.id })).data.length, 1);
    assert.equal((await stripe.charges.retrieve(charge.id, { expand: ['refunds'] })).amount_refunded, 500);
    assert.equal((await stripe.refunds.retrieve(refund.id)).metadata.foo, 'bar');

    const angry = await stripe.paymentIntents.create({ amount: 900, currency: 'eur', payment_method: 'pm_card_createDispute', confirm: true, payment_method_types: ['card'] });
    const [dispute] = (await stripe.disputes.list({ payment_intent: angry.id })).data;
    assert.equal(dispute.status, 'needs_response');
    await stripe.disputes.update(dispute.id, { metadata: { a: 'b' } });
    assert.equal((await stripe.disputes.close(dispute.id)).status, 'lost');
    assert.equal((await stripe.disputes.retrieve(dispute.id)).status, 'lost');
  },

  async invoices() {
    const customer = await stripe.customers.create({ name: 'Billed', payment_method: 'pm_card_visa', balance: -300,
      invoice_settings: { default_payment_method: 'pm_card_visa' } });
    const rate = await stripe.taxRates.create({ display_name: 'USt', percentage: 19, inclusive: false });
    const item = await stripe.invoiceItems.create({ customer: customer.id, amount: 1000, currency: 'eur', description: 'Work' });
    await stripe.invoiceItems.update(item.id, { description: 'Good work' });
    const invoice = await stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: 'include', auto_advance: false,
      default_tax_rates: [rate.id] });
    assert.deepEqual([invoice.status, invoice.subtotal, invoice.total], ['draft', 1000, 1190]);
    await stripe.invoiceItems.create({ customer: customer.id, invoice: invoice.id, amount: 500, currency: 'eur' });
    await stripe.invoices.update(invoice.id, { description: 'Thanks', footer: 'Bye' });
    const final = await stripe.invoices.finalizeInvoice(invoice.id, { expand: ['payments'] });
    // 1500 + 19 % = 1785; 300 of credit leaves 1485.
    assert.deepEqual([final.total, final.starting_balance, final.amount_due, final.status], [1785, -300, 1485, 'open']);
    assert.equal(final.payments.data[0].amount_requested, 1485);
    assert.equal((await stripe.invoices.listLineItems(invoice.id)).data.length, 2);

    const note = await stripe.creditNotes.create({ invoice: invoice.id, lines: [{ type: 'custom_line_item', unit_amount: 400, quantity: 1, description: 'less' }] });
    assert.deepEqual([note.amount, note.type], [400, 'pre_payment']);
    assert.equal((await stripe.invoices.retrieve(invoice.id)).amount_due, 1085);
    await stripe.creditNotes.update(note.id, { metadata: { foo: 'bar' } });
    assert.equal((await stripe.creditNotes.voidCreditNote(note.id)).status, 'void');
    assert.equal((await stripe.invoices.retrieve(invoice.id)).amount_due, 1485);
    const paid = await stripe.invoices.pay(invoice.id);
    assert.deepEqual([paid.status, paid.amount_paid, paid.amount_remaining], ['paid', 1485, 0]);
    await refused(stripe.invoices.pay(invoice.id), { type: 'StripeInvalidRequestError', statusCode: 400 });
    await refused(stripe.invoices.voidInvoice(invoice.id), { type: 'StripeInvalidRequestError' });
    const preview = await stripe.creditNotes.preview({ invoice: invoice.id, amount: 200, refund_amount: 200 });
    assert.equal(preview.amount, 200);
    const after = await stripe.creditNotes.create({ invoice: invoice.id, amount: 200, refund_amount: 150, credit_amount: 50 });
    assert.deepEqual([after.type, after.post_payment_amount], ['post_payment', 200]);
    await refused(stripe.creditNotes.create({ invoice: invoice.id, amount: 2000, credit_amount: 2000 }), { type: 'StripeInvalidRequestError' });
    assert.equal((await stripe.creditNotes.list({ invoice: invoice.id })).data.length, 2);
    assert.equal((await stripe.creditNotes.listLineItems(note.id)).data.length, 1);
    assert.equal((await stripe.invoicePayments.list({ invoice: invoice.id })).data[0].status, 'paid');

    const failing = await stripe.customers.create({ email: 'failing@example.com', payment_method: 'pm_card_chargeCustomerFail',
      invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' } });
    const debt = await stripe.invoices.create({ customer: failing.id, currency: 'usd' });
    await stripe.invoiceItems.create({ customer: failing.id, invoice: debt.id, amount: 2000, currency: 'usd' });
    await refused(stripe.invoices.pay(debt.id), { type: 'StripeCardError', code: 'card_declined' });
    assert.equal((await stripe.invoices.retrieve(debt.id)).attempt_count, 1);
    assert.equal((await stripe.invoices.markUncollectible(debt.id)).status, 'uncollectible');
    const settled = await stripe.invoices.pay(debt.id, { paid_out_of_band: true });
    assert.deepEqual([settled.status, settled.amount_remaining], ['paid', 0]);

    const sent = await stripe.invoices.create({ customer: failing.id, collection_method: 'send_invoice', days_until_due: 7, currency: 'usd' });
    await stripe.invoiceItems.create({ customer: failing.id, invoice: sent.id, amount: 900, currency: 'usd' });
    const asked = await stripe.invoices.sendInvoice(sent.id);
    assert.equal(asked.due_date - asked.status_transitions.finalized_at, 7 * DAY);
    assert.equal((await stripe.invoices.voidInvoice(sent.id)).status, 'void');
    const draft = await stripe.invoices.create({ customer: failing.id });
    assert.equal((await stripe.invoices.del(draft.id)).deleted, true);
    assert.ok((await stripe.invoices.list({ customer: failing.id, status: 'void' })).data.length === 1);
    const pdf = await (await fetch(paid.invoice_pdf)).arrayBuffer();
    assert.equal(Buffer.from(pdf).subarray(0, 5).toString(), '%PDF-');
  },

  async subscriptions() {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START, name: 'months' });
    const customer = await stripe.customers.create({ test_clock: clock.id, payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' } });
    const product = await stripe.products.create({ name: 'Seats' });
    const month = await stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 1000, recurring: { interval: 'month' } });
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: month.id, quantity: 2 }],
      billing_mode: { type: 'flexible' }, expand: ['latest_invoice'] });
    assert.deepEqual([subscription.status, subscription.latest_invoice.amount_paid], ['active', 2000]);
    const [item] = subscription.items.data;
    // From 31 January: the period ends on 28 February, the next on 31 March.
    assert.equal(item.current_period_end, Date.UTC(2027, 1, 28, 12) / 1000);

    // Halfway through those 28 days: 3 seats more for 14 of 28 days are 3 x 1000 / 2.
    await advance(clock.id, START + 14 * DAY);
    const date = START + 14 * DAY;
    const items = [{ id: item.id, quantity: 5 }];
    const preview = await stripe.invoices.createPreview({ customer: customer.id, subscription: subscription.id,
      subscription_details: { items, proration_behavior: 'always_invoice', proration_date: date } });
    assert.equal(preview.amount_due, 1500);
    const grown = await stripe.subscriptions.update(subscription.id, { items, proration_behavior: 'always_invoice', proration_date: date, expand: ['latest_invoice'] });
    assert.equal(grown.latest_invoice.amount_paid, 1500);

    // A declining card, a renewal that fails, recovery.
    const poor = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: poor.id } });
    await advance(clock.id, Date.UTC(2027, 1, 28, 14) / 1000);
    const due = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    assert.deepEqual([due.status, due.latest_invoice.status, due.latest_invoice.amount_due], ['past_due', 'open', 5000]);
    const rich = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
    await stripe.invoices.pay(due.latest_invoice.id, { payment_method: rich.id });
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active');

    const extra = await stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 300, recurring: { interval: 'month' } });
    const added = await stripe.subscriptionItems.create({ subscription: subscription.id, price: extra.id, quantity: 1, proration_behavior: 'none' });
    await stripe.subscriptionItems.update(added.id, { metadata: { a: 'b' } });
    assert.equal((await stripe.subscriptionItems.list({ subscription: subscription.id })).data.length, 2);
    assert.equal((await stripe.subscriptionItems.retrieve(added.id)).metadata.a, 'b');
    assert.equal((await stripe.subscriptionItems.del(added.id, { proration_behavior: 'none' })).deleted, true);
    assert.equal((await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true })).cancel_at_period_end, true);
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false, pause_collection: { behavior: 'void' } });
    await stripe.subscriptions.update(subscription.id, { pause_collection: '' });
    assert.ok((await stripe.subscriptions.list({ customer: customer.id })).data.length === 1);
    assert.equal((await stripe.subscriptions.cancel(subscription.id)).status, 'canceled');

    const failing = await stripe.customers.create({ test_clock: clock.id, payment_method: 'pm_card_chargeCustomerFail',
      invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' } });
    assert.equal((await stripe.subscriptions.create({ customer: failing.id, items: [{ price: month.id }] })).status, 'incomplete');
    await refused(stripe.subscriptions.create({ customer: failing.id, items: [{ price: month.id }], payment_behavior: 'error_if_incomplete' }),
      { type: 'StripeCardError', code: 'card_declined' });
    const trial = await stripe.subscriptions.create({ customer: failing.id, items: [{ price: month.id }], trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method: 'pause' } } });
    assert.equal(trial.status, 'trialing');

    const schedule = await stripe.subscriptionSchedules.create({ customer: customer.id, start_date: 'now', end_behavior: 'release',
      phases: [{ items: [{ price: month.id, quantity: 1 }], duration: { interval: 'month', interval_count: 1 } },
        { items: [{ price: month.id, quantity: 3 }], duration: { interval: 'month', interval_count: 1 } }] });
    assert.equal(schedule.status, 'active');
    await stripe.subscriptionSchedules.update(schedule.id, { metadata: { foo: 'bar' } });
    assert.equal((await stripe.subscriptionSchedules.list({ customer: customer.id })).data.length, 1);
    const released = await stripe.subscriptionSchedules.release(schedule.id);
    assert.equal(released.status, 'released');
    assert.equal((await stripe.subscriptionSchedules.retrieve(schedule.id)).status, 'released');
    assert.ok((await stripe.testHelpers.testClocks.list()).data.length >= 1);
    await refused(stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START }), { type: 'StripeInvalidRequestError' });
    assert.equal((await stripe.testHelpers.testClocks.del(clock.id)).deleted, true);
  },

  async checkoutAndPortal() {
    const product = await stripe.products.create({ name: 'Credits' });
    const price = await stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 1500 });
    const session = await stripe.checkout.sessions.create({ mode: 'payment', line_items: [{ price: price.id, quantity: 2 }],
      success_url: 'https://example.com/ok?id={CHECKOUT_SESSION_ID}', cancel_url: 'https://example.com/no', metadata: { purchase: 'p1' } });
    assert.deepEqual([session.status, session.payment_status, session.amount_total], ['open', 'unpaid', 3000]);
    const page = await (await fetch(session.url)).text();
    assert.match(page, /30[.,]00/);
    assert.equal((await stripe.checkout.sessions.listLineItems(session.id)).data[0].amount_total, 3000);
    await stripe.checkout.sessions.update(session.id, { metadata: { purchase: 'p2' } });
    assert.equal((await stripe.checkout.sessions.expire(session.id)).status, 'expired');
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).metadata.purchase, 'p2');
    assert.ok((await stripe.checkout.sessions.list({ status: 'expired' })).data.length >= 1);
    await refused(stripe.checkout.sessions.create({ mode: 'payment', success_url: 'https://example.com' }), { type: 'StripeInvalidRequestError' });

    const customer = await stripe.customers.create({ name: 'Visitor' });
    const configuration = await stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true }, payment_method_update: { enabled: true } } });
    await stripe.billingPortal.configurations.update(configuration.id, { metadata: { a: 'b' } });
    assert.ok((await stripe.billingPortal.configurations.list()).data.length >= 1);
    assert.equal((await stripe.billingPortal.configurations.retrieve(configuration.id)).metadata.a, 'b');
    const visit = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: configuration.id,
      return_url: 'https://example.com/account', flow_data: { type: 'payment_method_update' } });
    assert.equal((await fetch(visit.url)).status, 200);
  },

  async webhooks() {
    const came = [];
    let wake = () => {};
    const server = http.createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        came.push({ signature: request.headers['stripe-signature'], body: Buffer.concat(parts) });
        response.end('{}');
        wake();
      });
    });
    await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
    const endpoint = await stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${server.address().port}/hooks`, enabled_events: ['product.created'] });
    const product = await stripe.products.create({ name: 'Told' });
    const late = setTimeout(() => assert.fail('no delivery came'), 20000);
    while (came.length === 0) await new Promise((woken) => { wake = woken; });
    clearTimeout(late);
    const seconds = Number(/t=(\d+)/.exec(came[0].signature)[1]);
    const event = stripe.webhooks.constructEvent(came[0].body, came[0].signature, endpoint.secret, 300, undefined, seconds * 1000);
    assert.deepEqual([event.type, event.data.object.id], ['product.created', product.id]);
    server.close();
    server.closeAllConnections();
    await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
    assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).status, 'disabled');
    assert.ok((await stripe.webhookEndpoints.list()).data.some(({ id }) => id === endpoint.id));
    assert.equal((await stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
    assert.equal((await stripe.events.retrieve(event.id)).type, 'product.created');
    assert.ok((await stripe.events.list({ types: ['product.created', 'price.created'], limit: 3 })).data.length > 0);
    assert.equal((await stripe.products.del(product.id)).deleted, true);
  },
};

(async () => {
  const chosen = process.argv.slice(3);
  for (const [name, section] of Object.entries(sections)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    await section();
    console.log(`ok ${name}`);
  }
  console.log(`stripe-node ${Stripe.PACKAGE_VERSION ?? require('stripe/package.json').version}: ${calls} calls as Stripe answers them`);
})().catch((error) => {
  console.error(error.raw ?? '', error);
  process.exit(1);
});
