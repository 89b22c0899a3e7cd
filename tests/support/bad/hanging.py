"""Is never imported to its end."""

from threading import Event

Event().wait()
