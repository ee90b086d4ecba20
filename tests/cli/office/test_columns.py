"""Columns are known by the titles that organisations use, and what is not known is asked for rather than guessed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.office.columns import SYNONYMS, Column, map_columns, normalise_title
from ledger.errors import HourledgerError
from ledger.reasons import Reason

ENGLISH = ("record", "activity", "activity_name", "category", "date", "place", "volunteer", "minutes")
CHINESE = ("编号", "活动编号", "活动名称", "类别", "服务日期", "地点", "志愿者编号", "服务时长(分钟)")


def refusal(header: tuple[str, ...], overrides: dict[str, str] | None = None) -> str:
    with pytest.raises(HourledgerError) as caught:
        map_columns(header, overrides)
    assert caught.value.reason is Reason.USAGE
    return caught.value.detail


@pytest.mark.parametrize("header", [ENGLISH, CHINESE])
def test_english_and_chinese_titles_mean_the_same(header: tuple[str, ...]) -> None:
    expected = [
        *(Column.RECORD, Column.ACTIVITY, Column.ACTIVITY_NAME, Column.CATEGORY),
        *(Column.DATE, Column.PLACE, Column.VOLUNTEER, Column.MINUTES),
    ]
    assert map_columns(header).positions == {column: index for index, column in enumerate(expected)}
    assert map_columns(header).find_ignored() == ()


@pytest.mark.parametrize(
    "title",
    [
        "Activity Name",
        "ACTIVITY-NAME",
        "activity_name*",
        " \uff41\uff43\uff54\uff49\uff56\uff49\uff54\uff59\u3000\uff4e\uff41\uff4d\uff45 ",
        "\ufeffactivity\nname:",
    ],
)
def test_case_width_and_blanks_do_not_matter(title: str) -> None:
    assert map_columns((title, "date", "volunteer", "服务时长\uff08小时\uff09")).positions == {
        Column.ACTIVITY_NAME: 0,
        Column.DATE: 1,
        Column.VOLUNTEER: 2,
        Column.HOURS: 3,
    }


def test_no_title_has_two_meanings() -> None:
    seen: dict[str, Column] = {}
    for column, synonyms in SYNONYMS.items():
        assert normalise_title(column) in {normalise_title(synonym) for synonym in synonyms}
        for synonym in synonyms:
            assert seen.setdefault(normalise_title(synonym), column) is column, synonym
    assert set(SYNONYMS) == set(Column)


def test_a_title_without_its_unit_or_a_mere_line_number_is_not_guessed_at() -> None:
    columns = map_columns(("序号", "活动", "日期", "志愿者", "服务时长", "小时"))
    assert columns.find_ignored() == ("序号", "服务时长")
    assert Column.RECORD not in columns.positions
    assert Column.MINUTES not in columns.positions


def test_an_override_wins_over_what_a_title_would_mean() -> None:
    header = ("event", "date", "volunteer", "minutes", "Zeit")
    columns = map_columns(header, {"minutes": "zeit"})
    assert columns.positions[Column.MINUTES] == 4
    assert columns.find_title(Column.MINUTES) == "Zeit"
    assert columns.find_ignored() == ("minutes",)
    turned = map_columns(header, {"Person-in-charge": "minutes", "hours": "Zeit"})
    assert turned.positions[Column.PERSON_IN_CHARGE] == 3
    assert Column.MINUTES not in turned.positions, "the title was taken"
    assert turned.find_title(Column.START) == "start"


def test_a_missing_column_is_told_with_what_was_found_and_what_is_needed() -> None:
    detail = refusal(("Datum", "volunteer", "event", "小时"))
    assert "no column is known to be date" in detail
    assert "--column date=TITLE" in detail
    assert "found are Datum, volunteer, event, 小时" in detail
    assert "needed are volunteer, date, activity" in detail
    assert "to be volunteer or activity or minutes" in refusal(("date",))
    assert "to be minutes" in refusal(("date", "volunteer", "event", "start")), "a start alone says no time"
    assert Column.END in map_columns(("date", "volunteer", "event", "start", "end")).positions
    assert "found are none" in refusal((" ",))


def test_two_columns_for_one_meaning_are_not_chosen_between() -> None:
    header = ("date", "服务日期", "volunteer", "event", "minutes")
    assert "'date' and '服务日期' both mean date" in refusal(header)
    assert map_columns(header, {"date": "服务日期"}).positions[Column.DATE] == 1


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"minuets": "Zeit"}, "no column 'minuets'"),
        ({"minutes": "Dauer"}, "no column 'Dauer' to read as minutes"),
        ({"place": "Ort"}, "2 columns 'Ort'"),
        ({"minutes": "Zeit", "hours": "Zeit"}, "cannot be read as minutes and as hours"),
    ],
)
def test_an_override_that_names_what_is_not_there_is_refused(overrides: dict[str, str], words: str) -> None:
    assert words in refusal(("date", "volunteer", "event", "Zeit", "Ort", "Ort"), overrides)


def test_the_error_stays_short_however_long_the_titles_are() -> None:
    assert len(refusal(("x" * 30_000,) * 64)) < 3_000


@given(
    st.lists(st.text(st.characters(), max_size=12), max_size=8),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2),
)
def test_any_header_is_mapped_or_refused(header: list[str], overrides: dict[str, str]) -> None:
    with contextlib.suppress(HourledgerError):
        columns = map_columns(header, overrides)
        assert len(set(columns.positions.values())) == len(columns.positions)


@given(st.text(st.characters()))
def test_a_normalised_title_is_its_own_normal_form(title: str) -> None:
    assert normalise_title(normalise_title(title)) == normalise_title(title)
