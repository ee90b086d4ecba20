// What each check means, and what facts are called, for people: Chinese and English. Titles and reasons are the node's (/v1/words).

/** What was looked at, by the name of the check. */
export const MEANINGS = {
  format: ["内容完整，是本程序认识的格式。", "It is whole, and of a form that this page knows."],
  signature: ["自签发以来没有人改动过。", "Nobody has changed it since it was signed."],
  inclusion: ["码中的内容通向账本的根。", "What is in the code leads to the root of a ledger."],
  checkpoint: ["您的信任文件所列机构中，有足够多的机构为此账本状态作保。", "Enough of the authorities that your trust file names vouch for this state of the ledger."],
  records: ["这些记录确实在账本中。", "The records are on that ledger."],
  state: ["所示的现状确实在账本中。", "So is what it shows of the present."],
  content: ["内容属于同一位志愿者和同一个组织，没有重复计算。", "All of it is of one volunteer and one organisation, and nothing is counted twice."],
  licence: ["该组织有记录资格，并由其经办人或志愿者本人签署。", "The organisation was licensed, and one of its officers signed, or the volunteer."],
  status: ["此后没有记录被作废或更正。", "No record was made void or corrected since."],
  details: ["公开的记录详情与当初认定的一致。", "The details that are shown are those that were certified."],
  claims: ["每一句话都能从记录中得出。", "Every word follows from the records."],
  time: ["这些内容截至何时。", "How old all this is."],
  register: ["此后是否被撤销或取代。", "Whether it was revoked or superseded since."],
  disclosures: ["所出示的每一项都是签发时写入的。", "Everything that is shown was in it when it was issued."],
  holder: ["由持有人本人用其密钥出示。", "Its holder has shown it, with a key of theirs."],
  standing: ["名片未被撤销或暂停。", "It was not revoked or suspended."],
  merchant: ["积分是为本商户预留的。", "The points are set aside for this merchant."],
  page: ["页面上的码与所附证明是同一份。", "The code on the page is of the certificate attached to it."],
};

/** Names of facts in a statement. */
export const FACTS = {
  chain_id: ["地区账本", "Ledger"],
  number: ["证明编号", "Number"],
  organisation_name: ["记录单位", "Organisation"],
  organisation: ["单位编号", "Organisation's number"],
  volunteer: ["志愿者账户", "Volunteer's account"],
  account: ["志愿者账户", "Volunteer's account"],
  minutes: ["服务时间", "Time of service"],
  imported_minutes: ["其中早期系统导入", "From earlier systems"],
  hours: ["服务小时", "Hours"],
  records: ["记录条数", "Records"],
  first_day: ["起始日期", "From"],
  last_day: ["截止日期", "To"],
  issued_day: ["登记日期", "Registered"],
  issued: ["签发时间", "Made"],
  until: ["有效至", "Until"],
  expires: ["有效至", "Until"],
  since: ["注册日期", "Enrolled since"],
  stars: ["星级", "Stars"],
  standing: ["状态", "Standing"],
  register: ["登记簿", "Register"],
  position: ["状态位置", "Status position"],
  hidden: ["未出示的项目数（含掩护项）", "Items not shown, decoys included"],
  profile: ["用途", "Use"],
  points: ["积分", "Points"],
  quantity: ["数量", "Quantity"],
  merchant: ["商户编号", "Merchant's number"],
  offer: ["兑换编号", "Offer's number"],
  hold: ["预留编号", "Hold's number"],
  key_thumbprint: ["名片密钥指纹", "Thumbprint of the card's key"],
  list: ["列表编号", "List"],
  height: ["区块高度", "Block"],
  purpose: ["用途", "Purpose"],
  document: ["证明内容的哈希", "Hash of the document"],
};

/** Those that are called otherwise on a card. */
export const CARD_FACTS = {
  first_day: ["名片自", "Card from"],
  last_day: ["名片有效至", "Card until"],
};

/** Words for values of a few facts. */
export const VALUES = {
  valid: ["有效", "valid"],
  expired: ["已过期", "expired"],
  suspended: ["已暂停", "suspended"],
  superseded: ["已被取代", "superseded"],
  revoked: ["已撤销", "revoked"],
  erased: ["账户已删除", "erased"],
  not_registered: ["未登记", "not registered"],
  merchant: ["商户收取积分", "points, at a merchant's"],
  organisation: ["组织核对身份", "at an organisation's desk"],
};

/** Reasons that only this page has, or that mean something else to whoever is shown a file than to whoever made it. */
export const REASONS = {
  invalid_signature: [
    "签发之后被改动过，或不是所称的人签署的：请勿采信。",
    "It was changed after it was signed, or somebody else signed it: do not rely on it.",
  ],
  malformed: [
    "内容不完整，或不是本账本的格式：请向出示人重新索取。",
    "It is not whole, or nothing of this ledger: ask whoever shows it for it again.",
  ],
  internal: [
    "这个浏览器未能完成核验：请更新浏览器，用 HTTPS 地址打开本页，或使用命令行程序 hourledger verify。",
    "This browser could not do it: update it, open the page by HTTPS, or use the program hourledger verify.",
  ],
  too_large: ["内容太大，无法核验：本账本的文件没有这么大。", "It is too large to be checked: no file of this ledger is."],
  no_attachment: [
    "这个 PDF 没有附带证明文件。如果页面上有二维码，请扫描它，或截图后选择图片。",
    "No certificate is attached to this PDF file. If a code is printed on it, scan the code, or choose a picture of it.",
  ],
};

/** Notes that are worded for a program's user elsewhere. */
export const NOTES = {
  register_not_asked: [
    "未查询此后是否被撤销或取代。如需确认，请在有网络时在该地区节点的本页核验。",
    "Nobody looked up whether it was revoked or superseded since. To know, check it with a network, on this page of a node of its region.",
  ],
};
