// What all pages have in common: both languages, a word where scripts are off, no network once loaded, new versions, and no barriers.
import { askTest, check, DESKTOP, findBarriers, main, more, PHONE, shoot, url, waitUntilKept } from "./browser.mjs";

const paths = more;

function nameOf(path) {
  return path.slice(1) || "index";
}

async function withoutScripts(device, path) {
  const phone = await device({ ...PHONE, javaScriptEnabled: false });
  const page = await phone.newPage();
  await page.goto(url + path);
  const words = await page.locator("noscript").textContent();
  check(words.includes("JavaScript") && /[\u4e00-\u9fff]/.test(words), `${path} says in both languages what to do without scripts`);
  check(await page.locator("noscript p").isVisible(), `${path} shows it`);
  check(await page.getByRole("heading", { level: 1 }).isVisible(), `${path} has its heading without scripts`);
  await shoot(page, `${nameOf(path)}-without-scripts`);
  await phone.close();
}

async function inBothLanguages(device, path) {
  for (const [locale, words] of [["zh-CN", /[\u4e00-\u9fff]/], ["en-GB", /^[^\u4e00-\u9fff]+$/]]) {
    const desk = await device({ ...DESKTOP, locale });
    const page = await desk.newPage();
    await page.goto(url + path);
    const heading = await page.getByRole("heading", { level: 1 }).innerText();
    check(words.test(heading), `${path} opens in the language of the browser (${locale}): ${heading}`);
    check(words.test(await page.title()), `${path} has a title in ${locale}`);
    await page.getByRole("button", { name: locale === "zh-CN" ? "English" : "中文" }).click();
    check(!words.test(await page.getByRole("heading", { level: 1 }).innerText()), `${path} changes its language`);
    await page.reload();
    check(!words.test(await page.getByRole("heading", { level: 1 }).innerText()), `${path} remembers the language`);
    await desk.close();
  }
}

async function withoutBarriers(device, path) {
  for (const colorScheme of ["light", "dark"]) {
    const phone = await device({ ...PHONE, colorScheme });
    const page = await phone.newPage();
    await page.goto(url + path);
    await page.waitForLoadState("networkidle");
    const barriers = await findBarriers(page);
    check(barriers.length === 0, `${path} (${colorScheme}) has no barriers: ${barriers.join("\n")}`);
    const small = await page.evaluate(() => [...document.querySelectorAll("button, a.home, summary")].filter((item) => item.checkVisibility())
      .filter((item) => item.getBoundingClientRect().height < 44).map((item) => item.outerHTML));
    check(small.length === 0, `${path} has nothing too small for a finger: ${small}`);
    await shoot(page, `${nameOf(path)}-${colorScheme}`);
    await phone.close();
  }
}

async function withoutNetwork(device, path) {
  const phone = await device(PHONE);
  const page = await phone.newPage();
  await page.goto(url + path);
  await waitUntilKept(page);
  await phone.setOffline(true);
  for (const other of paths) {
    await page.goto(url + other);
    check(await page.getByRole("heading", { level: 1 }).isVisible(), `${other} is there without a network once ${path} was opened`);
  }
  await phone.close();
}

async function onItsWayAtTheTime(device, path) {
  const phone = await device(PHONE);
  const [late, first] = [await phone.newPage(), await phone.newPage()];
  let letGo;
  const isUnderWay = new Promise((tell) => late.route(url + path, async (route) => {
    const response = await route.fetch();
    const isHeld = new Promise((resolve) => { letGo = resolve; });
    tell();
    await isHeld;
    await route.fulfill({ response });
  }));
  const opened = late.goto(url + path);
  await isUnderWay;
  await first.goto(url + path);
  await waitUntilKept(first);
  letGo();
  await opened;
  await waitUntilKept(late); // though it was no page yet when the worker became active
  await phone.close();
}

async function inANewVersion(device, path) {
  const phone = await device(PHONE);
  const page = await phone.newPage();
  await page.goto(url + path);
  await waitUntilKept(page);
  check((await page.getByText("a new word").count()) === 0, "the old version is shown");
  await askTest("change");
  await page.reload();
  await page.getByText("There is a new version of this page.").waitFor();
  check((await page.getByText("a new word").count()) === 0, "nothing changes while a page is open");
  await page.getByRole("button", { name: "Update" }).click();
  await page.getByText("a new word").waitFor();
  const kept = await page.evaluate(() => caches.keys());
  check(kept.length === 1, "the old version is gone");
}

await main(async ({ device }) => {
  for (const path of paths) {
    await withoutScripts(device, path);
    await inBothLanguages(device, path);
    await withoutBarriers(device, path);
  }
  await withoutNetwork(device, paths[0]);
  await onItsWayAtTheTime(device, paths[0]);
  await inANewVersion(device, "/");
});
