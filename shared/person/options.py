"""What `motes` is told behind its commands, besides the options of exporters."""

from motes.shared.options import BOOLEAN, Catalogue, Kind, Option, interval
from motes.shared.person import place

_URL = Kind("URL", place.parse)
_LEAST_INTERVAL = 0.1

URL = Option("url", _URL, [], "Where a program serves.", repeatable=True)
INTERVAL = Option("interval", interval(_LEAST_INTERVAL, "asking takes"), 2.0, "How often to look.")
METRICS = Option("metrics", BOOLEAN, False, "Print the metrics as they are served.")

STATUS = Catalogue([URL])
WATCH = Catalogue([URL, INTERVAL])
