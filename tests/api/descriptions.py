"""Requests and answers held against an OpenAPI 3.1 description: README.md in this folder."""

import dataclasses
import json
import os
import pathlib
import re
import urllib.parse

import jsonschema
import referencing
import referencing.jsonschema
import yaml

FOLDER = pathlib.Path(__file__).resolve().parent
PUBLISHED = {"vast": "vast-openapi.yaml", "runpod": "runpod-rest-v2-openapi.json"}


def read(file):
    text = file.read_text(encoding="utf-8")
    return json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)


def restated(provider):
    return Description(provider, read(FOLDER / f"{provider}.yaml"))


def published(provider):
    """None where no folder with the published descriptions is named."""
    folder = os.environ.get("API_DESCRIPTIONS")
    if not folder or not (pathlib.Path(folder) / PUBLISHED[provider]).exists():
        return None
    return Description(provider, read(pathlib.Path(folder) / PUBLISHED[provider]))


def departures():
    return read(FOLDER / "departures.yaml")


@dataclasses.dataclass
class Exchange:
    """One request and its answer, as they went over the wire."""
    method: str
    path: str  # with the query
    status: int
    request: bytes = b""
    answer: bytes = b""
    kind: str = "application/json"


@dataclasses.dataclass(frozen=True)
class Breach:
    """Where an exchange breaks its description."""
    method: str
    path: str  # as described
    part: str  # request, answer or query
    at: str
    says: str = dataclasses.field(compare=False)


class Description:
    def __init__(self, provider, document):
        self.provider = provider
        self.document = document
        resource = referencing.Resource(contents=document, specification=referencing.jsonschema.DRAFT202012)
        self.registry = referencing.Registry().with_resource("urn:api", resource)

    def route(self, method, path):
        """The described path that a request's path is one of, or None. A slash at its end is none of it."""
        bare = urllib.parse.urlsplit(path).path.rstrip("/")
        for described, operations in self.document["paths"].items():
            pattern = re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(described))
            if method.lower() in operations and re.fullmatch(pattern, bare):
                return described
        return None

    def at(self, reference):
        found = self.document
        for step in reference.split("/")[1:]:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        return found

    def resolved(self, steps):
        """What stands there, through a reference if it is one."""
        found = self.document
        for step in steps:
            found = found[step]
        return self.at(found["$ref"]) if "$ref" in found else found

    def breaches_of(self, schema, value):
        schema = json.loads(json.dumps(schema).replace('"$ref": "#/', '"$ref": "urn:api#/'))
        validator = jsonschema.Draft202012Validator(schema, registry=self.registry)
        return [(error.json_path, error.message[:200]) for error in validator.iter_errors(value)]

    def check(self, exchange):
        """Every breach of the description in request and answer."""
        route = self.route(exchange.method, exchange.path)
        if route is None:
            return [Breach(exchange.method, exchange.path, "request", "$", "no such route")]
        found = []
        for part, check in (("query", self._query), ("request", self._request), ("answer", self._answer)):
            found += [Breach(exchange.method, route, part, re.sub(r"\[\d+\]", "[]", at) if part == "answer" else at, says)
                      for at, says in check(exchange, route)]
        return found

    def parameters(self, method, route):
        operations = self.document["paths"][route]
        listed = [*operations.get("parameters", []), *operations[method.lower()].get("parameters", [])]
        return [self.at(item["$ref"]) if "$ref" in item else item for item in listed]

    def _query(self, exchange, route):
        known = {item["name"]: item for item in self.parameters(exchange.method, route) if item["in"] == "query"}
        given = urllib.parse.parse_qsl(urllib.parse.urlsplit(exchange.path).query, keep_blank_values=True)
        for name, text in given:
            if name not in known:
                yield name, "no such parameter"
                continue
            schema = known[name]["schema"]
            for _, says in self.breaches_of(schema, in_query(schema, text)):
                yield name, says


    def _request(self, exchange, route):
        operation = self.document["paths"][route][exchange.method.lower()]
        if "requestBody" not in operation:
            return [("$", "a body where none is described")] if exchange.request else []
        steps = ["paths", route, exchange.method.lower(), "requestBody", "content", "application/json", "schema"]
        return self.breaches_of(self.resolved(steps), json.loads(exchange.request))

    def _answer(self, exchange, route):
        steps = ["paths", route, exchange.method.lower(), "responses"]
        listed = self.resolved(steps)
        status = str(exchange.status) if str(exchange.status) in listed else "default"
        if status not in listed:
            return [("$", f"an answer of status {exchange.status}, which is not described")]
        answer = self.resolved([*steps, status])
        content = answer.get("content", {})
        if not content:
            return [("$", "a body where none is described")] if exchange.answer else []
        if exchange.kind not in content:
            return [("type", f"an answer of status {exchange.status} of type {exchange.kind}, which is not described")]
        text = exchange.answer.decode()
        value = json.loads(text) if "json" in exchange.kind else text
        return self.breaches_of(content[exchange.kind]["schema"], value)

    # ---- one description inside another ----

    def properties(self, schema):
        """Property names with their schemas, through references and `allOf`."""
        schema = self.at(schema["$ref"]) if "$ref" in schema else schema
        found = dict(schema.get("properties", {}))
        for part in [*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])]:
            found.update(self.properties(part))
        return found

    def types(self, schema):
        """The JSON types that a schema allows; empty: it does not say."""
        schema = self.at(schema["$ref"]) if "$ref" in schema else schema
        if "enum" in schema or "const" in schema:
            return {json_type(value) for value in schema.get("enum", [schema.get("const")])}
        if "type" in schema:
            return set(schema["type"] if isinstance(schema["type"], list) else [schema["type"]])
        parts = [self.types(part) for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, [])]
        return set().union(*parts)

    def items(self, schema):
        schema = self.at(schema["$ref"]) if "$ref" in schema else schema
        return schema.get("items")


def in_query(schema, text):
    """A parameter's text as the value that its schema means."""
    if schema.get("type") == "array":
        return text.split(",")
    if schema.get("type") in ("integer", "number", "boolean"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def json_type(value):
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def beyond(ours, theirs, mine, published_schema, at="$"):
    """What our schema names and the published one has not, or types otherwise: (place, what)."""
    wide = theirs.types(published_schema)
    strange = ours.types(mine) - wide - ({"integer"} if "number" in wide else set())
    if wide and strange:
        yield at, f"{sorted(strange)}, published as {sorted(wide)}"
    known = theirs.properties(published_schema)
    for name, schema in ours.properties(mine).items():
        if name in known:
            yield from beyond(ours, theirs, schema, known[name], f"{at}.{name}")
        elif known:
            yield f"{at}.{name}", "not in the published description"
    if ours.items(mine) and theirs.items(published_schema):
        yield from beyond(ours, theirs, ours.items(mine), theirs.items(published_schema), f"{at}[]")
