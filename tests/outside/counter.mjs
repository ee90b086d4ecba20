// A till: codes are checked by camera and by hand, points are taken and refunded, each once; and what holds without a network.
// Arguments: the film that the camera shows, and the file of the merchant's key.
import { askTest, check, findBarriers, main, more, PHONE, readText, seeFilm, shoot, url, waitUntilKept } from "./browser.mjs";

const [video, keyFile] = more;


await main(async ({ device }) => {
  const till = await device({ ...PHONE, permissions: ["camera"] });
  const page = await till.newPage();
  const live = page.locator("#live");
  const result = page.locator("#result");
  const paste = async (text) => {
    await page.getByLabel("or paste the code's text").fill(text);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await result.waitFor();
  };

  await page.goto(`${url}/counter`);
  await page.getByText("Is there a key file already?").click();
  const bring = async (file, passphrase) => {
    await page.getByLabel("Key file").setInputFiles(file);
    await page.getByLabel("Its passphrase").fill(passphrase);
    await page.getByRole("button", { name: "Use this key" }).click();
  };
  await bring({ name: "x.pem", mimeType: "", buffer: Buffer.from("-----BEGIN PRIVATE KEY-----") }, "");
  await live.getByText("That is not in the right form").waitFor();
  await bring(keyFile, "");
  await live.getByText("That file is protected").waitFor();
  await bring(keyFile, "wrong");
  await live.getByText("That is not the passphrase").waitFor();
  await bring(keyFile, "correct horse");
  await live.getByText("The key is on this device").waitFor();
  const key = await readText(page.locator("#key-text"));
  await shoot(page, "counter-admit");
  await page.getByRole("button", { name: "Look again" }).click();
  await live.getByText("Not registered yet").waitFor();
  await askTest("admit", key);
  await page.getByRole("button", { name: "Look again" }).click();
  await live.getByText("The merchant is registered").waitFor();
  await shoot(page, "counter-empty");

  // An offer, and its link for volunteers.
  await page.getByText("Publish an offer").click();
  await page.getByLabel("What it is").first().fill("A pot of tea");
  await page.getByLabel("Points for one").fill("2");
  await page.getByLabel("Last day").fill("2099-12-31");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await live.getByText("The offer is published").waitFor();
  await page.getByText("Code for volunteers").click();
  const link = await readText(page.locator("#offers code"));
  check(new RegExp(`^${url}/card#offer=[0-9a-f]{32}$`).test(link), "the link opens the volunteer's page with the offer");
  const { held, ofOther, forged, over } = await askTest("hold", link.slice(-32));

  // By camera: good, taken, and not a second time.
  await page.getByRole("button", { name: "Scan a code" }).click();
  await result.getByRole("heading", { name: "Good" }).waitFor();
  await result.getByText("4 points", { exact: true }).waitFor();
  await result.getByText("The ledger says that it was not used").waitFor();
  check((await findBarriers(page)).length === 0, "no barriers in an answer");
  await shoot(page, "counter-good");
  await result.getByRole("button", { name: "Take 4 points" }).dblclick();
  await live.getByText("4 points are taken").waitFor();
  await page.locator("#balance").getByText("Balance: 4 points").waitFor();
  await shoot(page, "counter-taken");
  await paste(held[0]);
  await result.getByRole("heading", { name: "Used already" }).waitFor();
  check((await result.getByRole("button").count()) === 0, "nothing can be taken twice");
  await shoot(page, "counter-used");

  // What is not to be taken says so.
  for (const [text, heading] of [
    [ofOther, "For another merchant"],
    [forged, "It cannot be checked"],
    [over, "Its time is over"],
    ["HLC1:GARBAGE", "Not valid"],
    ["hello", "Not valid"],
    [held[0].slice(0, -9), "Not valid"],
    ["9".repeat(4_000), "Not valid"],
  ]) {
    await paste(text);
    await result.getByRole("heading", { name: heading }).waitFor();
    check((await result.getByRole("button", { name: /Take/ }).count()) === 0, `nothing can be taken: ${text.slice(0, 20)}`);
    if (text === ofOther) await shoot(page, "counter-other");
  }

  // A refund, of a part and then of the rest.
  const row = page.locator("#items li").last();
  await row.getByText("Refund", { exact: true }).first().click();
  await row.getByLabel("Points to refund").fill("1");
  await row.getByRole("button", { name: "Refund" }).click();
  await live.getByText("1 points are refunded").waitFor();
  await page.locator("#balance").getByText("Balance: 3 points").waitFor();

  // Without a network: checked all the same, queued, and sent once when the network is back; another till that was faster is seen.
  await waitUntilKept(page);
  await till.setOffline(true);
  await page.reload();
  await page.getByText("There is no network").waitFor();
  await paste(held[1]);
  await result.getByRole("heading", { name: "Good, as far as can be told without a network" }).waitFor();
  await shoot(page, "counter-offline");
  await result.getByText("Take a part", { exact: true }).click();
  await result.getByLabel("or a part").fill("1");
  await result.getByRole("button", { name: "Take so many" }).click();
  await live.getByText("1 points wait to be taken").waitFor();
  await paste(held[1]);
  await result.getByRole("heading", { name: "Taken here already" }).waitFor();
  await paste(held[2]);
  await result.getByRole("button", { name: "Take 2 points" }).click();
  await live.getByText("2 points wait to be taken").waitFor();
  await shoot(page, "counter-queued");
  await askTest("captureElsewhere");
  await page.reload();
  await page.getByText("waits for the network").first().waitFor(); // closed and opened again, it is still there
  await till.setOffline(false);
  await page.locator("#balance").getByText("Balance: 6 points").waitFor(); // 3, 1 that waited, and 2 that the other till took
  await page.locator("#items").getByText("This code was used or given back already").waitFor();
  check((await page.getByText("waits for the network").count()) === 0, "nothing waits any more");
  await shoot(page, "counter-back");
  check((await findBarriers(page)).length === 0, "no barriers in a till that is in use");

  // The node is away, though there is a network.
  await till.route("**/v1/**", (route) => route.abort());
  await paste(held[3]);
  await result.getByRole("heading", { name: "Good, as far as can be told without a network" }).waitFor();
  await result.getByRole("button", { name: "Take 2 points" }).click();
  await live.getByText("2 points wait to be taken").waitFor();
  await till.unroute("**/v1/**");
  const send = page.getByRole("button", { name: "Send what waits now" });
  await send.click({ timeout: 1_000 }).catch(() => undefined); // unless the page has sent it by itself meanwhile
  await page.locator("#balance").getByText("Balance: 8 points").waitFor();

  // The node has taken them and its answer is lost on the way: the same bytes are sent again, and count once.
  const sent = [];
  let isLost = true; // One handler all the time: the page may send by itself at any moment.
  await till.route("**/v1/transactions?**", async (route) => {
    sent.push(route.request().postDataBuffer().toString("hex"));
    if (!isLost) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await paste(held[5]);
  await result.getByRole("button", { name: "Take 2 points" }).click();
  await live.getByText("2 points wait to be taken").waitFor();
  isLost = false;
  await send.click({ timeout: 1_000 }).catch(() => undefined);
  await page.locator("#balance").getByText("Balance: 10 points").waitFor();
  check(sent.length > 1 && new Set(sent).size === 1, "the same bytes are sent");
  await till.unroute("**/v1/transactions?**");

  // Two windows of one till take the same points at the same time: once.
  const window = await till.newPage();
  await window.goto(`${url}/counter`);
  await window.getByLabel("or paste the code's text").fill(held[4]);
  await window.getByRole("button", { name: "Check", exact: true }).click();
  await paste(held[4]);
  await Promise.all([page, window].map((one) => one.locator("#result").getByRole("button", { name: "Take 2 points" }).click()));
  for (const one of [page, window]) await one.locator("#live").getByText("2 points are taken").waitFor();
  await page.locator("#balance").getByText("Balance: 12 points").waitFor();
  check((await page.locator("#items li").count()) === 7, "there is one item for both");

  // The month so far.
  await page.getByRole("button", { name: "Look", exact: true }).click();
  await page.locator("#month-words").getByText("13 points taken, 1 refunded, 12 in all; not closed yet.").waitFor();
  await shoot(page, "counter-end");
}, seeFilm(video));
