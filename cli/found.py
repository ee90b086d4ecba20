"""What the checks of a verification found, in Chinese: `certificates` says it in English, as reports have it.

A test holds the table against everything that checks say of the published cases where they hold.
"""

import re
from typing import Final

_FOUND: Final = (
    # What a file is.
    (r"certificate (\S+)", r"证明 \1"),
    (r"certificate (\S+), registered on (\S+)", r"证明 \1，登记于 \2"),
    (r"card at position (\d+) of (\S+)", r"\2 的电子名片，状态位置 \1"),
    (r"counter card of (\S+)", r"\1 的柜台卡"),
    (r"list (\d+) of (\S+)", r"\2 的状态列表 \1"),
    (r"revocation in list (\d+) of (\S+)", r"\2 的状态列表 \1：撤销"),
    (r"suspension in list (\d+) of (\S+)", r"\2 的状态列表 \1：暂停"),
    (r"(\d+) characters", r"\1 个字符"),
    (r"(\d+) credentials", r"\1 份凭证"),
    # Who has signed it, and what the ledger shows.
    (r"signed by (did:\S+)", r"由 \1 签署"),
    (r"signed by (did:\S+); no signature of (\S+)", r"由 \1 签署；没有 \2 签名"),
    (r"signed by (did:\S+); whether the site is the organisation's was not asked", r"由 \1 签署；未询问该网站是否属于该组织"),
    (
        r"signed by (did:\S+); whether the site is the organisation's was not asked; no signature of (\S+)",
        r"由 \1 签署；未询问该网站是否属于该组织；没有 \2 签名",
    ),
    (r"signed by a node of the region", r"由本地区的节点签署"),
    (r"log of (\d+) entries, cosigned by (.+)", r"日志共 \1 条，由 \2 联合签署"),
    (r"entry (\d+) leads to a root over (\d+) hashes", r"第 \1 条经 \2 个哈希值到达根"),
    (r"all entries are in the log", r"所有条目均在日志中"),
    (r"all values are in the state", r"所有数值均在账本状态中"),
    # What the records and their organisation are.
    (r"(\d+) records", r"\1 条记录"),
    (r"(\d+) records are current", r"\1 条记录仍然有效"),
    (r"(\d+) minutes in (\d+) records", r"\2 条记录共 \1 分钟"),
    (r"opened (\d+) of (\d+) records: their details are those certified", r"\2 条记录中公开了 \1 条，详情与认定时一致"),
    (r"(.+) is licensed to record", r"\1 具有记录资格"),
    (r"(.+) is licensed to record; signed by the volunteer", r"\1 具有记录资格；由志愿者本人签署"),
    (r"the code on the page is of this certificate", r"页面上的码属于此证明"),
    # What a card shows.
    (r"0 claims are shown: none", r"没有出示任何内容"),
    (r"(\d+) claims are shown: (.+)", r"出示了 \1 项：\2"),
    (r"the holder showed it (\d+) s ago", r"持有人于 \1 秒前出示"),
    (r"the holder showed it (\d+) s ago, for your nonce", r"持有人于 \1 秒前按您的随机数出示"),
    (r"the points are set aside for this merchant", r"积分已为本商户预留"),
    # Whether it still stands, and of when that is.
    (r"registered and neither revoked nor superseded, as of block (\d+)", r"已登记，截至区块 \1 未被撤销或取代"),
    (r"superseded by (\S+), as of block (\d+): it stays true as history", r"截至区块 \2 已被 \1 取代：作为历史仍然属实"),
    (r"the organisation has not registered it, as of block (\d+)", r"截至区块 \1 该组织未登记此证明"),
    (r"neither revoked nor suspended, says status list (\d+)", r"据状态列表 \1，未被撤销或暂停"),
    (r"neither revoked nor suspended, says state of block (\d+)", r"据区块 \1 的状态，未被撤销或暂停"),
    (r"superseded, says status list (\d+): it stays true as history", r"据状态列表 \1，已被取代：作为历史仍然属实"),
    (r"superseded, says state of block (\d+): it stays true as history", r"据区块 \1 的状态，已被取代：作为历史仍然属实"),
    (r"the card stands, says status list (\d+)", r"据状态列表 \1，名片有效"),
    (r"the card stands, says state of block (\d+)", r"据区块 \1 的状态，名片有效"),
    (r"it is good until (\S+)", r"有效期至 \1"),
    (r"it expired on (\S+): it is history", r"已于 \1 到期：仅为历史"),
    (r"the evidence is (\d+) s old", r"证据形成于 \1 秒前"),
    (r"the list is (\d+) s old", r"列表形成于 \1 秒前"),
)
_PATTERNS: Final = tuple((re.compile(english), chinese) for english, chinese in _FOUND)


def say_in_chinese(detail: str) -> str:
    """Return what a check found in Chinese, as it is where nothing is known of it."""
    for pattern, chinese in _PATTERNS:
        if (match := pattern.fullmatch(detail)) is not None:
            return match.expand(chinese)
    return detail
