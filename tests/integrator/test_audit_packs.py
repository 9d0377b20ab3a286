"""Rule packs that users write: every kind of search and relation, and errors that say what is wrong with a pack."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from anymedia import errors
from anymedia.integrator.audit import pack
from anymedia.integrator.audit.auditing import audit
from anymedia.integrator.audit.facts import Report

RULE = """
name = "own"
title = "A pack of one's own"
[[set.shops]]
where = ["shops/*.py"]
path = 'shops/(?P<shop>[a-z]+)\\.py$'
[[rule]]
name = "one"
severity = "warning"
says = "{shop} {there} {nothing}"
means = "It matters."
mend = "Mend it."
"""


def audited(text: str, folder: Path, **files: str) -> Report:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content), "utf-8")
    return audit(folder, [pack.parsed(text, "own.toml")])


def test_a_file_that_lacks_its_companion_is_found_by_paths_alone(tmp_path: Path) -> None:
    text = f"""{RULE}
        relation = {{ every = "shops", is_in = "tests", by = ["shop"] }}
        [[set.tests]]
        where = ["tests/**"]
        path = 'test_(?P<shop>[a-z]+)\\.py$'
        """
    report = audited(text, tmp_path, shops__pear_dot_py="", shops__plum_dot_py="", tests__test_pear_dot_py="")
    assert [(finding.place.path, finding.says) for finding in report.findings] == [("shops/plum.py", "plum ? ?")]


def test_what_stands_twice_names_the_first_place(tmp_path: Path) -> None:
    text = f"""{RULE}
        relation = {{ every = "helpers", once = true, by = ["helper"] }}
        [[set.helpers]]
        where = ["**/*.py"]
        structure = {{ kind = "function_definition", has = {{ field = "name", pattern = "$HELPER" }} }}
        """
    copied = "def check(path):\n    return path\n"
    report = audited(text, tmp_path, a_dot_py=copied, b_dot_py=f"\n{copied}")
    assert [(str(finding.place), finding.says) for finding in report.findings] == [("b.py:2", "? a.py:1 ?")]


def test_javascript_and_yaml_have_structures_too(tmp_path: Path) -> None:
    text = f"""{RULE}
        [[rule.find]]
        where = ["*.ts"]
        structure = {{ pattern = "fetch($SHOP)" }}
        [[rule.find]]
        where = ["*.yaml"]
        structure = {{ kind = "block_mapping_pair", has = {{ field = "value", pattern = "$SHOP" }} }}
        """
    report = audited(text, tmp_path, a_dot_ts="await fetch(address)\n", b_dot_yaml="shop: pear\n")
    assert [finding.says for finding in report.findings] == ["address ? ?", "pear ? ?"]


def test_lines_that_are_no_unicode_are_read_and_names_with_dashes_are_no_options(tmp_path: Path) -> None:
    (tmp_path / "--files").write_bytes(b"caf\xe9 shop=pear\n")
    text = f"{RULE}\n[[rule.find]]\nwhere = ['**']\ntext = 'shop=(?P<shop>\\w+)'"
    assert [finding.says for finding in audited(text, tmp_path).findings] == ["pear ? ?"]


def test_a_rule_that_has_nothing_to_look_at_says_so(tmp_path: Path) -> None:
    text = f"{RULE}\n[[rule.find]]\nwhere = ['**/*.go']\ntext = 'x'"
    assert [each.why for each in audited(text, tmp_path).unchecked] == ["no file is named like **/*.go"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("name = 1 2", "Expected newline"),
        (RULE, "the rule `one` needs either `find` or `relation`"),
        (RULE.replace("mend", "mendd"), "the rule `one` has `mendd`; it may have find, means, mend, name"),
        (RULE.replace('means = "It matters."\n', ""), "the rule `one` has no `means`"),
        (RULE.replace('"warning"', '"bad"'), "must be one of error, warning, note"),
        (RULE.replace('["shops/*.py"]', '"shops/*.py"'), "`where` of the set `shops` must be a list"),
        (RULE.replace("(?P<shop>", "(?P<shop"), "is no regular expression"),
        (RULE + 'relation = { every = "shop", once = true, by = [] }', "names the set `shop`, which is not there"),
        (RULE + 'relation = { every = "shops", by = [] }', "needs one of `is_in`"),
        (RULE + 'relation = { every = "shops", mentioned_in = ["*"], by = ["shop"] }', "needs `value`"),
        (RULE + "find = ['x']", "each of the rule `one` must be a table"),
        (RULE + "find = 'x'", "`find` of the rule `one` must be a list"),
        (RULE.replace("[[rule]]", "[rule]"), "`rule` must be a list"),
        (RULE.replace("[[set.shops]]", "[set.shops]"), "the set `shops` must be a list"),
        (RULE.replace('["shops/*.py"]', "[1]"), "what stands in `where` of the set `shops` must be a text"),
        (RULE + "[[rule.find]]\nwhere = ['*']\ntext = 'x'\nkeep = { a = '(x)(y)' }", "`keep` takes one"),
        (RULE + "[[rule.find]]\nwhere = ['*']", "needs either `structure` or `text`"),
        (RULE + "[[rule.find]]\nwhere = ['*.py']\nstructure = { matches = 'own' }", "the shape `own`"),
        (RULE + "[[rule.find]]\nwhere = ['*.py']\nstructure = { kind = 'nonsense' }", "Kind `nonsense` is invalid"),
        (RULE + "[[rule.find]]\nwhere = ['*.py']\nstructure = { patern = 'x' }", "unknown field `patern`"),
        (RULE + "[[rule.find]]\nwhere = ['*.py']\ntext = '(?=x)x'", "look-around"),
    ],
)
def test_what_is_wrong_with_a_pack_is_said(changed: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidConfiguration) as caught:
        audited(changed, tmp_path, a_dot_py="x = 1\n")
    assert words in str(caught.value)


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(errors.InvalidConfiguration, match="two rules `one`"):
        once = 'relation = { every = "shops", once = true, by = ["shop"] }\n'
        pack.parsed(RULE + once + "[[rule]]" + RULE.partition("[[rule]]")[2] + once, "own.toml")


def test_a_pack_in_a_file_is_read_and_the_error_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(RULE + 'relation = { every = "shops", once = true, by = ["shop"] }')
    assert pack.read(str(file)).name == "own"
    file.write_bytes(b"\xff")
    with pytest.raises(errors.InvalidConfiguration, match=r"own\.toml"):
        pack.read(str(file))
