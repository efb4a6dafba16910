"""The `openai` client, as it is installed, against a real server: every route, every shape, every error."""

import asyncio
import base64
import json
import math
import struct

import httpx
import openai
import pytest

MOON = [{"role": "user", "content": "月"}]


def test_the_models(client):
    assert [model.id for model in client.models.list()] == ["poems"]
    model = client.models.retrieve("poems")
    assert (model.object, model.owned_by) == ("model", "jinjie") and model.created > 1.7e9
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("poem")
    assert caught.value.code == "model_not_found" and "poems" in caught.value.message


def test_a_completion_is_what_the_model_writes(client, served, alone):
    answer = client.completions.create(model="poems", prompt="月", max_tokens=30, seed=7)
    assert answer.object == "text_completion" and answer.id.startswith("cmpl-")
    assert answer.model == "poems" and answer.system_fingerprint.startswith("fp_")
    [choice] = answer.choices
    assert choice.text == alone("月", max_tokens=30, seed=7)
    assert (choice.index, choice.logprobs) == (0, None)
    assert answer.usage.prompt_tokens == 2  # the line break that every document begins with, and 月
    assert answer.usage.total_tokens == 2 + answer.usage.completion_tokens


def test_settings_reach_the_engine(client, served, alone):
    settings = {"temperature": 0.7, "top_p": 0.9, "presence_penalty": 0.5, "frequency_penalty": -0.3}
    beyond = {"top_k": 20, "min_p": 0.02, "repetition_penalty": 1.2}
    answer = client.completions.create(
        model="poems", prompt="山", max_tokens=25, seed=3, extra_body=beyond, **settings
    )
    assert answer.choices[0].text == alone("山", max_tokens=25, seed=3, **settings, **beyond)
    moon = served.processor.ids("月")[0]
    answer = client.completions.create(model="poems", prompt="山", max_tokens=5, logit_bias={str(moon): 100})
    assert answer.choices[0].text == "月" * 5
    first = client.completions.create(model="poems", prompt="山", max_tokens=20, seed=1, top_p=0)
    assert first.choices[0].text == alone("山", max_tokens=20, temperature=0)
    # Divided by this, fp32 scores are no numbers, and all texts at work went down with it.
    tiny = client.completions.create(model="poems", prompt="山", max_tokens=20, temperature=1e-246)
    assert tiny.choices[0].text == first.choices[0].text


def test_an_answer_that_ends_by_itself_says_so_and_its_end_is_not_given(client, served, alone):
    answers = client.completions.create(model="poems", prompt="静夜思\n", max_tokens=100, n=4, seed=0).choices
    assert {answer.finish_reason for answer in answers} == {"stop"}
    assert all(answer.text and not answer.text.endswith("\n\n") for answer in answers)
    assert (
        client.completions.create(model="poems", prompt="月", max_tokens=3).choices[0].finish_reason
        == "length"
    )


def test_several_texts_of_several_prompts(client, served, alone):
    answer = client.completions.create(model="poems", prompt=["月", "山水"], n=3, max_tokens=12, seed=5)
    assert [choice.index for choice in answer.choices] == list(range(6))
    texts = [choice.text for choice in answer.choices]
    assert len(set(texts)) == 6
    # The first of each is what a request for it alone would get.
    assert texts[0] == alone("月", max_tokens=12, seed=5)
    assert texts[3] == alone("山水", max_tokens=12, seed=5)
    assert answer.usage.prompt_tokens == 2 + 3


def test_prompts_as_token_ids(client, served, alone):
    ids = served.processor.prompt("月")
    said = client.completions.create(model="poems", prompt="月", max_tokens=9, seed=2).choices[0].text
    assert client.completions.create(model="poems", prompt=ids, max_tokens=9, seed=2).choices[0].text == said
    both = client.completions.create(model="poems", prompt=[ids, ids], max_tokens=9, seed=2).choices
    assert [choice.text for choice in both] == [said, said]


def test_no_prompt_is_the_beginning_of_a_document(client, served, alone):
    for prompt in ("", None):
        answer = client.completions.create(model="poems", prompt=prompt, max_tokens=9, seed=2)
        assert answer.choices[0].text == alone("", max_tokens=9, seed=2)
    assert len(answer.choices[0].text) == 9
    with httpx.Client(trust_env=False) as plain:
        body = {"model": "poems", "seed": 2}
        answer = plain.post(
            f"{client.base_url}completions", json=body, headers={"authorization": f"Bearer {client.api_key}"}
        ).json()
    assert answer["usage"]["completion_tokens"] == 16  # as OpenAI, when nobody says how many


def test_a_seed_repeats_and_none_varies(client):
    def text(**seed):
        return client.completions.create(model="poems", prompt="春", max_tokens=20, **seed).choices[0].text

    assert text(seed=11) == text(seed=11) != text(seed=12)
    assert text(seed=-5) == text(seed=-5)
    assert text(seed=2**63 - 1) == text(seed=2**63 - 1)
    assert len({text() for _ in range(4)}) > 1


@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_word_may_straddle_tokens_and_nothing_of_it_is_given(client, stream):
    def write(**more):
        asked = {"model": "poems", "prompt": "月", "max_tokens": 30, "seed": 4} | more
        if not stream:
            return (answer := client.completions.create(**asked)), answer.choices[0].text
        pieces = [chunk.choices[0] for chunk in client.completions.create(stream=True, **asked)]
        return pieces, "".join(piece.text for piece in pieces)

    _, whole = write()
    word = whole[5:8]  # three characters are three tokens
    assert len(word) == 3
    for stop in (word, ["never", word], [word, whole[6:10]]):
        answer, text = write(stop=stop)
        assert text == whole[: whole.index(word)]
        assert (answer[-1] if stream else answer.choices[0]).finish_reason == "stop"
    # What only began like a stop word is given in the end.
    assert write(stop=whole[-2:] + "x")[1] == whole


def test_a_stop_word_frees_the_row_and_is_counted_no_further(client, server):
    whole = client.completions.create(model="poems", prompt="月", max_tokens=30, seed=4).choices[0].text
    answer = client.completions.create(model="poems", prompt="月", max_tokens=30, seed=4, stop=whole[5:8])
    assert answer.usage.completion_tokens == 8
    assert server.idle()["active"] == 0


def test_a_stream_says_what_the_whole_answer_says(client):
    asked = {"model": "poems", "prompt": ["月", "江"], "n": 2, "max_tokens": 20, "seed": 9}
    whole = client.completions.create(**asked)
    stream = list(client.completions.create(stream=True, stream_options={"include_usage": True}, **asked))
    texts, ends = [""] * 4, [None] * 4
    for chunk in stream[:-1]:
        assert chunk.usage is None
        [choice] = chunk.choices
        assert ends[choice.index] is None, "a piece after the end"
        texts[choice.index] += choice.text
        ends[choice.index] = choice.finish_reason
    assert texts == [choice.text for choice in whole.choices]
    assert ends == [choice.finish_reason for choice in whole.choices]
    assert stream[-1].choices == [] and stream[-1].usage == whole.usage
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in stream}) == 1


def test_the_bytes_of_a_stream(server):
    body = {"model": "poems", "messages": MOON, "max_tokens": 3, "seed": 1, "stream": True}
    with server.http() as client:
        answer = client.post("/chat/completions", json=body)
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = answer.text.split("\n\n")
        assert events[-2:] == ["data: [DONE]", ""]
        chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
        assert chunks[0]["choices"] == [
            {
                "index": 0,
                "delta": {"role": "assistant", "content": ""},
                "logprobs": None,
                "finish_reason": None,
            }
        ]
        assert chunks[-1]["choices"] == [
            {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "length"}
        ]
        assert all("usage" not in chunk for chunk in chunks)
        body["stream_options"] = {"include_usage": True}
        events = client.post("/chat/completions", json=body).text.split("\n\n")
        chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
        assert all(chunk["usage"] is None for chunk in chunks[:-1])
        assert chunks[-1]["usage"] == {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}


def test_a_chat(client, served, alone):
    answer = client.chat.completions.create(model="poems", messages=MOON, seed=7, max_completion_tokens=30)
    assert answer.object == "chat.completion" and answer.id.startswith("chatcmpl-")
    [choice] = answer.choices
    assert choice.message.role == "assistant" and choice.message.content
    # Without a template the model goes on behind the line that was said.
    assert choice.message.content == alone("月\n", max_tokens=30, seed=7)
    parts = [{"role": "user", "content": [{"type": "text", "text": "月"}]}]
    assert (
        client.chat.completions.create(model="poems", messages=parts, seed=7, max_tokens=30)
        .choices[0]
        .message
        == choice.message
    )
    lines = [{"role": "user", "content": "静夜思"}, {"role": "assistant", "content": "李白"}, *MOON]
    said = client.chat.completions.create(model="poems", messages=lines, seed=7, max_tokens=20)
    assert said.choices[0].message.content == alone("静夜思\n李白\n月\n", max_tokens=20, seed=7)


def test_a_chat_without_a_limit_ends_with_its_text_or_the_context(client):
    answer = client.chat.completions.create(model="poems", messages=MOON, n=8, seed=0)
    for choice in answer.choices:
        assert choice.finish_reason == "stop" or answer.usage.completion_tokens > 126
    assert all(choice.message.content for choice in answer.choices)


def test_a_streamed_chat_with_the_clients_own_accumulator(client):
    asked = {"model": "poems", "messages": MOON, "seed": 7, "n": 2}
    whole = client.chat.completions.create(**asked)
    with client.chat.completions.stream(**asked) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert [c.message.content for c in final.choices] == [c.message.content for c in whole.choices]
    assert [c.finish_reason for c in final.choices] == [c.finish_reason for c in whole.choices]


def test_logprobs_of_a_chat(client):
    asked = {"model": "poems", "messages": MOON, "seed": 7, "max_tokens": 20, "logprobs": True}
    answer = client.chat.completions.create(**asked, top_logprobs=3)
    [choice] = answer.choices
    told = choice.logprobs.content
    assert "".join(one.token for one in told) == choice.message.content
    assert b"".join(bytes(one.bytes) for one in told).decode() == choice.message.content
    for one in told:
        assert one.logprob <= 0 and len(one.top_logprobs) == 3
        best = [top.logprob for top in one.top_logprobs]
        assert best == sorted(best, reverse=True) and one.logprob <= best[0]
    streamed = [c.choices[0] for c in client.chat.completions.create(**asked, top_logprobs=3, stream=True)]
    again = [one for piece in streamed if piece.logprobs for one in piece.logprobs.content]
    assert [one.token for one in again] == [one.token for one in told]
    # fp32 and another batch: the last digits may differ
    assert [one.logprob for one in again] == pytest.approx([one.logprob for one in told], abs=1e-4)
    assert client.chat.completions.create(**asked).choices[0].logprobs.content[0].top_logprobs == []


def test_logprobs_of_a_completion_match_the_models_own(client, served, alone):
    import torch

    answer = client.completions.create(model="poems", prompt="月", seed=7, max_tokens=10, logprobs=2).choices[
        0
    ]
    told = answer.logprobs
    assert "".join(told.tokens) == answer.text
    assert told.text_offset == list(range(1, 1 + len(answer.text)))
    ids = served.processor.prompt("月" + answer.text)
    with torch.no_grad():
        expected = served.network(torch.tensor([ids[:-1]]))[0].log_softmax(-1)
    for place, (logprob, top) in enumerate(zip(told.token_logprobs, told.top_logprobs, strict=True), 1):
        # With a cache the sums come in another order: fp32 rounding.
        assert logprob == pytest.approx(float(expected[place, ids[place + 1]]), abs=1e-3)
        assert 2 <= len(top) <= 3 and max(top.values()) == pytest.approx(
            float(expected[place].max()), abs=1e-3
        )
    streamed = client.completions.create(
        model="poems", prompt="月", seed=7, max_tokens=10, logprobs=2, stream=True
    )
    pieces = [chunk.choices[0].logprobs for chunk in streamed]
    assert [token for piece in pieces for token in piece.tokens] == told.tokens
    assert [place for piece in pieces for place in piece.text_offset] == told.text_offset


def test_a_prompt_is_scored_by_echo_without_writing(client):
    answer = client.completions.create(
        model="poems", prompt="床前明月光", max_tokens=0, echo=True, logprobs=0
    )
    [choice] = answer.choices
    assert choice.text == "床前明月光" and answer.usage.completion_tokens == 0
    assert choice.logprobs.tokens == list("床前明月光")
    assert choice.logprobs.text_offset == [0, 1, 2, 3, 4]
    assert all(logprob < 0 for logprob in choice.logprobs.token_logprobs)
    both = client.completions.create(model="poems", prompt="月", max_tokens=4, echo=True, logprobs=1, seed=1)
    assert len(both.choices[0].logprobs.tokens) == 5
    assert both.choices[0].text.startswith("月") and len(both.choices[0].text) == 5
    pieces = client.completions.create(
        model="poems", prompt="月", max_tokens=4, echo=True, seed=1, stream=True
    )
    assert "".join(piece.choices[0].text for piece in pieces) == both.choices[0].text


def test_the_best_of_several_is_the_likeliest(client):
    asked = {"model": "poems", "prompt": "月", "max_tokens": 12, "seed": 3, "logprobs": 0}
    candidates = client.completions.create(n=5, **asked).choices
    best = client.completions.create(n=2, best_of=5, **asked)

    def mean(choice):
        return sum(choice.logprobs.token_logprobs) / len(choice.logprobs.tokens)

    expected = sorted(candidates, key=mean, reverse=True)[:2]
    assert [choice.text for choice in best.choices] == [choice.text for choice in expected]
    assert [choice.index for choice in best.choices] == [0, 1]
    assert best.usage.completion_tokens > sum(len(choice.logprobs.tokens) for choice in best.choices)


def test_embeddings(client, served, alone):
    import torch

    answer = client.embeddings.create(model="poems", input=["月", "山水有清音"])
    assert [one.index for one in answer.data] == [0, 1]
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == 2 + 6
    for one, text in zip(answer.data, ["月", "山水有清音"], strict=True):
        with torch.no_grad():
            mean = served.network.hidden(torch.tensor([served.processor.prompt(text)]))[0].mean(0)
        assert one.embedding == pytest.approx((mean / mean.norm()).tolist(), abs=1e-5)  # fp32
        assert math.sqrt(sum(x * x for x in one.embedding)) == pytest.approx(1, abs=1e-5)
    floats = client.embeddings.create(model="poems", input="月", encoding_format="float").data[0].embedding
    packed = client.embeddings.create(model="poems", input="月", encoding_format="base64").data[0].embedding
    raw = base64.b64decode(packed)
    assert list(struct.unpack(f"<{len(raw) // 4}f", raw)) == pytest.approx(floats)
    ids = served.processor.prompt("月")
    assert client.embeddings.create(model="poems", input=ids).data[0].embedding == pytest.approx(floats)
    assert len(client.embeddings.create(model="poems", input="月", dimensions=192).data[0].embedding) == 192


def test_the_async_client(server):
    async def ask():
        async with server.async_client() as client:
            stream = await client.chat.completions.create(
                model="poems", messages=MOON, seed=7, max_tokens=10, stream=True
            )
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
            whole = await client.chat.completions.create(model="poems", messages=MOON, seed=7, max_tokens=10)
            return text, whole.choices[0].message.content

    text, whole = asyncio.run(ask())
    assert text == whole and len(text) == 10


# Errors


def refused(error, call, **asked):
    with pytest.raises(error) as caught:
        call(**{"model": "poems"} | asked)
    assert set(caught.value.body) == {"message", "type", "param", "code"}
    assert caught.value.response.headers["x-request-id"] == caught.value.request_id
    return caught.value


def test_a_wrong_token(server):
    with server.client(api_key="wrong") as client:
        error = refused(openai.AuthenticationError, client.completions.create, prompt="月")
    assert (error.code, error.type) == ("invalid_api_key", "invalid_request_error")
    with httpx.Client(trust_env=False) as plain:
        assert plain.get(f"{server.base_url}/models").status_code == 401


def test_a_model_that_is_not_here(client):
    error = refused(openai.NotFoundError, client.completions.create, model="gpt-4", prompt="月")
    assert (error.code, error.param) == ("model_not_found", "model")
    assert "gpt-4" in error.message and "poems" in error.message


@pytest.mark.parametrize(
    ("asked", "param", "code"),
    [
        ({"prompt": "月", "temperature": 2.5}, "temperature", "invalid_value"),
        ({"prompt": "月", "temperature": "0.5"}, "temperature", "invalid_type"),
        ({"prompt": "月", "top_p": -0.1}, "top_p", "invalid_value"),
        ({"prompt": "月", "n": 0}, "n", "invalid_value"),
        ({"prompt": "月", "n": 100}, "n", "invalid_value"),  # more than 8 rows and 64 places
        ({"prompt": "月", "n": True}, "n", "invalid_type"),
        ({"prompt": "月", "max_tokens": -1}, "max_tokens", "invalid_value"),
        ({"prompt": "月", "max_tokens": 1.5}, "max_tokens", "invalid_type"),
        ({"prompt": "月", "logprobs": 6}, "logprobs", "invalid_value"),
        ({"prompt": "月", "best_of": 1, "n": 2}, "best_of", "invalid_value"),
        ({"prompt": "月", "best_of": 3, "stream": True}, "best_of", None),
        ({"prompt": "月", "suffix": "山"}, "suffix", "unsupported_parameter"),
        ({"prompt": "月", "stop": ["a"] * 5}, "stop", "invalid_value"),
        ({"prompt": "月", "stop": [""]}, "stop", "invalid_value"),
        ({"prompt": "月", "stop": 5}, "stop", "invalid_type"),
        ({"prompt": "月", "logit_bias": {"月": 1}}, "logit_bias", "invalid_value"),
        ({"prompt": "月", "logit_bias": {"4172": 1}}, "logit_bias", "invalid_value"),
        ({"prompt": "月", "logit_bias": {"1": 101}}, "logit_bias", "invalid_value"),
        ({"prompt": "月", "stream_options": {"include_usage": True}}, "stream_options", None),
        ({"prompt": "月", "extra_body": {"temprature": 1}}, "temprature", "unknown_parameter"),
        ({"prompt": []}, "prompt", "invalid_type"),
        ({"prompt": ["月", 3]}, "prompt", "invalid_type"),
        ({"prompt": [[]]}, "prompt", "invalid_type"),
        ({"prompt": [4172]}, "prompt", "invalid_value"),
        ({"prompt": [-1]}, "prompt", "invalid_value"),
        ({"prompt": "hello"}, "prompt", "invalid_value"),
        ({"prompt": "月", "max_tokens": 127}, "prompt", "context_length_exceeded"),
        ({"prompt": "月" * 128}, "prompt", "context_length_exceeded"),
        ({"prompt": "月" * 1_000_000}, "prompt", "context_length_exceeded"),
    ],
)
def test_a_completion_that_cannot_be(client, asked, param, code):
    error = refused(openai.BadRequestError, client.completions.create, **asked)
    assert (error.param, error.code, error.type) == (param, code, "invalid_request_error")
    assert len(error.message) > 10


def test_the_longest_text_that_fits(client):
    answer = client.completions.create(model="poems", prompt="月", max_tokens=126, seed=1)
    assert answer.usage.total_tokens <= 128


@pytest.mark.parametrize(
    ("asked", "param", "code"),
    [
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": "月"}, "messages", "invalid_type"),
        ({"messages": [{"role": "poet", "content": "月"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0]", "invalid_type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages[0].content",
            "unsupported_value",
        ),
        (
            {"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]},
            "messages[0]",
            "unsupported_parameter",
        ),
        (
            {"messages": MOON, "tools": [{"type": "function", "function": {"name": "f"}}]},
            "tools",
            "unsupported_parameter",
        ),
        (
            {"messages": MOON, "response_format": {"type": "json_object"}},
            "response_format",
            "unsupported_value",
        ),
        ({"messages": MOON, "top_logprobs": 2}, "top_logprobs", "invalid_value"),
        ({"messages": MOON, "logprobs": True, "top_logprobs": 21}, "top_logprobs", "invalid_value"),
        ({"messages": MOON, "max_completion_tokens": 0}, "max_completion_tokens", "invalid_value"),
        ({"messages": MOON, "max_tokens": 5000}, "messages", "context_length_exceeded"),
        ({"messages": [{"role": "user", "content": "Hello"}]}, "messages", "invalid_value"),
    ],
)
def test_a_chat_that_cannot_be(client, asked, param, code):
    error = refused(openai.BadRequestError, client.chat.completions.create, **asked)
    assert (error.param, error.code) == (param, code)


def test_what_changes_nothing_is_accepted(client):
    answer = client.chat.completions.create(
        model="poems",
        messages=MOON,
        max_tokens=2,
        user="me",
        metadata={"a": "b"},
        store=False,
        tools=[],
        tool_choice="none",
        response_format={"type": "text"},
        modalities=["text"],
        service_tier="auto",
        parallel_tool_calls=True,
    )
    assert answer.choices[0].message.content


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["月", ""]}, "input"),
        ({"input": "月" * 200}, "input"),
        ({"input": "hello"}, "input"),
        ({"input": "月", "dimensions": 64}, "dimensions"),
        ({"input": "月", "encoding_format": "int8"}, "encoding_format"),
        ({"input": ["月"] * 2049}, "input"),
    ],
)
def test_an_embedding_that_cannot_be(client, asked, param):
    assert refused(openai.BadRequestError, client.embeddings.create, **asked).param == param


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"[1]", 400, None),
        (b"null", 400, None),
        (b'{"model": "poems", "temperature": NaN}', 400, "invalid_json"),
        (b'{"model": "poems", "prompt": "\\ud800"}', 400, "invalid_value"),
        (b'{"model": "\\ud800"}', 404, "model_not_found"),
        (b'{"\\ud800": 1, "model": "poems"}', 400, "invalid_type"),
        (b'{"prompt": "x"}', 400, "missing_required_parameter"),
        (b"\xff\xfe\xff", 400, "invalid_json"),
        (b"[" * 100_000, 400, "invalid_json"),
        (b'{"model": "poems", "seed": ' + b"9" * 5000 + b"}", 400, "invalid_json"),
        (b" " * (4 * 2**20 + 1), 413, "request_too_large"),
    ],
)
def test_a_body_that_is_none(server, body, status, code):
    with server.http() as client:
        answer = client.post("/completions", content=body)
        assert answer.status_code == status
        error = answer.json()["error"]
        assert error["code"] == code and error["type"] == "invalid_request_error"
        # in pieces, without a length that could be looked at beforehand
        assert client.post("/completions", content=iter([body[:9], body[9:]])).status_code == status


def test_addresses_and_methods_that_are_not_there(server):
    with server.http() as client:
        for method, path, status in (
            ("GET", "/nothing", 404),
            ("POST", "/responses", 404),
            ("GET", "/completions", 405),
            ("DELETE", "/models/poems", 405),
        ):
            answer = client.request(method, path)
            assert answer.status_code == status
            assert path in answer.json()["error"]["message"]


def test_the_state_of_the_server(server):
    with server.http() as client:
        status = client.get("/jinjie/status").json()
        assert (status["rows"], status["queue"], status["context"]) == (8, 64, 128)
        assert status["state"] == "ready" and status["faults"] == 0
        health = client.get(server.base_url.removesuffix("/v1") + "/health")
        assert health.status_code == 200 and health.json() == {"status": "ready"}
