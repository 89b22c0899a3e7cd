"""IPsec: packets that the kernel's transformations (xfrm) have lost.

Source: net/xfrm_stat, see the kernel's networking/xfrm/xfrm_proc.
Unit:   packets.
Errors: a line of anything but a name and a number fails the collector. A counter that the kernel does not have is 0,
        as in node_exporter; others are left out.
"""

from functools import cache

from motes.exporters.node.host import Host
from motes.shared.exposition import Family
from motes.shared.frame import Frame

# The kernel's names without Xfrm, and what they count.
_COUNTERS = {
    b"InError": "Packets received and lost for another reason than the others.",
    b"InBufferError": "Packets received and lost for want of a buffer.",
    b"InHdrError": "Packets received with a bad header.",
    b"InNoStates": "Packets received for which there is no state: the SPI, address or protocol is wrong.",
    b"InStateProtoError": "Packets received that the protocol refused, as with a wrong key.",
    b"InStateModeError": "Packets received that the mode refused.",
    b"InStateSeqError": "Packets received whose sequence number is out of the window.",
    b"InStateExpired": "Packets received whose state has expired.",
    b"InStateMismatch": "Packets received whose state has other options, as another encapsulation.",
    b"InStateInvalid": "Packets received whose state is invalid.",
    b"InTmplMismatch": "Packets received whose states fit no template of the policy.",
    b"InNoPols": "Packets received for whose states there is no policy.",
    b"InPolBlock": "Packets received that the policy discards.",
    b"InPolError": "Packets received whose policy is in error.",
    b"OutError": "Packets to be sent and lost for another reason than the others.",
    b"OutBundleGenError": "Packets to be sent for which no bundle could be made.",
    b"OutBundleCheckError": "Packets to be sent whose bundle was wrong.",
    b"OutNoStates": "Packets to be sent for which there is no state.",
    b"OutStateProtoError": "Packets to be sent that the protocol refused.",
    b"OutStateModeError": "Packets to be sent that the mode refused.",
    b"OutStateSeqError": "Packets to be sent when the sequence number had come to its end.",
    b"OutStateExpired": "Packets to be sent whose state has expired.",
    b"OutPolBlock": "Packets to be sent that the policy discards.",
    b"OutPolDead": "Packets to be sent whose policy is dead.",
    b"OutPolError": "Packets to be sent whose policy is in error.",
    b"FwdHdrError": "Packets that must not be forwarded.",
    b"OutStateInvalid": "Packets to be sent whose state is invalid, perhaps expired.",
    b"AcquireError": "Packets whose state was not acquired in time.",
}
_PREFIX = b"Xfrm"


def collect(host: Host) -> list[Family]:
    counts = dict.fromkeys(_COUNTERS, 0)
    for line in host.net("xfrm_stat").splitlines():
        name, count = line.split()
        number = int(count)
        if name.removeprefix(_PREFIX) in counts and name.startswith(_PREFIX):
            counts[name.removeprefix(_PREFIX)] = number
    return [_frame().fill(counts.values())]


@cache
def _frame() -> Frame:
    return Frame(
        [("counter", f"node_xfrm_{_snake(name)}_packets_total", help, (b"",)) for name, help in _COUNTERS.items()]
    )


def _snake(name: bytes) -> str:
    """OutBundleGenError is out_bundle_gen_error."""
    return "".join([f"_{letter.lower()}" if letter.isupper() else letter for letter in name.decode()])[1:]
