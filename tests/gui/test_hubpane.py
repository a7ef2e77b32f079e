"""The Hub beside this computer's models: what fits, downloads that pause, searches, the token."""

from __future__ import annotations

import subprocess

import keyring
import pytest
from PySide6.QtCore import Qt

from studio.app.fetchclient import FetchStopped
from studio.core.catalogue import catalogue
from studio.core.protocol import Fetched, Progress
from studio.core.recipe import Recipe
from studio.core.units import GIB
from studio.machine.begunfetches import begun_folder, note_begun
from studio.machine.devices import Gpu, MachineReading
from studio.machine.secrets import NAME, SERVICE, SESSION_ONLY
from studio.ui.model.marks import MARKS
from studio.ui.pages.modelpage import ModelPage
from studio.ui.pages.settingspage import SettingsPage
from tests.helpers.localhub import local_hub
from tests.helpers.memorykeyring import LockedKeyring, MemoryKeyring
from tests.helpers.modelpages import settle

ON_CARD = MachineReading(
    (Gpu(0, "RTX 4070", 12 * GIB, 11 * GIB, 0, GIB, (), 48, 0.0),), 32 * GIB, 21 * GIB
)
REPO = "somebody/small"
CANARY = "hf_canary_token"
PATIENCE = 60_000


@pytest.fixture(autouse=True)
def own_keyring():
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    yield keyring
    keyring.set_keyring(before)


@pytest.fixture
def page(qtbot, studio, light):
    studio.machine.reading = ON_CARD
    studio.draft.take(Recipe())
    studio.models.follow(studio.draft)
    made = ModelPage(studio)
    made.resize(1364, 842)
    made.show()
    made.shown()
    made.models.show_place("Hub")
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def hub(tiny_model, monkeypatch):
    with local_hub(tiny_model, REPO) as (made, address):
        made.found = [{"id": REPO, "safetensors": {"parameters": {"BF16": 9}, "total": 9}}]
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield made


def names(page):
    model = page.models.hub.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def look_at(page, name):
    model_list = page.models.hub.list
    model_list.setCurrentIndex(model_list.model().index(names(page).index(name), 0))


def click(qtbot, button):
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def search(qtbot, page, words="small"):
    page.models.hub.field.setText(words)
    with qtbot.waitSignal(page._studio.hub.found, timeout=PATIENCE):
        click(qtbot, page.models.hub.search_button)
    look_at(page, "small")


def test_the_catalogue_is_there_at_once_with_what_fits(page):
    assert names(page) == [model.name for model in catalogue()]
    marks = page.models.hub._marks
    assert marks[catalogue()[0].id] == "LoRA"  # full training fits too, yet cannot be done
    assert marks[catalogue()[-1].id] == "no"
    assert set(marks.values()) <= set(MARKS)
    assert not page.models.list.isVisible()


def test_a_model_shows_its_facts_before_any_download(page):
    look_at(page, "Qwen3-8B")
    facts = page.models.hub.facts
    assert facts.fact("Architecture") == "36 layers, GQA 32:8"
    assert facts.fact("Template") == "ChatML"
    assert facts.fact("Licence") == "Apache-2.0"
    assert facts.fact("Fits here") == "QLoRA ✓ LoRA ✗ Full ✗"
    assert page.models.hub.fetch.get_button.text().startswith("Download, 16.")


def test_the_verdicts_follow_the_recipe(page, studio):
    before = dict(page.models.hub._marks)
    studio.draft.edit_all({"max_tokens": 8192, "micro_batch": 16}, "Large")
    settle(page)
    assert page.models.hub._marks != before


def test_typing_filters_the_catalogue(page):
    page.models.hub.field.setText("QWEN3-8")
    assert names(page) == ["Qwen3-8B"]


def test_a_narrow_window_has_a_drop_down_and_a_line_of_facts(page, qtbot):
    look_at(page, "Qwen3-8B")
    page.set_small(True)
    hub = page.models.hub
    qtbot.waitUntil(hub.choice.isVisible)
    assert not hub.list.isVisible()
    assert "ChatML" in hub.summary.text()
    assert hub.choice.currentText().startswith("Qwen3-8B")


def test_a_search_is_made_only_when_asked_for_and_can_be_left(page, qtbot, hub):
    page.models.hub.field.setText("small")
    assert hub.asked == []
    search(qtbot, page)
    assert names(page) == ["small"]
    assert "One model" in page.models.hub.note.text()
    assert hub.searches[0]["search"] == ["small"]
    click(qtbot, page.models.hub.back_button)
    assert len(names(page)) == len(catalogue())


def test_nothing_is_asked_of_the_network_when_it_is_switched_off(page, qtbot, studio, hub):
    settings = SettingsPage(studio)
    settings.network_choice.chosen.emit(1)
    settings.deleteLater()
    page.models.hub.field.setText("Qwen3-0.6B")
    click(qtbot, page.models.hub.search_button)
    assert "switched off in Settings" in page.models.hub.note.text()
    look_at(page, "Qwen3-0.6B")
    click(qtbot, page.models.hub.fetch.get_button)
    assert "switched off in Settings" in page.models.hub.note.text()
    assert not studio.models.fetching
    assert hub.asked == []


def test_a_download_is_paused_goes_on_and_is_chosen(page, qtbot, studio, hub):
    search(qtbot, page)
    hub.breaks_at = 2000
    hub.stall.set()
    box, ends = page.models.hub.fetch, []
    studio.models.fetch_ended.connect(ends.append)
    click(qtbot, box.get_button)
    qtbot.waitUntil(lambda: "of 4" in box.words.text(), timeout=PATIENCE)  # 444 kB
    page._hub.refresh()
    assert "downloading" in page.models.hub._entry(page.models.hub.current).below
    with qtbot.waitSignal(studio.models._fetcher.gone, timeout=PATIENCE):
        click(qtbot, box.pause_button)
    assert isinstance(ends[0], FetchStopped)
    page._hub.refresh()
    assert box.get_button.text().startswith("Go on")
    assert "Paused at" in box.words.text()
    hub.stall.clear()
    hub.breaks_at = 0
    with qtbot.waitSignal(studio.models.fetch_ended, timeout=PATIENCE):
        click(qtbot, box.get_button)
    assert isinstance(ends[1], Fetched), ends[1]
    assert "bytes=2000-" in hub.ranges
    assert studio.models.current.name == "small"
    assert box.words.text() == "On this computer."
    assert studio.models.begun() == {}


def test_a_download_tells_bytes_and_the_time_left(page, qtbot, studio, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("studio.ui.model.fetchbox.monotonic", lambda: now[0])
    look_at(page, "Qwen3-8B")
    box = page.models.hub.fetch
    box.show_progress(None)
    assert box.words.text() == "Starting the download"
    box.show_progress(Progress(id=0, what="x", done=10**9, total=16 * 10**9))
    now[0] += 10
    box.show_progress(Progress(id=0, what="x", done=2 * 10**9, total=16 * 10**9))
    assert box.words.text() == "2.0 GB of 16.0 GB, 2 min 20 s left"
    assert box.bar.accessibleDescription() == "12\u00a0%"


def test_a_cancelled_download_leaves_nothing(page, qtbot, studio, hub):
    search(qtbot, page)
    hub.breaks_at = 2000
    hub.stall.set()
    box, problems = page.models.hub.fetch, []
    studio.problem_met.connect(problems.append)
    click(qtbot, box.get_button)
    qtbot.waitUntil(lambda: studio.models.begun() != {}, timeout=PATIENCE)
    with qtbot.waitSignal(studio.models._fetcher.gone, timeout=PATIENCE):
        click(qtbot, box.cancel_button)
    assert not begun_folder(studio.workspace.models, REPO).exists()
    assert list(studio.workspace.models.iterdir()) == []
    assert problems == []
    assert box.get_button.text().startswith("Download")


def test_what_was_begun_earlier_can_be_removed(page, qtbot, studio):
    repo = "Qwen/Qwen3-0.6B"
    folder = begun_folder(studio.workspace.models, repo)
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "model.safetensors.part").write_bytes(b"1" * 600)
    note_begun(folder, repo, "a" * 40, 1000)
    page._hub.refresh()
    look_at(page, "Qwen3-0.6B")
    assert page.models.hub.fetch.bar.accessibleDescription() == "60\u00a0%"
    click(qtbot, page.models.hub.fetch.cancel_button)
    assert not folder.exists()
    assert page.models.hub.fetch.get_button.text().startswith("Download")


def test_a_disk_without_room_is_told_before_the_download(page, monkeypatch):
    monkeypatch.setattr("studio.ui.model.hubdesk.free_bytes", lambda _place: 10**9)
    look_at(page, "Qwen3-8B")
    assert not page.models.hub.fetch.get_button.isEnabled()
    assert "1.0 GB are free" in page.models.hub.fetch.words.text()


def test_a_gated_model_asks_for_the_token_and_comes_with_it(
    page, qtbot, studio, hub, tmp_path, own_home
):
    hub.closed, hub.token = True, CANARY
    search(qtbot, page)
    box = page.models.hub.fetch
    assert not box.token.isVisible()
    with qtbot.waitSignal(studio.models.fetch_ended, timeout=PATIENCE):
        click(qtbot, box.get_button)
    assert "accept its terms" in box.words.text()
    assert box.token.isVisible()
    box.token.line.setText("hf_another")
    with qtbot.waitSignal(studio.models.fetch_ended, timeout=PATIENCE):
        click(qtbot, box.token.keep_button)
    assert "does not open it" in box.words.text()
    assert box.token.isVisible()
    box.token.line.setText(CANARY)
    with qtbot.waitSignal(studio.models.fetch_ended, timeout=PATIENCE) as ended:
        click(qtbot, box.token.keep_button)
    assert isinstance(ended.args[0], Fetched), ended.args[0]
    assert box.token.line.text() == ""
    assert keyring.get_password(SERVICE, NAME) == CANARY
    assert CANARY in hub.tokens
    places = [str(tmp_path), str(own_home)]
    found = subprocess.run(["grep", "-rl", CANARY, *places], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (1, "")


def test_the_token_is_set_and_forgotten_in_the_settings(qtbot, studio, light):
    keyring.set_keyring(LockedKeyring())
    page = SettingsPage(studio)
    page.show()
    page.token.line.setText(CANARY)
    with qtbot.waitSignal(studio.tokens.changed, timeout=PATIENCE):
        qtbot.mouseClick(page.token.keep_button, Qt.MouseButton.LeftButton)
    assert page.token_words.text() == SESSION_ONLY
    with qtbot.waitSignal(studio.tokens.changed, timeout=PATIENCE):
        page.forget_button.click()
    assert "There is no token" in page.token_words.text()
    page.close()
    page.deleteLater()
