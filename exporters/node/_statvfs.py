"""statvfs(3) of many paths, some of which may never answer.

Errors: an answer is what statvfs said, or why it said nothing, in node_exporter's words.
"""

import errno
import os
from collections.abc import Iterable
from time import monotonic

from motes.shared import threads
from motes.shared.threads import Empty, SimpleQueue

TIMEOUT = "mountpoint timeout"
TOO_MANY = "too many mounts that can hang"
# One that took this long is asked in a thread from then on, local or not: a failing disk, perhaps.
SLOW = 1.0
MOST_THREADS = 256

Answer = os.statvfs_result | str
Key = tuple[bytes, bytes]
_Answers = SimpleQueue[tuple[Key, int, Answer]]


class Inquiry:
    """Asks the local paths at once and each other one in a thread that it keeps: one question under way for each.

    A key is a mount's path and id, so that a mount made anew has a thread anew. All but the threads' loop runs in
    the caller's thread.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._answers: _Answers = SimpleQueue()
        self._askers: dict[Key, _Asker] = {}
        self._local: set[Key] = set()
        self._slow: set[Key] = set()

    def choose(self, local: Iterable[Key], hanging: Iterable[Key]) -> None:
        """What to ask from now on. The thread of a key that is no longer there ends, once its question has."""
        local, hanging = set(local), set(hanging)
        self._slow &= local
        self._local = local - self._slow
        wanted = sorted(hanging | self._slow)
        kept = {key: self._askers[key] for key in wanted if key in self._askers}
        for key in wanted:
            if key not in kept and len(kept) < MOST_THREADS:
                kept[key] = _Asker(key, self._answers)
        self._askers = kept

    def ask(self, deadline: float) -> dict[Key, Answer]:
        """The answers until this monotonic time. A key that is not in it has a thread too many."""
        while not self._answers.empty():
            self._take({})  # too late for the page that asked
        now = monotonic()
        for asker in self._askers.values():
            asker.ask(now)
        found = {key: self._ask_here(key) for key in self._local}
        self._wait(found, deadline)
        if self._slow & self._local:
            self.choose(self._local | self._slow, self._askers)
        return found

    def _ask_here(self, key: Key) -> Answer:
        began = monotonic()
        answer = statvfs(key[0])
        if monotonic() - began > SLOW:
            self._slow.add(key)
        return answer

    def _wait(self, found: dict[Key, Answer], deadline: float) -> None:
        while busy := [asker.asked for asker in self._askers.values() if asker.busy]:
            until = min(deadline, max(busy) + self._timeout)
            try:
                self._take(found, max(until - monotonic(), 0))
            except Empty:
                break
        for key, asker in self._askers.items():
            if asker.busy:
                found[key] = TIMEOUT

    def _take(self, found: dict[Key, Answer], timeout: float = 0) -> None:
        key, number, answer = self._answers.get(timeout=timeout)
        asker = self._askers.get(key)
        if asker and asker.number == number:
            asker.busy = False
            found[key] = answer


class _Asker:
    """A thread for one path. It ends with this object, or when the question under way then does."""

    __slots__ = ("_questions", "asked", "busy", "number")

    def __init__(self, key: Key, answers: _Answers) -> None:
        self.number = 0
        self.asked = 0.0
        self.busy = False
        self._questions: SimpleQueue[int] = SimpleQueue()
        threads.start(_answer, key, self._questions, answers)

    def ask(self, now: float) -> None:
        if not self.busy:
            self.busy = True
            self.asked = now
            self.number += 1
            self._questions.put(self.number)

    def __del__(self) -> None:
        self._questions.put(0)


def _answer(key: Key, questions: SimpleQueue[int], answers: _Answers) -> None:
    while number := questions.get():
        answers.put((key, number, statvfs(key[0])))


def statvfs(path: bytes) -> Answer:
    try:
        return os.statvfs(path)
    except OSError as error:
        return _said(error.errno or 0)


def _said(number: int) -> str:
    # Go's words are glibc's of old, in lower case.
    if number == errno.ESTALE:
        return "stale NFS file handle"
    said = os.strerror(number)
    return said[:1].lower() + said[1:]
