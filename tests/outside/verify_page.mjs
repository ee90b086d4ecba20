// The page for verifiers: everything that people have is checked on the device, by file, drop, camera and paste, and without a network.
// Arguments: the folder with what is checked, and the film that the camera shows.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { askTest, check, DESKTOP, findBarriers, main, more, PHONE, shoot, url, waitUntilKept } from "./browser.mjs";

const [folder, film] = more;
const CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film}`];
const CHECKS = ["format", "signature", "checkpoint", "records", "state", "content", "licence", "status", "details", "claims", "time"];
const read = (name) => readFileSync(join(folder, name));

/** What a person does with the page, and what it answers. */
class Verifier {
  constructor(page) {
    this.page = page;
    this.answer = page.locator("#result .answer").first();
  }

  async open() {
    await this.page.goto(`${url}/verify`);
    await this.page.waitForFunction(() => document.documentElement.dataset.learned === "yes");
  }

  /** Do something, and wait for the verdict. */
  async judge(act) {
    if (await this.page.locator("#again").isVisible()) await this.page.locator("#again").click();
    await act();
    await this.answer.waitFor();
    return this.answer.getAttribute("data-verdict");
  }

  choose(name) {
    return this.judge(() => this.page.locator("#file").setInputFiles(join(folder, name)));
  }

  give(name, bytes, mimeType = "") {
    return this.judge(() => this.page.locator("#file").setInputFiles({ name, mimeType, buffer: Buffer.from(bytes) }));
  }

  paste(text) {
    return this.judge(async () => {
      await this.page.locator("#text").fill(text);
      await this.page.locator("#paste button").click();
    });
  }

  drop(name, bytes) {
    return this.judge(async () => {
      const transfer = await this.page.evaluateHandle(([title, encoded]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0))], title));
        return data;
      }, [name, bytes.toString("base64")]);
      for (const type of ["dragenter", "dragover", "drop"]) await this.page.dispatchEvent("#drop", type, { dataTransfer: transfer });
    });
  }

  /** Names of checks with their verdicts, as the page shows them. */
  async findings() {
    return this.page.locator("#result .finding").evaluateAll((items) => items.map((item) => [item.dataset.name, item.dataset.verdict]));
  }

  async failed() {
    return (await this.findings()).filter(([, verdict]) => verdict !== "valid").map(([name]) => name);
  }

  shows(text) {
    return this.page.locator("#result").getByText(text).first().isVisible();
  }
}

async function checkFiles(verifier) {
  const { page } = verifier;
  check((await verifier.choose("certificate.json")) === "valid", "a certificate is valid");
  check((await verifier.findings()).map(([name]) => name).join() === [...CHECKS, "register"].join(), "every check is told, the register last");
  check(await verifier.shows("5 h 0 min"), "it says what it states");
  check(await page.evaluate(() => document.activeElement?.id === "answer-title"), "the focus is on the answer");
  check((await page.locator("#spoken").textContent()).includes("12 checks, 0 did not hold"), "the answer is spoken");
  const barriers = await findBarriers(page);
  check(barriers.length === 0, `no barriers in an answer: ${barriers.join("\n")}`);
  await shoot(page, "verify-valid");
  await page.getByRole("button", { name: "中文" }).click();
  await page.getByRole("heading", { name: "有效" }).waitFor();
  check(await verifier.shows("此后是否被撤销或取代。"), "checks are told in Chinese");
  const found = await page.locator('#result .finding-detail [lang="zh-Hans"]').allTextContents();
  check(found.length === 12 && found.every((text) => /[\u4e00-\u9fff]/.test(text)), `what they found, too: ${found.join("\n")}`);
  await shoot(page, "verify-valid-chinese");
  await page.getByRole("button", { name: "English" }).click();

  check((await verifier.choose("page.pdf")) === "valid", "a printed page has its certificate with it");
  check(await verifier.shows("What is printed on the page was not"), "and it is told that the print was not looked at");
  for (const picture of ["code.png", "photograph.jpg"]) check((await verifier.choose(picture)) === "valid", `${picture} has a code that is read`);
  check(await verifier.shows("it shows that the certificate was registered"), "what a code on paper can show is told");
  check((await verifier.drop("certificate.json", read("certificate.json"))) === "valid", "a file that is dropped is checked");
  check((await verifier.paste(`\n${read("code.txt")}\r\n`)) === "valid", "a code that is pasted is checked");
  await shoot(page, "verify-code");
}

async function checkCards(verifier) {
  const { page } = verifier;
  const { card, counter } = await askTest("show", null);
  check((await verifier.paste(card)) === "valid", "a card that was just shown is valid");
  check(await verifier.shows("Shown by its holder"), "who showed it is told");
  await shoot(page, "verify-card");
  check((await verifier.paste(counter)) === "valid", "a counter card is valid");

  await page.locator("#again").click();
  await page.getByText("Options").click();
  await page.getByRole("button", { name: "Make a word" }).click();
  const nonce = await page.getByLabel("Word for a card").inputValue();
  check(/^[a-z2-9]{10}$/.test(nonce), "a word is made");
  await shoot(page, "verify-options");
  check((await verifier.paste(card)) === "invalid", "a card that was shown for another word is a copy");
  check((await verifier.paste((await askTest("show", nonce)).card)) === "valid", "one that is shown for the word is the holder's");
  check(!(await verifier.shows("It was not shown for a nonce of yours")), "and nothing is left open");
  await page.locator("#again").click();
  await page.getByLabel("Word for a card").fill("");
  await page.getByText("Options").click();
}

async function checkWrongFiles(verifier) {
  const { page } = verifier;
  const forged = read("certificate.json").toString().replace("5 h 0 min", "9 h 0 min");
  check((await verifier.give("forged.json", forged)) === "invalid", "a forged certificate is not valid");
  check((await verifier.failed())[0] === "signature", "and it is told why");
  await shoot(page, "verify-forged");
  check((await verifier.paste("HLB1:ABC")) === "invalid", "half a code");
  check((await verifier.paste("hello")) === "invalid", "a text of another kind");
  check((await verifier.give("empty", "")) === "invalid", "an empty file");
  check((await verifier.give("deep.json", "[".repeat(100_000))) === "invalid", "a nested file");
  check((await verifier.give("large.json", `{"a":"${"x".repeat(9 << 20)}"}`)) === "invalid", "a large file");
  check((await verifier.give("noise", Buffer.from(Array.from({ length: 999 }, (_, place) => (place * 97) % 256)))) === "invalid", "noise");
  const bomb = read("code.png");
  bomb.writeUInt32BE(60_000, 16);
  bomb.writeUInt32BE(60_000, 20);
  check((await verifier.give("bomb.png", bomb)) === "invalid", "a picture that says it is very large");
  check((await verifier.give("torn.png", read("code.png").subarray(0, 99))) === "invalid", "half a picture");
  check((await verifier.give("phone.heic", "\0\0\0\x18ftypheic\0\0\0\0", "image/heic")) === "undetermined", "a picture that is not read cannot be told");
  check((await verifier.choose("blank.png")) === "undetermined", "a picture without a code cannot be told");
  check((await verifier.choose("two.png")) === "undetermined", "nor which of two codes is meant");
  check((await verifier.give("plain.pdf", "%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n")) === "undetermined", "nor a PDF file without a certificate");
  check(await verifier.shows("No certificate is attached to this PDF file"), "and it is told what to do instead");
  await shoot(page, "verify-plain-pdf");
}

async function checkTrust(verifier) {
  const { page } = verifier;
  await page.locator(".trust-file summary").click();
  check((await page.locator(".trust-file").textContent()).includes("1 of 1 authorities"), "a trust file is shown with what it names");
  await page.locator(".trust-file button").click();
  await page.getByText("There is no trust file yet").waitFor();
  check((await verifier.choose("certificate.json")) === "undetermined", "without a trust file nothing is valid");
  check((await verifier.failed()).join() === "checkpoint,register", "what rests on the word of the authorities is open");
  await page.locator("#trust-file").setInputFiles(join(folder, "certificate.json"));
  await page.locator("#live").getByText("That is no trust file").waitFor();
  await page.locator("#trust-file").setInputFiles(join(folder, "other.txt"));
  await page.locator("#live").getByText("The trust file is kept: hours.example/river").waitFor();
  check((await verifier.choose("certificate.json")) === "undetermined", "that of another region does not help");
  await page.locator("#again").click();
  await page.locator("#file").setInputFiles(join(folder, "trust.txt")); // It may be from whoever is verified.
  await page.locator("#live").getByText("That is a trust file, and was not taken").waitFor();
  check((await page.locator(".trust-file").count()) === 1, "a trust file among what is verified is not trusted");
  check((await verifier.choose("certificate.json")) === "undetermined", "and makes nothing valid");
  await page.locator("#trust-file").setInputFiles(join(folder, "trust.txt"));
  await page.locator("#live").getByText("The trust file is kept: town.example/log").waitFor();
  check((await verifier.choose("certificate.json")) === "valid", "that of the region does");
  check((await page.locator(".trust-file").count()) === 2, "trust files stand side by side");
  const barriers = await findBarriers(page);
  check(barriers.length === 0, `no barriers among trust files: ${barriers.join("\n")}`);
}

async function checkWithoutNetwork(verifier, phone) {
  const { page } = verifier;
  await waitUntilKept(page);
  await phone.setOffline(true);
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.learned === "yes");
  check(await page.locator("#offline").isVisible(), "it is told that there is no network");
  for (const name of ["certificate.json", "page.pdf", "code.png"]) check((await verifier.choose(name)) === "valid", `${name} is checked without a network`);
  check(await verifier.shows("Nobody looked up whether it was revoked"), "and that nobody looked at the register");
  check(await verifier.shows("Word of the authorities"), "words are there without a network");
  await shoot(page, "verify-offline");
  await phone.setOffline(false);
}

async function checkByKeyboard(device) {
  const page = await (await device(DESKTOP)).newPage();
  const verifier = new Verifier(page);
  await verifier.open();
  const reach = async (selector) => {
    for (let step = 0; step < 30; step += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  };
  await reach("#scan");
  await reach("#file");
  await reach("#text");
  await page.keyboard.insertText(read("code.txt").toString());
  check((await verifier.judge(async () => {
    await reach("#paste button");
    await page.keyboard.press("Enter");
  })) === "valid", "a text is checked by keyboard alone");
  await shoot(page, "verify-desktop");
  await reach("#again");
  await page.keyboard.press("Enter");
  check(await page.locator("#scan").isVisible(), "and then another one can be");
  const pasteAnywhere = (text) => page.evaluate((words) => {
    const data = new DataTransfer();
    data.setData("text/plain", words);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  }, text);
  check((await verifier.judge(() => pasteAnywhere(read("code.txt").toString()))) === "valid", "a text that is pasted anywhere is checked");
}

async function checkByCamera(verifier) {
  const { page } = verifier;
  check((await verifier.judge(() => page.getByRole("button", { name: "Scan a code" }).click())) === "valid", "a code before the camera is checked");
  check(!(await page.locator("#camera").isVisible()), "the camera is off again");
}

async function checkRevoked(verifier) {
  await askTest("revoke");
  check((await verifier.choose("certificate.json")) === "invalid", "a revoked certificate is not valid");
  check((await verifier.failed()).join() === "register", "the register says so");
  await shoot(verifier.page, "verify-revoked");
  await verifier.page.locator("#again").click();
  await verifier.page.getByText("Options").click();
  await verifier.page.locator("#may-ask").uncheck();
  check((await verifier.choose("certificate.json")) === "valid", "who does not ask is told as of then");
  check(await verifier.shows("Nobody looked up whether it was revoked"), "and that nobody looked");
}

await main(async ({ device }) => {
  const phone = await device({ ...PHONE, permissions: ["camera"] });
  const page = await phone.newPage();
  const verifier = new Verifier(page);
  await verifier.open();
  await shoot(page, "verify");
  await checkFiles(verifier);
  await checkByCamera(verifier);
  await checkCards(verifier);
  await checkWrongFiles(verifier);
  await checkTrust(verifier);
  await checkWithoutNetwork(verifier, phone);
  await checkByKeyboard(device);
  await checkRevoked(verifier);
}, CAMERA);
