"""A BERT behind the server: the real MiniLM makes vectors and writes nothing."""

import openai
import pytest
from running import serving


@pytest.fixture(scope="module")
def vectors(tmp_path_factory, data_home):
    folder = tmp_path_factory.mktemp("vectors")
    with serving(folder, model="minilm", data=data_home) as server, server.client() as client:
        yield client


def test_its_vectors_are_those_of_the_model(vectors):
    from jinjie.decoding.embedding import embed
    from jinjie.training import finished

    texts = ["How do I cook rice?", "What is the way to boil rice?", "The stock market fell."]
    answer = vectors.embeddings.create(model="minilm", input=texts)
    model = finished.open_finished(finished.model_folder("minilm"))
    for one, expected in zip(answer.data, embed(model.network, model.processor, texts), strict=True):
        assert len(one.embedding) == 384
        assert one.embedding == pytest.approx(expected.tolist(), abs=1e-5)  # fp32, another batch
    rice, boil, market = (one.embedding for one in answer.data)

    def cosine(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True))

    assert cosine(rice, boil) > 0.5 > 0.2 > cosine(rice, market)
    assert answer.usage.prompt_tokens == sum(len(model.processor.prompt(text)) for text in texts)


def test_it_says_that_it_writes_nothing(vectors):
    for call, asked in (
        (vectors.completions.create, {"prompt": "rice"}),
        (vectors.chat.completions.create, {"messages": [{"role": "user", "content": "rice"}]}),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            call(model="minilm", **asked)
        assert caught.value.code == "unsupported_model" and "embeddings" in caught.value.message


def test_a_text_of_many_words_is_too_long(vectors):
    with pytest.raises(openai.BadRequestError) as caught:
        vectors.embeddings.create(model="minilm", input="rice " * 600)
    assert caught.value.code == "context_length_exceeded"
