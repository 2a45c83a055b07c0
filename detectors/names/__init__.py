"""Name, place, organisation and address detection that works offline and without torch."""

from detectors.names.detector import NameDetector

__all__ = ["NameDetector"]
