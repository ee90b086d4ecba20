// The public display: figures only, kept while the node is away, and nothing about persons asked for.
import { askTest, check, DESKTOP, main, PHONE, shoot, until, url, waitUntilKept } from "./browser.mjs";

await main(async ({ device }) => {
  const hall = await device(DESKTOP);
  const page = await hall.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${url}/display`);
  await page.getByText("Totals are shown once they are about 2 people or more.").waitFor();
  await shoot(page, "display-withheld");
  await askTest("serve");
  await page.reload();
  await page.locator("#people").getByText("2", { exact: true }).waitFor();
  check((await page.locator("#hours").textContent()) === "7", "420 minutes are 7 hours");
  check((await page.locator("#records").textContent()) === "3", "there are three records");
  await shoot(page, "display-desktop");
  await page.getByRole("button", { name: "中文" }).click();
  await page.getByRole("heading", { name: "志愿服务总数" }).waitFor();
  check((await page.title()) === "志愿服务公示", "the title is in the language chosen");

  await waitUntilKept(page);
  await hall.setOffline(true);
  await page.reload();
  await page.getByRole("heading", { name: "志愿服务总数" }).waitFor(); // the language is remembered
  await page.locator("#live").getByText("以上是最后一次得到的数字").waitFor();
  check((await page.locator("#people").textContent()) === "2", "the last figures stay");
  await page.locator("#asof").getByText("截至").waitFor();
  await shoot(page, "display-offline");
  await hall.setOffline(false);
  await until(async () => (await page.locator("#live").textContent()) === "", "the display recovers by itself when the network is back");

  const onlySums = asked.filter((path) => path.startsWith("/v1/")).every((path) => ["/v1/aggregates", "/v1/status"].includes(path));
  check(onlySums, "nothing but sums is asked for");
  const phone = await device(PHONE);
  const small = await phone.newPage();
  await small.goto(`${url}/display`);
  await small.locator("#people").getByText("2", { exact: true }).waitFor();
  await shoot(small, "display-phone");
});
