"""The labels that backends are told apart by, as the flag takes them."""

import pytest
from motes.exporters.node.ipvs import OPTIONS

(BACKEND_LABELS,) = OPTIONS


@pytest.mark.parametrize(
    ("word", "labels"),
    [
        ("remote_port,local_address", ("local_address", "remote_port")),
        (",proto,,proto", ("proto",)),
        ("", ()),
    ],
)
def test_labels_in_the_order_of_the_page(word: str, labels: tuple[str, ...]) -> None:
    assert BACKEND_LABELS.kind.parse(word) == labels


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match='"ports" is not one of: local_address'):
        BACKEND_LABELS.kind.parse("proto,ports")
