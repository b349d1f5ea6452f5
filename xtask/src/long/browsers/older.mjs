// Takes the way from sign-in to a revoked token in Chromium of earlier years, with script and without: node older.mjs SET-UP-LINK

import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createBrotliDecompress } from "node:zlib";

import { appearance, control, place } from "./look.mjs";
import { ADMINISTRATOR, Site, password } from "./site.mjs";

// Each is driven by a puppeteer-core of its age, as the packages' names say.
const BROWSERS = [
  { age: 109, driver: 19, headless: true },
  { age: 122, driver: 22, headless: "shell" },
  { age: 131, driver: 23, headless: "shell" },
];
const SIZES = [
  { width: 1280, height: 800 },
  { width: 500, height: 700 },
];
const TOKENS = "/settings/personal-access-tokens";
const PATIENCE_MS = 10_000;

const site = new Site(process.argv[2]);

// Unpacks the program of a package, once.
const unpack = async (age) => {
  const program = resolve(`unpacked/chromium-${age}`);
  if (!existsSync(program)) {
    await mkdir("unpacked", { recursive: true });
    // Beside its place first: a program that is there is whole.
    const packed = createReadStream(`node_modules/chromium-${age}/bin/chromium.br`);
    await pipeline(packed, createBrotliDecompress(), createWriteStream(`${program}.new`, { mode: 0o755 }));
    await rename(`${program}.new`, program);
  }
  return program;
};

const start = async ({ age, driver, headless }) => {
  const { default: puppeteer } = await import(`puppeteer-core-${driver}`);
  return puppeteer.launch({
    executablePath: await unpack(age),
    headless,
    // These builds have neither a sandbox nor what draws by the graphics card.
    args: ["--no-sandbox", "--disable-gpu"],
    env: { ...process.env, TZ: "UTC" },
  });
};

// One person's way with one page. Every wait asks the page again: without script it can tell nothing by itself.
class Way {
  constructor(page) {
    this.page = page;
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("dialog", (dialog) => dialog.accept());
  }

  async until(what, act) {
    const end = Date.now() + PATIENCE_MS;
    let cause;
    while (Date.now() < end) {
      try {
        const result = await act();
        if (result) {
          return result;
        }
      } catch (error) {
        // The page was being left.
        cause = error;
      }
      await sleep(50);
    }
    throw new Error(`${what} did not come`, { cause });
  }

  // Clicks with the mouse what has this name and can be seen.
  async click(name) {
    await this.until(`the click on "${name}"`, async () => {
      const found = await this.page.evaluateHandle(control, name);
      const element = found.asElement();
      await element?.click();
      return element !== null;
    });
  }

  async type(selector, text) {
    const field = await this.shown(selector);
    await field.click();
    await field.type(text);
  }

  async shown(selector) {
    return this.until(selector, async () => {
      const element = await this.page.$(selector);
      return (await element?.evaluate((it) => it.checkVisibility())) ? element : null;
    });
  }

  async gone(selector) {
    await this.until(`the end of ${selector}`, async () => (await this.page.$(selector)) === null);
  }

  async looksWell(what) {
    const faults = await this.page.evaluate(appearance);
    if (faults.length > 0) {
      throw new Error(`${what}: ${faults.join("; ")}`);
    }
  }

  async secret() {
    const field = await this.shown("#token");
    const value = await field.evaluate((it) => it.value);
    if (!/^atspat_.{49}$/.test(value)) {
      throw new Error(`this is no token: ${value}`);
    }
    return value;
  }
}

const signIn = async (way, user) => {
  await way.page.goto(site.origin + TOKENS);
  await way.type("#user_name", user);
  await way.type("#password", password);
  await way.looksWell("sign-in");
  await way.click("Sign in");
  await way.shown("#add");
};

const add = async (way, name) => {
  await way.click("Add");
  await way.shown("dialog#new-token[open]");
  await way.looksWell("the form");
  await way.type("#name", name);
  await way.click("Save");
  await way.secret();
  await way.looksWell("the new token");
};

const keep = async (way, script) => {
  if (script) {
    const before = await way.secret();
    await way.page.keyboard.press("Escape");
    await way.shown("dialog#leave[open]");
    await way.looksWell("the question");
    await way.click("Back to the token");
    await way.gone("dialog#leave[open]");
    await way.page.keyboard.press("Escape");
    await way.shown("dialog#leave[open]");
    await way.page.keyboard.press("Escape");
    await way.gone("dialog#leave[open]");
    if ((await way.secret()) !== before) {
      throw new Error("Esc lost the token");
    }
  }
  await way.click("Done");
  await way.click("I have kept it");
  await way.gone("dialog[open]");
};

const revoke = async (way, name, script) => {
  await way.click(`Actions for ${name}`);
  // Script puts it beside its button, a frame after it is shown; without, it is somewhere in the window.
  await way.until("the menu", async () => {
    const { isInside, aside, below } = await way.page.evaluate(place, `Actions for ${name}`);
    return isInside && (!script || (aside < 13 && below > -2 && below < 13));
  });
  await way.click("Revoke");
  if (script) {
    await way.shown("dialog.ask[open]");
    await way.looksWell("the question");
    await way.click("Yes");
  } else {
    await way.shown(".acts");
    await way.click("Revoke …");
    await way.click(`Revoke ${name}`);
  }
  await way.until("the message", async () => (await way.page.$eval(".message.success", (it) => it.innerText)).includes(`“${name}” is revoked`));
};

// The whole way; gives what was wrong.
const walk = async (browser, user, script, size) => {
  const context = await (browser.createBrowserContext ?? browser.createIncognitoBrowserContext).call(browser);
  const page = await context.newPage();
  await page.setViewport(size);
  await page.setJavaScriptEnabled(script);
  // A dialog that still slides in would be measured on its way.
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  const way = new Way(page);
  const name = `Line ${size.width} ${script}`;
  try {
    await signIn(way, user);
    await add(way, name);
    await keep(way, script);
    await revoke(way, name, script);
  } catch (error) {
    const picture = `failed-${user}-${script ? "script" : "plain"}-${size.width}.png`;
    await page.screenshot({ path: picture }).catch(() => {});
    way.errors.push(`${error.message}${error.cause ? ` (${error.cause.message})` : ""}, see ${process.cwd()}/${picture}`);
  }
  await context.close();
  return way.errors;
};

let faults = 0;
await site.setUp();
const root = await site.signIn(ADMINISTRATOR);
for (const entry of BROWSERS) {
  const user = `chromium-${entry.age}`;
  await site.addUser(user, root);
  await site.addTokens(await site.signIn(user));
  const browser = await start(entry);
  const version = await browser.version();
  try {
    for (const script of [true, false]) {
      for (const size of SIZES) {
        const begin = Date.now();
        const errors = await walk(browser, user, script, size);
        const what = `${version.padEnd(32)} ${script ? "script   " : "no script"} ${size.width} × ${size.height}`;
        console.log(`${what.padEnd(60)} ${((Date.now() - begin) / 1000).toFixed(1)} s  ${errors.length > 0 ? "FAILED" : "passed"}`);
        errors.forEach((error) => console.log(`    ${error}`));
        faults += errors.length > 0 ? 1 : 0;
      }
    }
  } finally {
    await browser.close();
  }
}
if (faults > 0) {
  console.log(`${faults} ways ended early.`);
  process.exitCode = 1;
}
