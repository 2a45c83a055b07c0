"""The same text as a reader would see it, with maps back to the original offsets."""
