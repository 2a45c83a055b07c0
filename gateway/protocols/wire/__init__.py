"""Lossless reading: texts inside bytes, each with the way back to the bytes that hold it.

Shared by the codecs (`gateway.content`) and by the stream transforms, which is why it lies below both.
"""
