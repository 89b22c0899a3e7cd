"""The kernel parameters that are asked for, as the flags take them and show them."""

import pytest
from motes.exporters.node.sysctl import OPTIONS

NUMBERS, TEXTS = OPTIONS


@pytest.mark.parametrize(
    ("word", "parameter"),
    [
        ("kernel.threads-max", ("kernel.threads-max", ())),
        ("net/ipv4/conf/eth0.100/rp_filter", ("net/ipv4/conf/eth0.100/rp_filter", ())),
        ("fs.file-nr:total,current,max", ("fs.file-nr", ("total", "current", "max"))),
        ("net.ipv4.tcp_mem:1st,2nd,3rd", ("net.ipv4.tcp_mem", ("1st", "2nd", "3rd"))),
    ],
)
def test_parameters(word: str, parameter: tuple[str, tuple[str, ...]]) -> None:
    assert NUMBERS.kind.parse(word) == parameter
    assert NUMBERS.kind.show(parameter) == word


@pytest.mark.parametrize("word", ["", ":a", "fs.file-nr:a-b", "fs.file-nr:a b", "fs.file-nr:é", "fs.file-nr:a:b"])
def test_no_parameters(word: str) -> None:
    with pytest.raises(ValueError, match=r"is not a parameter such as kernel.threads-max or"):
        NUMBERS.kind.parse(word)


@pytest.mark.parametrize("word", ["", "fs.file-nr:total,current,max"])
def test_texts_have_no_names_for_their_words(word: str) -> None:
    with pytest.raises(ValueError, match=r"is not a parameter such as kernel.seccomp.actions_avail"):
        TEXTS.kind.parse(word)


def test_texts() -> None:
    assert TEXTS.kind.show(TEXTS.kind.parse("kernel.ostype")) == "kernel.ostype"
