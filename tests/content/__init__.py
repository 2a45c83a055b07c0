"""Codecs: bytes to parts and back."""
