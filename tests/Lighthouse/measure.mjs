// Lighthouse on each page of the console, as a telephone and as a desk see it: node measure.mjs ADDRESS KEY [RUNS]
// Of each the middle of so many runs (3) counts; runs that cannot change whether it is enough are left out.
import { readFileSync } from "node:fs";
import os from "node:os";
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

const least = 95;
const [address, key, runs = "3"] = process.argv.slice(2);
const needed = Math.floor(Number(runs) / 2) + 1;
const pages = readFileSync(new URL("pages.txt", import.meta.url), "utf8").split("\n").filter(Boolean);

const signedIn = await fetch(`${address}/login`, { method: "POST", redirect: "manual", body: new URLSearchParams({ key }) });
const cookie = signedIn.headers.getSetCookie().map(one => one.split(";")[0]).join("; ");
if (!cookie) throw new Error(`Signing in at ${address} failed: ${signedIn.status}.`);

// A class, a bill and a line of it have addresses that depend on the day.
const firstOf = async (page, pattern) => pattern.exec(await (await fetch(`${address}${page}`, { headers: { Cookie: cookie } })).text())?.[1];
const account = pages.find(page => page.startsWith("/accounts/"));
const [session, bill] = [await firstOf(`${account}/usage?sort=users&order=desc`, /href="([^"]+\/classes\/[^"]+)"/), await firstOf(`${account}/bills`, /href="([^"]+\/bills\/[^"/]+-D-[^"]+)"/)];
if (!session || !bill) throw new Error(`${account} has no class or no bill.`);
pages.push(session, `${session}/events`, bill, `${bill}/lines/1`);

const chrome = await launch({ chromePath: process.env.MINUTEBOOK_BROWSER, chromeFlags: ["--headless=new", "--no-sandbox"] });
const middle = (all, of) => all.map(of).sort((a, b) => a - b)[Math.floor((all.length - 1) / 2)];
let short = 0;
try {
  for (const page of pages) {
    for (const [seen, config] of [["telephone", undefined], ["desk", desktopConfig]]) {
      const all = [];
      const isDecided = () => [true, false].some(isGood => all.filter(one => (one.performance >= least && one.accessibility >= least) === isGood).length >= needed);
      while (all.length < Number(runs) && !isDecided()) {
        const result = await lighthouse(`${address}${page}`, {
          port: chrome.port, logLevel: "error", onlyCategories: ["performance", "accessibility"], extraHeaders: page === "/login" ? {} : { Cookie: cookie },
        }, config);
        if (result.lhr.runtimeError) throw new Error(`${page}: ${result.lhr.runtimeError.message}`);
        const { performance, accessibility } = result.lhr.categories;
        const figure = name => result.lhr.audits[name].numericValue;
        all.push({
          performance: Math.round(performance.score * 100), accessibility: Math.round(accessibility.score * 100), paint: figure("largest-contentful-paint"),
          blocked: figure("total-blocking-time"), shift: figure("cumulative-layout-shift"),
        });
      }
      const [performance, accessibility] = [middle(all, one => one.performance), middle(all, one => one.accessibility)];
      const isShort = performance < least || accessibility < least;
      short += isShort;
      console.log(
        `${isShort ? "SHORT" : "ok   "} ${seen.padEnd(9)} performance ${String(performance).padStart(3)} accessibility ${String(accessibility).padStart(3)}`
        + `  painted ${Math.round(middle(all, one => one.paint))} ms, blocked ${Math.round(middle(all, one => one.blocked))} ms, shift ${middle(all, one => one.shift).toFixed(3)}`
        + `  load ${os.loadavg()[0].toFixed(1)}  ${page}`);
    }
  }
} finally {
  await chrome.kill();
}
console.log(short ? `${short} below ${least}.` : `All are ${least} or above.`);
process.exitCode = short ? 1 : 0;
