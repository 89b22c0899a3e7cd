"""Why there are no numbers of a profile, and what to do about it."""

# What a session file can have that gives no numbers: these are counted.
PARSING = {
    "truncated": "it is read again once the browser has written it; the file is shorter than its header",
    "bad_magic": "it is read again once the browser has written it; the file is no mozLz4",
    "bad_block": "it is read again once the browser has written it; the file is damaged",
    "not_json": "it is read again once the browser has written it; the file holds no JSON",
    "wrong_type": "it is read again once the browser has written it; the file holds no session",
    "too_deep": "it is read again once the browser has written it; what the file holds is nested too deep",
    "too_large": "raise --firefox.max-session-bytes, if the session may be that large",
    "too_many_tabs": "close some tabs; there are more than are counted",
    "memory": "raise --firefox.max-session-bytes, if the session may need that much memory to be read",
    "timeout": "it is tried again; reading the file took too long",
    "changed": "it is tried again; the file changed each time that it was read",
    "crashed": "it is tried again; the process that reads the file was ended, or failed",
}
ADVICE = {
    **PARSING,
    "no_lz4": 'install lz4: pip install "motes[tabs]", or on Debian python3-lz4',
    "not_found": "start the browser as this user once, or say with --firefox.profile where its profiles are",
    "no_profile": "name a profile folder, or a folder with a profiles.ini; this is neither",
    "bad_ini": "see to profiles.ini or installs.ini there; it is not what a browser writes",
    "denied": "run motes as the user whose profile this is, or let it read there",
    "hung": "see to the file system that this is on; it does not answer",
    "io_error": "see to the file system that this is on, and the log",
    "outside": "a link or profiles.ini leads out of it; if that is right, name where it leads with --firefox.profile",
    "not_a_file": "see what stands in place of the session file or its folder; links are not followed",
    "not_owner": "see whose the session file is; it is not the profile's owner's",
    "not_saved": "nothing, while it starts; a browser that never remembers history saves no session at all",
    "same_name": "rename one of the profile folders; another one of this user and browser has the same name",
    "too_many": "name fewer with --firefox.profile; there are more folders or profiles than are looked at",
}
# Those that may be over although the file has not changed, and after how many seconds that is tried.
PASSING = {"no_lz4": 0.0, "io_error": 60.0, "memory": 60.0, "timeout": 60.0, "crashed": 60.0}

# With these, what was there before may still be.
UNSURE = ("denied", "io_error", "bad_ini", "not_a_file", "not_owner")


class Failure(Exception):
    """No numbers: `reason` is one of ADVICE's. It tells nothing of what was read."""

    def __init__(self, reason: str, told: object = "") -> None:
        super().__init__(str(told) or ADVICE[reason])
        self.reason = reason
        self._told = str(told)

    def fields(self) -> dict[str, str]:
        """As the log has it."""
        told = {"err": self._told} if self._told else {}
        return {"problem": self.reason, **told, "advice": ADVICE[self.reason]}


class Gone(Exception):
    """What was to be opened is not there."""


class Stopped(Exception):
    """The program wants to end."""


def failure(error: OSError) -> Failure | Gone:
    """What an operation on a file came to."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Gone()
    if isinstance(error, PermissionError):
        return Failure("denied", error.strerror)
    return Failure("io_error", error.strerror)
