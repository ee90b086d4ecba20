// A phone is lost: two people ask for the key of a new one, which takes it up.
import { askTest, check, main, PHONE, readText, shoot, url } from "./browser.mjs";

await main(async ({ device }) => {
  const page = await (await device(PHONE)).newPage();
  const live = page.locator("#live");
  const takeUp = () => page.getByRole("button", { name: "Take this key up" }).click();
  await page.goto(`${url}/card`);
  await page.getByRole("button", { name: "Make my key" }).click();
  const key = await readText(page.locator("#key-text"));
  await page.getByText("Have you lost your old phone?").click();
  await page.getByLabel("Number of the account").fill("no number");
  await takeUp();
  await live.getByText("That is not in the right form").waitFor();
  const account = await askTest("tellAccount");
  await page.getByLabel("Number of the account").fill(account.toUpperCase());
  await takeUp();
  await live.getByText(/key/).waitFor(); // nobody has asked for it yet
  await shoot(page, "lost-too-early");
  await askTest("request", key);
  await takeUp();
  await page.locator("#points").getByText("20", { exact: true }).waitFor();
  check((await page.locator("#account-number").textContent()) === account, "the account is this phone's");
});
