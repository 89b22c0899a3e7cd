"""The text format's parser: tables of text and what must come of it, and Prometheus' own writer as the oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared.textformat import parse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.parser import text_string_to_metric_families

ABSENT = "- nothing -"


def shown(text: str) -> list[str]:
    found = parse(text.encode())
    return [
        line
        for family in found.values()
        for line in (
            f"{family.name} {family.kind} {ABSENT if family.help is None else family.help}",
            *b"".join(family.samples.values()).decode().splitlines(),
        )
    ]


GOOD = [
    ("", []),
    ("\n \t\n#\n# a comment\n#EOF\n  ", []),
    ("# HELP a\n# TYPE a\n# HELP\n# HELP a b\n# TYPE a gauge\n", []),
    ("a 1\n", ["a untyped " + ABSENT, "a 1"]),
    (
        "a{}NaN\n b\t+Inf\nc -inf\nd infinity\ne 1e3\nf -.5\n",
        [
            line
            for name, value in zip("abcdef", ("NaN", "+Inf", "-Inf", "+Inf", "1e3", "-.5"), strict=True)
            for line in (f"{name} untyped {ABSENT}", f"{name} {value}")
        ],
    ),
    (
        '# HELP a one \\\\ two\\n\\"three\n# TYPE a COUNTER\na{ b = "c" , } 18446744073709551616\n',
        ['a counter one \\ two\n"three', 'a{b="c"} 18446744073709551616'],
    ),
    (
        'a{c="1"} 1\na{b="2"} 2\na 3\n',
        ["a untyped " + ABSENT, 'a{b="",c="1"} 1', 'a{b="2",c=""} 2', 'a{b="",c=""} 3'],
    ),
    ('a{b="\\\\ \\" \\n é"}1\n', ["a untyped " + ABSENT, 'a{b="\\\\ \\" \\n é"} 1']),
    ('b 1\na 2\nb{x="y"} 3\n', ["b untyped " + ABSENT, 'b{x=""} 1', 'b{x="y"} 3', "a untyped " + ABSENT, "a 2"]),
    ("a:b_1 2\n", ["a:b_1 untyped " + ABSENT, "a:b_1 2"]),
    (
        '# TYPE h histogram\nh_bucket{le="2.50"} 3\nh_bucket{le="1000000"} 4.0\nh_bucket{le="0.00001"} 0\nh_sum 7.5\n'
        'h_count 5\nh_bucket{x="y",le="+Inf"} 9\nh_bucket{x="y"} 9\nh{x="z"} 1\n',
        [
            "h histogram " + ABSENT,
            'h_bucket{x="",le="1e-05"} 0',
            'h_bucket{x="",le="2.5"} 3',
            'h_bucket{x="",le="1e+06"} 4',
            'h_bucket{x="",le="+Inf"} 5',
            'h_sum{x=""} 7.5',
            'h_count{x=""} 5',
            'h_bucket{x="y",le="+Inf"} 9',
            'h_sum{x="y"} 0',
            'h_count{x="y"} 0',
            'h_bucket{x="z",le="+Inf"} 0',
            'h_sum{x="z"} 0',
            'h_count{x="z"} 0',
        ],
    ),
    (
        '# TYPE s summary\ns{quantile="0.5"} 1\ns{quantile="0.10"} NaN\ns{quantile="nan"} 4\ns_sum -2\ns_count 3\n'
        "s_bucket 4\n",
        [
            "s summary " + ABSENT,
            's{quantile="0.1"} NaN',
            's{quantile="0.5"} 1',
            "s_sum -2",
            "s_count 3",
            "s_bucket untyped " + ABSENT,
            "s_bucket 4",
        ],
    ),
]

BAD = [
    ("a 1", "line 1: the last line does not end"),
    ("a 1\n# HELP", "line 2: the last line does not end"),
    ("a 1 1700000000000\n", "line 1: .*timestamps"),
    ("a 1 \n", "line 1: .*timestamps"),
    ("a\n", "line 1: '' is no number"),
    ("a one\n", "'one' is no number"),
    ("a 1_000\n", "is no number"),
    ("a 1e999\n", "is no number"),
    ("a 0x10\n", "is no number"),
    ("a 1\r\n", "is no number"),
    ("a \u0661\n", "is no number"),
    ("1a 1\n", "no metric's name"),
    ('{"a"} 1\n', "no metric's name"),
    ("a 1\n\n-\n", "line 3"),
    ("a{b} 1\n", "no label"),
    ("a{b=c} 1\n", "no label"),
    ('a{b="c" d="e"} 1\n', "no label"),
    ('a{b="c"\n', "no label"),
    ('a{b="c\n"} 1\n', "no label"),
    ('a{b="\\t"} 1\n', "no label"),
    ("a{,} 1\n", "no label"),
    ('a{1b="c"} 1\n', "no label"),
    ('a{b="c",b="d"} 1\n', "label b is there twice"),
    ('a{__name__="c"} 1\n', "label __name__ is reserved"),
    ("a 1\na 2\n", "a is there twice"),
    ('a{b="c",d=""} 1\na{b="c"} 2\n', "is there twice"),
    ("# HELP a b\n# HELP a c\n", "line 2: a second HELP"),
    ("# HELP a \\t\n", "an escape"),
    ("# HELP a \\\n", "an escape"),
    ("# HELP a-b c\n", "no metric's name"),
    ("# TYPE a gauge\n# TYPE a gauge\n", "a second TYPE"),
    ("a 1\n# TYPE a gauge\n", "a second TYPE"),
    ("# TYPE a gauge \n", "no type"),
    ("# TYPE a info\n", "no type"),
    ("# TYPE h histogram\nh_count -1\n", "no count"),
    ("# TYPE h histogram\nh_count NaN\n", "no count"),
    ('# TYPE h histogram\nh_bucket{le="x"} 1\n', "is no number"),
    ("# TYPE s summary\n# TYPE s_count counter\n", "a second TYPE"),
]


@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_reads(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "what"), BAD)
def test_refuses(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        parse(text.encode())


def test_refuses_what_is_not_utf_8() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        parse(b"# \xff\na 1\n")


def test_a_page_of_prometheus_client_comes_back_as_it_is() -> None:
    registry = CollectorRegistry()
    Counter("c", "A counter.", ["x"], registry=registry).labels("é\n").inc(3)
    Gauge("g", "A gauge.", registry=registry).set(-1.5)
    Histogram("h", "A histogram.", ["x"], buckets=(0.1, 1, 2500000), registry=registry).labels("y").observe(2)
    Summary("s", "A summary.", registry=registry).observe(4)
    page = generate_latest(registry).decode()
    again = "".join(
        f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
        + b"".join(family.samples.values()).decode()
        for family in parse(page.encode()).values()
    )
    assert samples(again) == samples(page)


def samples(page: str) -> set[tuple[object, ...]]:
    return {
        (family.type, sample.name, frozenset({**sample.labels, "le": bound(sample.labels)}.items()), sample.value)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def bound(labels: dict[str, str]) -> float:
    return float(labels.get("le", "-1"))


@given(st.text(alphabet=' \t\n#{}",=\\abHELPTYPEgauge_countle1.0+-\u00e9', max_size=60))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    try:
        parse(text.encode())
    except ValueError as error:
        assert str(error)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
def test_any_label_value_comes_back(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    assert shown(f'a{{b="{escaped}"}} 1\n') == ["a untyped " + ABSENT, *f'a{{b="{escaped}"}} 1'.splitlines()]
