"""The Models API, through the SDK."""

import openai as sdk
import pytest


def test_models_are_listed_and_each_can_be_retrieved(openai):
    models = openai.models.list().data

    assert "gpt-6-astra" in [model.id for model in models]
    for model in models:
        assert openai.models.retrieve(model.id) == model
        type(model).model_validate(model.to_dict(mode="json"))


def test_an_unknown_model_is_not_found(openai):
    with pytest.raises(sdk.NotFoundError) as refused:
        openai.models.retrieve("gpt-x")

    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
