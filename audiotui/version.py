"""The version of the package, for all floors."""

__version__ = "0.1.0"
