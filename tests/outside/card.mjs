// A volunteer's phone: a key is made, an officer enrols it, hours come in, points are set aside; and all of it stays without a network.
import { readFileSync } from "node:fs";

import { askTest, check, findBarriers, main, more, PHONE, readText, seeFilm, shoot, url, waitUntilKept } from "./browser.mjs";

await main(async ({ device }) => {
  const phone = await device({ ...PHONE, permissions: ["camera"] });
  const page = await phone.newPage();
  const live = page.locator("#live");
  await page.goto(`${url}/card`);
  await shoot(page, "card-begin");
  await page.getByRole("button", { name: "Make my key" }).click();
  await live.getByText("Your key is made").waitFor();
  const key = await readText(page.locator("#key-text"));
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

  await page.getByRole("button", { name: "Scan the merchant's code" }).click(); // the camera sees the link to the offer
  await page.getByText("Tea: 2 points each").waitFor();
  await page.getByLabel("How many").fill("2");
  await shoot(page, "card-offer");
  await page.getByRole("button", { name: "Set the points aside" }).click();
  await live.getByText("The points are set aside").waitFor();
  await page.getByRole("dialog").getByText("4 points").waitFor();
  await shoot(page, "card-code");
  await page.getByRole("button", { name: "Close" }).click();
  await page.locator("#points").getByText("1", { exact: true }).waitFor();
  await shoot(page, "card-held");
  await waitUntilKept(page);
  await phone.setOffline(true);
  await page.reload();
  await page.locator("#points").getByText("1", { exact: true }).waitFor();
  await live.getByText("The node cannot be reached").waitFor();
  await page.getByRole("button", { name: "Show the code" }).click();
  await page.getByRole("dialog").getByText("4 points").waitFor();
  await shoot(page, "card-offline");
  await page.getByRole("button", { name: "Close" }).click();

  // Certificates: kept, given out again as they were, shown as one code that is asked for once.
  await phone.setOffline(false);
  const { file, number } = await askTest("certify");
  await page.getByLabel("Keep a certificate's file").setInputFiles([
    { name: "certificate.json", mimeType: "application/json", buffer: readFileSync(file) },
    { name: "photo.png", mimeType: "image/png", buffer: Buffer.from("no picture") },
  ]);
  await live.getByText("2 files are kept").waitFor();
  const kept = page.locator("#certificate-list li").filter({ hasText: "河畔" });
  await kept.getByText("5 hours").waitFor();
  await kept.getByRole("button", { name: "Show a code" }).click();
  const code = await readText(page.getByRole("dialog").locator("#code-text"));
  check(code.startsWith("HLB1:"), `the one code of certificate ${number} is shown`);
  await shoot(page, "card-certificate");
  await page.getByRole("button", { name: "Close" }).click();
  await phone.setOffline(true);
  await page.reload();
  await kept.getByRole("button", { name: "Show a code" }).click();
  check((await readText(page.getByRole("dialog").locator("#code-text"))) === code, "the code is there without a network");
  await page.getByRole("button", { name: "Close" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), kept.getByRole("button", { name: "Save a copy" }).click()]);
  await askTest("compare", await download.path());
  const other = page.locator("#certificate-list li").filter({ hasText: "photo.png" });
  await other.getByRole("button", { name: "Remove" }).click();
  await other.getByRole("button", { name: "Really remove it?" }).click();
  await other.waitFor({ state: "detached" });

  // A certificate of one's own, with the records and details that its holder chooses.
  await phone.setOffline(false);
  const makeOwn = async (name, { isOpened, leave }) => {
    await page.getByRole("button", { name: "Make a certificate myself" }).click();
    const boxes = page.locator("input[name=own-record]");
    await boxes.first().waitFor();
    if (leave) await boxes.first().uncheck();
    await page.getByLabel("Also show activity and place").setChecked(isOpened);
    await shoot(page, name);
    check((await findBarriers(page)).length === 0, "there are no barriers where one chooses records");
    await page.getByRole("button", { name: "Make it" }).click();
    await live.getByText("The certificate is made").waitFor();
    const row = page.locator("#certificate-list li").filter({ hasText: "made by yourself" }).first();
    const [own] = await Promise.all([page.waitForEvent("download"), row.getByRole("button", { name: "Save a copy" }).click()]);
    return own.path();
  };
  await askTest("verify", await makeOwn("card-own", { isOpened: true, leave: false }), 2, 2);
  await askTest("verify", await makeOwn("card-own-one", { isOpened: false, leave: true }), 1, 0);

  // What is wrong is said, and nothing comes of it.
  await page.getByLabel("or type the offer's number").fill("not a number");
  await page.getByRole("button", { name: "Look at the offer" }).click();
  await live.getByText("That is not in the right form: an offer's number").waitFor();
  await phone.setOffline(false);
  await page.getByLabel("or type the offer's number").fill("0".repeat(32));
  await page.getByRole("button", { name: "Look at the offer" }).click();
  await live.getByText(/nothing is there|no such|there is no/i).waitFor();
  await page.getByLabel("or type the offer's number").fill(offer);
  await page.getByRole("button", { name: "Look at the offer" }).click();
  await page.getByLabel("How many").fill("9");
  await page.getByRole("button", { name: "Set the points aside" }).click();
  await live.getByText(/points/).waitFor();
  await page.locator("#holds").getByText("not set aside").waitFor();
  await shoot(page, "card-refused");
  check((await page.locator("#points").textContent()) === "1", "no points are gone");
  check((await findBarriers(page)).length === 0, "there are no barriers in the page of an account");
}, seeFilm(more[0]));
