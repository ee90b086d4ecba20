"""The words of verification in English and Chinese: one table for the command line, the interface and the pages.

The English of reasons is in `ledger.reasons`, with what to do next; here is their Chinese. A test holds the table against the
checks that are made and the reasons that there are.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from certificates.jcs import JsonObject, JsonValue
from ledger.reasons import EXPLANATIONS, Reason
from ledger.verification import Verdict

Language: TypeAlias = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """The same in both languages."""

    en: str
    zh: str

    def say(self, language: Language) -> str:
        """Return it in one language."""
        return self.zh if language == "zh" else self.en

    def both(self) -> str:
        """Return it in both, for a label."""
        return f"{self.zh} {self.en}"

    def to_json(self) -> JsonValue:
        """Return it as reports have it."""
        return {"en": self.en, "zh": self.zh}


KINDS: Final[dict[str, Text]] = {
    "certificate": Text("Certificate of service", "志愿服务证明"),
    "one_code": Text("Certificate of service in one code", "志愿服务证明（单码）"),
    "card": Text("Business card", "志愿者电子名片"),
    "counter_card": Text("Card for the counter", "柜台卡"),
    "token_status_list": Text("Status list", "状态列表"),
    "bitstring_status_list": Text("Status list", "状态列表"),
    "presentation": Text("Presentation", "出示的凭证"),
    "unknown": Text("Not recognised", "无法识别"),
}
"""What an artefact is."""

VERDICTS: Final[dict[Verdict, Text]] = {
    Verdict.VALID: Text("valid", "有效"),
    Verdict.INVALID: Text("invalid", "无效"),
    Verdict.UNDETERMINED: Text("undetermined", "无法判定"),
}

CHECKS: Final[dict[str, Text]] = {
    "format": Text("Form", "格式"),
    "signature": Text("Issuer's signature", "签发人签名"),
    "inclusion": Text("Place in the ledger", "在账本中的位置"),
    "checkpoint": Text("Word of the authorities", "受信任机构联合签署"),
    "records": Text("Records in the ledger", "记录在账本中"),
    "state": Text("State of the ledger", "账本状态"),
    "content": Text("Content", "内容"),
    "licence": Text("Organisation's right to record", "组织的记录资格"),
    "status": Text("Records still stand", "记录仍然有效"),
    "details": Text("Details of the records", "记录详情"),
    "claims": Text("What it states", "所述内容"),
    "time": Text("Time", "时间"),
    "page": Text("Code on the page", "页面上的码"),
    "register": Text("Register of certificates", "证明登记簿"),
    "disclosures": Text("What is shown", "所出示的内容"),
    "holder": Text("Shown by its holder", "由持有人出示"),
    "standing": Text("Whether it still stands", "是否仍然有效"),
    "merchant": Text("For this merchant", "适用于本商户"),
}
"""Titles of checks."""

NOTES: Final[dict[str, Text]] = {
    "page_not_compared": Text(
        "The certificate attached to the page was checked. What is printed on the page was not: what counts is stated here.",
        "核对的是页面所附的证明文件，而不是页面上印的文字：以此处所述为准。",
    ),
    "register_not_asked": Text(
        "Not looked up: whether it was revoked or superseded since. "
        "Ask with --node URL, or for its number at a node of the region.",
        "未查询此后是否被撤销或取代。可用 --node URL 查询，或凭编号向所在地区的节点查询。",
    ),
    "expired_card": Text(
        "Its time is over: it shows what was true then. Ask for a current one.",
        "有效期已过：所示为当时的情况。请索取现行有效的名片。",
    ),
    "shown_to_anybody": Text(
        "It was not shown for a nonce of yours, so somebody who overheard it minutes ago could show it too.",
        "出示时未使用您的随机数：数分钟内截取它的人也可能出示。",
    ),
    "captured_once": Text(
        "It is good once: capture the hold, and while there is no network remember which ones were taken.",
        "仅可使用一次：请扣取该预留；没有网络时，请记住已收取的预留。",
    ),
    "copy_of_code": Text(
        "Whoever has a picture of the code can show it until its time is over. To be sure, ask for the business card.",
        "在有效期内，持有此码图片的人均可出示。如需确认，请要求出示电子名片。",
    ),
    "holder_not_checked": Text(
        "Who presents it was not checked: what is shown is what the credentials in it state.",
        "未核对由谁出示：所示为其中凭证所述的内容。",
    ),
    "one_code_as_of": Text(
        "A code on paper does not change: it shows that the certificate was registered, as of its checkpoint, and cannot show "
        "what came after.",
        "纸上的码不会变化：它证明截至其检查点该证明已登记，不能显示此后的变化。",
    ),
}
"""What a reader must know besides the checks."""

REASONS: Final[dict[Reason, str]] = {
    Reason.MALFORMED: "内容不符合应有的格式：请用原来的程序重新生成文件。",
    Reason.TOO_LARGE: "内容超过了上限：请拆分成较小的部分。",
    Reason.UNSUPPORTED_VERSION: "无法识别此格式版本：请升级 hourledger。",
    Reason.WRONG_CHAIN: "它属于另一条链：请使用它所指链的节点和文件。",
    Reason.UNKNOWN_KIND: "规则中没有这种交易：请升级 hourledger，或核对交易种类。",
    Reason.MALFORMED_BODY: "正文与其种类不符：请重新制作该交易。",
    Reason.EXPIRED: "有效期已过：请重新制作并重新签署。",
    Reason.VALID_TOO_LONG: "所要求的有效期过长：请选择较早的截止时间。",
    Reason.INVALID_SIGNATURE: "签名与其密钥和内容不符：请用正确的密钥重新签署；若是收到的文件，请勿采信。",
    Reason.UNKNOWN_KEY: "该密钥不属于链上任何人：请使用已登记的密钥，或先登记该密钥。",
    Reason.UNKNOWN_ORDER: "没有这个订单，或已取消、已结束：请核对订单编号。",
    Reason.UNKNOWN_ORGANISATION: "没有这个组织：请核对编号，或先登记该组织。",
    Reason.UNKNOWN_HOLD: "没有这笔预留：请核对预留编号。",
    Reason.UNKNOWN_MERCHANT: "没有这个商户：请核对编号，或先登记该商户。",
    Reason.UNKNOWN_VOLUNTEER: "没有这位志愿者：请先办理注册。",
    Reason.VOLUNTEER_ERASED: "该账户已删除：请销毁您仍持有的此人资料。",
    Reason.VOLUNTEER_MERGED: "该账户已并入另一账户：请使用所指的账户。",
    Reason.UNKNOWN_REPLACEMENT: "没有等待该志愿者启用的新密钥：请由组织提出申请。",
    Reason.UNKNOWN_REGION: "本地区不信任该地区：请由受信任机构表决其信任文件。",
    Reason.NOT_PERMITTED: "签署人无权这样做：请由有此权限的人签署。",
    Reason.ORGANISATION_SUCCEEDED: "该组织已不存在：请联系所指的承继组织。",
    Reason.SUSPENDED: "该方已被暂停：请向受信任机构申请恢复。",
    Reason.INSUFFICIENT_SIGNATURES: "还需要更多人签署：请把草稿交给另一位经办人或受信任机构签署。",
    Reason.DUPLICATE_PERSON: "此人已有账户：请使用现有账户。",
    Reason.ALREADY_EXISTS: "该编号已被占用：请另选一个，或使用已有的。",
    Reason.KEY_IN_USE: "该密钥已属于他人：请生成新密钥。",
    Reason.INVALID_POLICY: "规定的签署人数无法满足：请在 1 与经办人总数之间选择。",
    Reason.WAITING_PERIOD: "旧密钥仍可提出异议：请等到期限结束。",
    Reason.LAST_OFFICER: "没有这位经办人就无法满足签署规定：请先增加一位经办人。",
    Reason.ORDER_STEP: "订单处在另一步骤：请查看订单进度。",
    Reason.RATING_OPEN: "服务对象仍可评价该订单：请等待评价或期限结束。",
    Reason.UNKNOWN_RATING: "没有待提交的这项评价：请核对编号；每项评价只能提交一次。",
    Reason.WRONG_TOKEN: "签署所用的不是为其交付的令牌：请使用该订单的令牌。",
    Reason.OVER_ORDER: "分钟数超过订单已完成的时间：请最多认定已完成的时间。",
    Reason.TOO_MANY_ORDERS: "未结束的订单过多：请先取消或结束一些订单。",
    Reason.UNKNOWN_CLAIM: "没有这项补录申请，或该代码下没有服务：请核对申请或代码。",
    Reason.UNKNOWN_AWARD: "该组织没有这项评定：请核对编号，或先公示。",
    Reason.UNKNOWN_RECORD: "没有这条记录：请核对记录编号和志愿者。",
    Reason.RECORD_VOID: "该记录已作废：如确有服务，请重新认定。",
    Reason.DUPLICATE_RECORD: "该记录已认定：无需再做。",
    Reason.UNKNOWN_ACTIVITY: "该组织没有这项活动：请先发布活动。",
    Reason.ACTIVITY_CLOSED: "活动已结束：请发布新的活动。",
    Reason.INVALID_PERIOD: "期间的终点早于起点，或期间过长：请更正日期。",
    Reason.INVALID_COEFFICIENT: "系数高于地区规定：请选择较低的系数。",
    Reason.ACTIVITY_BEGUN: "活动已经开始：只能修改今后的日期，或结束活动。",
    Reason.UNKNOWN_PROJECT: "该组织没有这个项目：请先建立项目。",
    Reason.PROJECT_CLOSED: "项目已结束：请建立改进后的新项目。",
    Reason.PROJECT_OPEN: "项目尚未结束：请先结束其活动，再结束或评估项目。",
    Reason.SIGN_UP_CLOSED: "活动现在不接受报名：请询问组织方，或选择其他活动。",
    Reason.UNKNOWN_SIGN_UP: "志愿者没有报名：请核对活动和志愿者。",
    Reason.NOT_ATTENDED: "没有人登记该志愿者到场：请先登记到场。",
    Reason.VOLUNTEER_BLOCKED: "处理措施仍在生效：请等到最后一日，或提出申诉。",
    Reason.TRAINING_MISSING: "志愿者未参加所要求的培训：请先参加培训。",
    Reason.COVER_MISSING: "没有覆盖今后全部日期的保险：请为活动或志愿者附上保险。",
    Reason.UNKNOWN_COVER: "该组织没有附上这份保险：请核对保险及被保险人。",
    Reason.ACTIVITY_FULL: "名额已满：请选择其他活动，或增加名额。",
    Reason.UNKNOWN_DISPUTE: "该记录没有争议：请核对志愿者、日期和记录。",
    Reason.ALREADY_DISPUTED: "该记录已在争议中：请等待答复或更正。",
    Reason.TOO_MANY_CLAIMS: "等待答复的申请过多：请先等待答复。",
    Reason.CLASS_COUNTS_NO_HOURS: "这类活动不计服务时间：请按实际性质记录。",
    Reason.OUTSIDE_ACTIVITY: "日期不在活动期间内：请更正日期或活动。",
    Reason.INVALID_MINUTES: "分钟数为零、为负或超过一条记录的上限：请更正分钟数。",
    Reason.FUTURE_DATE: "服务尚未结束：请在结束后认定。",
    Reason.NO_CHANGE: "不会有任何变化：保持原样即可。",
    Reason.OVERLAP: "志愿者在该时间已有记录：请更正其中一条。",
    Reason.DAILY_CAP: "当日记录合计超过每日上限：请更正分钟数或另一条记录。",
    Reason.BATCH_REFUSED: "有一行被拒绝，而该批要求全部通过：请更正所指的行。",
    Reason.UNKNOWN_OFFER: "没有这项兑换：请核对编号。",
    Reason.OFFER_CLOSED: "该兑换现在未开放：请选择其他兑换。",
    Reason.OUT_OF_STOCK: "剩余数量不足：请减少数量或选择其他兑换。",
    Reason.HOLD_CLOSED: "该预留已扣取、释放或过期：请志愿者重新预留。",
    Reason.HOLD_EXPIRED: "预留时间已过：请志愿者重新预留。",
    Reason.HOLD_NOT_EXPIRED: "预留时间未到：请等待，或由商户释放。",
    Reason.NO_REFUNDS: "本地区不办理退回：请与志愿者以其他方式解决。",
    Reason.NOT_CAPTURED: "该预留尚未扣取：请先扣取积分。",
    Reason.UNKNOWN_SETTLEMENT: "该商户没有这个待结算月份：请核对月份，或先结账。",
    Reason.INVALID_POINTS: "积分数不符：请使用兑换或月份所写的积分数。",
    Reason.INSUFFICIENT_POINTS: "余额不足：请减少预留的积分。",
    Reason.OVER_HOLD: "超过预留的积分：最多扣取预留的数额。",
    Reason.OVER_CAPTURE: "超过已扣取且未退回的积分：最多退回已扣取的数额。",
    Reason.NOTHING_EXPIRED: "没有过期的积分：无需再做。",
    Reason.ACCOUNT_FULL: "账户的积分批次已达上限：请先使用或转赠一些。",
    Reason.TIME_NOT_OFFERED: "本地区的时间银行不办理此事：请查看地区规定。",
    Reason.UNKNOWN_ATTESTATION: "登记机构没有作过这项证明：请核对人员和登记机构。",
    Reason.NOT_ATTESTED: "年龄或亲属关系未经证明：请先向登记机构出示材料。",
    Reason.STARS_MISSING: "志愿者的星级不足：请写明属于该志愿者的星级评定。",
    Reason.ALREADY_SAVED: "该记录的时间已存入：无需再做。",
    Reason.ALREADY_REDEEMED: "该服务已支付：无需再做。",
    Reason.INSUFFICIENT_TIME: "分钟数不足：请选择较少的分钟数。",
    Reason.UNKNOWN_CERTIFICATE: "登记簿中没有该组织的这份证明：请核对编号。",
    Reason.CERTIFICATE_CLOSED: "该证明现已不生效：暂停的可恢复，否则请登记另一份证明。",
    Reason.FOREIGN_NUMBER: "该编号属于另一组织的证明：请按签发的原样登记文件。",
    Reason.UNKNOWN_CARD: "该志愿者没有这张名片：请先登记名片，或核对其位置。",
    Reason.CARD_CLOSED: "该名片已被暂停或撤销：暂停的可恢复，否则请登记另一张。",
    Reason.POSITION_TAKEN: "该状态位置已被另一证明或名片占用：请向节点索取空闲位置后重试。",
    Reason.LIST_NOT_OPEN: "该位置所在的列表尚未启用：请向节点索取空闲位置。",
    Reason.AWARD_CLOSED: "该评定已作出或已撤回：请公示另一项评定。",
    Reason.TOO_FEW_HOURS: "志愿者的服务时间未达到该星级要求：达到后再评定。",
    Reason.TOO_SHORT_TENURE: "志愿者注册时间不够长：请稍后公示。",
    Reason.PUBLICITY_OVER: "公示期已过：请联系组织或受信任机构。",
    Reason.PUBLICITY_RUNNING: "仍在公示期内：公示期满后再评定。",
    Reason.FUTURE_HEIGHT: "链尚未达到该高度：请写明报告所依据的高度。",
    Reason.TOO_FEW_ABSENCES: "志愿者今年缺席次数未达到：请写明其他原因，或不提出。",
    Reason.UNKNOWN_SANCTION: "该组织对此志愿者没有这项处理：请核对编号。",
    Reason.SANCTION_CLOSED: "该处理已过此步骤：请查看其现状。",
    Reason.CHANGE_PENDING: "另一项变更将先生效：请在其生效后再提出。",
    Reason.INVALID_PROPOSAL: "所提内容或其高度不成立：请更正数值或高度。",
    Reason.INVALID_AUTHORITIES: "受信任机构或其高度不成立：请更正名称、密钥或高度。",
    Reason.NO_CODE: "没有可读出的本账本的码：请平整、靠近、光线充足地重新拍摄，或直接提供文件。",
    Reason.SEVERAL_CODES: "其中不止一个待验证的对象：请一次只出示一个。",
    Reason.UNTRUSTED_LOG: "您的信任文件不认识它所来自的账本：请取得该地区的信任文件。",
    Reason.QUORUM_MISSING: "联合签署的受信任机构不足：请索取有完整检查点的证明。",
    Reason.INVALID_PROOF: "证明路径不通向受信任的根：请勿采信，另行索取。",
    Reason.COMMITMENT_MISMATCH: "有一项详情与当初认定的不符：请勿采信。",
    Reason.CLAIM_MISMATCH: "所述内容与其证据不符：请勿采信。",
    Reason.NOT_CURRENT: "其中有内容已作废或已撤回：请索取现行有效的证明。",
    Reason.STALE: "证据早于您接受的时间，或与所问时间不符：请索取新签发的证明。",
    Reason.STATUS_UNKNOWN: "无法取得其状态：请用 --status 给出状态列表，或用 --node 指定节点。",
    Reason.KEY_BINDING_MISSING: "没有人证明该名片属于自己：请持有人按您的随机数重新出示。",
    Reason.NODE_NOT_CURRENT: (
        "节点最新的检查点不被信任文件认可，或过旧：请问另一节点或稍后再试；仍不行时，请以可信方式取得新的信任文件。"
    ),
    Reason.USAGE: "命令不能这样执行：请看 --help。",
    Reason.UNREADABLE_FILE: "文件无法读取：请核对路径、格式和权限。",
    Reason.UNREADABLE_ROWS: "有些行不能使用：请更正所指的行后重新导入。",
    Reason.MISSING_PASSPHRASE: "密钥已加密而没有给出口令：请以提示、文件或环境变量给出。",
    Reason.WRONG_PASSPHRASE: "口令打不开密钥：请用正确的口令。",
    Reason.INVALID_KEY_FILE: "文件不是 PKCS#8 格式的 Ed25519 密钥：请指定正确的文件。",
    Reason.NOT_FOUND: "没有这个名称下的内容：请核对编号或路径。",
    Reason.PRUNED: "该节点不再保存那么早的区块：请问保存全部区块的节点。",
    Reason.SNAPSHOT_TOO_OLD: "快照早于该节点已签署的内容：请取较新的快照。",
    Reason.NOT_AUTHENTICATED: "请求须由有权得到答复的人签署：请用您的密钥签署。",
    Reason.BUSY: "节点当前任务过多：请在节点所示时间后再发送。",
    Reason.NOT_FINAL: "结果尚未确定：请稍后再问，或重新发送同一交易。",
    Reason.NODE_UNREACHABLE: "节点没有回应：请检查它是否运行、地址是否正确。",
    Reason.PORT_IN_USE: "端口已被占用：请另选端口，或停止占用它的程序。",
    Reason.STORE_IN_USE: "另一进程正在使用该存储：请先停止该进程。",
    Reason.STORE_OF_ANOTHER_CHAIN: "该存储属于另一条链：请指定正确的文件夹或创世文件。",
    Reason.STORE_DAMAGED: "存储已损坏：请运行 hourledger fsck，并用完好的副本恢复。",
    Reason.WRITE_FAILED: "磁盘拒绝写入：请腾出空间或更换磁盘后再启动。",
    Reason.INTERNAL: "程序遇到了未知状态：请连同日志一起报告。",
}
"""Reasons in Chinese: what it means, and what to do next."""


def get_reason(reason: Reason) -> Text:
    """Return what a reason means and what to do next, as a sentence."""
    explanation = EXPLANATIONS[reason]
    return Text(f"{explanation.meaning}: {explanation.next_step}.", REASONS[reason])


def list_words() -> JsonObject:
    """Return the whole table, for pages and for programs that show reports."""
    return {
        "kinds": {name: text.to_json() for name, text in KINDS.items()},
        "verdicts": {verdict.value: text.to_json() for verdict, text in VERDICTS.items()},
        "checks": {name: text.to_json() for name, text in CHECKS.items()},
        "notes": {name: text.to_json() for name, text in NOTES.items()},
        "reasons": {reason.value: get_reason(reason).to_json() for reason in Reason},
    }
