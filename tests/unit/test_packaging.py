"""What is around the code: launcher, description, icons, wheel, README and gate agree with it."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest

import studio
from studio.core.resources import resource

TOP = Path(__file__).resolve().parents[2]
APP_ID = "io.github.graft_studio.GraftStudio"
LINUX = TOP / "packaging" / "linux"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (TOP / "README.md").read_text(encoding="utf-8")


def launcher(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]  # the keys' case matters
    parser.read(path, encoding="utf-8")
    return parser


def metainfo() -> ElementTree.Element:
    return ElementTree.parse(LINUX / f"{APP_ID}.metainfo.xml").getroot()


def test_the_launcher_starts_the_command_that_the_package_installs():
    entry = launcher(LINUX / f"{APP_ID}.desktop")["Desktop Entry"]
    assert entry["Exec"] in PROJECT["scripts"]
    assert entry["Name"] == "Graft Studio"
    assert entry["Icon"] == entry["StartupWMClass"] == APP_ID
    assert "ArtificialIntelligence" in entry["Categories"].split(";")
    assert entry["Terminal"] == "false"


def test_every_action_of_the_launcher_is_there():
    desktop = launcher(LINUX / f"{APP_ID}.desktop")
    actions = [a for a in desktop["Desktop Entry"]["Actions"].split(";") if a]
    assert actions
    for action in actions:
        assert desktop[f"Desktop Action {action}"]["Exec"].split()[0] in PROJECT["scripts"]


def test_the_description_names_the_launcher_and_the_command():
    root = metainfo()
    assert root.findtext("id") == APP_ID
    assert root.findtext("launchable") == f"{APP_ID}.desktop"
    assert root.findtext("provides/binary") in PROJECT["scripts"]
    assert root.findtext("project_license") == PROJECT["license"]


def test_the_window_says_that_it_belongs_to_the_launcher():
    code = (
        "from studio.ui.start import make_application; app = make_application();"
        "print(app.desktopFileName(), app.windowIcon().isNull())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [APP_ID, "False"]


def test_every_screenshot_of_the_description_is_a_path_in_the_checkout():
    images = [image.text or "" for image in metainfo().iterfind("screenshots/screenshot/image")]
    assert images
    for url in images:
        assert re.search(r"/main/packaging/screenshots/\w+\.png$", url), url


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="not installed here")
def test_the_launcher_is_valid():
    subprocess.run(["desktop-file-validate", str(LINUX / f"{APP_ID}.desktop")], check=True)


@pytest.mark.skipif(not shutil.which("appstreamcli"), reason="not installed here")
def test_the_description_is_valid():
    path = str(LINUX / f"{APP_ID}.metainfo.xml")
    subprocess.run(["appstreamcli", "validate", "--no-net", path], check=True, capture_output=True)


@pytest.mark.skipif(os.name == "nt", reason="Linux desktops")
def test_installing_into_the_menu_and_removing_leaves_nothing(tmp_path: Path):
    script = [str(LINUX / "install.sh"), "--prefix", str(tmp_path)]
    subprocess.run([*script, "--command", "/opt/my apps/graft-studio"], check=True)
    share = tmp_path / "share"
    installed = launcher(share / "applications" / f"{APP_ID}.desktop")
    assert installed["Desktop Entry"]["Exec"] == '"/opt/my apps/graft-studio"'
    assert installed["Desktop Action demo"]["Exec"] == '"/opt/my apps/graft-studio" --demo'
    icons = share / "icons" / "hicolor"
    assert (icons / "scalable" / "apps" / f"{APP_ID}.svg").is_file()
    assert (icons / "48x48" / "apps" / f"{APP_ID}.png").is_file()
    subprocess.run([*script, "--remove"], check=True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="not installed here")
@pytest.mark.parametrize(
    ("command", "quoted"),
    [
        ("/opt/graft-studio", "/opt/graft-studio"),
        ("/home/x/it's/100%/graft-studio", '"/home/x/it\'s/100%%/graft-studio"'),
        ("/home/Jürgen/graft-studio", '"/home/Jürgen/graft-studio"'),
        ('/a&b/$c/`d`/"e"/f', r'"/a&b/\\$c/\\`d\\`/\\"e\\"/f"'),
        (r"/a\b", r'"/a\\\\b"'),
    ],
)
def test_a_command_is_quoted_as_launchers_want_it(tmp_path: Path, command: str, quoted: str):
    script = [str(LINUX / "install.sh"), "--prefix", str(tmp_path), "--command", command]
    subprocess.run(script, check=True)
    made = tmp_path / "share" / "applications" / f"{APP_ID}.desktop"
    assert launcher(made)["Desktop Entry"]["Exec"] == quoted
    subprocess.run(["desktop-file-validate", str(made)], check=True)


@pytest.mark.parametrize("size", SIZES)
def test_an_icon_has_the_size_of_its_name(size: int):
    head = resource("icons", f"icon-{size}.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    assert (width, height) == (size, size)


def test_the_icons_are_the_drawing(qapp: object):
    from PySide6.QtGui import QColor, QImage

    image = QImage(str(resource("icons", "icon-256.png")))
    drawing = resource("icons", "icon.svg").read_text(encoding="utf-8")
    assert image.pixelColor(128, 20).name().upper() in drawing
    assert image.pixelColor(0, 0) == QColor(0, 0, 0, 0)


def test_the_wheel_carries_the_code_the_resources_and_the_command(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("studio", "resources"):
        ignore = shutil.ignore_patterns("__pycache__", "*_cache")
        shutil.copytree(TOP / name, source / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, source / name)
    build = "from hatchling.build import build_wheel; print(build_wheel('.'))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=source, check=True, capture_output=True, text=True
    )
    wheel = done.stdout.split()[-1]
    assert wheel == f"graft_studio-{studio.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(source / wheel) as packed:
        names = set(packed.namelist())
        [points] = [n for n in names if n.endswith("entry_points.txt")]
        assert "graft-studio = studio.__main__:main" in packed.read(points).decode()
    for root, inside in ((TOP / "resources", "studio/resources"), (TOP / "studio", "studio")):
        files = {f"{inside}/{path.relative_to(root).as_posix()}" for path in _files(root)}
        assert files <= names
    assert not [n for n in names if n.startswith(("tests/", "packaging/"))]


def _files(root: Path) -> list[Path]:
    return [
        path
        for path in root.rglob("*")
        if path.is_file()
        and not any(p == "__pycache__" or p.endswith("_cache") for p in path.parts)
    ]


def test_version_changelog_and_description_agree():
    changelog = (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+), (\d+ \w+ \d{4})$", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == studio.__version__
    release = metainfo().find("releases/release")
    assert release is not None
    assert release.get("version") == studio.__version__


def test_the_gate_runs_the_test_command_of_the_readme():
    [command] = re.findall(r"^python3 -m venv .*pytest$", README, re.MULTILINE)
    gate = (TOP / ".ci" / "run").read_text(encoding="utf-8")
    assert f'test_command="{command}"' in gate
    extra = re.search(r"\.\[(\w+)\]", command)
    assert extra is not None
    assert extra[1] in PROJECT["optional-dependencies"]


def test_the_gate_can_be_run():
    assert os.access(TOP / ".ci" / "run", os.X_OK)


def test_every_path_that_the_readme_names_is_there():
    spans = re.findall(r"`([^`\n]+)`", README) + re.findall(r"\]\(([^)#:]+)\)", README)
    roots = {"studio", "resources", "packaging", "tests", ".ci", "core"}
    paths = {s for s in spans if "/" in s and s.split("/")[0] in roots and " " not in s}
    assert len(paths) >= 4
    for path in sorted(paths):
        place = TOP / ("studio/" + path if path.startswith("core/") else path)
        assert place.exists(), path


def test_every_bench_that_the_readme_names_is_there():
    modules = re.findall(r"tests[./]bench[./](\w+)", README)
    assert modules
    for module in modules:
        assert (TOP / "tests" / "bench" / f"{module}.py").is_file(), module


def test_every_command_that_the_readme_names_exists():
    from studio.cli import build_parser

    usage = build_parser().format_help()
    named = set(re.findall(r"`graft-studio (\w+)", README)) | set(
        re.findall(r"^graft-studio (\w+)", README, re.MULTILINE)
    )
    assert {"train", "chat", "doctor", "shots"} <= named
    for command in named:
        assert re.search(rf"^\s+{command}\b", usage, re.MULTILINE), command


def test_what_the_code_imports_is_what_the_package_asks_for():
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["benchmarks"]]
    asked = {re.split(r"[^\w-]", line)[0].lower().replace("-", "_") for line in wanted}
    asked |= {_IMPORTED_AS[name] for name in asked if name in _IMPORTED_AS}
    known = {"studio", "shiboken6", *sys.stdlib_module_names}
    statement = re.compile(
        r"^ *(?:from (\w+)[\w.]* import|import (\w+)[\w.]*(?: as \w+)?) *", re.MULTILINE
    )
    for path in (TOP / "studio").rglob("*.py"):
        found = {a or b for a, b in statement.findall(path.read_text(encoding="utf-8"))}
        assert not {name for name in found - known if name.lower() not in asked}, path


_IMPORTED_AS = {
    "pyside6_essentials": "pyside6",
    "nvidia_ml_py": "pynvml",
    "markdown_it_py": "markdown_it",
}


def test_the_readme_names_the_system_packages_that_the_gate_installs():
    gate = (TOP / ".ci" / "run").read_text(encoding="utf-8")
    wanted = set(re.findall(r"^lib\S+\.so\.\d+ (\S+)$", gate, re.MULTILINE))
    assert len(wanted) >= 8
    assert not {package for package in wanted if package not in README}


def test_code_of_strangers_is_never_trusted():
    forbidden = re.compile("trust_remote_code" + r"\s*=\s*True")
    for folder in ("studio", "tests", "packaging"):
        for path in (TOP / folder).rglob("*.py"):
            assert not forbidden.search(path.read_text(encoding="utf-8")), path
