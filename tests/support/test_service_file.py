from pathlib import Path

from tests.support.service_file import entries, exec_start, variables

UNIT = """\
[Service]
# ExecStart=no
Environment=A=1
Environment=B=2
ExecStart=/usr/bin/ssh -N \\
    -o "ProxyCommand=a b" $FLAGS ${TARGET}:9100 100%% /etc/%i.conf
"""


def test_a_command_has_its_variables() -> None:
    command = exec_start(UNIT, "wg0", {"FLAGS": "-v -4", "TARGET": "x y"})
    expected = ["-o", "ProxyCommand=a b", "-v", "-4", "x y:9100", "100%", "/etc/wg0.conf"]
    assert command == ["/usr/bin/ssh", "-N", *expected]
    assert entries(UNIT, "Environment") == ["A=1", "B=2"]


def test_variables_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_text('# a remark\n\nARGS="-a -b"\nNAME=x\n')
    assert variables(file) == {"ARGS": "-a -b", "NAME": "x"}
