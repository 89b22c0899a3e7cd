"""When to look for garbage, and where not to."""

import gc


def settle() -> None:
    """What is there now stays, so that looking for garbage costs next to nothing and can be done often.

    It empties Python's stores of free objects, too: in 3.11, tuples of 20 pile up there unused. Whoever imports much
    later on calls it again, or all that is looked through each time; what was to stay and is of no use by then goes.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(500, 2, 2)
