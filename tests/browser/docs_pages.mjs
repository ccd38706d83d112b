// Opens the API pages in Chromium as a reader would.
// Usage: docs_pages.mjs <url> <token> <folder for screenshots>
// Prints one JSON object: what was seen, and every complaint of the browser.
import { chromium } from "playwright-core";

const [url, token, folder] = process.argv.slice(2);
const seen = { complaints: [] };

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

async function open(path) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complain = (text) => seen.complaints.push(`${path}: ${text}`);
  page.on("console", (x) => {
    if (x.type() === "error" || x.type() === "warning") complain(x.text());
  });
  page.on("pageerror", (x) => complain(String(x)));
  page.on("requestfailed", (x) => complain(`${x.url()} ${x.failure().errorText}`));
  page.on("response", (x) => {
    if (x.status() >= 400) complain(`${x.url()} ${x.status()}`);
  });
  await page.goto(url + path);
  return page;
}

async function swagger() {
  const page = await open("/api/docs");
  await page.waitForSelector(".opblock", { timeout: 60000 });
  seen.swaggerTitle = (await page.textContent(".info .title")).trim();
  seen.swaggerOperations = await page.locator(".opblock").count();
  await page.screenshot({ path: `${folder}/swagger.png` });

  await page.click("button.authorize");
  await page.fill(".auth-container input", token);
  await page.click(".auth-btn-wrapper button.authorize");
  await page.click(".auth-btn-wrapper button.btn-done");

  const operation = page.locator("#operations-auth-getMe");
  await operation.locator(".opblock-summary-control").click();
  await operation.locator("button.try-out__btn").click();
  await operation.locator("button.execute").click();
  const answer = operation.locator(".live-responses-table .response");
  await answer.waitFor({ timeout: 60000 });
  seen.triedStatus = (await answer.locator(".response-col_status").textContent()).trim();
  seen.triedBody = await answer.locator("code").first().textContent();
  await operation.scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${folder}/try-it-out.png` });
  await page.close();
}

async function redoc() {
  const page = await open("/api/redoc");
  await page.waitForSelector("h1", { timeout: 60000 });
  seen.redocTitle = (await page.textContent("h1")).trim();
  seen.redocOperations = await page.locator("[data-section-id^='tag/'][data-section-id*='operation']").count();
  await page.fill("[role=search] input", "registers");
  const results = page.locator("[data-role='search:results']");
  await results.getByText("Registers an agent").first().waitFor({ timeout: 60000 });
  seen.redocFound = (await results.textContent()).trim();
  await page.screenshot({ path: `${folder}/redoc.png` });
  await page.close();
}

try {
  await swagger();
  await redoc();
} catch (error) {
  seen.complaints.push(String(error));
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
