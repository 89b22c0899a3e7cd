"""Files with keys."""

import os
import re
from pathlib import Path

import pytest
from motes.exporters.lywsd03mmc import keys

KEY = "1f00112233445566778899aabbccddee"
OTHER = "ffeeddccbbaa99887766554433221100"
GOOD = f"""# format: MAC KEY, hex digits only
A4C138000001 {KEY}

  a4:c1:38:00:00:02\t{OTHER.upper()}  # the cellar
   # A4C138000003 {KEY}
"""


def written(folder: Path, text: str, mode: int = 0o600) -> str:
    file = folder / "keys"
    file.write_bytes(text.encode())
    file.chmod(mode)
    return str(file)


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD.rstrip("\n")])
def test_reads_keys(tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str) -> None:
    found = keys.read_file(written(tmp_path, text))
    assert found == {"A4:C1:38:00:00:01": bytes.fromhex(KEY), "A4:C1:38:00:00:02": bytes.fromhex(OTHER)}
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("A4C138000009", "a line has an address and a key"),
        (f"A4C138000009 {KEY} {KEY}", "a line has an address and a key"),
        (f"A4C138000009 {KEY[:-1]}", "a key has 32 hexadecimal digits"),
        (f"A4C138000009 {KEY}00", "a key has 32 hexadecimal digits"),
        (f"A4C138000009 {KEY[:-1]}x", "a key has 32 hexadecimal digits"),
        (f"{KEY} A4C138000009", "its first word is not a Bluetooth address"),
        (f"A4C138000001 {OTHER}", "A4:C1:38:00:00:01 has a key already"),
        ("\0\ufffd", "a line has an address and a key"),
    ],
)
def test_names_a_bad_line_and_takes_the_rest(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], line: str, why: str
) -> None:
    path = written(tmp_path, f"A4C138000001 {KEY}\n\n{line}\nA4C138000002 {OTHER}\n")
    assert list(keys.read_file(path)) == ["A4:C1:38:00:00:01", "A4:C1:38:00:00:02"]
    (told,) = capfd.readouterr().err.splitlines()
    assert re.search(rf' line=3 err="{why}', told)
    assert KEY[:-1] not in told


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_warns_where_others_can_read_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], mode: int, warned: bool
) -> None:
    keys.read_file(written(tmp_path, GOOD, mode))
    assert ("others can read the key file" in capfd.readouterr().err) is warned


@pytest.mark.parametrize("name", ["nothing-here", "."])
def test_says_what_it_cannot_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"--ble\.key-file: cannot read .*: (No such file|Is a directory)"):
        keys.read_file(str(tmp_path / name))


def test_waits_for_nobody_to_write(tmp_path: Path) -> None:
    pipe = tmp_path / "keys"
    os.mkfifo(pipe)
    with pytest.raises(ValueError, match=r"--ble\.key-file: .*keys is no file with keys"):
        keys.read_file(str(pipe))


def test_takes_no_more_than_a_file_with_keys_has(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--ble\.key-file: .*keys is no file with keys"):
        keys.read_file(written(tmp_path, f"A4C138000001 {KEY}\n" + "#" * 1_000_000))


def test_does_not_name_every_line_of_what_is_no_key_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert list(keys.read_file(written(tmp_path, "no\n" * 100 + f"A4C138000001 {KEY}\n"))) == ["A4:C1:38:00:00:01"]
    *_, last_but_one, last = capfd.readouterr().err.splitlines()
    assert " line=20 " in last_but_one
    assert re.search(r'"more lines of the key file ignored" file=\S+ lines=80', last)
