#!/usr/bin/env python3
"""Writes data/*.json: templates with what Jinja2 makes of them. Needs python3-jinja2 alone. Run: state.py"""
import json
import os

from features import EXPRESSIONS, FILTERS, METHODS, STATEMENTS, VARIABLES, WHITE_SPACE
from generated import expressions, templates
from reference import case
from styles import CONVERSATIONS, STYLES, TOKENS, VARIANTS

HERE = os.path.dirname(os.path.abspath(__file__))


def styles():
    for style, template in STYLES.items():
        for talk, messages in CONVERSATIONS.items():
            for variant, more in VARIANTS.items():
                yield case(f"{style}/{talk}/{variant}", template, {"messages": messages, **TOKENS, **more})


def features():
    written = {"white space": WHITE_SPACE, "statement": STATEMENTS}
    written.update({kind: ["{{ " + one + " }}" for one in some] for kind, some in
                    {"expression": EXPRESSIONS, "filter": FILTERS, "method": METHODS}.items()})
    for kind, some in written.items():
        for template in some:
            yield case(kind, template, VARIABLES)


def generated():
    for template in expressions(7, 500):
        yield case("expression", template, VARIABLES)
    for template in templates(8, 300):
        yield case("template", template, VARIABLES)


def write(name, cases, templates=None, variables=None):
    """Templates and variables that many cases share stand once: a case names its template."""
    document = {}
    if templates:
        document["templates"] = templates
        names = {template: style for style, template in templates.items()}
        cases = [{**one, "template": names[one["template"]]} for one in cases]
    if variables:
        document["variables"] = json.loads(json.dumps(variables, sort_keys=True))
        cases = [{key: value for key, value in one.items() if key != "variables"} for one in cases]
    head = "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in document.items())
    with open(os.path.join(HERE, "data", name), "w") as file:
        file.write("{" + head + '"cases": [\n' + ",\n".join(json.dumps(one) for one in cases) + "\n]}\n")


def main():
    os.makedirs(os.path.join(HERE, "data"), exist_ok=True)
    write("styles.json", styles(), templates=STYLES)
    write("features.json", features(), variables=VARIABLES)
    write("generated.json", generated(), variables=VARIABLES)


if __name__ == "__main__":
    main()
