"""Whether network devices are as they were: one question to the kernel in the place of twenty files a device.

What netlink tells of a device, its statistics left out, changes with each of its attributes in sysfs but speed
and duplex: those are the driver's own, and come and go with the carrier.
Source: rtnetlink(7), RTM_GETLINK.
"""

from collections.abc import Mapping, Sequence

from motes.exporters.node.host import Device, Host
from motes.exporters.node.rtnetlink import Link, Routes

_DRIVERS_OWN = ("speed", "duplex")


class Links:
    """Keeps the kernel's last answer, and the driver's attributes that could be read then."""

    def __init__(self, host: Host) -> None:
        # Elsewhere the files are another machine's, or another name space's.
        self._live = (host.proc.root, host.sys.root) == ("/proc", "/sys")
        self._routes = Routes(host)
        self._links: list[Link] = []
        self._read: list[tuple[Device, str, bytes]] = []

    def unchanged(self) -> bool:
        """Whether reading the attributes again would give what it gave before `note`."""
        if not self._live:
            return False
        try:
            answer = self._routes.links()
        except OSError:
            return False  # a sandbox: then it is the files, every time
        if len(answer) != len(self._links) or not all(map(Link.is_in, self._links, answer)):
            self._links = [Link(body) for body in answer]
            return False
        return all(device.get(attribute) == value for device, attribute, value in self._read)

    def note(self, read: Sequence[tuple[Device, Mapping[str, bytes | None]]]) -> None:
        """What the attributes were after the answer that the last `unchanged` was about."""
        told = {(link.name, b"%d" % link.index) for link in self._links}
        if told != {(device.name.encode("utf-8", "surrogateescape"), found["ifindex"]) for device, found in read}:
            # A device came or went in between; or sysfs was mounted in another name space than this process is in.
            self._links = []
        self._read = [
            (device, attribute, value)
            for device, found in read
            for attribute in _DRIVERS_OWN
            if (value := found[attribute]) is not None
        ]
