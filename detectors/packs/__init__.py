"""What a steward writes, and the detector that is made of it."""
