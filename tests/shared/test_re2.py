"""RE2 syntax: what matches is stated by hand from Go's documentation, not taken from the translation."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared.re2 import REGEX, compile_re2

DISKS = r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$"
MOUNTS = "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
FILE_SYSTEMS = (
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
    "proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$"
)
NETSTAT = (
    "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
    "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|"
    "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
    "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
)
VMSTAT = "^(oom_kill|pgpg|pswp|pg.*fault).*"

MATCHES = [
    (DISKS, ["sda1", "zram0", "ram15", "loop7", "fd0", "xvda12", "nvme0n1p3", "hdz9"]),
    (MOUNTS, ["/dev", "/dev/pts", "/proc", "/run/credentials/a.service", "/var/lib/docker/overlay2/x"]),
    (FILE_SYSTEMS, ["cgroup", "cgroup2", "erofs", "tracefs"]),
    (NETSTAT, ["Udp6_InErrors", "Ip_Forwarding", "TcpExt_ListenDrops", "Icmp_InMsgs", "Tcp_CurrEstab"]),
    (VMSTAT, ["oom_kill", "pgpgin", "pgmajfault", "pswpout"]),
    ("^$", [""]),
    ("b", ["abc"]),
    ("(?i)ETH", ["eth0", "ETH0"]),
    ("a(?i)b|c", ["aB", "ab", "C"]),
    ("(?i:a)b", ["Ab"]),
    ("(?i)(?-i:a)b", ["aB"]),
    ("(?m)^b$", ["a\nb\nc"]),
    ("(?s)a.c", ["a\nc"]),
    ("(?U)^a+", ["aa"]),
    (r"\Aa\z", ["a"]),
    (r"^\x41\x{1F600}\101\t\.\-\_$", ["A\U0001f600A\t.-_"]),
    (r"^\W$", ["é", "-", "\n"]),
    (r"^\D$", ["٣", "x"]),
    (r"^\S$", ["\v", "x", "\u00a0"]),
    (r"^[\d\-x]+$", ["4-x"]),
    (r"^[\W]$", ["é", "["]),
    (r"\bx\b", ["éxé"]),
    (r"^\B$", [""]),
    ("^[]a]+$", ["]a"]),
    ("^[^]a]$", ["b", "\n"]),
    ("^[a[:]+$", ["[a:"]),
    ("^[a-]+$", ["a-"]),
    ("^[a&&b||c~~e-]+$", ["&|-~"]),
    (r"^[\]\\]+$", ["]\\"]),
    ("^x{2}y{1,}z{0,2}$", ["xxyyzz", "xxy"]),
    ("^x{,2}$", ["x{,2}"]),
    ("^x{a}{$", ["x{a}{"]),
    ("^(?P<n>a)(?<m>b)(?<1>c)$", ["abc"]),
    ("^*a", ["a"]),
    ("a??b", ["b", "ab"]),
    ("(|a)b", ["b"]),
    ("(?i)^k$", ["K", "\u212a"]),
    ("x{1000}", ["x" * 1000]),
    ("#a b", ["#a b"]),
]

MISSES = [
    (DISKS, ["sda", "nvme0n1", "sda1\n", "mmcblk0p1", "xvda\u0661", "dm-0"]),
    (MOUNTS, ["/", "/run/credentials", "/developer", "/var/lib/docker", "/run"]),
    (FILE_SYSTEMS, ["ext4", "xcgroup", "proc\n", "cgroup3"]),
    ("^$", ["\n"]),
    ("a$", ["a\n"]),
    ("(?i:a)b", ["AB"]),
    ("(?i)(?-i:a)b", ["Ab"]),
    ("((?i)a)b", ["aB"]),
    ("(?s:.)a.", ["\na\n"]),
    (r"^\d$", ["٣"]),
    (r"^\w$", ["é"]),
    (r"^\s$", ["\v", "\u00a0"]),
    (r"^[\w]$", ["é"]),
    (r"^\B$", ["a"]),
    ("^[a-c]$", ["-", "d"]),
    ("^a{2}$", ["a", "a{2}"]),
]

REFUSED = [
    ("a(?=b)", "look-ahead"),
    ("a(?!b)", "look-ahead"),
    ("(?<=a)b", "look-behind"),
    ("(?<!a)b", "look-behind"),
    (r"(a)\1", "back-reference"),
    ("(?P<a>x)(?P=a)", "back-reference"),
    ("(?>a)", "atomic"),
    ("(a)?(?(1)b|c)", "conditional"),
    ("(?#x)a", "comment"),
    ("a*+", "possessive"),
    ("a++", "possessive"),
    ("a{2}+", "possessive"),
    ("a**", "behind a repetition"),
    ("*a", "nothing to repeat"),
    ("(*a)", "nothing to repeat"),
    ("a|*", "nothing to repeat"),
    ("[[:alpha:]]", "POSIX class"),
    ("[[:^alpha:]]", "POSIX class"),
    (r"\Qa.b\E", "quoting"),
    (r"\pL", "Unicode class"),
    (r"[\p{Greek}]", "Unicode class"),
    (r"\PL", "Unicode class"),
    (r"a\Z", r"\\z is the end"),
    (r"\C", "single byte"),
    (r"\y", "no escape"),
    (r"\8", "no escape"),
    ("a\\", "no escape"),
    (r"[\b]", "no escape"),
    (r"\x{110000}", "number"),
    (r"\x4", "number"),
    ("a{1001}", "1000"),
    ("a{2,1001}", "1000"),
    ("(a{100}){100}", "1000"),
    ("a{3,2}", "ends before it begins"),
    ("[b-a]", "ends before it begins"),
    ("[a", "without its ]"),
    ("[", "without its ]"),
    ("(a", "not closed"),
    ("a)", "not opened"),
    ("(?x)a", "flags of imsU"),
    ("(?P<a-b>x)", "flags of imsU"),
    ("(?i", "flags of imsU"),
    ("(?i-)a", "flags of imsU"),
    ("(?P<a>x)(?P<a>y)", "redefinition"),
    ("(" * 5000 + ")" * 5000, "not a regular expression"),
]


@pytest.mark.parametrize(("expression", "names"), MATCHES)
def test_matches(expression: str, names: list[str]) -> None:
    assert [name for name in names if not compile_re2(expression).search(name)] == []


@pytest.mark.parametrize(("expression", "names"), MISSES)
def test_does_not_match(expression: str, names: list[str]) -> None:
    assert [name for name in names if compile_re2(expression).search(name)] == []


@pytest.mark.parametrize(("expression", "what"), REFUSED, ids=[expression[:20] for expression, _ in REFUSED])
def test_refuses(expression: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        compile_re2(expression)


def test_lazy_and_ungreedy() -> None:
    found = [compile_re2(expression).search("aaa") for expression in ("a+", "a+?", "(?U)a+", "(?U)a+?", "a{2,}?")]
    assert [match.group() for match in found if match] == ["aaa", "a", "a", "aaa", "aa"]


def test_is_an_option_kind() -> None:
    assert REGEX.parse("^a$").search("a")
    with pytest.raises(ValueError, match="REGEX"):
        REGEX.read(5)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
def test_an_escaped_text_matches_itself(text: str) -> None:
    quoted = "".join(f"\\{one}" if one.isascii() and not one.isalnum() else one for one in text)
    found = compile_re2(f"^{quoted}$").search(text)
    assert found
    assert found.group() == text


@given(st.text(alphabet="ab(|)[]^$*+?{}1,.\\-:PQdwszAi<>=!&#_", max_size=12))
def test_any_expression_is_compiled_or_refused(expression: str) -> None:
    try:
        compiled = compile_re2(expression)
    except ValueError as error:
        assert expression in str(error)
    else:
        assert isinstance(compiled, re.Pattern)


@given(st.sets(st.characters(codec="utf-8"), min_size=1, max_size=5), st.characters(codec="utf-8"))
def test_a_class_is_its_characters(members: set[str], other: str) -> None:
    inside = "".join(f"\\x{{{ord(one):x}}}" for one in members)
    assert bool(compile_re2(f"^[{inside}]\\z").search(other)) == (other in members)
    assert bool(compile_re2(f"^[^{inside}]\\z").search(other)) != (other in members)
