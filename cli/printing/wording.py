"""The words of a printed certificate, in Chinese and English."""

from collections.abc import Iterator
from typing import Final

from certificates.words import Text
from cli.printing.facts import Facts

TITLE: Final = Text("Certificate of Voluntary Service", "志愿服务证明")
NUMBER: Final = Text("No.", "编号")
CERTIFY: Final = Text("This is to certify that", "兹证明")
CODE_TITLE: Final = Text("Code to check this certificate", "核验码")
COLUMNS: Final = (
    Text("Date", "日期"),
    Text("h:min", "时长"),
    Text("Activity, content", "活动与内容"),
    Text("Place", "地点"),
)
CUT_OFF: Final = "..."
_MOST_URL: Final = 60
"""Characters of a chain's name that have room in an address on the page."""
_ACCOUNT: Final = Text("Account", "志愿者账号")
_UNIT: Final = Text("Recorded by", "记录单位")
_ISSUER: Final = Text("Issued by", "签发人")
_ISSUED: Final = Text("Date of issue", "签发日期")
_STATUS: Final = Text("Status", "状态")
_SHOWN: Final = Text("Records", "记录")


def name_person(facts: Facts) -> Text:
    """Return whom the page is about: the name that was given to be printed, or the account."""
    if facts.name:
        return Text(facts.name, facts.name)
    return Text("the volunteer of account", "志愿者账号")


def describe_service(facts: Facts) -> Text:
    """Return the sentence between the person and the total."""
    first, last = _say_day(facts.first_day), _say_day(facts.last_day)
    days = Text(f"from {first.en} to {last.en}", f"{first.zh}至{last.zh}")
    if facts.first_day == facts.last_day:
        days = Text(f"on {first.en}", first.zh)
    return Text(
        f"gave voluntary service {days.en}, as recorded by {facts.organisation}, in all",
        f"于{days.zh}参加志愿服务，由{facts.organisation}记录，共计",
    )


def _say_day(day: str) -> Text:
    year, month, date = (int(part) for part in day.split("-"))
    return Text(day, f"{year}年{month}月{date}日")


def say_total(facts: Facts) -> Text:
    """Return the total, which is what the page is about."""
    hours, minutes = facts.hours, facts.minutes
    if minutes == 0:
        return Text(f"{hours} hours", f"{hours} 小时")
    return Text(f"{hours} hours {minutes} minutes", f"{hours} 小时 {minutes} 分钟")


def list_particulars(facts: Facts) -> Iterator[tuple[Text, str]]:
    """Yield labels and values of the table."""
    yield _UNIT, facts.organisation
    if facts.name:  # Without one, the account stands above.
        yield _ACCOUNT, facts.account
    if facts.issuer:
        yield _ISSUER, facts.issuer
    yield _ISSUED, facts.issued
    shown, all_ = len(facts.lines), facts.records
    status = Text(f"all records stand as of {facts.as_of}", f"截至{facts.as_of}全部记录有效")
    yield _STATUS, _side_by_side(status)
    count = Text(f"{all_}, of which {shown} are shown, as the holder chose", f"共{all_}条，持有人选择列出{shown}条")
    if shown == all_:
        count = Text(f"{all_}, all of them shown", f"共{all_}条，全部列出")
    yield _SHOWN, _side_by_side(count)


def _side_by_side(text: Text) -> str:
    return f"{text.zh} / {text.en}"


def count_more(count: int) -> Text:
    """Return the words under a list that goes on on the next page."""
    return Text(f"{count} more overleaf", f"另有{count}条见下页")


def list_advice(facts: Facts) -> Iterator[Text]:
    """Yield what a reader is told about how to check the page."""
    where = f"https://{facts.chain_id}/verify" if len(facts.chain_id) <= _MOST_URL else "/verify"
    if facts.code:
        yield Text(
            f"Scan at {where}, or check a photograph with hourledger verify. "
            "A trust file of the region is enough; nobody is asked.",
            f"扫码核验：用手机打开 {where} 扫描，或用 hourledger verify 核对照片。只需该地区的信任文件，不必询问任何人。",
        )
        yield Text(
            f"The code shows the registration as of {facts.code_time}. "
            "Whether it was revoked since, the region tells by the number.",
            f"此码证明截至 {facts.code_time} 本证明已登记。此后是否被撤销，请凭编号向该地区查询。",
        )
    else:
        yield Text(
            "This page has no code to scan: none was at hand when it was printed. To check it, ask for the PDF file.",
            "本页没有核验码：打印时未取得。如需核验，请索取本 PDF 文件。",
        )
    yield Text(
        f"The whole evidence is attached to the PDF file as certificate.json. "
        f"Drop the file on {where}, or run hourledger verify.",
        f"完整证据 certificate.json 附于本 PDF 文件内：将文件拖入 {where}，或用 hourledger verify 核验。",
    )
    if facts.name:
        yield Text(
            "The name is not in the ledger: whoever presents this shows who they are.",
            "姓名不在账本中：出示人应另行证明身份。",
        )


def list_texts(facts: Facts) -> Iterator[str]:
    """Yield every text of the page, so that a font can be chosen that has all of their characters."""
    both = [TITLE, NUMBER, CERTIFY, *COLUMNS, name_person(facts), describe_service(facts), say_total(facts), count_more(10)]
    both += list_advice(facts)
    for label, value in list_particulars(facts):
        both.append(label)
        yield value
    for text in both:
        yield text.both()
    yield f"{facts.number} {facts.account} 0123456789"
    for line in facts.lines:
        yield from (line.date, line.hours, line.what, line.place)
