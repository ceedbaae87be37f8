"""Which checks a name stands for, where they are looked for, and what is near to a wrong name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.health.asked import Asked

KNOWN = [
    "shop.api.up[eu]",
    "shop.api.up[eu-title dtype]",
    "shop.api.up[eu/1]",
    "shop.api.up[eu2]",
    "shop.apis.up",
    "shop.stock.level",
    "bank.api.up",
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shop", KNOWN[:6]),
        ("shop.api", KNOWN[:4]),
        ("shop.api.up", KNOWN[:4]),
        ("shop.api[eu]", KNOWN[:3]),
        ("shop[eu2]", KNOWN[3:4]),
        ("shop.api.up[eu-title dtype]", KNOWN[1:2]),
        ("sho", []),
        ("shop.api.up.more", []),
    ],
)
def test_a_name_stands_for_all_below_it(text: str, found: list[str]) -> None:
    """By whole parts; a parameter also for those that begin with it, and a dash or a slash."""
    asked = Asked.parse(text)
    assert str(asked) == text
    assert [each for each in KNOWN if asked.matches(each)] == found


@pytest.mark.parametrize("text", ["", " ", "a b", "a.", ".a", "a..b", "a[", "a[]", "[x]", "a]b"])
def test_what_is_no_name_is_refused(text: str) -> None:
    """With the form that is expected."""
    with pytest.raises(ValueError, match=r"write system, system\.group or system\.group\.name"):
        Asked.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shpo", "there is no system shpo; did you mean shop?"),
        ("shop.stok", "there is no group stok in shop; did you mean stock?"),
        ("shop.stock.x", "there is no check x in shop.stock; known checks: level"),
        ("shop.api[eu3]", "no check in shop.api has the parameter eu3; did you mean eu or eu2?"),
        ("shop.stock[eu]", "no check in shop.stock has the parameter eu; it sees no parameter"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(text: str, said: str) -> None:
    """At the part of it that is wrong."""
    assert said in Asked.parse(text).explain_unknown(KNOWN)


def test_only_the_modules_of_what_is_asked_for_are_read(tmp_path: Path) -> None:
    """The rest need not even be right; what is not found by its file is looked for around it."""
    for name in ("shop/check_api.py", "shop/deep/check_x.py", "check_shop.py", "bank/check_api.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    def places(text: str) -> list[str]:
        found = Asked.parse(text).places([tmp_path, tmp_path / "none"])
        return [path.relative_to(tmp_path).as_posix() for path in found]

    assert places("bank.api.up") == ["bank/check_api.py"]
    assert places("bank.other") == ["bank"]
    assert places("shop.deep.x.up") == ["check_shop.py", "shop/deep/check_x.py"]
    assert places("shop") == ["check_shop.py", "shop"]
    assert places("none") == []


def test_a_group_is_a_module_and_a_folder(tmp_path: Path) -> None:
    """Where there are both, none of its checks is left out."""
    for file in ("shop/check_api.py", "shop/api/check_more.py", "shop/check_other.py"):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = {
        text: [
            path.relative_to(tmp_path).as_posix() for path in Asked.parse(text).places([tmp_path])
        ]
        for text in ("shop.api", "shop.api.more")
    }
    assert found == {
        "shop.api": ["shop/check_api.py", "shop/api"],
        "shop.api.more": ["shop/check_api.py", "shop/api/check_more.py"],
    }
