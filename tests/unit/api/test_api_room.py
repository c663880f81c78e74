import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from functions.api.room import first_that_fit, newest_that_fit, room_of_text, room_of_view, shortest_that_fit


class View(BaseModel):
    text: str


@given(st.text())
def test_a_text_takes_the_bytes_that_it_has_in_the_answer(text: str):
    def answer(texts: list[str]) -> int:
        return len(json.dumps({"body": json.dumps(texts, separators=(",", ":"))}))

    assert room_of_text(text) == answer([text]) - answer([]) + 2  # and the quotes of the measure itself


@given(st.lists(st.text(max_size=8)), st.integers(0, 100))
def test_the_longest_texts_are_left_out_and_no_more_of_them_than_need_be(texts: list[str], room: int):
    kept = shortest_that_fit(texts, room)

    sizes = [room_of_text(text) for text in texts]
    left_out = [size for place, size in enumerate(sizes) if place not in kept]
    used = sum(sizes[place] for place in kept)
    assert all(kept[place] == texts[place] for place in kept)
    assert used <= room
    assert all(used + size > room for size in left_out)
    assert all(sizes[place] <= min(left_out, default=999) for place in kept)


@given(st.lists(st.builds(View, text=st.text(max_size=8))), st.integers(0, 300))
def test_the_newest_views_are_kept_and_as_many_as_there_is_room_for(views: list[View], room: int):
    kept = newest_that_fit(views, room)

    used = sum(map(room_of_view, kept))
    assert kept == views[len(views) - len(kept) :]
    assert used <= room
    assert len(kept) == len(views) or used + room_of_view(views[-len(kept) - 1]) > room


@given(st.lists(st.builds(View, text=st.text(max_size=8))), st.integers(0, 300))
def test_the_first_views_are_kept_one_at_least_and_as_many_as_there_is_room_for(views: list[View], room: int):
    kept = first_that_fit(views, room)

    used = sum(map(room_of_view, kept))
    assert kept == views[: len(kept)]
    assert used <= room or len(kept) == 1
    assert len(kept) == len(views) or used + room_of_view(views[len(kept)]) > room
