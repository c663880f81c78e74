"""The link checker: what it takes for a link, what for an anchor, and what it says if one leads nowhere."""

from pathlib import Path

import pytest

from tasks.checkout import ROOT
from tasks.links import anchors, broken, links, pages

PAGE = """# Here

[There](there.md#two-words), [here](#here), [the folder](folder), ![a picture](there.md "with a title").
[Elsewhere](https://example.com/x#y) and [mail](mailto:a@example.com) are not looked at.
`[code](no.md)` is none.

```sh
[nor](this.md)
```

[named]: there.md#named
<a href="there.md#two-words-1">again</a>
"""
THERE = """# Two words

## Two words

<a id="named"></a>

```md
# Not a heading
```
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "page.md").write_text(PAGE)
    (tmp_path / "there.md").write_text(THERE)
    return tmp_path


def test_a_page_whose_links_all_lead_somewhere_has_nothing_wrong(root):
    assert list(broken(root, [root / "page.md", root / "there.md"])) == []


def test_every_link_of_this_checkout_leads_somewhere():
    assert list(broken(ROOT, pages(ROOT))) == []


def test_links_are_found_in_prose_alone_with_their_lines():
    assert links(PAGE) == [
        (3, "there.md#two-words"),
        (3, "#here"),
        (3, "folder"),
        (3, "there.md"),
        (11, "there.md#named"),
        (12, "there.md#two-words-1"),
    ]


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("there.md#three-words", "there.md has no such heading"),
        ("there.md#not-a-heading", "there.md has no such heading"),
        ("#there", "page.md has no such heading"),
        ("nowhere.md", "there is no such file"),
        ("../page.md", "leads out of the repository"),
        ("folder/page.md", "there is no such file"),
    ],
)
def test_a_link_that_leads_nowhere_is_told_with_its_place(root, link, words):
    page = root / "page.md"
    page.write_text(f"# Here\n\nSee [this]({link}).\n")

    assert list(broken(root, [page])) == [f"page.md:3: {link}: {words}"]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("What may be done again: the effect", "what-may-be-done-again-the-effect"),
        ("`POST /runs`, and more", "post-runs-and-more"),
        ("[0.2.0] - Unreleased", "020---unreleased"),
        ("A [link](there.md) in it", "a-link-in-it"),
        ("snake_case and hy-phens", "snake_case-and-hy-phens"),
    ],
)
def test_an_anchor_is_what_github_makes_of_a_heading(heading, anchor):
    assert anchors(f"## {heading}\n") == {anchor}
