"""English prose that every machine has: the docstrings of the standard library, longest modules first."""

from __future__ import annotations

import functools
import importlib
import inspect
import re

MODULES = (
    "argparse", "ast", "asyncio", "calendar", "collections", "configparser", "contextlib", "csv", "dataclasses",
    "datetime", "decimal", "difflib", "doctest", "email.message", "enum", "fractions", "functools", "gettext", "heapq",
    "html", "http.client", "http.cookies", "imaplib", "inspect", "io", "ipaddress", "json", "locale", "logging",
    "mailbox", "multiprocessing", "operator", "optparse", "os", "pathlib", "pickle", "pprint", "queue", "random", "re",
    "sched", "shelve", "shutil", "smtplib", "socket", "sqlite3", "statistics", "string", "subprocess", "tarfile",
    "tempfile", "textwrap", "threading", "timeit", "tokenize", "traceback", "types", "typing", "unittest",
    "urllib.parse", "uuid", "weakref", "xml.etree.ElementTree", "zipfile",
)  # fmt: skip


def prose(characters: int) -> str:
    """Exactly so many characters; the same on every call, and nearly the same on every Python."""
    whole = _all()
    return (whole * (characters // len(whole) + 1))[:characters]


@functools.cache
def _all() -> str:
    texts: list[str] = []
    for name in MODULES:
        module = importlib.import_module(name)
        texts.append(inspect.getdoc(module) or "")
        for _, member in sorted(inspect.getmembers(module, inspect.isclass), key=lambda pair: pair[0]):
            texts.append(inspect.getdoc(member) or "")
            texts += [inspect.getdoc(one) or "" for _, one in inspect.getmembers(member, inspect.isfunction)]
    unique = dict.fromkeys(text for text in texts if len(text) > 60)
    return re.sub(r"[ \t]+", " ", "\n\n".join(unique))
