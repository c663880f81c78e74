"""A new tool's file: small, commented, and good as it is."""

import keyword
import re
from pathlib import Path
from typing import Final

from runrelay.command_line import CommandError
from runrelay.toolbox.folder import refuse_name

MOST_LETTERS: Final = 64

CONTENT: Final = '''"""What the tool {name} is for."""

from runrelay.tools import ToolContext, ToolError, tool


# effect: what may be done again after a crash. `pure`: it runs again. `keyed`: again, with the same
# `context.idempotency_key`. `verify`: your verify function is asked first. `once`: never again.
# approval: "always", or a function of the arguments, has a person decide before a call runs.
@tool(effect="pure", timeout=10)
def {name}(text: str, *, context: ToolContext) -> str:
    """Say in a sentence what the tool does; the model chooses it by that.

    Args:
        text: What this is, for the model.
    """
    if not text:
        raise ToolError("The text is empty.")  # the model is told so, in these words
    return f"{{len(text.split())}} words, in attempt {{context.attempt}}"
'''

USED: Final = frozenset({"ToolContext", "ToolError", "tool", "len", "str"})
"""Names that the content says, and a function of the name would hide."""


def begin(name: str, folder: Path) -> Path:
    """Write a new tool into a folder, which is made if there is none.

    Raises:
        CommandError: It or the folder cannot have that name, its file is there, or cannot be written.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
        raise CommandError(f"No function can be named {name}: use letters, digits and _.")
    if len(name) > MOST_LETTERS:
        raise CommandError(f"{name} is longer than the {MOST_LETTERS} letters that OpenAI takes.")
    if name in USED:
        raise CommandError(f"The file uses the name {name} itself: take another.")
    if name.startswith(("test_", "__")) or name == "conftest":
        raise CommandError(f"A file {name}.py would stay at home, or be no tool: take another name.")
    path = folder / f"{name}.py"
    refuse_name(folder.resolve())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x") as file:
            file.write(CONTENT.format(name=name))
    except FileExistsError as error:
        raise CommandError(f"{error.filename} is there already.") from error
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be written: {error.strerror}") from error
    return path
