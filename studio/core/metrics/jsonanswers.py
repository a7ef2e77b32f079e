"""Answers that should be JSON: whether they are, and whether they have the form that is asked for.

Of JSON Schema these words are looked at: type, properties, required, additionalProperties, items,
enum, const, anyOf, allOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength,
maxLength, minItems, maxItems. ``pattern`` is left out on purpose: an expression from a file of
somebody else can run for ever. :func:`not_looked_at` names what a schema has besides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any] | bool

_FENCE = re.compile(r"\A\s*```[\w-]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_SAYS_NOTHING = {"title", "description", "default", "examples", "deprecated", "format"} | {
    f"${word}" for word in ("schema", "id", "comment")
}
_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
}
_LOOKED_AT = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf",
    "allOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
    "maxLength", "minItems", "maxItems",
}  # fmt: skip


class NotJson(ValueError):
    """A text that is not JSON."""


def parsed(text: str) -> Any:
    """Return the value that a text is as JSON; a fence of a code block around it is taken away.

    Raises:
        NotJson: it is none, or has numbers that JSON lacks.
    """
    fenced = _FENCE.match(text)
    try:
        return json.loads(fenced[1] if fenced else text, parse_constant=_refuse)
    except (ValueError, RecursionError) as err:
        raise NotJson(str(err)) from err


def is_json(text: str) -> float:
    """Return 1 if a text is JSON."""
    try:
        parsed(text)
    except NotJson:
        return 0.0
    return 1.0


def fits_schema(text: str, schema: Schema) -> float:
    """Return 1 if a text is JSON of the schema's form."""
    try:
        return float(_fits(parsed(text), schema))
    except (NotJson, RecursionError):
        return 0.0


def schema_of(reference: str) -> Schema:
    """Return the form of a reference: its kinds, its keys, all of them required and no others.

    Raises:
        NotJson: the reference is not JSON.
    """
    return _form(parsed(reference))


def are_json(references: list[str]) -> bool:
    """Return whether answers should be JSON: all references are objects or lists."""
    return bool(references) and all(
        text.lstrip()[:1] in ("{", "[", "`") and is_json(text) for text in references
    )


def not_looked_at(schema: Any) -> list[str]:
    """Return the words of a schema that are not looked at, sorted."""
    found: set[str] = set()
    _collect(schema, found)
    return sorted(found)


def fault_of_schema(schema: Any) -> str:
    """Return why answers cannot be held against a schema, as the end of a sentence; empty if they can."""
    if isinstance(schema, bool):
        return ""
    if not isinstance(schema, Mapping):
        return "it holds what is no schema where one should stand"
    for word, (said, fits) in _WRITTEN_AS.items():
        if word in schema and not fits(schema[word]):
            return f"{word} is not {said}"
    faults = (fault for each in _below(schema) if (fault := fault_of_schema(each)))
    return next(faults, "")


def _below(schema: Mapping[str, Any]) -> list[Any]:
    """Return the schemas that stand in one."""
    below = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
    below += schema.get("properties", {}).values()
    return below + [schema[word] for word in ("items", "additionalProperties") if word in schema]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_kind(value: Any) -> bool:
    kinds = value if isinstance(value, list) else [value]
    return all(isinstance(kind, str) for kind in kinds)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and _is_kind(value)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


_WRITTEN_AS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "type": ("a name or a list of names", _is_kind),
    "properties": ("an object", _is_object),
    "required": ("a list of names", _are_names),
    **dict.fromkeys(("enum", "anyOf", "allOf"), ("a list", _is_list)),
    **dict.fromkeys(
        (
            *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
            *("minLength", "maxLength", "minItems", "maxItems"),
        ),
        ("a number", _is_number),
    ),
}
"""How the words that are looked at have to be written, and whether they are."""


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _collect(schema: Any, found: set[str]) -> None:
    if not isinstance(schema, Mapping):
        return
    found |= set(schema) - _LOOKED_AT - _SAYS_NOTHING
    below = [*schema.get("anyOf", ()), *schema.get("allOf", ()), schema.get("items")]
    properties = schema.get("properties", {})
    below += [*properties.values()] if isinstance(properties, Mapping) else []
    for each in (*below, schema.get("additionalProperties")):
        _collect(each, found)


def _form(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        properties = {key: _form(item) for key, item in value.items()}
        return {
            "type": "object",
            "properties": properties,
            "required": sorted(properties),
            "additionalProperties": False,
        }
    if isinstance(value, list):
        forms = (
            [
                form
                for at, form in enumerate(map(_form, value))
                if form not in [_form(item) for item in value[:at]]
            ]
            if len(value) <= 20
            else []
        )
        return {"type": "array"} | ({"items": {"anyOf": forms}} if forms else {})
    return {"type": _kind(value)}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return next(name for name, kinds in _KINDS.items() if isinstance(value, kinds))


def _fits(value: Any, schema: Any) -> bool:
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, Mapping):
        return False
    return (
        _fits_kind(value, schema.get("type"))
        and ("enum" not in schema or any(_same(value, each) for each in schema["enum"]))
        and ("const" not in schema or _same(value, schema["const"]))
        and all(_fits(value, each) for each in schema.get("allOf", ()))
        and ("anyOf" not in schema or any(_fits(value, each) for each in schema["anyOf"]))
        and _fits_size(value, schema)
        and (not isinstance(value, dict) or _fits_object(value, schema))
        and (not isinstance(value, list) or _fits_items(value, schema))
    )


def _fits_kind(value: Any, wanted: Any) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, list):
        return any(_fits_kind(value, each) for each in wanted)
    if wanted in ("number", "integer"):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return _is_number(value) and (wanted == "number" or whole)
    return isinstance(value, _KINDS.get(wanted, ()))


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same in JSON, where true is not 1."""
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)


def _fits_size(value: Any, schema: Mapping[str, Any]) -> bool:
    if _is_number(value):
        return bool(
            value >= schema.get("minimum", value)
            and value <= schema.get("maximum", value)
            and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
            and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        )
    if not isinstance(value, str | list):
        return True
    kind, size = "Length" if isinstance(value, str) else "Items", len(value)
    return bool(schema.get(f"min{kind}", size) <= size <= schema.get(f"max{kind}", size))


def _fits_object(value: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    return all(key in value for key in schema.get("required", ())) and all(
        _fits(item, known.get(key, others)) for key, item in value.items()
    )


def _fits_items(value: list[Any], schema: Mapping[str, Any]) -> bool:
    form = schema.get("items", True)
    return all(_fits(item, form) for item in value)
