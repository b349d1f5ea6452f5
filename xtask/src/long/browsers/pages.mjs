// Holds every page against Lighthouse and pa11y: node pages.mjs CHROMIUM SET-UP-LINK

import lighthouse from "lighthouse";
import pa11y from "pa11y";
import puppeteer from "puppeteer-core";

import { ADMINISTRATOR, Site, USER } from "./site.mjs";

const LEAST = { accessibility: 100, "best-practices": 96 };
// Nothing here measures speed, so it waits for no quiet. The session's cookie stays.
const LIGHTHOUSE = {
  onlyCategories: Object.keys(LEAST),
  disableStorageReset: true,
  ignoreStatusCode: true,
  pauseAfterFcpMs: 0,
  pauseAfterLoadMs: 0,
  networkQuietThresholdMs: 200,
  cpuQuietThresholdMs: 0,
  logLevel: "error",
};
// What axe cannot tell (the contrast of "⋯", of text behind a dialog) is a warning, which pa11y leaves out.
const PA11Y = { runners: ["htmlcs", "axe"], standard: "WCAG2AA", levelCapWhenNeedsReview: "warning", ignoreUrl: true };
const TOKENS = "/settings/personal-access-tokens";

const [chromium, link] = process.argv.slice(2);
const site = new Site(link);
const browser = await puppeteer.launch({
  executablePath: chromium,
  // Chromium has no sandbox for root.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  // Where the zone of the browser is another one than the server wrote, a page loads itself again.
  env: { ...process.env, TZ: "UTC" },
});

let faults = 0;

// Opens a window of this width with the cookies of the context.
const tab = async (context, width) => {
  const page = await context.newPage();
  await page.setViewport({ width, height: 800 });
  return page;
};

// A score of Lighthouse, and what cost points.
const score = (report, category) => {
  const { score, auditRefs } = report.categories[category];
  const lost = auditRefs
    .filter((audit) => audit.weight > 0 && report.audits[audit.id].score !== null && report.audits[audit.id].score < 1)
    .map((audit) => {
      const details = report.audits[audit.id].details?.items ?? [];
      return `    ${category}: ${audit.id} ${JSON.stringify(details).slice(0, 600)}`;
    });
  const points = Math.round(score * 100);
  return { points, lost: points < 100 ? lost : [] };
};

// Lighthouse looks at the page as on a phone, pa11y as on a desk.
const check = async (context, name, path) => {
  const url = site.origin + path;
  const begin = Date.now();
  const narrow = await tab(context, 412);
  const { lhr } = await lighthouse(url, LIGHTHOUSE, undefined, narrow);
  await narrow.close();
  const wide = await tab(context, 1280);
  await wide.goto(url);
  const { issues } = await pa11y(url, { ...PA11Y, browser, page: wide });
  await wide.close();

  const scores = Object.keys(LEAST).map((category) => ({ category, ...score(lhr, category) }));
  const notes = scores.flatMap(({ lost }) => lost);
  const address = new URL(lhr.finalDisplayedUrl);
  const isElsewhere = lhr.runtimeError !== undefined || address.origin !== site.origin || address.pathname !== path.split("?")[0];
  if (isElsewhere) {
    notes.push(`    ended at ${address.pathname}: ${lhr.runtimeError?.message ?? "another page"}`);
  }
  notes.push(...issues.map((issue) => `    pa11y: ${issue.code} ${issue.selector}: ${issue.message}`));
  const isBad = isElsewhere || issues.length > 0 || scores.some(({ category, points }) => points < LEAST[category]);
  faults += isBad ? 1 : 0;
  const cells = [...scores.map(({ points }) => points), issues.length, `${((Date.now() - begin) / 1000).toFixed(1)} s`];
  console.log([name.padEnd(38), ...cells.map((cell) => String(cell).padStart(14)), isBad ? "  FAILED" : ""].join(""));
  notes.forEach((note) => console.log(note));
};

const signedIn = async (cookie) => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const [name, value] = cookie.split("=");
  await page.setCookie({ name, value, url: site.origin, httpOnly: true });
  await page.close();
  return context;
};

// What every person has.
const own = async (context, who, cookie) => {
  await check(context, `${who}: start`, "/");
  await check(context, `${who}: tokens, none`, TOKENS);
  const id = await site.addTokens(cookie);
  await check(context, `${who}: tokens`, TOKENS);
  await check(context, `${who}: new token`, `${TOKENS}/new`);
  await check(context, `${who}: token`, `${TOKENS}/${id}`);
  await check(context, `${who}: edit token`, `${TOKENS}/${id}/edit`);
  await check(context, `${who}: password`, "/settings/password");
  await check(context, `${who}: sessions`, "/settings/sessions");
  await check(context, `${who}: docs`, "/docs");
  return id;
};

try {
  const heads = ["accessibility", "best practices", "pa11y", "time"];
  console.log(["page".padEnd(38), ...heads.map((head) => head.padStart(14 + (head === "best practices" ? 1 : 0)))].join(""));
  const nobody = await browser.createBrowserContext();
  await check(nobody, "set-up", "/setup");
  await check(nobody, "not set up", "/signin");
  await site.setUp();
  await check(nobody, "set up already", "/setup");
  await check(nobody, "sign-in", "/signin");
  await check(nobody, "docs", "/docs");
  await check(nobody, "docs administration", "/docs/administration");
  await check(nobody, "docs users", "/docs/administration/users");
  await check(nobody, "docs types", "/docs/types");
  await check(nobody, "no such page", "/nowhere");

  const root = await site.signIn(ADMINISTRATOR);
  const administrator = await signedIn(root);
  await site.addUser(USER, root);
  const id = await own(administrator, "administrator", root);
  for (const [name, path] of [
    ["users", "/settings/users"],
    ["new user", "/settings/users?add=yes"],
    ["disable user", `/settings/users/disable?user=${USER}`],
    ["password of a user", `/settings/users/password?user=${USER}`],
    ["all tokens", "/settings/all-tokens"],
    ["any token", `/settings/all-tokens/${id}`],
    ["policy", "/settings/policy"],
    ["audit", "/settings/audit"],
  ]) {
    await check(administrator, `administrator: ${name}`, path);
  }
  const ada = await site.signIn(USER);
  await own(await signedIn(ada), "user", ada);
} finally {
  await browser.close();
}
if (faults > 0) {
  console.log(`${faults} pages have faults.`);
  process.exitCode = 1;
}
