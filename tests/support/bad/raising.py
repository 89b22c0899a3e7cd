"""Cannot be imported: a library is not there."""

import a_library_that_nobody_has  # type: ignore[import-not-found]  # noqa: F401
