// Serves a page to Chromium and tells what it shows.
// Usage: example_page.mjs <folder of the page> <port to serve it on>
// Prints the list of the page whenever it changed, a line of JSON each, until
// standard input ends.
import { chromium } from "playwright-core";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

const [folder, port] = process.argv.slice(2);
const types = { html: "text/html", js: "text/javascript" };
const site = createServer(async (request, response) => {
  const name = request.url === "/" ? "board.html" : request.url.slice(1);
  try {
    const text = await readFile(join(folder, name));
    response.writeHead(200, { "Content-Type": types[name.split(".").pop()] });
    response.end(text);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => site.listen(Number(port), "127.0.0.1", listening));

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
});
const page = await browser.newPage();
page.on("pageerror", (x) => console.log(JSON.stringify({ error: String(x) })));
await page.exposeFunction("tell", (state, rows) => console.log(JSON.stringify({ state, rows })));
await page.addInitScript(() => {
  let before = "";
  setInterval(() => {
    const state = document.querySelector("#state")?.textContent ?? "";
    const rows = [...document.querySelectorAll("#board li")].map((x) => x.textContent);
    const now = JSON.stringify([state, rows]);
    if (state !== "" && now !== before) window.tell(state, rows);
    before = now;
  }, 20);
});
await page.goto(`http://localhost:${port}/`);

process.stdin.resume();
process.stdin.on("end", async () => {
  await browser.close();
  site.close();
  process.exit(0);
});
