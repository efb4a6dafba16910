"""Web pages of other origins: none may ask, unless it is named when the server is started."""

import pytest

PAGE = "http://localhost:3000"
ASK = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,x-stainless-os",
}


@pytest.fixture(scope="module")
def browsed(tmp_path_factory):
    from running import serving

    folder = tmp_path_factory.mktemp("browsed")
    with serving(
        folder, "--rows", "1", "--allow-origin", PAGE, "--allow-origin", "https://b.example"
    ) as server:
        yield server


def test_nobody_by_default(server):
    with server.http() as client:
        answer = client.options("/chat/completions", headers={"origin": PAGE, **ASK})
        assert "access-control-allow-origin" not in answer.headers
        answer = client.post("/completions", headers={"origin": PAGE}, json={"model": "poems"})
        assert answer.status_code == 403 and answer.json()["error"]["code"] == "invalid_origin"


@pytest.mark.parametrize("origin", [PAGE, "https://b.example"])
def test_a_named_page_may_ask_with_the_token(browsed, origin):
    with browsed.http() as client:
        answer = client.options("/chat/completions", headers={"origin": origin, "authorization": "", **ASK})
        assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == origin
        assert "x-stainless-os" in answer.headers["access-control-allow-headers"]
        body = {"model": "poems", "prompt": "月", "max_tokens": 2}
        answer = client.post("/completions", headers={"origin": origin}, json=body)
        assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == origin
        # an error can be read by the page as well
        answer = client.post(
            "/completions", headers={"origin": origin, "authorization": "Bearer x"}, json=body
        )
        assert answer.status_code == 401 and answer.headers["access-control-allow-origin"] == origin


def test_other_pages_still_may_not(browsed):
    with browsed.http() as client:
        answer = client.post("/completions", headers={"origin": "http://localhost:3001"}, json={})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
