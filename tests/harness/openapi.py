"""docs/openapi.yaml, and whether answers are as it says: the part of JSON Schema that it uses."""

import re

import yaml

from harness.centre import ROOT

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name in ("integer", "number"):
        numbers = int if name == "integer" else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class OpenApi:
    def __init__(self):
        self.root = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text(encoding="utf-8"))

    def resolve(self, node):
        while "$ref" in node:
            found = self.root
            for key in node["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            node = found
        return node

    def operations(self):
        """{(method, path)}"""
        return {(method.upper(), path) for path, item in self.root["paths"].items() for method in item}

    def schema_of(self, method, path, status):
        operation = self.root["paths"][path][method.lower()]
        answers = operation["responses"]
        answer = self.resolve(answers.get(str(status), answers["default"]))
        [(content_type, media)] = answer["content"].items()
        return content_type, media["schema"]

    def check(self, value, schema, place="answer"):
        """Every way in which a value isn't as the schema says."""
        schema = self.resolve(schema)
        known = {"type", "enum", "pattern", "properties", "required", "additionalProperties", "items",
                 "description", "minimum", "maximum", "default"}
        assert set(schema) <= known, set(schema) - known  # else it would be believed unchecked
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(value, name) for name in types):
            return [f"{place}: {value!r} is no {types}"]
        wrong = []
        if "enum" in schema and value not in schema["enum"]:
            wrong.append(f"{place}: {value!r} is none of {schema['enum']}")
        if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
            wrong.append(f"{place}: {value!r} doesn't fit {schema['pattern']}")
        if isinstance(value, list):
            for number, item in enumerate(value):
                wrong += self.check(item, schema.get("items", {}), f"{place}[{number}]")
        if isinstance(value, dict):
            properties = schema.get("properties", {})
            wrong += [f"{place}: {key} is missing" for key in schema.get("required", []) if key not in value]
            for key, item in value.items():
                if key in properties:
                    wrong += self.check(item, properties[key], f"{place}.{key}")
                elif schema.get("additionalProperties") is False:
                    wrong.append(f"{place}: {key} isn't documented")
        return wrong

    def expect(self, method, path, answer):
        content_type, schema = self.schema_of(method, path, answer.status)
        assert answer.headers["Content-Type"].startswith(content_type), answer.headers["Content-Type"]
        if content_type == "application/json":
            assert self.check(answer.json, schema) == []
