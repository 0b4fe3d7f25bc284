"""Jinja2 with the options under which transformers renders chat templates, and a clock that stands still."""
import datetime
import json

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

NOW = datetime.datetime(2024, 7, 5, 15, 4, 9)


class Generation(jinja2.ext.Extension):
    """{% generation %} … {% endgeneration %}: a block that is written as it is."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("written"), [], [], body).set_lineno(line)

    def written(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    made = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                        extensions=[Generation, jinja2.ext.loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = NOW.strftime
    return made


ENVIRONMENT = environment()


def case(name, template, variables=None):
    """What a template makes of variables, whose keys come sorted: its output, or that it fails, with what it raises itself."""
    variables = json.loads(json.dumps(variables or {}, sort_keys=True))
    stated = {"name": name, "template": template, "variables": variables}
    try:
        stated["output"] = ENVIRONMENT.from_string(template).render(**variables)
    except jinja2.exceptions.TemplateError as error:
        raised = type(error) is jinja2.exceptions.TemplateError
        stated["refused"] = str(error) if raised else ""
    except Exception:  # what Python itself raises inside a template: a type without the operation, division by zero
        stated["refused"] = ""
    return stated
