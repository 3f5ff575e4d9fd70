"""The engine as it is set up: bounded in time whatever is sent, with errors that name places and no values."""

import socket
import time

import pytest

from iafa_api.domain.event_schema import FORMATS, EventSchema, require_bounds
from iafa_api.errors import InvalidInput
from iafa_api.ingest import schema_engine
from iafa_api.ingest.schema_engine import CompiledSchema, SchemaCompiler, errors_of, make_validator


def compiled(schema, **fields):
    return CompiledSchema(schema_of(schema, **fields), make_validator(schema))


def schema_of(schema, mode="observe", version=1):
    return EventSchema("id", "project", "buy", schema, mode, version)


def seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def test_faults_name_the_place_and_the_rule_and_no_value():
    schema = compiled(
        {
            "properties": {"a": {"type": "number"}, "l": {"items": {"maxLength": 3}}, "e": {"enum": ["x", "y"]}},
            "required": ["b"],
            "additionalProperties": False,
        }
    )
    properties = {"a": "secret", "l": ["ok", "secret"], "e": "secret", "z": "secret"}
    assert not schema.is_valid(properties)
    faults = schema.faults(properties)
    assert {(fault.place, fault.rule) for fault in faults} == {
        ("properties.a", "type"),
        ("properties.l.1", "maxLength"),
        ("properties.e", "enum"),
        ("properties.b", "required"),
        ("properties.z", "additionalProperties"),
    }
    assert schema.first_rule(properties) == schema.first_rule(properties)
    assert schema.first_rule(properties) in {fault.rule for fault in faults}
    errors = errors_of(faults)
    assert errors["properties.b"] == ["Missing data for required field."]
    assert errors["properties.z"] == ["Unknown field."]
    assert errors["properties.e"] == ['The value is not one of "x" or "y".']
    assert "secret" not in str(errors)


def test_what_allows_nothing_says_so():
    fault = compiled({"properties": {"a": False}}).faults({"a": 1})[0]
    assert fault == ("properties.a", "falseSchema", "Nothing is allowed here.")


def test_the_first_rule_of_what_is_valid_is_nobodys_question():
    with pytest.raises(ValueError, match="valid"):
        compiled({}).first_rule({})


def test_what_is_told_of_one_event_is_bounded():
    schema = compiled({"properties": {"a": {}}, "additionalProperties": False})
    faults = schema.faults({f"{n:0500}": n for n in range(1000)})
    assert len(faults) == 10
    assert max(len(fault.place) for fault in faults) == 200
    many = compiled({"properties": {"a": {"enum": ["x" * 100] * 1 + [f"{n:0100}" for n in range(300)]}}})
    assert len(many.faults({"a": 1})[0].message) <= 201


def test_very_large_properties_are_told_one_fault_of_soon():
    schema = compiled({"properties": {"l": {"items": {"anyOf": [{"const": n} for n in range(98)]}}}})
    properties = {"l": [1000] * 30_000}
    assert seconds(lambda: schema.faults(properties)) < 2
    assert len(schema.faults(properties)) == 1
    assert len(schema.faults({"l": [1000] * 5})) == 5
    assert len(schema.faults({"l": [1000] * 5}, is_brief=True)) == 1
    shared = {"properties": {"l": {"items": {"$ref": "#/$defs/a"}}}, "$defs": {"a": {"anyOf": [{"const": 1}] * 98}}}
    assert len(compiled(shared).faults({"l": [1000] * 60})) == 1, "what a $ref leads to counts where it is used"


def test_the_most_that_a_schema_may_ask_of_the_largest_event_takes_a_moment():
    every = {"allOf": [{"minimum": n} for n in range(-98, 0)]}
    number = {"enum": [n + 0.5 for n in range(98)]}
    for items, value in ((every, 7), (number, 97.5), ({"enum": [str(n) for n in range(5000)]}, "4999")):
        rules = {"properties": {"l": {"items": items}}}
        require_bounds(rules)
        schema = compiled(rules)
        assert seconds(lambda: schema.is_valid({"l": [value] * (90_000 // len(str(value)))})) < 5, items  # noqa: B023


def test_no_pattern_takes_exponential_time():
    schema = compiled({"properties": {"a": {"pattern": "^(a+)+$"}, "b": {"pattern": "(x+x+)+y"}}})
    properties = {"a": "a" * 90_000 + "b", "b": "x" * 90_000}
    assert seconds(lambda: schema.is_valid(properties)) < 1


@pytest.mark.parametrize("format_name", sorted(FORMATS))
def test_no_format_takes_longer_than_its_text(format_name):
    validator = make_validator({"properties": {"a": {"format": format_name}}})
    units = ("a", "a.", "a@", "%41", ":", "1", "[", "1D", "xn--", "ü", "(", "-", "/", "2026-01-01T")
    texts = [unit * (100_000 // len(unit.encode())) for unit in units]
    assert seconds(lambda: [validator.is_valid({"a": text}) for text in texts]) < 1


@pytest.mark.parametrize("pattern", [r"(?=a)", r"(a)\1", r"(?<!a)b", "(a{1000}){1000}", "["])
def test_a_pattern_that_could_take_long_is_none(pattern):
    with pytest.raises(InvalidInput, match="look-around"):
        make_validator({"properties": {"a": {"pattern": pattern}}})


def test_nothing_is_fetched(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    with socket_listening_nowhere() as port:
        for ref in (f"http://127.0.0.1:{port}/a.json", "file:///etc/passwd", "other.json"):
            with pytest.raises(InvalidInput) as caught:
                make_validator({"$ref": ref})
            assert "passwd" not in caught.value.message or "disabled" in caught.value.message


class socket_listening_nowhere:
    """A port that nobody may knock at: whoever does, waits in its queue and is seen."""

    def __enter__(self):
        self._socket = socket.SocketType(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self._socket.setblocking(False)
        return self._socket.getsockname()[1]

    def __exit__(self, *_):
        with pytest.raises(BlockingIOError):
            self._socket._accept()
        self._socket.close()


def test_a_schema_is_compiled_once_while_it_stays_the_same(monkeypatch):
    monkeypatch.setattr(schema_engine, "COMPILED_MAX", 2)
    made = []
    monkeypatch.setattr(schema_engine, "make_validator", lambda schema: made.append(schema) or make_validator(schema))
    compiler = SchemaCompiler()
    first, second, third = {"minProperties": 1}, {"minProperties": 2}, {"minProperties": 3}
    assert compiler.compile(schema_of(first)).is_valid({"a": 1})
    assert compiler.compile(schema_of(first, mode="warn", version=2)).schema.mode == "warn"
    assert made == [first]
    assert not compiler.compile(schema_of(second)).is_valid({"a": 1})
    compiler.compile(schema_of(third))
    compiler.compile(schema_of(first))
    assert made == [first, second, third, first], "the oldest makes room"
