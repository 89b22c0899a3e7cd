"""Expressions, what they select, and what they group by."""

import pytest

from tests.support.promql import grouped, selectors

CASES: tuple[tuple[str, list[str], set[str]], ...] = (
    ("up", ["up"], set()),
    ("node:load1:max > bool 0.5e3", ["node:load1:max"], set()),
    ('up{job="a)}"} == 1 or on() vector(0)', ['up{job="a)}"}'], set()),
    ("rate(a_total{x!='y', z=~\"\"}[5m] offset 1h)", ["a_total{x!='y',z=~\"\"}"], set()),
    ('{__name__=~"a|b",job=""}', ['{__name__=~"a|b",job=""}'], set()),
    ("sum by (job, instance) (a) / on (job) group_left (x) sum(b) BY (y)", ["a", "b"], {"job", "instance", "x", "y"}),
    ("a * on(mac) group_left b", ["a", "b"], {"mac"}),
    ("max_over_time((a unless b)[1h:5m]) # c", ["a", "b"], set()),
    ('label_replace(a, "to", "$1", "from", "(.*)") + time()', ["a"], set()),
    ("inf and -NaN", [], set()),
)


@pytest.mark.parametrize(("expression", "selected", "labels"), CASES)
def test_expression(expression: str, selected: list[str], labels: set[str]) -> None:
    assert list(map(str, selectors(expression))) == selected
    assert grouped(expression) == labels
