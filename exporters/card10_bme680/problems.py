"""Why a badge gives no reading, and what to do about it."""

ADVICE = {
    "no_pyserial": 'install pyserial: pip install "motes[serial]", or on Debian python3-serial',
    "not_found": "plug the badge in, or name the port that it is at with --serial.device",
    "storage_mode": "leave the badge's USB storage mode or its bootloader",
    "denied": "let this user open the port, on Debian as a member of the group dialout",
    "busy": "close the other program that holds the port",
    "disconnected": "plug the badge in again",
    "no_answer": "reset the badge, or see to what runs on it: it says nothing",
    "rebooted": "it is tried again; the badge has started anew while it was read",
    "garbled": "it is tried again; what the badge said was mutilated",
    "no_sensor": "see the log; the badge could not read its sensor",
    "out_of_range": "see the log; the sensor said what cannot be",
    "failed": "see the log; it is tried again",
}
# The badge is not there, and nothing but its return changes that.
ABSENT = ("not_found", "storage_mode")
# The badge answers well enough; it is its sensor that does not.
SENSOR = ("no_sensor", "out_of_range")


class Failure(Exception):
    """No reading: `reason` is one of ADVICE's."""

    def __init__(self, reason: str, told: object = "") -> None:
        super().__init__(str(told) or ADVICE[reason])
        self.reason = reason


class Stopped(Exception):
    """The program wants to end."""
