"""How a secret may be written where it is quoted: as a pattern that finds it however often it was escaped.

A URL, a header, a page and an error's words each escape a text in a way of their own, and what was escaped
is quoted again: JSON within JSON, a `repr` of it, a page that shows it. So each character that anybody
escapes is looked for in every way that it may be written, after as many backslashes as there are. Those are
taken possessively (`*+`): a long row of them is read once, and not again for every place in it.
"""

import re

_SHORT = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_ENTITIES = {"<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_PARTS = re.compile(r"\\+|.", re.DOTALL)

_WORDS = re.compile("[A-Za-z0-9]+")
"""What nobody escapes."""

_PERCENT = "%(?:25)*+"
_AMPERSAND = "(?:&(?:amp;)*+|%26(?:amp%3b)*+)"
_BARE = {"%": "%(?:25)*", "&": "&(?:amp;)*|%26(?:amp%3[Bb])*", " ": r"[ +]"}

_BACKSLASH = rf"(?i:\\(?:u005c|x5c)?|{_PERCENT}5c|{_AMPERSAND}(?:#|%23)(?:0*+92|x0*+5c)(?:;|%3b))"
_AFTER_ONE = r"(?:(?<=\\)|(?<=5[Cc]))"


def may_be_in(text: str, secret: str) -> bool:
    """Say whether a secret may be in a text at all, which is quick to see: most are not."""
    return all(word in text for word in _WORDS.findall(secret))


def pattern_of(secret: str) -> str:
    """Write a regular expression that finds a secret in any text that quotes it."""
    first, *others = _PARTS.findall(secret)
    return f"(?:{re.escape(secret)}|{_first(first)}{''.join(map(_other, others))})"


def _first(part: str) -> str:
    """Find what a secret begins with; backslashes before it are none of it."""
    if part.startswith("\\"):
        return rf"(?<!\\)(?<!5[Cc]){_backslashes(part)}"
    if _WORDS.fullmatch(part):
        return part
    return rf"(?:{_unescaped(part)}|{_BACKSLASH}(?:{_escapes(part)}))"


def _other(part: str) -> str:
    if part.startswith("\\"):
        return _backslashes(part)
    if _WORDS.fullmatch(part):
        return part
    return rf"{_BACKSLASH}*+(?:{_unescaped(part)}|{_AFTER_ONE}(?:{_escapes(part)}))"


def _backslashes(part: str) -> str:
    """Find backslashes that stand together, of which an escape makes more."""
    return rf"{_BACKSLASH}{{{len(part)},}}+"


def _escapes(character: str) -> str:
    """Find what follows a backslash: in JSON, and as Python writes texts and bytes."""
    units, code = character.encode("utf-16-be", "surrogatepass").hex(), f"{ord(character):x}"
    found = [
        rf"{_BACKSLASH}++".join(f"u{units[at : at + 4]}" for at in range(0, len(units), 4)),
        rf"{_BACKSLASH}++".join(f"x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass")),
        f"x{code:0>2}",
        f"U{code:0>8}",
    ]
    return "|".join([f"(?i:{'|'.join(found)})", *_SHORT.get(character, "")])


def _unescaped(character: str) -> str:
    """Find it as it is, and what stands for it in a URL and in HTML."""
    in_url = "".join(f"{_PERCENT}{byte:02x}" for byte in character.encode("utf-8", "replace"))
    numbers = f"(?:#|%23)(?:0*+{ord(character)}|x0*+{ord(character):x})"
    names = [numbers, *filter(None, [_ENTITIES.get(character)])]
    in_html = f"{_AMPERSAND}(?:{'|'.join(names)})(?:;|%3b)"
    return f"{_BARE.get(character, re.escape(character))}|(?i:{in_url}|{in_html})"
