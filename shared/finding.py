"""What `motes doctor` finds out about one need of an exporter or of the program."""

GOOD, NOTE, BAD = "good", "note", "bad"


class Finding:
    """`state` is GOOD, NOTE (worth knowing, nothing is broken by it) or BAD; `advice` says what to do."""

    __slots__ = ("advice", "state", "what")

    def __init__(self, state: str, what: str, advice: str = "") -> None:
        self.state = state
        self.what = what
        self.advice = advice
