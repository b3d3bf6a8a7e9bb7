// A person with a browser on the simulator's hosted pages: Checkout paid, declined, authenticated and by a debit that
// comes later; a new card in the billing portal; an invoice's page, paid there, and its PDF.
//
//   NODE_PATH=.../node_modules node browser.cjs /usr/bin/chromium http://127.0.0.1:3001 FOLDER [SECTION...]
//
// Screenshots and PDFs are put into the folder, to be looked at.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { chromium } = require('playwright-core');
const Stripe = require('stripe');

const [executablePath, address, folder, ...chosen] = process.argv.slice(2);
const base = new URL(address);
const stripe = new Stripe('sk_test_1234567890', { host: base.hostname, port: base.port, protocol: 'http', telemetry: false });

/** The seller's own site, where people come back to. */
const shop = http.createServer((request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end(`<title>${request.url}</title><h1>The shop</h1>`);
});

let page;
let site;
let shots = 0;

async function look(name) {
  shots += 1;
  const file = path.join(folder, `${String(shots).padStart(2, '0')}-${name}.png`);
  await page.screenshot({ path: file, fullPage: true });
}

/** Fills the form in with a test card or account: one click. */
async function choose(number) {
  await page.getByRole('button', { name: number }).click();
}

async function typeEmail() {
  const email = page.getByLabel('Email');
  if (await email.count() > 0) await email.fill('jenny@example.com');
}

async function pay() {
  await page.locator('form.pay button.primary').click();
}

async function session(more) {
  const product = await stripe.products.create({ name: 'Enrichment credits' });
  const price = await stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 2500 });
  return stripe.checkout.sessions.create({
    mode: 'payment', line_items: [{ price: price.id, quantity: 1 }],
    success_url: `${site}/ok?id={CHECKOUT_SESSION_ID}`, cancel_url: `${site}/no`, ...more,
  });
}

const sections = {
  async paid() {
    const { id, url } = await session();
    await page.goto(url);
    await look('checkout');
    await choose('4242 4242 4242 4242');
    await typeEmail();
    await look('checkout-filled-in');
    await pay();
    await page.waitForURL(`${site}/ok?id=${id}`);
    const done = await stripe.checkout.sessions.retrieve(id);
    assert.deepEqual([done.status, done.payment_status, done.amount_total], ['complete', 'paid', 2500]);
    assert.equal(done.customer_details.email, 'jenny@example.com');
    await page.goto(url);
    await look('checkout-again');
  },

  async wrongNumber() {
    const { id, url } = await session();
    await page.goto(url);
    await page.getByLabel('Card number').fill('4242 4242 4242 4241');
    await pay();
    await look('checkout-wrong-number');
    assert.match(await page.textContent('body'), /card number/i);
    assert.equal((await stripe.checkout.sessions.retrieve(id)).status, 'open');
  },

  async declined() {
    const { id, url } = await session();
    await page.goto(url);
    await choose('4000 0000 0000 9995');
    await typeEmail();
    await pay();
    await look('checkout-declined');
    assert.match(await page.textContent('body'), /insufficient funds/i);
    assert.equal((await stripe.checkout.sessions.retrieve(id)).status, 'open');
    await choose('4242 4242 4242 4242');
    await typeEmail();
    await pay();
    await page.waitForURL(`${site}/ok?id=${id}`);
    assert.equal((await stripe.checkout.sessions.retrieve(id)).payment_status, 'paid');
  },

  async authenticated() {
    for (const [button, status] of [['Fail authentication', 'open'], ['Complete authentication', 'complete']]) {
      const { id, url } = await session();
      await page.goto(url);
      await choose('4000 0027 6000 3184');
      await typeEmail();
      await pay();
      await look('authentication');
      await page.getByRole('button', { name: button }).click();
      if (status === 'complete') await page.waitForURL(`${site}/ok?id=${id}`);
      await look(`after-${button.split(' ')[0].toLowerCase()}`);
      assert.equal((await stripe.checkout.sessions.retrieve(id)).status, status);
    }
  },

  async later() {
    const { id, url } = await session({ payment_method_types: ['card', 'sepa_debit'] });
    await page.goto(url);
    await choose('DE89 3704 0044 0532 0130 00');
    await typeEmail();
    await look('checkout-debit');
    await pay();
    await page.waitForURL(`${site}/ok?id=${id}`);
    const done = await stripe.checkout.sessions.retrieve(id);
    assert.equal(done.status, 'complete');
    assert.ok(['unpaid', 'paid'].includes(done.payment_status), done.payment_status);
  },

  async subscribed() {
    const product = await stripe.products.create({ name: 'Team' });
    const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 4900, recurring: { interval: 'month' } });
    const { id, url } = await stripe.checkout.sessions.create({ mode: 'subscription', line_items: [{ price: price.id, quantity: 2 }],
      success_url: `${site}/ok?id={CHECKOUT_SESSION_ID}`, cancel_url: `${site}/no` });
    await page.goto(url);
    await look('checkout-subscription');
    await choose('5555 5555 5555 4444');
    await typeEmail();
    await pay();
    await page.waitForURL(`${site}/ok?id=${id}`);
    const done = await stripe.checkout.sessions.retrieve(id, { expand: ['subscription', 'invoice'] });
    assert.deepEqual([done.subscription.status, done.invoice.amount_paid], ['active', 9800]);
    // Checkout sets the subscription's card, not the customer's (money rule 9).
    assert.ok(done.subscription.default_payment_method);
    assert.equal((await stripe.customers.retrieve(done.customer)).invoice_settings.default_payment_method, null);
    return done;
  },

  async portal() {
    const done = await sections.subscribed();
    const visit = await stripe.billingPortal.sessions.create({ customer: done.customer, return_url: `${site}/account` });
    await page.goto(visit.url);
    await look('portal');
    assert.match(await page.textContent('body'), /Team/);
    const update = await stripe.billingPortal.sessions.create({ customer: done.customer, return_url: `${site}/account`,
      flow_data: { type: 'payment_method_update', after_completion: { type: 'redirect', redirect: { return_url: `${site}/updated` } } } });
    await page.goto(update.url);
    await choose('3782 822463 10005').catch(() => choose('3782 8224 6310 005'));
    await look('portal-card');
    await pay();
    await page.waitForURL(`${site}/updated`);
    const customer = await stripe.customers.retrieve(done.customer, { expand: ['invoice_settings.default_payment_method'] });
    assert.equal(customer.invoice_settings.default_payment_method.card.brand, 'amex');
  },

  async invoice() {
    const customer = await stripe.customers.create({ name: 'Größe & Söhne GmbH', email: 'kasse@example.com',
      address: { line1: 'Domstraße 1', postal_code: '50667', city: 'Köln', country: 'DE' } });
    const rate = await stripe.taxRates.create({ display_name: 'USt', percentage: 19, inclusive: false });
    const made = await stripe.invoices.create({ customer: customer.id, currency: 'eur', collection_method: 'send_invoice', days_until_due: 14,
      default_tax_rates: [rate.id], custom_fields: [{ name: 'PO number', value: '4711' }], footer: 'Vielen Dank — 5 € Skonto nicht möglich.' });
    for (let nth = 1; nth <= 40; nth += 1) {
      await stripe.invoiceItems.create({ customer: customer.id, invoice: made.id, amount: 100 + nth, currency: 'eur', description: `Überwachung, Standort ${nth}` });
    }
    const open = await stripe.invoices.sendInvoice(made.id);
    // 40 x 1.00 and 1 to 40 cents are 48.20; with 19 % (9.158) 57.36.
    assert.equal(open.amount_due, 5736);
    await page.goto(open.hosted_invoice_url);
    await look('invoice');
    const save = async (name) => {
      const answer = await fetch(open.invoice_pdf);
      assert.equal(answer.headers.get('content-type'), 'application/pdf');
      fs.writeFileSync(path.join(folder, `${name}.pdf`), Buffer.from(await answer.arrayBuffer()));
    };
    await save('invoice-open');
    await choose('4242 4242 4242 4242');
    await pay();
    await look('invoice-paid');
    assert.equal((await stripe.invoices.retrieve(open.id)).status, 'paid');
    await save('invoice-paid');
  },

  async narrow() {
    await page.setViewportSize({ width: 390, height: 844 });
    const { url } = await session();
    await page.goto(url);
    await look('checkout-narrow');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
  },
};

(async () => {
  fs.mkdirSync(folder, { recursive: true });
  await new Promise((listening) => { shop.listen(0, '127.0.0.1', listening); });
  site = `http://127.0.0.1:${shop.address().port}`;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] });
  page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('response', (answer) => { if (answer.status() >= 500) wrong.push(`${answer.status()} ${answer.url()}`); });
  for (const [name, section] of Object.entries(sections)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    await section();
    console.log(`ok ${name}`);
  }
  assert.deepEqual(wrong, []);
  await browser.close();
  shop.close();
  console.log(`${shots} screenshots in ${folder}`);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
