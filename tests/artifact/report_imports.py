"""Import modules from an artifact, in a bare interpreter, and write how each of its modules was loaded.

python -I -S report_imports.py FOLDER:FOLDER... MODULE...
"""

import importlib
import json
import sys
from importlib.machinery import SourceFileLoader

folders = tuple(sys.argv[1].split(":"))
sys.path[:0] = folders

# Python turns a source into code only when it has no bytecode that it trusts.
source_to_code = SourceFileLoader.source_to_code
compiled = []


def record(self, data, path, **options):
    compiled.append(path)
    return source_to_code(self, data, path, **options)


SourceFileLoader.source_to_code = record

for name in sys.argv[2:]:
    importlib.import_module(name)

loaded = {name: module for name, module in sys.modules.items() if getattr(module, "__file__", None)}
bytecode = {
    name: module.__cached__
    for name, module in loaded.items()
    if module.__file__.startswith(folders) and module.__file__.endswith((".py", ".pyc"))
}
json.dump({"compiled": compiled, "bytecode": bytecode}, sys.stdout)
