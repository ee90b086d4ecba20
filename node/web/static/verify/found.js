// What checks found, and what they were held against, in Chinese: reports say it in English. The first table is that of cli/found.py, and
// a test holds them against each other.

const FOUND = [
  ["certificate (\\S+)", "证明 $1"],
  ["certificate (\\S+), registered on (\\S+)", "证明 $1，登记于 $2"],
  ["card at position (\\d+) of (\\S+)", "$2 的电子名片，状态位置 $1"],
  ["counter card of (\\S+)", "$1 的柜台卡"],
  ["list (\\d+) of (\\S+)", "$2 的状态列表 $1"],
  ["revocation in list (\\d+) of (\\S+)", "$2 的状态列表 $1：撤销"],
  ["suspension in list (\\d+) of (\\S+)", "$2 的状态列表 $1：暂停"],
  ["(\\d+) characters", "$1 个字符"],
  ["(\\d+) credentials", "$1 份凭证"],
  ["signed by (did:\\S+)", "由 $1 签署"],
  ["signed by (did:\\S+); no signature of (\\S+)", "由 $1 签署；没有 $2 签名"],
  ["signed by (did:\\S+); whether the site is the organisation's was not asked", "由 $1 签署；未询问该网站是否属于该组织"],
  ["signed by (did:\\S+); whether the site is the organisation's was not asked; no signature of (\\S+)", "由 $1 签署；未询问该网站是否属于该组织；没有 $2 签名"],
  ["signed by a node of the region", "由本地区的节点签署"],
  ["log of (\\d+) entries, cosigned by (.+)", "日志共 $1 条，由 $2 联合签署"],
  ["entry (\\d+) leads to a root over (\\d+) hashes", "第 $1 条经 $2 个哈希值到达根"],
  ["all entries are in the log", "所有条目均在日志中"],
  ["all values are in the state", "所有数值均在账本状态中"],
  ["(\\d+) records", "$1 条记录"],
  ["(\\d+) records are current", "$1 条记录仍然有效"],
  ["(\\d+) minutes in (\\d+) records", "$2 条记录共 $1 分钟"],
  ["opened (\\d+) of (\\d+) records: their details are those certified", "$2 条记录中公开了 $1 条，详情与认定时一致"],
  ["(.+) is licensed to record", "$1 具有记录资格"],
  ["(.+) is licensed to record; signed by the volunteer", "$1 具有记录资格；由志愿者本人签署"],
  ["the code on the page is of this certificate", "页面上的码属于此证明"],
  ["0 claims are shown: none", "没有出示任何内容"],
  ["(\\d+) claims are shown: (.+)", "出示了 $1 项：$2"],
  ["the holder showed it (\\d+) s ago", "持有人于 $1 秒前出示"],
  ["the holder showed it (\\d+) s ago, for your nonce", "持有人于 $1 秒前按您的随机数出示"],
  ["the points are set aside for this merchant", "积分已为本商户预留"],
  ["registered and neither revoked nor superseded, as of block (\\d+)", "已登记，截至区块 $1 未被撤销或取代"],
  ["superseded by (\\S+), as of block (\\d+): it stays true as history", "截至区块 $2 已被 $1 取代：作为历史仍然属实"],
  ["the organisation has not registered it, as of block (\\d+)", "截至区块 $1 该组织未登记此证明"],
  ["neither revoked nor suspended, says status list (\\d+)", "据状态列表 $1，未被撤销或暂停"],
  ["neither revoked nor suspended, says state of block (\\d+)", "据区块 $1 的状态，未被撤销或暂停"],
  ["superseded, says status list (\\d+): it stays true as history", "据状态列表 $1，已被取代：作为历史仍然属实"],
  ["superseded, says state of block (\\d+): it stays true as history", "据区块 $1 的状态，已被取代：作为历史仍然属实"],
  ["the card stands, says status list (\\d+)", "据状态列表 $1，名片有效"],
  ["the card stands, says state of block (\\d+)", "据区块 $1 的状态，名片有效"],
  ["it is good until (\\S+)", "有效期至 $1"],
  ["it expired on (\\S+): it is history", "已于 $1 到期：仅为历史"],
  ["the evidence is (\\d+) s old", "证据形成于 $1 秒前"],
  ["the list is (\\d+) s old", "列表形成于 $1 秒前"]
];
const AGAINST = [
  ["files and codes of this ledger", "本账本的文件和码"],
  ["trust file of (\\S+)", "$1 的信任文件"],
  ["log keys of (\\S+)", "$1 的日志密钥"],
  ["log root at (\\d+) entries", "$1 条时的日志根"],
  ["a log of (\\d+) entries", "共 $1 条的日志"],
  ["the entry of the log", "日志条目"],
  ["one volunteer, one organisation", "同一志愿者、同一组织"],
  ["state of block (\\d+)", "区块 $1 的状态"],
  ["commitments in the records", "记录中的承诺值"],
  ["the records", "各条记录"],
  ["the time asked about", "所问的时间"],
  ["register of (\\S+)", "$1 的登记簿"],
  ["no position", "没有状态位置"],
  ["position (\\d+)", "状态位置 $1"],
  ["digests in the signed part", "签名部分中的摘要"],
  ["key in the card", "名片中的密钥"],
  ["the attached certificate", "所附的证明"]
];

function prepare(table) {
  return table.map(([english, chinese]) => [new RegExp(`^(?:${english})$`, "u"), chinese]);
}

const TABLES = { found: prepare(FOUND), against: prepare(AGAINST) };

function translate(text, table) {
  const known = table.find(([english]) => english.test(text));
  return known === undefined ? text : text.replace(known[0], known[1]);
}

/** What a check found in Chinese, as it is where nothing is known of it; what failed is told by its reason. */
export function sayFound(detail) {
  return translate(detail, TABLES.found);
}

/** What a check was held against in Chinese, as it is where nothing is known of it. */
export function sayAgainst(against) {
  return translate(against, TABLES.against);
}
