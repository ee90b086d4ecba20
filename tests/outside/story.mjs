// The whole story on two devices, with the keyboard alone: a volunteer's phone and a merchant's till.
import { askTest, check, DESKTOP, findBarriers, main, PHONE, readScreen, readText, shoot, url, waitUntilKept } from "./browser.mjs";

const MOST_STEPS = 80;

/** Go on with the Tab key until an element has the focus, and see that people see where it is. */
async function tabTo(page, locator) {
  for (let step = 0; step < MOST_STEPS; step += 1) {
    if (await locator.evaluate((element) => element === document.activeElement).catch(() => false)) {
      const outline = await locator.evaluate((element) => getComputedStyle(element).outlineWidth);
      check(Number.parseFloat(outline) >= 2, "the focus is seen");
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard does not lead to ${locator}`);
}

async function press(page, locator, key = "Enter") {
  await tabTo(page, locator);
  await page.keyboard.press(key);
}

async function type(page, locator, text) {
  await tabTo(page, locator);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

async function readCodeText(page) {
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  check((await findBarriers(page)).length === 0, "there are no barriers in the dialog");
  const text = await readText(dialog.locator("#code-text"));
  check((await readScreen(dialog.locator("#code-picture"))) === text, "jsQR reads the code on the screen");
  return text;
}

/** What the page for verifiers says to a text. */
async function checkElsewhere(device, text) {
  const page = await device.newPage();
  await page.goto(`${url}/verify`);
  await page.waitForFunction(() => document.documentElement.dataset.learned === "yes");
  await page.locator("#text").fill(text);
  await page.locator("#paste button").click();
  const answer = page.locator("#result .answer").first();
  await answer.waitFor();
  const verdict = await answer.getAttribute("data-verdict");
  await page.close();
  return verdict;
}

await main(async ({ device }) => {
  const phone = await device(PHONE);
  const card = await phone.newPage();
  const button = (page, name) => page.getByRole("button", { name, exact: true });
  await card.goto(`${url}/card`);
  await press(card, card.getByRole("link", { name: "Skip to the content" }));
  await press(card, button(card, "Make my key"));
  await card.locator("#live").getByText("Your key is made").waitFor();
  const phoneKey = await readText(card.locator("#key-text"));
  check((await readScreen(card.locator("#key-code"))) === phoneKey, "jsQR reads the phone's key");
  await askTest("enrol", phoneKey);
  await press(card, button(card, "Look again"));
  await card.locator("#points").getByText("20", { exact: true }).waitFor();

  const counter = await device({ ...DESKTOP, colorScheme: "dark" });
  const till = await counter.newPage();
  await till.goto(`${url}/counter`);
  await press(till, button(till, "Make a key"));
  await till.locator("#live").getByText("The key is on this device").waitFor();
  const tillKey = await readText(till.locator("#key-text"));
  check((await readScreen(till.locator("#key-code"))) === tillKey, "jsQR reads the till's key");
  const { offer } = await askTest("admit", tillKey);
  await press(till, button(till, "Look again"));
  await till.locator("#live").getByText("The merchant is registered").waitFor();
  check(offer === null, "the offer is published from the till");
  await press(till, till.locator("summary", { hasText: "Publish an offer" }));
  await type(till, till.locator("#offer-title"), "A pot of tea");
  await type(till, till.locator("#offer-points"), "3");
  await tabTo(till, till.locator("#offer-day"));
  await till.keyboard.type("12312099"); // as this browser writes days
  await press(till, button(till, "Publish"));
  await till.locator("#live").getByText("The offer is published").waitFor();
  await press(till, till.locator("summary", { hasText: "Code for volunteers" }));
  const link = await readText(till.locator("#offers code"));
  check((await readScreen(till.locator("#offers svg"))) === link, "jsQR reads the offer");
  await shoot(till, "story-till-desktop");

  // The link fills in the offer; the points are held, and the code is on the phone.
  await card.goto(link);
  await card.reload();
  await card.getByText("Tea: 3 points each").waitFor();
  await press(card, button(card, "Set the points aside and show the code"));
  const code = await readCodeText(card);
  check(code.startsWith("HLC1:"), "the code is a counter card");
  await shoot(card, "story-code");
  await card.keyboard.press("Escape");
  await card.locator("#points").getByText("17", { exact: true }).waitFor();

  await type(till, till.locator("#text"), code);
  await till.keyboard.press("Enter");
  await till.locator("#result").getByRole("heading", { name: "Good", exact: true }).waitFor();
  check((await findBarriers(till)).length === 0, "there are no barriers in the answer, in the dark");
  await press(till, button(till, "Take 3 points"));
  await till.locator("#live").getByText("3 points are taken").waitFor();
  await shoot(till, "story-taken-desktop");

  await press(card, button(card, "Refresh"));
  await card.locator("#holds").getByText("used", { exact: true }).waitFor();
  await press(till, till.locator("#items summary").first());
  await press(till, button(till, "Refund"));
  await till.locator("#live").getByText("3 points are refunded").waitFor();
  await press(card, button(card, "Refresh"));
  await card.locator("#points").getByText("20", { exact: true }).waitFor();

  // The card: fetched, shown as far as the holder chooses, also without a network.
  await press(card, button(card, "Get the card, or a new one"));
  await card.locator("#live").getByText("The card is on this phone").waitFor();
  await press(card, card.getByRole("checkbox", { name: /minutes of service/ }), "Space");
  await shoot(card, "story-choose");
  await press(card, card.getByRole("button", { name: "中文" }));
  await shoot(card, "story-choose-zh");
  await press(till, till.getByRole("button", { name: "中文" }));
  await shoot(till, "story-till-zh");
  await press(card, card.getByRole("button", { name: "English" }));
  check((await findBarriers(card)).length === 0, "there are no barriers where one chooses");
  await press(card, button(card, "Show the card"));
  const shown = await readCodeText(card);
  check(await card.locator("#code-picture svg").isVisible(), "what is chosen usually fits into one code");
  await shoot(card, "story-card");
  await card.keyboard.press("Escape");
  for (const text of [shown, code]) check((await checkElsewhere(counter, text)) === "valid", "whoever checks it learns that it is good");
  const asked = await card.evaluate(() => {
    document.getElementById("audience").value = "https://desk.example";
    document.getElementById("nonce").value = "word-123";
  });
  check(asked === undefined, "a desk asks for itself");
  await button(card, "Show the card").click();
  const forDesk = await readCodeText(card);
  await card.keyboard.press("Escape");
  await waitUntilKept(card);
  await phone.setOffline(true);
  await card.reload();
  await card.locator("#points").getByText("20", { exact: true }).waitFor();
  await button(card, "Show the card").click();
  const withoutNetwork = await readCodeText(card);
  await card.keyboard.press("Escape");
  await phone.setOffline(false);
  await button(card, "Code for an organisation's desk (15 minutes)").click();
  const desk = await readCodeText(card);
  await till.getByRole("button", { name: "English" }).click();
  await till.locator("#text").fill(desk);
  await button(till, "Check").click();
  await till.locator("#result").getByRole("heading", { name: "Not a code for points" }).waitFor();
  await card.keyboard.press("Escape");

  await askTest("keepStatus");
  await card.locator("#offer").fill(link);
  await button(card, "Look at the offer").click();
  await button(card, "Set the points aside and show the code").click();
  await card.getByRole("dialog").waitFor();
  await button(card, "Close").click();

  // Another phone takes over, and this one is told so.
  const other = await device(PHONE);
  const next = await other.newPage();
  await next.goto(`${url}/card`);
  await button(next, "Make my key").click();
  const key = await readText(next.locator("#key-text"));
  await type(card, card.getByLabel("Public key of the new phone"), key);
  await press(card, card.getByRole("checkbox", { name: "The key on this phone will do nothing any more" }), "Space");
  await press(card, button(card, "Move to the new phone"));
  await card.locator("#live").getByText("The new phone's key is in force").waitFor();
  await button(next, "Look again").click();
  await next.locator("#points").getByText("17", { exact: true }).waitFor();
  await next.locator("#holds").getByRole("button", { name: "Show the code" }).click(); // it was made on the other phone
  check((await readCodeText(next)).startsWith("HLC1:"), "open holds are found again");
  await button(card, "Refresh").click();
  await card.locator("#live").getByText("The node does not know this key").waitFor();
  return { code, shown, forDesk, withoutNetwork, desk };
});
