"""Who is let in and who is not: each way in, tried."""

import os
import stat

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from jinjie.serve import problems
from jinjie.serve.guard import Guard, kept_token

TOKEN = "a-token-of-forty-three-characters-or-so-0123"
HOME = "http://127.0.0.1:8642"


@pytest.fixture
def client() -> TestClient:
    inner = PlainTextResponse("inside")
    return TestClient(
        Guard(inner, TOKEN, "door", open_paths=("/static/",)), base_url=HOME, follow_redirects=False
    )


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_without_a_token_nothing_is_given(client):
    answer = client.get("/")
    assert answer.status_code == 401
    assert "inside" not in answer.text
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("wrong", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é"])
def test_a_wrong_token_is_no_token(client, wrong):
    assert client.get("/", headers={"authorization": f"Bearer {wrong}".encode()}).status_code == 401
    assert client.get("/", headers={"cookie": f"door={wrong}".encode()}).status_code == 401
    assert client.get("/", params={"token": wrong}).status_code == 401


def test_the_address_with_its_token_becomes_a_cookie_and_a_clean_address(client):
    answer = client.get("/runs/a b", params={"token": TOKEN, "all": "true"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/runs/a%20b?all=true"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"door={TOKEN};")
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert client.get("/").text == "inside"  # the client keeps the cookie, as a browser does


def test_the_redirect_never_leads_to_another_host(client):
    answer = client.get(f"{HOME}//elsewhere.example/", params={"token": TOKEN})
    assert answer.headers["location"].startswith("/elsewhere.example")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8642", "localhost:8642", "localhost", "LOCALHOST:1", "[::1]:8642"]
)
def test_this_machine_is_let_in_under_its_names(client, host):
    assert client.get("/", headers={**bearer(), "host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "127.0.0.1.attacker.example:8642", "localhost.attacker.example", "", "127.0.0.1:x"],
)
def test_a_rebound_name_is_refused_even_with_the_token(client, host):
    assert client.get("/", headers={**bearer(), "host": host}).status_code == 400
    assert client.get("/static/x", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("origin", ["http://127.0.0.1:3000", "https://attacker.example", "null", None])
def test_a_change_asked_by_another_page_is_refused(client, method, origin):
    headers = {"cookie": f"door={TOKEN}"} | ({"origin": origin} if origin else {})
    assert client.request(method, "/", headers=headers).status_code == 403


def test_a_change_asked_by_our_page_or_by_a_program_is_made(client):
    ours = {"cookie": f"door={TOKEN}", "origin": HOME}
    assert client.post("/", headers=ours).status_code == 200
    assert client.post("/", headers=bearer()).status_code == 200
    # a page that got hold of the token is still another page
    assert client.post("/", headers={**bearer(), "origin": "https://attacker.example"}).status_code == 403


def test_other_servers_cookies_do_not_hide_ours(client):
    headers = {"cookie": f'strange={{"a":1}}; =; door={TOKEN}; other="unclosed'}
    assert client.get("/", headers=headers).status_code == 200


def test_open_paths_are_for_reading_only(client):
    assert client.get("/static/studio.css").status_code == 200
    assert client.post("/static/studio.css", headers={"origin": HOME}).status_code == 401


def test_every_answer_carries_the_security_headers_and_a_fresh_nonce(client):
    nonces = set()
    for answer in (
        client.get("/", headers=bearer()),
        client.get("/"),
        client.get("/", headers={"host": "x"}),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "img-src 'self' data:" in policy
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
        nonces.add(policy.partition("'nonce-")[2].partition("'")[0])
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
    assert len(nonces) == 3


def test_a_refusal_speaks_both_languages_and_escapes_what_came(client):
    page = client.get("/", headers={"accept": "text/html", "host": "<script>alert(1)</script>"})
    assert "工作室" in page.text and "studio" in page.text
    assert "<script>alert" not in page.text
    said = client.get("/").json()["error"]
    assert "jinjie studio" in said["en"] and "令牌" in said["zh"]


def test_a_link_from_another_site_is_asked_again_by_our_own_page(client):
    cross = {"accept": "text/html", "sec-fetch-site": "cross-site"}
    assert 'http-equiv="refresh"' in client.get("/", headers=cross).text
    assert 'http-equiv="refresh"' not in client.get("/", headers={**cross, "sec-fetch-site": "none"}).text


def test_the_token_is_kept_for_its_owner_alone(tmp_path):
    path = tmp_path / "studio" / "token"
    token = kept_token(path)
    assert len(token) >= 32
    assert kept_token(path) == token
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        kept_token(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_token_is_made_anew(tmp_path):
    path = tmp_path / "token"
    path.write_text("short\n")
    assert len(kept_token(path)) >= 32


# Before a server that programs ask


@pytest.fixture
def api() -> TestClient:
    guard = Guard(
        PlainTextResponse("inside"),
        TOKEN,
        cookie=None,
        origins=("http://localhost:3000",),
        refuse=problems.refuse,
    )
    return TestClient(guard, base_url=HOME, follow_redirects=False)


def test_programs_are_refused_in_the_shape_they_read(api):
    for headers, status, code in (
        ({}, 401, "invalid_api_key"),
        (bearer("wrong"), 401, "invalid_api_key"),
        ({**bearer(), "host": "attacker.example"}, 400, "invalid_host"),
        ({**bearer(), "origin": "https://attacker.example"}, 403, "invalid_origin"),
    ):
        answer = api.post("/v1/completions", headers=headers)
        assert answer.status_code == status
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert (error["code"], error["type"]) == (code, "invalid_request_error")
    assert "api_key" in api.get("/v1/models").json()["error"]["message"]


def test_no_cookie_and_no_address_lets_in(api):
    assert api.get("/", headers={"cookie": f"jinjie={TOKEN}; None={TOKEN}; ={TOKEN}"}).status_code == 401
    assert api.get("/", params={"token": TOKEN}).status_code == 401
    assert api.get("/", headers=bearer()).text == "inside"


def test_a_page_that_may_ask_needs_the_token_too(api):
    page = {"origin": "http://localhost:3000"}
    assert api.post("/", headers=page).status_code == 401
    assert api.post("/", headers={**bearer(), **page}).status_code == 200
    assert api.post("/", headers={**bearer(), "origin": "http://localhost:3001"}).status_code == 403


def test_a_server_that_takes_cookies_must_know_its_names():
    with pytest.raises(ValueError, match="names"):
        Guard(PlainTextResponse("inside"), TOKEN, hosts=None)
