"""Text 0.0.4 and OpenMetrics, each read back by prometheus_client's parser."""

from collections.abc import Iterable, Sequence
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared import exposition
from motes.shared.exposition import (
    Family,
    Value,
    counter,
    escape,
    gauge,
    heading,
    labels,
    number,
    openmetrics_pieces,
    text,
    untyped,
)

from tests.support.oracles import Series, read_openmetrics, read_text, series

HISTOGRAM = (
    heading("t_seconds", "histogram", "Time."),
    b't_seconds_bucket{le="1",path="a\rb"} 1\nt_seconds_bucket{le="+Inf",path="a\rb"} 2\n'
    b't_seconds_sum{path="a\rb"} 3.5\nt_seconds_count{path="a\rb"} 2\n',
)


def as_text(families: Iterable[Family]) -> str:
    return text(families).decode()


def as_openmetrics(families: Sequence[Family]) -> str:
    taken = {name for layout, _ in families for name in layout.names}
    return b"".join([*openmetrics_pieces(families, taken), exposition.END]).decode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, b"0"),
        (-1, b"-1"),
        (2**64 - 1, b"18446744073709551615"),
        (True, b"1"),
        (0.1, b"0.1"),
        (-0.0, b"-0.0"),
        (1e300, b"1e+300"),
        (5e-324, b"5e-324"),
        (nan, b"NaN"),
        (inf, b"+Inf"),
        (-inf, b"-Inf"),
        (b"18446744073709551615", b"18446744073709551615"),
        (b"18446744073709551615\n", b"18446744073709551615"),
        (b" -7\t", b"-7"),
        (b"0.10", b"0.10"),
        (b"1e9", b"1e9"),
        (b"007", b"007"),
        (b"nan", b"NaN"),
        (b"+inf", b"+Inf"),
        (b"-Infinity", b"-Inf"),
        (b"1_000", b"1000.0"),
    ],
)
def test_number(value: Value, shown: bytes) -> None:
    assert number(value) == shown


@pytest.mark.parametrize("value", [b"", b" ", b"-", b"0x10", b"1 2", b"1\n2", b"12kB", b"1\0", b"\xd9\xa1", b"1,5"])
def test_what_is_no_number_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        number(value)


@given(st.floats())
def test_a_float_comes_back(value: float) -> None:
    back = float(number(value))
    assert isnan(back) if isnan(value) else (back, str(back)) == (value, str(value))


@given(st.integers(), st.text(" \t\n", max_size=2))
def test_the_kernels_integer_comes_out_digit_for_digit(value: int, around: str) -> None:
    digits = str(value).encode()
    assert number(value) == number(digits) == number(around.encode() + digits + around.encode()) == digits


@given(st.binary())
def test_bytes_are_a_number_of_both_formats_or_refused(value: bytes) -> None:
    try:
        families = [gauge("m", "", value)]
    except ValueError:
        return
    assert len(series(read_openmetrics(as_openmetrics(families)))) == 1
    assert len(series(read_text(as_text(families)))) == 1


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("plain", b"plain"),
        ('a"b\\c\nd', b'a\\"b\\\\c\\nd'),
        ("\\n", b"\\\\n"),
        ("Größe\r\t", "Größe\r\t".encode()),
        (b"caf\xc3\xa9", b"caf\xc3\xa9"),
        (b"\xff\n", "\ufffd\\n".encode()),
        ("\udcff", "\ufffd".encode()),
        ("\udcc3\udca9", "é".encode()),
        ("\ud83d!", "\ufffd\ufffd\ufffd!".encode()),
    ],
)
def test_escape(value: str | bytes, escaped: bytes) -> None:
    assert escape(value) == escaped


@given(st.dictionaries(st.from_regex(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*", fullmatch=True), st.text(), max_size=3))
def test_label_values_come_back(pairs: dict[str, str]) -> None:
    family = [gauge("m", "Help.", {labels(**pairs): 1})]
    wanted: Series = {("m", frozenset(pairs.items())): 1.0}
    assert series(read_text(as_text(family))) == series(read_openmetrics(as_openmetrics(family))) == wanted


@given(st.one_of(st.binary(), st.text(st.characters())))
def test_any_label_value_is_one_line_of_utf8(value: str | bytes) -> None:
    line = labels(a=value).decode()
    assert "\n" not in line
    (back,) = series(read_text(f"m{line} 1\n"))
    assert labels(a=dict(back[1])["a"]).decode() == line


@given(st.text().map(str.strip))
def test_help_comes_back(told: str) -> None:
    (metric,) = read_openmetrics(as_openmetrics([gauge("m", told, 1)]))
    assert metric.documentation == told
    header, *_ = as_text([gauge("m", told, 1)]).split("\n")
    shown = header.removeprefix("# HELP m ")
    assert shown.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\") == told.replace("\0", "\\")


KINDS = st.sampled_from([gauge, counter, untyped])
NAMES = st.sampled_from(["a", "a_total", "a_created", "a_total_total", "_total", "b_info", "b_count", "b:rate_total"])
SAMPLES = st.dictionaries(st.text(max_size=3).map(lambda value: labels(a=value)), st.integers(0), max_size=3)


@given(st.dictionaries(NAMES, st.tuples(KINDS, SAMPLES)))
def test_both_formats_have_the_same_series(made: dict[str, tuple[type, dict[bytes, int]]]) -> None:
    families = [make(name, "Help.", samples) for name, (make, samples) in made.items()]
    assert series(read_text(as_text(families))) == series(read_openmetrics(as_openmetrics(families)))


@pytest.mark.parametrize(
    ("family", "header"),
    [
        (gauge("m", "Help.", 1), "# HELP m Help.\n# TYPE m gauge\n"),
        (gauge("m_info", 'A\\b\n"c"', 1), '# HELP m_info A\\\\b\\n\\"c\\"\n# TYPE m_info gauge\n'),
        (counter("m_total", "Help.", 1), "# HELP m Help.\n# TYPE m counter\n"),
        (counter("m", "Help.", 1), "# HELP m Help.\n# TYPE m unknown\n"),
        (counter("_total", "Help.", 1), "# HELP _total Help.\n# TYPE _total unknown\n"),
        (untyped("m", "Help.", 1), "# HELP m Help.\n# TYPE m unknown\n"),
    ],
)
def test_openmetrics_header(family: Family, header: str) -> None:
    body = family[1]
    assert isinstance(body, bytes)
    assert as_openmetrics([family]) == f"{header}{body.decode()}# EOF\n"


@pytest.mark.parametrize("other", ["m", "m_created"])
def test_a_counter_whose_openmetrics_name_is_taken_is_unknown(other: str) -> None:
    page = as_openmetrics([counter("m_total", "Help.", 1), gauge(other, "Help.", 2)])
    assert "# TYPE m_total unknown\nm_total 1\n" in page
    assert len(series(read_openmetrics(page))) == 2


def test_help_that_is_no_utf8_is_no_bad_page() -> None:
    families = [gauge("m", "\ud83d\udcff", 1)]
    assert as_text(families) == "# HELP m ??\n# TYPE m gauge\nm 1\n"
    assert as_openmetrics(families) == "# HELP m ??\n# TYPE m gauge\nm 1\n# EOF\n"


def test_text_header() -> None:
    assert (
        as_text([counter("m_total", 'A\\b\n"c"', 1)])
        == '# HELP m_total A\\\\b\\n"c"\n# TYPE m_total counter\nm_total 1\n'
    )


def test_a_histogram_is_series_by_series_unknown_in_openmetrics() -> None:
    page = as_openmetrics([HISTOGRAM])
    assert {metric.type for metric in read_openmetrics(page)} == {"unknown"}
    found = series(read_openmetrics(page))
    assert found == series(read_text(as_text([HISTOGRAM])))
    assert found["t_seconds_bucket", frozenset({("le", "1"), ("path", "a\rb")})] == 1


def test_families_without_a_sample_are_left_out() -> None:
    families = [gauge("m", "Help.", {}), counter("n_total", "Help.", {})]
    assert as_text(families) == ""
    assert as_openmetrics(families) == "# EOF\n"


@pytest.mark.parametrize("name", ["", "9m", "a-b", "a b", "ä", "a\nb", 'a"', "m{}"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no metric name"):
        text([gauge(name, "Help.", 1)])


def test_headers_are_kept_for_no_more_than_so_many_families(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposition, "_headings", {})
    monkeypatch.setattr(exposition, "_MOST_HEADINGS", 3)
    pages = [as_text([gauge(f"m{index % 5}", "Help.", index)]) for index in range(20)]
    assert pages[19] == "# HELP m4 Help.\n# TYPE m4 gauge\nm4 19\n"
    assert len(exposition._headings) <= 3
