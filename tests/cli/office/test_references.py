"""A row without a reference gets one that does not depend on where it stands."""

from hypothesis import given
from hypothesis import strategies as st

from cli.office.references import RowContent, compute_references

texts = st.sampled_from(["", "a", "b", '"', "日"])
contents = st.builds(RowContent, st.tuples(texts, texts), st.tuples(texts))


def test_the_reference_is_fixed_for_ever() -> None:
    content = RowContent(("V-0001", "A-101", "2026-07-04", "840", "990", "150"), ("社区敬老院陪伴",))
    assert compute_references([content]) == ("auto-21e4d312e4c07bedc601df55-1",)


def test_exact_duplicates_are_numbered() -> None:
    one = RowContent(("V-0001", "A-101"), ("x",))
    first, second = compute_references([one, one])
    assert first[:-1] == second[:-1]
    assert (first[-2:], second[-2:]) == ("-1", "-2")


def test_a_mended_description_keeps_the_reference_and_another_volunteer_does_not() -> None:
    before = compute_references([RowContent(("V-0001", "A-101"), ("x",))])
    assert compute_references([RowContent(("V-0001", "A-101"), ("y",))]) == before
    assert compute_references([RowContent(("V-0002", "A-101"), ("x",))]) != before
    assert compute_references([RowContent(("V-0001A", "-101"), ("x",))]) != before


@given(st.lists(contents, max_size=8), st.randoms(use_true_random=False))
def test_sorting_the_rows_another_way_changes_no_reference(rows: list[RowContent], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def pairs(chosen: list[RowContent]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        references = compute_references(chosen)
        return sorted((reference, row.given, row.rest) for reference, row in zip(references, chosen, strict=True))

    assert pairs(rows) == pairs(shuffled)
    assert len(set(compute_references(rows))) == len(rows)
