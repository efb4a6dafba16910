"""An article put on trial in the studio, and the pages of the five articles."""

import io
import re

import pytest

from jinjie.audit.counterparts import counterparts
from jinjie.studio import audit_pages

ARTICLE = r"""# 优化器

GPT 使用掩码语言模型和下一句预测进行预训练。

Adam 优化器：

$$
m_t = m_{t-1} - \beta_1 m_{t-1} + (1 - \beta_1) g_t
$$
"""


def sent(client, content, name="article.md", **fields):
    return client.post("/audit", data=fields, files={"file": (name, io.BytesIO(content), "text/plain")})


def test_a_sent_article_is_judged(client):
    page = sent(client, ARTICLE.encode())
    assert page.status_code == 200
    assert "article.md" in page.text and page.text.count('<article class="judged') >= 2
    assert "line 3" in page.text and "lines" not in re.findall(r"line 7-9", page.text)
    client.cookies.set("lang", "zh")
    assert "第 3 行" in sent(client, ARTICLE.encode()).text


def test_a_text_is_judged_as_an_article_or_as_a_program(client):
    page = client.post("/audit", data={"text": ARTICLE}, files={"file": ("", b"")})
    assert page.status_code == 200 and "text.md" in page.text
    assert "掩码语言模型" in page.text, "what was put in is still there"
    page = client.post(
        "/audit", data={"text": "import torch\nx = torch.zeros(2)\n"}, files={"file": ("", b"")}
    )
    assert "text.py" in page.text


def test_names_of_code_are_set_as_code(client):
    page = sent(client, b"```python\nimport tensorflow as tf\nsession = tf.Session()\n```\n").text
    assert "<code>tf.Session</code>" in page and "`" not in page.partition('class="verdicts"')[2]


def test_what_an_article_says_is_text_on_the_page(client):
    page = sent(client, b"GPT is a bidirectional <img src=x onerror=alert(1)> encoder model.\n", run="yes")
    assert page.status_code == 200 and "<img src=x" not in page.text


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"\xff\xfe\x00", "article.md", "UTF-8"),
        (b"{", "article.ipynb", "notebook"),
        (b"PK", "article.docx", ".ipynb"),
        (b"a" * (audit_pages.articles.LARGEST + 1), "article.md", "more than 4 MB"),
    ],
)
def test_what_cannot_be_read_is_said(client, content, name, said):
    answer = sent(client, content, name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text and said in answer.text


def test_nothing_given_is_said(client):
    answer = client.post("/audit", data={"text": "  "}, files={"file": ("", b"")})
    assert answer.status_code == 422 and "Choose a file" in answer.text


def test_nothing_is_left_behind(client, tmp_path, monkeypatch):
    monkeypatch.setattr(audit_pages, "mkdtemp", lambda prefix: str(_made(tmp_path / prefix)))
    sent(client, ARTICLE.encode())
    sent(client, b"\xff", "article.md")
    assert not list(tmp_path.glob("jinjie-audit-*"))


def _made(folder):
    folder.mkdir()
    return folder


def test_code_runs_only_where_asked(client):
    program = b"```python\nprint(6 * 7)\n```\n"
    assert 'class="quoted typed" tabindex="0">42<' not in sent(client, program).text
    assert 'class="quoted typed" tabindex="0">42<' in sent(client, program, run="yes").text


def test_the_five_articles_have_pages(client):
    page = client.get("/audit/articles").text
    for one in counterparts():
        assert f"/audit/articles/{one.id}" in page
        shown = client.get(f"/audit/articles/{one.id}").text
        assert shown.count('<article class="stands">') == len(one.sections) + len(one.programs)
    assert client.get("/audit/articles/A9").status_code == 404
