"""What is wrong in a file is refused, naming the key, the file and what is allowed."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from machine import Machine

from anymedia.configuration import Settings, documents
from anymedia.errors import InvalidConfiguration

# Wrong files


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("offline = maybe", "line 1, column 11"),
        ("\n[budgets\n", "line 2, column 9"),
        ("offline = ", "line 1, column 11"),
        ("offline = true\noffline = false", "a key or a table is given twice"),
        ("[budgets]\n[budgets]", "a key or a table is given twice"),
        ("a = " + "[" * 5000, "nested too deep"),
        ("a = " + "9" * 5000, "is not TOML"),
    ],
)
def test_broken_toml_is_refused_with_its_place(machine: Machine, text: str, where: str) -> None:
    error = machine.refusal(text)
    assert where in error.message
    assert str(machine.project_file) in error.message


def test_a_file_that_is_none_is_refused(machine: Machine) -> None:
    machine.project_file.mkdir()
    with pytest.raises(InvalidConfiguration, match="is not a file"):
        machine.load()


def test_a_pipe_is_refused_and_not_waited_for(machine: Machine) -> None:
    os.mkfifo(machine.project_file)
    with pytest.raises(InvalidConfiguration, match="is not a file"):
        machine.load()


def test_a_file_that_is_not_utf_8_is_refused(machine: Machine) -> None:
    machine.project_file.write_bytes(b'output_dir = "caf\xe9"')
    with pytest.raises(InvalidConfiguration, match=r"is not UTF-8 text \(byte 17\)"):
        machine.load()


def test_a_file_with_a_byte_order_mark_is_read(machine: Machine) -> None:
    machine.project_file.write_bytes(b"\xef\xbb\xbfoffline = true")
    assert machine.load().settings.offline


def test_a_huge_file_is_refused(machine: Machine) -> None:
    machine.project_file.write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(InvalidConfiguration, match="larger than 1 MiB"):
        machine.load()
    machine.project_file.write_bytes(b"#" * 2**20)
    assert machine.load().settings == Settings()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can read every file")
def test_a_file_that_may_not_be_read_is_refused(machine: Machine) -> None:
    machine.project_file.write_text("offline = true")
    machine.project_file.chmod(0)
    with pytest.raises(InvalidConfiguration, match="Permission denied"):
        machine.load()


def test_a_named_file_must_exist(machine: Machine) -> None:
    with pytest.raises(InvalidConfiguration, match=r"nowhere\.toml cannot be read: No such file"):
        machine.load(ANYMEDIA_CONFIG="nowhere.toml")


# Wrong keys and values


@pytest.mark.parametrize(
    ("text", "key", "advice"),
    [
        ('outptu_dir = "x"', "outptu_dir", "Did you mean 'output_dir'?"),
        ("[budgets]\nper_cal = 1", "budgets.per_cal", "Did you mean 'per_call'?"),
        ("per_call = 1", "per_call", "Did you mean 'budgets.per_call'?"),
        ('[prefer]\nimages = ["openai"]', "prefer.images", "Did you mean 'image'?"),
        ('[servers.mine]\nbase_ulr = "https://x.org"', "servers.mine.base_ulr", "Did you mean 'base_url'?"),
        ('[servers.mine]\nbase_url = "https://x.org"\napi_key = "k"', "servers.mine.api_key", "`key_env`"),
        ('openai_api_key = "k"', "openai_api_key", "set the provider's own variable"),
        ('"a b" = 1', '"a b"', "There are:"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(machine: Machine, text: str, key: str, advice: str) -> None:
    error = machine.refusal(text)
    assert error.message == f"There is no setting `{key}` (in {machine.project_file})."
    assert advice in str(error.next)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('offline = "yes"', "`offline` must be true or false, got 'yes'"),
        ("offline = 1", "`offline` must be true or false, got 1"),
        ("output_dir = 3", "`output_dir` must be the path of a folder, got 3"),
        ('output_dir = ""', "`output_dir` must be the path of a folder, got ''"),
        ("roots = 'here'", "`roots` must be a list, got 'here'"),
        ("largest_input = 0", "`largest_input` must be bytes, a whole number above 0, got 0"),
        ("largest_input = '50 MB'", "`largest_input` must be bytes, a whole number above 0, got '50 MB'"),
        ("budgets = 3", "`budgets` must be a table, got 3"),
        ("prefer = ['openai']", "`prefer` must be a table, got ['openai']"),
        ("budgets.per_call = -1", "`budgets.per_call` must be US dollars from 0 up"),
        ("budgets.per_call = nan", "`budgets.per_call` must be US dollars"),
        ("budgets.per_call = inf", "`budgets.per_call` must be US dollars"),
        ("budgets.per_call = true", "`budgets.per_call` must be US dollars"),
        ("budgets.per_call = '$5'", "got '$5'"),
        ("budgets.per_call = '1e3'", "got '1e3'"),
        ("budgets.per_agent.ann = 'x'", "`budgets.per_agent.ann` must be US dollars"),
        ("timeouts.read = 0", "`timeouts.read` must be seconds, a number above 0 and at most one year, got 0"),
        ("timeouts.read = inf", "`timeouts.read` must be seconds"),
        (f"timeouts.read = 0x{'f' * 9000}", "got a number too long to show"),
        (f"budgets.per_call = 0x{'f' * 9000}", "got a number too long to show"),
        ("output_dir = '~bob/made'", "`output_dir` may begin with ~/ for your own home folder only"),
        ("timeouts.read = '5'", "`timeouts.read` must be seconds"),
        ("prefer.image = 'openai'", "`prefer.image` must be a list"),
        ("prefer.image = [1]", "`prefer.image` must name a backend, got 1"),
        ("servers.mine.key_env = 'K'", "`servers.mine` needs `base_url`"),
        ("servers.mine = {}", "`servers.mine` needs `base_url`"),
        ("servers.openai.base_url = 'https://x.org'", "`servers.openai` has the name of a shipped backend"),
        ("servers.'My Box'.base_url = 'https://x.org'", '`servers."My Box"` is no name for a server'),
        ("base_urls = {openai = 'https://x.org', OpenAI = 'https://y.org'}", "has two spellings of one name"),
    ],
)
def test_a_wrong_value_is_refused_naming_key_and_file(machine: Machine, text: str, message: str) -> None:
    error = machine.refusal(text)
    assert message in error.message
    assert f"(in {machine.project_file})" in error.message


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("prefer.image = ['opnai']", "Did you mean 'openai'?"),
        ("base_urls.opnai = 'https://x.org'", "Did you mean 'openai'?"),
        ("budgets.per_backend.opnai = 1", "Did you mean 'openai'?"),
        ("prefer.image = ['mine', 'min']\nservers.mine.base_url = 'https://x.org'", "Did you mean 'mine'?"),
        ("models.image = 'gpt-image-99'", "Did you mean 'gpt-image"),
        ("models.image = 'openai:gpt-image-99'", "Did you mean 'openai:gpt-image"),
    ],
)
def test_a_misspelt_backend_or_model_is_refused_with_the_nearest(machine: Machine, text: str, advice: str) -> None:
    assert advice in str(machine.refusal(text).next)


def test_a_model_of_another_operation_is_refused(machine: Machine) -> None:
    machine.project_file.write_text("models.image = 'openai:gpt-image-1'")
    assert machine.load().settings.models == {"image": "openai:gpt-image-1"}
    assert (
        "No installed backend has a model 'gpt-image-1' for video"
        in machine.refusal("models.video = 'gpt-image-1'").message
    )


def test_backends_go_by_their_declared_name_whatever_is_written(machine: Machine) -> None:
    machine.user_file.write_text("budgets.per_backend.openai = 1\nprefer.image = ['OPENAI', 'openai']")
    machine.project_file.write_text("budgets.per_backend.OpenAI = 2")
    settings = machine.load().settings
    assert settings.budgets.per_backend == {"openai": Decimal(2)}
    assert settings.prefer == {"image": ("openai",)}


# URLs and keys


@pytest.mark.parametrize(
    "url",
    ["https://x.org", "https://x.org:8443/v1/", "http://localhost:8000", "http://127.9.0.1/v1", "http://[::1]:80/v1"],
)
def test_https_and_this_machine_are_base_urls(machine: Machine, url: str) -> None:
    assert machine.with_arguments({"base_urls": {"openai": url}}).settings.base_urls == {"openai": url}
    schema = documents.json_schema()
    jsonschema.validate({"base_urls": {"openai": url}}, schema)


@pytest.mark.parametrize(
    "url",
    [
        "http://x.org",
        "http://localhost.x.org",
        "http://127.0.0.1.x.org",
        "http://localhost@x.org",
        "https://user:secret-word@x.org",
        "https://x.org/v1?key=secret-word",
        "https://x.org/#a",
        "https://x.org:99999",
        "https://",
        "https://x.org\n",
        "ftp://x.org",
        "x.org",
        "",
        7,
    ],
)
def test_other_base_urls_are_refused_and_not_repeated(machine: Machine, url: Any) -> None:
    with pytest.raises(InvalidConfiguration, match=r"`base_urls.openai` must ") as caught:
        machine.with_arguments({"base_urls": {"openai": url}})
    assert "secret-word" not in str(caught.value)


def test_plain_http_to_another_machine_needs_allow_http(machine: Machine) -> None:
    server = {"base_url": "http://gpu.local:8000"}
    with pytest.raises(InvalidConfiguration, match=r"`servers.mine.base_url` must begin with https://"):
        machine.with_arguments({"servers": {"mine": server}})
    found = machine.with_arguments({"servers": {"mine": {**server, "allow_http": True}}})
    assert found.settings.servers["mine"].base_url == "http://gpu.local:8000"


@pytest.mark.parametrize("key", ["sk-1234567890abcdefghij", "AIzaSyD1234567890", "lower_case"])
def test_a_key_in_the_place_of_its_variable_is_refused_and_not_repeated(machine: Machine, key: str) -> None:
    error = machine.refusal(f'servers.mine = {{base_url = "https://x.org", key_env = "{key}"}}')
    assert "must be the name of an environment variable" in error.message
    assert key not in str(error)


def test_what_looks_like_a_key_is_never_repeated(machine: Machine) -> None:
    assert "abcdefghij" not in str(machine.refusal('offline = "sk-1234567890abcdefghij"'))


# Anything at all

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("openai") | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["image", "openai", "mine", "base_url", "models", "read", "per_call"]), inner)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from([*(each.name for each in fields(Settings)), "unknown"])


@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=st.dictionaries(KEYS, VALUES, max_size=3))
def test_whatever_is_given_is_taken_or_refused(machine: Machine, arguments: dict[str, Any]) -> None:
    try:
        found = machine.with_arguments(arguments)
    except InvalidConfiguration:
        return
    json.dumps(found.document(), allow_nan=False)


@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=40) | st.text(alphabet="ab=[]{}\"'.,#1\n ", max_size=30).map(str.encode))
def test_whatever_a_file_holds_is_taken_or_refused(machine: Machine, content: bytes) -> None:
    machine.project_file.write_bytes(content)
    try:
        machine.load()
    except InvalidConfiguration as error:
        assert str(machine.project_file) in error.message
