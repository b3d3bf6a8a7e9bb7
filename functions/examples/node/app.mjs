// A small SaaS backend on Tollgate, with nothing but Node 20: it sells a plan, reports usage, guards
// a route and reads invoices.
//
//   TOLLGATE_URL=http://127.0.0.1:3000 TOLLGATE_KEY=tg_vendor_... PORT=4000 node app.mjs
//
// `.ci/examples.py` runs this file against local mode and compares its answers.
import { createServer } from 'node:http';

const { TOLLGATE_URL, TOLLGATE_KEY, PORT } = process.env;

// README's dozen lines: begin
const tollgate = async (method, path, body) => {
  const headers = { authorization: `Bearer ${TOLLGATE_KEY}`, 'idempotency-key': crypto.randomUUID() };
  const response = await fetch(`${TOLLGATE_URL}/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  return [response.status, await response.json()];
};

const signUp = (id, name, email) => tollgate('POST', '/accounts', { id, name, email });
// 201 {"id": "...", "plan": "free", "state": "active", "stripe_customer_id": "..."}
const buy = (id, plan, seats) => tollgate('PUT', `/accounts/${id}/subscription`, { plan, interval: 'month', seats });
// 202 {"checkout_url": "..."}, and 200 with the subscription once the customer has paid there
const report = (batch_id, account, resource, quantity) =>
  tollgate('POST', '/usage', { batch_id, events: [{ account, resource, quantity }] });
// 202 {"accepted": 1, "duplicate": false, "rejected": []}: a batch counts once, however often it is sent
const access = (id) => tollgate('GET', `/accounts/${id}/access`);
// 200 {"access": "full", "reasons": []}; or "cached_only", or "none", with reasons and what clears them
const invoices = (id) => tollgate('GET', `/accounts/${id}/invoices`);
// 200 {"data": [{"number": "...", "status": "paid", "total": {"amount": "...", "currency": "usd"}}]}
// README's dozen lines: end

/** Runs `work` if the account has access, and says what to do if it has none. */
async function guarded(id, work) {
  const [status, answer] = await access(id);
  if (status !== 200) return [status, answer];
  if (answer.access === 'none') {
    return [402, { error: 'Your account is disabled.', todo: answer.reasons.map((it) => it.clears_by) }];
  }

  return [200, await work()];
}

const routes = {
  async 'POST /signup'({ account, name, email }) {
    const [status, { plan, state }] = await signUp(account, name, email);
    return [status, { plan, state }];
  },

  async 'POST /upgrade'({ account, seats }) {
    const [status, { checkout_url, plan }] = await buy(account, 'team', Number(seats));
    return [status, { checkout_url, plan }];
  },

  // The route that the product is about: each report is metered as 1,000 sessions.
  async 'POST /reports'({ account, report: id }) {
    return guarded(account, async () => {
      const [, { accepted, rejected, duplicate }] = await report(`report-${id}`, account, 'sessions', 1_000);
      return { report: id, accepted, rejected, duplicate };
    });
  },

  async 'GET /invoices'({ account }) {
    const [status, { data }] = await invoices(account);
    return [status, (data ?? []).map(({ number, status, total }) => ({ number, status, total }))];
  },
};

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const route = routes[`${request.method} ${url.pathname}`];

  const [status, answer] = route
    ? await route(Object.fromEntries(url.searchParams)).catch((error) => [502, { error: `${error}` }])
    : [404, { error: 'There is no such route.' }];

  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${PORT}`));
