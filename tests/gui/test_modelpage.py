"""The Model page shows the draft and what it costs; every edit is an undo step."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from studio.core.example import Triple
from studio.core.problems import FetchError, ModelError
from studio.core.protocol import Progress, RequestFailed
from studio.core.recipe import Recipe
from studio.machine.models import STARTER
from studio.ui.model.recipedialog import RecipeDialog
from studio.ui.pages.modelpage import ModelPage
from studio.ui.widgets.memoryparts import MemoryPlan
from studio.ui.widgets.parts import Button
from tests.helpers.judged import found, lengths
from tests.helpers.modelfolders import model_folder
from tests.helpers.modelpages import LARGE, NO_CARD, headline, open_model_page, settle


@pytest.fixture
def page(studio, light):
    made = open_model_page(studio)
    yield made
    made.close()
    made.deleteLater()


def rows_of(page):
    model = page.models.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_a_run_that_fits_says_how_much_is_to_spare(page):
    assert headline(page).startswith("Fits, with ")
    assert "RTX 4070" in headline(page)
    assert page.action.isEnabled()
    assert not page.plan.ways.isVisible()
    assert "Frozen 5.3" in page.plan.bar.accessibleDescription()


def test_a_run_that_does_not_fit_has_a_way_out_that_is_one_click_and_one_undo(page, studio, qtbot):
    studio.draft.edit_all(LARGE, "Large")
    assert headline(page).startswith("Does not fit: ")
    assert not page.action.isEnabled()
    settle(page)
    button = next(
        b for b in page.plan.ways.findChildren(Button) if b.accessibleName().startswith("Apply")
    )
    with qtbot.waitSignal(studio.said) as said:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert headline(page).startswith("Fits")
    assert studio.draft.recipe.effective_batch == 16
    said.args[1]()
    assert headline(page).startswith("Does not fit")


def test_the_bar_is_painted_before_ways_out_are_worked_out(page, studio, qtbot, monkeypatch):
    told = []
    fit = page._plan.judge.fit
    monkeypatch.setattr(page._plan.judge, "fit", lambda *of: told.append("ways") or fit(*of))
    paint = page.plan.bar.paintEvent
    monkeypatch.setattr(page.plan.bar, "paintEvent", lambda e: told.append("bar") or paint(e))
    page.plan.bar.set_plan(MemoryPlan((), 0.0, (0.0, 0.0)))
    studio.draft.edit_all(LARGE, "Large")
    assert told == []
    assert headline(page).startswith("Does not fit: ")
    qtbot.waitUntil(page.plan.ways.isVisible)
    assert told[:2] == ["bar", "ways"]


def test_every_edit_of_a_knob_moves_the_bar_at_once(page, studio):
    seen = {page.plan.bar.accessibleDescription()}
    for name, value in (("rank", 512), ("max_tokens", 3000), ("micro_batch", 7)):
        page.settings.field(name).setValue(value)
        seen.add(page.plan.bar.accessibleDescription())
    assert len(seen) == 4
    assert (studio.draft.recipe.rank, studio.draft.recipe.max_tokens) == (512, 3000)


def test_a_value_out_of_range_is_told_in_place_and_changes_nothing(page, studio):
    page.settings.field("rank").setValue(5000)
    assert studio.draft.recipe.rank == 16
    assert "not from 1 to 1024" in page.settings.field("rank").accessibleDescription()
    page.settings.field("alpha").setValue(8)
    assert page.settings.field("rank").value() == 5000
    page.settings.field("rank").setValue(8)
    assert "not from" not in page.settings.field("rank").accessibleDescription()
    assert studio.draft.recipe.rank == 8


def test_a_rate_that_is_no_number_is_told_in_place(page, studio, qtbot):
    line = page.settings.field("learning_rate")
    assert line.text() == "2e-4"
    line.selectAll()
    qtbot.keyClicks(line, "abc")
    assert "not a number" in line.accessibleDescription()
    line.selectAll()
    qtbot.keyClicks(line, "5e-5")
    assert studio.draft.recipe.learning_rate == 5e-5
    assert line.text() == "5e-5"


def test_a_changed_setting_offers_the_way_back_to_its_default(page, studio, qtbot):
    reset = page.settings.rows["rank"].findChild(Button)
    assert not reset.isVisible()
    page.settings.field("rank").setValue(64)
    assert reset.isVisible()
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert studio.draft.recipe.rank == 16
    assert page.settings.field("rank").value() == 16


def test_the_depth_decides_which_settings_are_there(page):
    def shown():
        return {name for name, row in page.settings.rows.items() if row.isVisible()}

    page.settings.set_depth("simple")
    simple = shown()
    page.settings.set_depth("standard")
    standard = shown()
    page.settings.set_depth("everything")
    assert simple < standard < shown()
    assert "learning_rate" in simple
    assert "optimizer" in shown()


def test_a_preset_is_one_undo_step_and_is_named_again_after_it(page, studio):
    before = studio.draft.recipe
    page.settings.preset_chosen.emit(page.settings._preset.itemData(2))
    assert studio.draft.recipe.rank == 32
    assert page.settings._preset.currentText() == "Best"
    studio.draft.undo_stack.undo()
    assert studio.draft.recipe == before
    studio.draft.edit("rank", 3)
    assert page.settings._preset.currentIndex() == -1


def test_resetting_everything_keeps_what_the_run_is_about(page, studio):
    studio.draft.edit_all({"rank": 3, "title": "mine"}, "x")
    page.settings.reset_requested.emit()
    recipe = studio.draft.recipe
    assert (recipe.rank, recipe.title, recipe.model) == (16, "mine", "llama")


def test_choosing_a_method_says_what_each_would_take(page, studio, qtbot):
    qlora, lora = page.methods.cards[:2]
    assert qlora.radio.isChecked()
    assert "does not fit" in lora.radio.accessibleDescription()
    lora.radio.click()
    assert studio.draft.recipe.quantization == "none"
    assert headline(page).startswith("Does not fit")
    studio.draft.undo_stack.undo()
    assert qlora.radio.isChecked()


def test_the_list_shows_models_and_refused_folders_and_choosing_follows(page, studio):
    (studio.workspace.models / "evil").mkdir()
    studio.models.refresh()
    assert rows_of(page) == ["tiny", "llama", "evil"]
    page.models.list.setCurrentIndex(page.models.list.model().index(0, 0))
    assert studio.models.current.name == "tiny"
    assert studio.draft.recipe.model == "tiny"
    page.models.list.setCurrentIndex(page.models.list.model().index(2, 0))
    assert studio.models.current.name == "tiny"
    assert page.models._facts._refusal.text() == "evil has no config.json."


def test_searching_narrows_the_list(page, qtbot):
    qtbot.keyClicks(page.models._search, "TIN")
    assert rows_of(page) == ["tiny"]


def test_undoing_the_choice_of_a_model_chooses_the_one_before(page, studio):
    studio.models.choose(studio.workspace.model("tiny"))
    assert studio.draft.recipe.model == "tiny"
    studio.draft.undo_stack.undo()
    assert studio.models.current.name == "llama"


def test_without_a_card_memory_is_ram_and_the_page_says_so(page, studio):
    studio.machine.reading = NO_CARD
    studio.machine.read.emit(NO_CARD)
    assert "no NVIDIA card" in headline(page)
    assert "Python and torch" in [p.name for p in page.plan.bar._plan.parts]
    studio.draft.edit("device", "cuda")
    assert headline(page).startswith("Does not fit")


def test_before_the_first_reading_the_page_judges_nothing(page, studio):
    studio.machine.reading = None
    page.shown()
    assert headline(page).startswith("Takes about ")
    assert page.action.isEnabled()


def test_names_of_other_processes_are_plain_text(page):
    assert "<b>shell</b>" in [part.name for part in page.plan.bar._plan.parts]


def test_without_a_model_the_page_offers_the_starter(qtbot, studio, light):
    studio.machine.reading = NO_CARD
    page = ModelPage(studio)
    page.show()
    page.shown()
    assert headline(page).startswith("No model is chosen")
    assert not page.action.isEnabled()
    assert page.models.starter.get_button.isVisible()
    page.close()
    page.deleteLater()


def test_a_download_shows_how_far_it_is_and_how_it_ended(page, studio):
    box = page.models.starter
    assert box.isVisible()
    studio.models.fetch_progressed.emit(Progress(id=0, what="Weights", done=50, total=200))
    assert not box.get_button.isVisible()
    assert box.cancel_button.isVisible()
    assert box._bar.accessibleDescription() == "25\u00a0%"
    problems = []
    studio.problem_met.connect(problems.append)
    studio.models.fetch_ended.emit(FetchError("No network.", "Connect."))
    assert box.get_button.isVisible()
    assert box._words.text() == "No network."
    assert len(problems) == 1


def test_the_starter_is_offered_only_while_it_is_missing(page, studio):
    model_folder(studio.workspace.model(STARTER))
    studio.models.refresh()
    assert not page.models.starter.isVisible()


def test_a_folder_that_cannot_be_loaded_is_a_problem_with_a_sentence(page, studio, tmp_path):
    problems = []
    studio.problem_met.connect(problems.append)
    page._desk.attempt(studio.models.add_folder, tmp_path)
    assert isinstance(problems[0], ModelError)
    added = model_folder(tmp_path / "mine")
    page._desk.attempt(studio.models.add_folder, added)
    assert studio.models.current.folder == added
    assert studio.draft.recipe.model == "mine"
    assert "mine" in rows_of(page)


def test_what_is_known_of_the_rows_is_said_and_counted(page, studio):
    before = page.plan.bar._plan.total_gib
    document = studio.datasets.create("two")
    document.insert(0, [Triple("a", "", "b"), Triple("c", "", "d")])
    first, second = document.ids.tolist()
    rows = lengths((first, 100, 60), (second, 300, 240))
    studio.checks._found = found(rows)
    studio.checks._judge()
    assert "All 2 rows are whole; the longest has 300 tokens." in page.plan._remark.text()
    assert page.plan.bar._plan.total_gib < before
    studio.draft.edit("max_tokens", 200)
    assert "is cut at 200" in page.plan._remark.text()


def test_rows_that_could_not_be_measured_say_why_and_how_to_go_on(page, studio, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(studio.checks, "check", lambda: asked.append(1))
    document = studio.datasets.create("two")
    document.insert(0, [Triple("a", "", "b")])
    assert not page.plan._again.isVisible()
    studio.checks.trouble = RequestFailed(
        id=0, summary="The template is no Jinja.", hint="Mend it."
    )
    studio.checks.changed.emit()
    assert "could not be measured. The template is no Jinja. Until they are" in headline(page)
    assert page.plan._remark.text() == "Mend it."
    qtbot.mouseClick(page.plan._again, Qt.MouseButton.LeftButton)
    assert asked == [1]


def test_the_small_form_shows_everything_in_one_column(page, qtbot):
    page.set_small(True)
    page.resize(948, 642)
    QApplication.processEvents()
    assert page.models.choice.isVisible()
    assert not page.models.list.isVisible()
    assert page.models.choice.currentText().startswith("llama")
    tall = {row.x() for row in page.settings.rows.values() if row.isVisible()}
    assert len(tall) == 1
    page.set_small(False)
    QApplication.processEvents()
    assert page.models.list.isVisible()


def test_check_and_start_asks_for_the_train_page(page, studio, qtbot):
    with qtbot.waitSignal(studio.page_requested) as asked:
        qtbot.mouseClick(page.action, Qt.MouseButton.LeftButton)
    assert asked.args == ["Train"]


def test_the_recipe_is_saved_and_loaded_as_toml(page, studio, tmp_path):
    dialog = RecipeDialog(page, studio.draft.recipe.replace(rank=7))
    dialog.save(tmp_path / "r.toml")
    assert "Saved as" in dialog._words.text()
    dialog.load(tmp_path / "r.toml")
    assert dialog.loaded is not None
    assert dialog.loaded.rank == 7
    (tmp_path / "bad.toml").write_text("rank = 0")
    other = RecipeDialog(page, Recipe())
    other.load(tmp_path / "bad.toml")
    assert other.loaded is None
    assert "rank" in other._words.text()
    for made in (dialog, other):
        made.deleteLater()


def test_a_recipe_with_targets_of_its_own_shows_them(page, studio):
    studio.draft.edit("targets", "q_proj, v_proj")
    assert page.settings.field("targets").currentText() == "q_proj, v_proj"
    studio.draft.edit("targets", "nonsense")
    assert headline(page).startswith("This cannot be trained")
    assert "nonsense" in headline(page)


def test_every_control_has_a_name(page):
    page.settings.set_depth("everything")
    for name in page.settings.rows:
        assert page.settings.field(name).accessibleName(), name
