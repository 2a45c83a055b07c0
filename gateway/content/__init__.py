"""Codecs: bytes ↔ parts. No edit rebuilds the very same bytes; an edit splices, and re-serialises nothing else.

Paths of parts
    body/messages/3/content     words of the protocol and positions in lists
    body/metadata/#4            the fifth member of an object, whose key is not a word of the protocol
    body/metadata/#4@key        that key itself
    …/arguments/$/#0            inside the JSON that a string holds
    …/url/base64                the text in a base64 `data:` URI
    body/@gzip                  fields of a gzip header (never a part, only unreadable)
    body/2/@0                   a line of event 2 that is no data: a comment, an id, a name
    query/#1, query/#1@key      value and name of a query field
    host                        the name of the upstream, where it holds a long number
    path/2                      a segment of the path
    headers/user-agent          value of a known header; headers/#7 and headers/#7@name of any other
"""

from __future__ import annotations

from gateway.content.encodings import Decoder
from gateway.content.message import MessageDocument, parse

__all__ = ["Decoder", "MessageDocument", "parse"]
