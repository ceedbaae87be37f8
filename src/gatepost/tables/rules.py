"""A pandera schema, read as a list of rules.

What is stored is what is judged: parsers, coercion, defaults and added columns
of a schema change data before they are checked, and are not applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from gatepost.errors import DeclarationError
from gatepost.tables.expressions import expression_of
from gatepost.wording import shorten

if TYPE_CHECKING:
    from pandera.pandas import Check, Column, DataFrameModel, DataFrameSchema, Index


class Kind(Enum):
    """What a rule is about."""

    PRESENT = auto()
    DTYPE = auto()
    NOT_NULL = auto()
    UNIQUE = auto()
    FILLED = auto()
    CHECK = auto()
    STRICT = auto()
    ORDERED = auto()
    NAMES_UNIQUE = auto()
    ROWS_UNIQUE = auto()
    ROWS_CHECK = auto()


_ON_COLUMN_NAMES = (Kind.PRESENT, Kind.STRICT, Kind.ORDERED, Kind.NAMES_UNIQUE)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule of a schema; equal to the same rule read again from the same schema.

    `label` is its name in ids and tolerances ("title str_length"), `what` its
    words with arguments ("str_length(min_value=1)"). `column` is the name, or
    the pattern of a regex column, of the `field` it is on; None for a rule on
    the whole table, where `names` are the columns that have to be unique
    together.
    """

    kind: Kind
    label: str
    what: str
    schema: DataFrameSchema
    column: str | None = None
    field: Column | Index | None = None
    check: Check | None = None
    names: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[object, ...]:
        # pandera holds two lambdas to be equal when they differ in a constant only.
        of_pandera = map(id, (self.schema, self.field, self.check))
        return (self.kind, self.label, self.what, self.column, self.names, *of_pandera)

    @property
    def text(self) -> str:
        """The rule in words that stand alone: "title str_length(min_value=1)"."""
        return self.what if self.column is None else f"{self.column} {self.what}"

    @property
    def needs_rows(self) -> bool:
        """Whether it is on what the rows hold, so that an empty table says nothing of it."""
        return self.kind not in _ON_COLUMN_NAMES

    @property
    def expression(self) -> Callable[[Any], Any] | None:
        """The author's SQL expression, where the rule's check is one."""
        return None if self.check is None else expression_of(self.check)

    @property
    def only_warns(self) -> bool:
        """Whether its author asked pandera for a warning instead of a failure."""
        return self.check is not None and bool(self.check.raise_warning)


def as_schema(model: type[DataFrameModel] | DataFrameSchema) -> DataFrameSchema:
    """The schema of a model.

    Raises DeclarationError for what is no pandera model for pandas, and for
    the few things in one that cannot be judged rule by rule.
    """
    from pandera.engines.pandas_engine import PydanticModel
    from pandera.errors import SchemaDefinitionError, SchemaInitError
    from pandera.pandas import DataFrameModel, DataFrameSchema, MultiIndex

    name = getattr(model, "__name__", None) or getattr(model, "name", None) or "the schema"
    if isinstance(model, type) and issubclass(model, DataFrameModel):
        try:
            schema = model.to_schema()
        except (SchemaInitError, SchemaDefinitionError, TypeError, ValueError) as error:
            raise DeclarationError(
                f"conforms_to: pandera refuses {name}: {shorten(str(error))}"
            ) from error
    elif isinstance(model, DataFrameSchema):
        schema = model
    else:
        raise DeclarationError(
            f"conforms_to takes a DataFrameModel class or a DataFrameSchema of pandera.pandas, "
            f"got {shorten(repr(model), 80)}"
        )
    if isinstance(schema.index, MultiIndex):
        raise DeclarationError(f"{name} has a MultiIndex; declare its levels as columns")
    if isinstance(schema.dtype, PydanticModel):
        raise DeclarationError(f"{name} has a pydantic model as its dtype; declare columns")
    return schema


def rules_of(schema: DataFrameSchema) -> tuple[Rule, ...]:
    """All rules of a schema: column by column, then those on the whole table.

    Raises DeclarationError when there are none.
    """
    rules = [*_column_rules(schema), *_table_rules(schema)]
    if not rules:
        raise DeclarationError(f"{schema.name or 'the schema'} declares no rule at all")
    seen: Counter[str] = Counter()
    numbered = []
    for rule in rules:
        seen[rule.label] += 1
        place = seen[rule.label]
        numbered.append(replace(rule, label=f"{rule.label} {place}") if place > 1 else rule)
    return tuple(numbered)


def keys_of(schema: DataFrameSchema) -> tuple[str, ...]:
    """The columns that identify a row: the unique ones, or the index, or the first column."""
    together = _together(schema)
    if together:
        return together[0]
    unique = tuple(str(name) for name, field in schema.columns.items() if field.unique)
    if unique:
        return unique
    if schema.index is not None and schema.index.name is not None:
        return (str(schema.index.name),)
    return tuple(str(name) for name in schema.columns)[:1]


def dtype_of(schema: DataFrameSchema, field: Any) -> Any:
    """The dtype a field is held to: the schema's own goes before the field's."""
    return schema.dtype if schema.dtype is not None else field.dtype


def _column_rules(schema: DataFrameSchema) -> Iterator[Rule]:
    fields: list[tuple[str, Any]] = [(str(name), field) for name, field in schema.columns.items()]
    if schema.index is not None:
        fields.append((str(schema.index.name or "index"), schema.index))
    for column, field in fields:
        for kind, name, what, check in _parts(schema, field):
            yield Rule(kind, f"{column} {name}", what, schema, column, field, check)


def _parts(schema: DataFrameSchema, field: Any) -> Iterator[tuple[Kind, str, str, Check | None]]:
    # An index has no `required`; one without a name is there in every frame.
    if getattr(field, "required", field.name is not None):
        yield Kind.PRESENT, "present", "present", None
    dtype = dtype_of(schema, field)
    if dtype is not None:
        yield Kind.DTYPE, "dtype", f"dtype({dtype})", None
    if not field.nullable:
        yield Kind.NOT_NULL, "not null", "not null", None
    if field.unique:
        yield Kind.UNIQUE, "unique", "unique", None
    for check in field.checks:
        yield Kind.CHECK, _name(check), _words(check), check


def _table_rules(schema: DataFrameSchema) -> Iterator[Rule]:
    # strict="filter" drops what the model does not know, and claims nothing of it.
    if schema.strict is True:
        yield Rule(Kind.STRICT, "columns strict", "columns strict", schema)
    if schema.ordered:
        yield Rule(Kind.ORDERED, "columns ordered", "columns ordered", schema)
    if schema.unique_column_names:
        yield Rule(Kind.NAMES_UNIQUE, "columns unique", "columns unique", schema)
    for names in _together(schema):
        what = f"unique {', '.join(names)}"
        yield Rule(Kind.ROWS_UNIQUE, what, what, schema, names=names)
    for check in schema.checks:
        yield Rule(Kind.ROWS_CHECK, _name(check), _words(check), schema, check=check)


def _together(schema: DataFrameSchema) -> list[tuple[str, ...]]:
    unique: Any = schema.unique or []
    if unique and all(isinstance(name, str) for name in unique):
        return [tuple(unique)]
    return [tuple(names) for names in unique]


def _name(check: Check) -> str:
    return "check" if not check.name or check.name == "<lambda>" else check.name


def _words(check: Check) -> str:
    name, own = _name(check), check.error or ""
    builtin = check.registry_name
    if builtin and (not own or own.startswith(f"{builtin}(")):
        arguments = check.statistics or {}
        # Neither what is not bounded, nor that a bound is inclusive, is worth saying.
        given = [
            f"{key}={value!r}"
            for key, value in arguments.items()
            if value is not None and value is not True
        ]
        # pandera's text has a single argument as the author wrote it, not as a set.
        said = own if len(arguments) == 1 and own else f"{builtin}({', '.join(given)})"
        return shorten(said, 120)
    return shorten(f"{name} ({own})", 120) if own else name
