"""Secrets: what counts as one, and that none survives in any spelling."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatepost.masking import MASK, Secrets, is_secret_key, password_of
from gatepost.wording import shorten

SECRETS = st.text(
    st.characters(codec="utf-8", exclude_characters="*…", exclude_categories=["Cc"]),
    min_size=3,
    max_size=12,
).filter(lambda text: len("".join(text.split())) > 2)
"""Three letters that are no white space at least; the mask's own characters left out."""


def quote_in_lower_case(secret: str) -> str:
    return "".join(
        f"%{byte:02x}" if byte > 127 or not chr(byte).isalnum() else chr(byte)
        for byte in secret.encode()
    )


def escape_quotes(secret: str) -> str:
    return secret.replace("\\", "\\\\").replace("'", "\\'")


SPELLINGS: list[Callable[[str], str]] = [
    str,
    quote,
    lambda secret: quote(secret, safe=""),
    lambda secret: quote(secret, safe=" +"),  # as SQLAlchemy writes passwords
    quote_plus,
    quote_in_lower_case,
    json.dumps,
    repr,
    escape_quotes,
    shorten,
    lambda secret: shorten(json.dumps(secret)),
]


@given(SECRETS, st.sampled_from(SPELLINGS), st.text(max_size=9), st.text(max_size=9))
@example("p@ss/w ord", quote, "", "")
@example("a\\b'c\"d", repr, "", "")
@example("grün%2f", json.dumps, "", "")
def test_a_secret_survives_in_no_spelling(
    secret: str, spell: Callable[[str], str], before: str, after: str
) -> None:
    """As it is, percent-encoded in any way, as JSON, as Python, or pressed into one line."""
    spelled = spell(secret).strip("\"'") if spell in (json.dumps, repr) else spell(secret)
    masked = Secrets([secret]).mask(f"{before} {spelled} {after}")
    assert MASK in masked
    assert spelled not in masked


def test_a_text_of_spaces_takes_no_time() -> None:
    """A secret with white space in it could be looked for in exponentially many ways."""
    begun = time.process_time()
    Secrets(["a b c"]).mask("a" + " " * 5_000 + "x://" + "y" * 50_000)
    assert time.process_time() - begun < 1


@given(SECRETS, st.text(max_size=9))
def test_a_secret_that_was_encoded_is_known_decoded_too(secret: str, around: str) -> None:
    """A password is written encoded into a URL, and shown decoded by whoever connects."""
    secrets = Secrets([quote(secret, safe="")])
    assert secret not in secrets.mask(f"{around} {secret} {around}")


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=5, max_size=30), st.data()
)
def test_a_secret_that_was_cut_off_is_masked(secret: str, data: st.DataObject) -> None:
    """A shortened text may end in the middle of one; three letters of it are too many."""
    kept = data.draw(st.integers(3, len(secret) - 1))
    masked = Secrets([secret]).mask(f"the token is {secret[:kept]}… and so on")
    assert masked == f"the token is {MASK}… and so on"
    assert Secrets([secret]).mask(f"{secret[:2]}…") == f"{secret[:2]}…"


def test_a_text_without_secrets_stays_as_it_is() -> None:
    """Byte by byte, whether secrets are known or not."""
    text = "3 of 4 rows at http://host:8080/path… say a@b.example"
    assert Secrets().mask(text) == text
    assert Secrets(["hunter2"]).mask(text) == text


def test_every_occurrence_is_masked_the_longest_secret_first() -> None:
    """A secret inside another one leaves nothing of the longer."""
    secrets = Secrets(["abc", "abcdef"])
    assert secrets.mask("abcdef, abc; xabcx") == f"{MASK}, {MASK}; x{MASK}x"
    secrets.add("xyz")
    assert secrets.mask("abc xyz") == f"{MASK} {MASK}"


@pytest.mark.parametrize("short", ["", "a", "ab", "%41%42"])
def test_what_is_too_short_is_no_secret(short: str) -> None:
    """It would blot out ordinary words; an encoded form counts by itself."""
    assert Secrets(["ab"]).mask("absolutely") == "absolutely"
    assert Secrets([short]).mask("AB is a cable") == "AB is a cable"
    assert Secrets(["abc"]).mask("abcx") == f"{MASK}x"


def test_a_secret_of_foreign_bytes_is_no_obstacle() -> None:
    """An environment variable may hold what is no UTF-8; Python shows it by lone surrogates."""
    assert Secrets(["pa\udcffss"]).mask("it is pa\udcffss") == f"it is {MASK}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://user:hunter2@host:5432/db", "postgresql://user:***@host:5432/db"),
        ("at redis://:hunter2@host failed", "at redis://:***@host failed"),
        ("mysql+pymysql://u:p@ss@host/x", "mysql+pymysql://u:***@host/x"),
        ("a://u:one@h and b://u:two@h", "a://u:***@h and b://u:***@h"),
        ("-x://u:hunter2@host", "-x://u:***@host"),
        ("postgresql://user:hunt…", "postgresql://user:***…"),
        ("http://host:8080/path@2", "http://host:8080/path@2"),
        ("http://user@host/x", "http://user@host/x"),
        ("http://host/a:b@c", "http://host/a:b@c"),
        ("mail me: a@b.example", "mail me: a@b.example"),
    ],
)
def test_the_password_of_any_url_is_masked(text: str, shown: str) -> None:
    """Even one that nobody told about; users, hosts, ports and paths stay."""
    assert Secrets().mask(text) == shown


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "db_passwd",
        "PASSPHRASE",
        "pass",
        "pwd",
        "client_secret",
        "token",
        "webhook",
        "api_key",
        "X-Api-Key",
        "apikey",
        "private_key",
        "access-key",
        "Authorization",
        "credentials",
        "Set-Cookie",
    ],
)
def test_a_setting_of_such_a_name_holds_a_secret(key: str) -> None:
    """In any case, with either separator."""
    assert is_secret_key(key)
    secrets = Secrets()
    secrets.learn(key, "hunter2")
    assert secrets.mask("is hunter2") == f"is {MASK}"


@pytest.mark.parametrize(
    "key", ["url", "kind", "bypass_cache", "passed", "key", "keyboard", "author"]
)
def test_other_settings_are_shown(key: str) -> None:
    """What is masked for nothing is missed at two in the morning."""
    assert not is_secret_key(key)
    secrets = Secrets()
    secrets.learn(key, "hunter2")
    assert secrets.mask("is hunter2") == "is hunter2"


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("postgresql://user:hunter2@host/db", "hunter2"),
        ("https://user:hunter2@host", "hunter2"),
        ("postgresql://user:p%40ss@host/db", "p%40ss"),
        ("postgresql://user:p@ss@host/db", "p@ss"),
        ("postgresql://user:p/w@host/db", "p/w"),
        ("postgresql+psycopg://user:p[w@host/db", "p[w"),
        ("redis://:hunter2@host", "hunter2"),
        ("postgresql://user@host/db", None),
        ("postgresql://host:5432/db", None),
        ("https://host:8080/users/@me", None),
        ("http://[host/path", None),
        ("user:hunter2@host", None),
        ("", None),
    ],
)
def test_a_password_is_found_where_the_driver_finds_it(url: str, password: str | None) -> None:
    """As written, and as SQLAlchemy reads what urllib does not."""
    assert password_of(url) == password


def test_a_password_in_a_url_is_learnt() -> None:
    """And is then masked outside of the URL too, encoded or not."""
    secrets = Secrets()
    secrets.learn("url", "postgresql://user:p%40ss%2Fword@host/db")
    assert secrets.mask("p@ss/word, p%40ss%2fword") == f"{MASK}, {MASK}"
