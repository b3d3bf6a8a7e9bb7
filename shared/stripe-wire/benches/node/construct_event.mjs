// Stripe's own library on the same bytes as ../verify_and_parse.rs: verifies the signature, then
// parses the whole event into an object. Prints nanoseconds per event, the median of several rounds.

import { readFileSync } from "node:fs";
import Stripe from "stripe";

const ROUNDS = 25;
const EVENTS_PER_ROUND = 4_000;

const body = readFileSync(new URL("../invoice_paid_6k.json", import.meta.url));
const secret = "whsec_bench_0123456789abcdef";
const stripe = new Stripe("sk_test_not_used");
// `constructEvent` compares with the wall clock.
const header = stripe.webhooks.generateTestHeaderString({
  payload: body.toString("utf8"),
  secret,
});

function nanosecondsPerEvent(work) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    for (let n = 0; n < EVENTS_PER_ROUND; n += 1) work();
    rounds.push(Number(process.hrtime.bigint() - start) / EVENTS_PER_ROUND);
  }
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
}

const event = stripe.webhooks.constructEvent(body, header, secret);
if (event.type !== "invoice.paid") throw new Error(`unexpected ${event.type}`);

const cases = {
  "constructEvent": () => stripe.webhooks.constructEvent(body, header, secret),
  "JSON.parse alone": () => JSON.parse(body.toString("utf8")),
};
for (const [name, work] of Object.entries(cases)) {
  nanosecondsPerEvent(work); // Warm-up: the optimiser has seen it all.
  console.log(`${name}: ${Math.round(nanosecondsPerEvent(work))} ns per event of ${body.length} bytes`);
}
console.log(`node ${process.version}, stripe ${Stripe.PACKAGE_VERSION}`);
