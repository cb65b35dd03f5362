"""Docstrings of estimators, composed of what each class says of its own fields."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields

# The order of numpydoc.
SECTIONS = ["Parameters", "Attributes", "See Also", "Notes", "References", "Examples"]


def compose(cls, own):
    """Return the whole docstring of dataclass `cls`, whose `own` one is a part of it.

    Summary and description are those of the class, or of the first of its bases that
    has one. Parameters, with their defaults, attributes and references are those of the
    class and then those of its bases; of two entries of one name, that of the class
    nearer to `cls` counts. None where docstrings are left out (``python -OO``).
    """
    cls._docstring_ = read(own)
    parts = [vars(base).get("_docstring_", {}) for base in cls.__mro__]
    if not any(part for part in parts):
        return None
    heads = [part.get("", "").partition("\n\n") for part in parts]
    text = [next(filter(None, (head[i] for head in heads)), "") for i in (0, 2)]
    sections = {name: parts[0].get(name, "") for name in SECTIONS}
    sections["Parameters"] = "\n".join(_parameters(cls, parts))
    for name in ("Attributes", "References"):
        sections[name] = "\n".join(_entries(parts, name).values())
    text += [f"{name}\n{'-' * len(name)}\n{s}" for name, s in sections.items() if s]
    return "\n\n".join(filter(None, text)) + "\n"


def read(docstring):
    """Return the sections of a docstring by their headings; "" names what is above."""
    lines = inspect.cleandoc(docstring or "")
    above, *rest = re.split(r"^(\w[\w ]*)\n-{3,}\n", lines, flags=re.MULTILINE)
    sections = {"": above, **dict(zip(rest[::2], rest[1::2]))}
    return {name: body.strip() for name, body in sections.items() if body.strip()}


def _entries(parts, section):
    """Return the entries of a section, by the names that they begin with."""
    entries: dict[str, str] = {}
    for part in parts:
        for entry in re.split(r"\n(?=\S)", part.get(section, "")):
            if entry:
                entries.setdefault(entry.partition("\n")[0].split(" : ")[0], entry)
    return entries


def _parameters(cls, parts):
    described = _entries(parts, "Parameters")
    of = {field.name: field for field in fields(cls)}
    for name in inspect.signature(cls).parameters:
        annotation = inspect.formatannotation(of[name].type).strip("'")
        entry = described.get(name, f"{name} : {annotation}")
        head, newline, words = entry.partition("\n")
        default = of[name].default
        shown = f'"{default}"' if isinstance(default, str) else repr(default)
        yield f"{head}, default={shown}{newline}{words}"
