"""What clients really say they accept, and what they get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared.http import preferences, wants_gzip, wants_openmetrics

OPENMETRICS = [
    # Prometheus 2.49 and later, before 3.0
    b"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    b"text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    # Prometheus 2.33 and thereabouts
    b"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    b"text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    # Prometheus 3
    b"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    b"application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    b"text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    # Prometheus with native histograms, which puts protocol buffers first
    b"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
    b"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    b"text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    b"application/openmetrics-text",
    b'application/openmetrics-text; version="1.0.0"; charset=utf-8',
    b"APPLICATION/OPENMETRICS-TEXT; VERSION=1.0.0; Q=0.9, TEXT/PLAIN; Q=0.8",
    b"application/openmetrics-text ; q = 0.5 , text/plain ; q = 0.5",
    b"application/openmetrics-text;q=0.2,text/plain;version=1.0.0;q=0.9",
    b"application/openmetrics-text;q=0.5,text/plain;q=0",
]

TEXT = [
    b"",
    b"*/*",  # curl, wget
    # vmagent and VictoriaMetrics
    b"text/plain;version=0.0.4;q=1,*/*;q=0.1",
    # Prometheus 2.5 to 2.32, which knows no more than a draft of OpenMetrics
    b"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    # Prometheus 1 and Telegraf
    b"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
    b"text/plain;version=0.0.4;q=0.3",
    b"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
    b"text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
    # Firefox and Chromium
    b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    b"application/signed-exchange;v=b3;q=0.7",
    b"text/plain",
    b"text/plain, application/openmetrics-text;q=0.9",
    b"application/openmetrics-text;version=2.0.0",
    b"application/openmetrics-text;version=1.0.0;q=0",
    b"application/openmetrics-text;q=0.1, */*",
    b"application/openmetrics-text;q=nonsense",
    b"application/openmetrics-text;q=nan",
    b"application/openmetrics-text;q=7",
    b"application/openmetrics-text;q=-1",
    b"application/json",
    b"\xff\xfe;;;,,,=",
]


@pytest.mark.parametrize("accept", OPENMETRICS)
def test_openmetrics(accept: bytes) -> None:
    assert wants_openmetrics(accept)


@pytest.mark.parametrize("accept", TEXT)
def test_text(accept: bytes) -> None:
    assert not wants_openmetrics(accept)


@pytest.mark.parametrize(
    ("accept", "gzip"),
    [
        (b"", False),
        (b"gzip", True),  # Prometheus, VictoriaMetrics, Go
        (b"gzip, deflate, br, zstd", True),  # browsers
        (b"deflate, gzip, br, zstd", True),  # curl --compressed
        (b"GZIP;Q=1.0, identity; q=0.5, *;q=0", True),
        (b"x-gzip", True),
        (b"*", True),
        (b"gzip;q=0.001", True),
        (b"identity", False),
        (b"gzip;q=0", False),
        (b"gzip;q=0.000, *", False),
        (b"gzip;q=0.5, identity", False),
        (b"*;q=0", False),
        (b"gzip;q=x", False),
        (b"deflate, br", False),
        (b"gzipped", False),
    ],
)
def test_gzip(accept: bytes, gzip: bool) -> None:
    assert wants_gzip(accept) is gzip


@given(st.one_of(st.binary(), st.text(alphabet='ab*/;,=q.01 \t"').map(str.encode)))
def test_any_header_is_a_list_of_wishes(header: bytes) -> None:
    assert all(value and 0 <= q <= 1 for value, q in preferences(header).items())
    assert isinstance(wants_openmetrics(header), bool)
    assert isinstance(wants_gzip(header), bool)
