"""Label sets: what is one, and what its labels are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared.exposition import labels
from motes.shared.label_set import label_names

NAMES = st.from_regex(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,5}", fullmatch=True)


@given(st.dictionaries(NAMES, st.text() | st.binary(), max_size=4))
def test_what_labels_makes(pairs: dict[str, str | bytes]) -> None:
    assert label_names(labels(**pairs)) == [name.encode() for name in pairs]


@pytest.mark.parametrize(
    ("label_set", "names"),
    [
        (b"", []),
        (b"{}", []),
        (b'{a=""}', [b"a"]),
        (b'{a=",b=\\"",c="}"}', [b"a", b"c"]),
        (b'{a="\\\\",b="\\n"}', [b"a", b"b"]),
    ],
)
def test_by_hand(label_set: bytes, names: list[bytes]) -> None:
    assert label_names(label_set) == names


@pytest.mark.parametrize(
    "label_set",
    [
        *(
            b"{",
            b"}",
            b" ",
            b"kitchen",
            b"{kitchen}",
            b"{a=b}",
            b'a="b"',
            b'{a="b"',
            b'{a="b"} ',
            b' {a="b"}',
            b'{="b"}',
        ),
        *(b'{a="b",}', b'{,a="b"}', b'{a="b"c="d"}', b'{a="b", c="d"}', b'{a = "b"}', b'{1a="b"}', b'{a-b="c"}'),
        *(b'{a="b"c"}', b'{a="\\"}', b'{a="\\t"}', b'{a="\n"}', b'{a="b"}\n', b'{a="\xff"}', b'{\xc3\xa4="b"}'),
        *(b'{a="b",a="c"}', b'{__name__="b"}', b'{__a="b"}'),
    ],
)
def test_no_label_set(label_set: bytes) -> None:
    with pytest.raises(ValueError, match=r"no label set|is not UTF-8|is there twice or reserved"):
        label_names(label_set)
