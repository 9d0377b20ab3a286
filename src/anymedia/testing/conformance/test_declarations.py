"""The declaration is complete: who it is, what it costs, how long it lives, and a worked example of everything."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from ...configuration.urls import is_loopback
from ...operations import needed_fields
from ...registry import shipped_backends
from ...spec.backend import SPEC_VERSION, Backend, Model, NoKey
from .subjects import BackendSubject, ModelSubject, OperationSubject, SampleSubject

SOON = timedelta(days=60)
"""A default that its provider shuts down within this time is no default."""
STALE = timedelta(days=366)


def test_backend_says_who_it_is(whole: BackendSubject) -> None:
    backend = whole.backend
    assert backend.spec_version == SPEC_VERSION, f"Backend.spec_version must be {SPEC_VERSION}."
    assert backend.title.strip(), "Backend.title is empty: give the name people know the provider by."
    of_ours = backend.docs.startswith("docs/")
    assert of_ours or backend.docs.startswith("https://"), f"Backend.docs must be https, got {backend.docs!r}."
    assert backend.models, "Backend.models is empty: declare at least one Model."


def test_base_url_is_https(whole: BackendSubject) -> None:
    backend = whole.backend
    here = not backend.base_url or is_loopback(backend.base_url)
    if not here or not isinstance(backend.auth, NoKey):
        assert backend.base_url.startswith("https://"), (
            f"Backend.base_url must be an https address, got {backend.base_url!r}: a key would travel in the clear."
        )


def test_key_travels_only_within_the_providers_own_domain(whole: BackendSubject) -> None:
    own = _domain(urlsplit(whole.backend.base_url).hostname or "")
    for host in whole.backend.key_travels_to:
        assert _domain(host) == own, (
            f"key_travels_to sends the user's key to {host!r}, a foreign host: only hosts of {own!r} may have it. "
            f"Remove it; fetch such addresses without a key."
        )


def _domain(host: str) -> str:
    """The last two labels of a host: near enough to tell a provider's own hosts from strangers."""
    return ".".join(host.lower().rsplit(".", 2)[-2:])


def test_names_of_models_are_unique(whole: BackendSubject) -> None:
    names = [name.lower() for model in whole.backend.models for name in (model.id, *model.aliases)]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, f"These model ids or aliases are declared twice: {twice}. Keep one Model for each."


def test_every_operation_has_a_priority(operation: OperationSubject) -> None:
    declared = operation.backend.priority
    assert operation.kind in declared or not declared, (
        f"Backend.priority has no {operation.kind.__name__}, but there are models for it: without a priority it is "
        f"chosen last. Add {{{operation.kind.__name__}: number}}; lower is preferred. With no priority at all, the "
        f"backend is used only where it is named."
    )


def test_priority_is_only_declared_for_operations_with_models(whole: BackendSubject) -> None:
    served = {model.accepts for model in whole.backend.models}
    idle = [kind.__name__ for kind in whole.backend.priority if kind not in served]
    assert not idle, f"Backend.priority orders {idle}, but no Model accepts it. Remove the entry or add a model."


def test_no_other_backend_has_the_same_priority(operation: OperationSubject) -> None:
    mine = operation.backend.priority.get(operation.kind)
    for other in _others(operation):
        assert mine is None or other.priority.get(operation.kind) != mine, (
            f"Backend.priority of {operation.kind.__name__} is {mine}, and so is that of {other.name}: which of the "
            f"two "
            f"is the default would be an accident. Choose another number."
        )


def _others(operation: OperationSubject) -> list[Backend]:
    """The other shipped backends. A plugin ranks after all of them, whatever its priority."""
    shipped, name = shipped_backends(), operation.backend.name
    return [other for other in shipped.values() if other.name != name] if name in shipped else []


def test_every_operation_has_a_sample(operation: OperationSubject) -> None:
    kind = operation.kind
    samples = [sample for sample in operation.backend.samples if type(sample.request) is kind]
    assert any(sample.expects == "done" for sample in samples), (
        f"Backend.samples has no {kind.__name__} that ends as done: add a Sample with the replies of the provider, "
        f"word for word, so that the flow can be tested without a key."
    )


def test_sample_says_where_it_was_read(sample: SampleSubject) -> None:
    assert sample.sample.source.strip(), "Sample.source is empty: say where the shape of the replies was read."


def test_default_model_is_there_to_stay(operation: OperationSubject) -> None:
    default, *others = operation.backend.models_for(operation.kind)
    end = default.retires or date.max
    better = [model.id for model in others if (model.retires or date.max) > end]
    assert end > _today() + SOON or not better, (
        f"{default.id} is the default for {operation.kind.operation} and retires on {default.retires}. Put a model "
        f"that "
        f"stays before it in Backend.models ({', '.join(better)}); the first of a kind is the default."
    )


def test_retiring_model_names_its_successor(model: ModelSubject) -> None:
    retires, successor = model.model.retires, model.model.successor
    if retires is None:
        return
    if successor is None:
        those = model.backend.models_for(model.model.accepts)
        later = [each.id for each in those if (each.retires or date.max) > retires]
        assert not later, (
            f"{model.model.id} retires on {retires} and names no successor, but {', '.join(later)} stay. "
            f"Set Model.successor to the id people should use instead."
        )
        return
    assert model.backend.model(successor) is not None, (
        f"{model.model.id} retires on {retires} and names the successor {successor}, which this backend does not have. "
        f"Set Model.successor to the id people should use instead."
    )


def test_price_has_a_source_and_a_date(model: ModelSubject) -> None:
    price = model.model.price
    assert price is not None, f"{model.model.id} has no price. Declare one; if nobody publishes it, UnknownPrice(...)."
    assert price.source.strip(), f"The price of {model.model.id} has no source: say where it was read."
    assert date(2020, 1, 1) < price.checked <= _today() + timedelta(days=1), (
        f"The price of {model.model.id} was checked on {price.checked}, which cannot be. Set `checked` to the day "
        f"you looked."
    )


def test_model_says_where_its_facts_were_read(model: ModelSubject) -> None:
    assert model.model.source.strip(), f"Model.source of {model.model.id} is empty: say where its facts were read."
    if model.backend.role == "provider":
        assert model.model.source.startswith("https://"), (
            f"Model.source of {model.model.id} must be an https address, got {model.model.source!r}."
        )


def test_model_says_how_big_its_output_is(model: ModelSubject) -> None:
    assert model.model.typical_bytes > 0, (
        f"Model.typical_bytes of {model.model.id} must be positive: twice that much free disk space is asked for."
    )


def test_required_fields_are_declared(model: ModelSubject) -> None:
    missing = [name for name in needed_fields(model.model.accepts) if name not in model.model.serves]
    assert not missing, (
        f"{model.model.id} accepts {model.model.accepts.__name__} and does not declare `{'`, `'.join(missing)}`, "
        f"which every such request has. Add a Param for it."
    )


def test_number_of_outputs_agrees_with_the_limit_of_n(model: ModelSubject) -> None:
    if "n" not in model.model.params:
        return
    most = max(model.model.params["n"].allows.valid_examples())
    assert most <= model.model.max_outputs, (
        f"{model.model.id}: `n` may be {most}, but Model.max_outputs is {model.model.max_outputs}. Make them agree."
    )


def test_continuation_is_declared_where_samples_continue(sample: SampleSubject) -> None:
    request = sample.sample.request
    continues = request.continuable or request.continue_from is not None or sample.sample.continues is not None
    assert not continues or sample.model.continuation is not None, (
        f"{sample.id} continues a result, but {sample.model.id} declares no continuation. "
        f"Set Model.continuation=Continuation(state=..., how=..., lives=...)."
    )


def test_continuing_model_has_a_sample_that_shows_it(model: ModelSubject) -> None:
    declared = model.model.continuation
    if declared is None or declared.state == "last_output":
        return
    assert any(sample.request.continuable for sample in model.samples("done")), (
        f"{model.model.id} declares a continuation and no sample asks for one. Add a Sample with continuable=True."
    )
    assert any(sample.continues is not None for sample in model.samples("done")), (
        f"{model.model.id} declares a continuation and no sample goes on from one. Add a Sample with continue_from "
        f"and, in Sample.continues, the state that the earlier result left."
    )


def _stays(model: Model) -> bool:
    return model.retires is None or model.retires > _today() + SOON


def _today() -> date:
    return datetime.now(UTC).date()
