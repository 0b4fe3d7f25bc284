"""Seeded templates: expressions of mixed types, statements that set, loop and choose, and tags with white space of every kind around them.
Many fail, as they do in Jinja2."""
import random

from features import VARIABLES

NAMES = ["n", "x", "t", "u", "e", "yes", "no", "nil", "l", "m", "d", "s", "people", "nothing"]
LITERALS = ["0", "1", "2", "-3", "1.5", "0.25", "'a'", "'b c'", "''", "'Zoë'", "true", "false", "none", "[]", "[1, 2, 3]", "['x', 'y']",
            "(1, 'a')", "{'a': 1}", "{'k': [1], 'j': 'v'}"]
FILTERS = ["trim", "upper", "lower", "length", "join", "join('-')", "default('dd')", "default('dd', true)", "first", "last", "list",
           "tojson", "string", "int", "float", "capitalize", "title", "sort", "reverse|list", "unique|list", "replace('a', 'bb')",
           "map('string')|list", "select|list", "reject('none')|list", "indent(2)", "d(1)", "dictsort", "items|list", "count",
           "tojson(indent=1)", "selectattr('name')|list", "map(attribute='a')|list"]
TESTS = ["defined", "undefined", "none", "string", "number", "integer", "float", "mapping", "sequence", "iterable", "boolean", "true",
         "false", "odd", "even"]
METHODS = ["strip()", "lstrip('aH')", "rstrip()", "split()", "split('l')", "startswith('H')", "endswith('d')", "upper()", "lower()",
           "replace('l', '')", "title()", "capitalize()", "find('o')", "get('a')", "get('q', 5)", "items()|list", "keys()|list",
           "values()|list"]
BINARY = ["+", "-", "*", "//", "%", "/", "~", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def choose(self, options):
        return self.random.choice(options)

    def expression(self, depth):
        if depth <= 0 or self.random.random() < 0.15:
            return self.choose(NAMES + LITERALS)
        kind = self.random.randrange(14)
        inner = lambda: self.expression(depth - 1)  # noqa: E731
        if kind <= 3:
            return f"{inner()} {self.choose(BINARY)} {inner()}"
        if kind == 4:
            return f"({inner()})"
        if kind <= 7:
            return f"({inner()})|{self.choose(FILTERS)}"
        if kind == 8:
            return f"({inner()}) is {self.choose(['', 'not '])}{self.choose(TESTS)}"
        if kind == 9:
            return f"({inner()}).{self.choose(METHODS)}"
        if kind == 10:
            bounds = [self.choose(["", "0", "1", "-1", "2", "-2", "7"]) for _ in range(2)]
            # Of a constant that has no slices Jinja2 swallows the error where it folds constants: a list has them.
            return f"{self.choose(NAMES + ['((' + inner() + ')|list)'])}[{bounds[0]}:{bounds[1]}{self.choose(['', ':-1', ':2', ':'])}]"
        if kind == 11:
            return f"({inner()})[{self.choose(['0', '-1', '1', repr('a'), repr('name'), '5'])}]"
        if kind == 12:
            return f"({inner()}).{self.choose(['a', 'name', 'age', 'zz', 'deep'])}"
        return f"({inner()} if {inner()} else {inner()})" if self.random.random() < 0.7 else f"[{inner()}, {inner()}]"

    def tag(self, text):
        begin, end = self.choose(["{%", "{%", "{%-", "{%+"]), self.choose(["%}", "%}", "-%}", "+%}"])
        return f"{begin} {text} {end}"

    def printed(self, text):
        return f"{self.choose(['{{', '{{', '{{-'])} {text} {self.choose(['}}', '}}', '-}}'])}"

    def space(self):
        parts = ["", " ", "\n", "\t", "w", "\n  ", "{# c #}", "{#- c -#}", "\r\n", "."]
        return "".join(self.choose(parts) for _ in range(self.random.randrange(4)))

    def name(self):
        return self.choose(["n", "t", "q", "r", "ns.a", "l"])

    def statements(self, depth, inLoop=False):
        parts = []
        for _ in range(self.random.randrange(1, 4)):
            parts.append(self.space())
            parts.append(self.statement(depth, inLoop))
        return "".join(parts) + self.space()

    def statement(self, depth, inLoop):
        kind = self.random.randrange(9 if depth > 0 else 4)
        if kind <= 1:
            inside = ["loop.index", "loop.last", "i", "loop.length"] if inLoop else []
            return self.printed(self.choose(["n", "t", "q", "r", "ns.a", "l"] + inside))
        if kind == 2:
            return self.printed(self.expression(1))
        if kind == 3:
            return self.tag(f"set {self.name()} = {self.choose(['n', 'q', 't', '1', repr('z'), 'r ~ 1', 'l'])}")
        if kind <= 5:
            choice = self.tag(f"if {self.expression(1)}") + self.statements(depth - 1, inLoop)
            if self.random.random() < 0.3:
                choice += self.tag(f"elif {self.expression(1)}") + self.statements(depth - 1, inLoop)
            if self.random.random() < 0.5:
                choice += self.tag("else") + self.statements(depth - 1, inLoop)
            return choice + self.tag("endif")
        if kind <= 7:
            sources = ["l", "s", "t[:2]", "m", "range(2)", "people|map(attribute='name')", "d"]
            loop = self.tag(f"for i in {self.choose(sources)}{self.choose(['', '', ' if i', ' if loop is defined'])}")
            loop += self.statements(depth - 1, True)
            if self.random.random() < 0.2:
                loop += self.tag(f"if i == {self.choose(['1', '3', repr('b')])}") + self.tag(self.choose(["break",
                "continue"])) + self.tag("endif")
            if self.random.random() < 0.3:
                loop += self.tag("else") + self.statements(depth - 1, inLoop)
            return loop + self.tag("endfor")
        return self.tag(f"set {self.choose(['q', 'r', 't'])}") + self.statements(depth - 1) + self.tag("endset")


def expressions(seed, count):
    generator = Generator(seed)
    return ["{{ " + generator.expression(generator.random.randrange(1, 4)) + " }}" for _ in range(count)]


def templates(seed, count):
    generator = Generator(seed)
    return ["{% set ns = namespace(a=1) %}" + generator.statements(3) for _ in range(count)]


__all__ = ["expressions", "templates", "VARIABLES"]
