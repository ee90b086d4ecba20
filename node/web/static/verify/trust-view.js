// The trust files of this device, with what they name.

import { byId, fill, make, say, showTime } from "../ui.js";
import { describeTrust, OF_NODE } from "./trust-store.js";

function showQuorum({ needed, authorities }) {
  if (needed === 0) return say("不要求机构联合签署", "no authority needs to agree");
  if (needed === null) return say(`${authorities.length} 个机构，按文件中的分组`, `${authorities.length} authorities, in the groups of the file`);
  return say(`${authorities.length} 个机构中须有 ${needed} 个`, `${needed} of ${authorities.length} authorities`);
}

function showFile(item, remove) {
  const told = describeTrust(item.bytes);
  const [zh, en] = showTime(item.addedMs);
  const card = make("li", { class: "trust-file" });
  card.append(make("h3", { class: "code" }, told.origins.join(", ") || "—"));
  card.append(make("p", {}, item.source === OF_NODE ? say("本节点所在地区", "the region of this node") : say("由您添加", "added by you"), " · ", showQuorum(told)));
  const more = make("details", {}, make("summary", {}, say("所列内容", "What it names")));
  const facts = make("dl", { class: "facts" });
  facts.append(make("dt", {}, say("机构", "Authorities")), make("dd", { class: "code" }, told.authorities.join(", ") || "—"));
  facts.append(make("dt", {}, "SHA-256"), make("dd", { class: "code" }, told.fingerprint));
  facts.append(make("dt", {}, say("保存时间", "Kept since")), make("dd", {}, say(zh, en)));
  more.append(facts, make("p", { class: "note" }, say("请用您信任的方式与该地区公布的文件比对整个 SHA-256。", "Compare the whole of SHA-256 with what the region publishes, by a way that you trust.")));
  const button = make("button", { type: "button", click: () => remove(item) }, say("移除", "Remove"), make("span", { class: "unseen" }, ` ${told.origins.join(", ")}`));
  more.append(button);
  card.append(more);
  return card;
}

/** Show them all; `remove` is asked to remove one. */
export function showTrust(store, remove) {
  const items = store.list();
  const nothing = make("li", { class: "panel open" }, say("还没有信任文件：没有它，什么都不能判定为有效。", "There is no trust file yet. Without one, nothing can be told to be valid."));
  fill(byId("trust-files"), ...(items.length === 0 ? [nothing] : items.map((item) => showFile(item, remove))));
}
