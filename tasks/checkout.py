"""Where things are in this checkout."""

import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
LOCAL: Final = ROOT / ".local"

# Two environments of their own: MiniStack and the SAM CLI both pin botocore.
MINISTACK_PYTHON: Final = LOCAL / "ministack/bin/python"
SAM: Final = LOCAL / "sam/bin/sam"
UV: Final = LOCAL / "uv/bin/uv"

TEMPLATE: Final = ROOT / "template.yaml"
ARTIFACT: Final = ROOT / ".aws-sam/build"

VERSION: Final[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
