"""The least that a scrape can cost: the kernel's own work for the same files, read from open descriptors."""

import os
import time
from collections.abc import Sequence

# More than any of the files has; the kernel gives a page or so at a time nevertheless.
_ALL = 1 << 20


def reading(files: Sequence[str], times: int) -> float:
    """Processor seconds of reading all the files once, a mean."""
    descriptors = [os.open(file, os.O_RDONLY) for file in files]
    try:
        began = time.process_time()
        for _ in range(times):
            for descriptor in descriptors:
                _read(descriptor)
        return (time.process_time() - began) / times
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _read(descriptor: int) -> None:
    length = 0
    try:
        while part := os.pread(descriptor, _ALL, length):
            length += len(part)
    except OSError:
        pass  # a driver's answer, such as that a link which is down has no speed
