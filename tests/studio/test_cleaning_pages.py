"""Cleaning a table in the studio: sent or named, malformed or whole, stopped, done again, and taken home."""

import io
import time
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import pytest

from jinjie import recipes
from jinjie.data.cleaning import clean
from jinjie.data.cleaning.plan import Cleaning, parse
from jinjie.studio import cleaning_form, cleaning_pages, cleanings, kept_tables
from jinjie.studio.upload import plain_name
from jinjie.training import launch

TABLE = "name,age,city\nAnn,34,Beijing\nBob,,Shanghai\nAnn,34,Beijing\nCid,40,\n"


def sent(client, content, name="people.csv", **rules):
    return client.post("/clean", data=rules, files={"file": (name, io.BytesIO(content), "text/csv")})


def waited(client, address):
    """The page once its cleaning has ended."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        page = client.get(address).text
        if "hx-trigger" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the cleaning did not end")


def test_a_sent_table_comes_back_clean_with_its_report(client, tmp_path):
    answer = sent(client, TABLE.encode("gb18030"), missing="mode", lines="missing.age=median\n")
    assert answer.status_code == 303
    address = answer.headers["location"]
    page = waited(client, address)
    assert "Cleaning people.csv" in page and "age: empty cells filled with 37 (median): 1." in page
    assert "<svg" in page and " style=" not in page and "repeats an earlier row" in page
    client.cookies.set("lang", "zh")
    assert "people.csv 的清洗报告" in client.get(address).text

    (tmp_path / "in.csv").write_bytes(TABLE.encode("gb18030"))
    clean(tmp_path / "in.csv", tmp_path / "out.csv", parse(["missing=mode", "missing.age=median"]))
    got = client.get(f"{address}/cleaned.csv")
    assert got.content == (tmp_path / "out.csv").read_bytes(), "the same file as from the command line"
    assert 'filename="people-cleaned.csv"' in got.headers["content-disposition"]
    for file in ("report.html", "report.json"):
        got = client.get(f"{address}/{file}")
        assert got.status_code == 200 and "sandbox" in got.headers["content-security-policy"]
    assert client.get(f"{address}/asked.json").status_code == 404
    assert client.get(f"{address}/..%2F..%2Ftoken").status_code == 404


def test_the_defaults_of_the_form_are_those_of_the_command_line(client):
    page = client.get("/clean").text
    assert 'name="missing" value="keep"' in page and 'enctype="multipart/form-data"' in page
    untouched = {f.path: f.value for group in cleaning_form.form().groups for f in group.fields}
    assert cleaning_form.plan(untouched) == Cleaning()
    assert set(untouched) == set(Cleaning.model_fields) - {"columns"}
    # Every kind of setting arrives as it would from the command line.
    typed = {
        **untouched,
        "quotes": "false",
        "z": "2.5",
        "delimiter": "tab",
        "same": "a,b",
        "missing_words": "x",
    }
    same = parse(["quotes=false", "z=2.5", "delimiter=tab", "same=a,b", "missing_words=x"])
    assert cleaning_form.plan({**typed, "lines": " missing.c=drop \n\n"}).columns["c"].missing == "drop"
    assert cleaning_form.plan(typed) == same


def test_a_table_is_named_by_its_path_and_never_changed(client, tmp_path):
    (tmp_path / "mine.csv").write_text(TABLE)
    page = waited(
        client, client.post("/clean", data={"path": str(tmp_path / "mine.csv")}).headers["location"]
    )
    assert "Cleaning mine.csv" in page
    assert (tmp_path / "mine.csv").read_text() == TABLE
    assert [p.name for p in tmp_path.iterdir() if p.name != "home"] == ["mine.csv"], (
        "nothing is put beside it"
    )


def test_all_wrong_rules_stand_beside_their_fields_and_nothing_is_kept(client):
    answer = sent(client, TABLE.encode(), missing="nonsense", z="-1", lines="missing.age=odd\nbad")
    assert (
        answer.status_code == 422 and 'value="nonsense"' in answer.text and "missing.age=odd" in answer.text
    )
    assert 'id="set-missing-wrong"' in answer.text and 'id="set-z-wrong"' in answer.text
    assert "columns.age.missing: " in answer.text and "bad: " in answer.text
    assert not list(cleanings.tables_home().glob("*"))
    part = client.post("/clean", data={"z": "0"}, headers={"hx-request": "true"})
    assert part.headers["hx-retarget"] == "#rules" and "<html" not in part.text, "a chosen file stays chosen"
    assert "Choose a file" in client.post("/clean", data={"path": " "}).text
    assert "no file" in client.post("/clean", data={"path": "/nowhere/x.csv"}).text.lower()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no text"),
        (b"a,b\n1,2\n3\n", "people.csv:3: 1 cells where the header has 2"),
        (b'a,b\n1,2\n"3,4\n', "people.csv:3: a double quote"),
        (b"a,b\n1,2\n3,\x004\n", "people.csv:3: a NUL byte"),
    ],
)
def test_a_malformed_table_is_told_with_line_and_remedy(client, content, said):
    page = waited(client, sent(client, content).headers["location"])
    assert said in page.replace("&#39;", "'").replace("&#34;", '"'), page
    assert str(cleanings.tables_home()) not in page, "where the studio keeps it means nothing to the sender"
    assert 'id="download"' not in page and 'id="again"' in page


def test_the_same_table_is_cleaned_by_other_rules_without_sending_it_again(client):
    address = sent(client, TABLE.encode(), missing="drop", lines="types.nobody=text").headers["location"]
    assert "nobody" in waited(client, address)
    assert client.post(address, data={"missing": "odd"}).status_code == 422
    again = client.post(address, data={"missing": "drop"})
    assert again.headers["location"] == address
    page = waited(client, address)
    assert "Written: 1 rows" in page and client.get(f"{address}/cleaned.csv").text.count("\n") == 2


def test_a_file_that_is_too_large_is_refused_in_words(client, monkeypatch):
    monkeypatch.setattr(cleaning_pages, "LARGEST", 1000)
    answer = sent(client, b"a,b\n" + b"1,2\n" * 1000)
    assert answer.status_code == 409 and "more than 1 KB" in answer.text and "path" in answer.text
    assert not [p for p in cleanings.tables_home().rglob("*") if p.is_file()], "nothing of it is kept"
    short = client.post(
        "/clean", content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert short.status_code == 409 and "incomplete" in short.text


def test_a_cleaning_is_stopped_and_leaves_no_half_file(client, tmp_path):
    with (tmp_path / "long.csv").open("w") as file:
        file.write("a,b\n")
        for block in range(60):
            file.write("".join(f"{block * 20000 + i},{i % 97}.5\n" for i in range(20000)))
    address = client.post("/clean", data={"path": str(tmp_path / "long.csv"), "missing": "median"}).headers[
        "location"
    ]
    assert client.post(f"{address}/stop").status_code == 303
    page = waited(client, address)
    assert "Stopped. Nothing was written." in page
    folder = cleanings.tables_home() / address.rpartition("/")[2]
    assert [p.name for p in folder.iterdir()] == ["asked.json"]


def test_the_newest_tables_are_kept_and_found_by_the_next_studio(client, monkeypatch):
    monkeypatch.setattr(cleanings, "KEPT", 2)
    addresses = []
    for i in range(4):
        addresses.append(sent(client, TABLE.encode(), name=f"t{i}.csv").headers["location"])
        waited(client, addresses[-1])
        time.sleep(0.02)  # a file's time is coarse
    assert client.get(addresses[0]).status_code == 404
    client.app.app.app.state.cleanings = cleanings.Cleanings()  # as a studio that was started again
    assert (
        "Cleaning t3.csv" in client.get(addresses[3]).text
        and "Written: 3 rows" in client.get(addresses[3]).text
    )
    assert "t3.csv" in client.get("/clean").text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\表格 一.csv", "表格 一.csv"),
        ("..", "table.csv"),
        ("", "table.csv"),
        ("a\x00b\n.csv", "a_b_.csv"),
        ("x" * 300 + ".csv", "x" * 76 + ".csv"),
        (".hidden", "hidden"),
    ],
)
def test_a_files_name_leads_nowhere(given, kept):
    assert plain_name(given) == kept


def test_what_a_table_holds_is_text_on_the_page_never_markup(client):
    hostile = "<script>alert(1)</script>"
    page = waited(
        client, sent(client, f"{hostile},b\n1,2\n2,\n".encode(), missing="median").headers["location"]
    )
    assert hostile not in page and "&lt;script&gt;" in page


def test_a_cleaning_that_ends_while_its_page_is_written_still_shows_its_report(client, monkeypatch):
    """Fault: the work ends between the look for its report and the page: it said "unfinished" for ever."""
    address = sent(client, TABLE.encode()).headers["location"]
    waited(client, address)
    work = client.app.app.app.state.cleanings.work(cleanings.table(address.rpartition("/")[2]))
    work.working = True
    form = cleaning_form.form

    def ends(*args):
        work.working = False
        return form(*args)

    monkeypatch.setattr(cleaning_form, "form", ends)
    assert "hx-trigger" in client.get(address).text, "it asks once more"
    assert "Written: 3 rows" in client.get(address).text


def test_a_cleaned_table_is_trained_on_as_it_is_now(client):
    """The start form names it; cleaning it again, or forgetting it, takes nothing away from a run."""
    address = sent(client, TABLE.encode(), name="../Ünïque people.csv", missing="mode").headers["location"]
    assert client.post(f"{address}/train", data={}).status_code in (303, 409), "too early or done already"
    page = waited(client, address)
    assert (
        '<option value="city" selected>city (classes)</option>' in page
        and f'action="{address}/train"' in page
    )
    answer = client.post(f"{address}/train", data={"target": "age", "holds": "classes"})
    start = answer.headers["location"]
    asked = dict(parse_qsl(urlsplit(start).query))
    kept = Path(asked["data.path"])
    assert (
        asked["recipe"] == "credit"
        and asked["data.target"] == "age"
        and kept.name == "Ünïque people-cleaned.csv"
    )
    cleaned = client.get(f"{address}/cleaned.csv").content
    assert kept.read_bytes() == cleaned
    form = client.get(start).text
    assert f'name="data.path" value="{kept}"' in form and 'name="data.target" value="age"' in form
    assert f"Your table {kept}" in form and "890 applicants" not in form, "what it says is of this table"
    assert "recipe=cancer&amp;data.path=" in form, "another recipe keeps the table"
    assert "data.target" not in client.post(f"{address}/train", data={"target": "city"}).headers["location"]

    client.post(address, data={"missing": "drop"})
    waited(client, address)
    assert kept.read_bytes() == cleaned != client.get(f"{address}/cleaned.csv").content
    other = client.post(f"{address}/train", data={}).headers["location"]
    assert str(kept) not in unquote_plus(other), "another content, another place"


HOUSES = "area,rooms,town,floor,price\n" + "".join(
    f"{40 + i},{i % 4 + 1},{'ab'[i % 2]},{i % 3},{1000.5 * (40 + i) + 500 * (i % 4 + 1)}\n" for i in range(90)
)


def trained(client, address, **asked):
    answer = client.post(f"{address}/train", data=asked)
    return answer, dict(parse_qsl(urlsplit(answer.headers.get("location", "")).query))


def test_numbers_are_predicted_from_the_columns_of_numbers(client):
    """What fits the column is proposed, and the learner may say otherwise; the run then explains the price."""
    address = sent(client, HOUSES.encode(), name="houses.csv").headers["location"]
    page = waited(client, address)
    for name, holds in (("area", "numbers"), ("rooms", "classes"), ("town", "classes"), ("price", "numbers")):
        assert f"{name} ({holds})</option>" in page
    answer, asked = trained(client, address)
    assert (asked["recipe"], asked["data.kind"]) == ("line-1", "table")
    kept = Path(asked["data.path"]).read_text("utf-8").splitlines()
    assert kept[0] == "area,rooms,floor,price" and kept[1].startswith("40,1,0,40520") and len(kept) == 91
    form = client.get(answer.headers["location"]).text
    assert f'value="{asked["data.path"]}"' in form and 'name="optimizer.lr" value="0.1"' in form

    changes = {key: value for key, value in asked.items() if key != "recipe"}
    run = launch.launch(recipes.find("line-1").changed({**changes, "threads": 1}))
    while run.pid is not None:
        time.sleep(0.05)
    assert run.events[-1]["metrics"]["r2"] > 0.99

    assert trained(client, address, target="rooms")[1]["recipe"] == "credit"
    assert trained(client, address, target="rooms", holds="numbers")[1]["recipe"] == "line-1"
    assert trained(client, address, holds="classes")[1]["recipe"] == "credit"


def test_what_holds_no_numbers_is_not_predicted_as_such(client):
    address = sent(client, HOUSES.encode()).headers["location"]
    waited(client, address)
    answer, _ = trained(client, address, target="town", holds="numbers")
    assert answer.status_code == 422 and "town: holds something else than numbers" in answer.text
    assert '<option value="town" selected>' in answer.text and 'value="numbers" selected' in answer.text
    address = sent(client, b"price,town\n1.5,a\n2.5,b\n3,a\n").headers["location"]
    waited(client, address)
    answer, _ = trained(client, address, target="price")
    assert answer.status_code == 422 and "the only column of numbers" in answer.text


def test_a_table_that_no_run_names_is_forgotten_after_a_day(client, diary, monkeypatch):
    address = sent(client, TABLE.encode()).headers["location"]
    waited(client, address)

    def cleaned(**rules):
        client.post(address, data=rules)
        waited(client, address)
        location = client.post(f"{address}/train", data={}).headers["location"]
        return Path(dict(parse_qsl(urlsplit(location).query))["data.path"])

    named, unused = cleaned(missing="keep"), cleaned(missing="drop")
    recipe = diary("credit-1", "credit").path / "recipe.json"
    recipe.write_text(recipe.read_text().replace('"path": null', f'"path": "{named}"'))
    monkeypatch.setattr(kept_tables, "UNUSED", -1.0)
    monkeypatch.setattr(kept_tables.os, "utime", lambda path: None)
    newest = cleaned(missing="mode")
    assert named.is_file() and not unused.is_file() and not newest.is_file()
