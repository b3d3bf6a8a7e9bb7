// README's picture of the dashboard, from a local mode with its demo and a fixed clock and seed:
//
//   cargo run -p local -- --clock 2026-11-20T09:00:00Z --seed 7
//   NODE_PATH=.../node_modules node .ci/dashboard/screenshot.cjs /usr/bin/chromium http://127.0.0.1:3000 infra/local/dashboard.png
//
// `npm install playwright-core` in any folder makes the NODE_PATH.
'use strict';

const { chromium } = require('playwright-core');

const [executablePath, base, file] = process.argv.slice(2);
const account = 'acme-robotics';

async function main() {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1100, height: 760 } });
  const page = await context.newPage();

  await page.goto(`${base}/_local/sign-in/${account}?as=ada`);
  await page.getByRole('button', { name: 'Continue to billing' }).click();
  await page.waitForURL(`${base}/billing/${account}`);
  await page.screenshot({ path: file });

  await browser.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
