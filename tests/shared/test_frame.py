"""Families laid out once are the same text as families made one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared.exposition import Family, Value, counter, gauge, labels, openmetrics_pieces, text, untyped
from motes.shared.frame import Frame, Row

MAKERS = {"gauge": gauge, "counter": counter, "untyped": untyped}
VALUES = st.one_of(st.integers(), st.floats(allow_nan=False), st.integers(0).map(lambda value: b"%d" % value))
LABEL_SETS = st.lists(st.text(max_size=4).map(lambda value: labels(a=value)), max_size=3, unique=True)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(sorted(MAKERS)),
        st.sampled_from(["m", "m_total", "m_created", "n_total"]),
        st.text(),
        LABEL_SETS,
    ),
    unique_by=lambda row: row[1],
)


def as_openmetrics(families: list[Family], taken: set[str]) -> bytes:
    return b"".join(openmetrics_pieces(families, taken))


@given(ROWS, st.data())
def test_a_frame_is_its_families(rows: list[Row], data: st.DataObject) -> None:
    values: list[Value] = []
    families = []
    for kind, name, help, label_sets in rows:
        samples = {label_set: data.draw(VALUES) for label_set in label_sets}
        families.append(MAKERS[kind](name, help, samples))
        values += samples.values()
    frame = Frame(rows)
    filled = frame.fill(values)
    assert text([filled]) == text(families)
    assert frame.size == len(values)
    there = [(heading, body) for heading, body in families if body]
    assert isinstance(filled[1], list)
    assert list(frame.bodies(filled[1])) == there
    assert frame.headings == tuple([heading for heading, _ in there])
    assert [label_sets for _, label_sets in frame.families()] == [row[3] for row in rows if row[3]]
    taken = set(frame.names)
    for names in (taken, taken | {"m", "n_created"}, taken):
        assert as_openmetrics([filled], names) == as_openmetrics(families, names)


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3], [1, b"x"], [1, b""], [b"1", b""], [b"1", b" "]])
def test_values_that_do_not_fit(values: list[Value]) -> None:
    frame = Frame([("gauge", "m", "Help.", [b'{a="1"}', b'{a="2"}'])])
    with pytest.raises(ValueError, match=r"values for|could not convert"):
        frame.fill(values)


def test_other_label_sets() -> None:
    frame = Frame([("gauge", "m", "Help.", [b"", labels(a="1")]), ("counter", "n", "More.", [b""])])
    mapped = frame.mapped(lambda label_set: labels(of=label_set))
    wanted = Frame(
        [("gauge", "m", "Help.", [labels(of=""), labels(of='{a="1"}')]), ("counter", "n", "More.", [labels(of="")])]
    )
    assert text([mapped.fill([1, 2, 3])]) == text([wanted.fill([1, 2, 3])])
