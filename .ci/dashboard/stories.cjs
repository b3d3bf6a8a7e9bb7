// A customer with a browser in the dashboard: every page at two widths, light and dark, without script; each looked at by
// axe-core; and the stories of forms, from a page through Stripe's and back.
//
//   NODE_PATH=.../node_modules node stories.cjs /usr/bin/chromium http://127.0.0.1:3000 FOLDER [STORY...]
//
// Local mode must run with its demo. Screenshots are put into the folder, to be looked at.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const axe = require('axe-core');
const { chromium } = require('playwright-core');

const [executablePath, base, folder, ...chosen] = process.argv.slice(2);
const account = 'acme-robotics';
const pages = {
  overview: '', plan: 'plan', review: 'plan/review?plan=business&interval=month&seats=12', cancel: 'plan/cancel',
  invoices: 'invoices', payments: 'payments', usage: 'usage', credits: 'credits', alerts: 'alerts', settings: 'settings', timeline: 'timeline', why: 'why?field=state',
};
const widths = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

let browser;

/** A browser window in which a member is signed in, by the button of the link's page. */
async function signedIn(who, options = {}) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: widths.wide, ...options });
  const page = await context.newPage();
  await page.goto(`${base}/_local/sign-in/${who.account ?? account}?as=${who.member ?? 'ada'}`);
  await page.getByRole('button', { name: 'Continue to billing' }).click();
  await page.waitForURL(`${base}/billing/${who.account ?? account}`);
  return page;
}

/** A browser window in which a person of the vendor's is signed in to the staff desk. */
async function atDesk(role, options = {}) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: widths.wide, ...options });
  const page = await context.newPage();
  await page.goto(`${base}/_local/staff?as=${role}`);
  await page.getByRole('button', { name: 'Continue to the staff desk' }).click();
  await page.waitForURL(`${base}/staff`);
  return page;
}

/** Fails where axe finds anything. */
async function accessible(page, name) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const wrong = found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(' | ')}`);
  assert.deepEqual(wrong, [], name);
}

async function look(page, name) {
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

/** Pays a page of Stripe's with a test card. */
async function pay(page, number) {
  await page.getByRole('button', { name: number }).click();
  const email = page.getByLabel('Email');
  if (await email.count() > 0) await email.fill('ada@acme-robotics.example');
  await page.locator('form.pay button.primary').click();
}

const stories = {
  /** Every page fits its window, and is one document with one heading, whatever the width and the colours. */
  async pages() {
    for (const [size, viewport] of Object.entries(widths)) {
      for (const colorScheme of ['light', 'dark']) {
        const page = await signedIn({}, { viewport, colorScheme });
        for (const [name, address] of Object.entries(pages)) {
          const answer = await page.goto(`${base}/billing/${account}/${address}`.replace(/\/$/, ''));
          assert.equal(answer.status(), 200, name);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= viewport.width, `${name} is ${wide} wide at ${viewport.width}`);
          assert.equal(await page.locator('h1').count(), 1, name);
          await look(page, `${name}-${size}-${colorScheme}`);
        }
        await page.context().close();
      }
    }
  },

  /** axe finds nothing, for each role, in each colour. */
  async accessible() {
    for (const [member, colorScheme] of [['ada', 'light'], ['ada', 'dark'], ['mia', 'light']]) {
      const page = await signedIn({ member }, { javaScriptEnabled: true, colorScheme });
      for (const [name, address] of Object.entries(pages)) {
        await page.goto(`${base}/billing/${account}/${address}`.replace(/\/$/, ''));
        await page.evaluate(axe.source);
        const found = await page.evaluate(() => window.axe.run(document, {
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        }));
        const wrong = found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(' | ')}`);
        assert.deepEqual(wrong, [], `${name} for ${member}, ${colorScheme}`);
      }
      await page.context().close();
    }
  },

  /** Nothing is asked of any other host, and the console is silent. */
  async alone() {
    const page = await signedIn({}, { javaScriptEnabled: true });
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith(base) && !request.url().startsWith('data:')) said.push(request.url());
    });
    for (const address of Object.values(pages)) await page.goto(`${base}/billing/${account}/${address}`.replace(/\/$/, ''));
    assert.deepEqual(said, []);
    await page.context().close();
  },

  /** The first paid plan: reviewed, paid on Stripe's page, waited for, there. */
  async upgrade() {
    const page = await signedIn({ account: 'ember-studio' });
    await page.getByRole('link', { name: 'Change plan or seats' }).click();
    await page.getByRole('button', { name: 'Review Personal' }).click();
    await look(page, 'story-review');
    await page.getByRole('button', { name: 'Continue to payment' }).click();
    await page.waitForURL((url) => !url.href.startsWith(base));
    await pay(page, '4242 4242 4242 4242');
    await page.waitForURL(/\/billing\/ember-studio\/plan(\/waiting|\?done)/);
    await look(page, 'story-waiting');
    await page.waitForURL(/done=plan_changed/, { timeout: 70_000 });
    assert.match(await page.textContent('main'), /Your plan was changed/);
    await page.context().close();
  },

  /** A pack of credits: paid on Stripe's page, and there. */
  async credits() {
    const page = await signedIn({ account: 'birch-labs' });
    await page.goto(`${base}/billing/birch-labs/credits`);
    await page.getByRole('button', { name: 'Buy for 5.00 EUR' }).click();
    await pay(page, '4242 4242 4242 4242');
    await page.waitForURL(/done=credits_bought/, { timeout: 70_000 });
    assert.match(await page.textContent('main'), /1,000,000/);
    await look(page, 'story-credits');
    await page.context().close();
  },

  /** An overdue account: told of a transfer, then paid all the same with the card on file, or told why not. */
  async payments() {
    const page = await signedIn({ account: 'cobalt-media' });
    await page.goto(`${base}/billing/cobalt-media/payments`);
    await look(page, 'story-payments');
    await page.getByRole('checkbox').first().check();
    await page.getByLabel('Amount').fill('1.00');
    await page.getByLabel('Reference').fill(`RF-${Date.now()}`);
    await page.getByRole('button', { name: 'Tell of the transfer' }).click();
    assert.match(await page.textContent('main'), /A date is expected/);
    assert.equal(await page.getByLabel('Amount').inputValue(), '1.00');
    await page.getByLabel('Date').fill('2026-01-02');
    await page.getByRole('button', { name: 'Tell of the transfer' }).click();
    assert.match(await page.textContent('main'), /Checked within 48 hours/);
    await look(page, 'story-transfer');
    await page.getByRole('button', { name: 'Withdraw' }).first().click();
    assert.match(await page.textContent('main'), /not waited for any more/);
    await page.getByRole('button', { name: /^Pay [0-9]/ }).first().click();
    assert.match(await page.textContent('main'), /Thank you|still to be paid/);
    await look(page, 'story-paid');
    await page.context().close();
  },

  /** What is typed wrong is said at its field, kept, and saved once it is right. */
  async details() {
    const page = await signedIn({ member: 'finn' });
    await page.goto(`${base}/billing/${account}/settings`);
    await page.getByLabel('Country, two letters').fill('Germany');
    await page.getByLabel('Purchase order').fill('PO-2026-7');
    await page.getByRole('button', { name: 'Save billing details' }).click();
    assert.equal(await page.getByLabel('Country, two letters').getAttribute('aria-invalid'), 'true');
    assert.equal(await page.getByLabel('Purchase order').inputValue(), 'PO-2026-7');
    await look(page, 'story-details-wrong');
    await page.getByLabel('Country, two letters').fill('DE');
    await page.getByRole('button', { name: 'Save billing details' }).click();
    assert.match(await page.textContent('main'), /billing details were saved/);
    await page.context().close();
  },

  /** Without a mouse: the first stop skips to the content, and every button can be reached. */
  async keyboard() {
    const page = await signedIn({});
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    const reached = new Set();
    for (let stop = 0; stop < 60; stop += 1) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => document.activeElement.textContent.trim()));
    }
    for (const name of ['Sign out', 'Change plan or seats', 'Day by day']) assert.ok(reached.has(name), name);
    await page.context().close();
  },

  /** Two accounts in two tabs of one browser never mix; signing out of one leaves the other. */
  async tabs() {
    const first = await signedIn({});
    const second = await first.context().newPage();
    await second.goto(`${base}/_local/sign-in/cobalt-media?as=ada`);
    await second.getByRole('button', { name: 'Continue to billing' }).click();
    await first.reload();
    assert.match(await first.textContent('header'), /Acme Robotics/);
    assert.match(await second.textContent('header'), /Cobalt Media/);
    await look(second, 'story-past-due');
    await first.getByRole('button', { name: 'Sign out' }).click();
    await second.reload();
    assert.match(await second.textContent('header'), /Cobalt Media/);
    await first.goto(`${base}/billing/${account}/usage`);
    await look(first, 'story-no-session');
    await first.getByRole('link', { name: 'Sign in' }).click();
    await first.getByRole('button', { name: 'Continue to billing' }).click();
    await first.waitForURL(`${base}/billing/${account}/usage`);
    await first.context().close();
  },

  /** The staff desk: every page fits its window at two widths, in both colours, and axe finds nothing. */
  async desk() {
    const acts = ['hold', 'collection', 'plan', 'credits', 'receipt', 'prepayment', 'reverse-prepayment', 'terminate', 'close',
      'convert-to-parent', 'sub-account-limit', 'usage', 'credit-note'];
    const places = { home: '', search: '/search?q=acme', transfers: '/transfers', disputes: '/disputes', letters: '/dead-letters' };
    for (const [name, at] of [['account', ''], ['timeline', '/timeline'], ['mails', '/mails']]) places[name] = `/accounts/${account}${at}`;
    for (const act of acts) places[`do-${act}`] = `/accounts/${account}/do/${act}`;
    for (const [size, viewport] of Object.entries(widths)) {
      for (const colorScheme of ['light', 'dark']) {
        const page = await atDesk('billing', { viewport, colorScheme, javaScriptEnabled: true });
        for (const [name, address] of Object.entries(places)) {
          const answer = await page.goto(`${base}/staff${address}`);
          assert.equal(answer.status(), 200, name);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= viewport.width, `${name} is ${wide} wide at ${viewport.width}`);
          assert.equal(await page.locator('h1').count(), 1, name);
          await accessible(page, `${name}, ${size}, ${colorScheme}`);
          await look(page, `desk-${name}-${size}-${colorScheme}`);
        }
        await page.context().close();
      }
    }
  },

  /** A person of billing finds an account by its name and grants credits: a reason, a second page, the name in the timeline. */
  async grants() {
    const page = await atDesk('billing');
    await page.getByRole('searchbox').fill('acme rob');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('link', { name: 'Acme Robotics' }).click();
    await page.getByRole('link', { name: 'Grant or remove credits' }).click();
    await page.getByLabel('Tokens').fill('2,500');
    await page.getByRole('button', { name: 'Continue' }).click();
    assert.equal(await page.getByLabel('Reason').getAttribute('aria-invalid'), 'true');
    assert.equal(await page.getByLabel('Tokens').inputValue(), '2,500');
    await look(page, 'story-desk-wrong');
    await page.getByLabel('Reason').fill('outage of 12 November');
    await page.getByRole('button', { name: 'Continue' }).click();
    await look(page, 'story-desk-confirm');
    await page.getByRole('button', { name: 'Grant 2,500 tokens' }).click();
    const said = await page.textContent('main');
    assert.match(said, /Credits were adjusted/);
    assert.match(said, /By Local staff\. Reason: outage of 12 November/);
    await look(page, 'story-desk-granted');
    await page.context().close();
  },

  /** A person of billing takes off usage that was counted twice: the second page names the units, the timeline the reason. */
  async corrections() {
    // The clock may stand in a month that has no usage yet.
    const { keys } = await (await fetch(`${base}/_local/info`)).json();
    const events = [{ account, resource: 'sessions', quantity: 3 }];
    const counted = await fetch(`${base}/v1/usage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.vendor}`, 'content-type': 'application/json' },
      body: JSON.stringify({ batch_id: `corrections-${Date.now()}`, events }),
    });
    assert.equal(counted.status, 202, await counted.text());
    const page = await atDesk('billing');
    await page.goto(`${base}/staff/accounts/${account}/do/usage`);
    await page.getByLabel('Resource').selectOption({ label: 'Sessions' });
    await page.getByLabel('Units').fill('-1');
    await page.getByLabel('Reason').fill('counted twice');
    await page.getByRole('button', { name: 'Continue' }).click();
    await look(page, 'story-desk-correction');
    await page.getByRole('button', { name: 'Take off 1 unit' }).click();
    assert.match(await page.textContent('main'), /Usage of sessions in .* was corrected: 1 taken off/);
    await page.context().close();
  },

  /** A transfer that a customer reported is rejected with a reason; support is told why that is not for them. */
  async transfers() {
    const customer = await signedIn({ account: 'cobalt-media' });
    await customer.goto(`${base}/billing/cobalt-media/payments`);
    await customer.getByRole('checkbox').first().check();
    await customer.getByLabel('Amount').fill('1.00');
    const reference = `RF-DESK-${Date.now()}`;
    await customer.getByLabel('Reference').fill(reference);
    await customer.getByLabel('Date').fill('2026-01-02');
    await customer.getByRole('button', { name: 'Tell of the transfer' }).click();

    const support = await atDesk('support');
    await support.getByRole('link', { name: 'Transfers', exact: true }).first().click();
    await support.getByRole('link', { name: `Reject ${reference}` }).click();
    assert.match(await support.textContent('main'), /role billing/);
    await look(support, 'story-desk-support');

    const page = await atDesk('billing');
    await page.goto(`${base}/staff/transfers`);
    await look(page, 'story-desk-transfers');
    await page.getByRole('link', { name: `Reject ${reference}` }).click();
    await page.getByLabel('Reason').fill('no such money until today');
    await page.getByRole('button', { name: 'Reject a transfer' }).click();
    assert.match(await page.textContent('main'), /The transfer was rejected/);
    await customer.reload();
    assert.match(await customer.textContent('main'), /no such money until today/);
    for (const window of [customer, support, page]) await window.context().close();
  },

  /** A dead letter is listed and redriven with a reason; support reads it, and is told why it does not end it. */
  async letters() {
    const { sqs } = await (await fetch(`${base}/_local/info`)).json();
    const sent = await fetch(sqs, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ QueueUrl: `${sqs}/000000000000/DeadLetterQueue`, MessageBody: JSON.stringify({ letter: { fact: { customer: 'cus_story' } } }) }),
    });
    assert.equal(sent.status, 200, await sent.text());

    const support = await atDesk('support');
    await support.goto(`${base}/staff/dead-letters`);
    for (let tries = 0; tries < 50 && !/A fact of Stripe about a customer/.test(await support.textContent('main')); tries += 1) await support.reload();
    await look(support, 'story-desk-letters');
    await support.getByRole('link', { name: /^Letter dl_/ }).first().click();
    assert.match(await support.textContent('main'), /People with the role billing/);
    const address = support.url();

    const page = await atDesk('billing');
    await page.goto(address);
    await page.getByRole('button', { name: 'Redrive' }).click();
    assert.equal(await page.getByLabel('Reason').first().getAttribute('aria-invalid'), 'true');
    await look(page, 'story-desk-letter');
    await page.getByLabel('Reason').first().fill('the cause is gone');
    await page.getByRole('button', { name: 'Redrive' }).click();
    assert.match(await page.textContent('main'), /The message was sent again/);
    await page.goto(address);
    assert.match(await page.textContent('main'), /Local staff redrove this letter on .* Reason: the cause is gone/);
    for (const window of [support, page]) await window.context().close();
  },

  /** What a disabled account, a member and a plan that ends look like. */
  async others() {
    for (const [name, who] of [['disabled', { account: 'dune-travel' }], ['member', { member: 'mia' }], ['recharge', { account: 'fjord-health' }]]) {
      const page = await signedIn(who);
      if (name === 'recharge') await page.goto(`${base}/billing/fjord-health/credits`);
      await look(page, `story-${name}`);
      await page.context().close();
    }
  },
};

(async () => {
  fs.mkdirSync(folder, { recursive: true });
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--disable-gpu'] });
  for (const [name, story] of Object.entries(stories)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    await story();
    console.log(`${name}: ok`);
  }
  await browser.close();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
