"""The fuzz's DynamoDB refuses in the words that the stores listen for."""

import pytest

from tests.fuzz.world import CanceledError, ConditionalError, DynamoDB
from tests.harness.memory_table import MemoryTable
from tests.harness.template import Template

KEY = {"pk": {"S": "run_1"}, "sk": {"S": "run"}}
NOT_THERE = {"Key": KEY, "ConditionExpression": "attribute_exists(pk)"}


def test_a_transaction_says_of_each_action_whether_it_was_refused():
    dynamodb = DynamoDB(MemoryTable(Template({})))

    with pytest.raises(CanceledError) as refused:
        dynamodb.transact_write_items(TransactItems=[{"Put": {"Item": KEY}}, {"ConditionCheck": NOT_THERE}])

    codes = [each["Code"] for each in refused.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]


def test_a_write_whose_condition_fails_is_refused():
    with pytest.raises(ConditionalError):
        DynamoDB(MemoryTable(Template({}))).delete_item(**NOT_THERE)
