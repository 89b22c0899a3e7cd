"""The version of all of motes."""

VERSION = "0.1.0"
