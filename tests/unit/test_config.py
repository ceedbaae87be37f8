"""gatepost.toml: what is read, what is expanded, what is refused, and what is kept secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.config import Configuration, SlackEntry, expand_text, read_configuration
from gatepost.errors import ConfigurationError
from gatepost.masking import MASK

WEBHOOK = "https://hooks.example/services/T0/B0/hunter2"


class Reader:
    """Writes a file and reads it, with an environment of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, text: str, **environment: str) -> Configuration:
        self.path.write_text(text, encoding="utf-8")
        return read_configuration(self.path, environment)

    def mistakes(self, text: str, **environment: str) -> list[str]:
        """What is wrong with a file, without its name."""
        with pytest.raises(ConfigurationError) as error:
            self(text, **environment)
        lines = str(error.value).splitlines()
        assert all(line.startswith("gatepost.toml: ") for line in lines)
        return [line.removeprefix("gatepost.toml: ") for line in lines]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "gatepost.toml")


def target(read: Reader, settings: str, **environment: str) -> Any:
    """The settings of one target."""
    entry = read(f"[targets.x]\n{settings}", **environment).targets["x"]
    assert entry.settings is not None, entry.unusable
    return entry.settings


def test_an_empty_file_configures_nothing(read: Reader) -> None:
    """Every part has a default, and the path is kept."""
    configuration = read("")
    assert configuration.path == read.path
    assert (dict(configuration.targets), dict(configuration.limits)) == ({}, {})
    assert configuration.slack is None


def test_a_file_says_targets_limits_and_channels(read: Reader) -> None:
    """Each in the form that the run uses."""
    configuration = read(
        """
        [targets.warehouse]
        kind = "database"
        url = "sqlite:///shop.sqlite"
        lock_timeout = "5 s"
        [targets.files]
        kind = "directory"
        path = "out"
        [limits]
        "shop.orders.late" = { target = 5 }
        "shop.orders.count" = { target = 5, alert = 9 }
        [slack]
        webhook = "${HOOK}"
        report_url = "https://reports.example"
        """,
        HOOK=WEBHOOK,
    )
    assert {name: entry.kind for name, entry in configuration.targets.items()} == {
        "warehouse": "database",
        "files": "directory",
    }
    assert configuration.limits == {
        "shop.orders.late": {"target": 5},
        "shop.orders.count": {"target": 5, "alert": 9},
    }
    assert configuration.slack == SlackEntry(WEBHOOK, "https://reports.example")


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("plain", "plain"),
        ("${A}", "one"),
        ("x${A}y${B}z", "xoneytwoz"),
        ("${A:-other}", "one"),
        ("${C:-other}", "other"),
        ("${EMPTY:-other}", "other"),
        ("${C:-}", ""),
        ("${C:-a:-b}", "a:-b"),
        ("$$", "$"),
        ("$${A}", "${A}"),
        ("$$${A}", "$one"),
        ("$A and 5 $", "$A and 5 $"),
    ],
)
def test_variables_are_expanded_as_in_a_shell(text: str, expanded: str) -> None:
    """A default stands in for what is not set, or empty; two dollar signs are one."""
    environment = {"A": "one", "B": "two", "EMPTY": ""}
    assert expand_text("here", text, environment) == expanded


@pytest.mark.parametrize("text", ["${C}", "x${C}y", "${EMPTY}", "${A}${C}"])
def test_a_variable_that_is_not_set_is_named(text: str) -> None:
    """With the place that needs it."""
    name = "EMPTY" if "EMPTY" in text else "C"
    with pytest.raises(
        ConfigurationError, match=f"^here: the environment variable {name} is not set$"
    ):
        expand_text("here", text, {"A": "one", "EMPTY": ""})


@pytest.mark.parametrize(
    "text", ["${", "${A", "${A-b}", "${A:b}", "${1A}", "${}", "${ A }", "${A:-${B}}"]
)
def test_what_only_looks_like_a_variable_is_refused(read: Reader, text: str) -> None:
    """Instead of being sent to a server as it stands."""
    said = "write ${NAME} or ${NAME:-default} for a variable, $$ for a dollar sign"
    with pytest.raises(ConfigurationError) as error:
        expand_text("here", text, {"A": "one", "B": "two"})
    assert str(error.value) == f"here: {said}"
    mistakes = read.mistakes(f"[targets.x]\nkind = 'directory'\npath = '{text}'", A="a", B="b")
    assert mistakes == [f"targets.x.path: {said}"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_doubled_dollar_signs_are_plain_text(text: str) -> None:
    """Whatever it is, it can be written."""
    assert expand_text("here", text.replace("$", "$$"), {}) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
def test_what_a_variable_holds_is_not_expanded_again(value: str) -> None:
    """A password may have any sign in it."""
    assert expand_text("here", "<${A}>", {"A": value}) == f"<{value}>"


def test_variables_are_expanded_at_any_depth(read: Reader) -> None:
    """In tables within a target, and by their own names."""
    settings = target(
        read,
        "kind = 'endpoint'\nurl = 'http://${HOST}'\n[targets.x.headers]\nAccept = '${TYPE:-a/b}'",
        HOST="api.example",
    )
    assert settings.url.get_secret_value() == "http://api.example"
    assert settings.headers["Accept"].get_secret_value() == "a/b"


def test_an_unset_variable_makes_its_target_unusable_only(read: Reader) -> None:
    """The file is right; what needs the target will say what is missing."""
    configuration = read(
        "[targets.x]\nkind = 'directory'\npath = '${NOWHERE}'\n"
        "[targets.y]\nkind = 'directory'\npath = 'out'\n"
    )
    assert configuration.targets["x"].settings is None
    assert configuration.targets["x"].unusable == (
        "targets.x.path: the environment variable NOWHERE is not set"
    )
    assert configuration.targets["y"].settings is not None
    assert configuration.targets["y"].unusable == ""


def test_a_target_can_be_absent_from_an_environment(read: Reader) -> None:
    """Then nothing else of it is looked at but its kind."""
    text = "[targets.x]\nkind = 'prometheus'\nurl = '${NOWHERE}'\nzebra = 1\nabsent = '${A:-}'"
    entry = read(text, A=" no\nPrometheus ").targets["x"]
    assert (entry.settings, entry.unusable, entry.absent) == (None, "", "no Prometheus")
    assert read.mistakes(text.replace("${NOWHERE}", "http://x"))[0].startswith("targets.x.zebra")


def test_a_target_with_an_empty_reason_is_there(read: Reader) -> None:
    """As where its variable is not set."""
    assert target(read, "kind = 'directory'\npath = 'out'\nabsent = '${A:-}'").path == "out"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("targets = 3", "targets: expected a table for each target, got 3"),
        ("limits = []", "limits: expected a table for each check id, got list"),
        ("[[targets]]", "targets: expected a table for each target, got list"),
        ("slack = 'https://hooks.example/hunter2'", "slack: expected a table, got str"),
        ("[target.x]", "target: unknown section; did you mean 'targets'?"),
        ("[zebra]", "zebra: unknown section"),
        ("x = 1", "x: unknown section"),
        ("[targets.class]\nkind = 'database'", "targets.class: a target's name becomes a fixture"),
        ("[targets.1st]\nkind = 'database'", "targets.1st: a target's name becomes a fixture"),
        ("[targets]\nx = 'hunter2'", "targets.x.kind: expected one of "),
        ("[targets.x]\nkind = 3", "targets.x.kind: expected one of "),
        ("[targets.x]\nkind = 'hosts'", "got 'hosts'; did you mean 'host'?"),
        ("[targets.x]\nkind = 'directory'", "targets.x.path: expected, but not given"),
        ("[targets.x]\nkind = 'zebra'\nabsent = 'none'", "targets.x.kind: expected one of "),
        ("[targets.x]\nkind = 'host'\nabsent = true", "targets.x.absent: expected the reason as"),
        ("[targets.x]\nkind = 'host'\nabsnt = ''", "absnt: unknown key; did you mean 'absent'?"),
        (
            "[targets.x]\nkind = 'directory'\npath = 'out'\npaht = 'hunter2'",
            "targets.x.paht: unknown key; did you mean 'path'?",
        ),
        (
            "[targets.x]\nkind = 'directory'\npath = 3",
            "path: input should be a valid string, got 3",
        ),
        ("[limits]\n'a.b' = 3", 'limits."a.b": expected target and alert, such as'),
        ("[limits.'a.b']", 'limits."a.b": expected target and alert, such as'),
        ("[limits.'a.b']\nalert = 3\nunit = '%'", 'limits."a.b": expected target and alert'),
        ("[slack]\nwebhook = []", "slack.webhook: expected the incoming webhook's URL"),
        ("[slack]\nwebhook = '${A}'", "slack.webhook: expected the incoming webhook's URL"),
        ("[slack]\nreport_url = 'https://x'", "slack.webhook: expected the incoming webhook's URL"),
        ("[slack]\nwebhook = '${H}'\nwebhok = 1", "slack.webhok: unknown key; did you mean 'webh"),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_is_expected(
    read: Reader, text: str, mistake: str
) -> None:
    """One mistake is one line; what was written is repeated only where it cannot be a secret."""
    mistakes = read.mistakes(text, A="hunter2", H=WEBHOOK)
    assert len(mistakes) == 1
    assert mistake in mistakes[0]
    assert "hunter2" not in mistakes[0]


def test_every_mistake_is_listed(read: Reader) -> None:
    """Sections, targets, limits and channels in one error."""
    mistakes = read.mistakes("[x]\n[targets.x]\nkind = 'y'\n[limits.z]\n[slack]\nwebhook = []\n")
    assert [mistake.partition(":")[0] for mistake in mistakes] == [
        "x",
        "targets.x.kind",
        'limits."z"',
        "slack.webhook",
    ]


@pytest.mark.parametrize("content", [b"[targets", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_says_so(read: Reader, content: bytes | None) -> None:
    """Broken TOML, another encoding, or a folder in its place."""
    if content is None:
        read.path.mkdir()
    else:
        read.path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"^gatepost\.toml: "):
        read_configuration(read.path, {})


SECRET_SETTINGS = {
    "a password in a URL": "url = 'postgresql://u:hunter2@h/${DB}'",
    "a password with a slash": "url = 'postgresql://u:hunter2/x@h/d'",
    "a token": "token = 'hunter2'",
    "a token with dollar signs": "token = 'hunter2$$x'",
    "a token that is a number": "token = 123456",
    "a header": "headers = { X-Api-Key = 'hunter2' }",
    "a secret key that nobody knows": "passphrase = 'hunter2'",
}


@pytest.mark.parametrize("settings", SECRET_SETTINGS.values(), ids=SECRET_SETTINGS)
def test_a_secret_in_the_file_is_refused_and_not_repeated(read: Reader, settings: str) -> None:
    """The message says where it belongs."""
    url = "" if settings.startswith("url") else "url = 'http://h'\n"
    mistakes = read.mistakes(f"[targets.x]\nkind = 'endpoint'\n{url}{settings}\n", DB="d")
    assert any(
        'a secret is written in the file; take it from the environment, as in "${NAME}"' in mistake
        for mistake in mistakes
    )
    assert not any("hunter2" in mistake or "123456" in mistake for mistake in mistakes)


@pytest.mark.parametrize(
    "settings",
    [
        "url = 'postgresql://${U}:${S}@h/d'",
        "url = 'postgresql://u:${S:-hunter3}@h/d'",
        "url = '${URL}'",
        "url = 'postgresql://u@h/d'",
    ],
)
def test_a_secret_from_the_environment_is_learnt(read: Reader, settings: str) -> None:
    """And masked from then on, in every spelling."""
    environment = {"U": "u", "S": "hunter%2F2", "URL": "postgresql://u:hunter%2F2@h/d"}
    configuration = read(f"[targets.x]\nkind = 'database'\n{settings}", **environment)
    masks = "u@h" not in settings
    assert (configuration.secrets.mask("is hunter/2") == f"is {MASK}") is masks


def test_a_wrong_value_that_holds_a_secret_is_shown_without_it(read: Reader) -> None:
    """What a variable brought in is masked in the message too."""
    mistakes = read.mistakes(
        "[targets.x]\nkind = 'endpoint'\nurl = '${URL}'\ntimeout = '${SECRET_URL}'",
        URL="hunter2",
        SECRET_URL="https://u:hunter2@h",
    )
    assert [mistake.split(":")[0] for mistake in mistakes] == ["targets.x.url", "targets.x.timeout"]
    assert not any("hunter2" in mistake for mistake in mistakes)


@pytest.mark.parametrize(
    ("environment", "slack"),
    [
        ({"HOOK": WEBHOOK, "REPORTS": "https://r"}, SlackEntry(WEBHOOK, "https://r")),
        ({"HOOK": WEBHOOK}, SlackEntry(WEBHOOK)),
        ({"REPORTS": "https://r"}, None),
        ({}, None),
    ],
)
def test_a_channel_is_set_up_where_its_webhook_is(
    read: Reader, environment: dict[str, str], slack: SlackEntry | None
) -> None:
    """On a developer's machine there is none; a missing link to the report silences nobody."""
    text = "[slack]\nwebhook = '${HOOK}'\nreport_url = '${REPORTS}'\n"
    configuration = read(text, **environment)
    assert configuration.slack == slack
    shown = configuration.secrets.mask(f"posting to {WEBHOOK}")
    assert shown == (f"posting to {MASK}" if slack else f"posting to {WEBHOOK}")
