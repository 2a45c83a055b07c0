"""What is made of raw findings before policy sees them: context, thresholds, lists, and one name everywhere.

refiner = load_refiner()                      # the shipped files; raises PackError
engine = DetectorEngine(detectors, refiner=refiner)
"""

from detectors.refine.load import load_refiner
from detectors.refine.refiner import Candidate, Refiner

__all__ = ["Candidate", "Refiner", "load_refiner"]
