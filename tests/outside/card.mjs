// A volunteer's phone: a key is made, an officer enrols it, hours come in, points are set aside; and all of it stays without a network.
import { askTest, check, findBarriers, main, PHONE, shoot, url, waitUntilKept } from "./browser.mjs";

await main(async ({ device }) => {
  const phone = await device(PHONE);
  const page = await phone.newPage();
  const live = page.locator("#live");
  await page.goto(`${url}/card`);
  await shoot(page, "card-begin");
  await page.getByRole("button", { name: "Make my key" }).click();
  await live.getByText("Your key is made").waitFor();
  const key = await page.locator("#key-text").textContent();
  check(/^[0-9a-f]{64}$/.test(key), "the public key is shown");
  await shoot(page, "card-enrol");
  await page.getByRole("button", { name: "Look again" }).click();
  await live.getByText("You are not enrolled yet").waitFor();

  const { offer } = await askTest("enrol", key);
  await page.getByRole("button", { name: "Look again" }).click();
  await live.getByText("You are enrolled").waitFor();
  await page.locator("#points").getByText("5", { exact: true }).waitFor();
  check((await page.locator("#served").textContent()) === "5", "300 minutes are 5 hours");
  await page.getByText("Records", { exact: true }).click();
  check((await page.locator("#records li").count()) === 2, "there are two records");
  await shoot(page, "card-account");

  await page.getByLabel("Offer (the number").fill(`${url}/card#offer=${offer}`);
  await page.getByRole("button", { name: "Look at the offer" }).click();
  await page.getByText("Tea: 2 points each").waitFor();
  await page.getByLabel("How many").fill("2");
  await shoot(page, "card-offer");
  await page.getByRole("button", { name: "Set the points aside" }).click();
  await live.getByText("The points are set aside").waitFor();
  await page.locator("#points").getByText("1", { exact: true }).waitFor();
  await shoot(page, "card-held");
  await waitUntilKept(page);
  await phone.setOffline(true);
  await page.reload();
  await page.locator("#points").getByText("1", { exact: true }).waitFor();
  await live.getByText("The node cannot be reached").waitFor();
  await shoot(page, "card-offline");
  check((await findBarriers(page)).length === 0, "there are no barriers in the page of an account");
});
