"""Every small mistake that could be made in a module: one change to its text for each.

Conditions of DynamoDB: each is made its own opposite, and each of its clauses always true and never true.
Limits, numbers and spans of time in capitals at the top of a module: ten times as much, and nothing.
Comparisons: the edge, or the opposite. `and` and `or` change places, and `not` goes.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

ALWAYS = "attribute_exists(pk) OR attribute_not_exists(pk)"
NEVER = "attribute_exists(pk) AND attribute_not_exists(pk)"

COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}

CONDITION = re.compile(r" (=|<>|<|<=|>|>=|IN|BETWEEN) |attribute_(not_)?exists\(|begins_with\(|contains\(")
CONJUNCTION = re.compile(r"\s+(?:AND|OR)\s+")
CONDITION_ARGUMENTS = frozenset({"ConditionExpression", "FilterExpression"})


@dataclass(frozen=True)
class Mutation:
    """One change to a module.

    Attributes:
        scope: The function or class it is in, dotted, or the constant that it changes.
        line: What stands there before, whole.
        change: What becomes of what.
        number: Counts those that would be called the same.
        lines: The numbers of the first and last line that are changed.
        statement: The number of the line that its statement begins in.
        name: The constant that it changes, whose users then do something else.
        start, end: The characters that `text` takes the place of.
    """

    file: str
    scope: str
    line: str
    change: str
    lines: tuple[int, int]
    statement: int
    start: int
    end: int
    text: str
    name: str | None = None
    number: int = 1

    @property
    def title(self) -> str:
        """Name it, whatever is written above it."""
        again = f" ({self.number})" if self.number > 1 else ""
        return f"{self.file} {self.scope}: {self.line} [{self.change}]{again}"

    def applied(self, source: str) -> str:
        """Give the module's text with the change."""
        return source[: self.start] + self.text + source[self.end :]


def mutations(file: str, source: str) -> list[Mutation]:
    """Give every mutation of a module that still compiles, in the order of its lines."""
    found = sorted(_Module(file, source).mutations(), key=lambda each: (each.start, each.change))
    seen: Counter[str] = Counter()
    numbered = []
    for each in found:
        seen[each.title] += 1
        numbered.append(replace(each, number=seen[each.title]))
    return [each for each in numbered if _compiles(each.applied(source))]


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Module:
    """A module's text, and where in it each node of its tree stands."""

    def __init__(self, file: str, source: str) -> None:
        self._file = file
        self._source = source
        self._lines = source.splitlines(keepends=True)
        self._statement = 0
        self._constant: str | None = None
        self._begins = [0]
        for line in self._lines:
            self._begins.append(self._begins[-1] + len(line))

    def mutations(self) -> Iterator[Mutation]:
        tree = ast.parse(self._source)
        for node in tree.body:
            self._statement = node.lineno
            self._constant = _assigned(node)
            yield from self._of_assignment(node)
            yield from self._of_statements(node, "")

    # -- constants ------------------------------------------------------------------------------------

    def _of_assignment(self, node: ast.stmt) -> Iterator[Mutation]:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from self._of_constant(name, value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for each, value in zip(names, values, strict=False):
                    yield from self._of_constant(ast.unparse(each), value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield from self._of_constant(name, value)

    def _of_constant(self, name: str, value: ast.expr) -> Iterator[Mutation]:
        if name.isupper():
            for each in _numbers(value):
                yield self._mutation(each, name, "x 10", f"({self._text(each)}) * 10", name=name)
                yield self._mutation(each, name, "x 0", f"({self._text(each)}) * 0", name=name)
        elif isinstance(value, ast.Constant) and _is_condition(value.value):
            yield from self._of_condition(value, name, name=name)

    def _of_condition(self, node: ast.Constant, scope: str, name: str | None) -> Iterator[Mutation]:
        """Change a condition as a whole, and each clause of it."""
        whole = str(node.value)
        yield self._mutation(node, scope, "its opposite", repr(f"NOT ({whole})"), name=name)
        bounds = [0, *(at for each in CONJUNCTION.finditer(whole) for at in each.span()), len(whole)]
        for start, end in zip(bounds[::2], bounds[1::2], strict=True):
            start += len(whole[start:end]) - len(whole[start:end].lstrip("("))  # noqa: PLW2901 - inside them
            clause = whole[start:end]
            while clause.count(")") > clause.count("("):
                clause = clause[:-1]
            for word, change in (
                ("always true", f"({clause} OR {ALWAYS})"),
                ("never true", f"({clause} AND {NEVER})"),
            ):
                changed = whole[:start] + change + whole[start + len(clause) :]
                yield self._mutation(node, scope, f"{clause}: {word}", repr(changed), name=name)

    # -- everything else ------------------------------------------------------------------------------

    def _of_statements(self, node: ast.AST, scope: str) -> Iterator[Mutation]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scope = f"{scope}.{node.name}" if scope else node.name
        if isinstance(node, ast.stmt):
            self._statement = node.lineno
        if isinstance(node, ast.Assert):
            return
        yield from self._of_node(node, scope)
        for child in ast.iter_child_nodes(node):
            yield from self._of_statements(child, scope)

    def _of_node(self, node: ast.AST, scope: str) -> Iterator[Mutation]:
        match node:
            case ast.Compare():
                yield from self._of_comparison(node, scope)
            case ast.BoolOp():
                yield from self._of_operator(node, scope)
            case ast.UnaryOp(op=ast.Not()):
                start, end = self._span(node)
                inner = self._source[start:end].removeprefix("not").lstrip()
                yield self._mutation(node, scope, "without `not`", inner)
            case ast.keyword(arg=str() as name, value=ast.Constant() as value):
                if name in CONDITION_ARGUMENTS and _is_condition(value.value):
                    yield from self._of_condition(value, scope, name=None)

    def _of_comparison(self, node: ast.Compare, scope: str) -> Iterator[Mutation]:
        operands = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, operands, operands[1:], strict=False):
            before, after = COMPARISONS[type(operator)]
            yield self._between(left, right, scope, before, after)

    def _of_operator(self, node: ast.BoolOp, scope: str) -> Iterator[Mutation]:
        before, after = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield self._between(left, right, scope, before, after)

    def _between(self, left: ast.expr, right: ast.expr, scope: str, before: str, after: str) -> Mutation:
        """Change an operator, which stands between two operands."""
        (_, start), (end, _) = self._span(left), self._span(right)
        gap = self._source[start:end]
        at = start + gap.index(before)
        return self._at(
            (at, at + len(before)), (left.end_lineno or 0, right.lineno), scope, f"{before} -> {after}", after
        )

    # -- places ---------------------------------------------------------------------------------------

    def _mutation(
        self, node: ast.expr, scope: str, change: str, text: str, *, name: str | None = None
    ) -> Mutation:
        lines = node.lineno, node.end_lineno or node.lineno
        return self._at(self._span(node), lines, scope, change, text, name=name)

    def _at(
        self,
        span: tuple[int, int],
        lines: tuple[int, int],
        scope: str,
        change: str,
        text: str,
        *,
        name: str | None = None,
    ) -> Mutation:
        line = " ".join(part.strip() for part in self._lines[lines[0] - 1 : lines[1]])
        return Mutation(
            self._file,
            scope or "-",
            line,
            change,
            lines,
            self._statement,
            *span,
            text,
            name or self._constant,
        )

    def _span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        """Turn a place as `ast` gives it, whose columns count bytes, into a number of characters."""
        return self._begins[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self._source[start:end]


def _assigned(node: ast.stmt) -> str | None:
    """Name what a statement at the top of a module assigns to: it is executed by no test, its users are."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return None


def _numbers(node: ast.expr) -> Iterator[ast.expr]:
    """Give the numbers and spans of time in a constant's value, each as large as it can be."""
    match node:
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Dict(values=elements):
            for each in elements:
                yield from _numbers(each)
        case ast.Call(func=ast.Name(id="timedelta")):
            yield node
        case ast.Constant() | ast.BinOp() | ast.UnaryOp() if _is_number(node):
            yield node


def _is_number(node: ast.expr) -> bool:
    """Say whether an expression is made of numbers alone."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.BinOp(left=left, right=right):
            return _is_number(left) and _is_number(right)
        case ast.UnaryOp(operand=operand):
            return _is_number(operand)
        case _:
            return False


def _is_condition(value: object) -> bool:
    return isinstance(value, str) and "\n" not in value and bool(CONDITION.search(f" {value} "))
