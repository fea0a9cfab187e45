import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import Distribution, EntryPoint
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import Any

import click
import pytest
from click.testing import CliRunner

from buckia.errors import ConfigError, GuardStopped, PluginError
from buckia.plugins import HOOKS, PROVIDERS, Plugins, State
from buckia.plugins.installed import by_name
from buckia.provider import Provider

NUMBERS = count()

GOOD = """
import msgspec
from buckia.plugins import hookimpl
from buckia.provider import Provider

class Options(msgspec.Struct):
    root: str = "."

def open_storage(options, context):
    raise NotImplementedError

@hookimpl
def buckia_provider():
    return Provider(name="NAME", options=Options, open=open_storage)
"""

HOOK = """
from buckia.plugins import hookimpl
seen = []
"""


class Site:
    """A folder of installed distributions, as pip leaves them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.modules: list[str] = []

    def install(
        self,
        name: str,
        code: str | None,
        *,
        point: str | None = None,
        group: str = PROVIDERS,
        version: str = "1.2",
    ) -> str:
        """One module, and the distribution whose entry point leads to it."""
        module = f"plugin_{next(NUMBERS)}"
        point = point or name
        if code is not None:
            (self.path / f"{module}.py").write_text(dedent(code).replace("NAME", point))
        folder = self.path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (folder / "METADATA").write_text(text)
        (folder / "entry_points.txt").write_text(f"[{group}]\n{point} = {module}\n")
        self.modules.append(module)
        return module

    def find(self, group: str) -> Iterable[EntryPoint]:
        for distribution in Distribution.discover(path=[str(self.path)]):
            yield from distribution.entry_points.select(group=group)

    def plugins(self, *disabled: str) -> Plugins:
        return Plugins(disabled, self.find)

    def imported(self) -> list[str]:
        return [module for module in self.modules if module in sys.modules]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.syspath_prepend(tmp_path)
    return Site(tmp_path)


def refusal(call: Callable[[], object]) -> PluginError:
    with pytest.raises(PluginError) as caught:
        call()
    return caught.value


def test_names_are_listed_without_importing_anything(site: Site) -> None:
    site.install("buckia-b", GOOD, point="b")
    site.install("buckia-a", "raise RuntimeError", point="a")
    site.install("buckia-h", HOOK, point="h", group=HOOKS)
    assert site.plugins().names() == ("a", "b")
    assert site.imported() == []


def test_a_provider_is_loaded_alone(site: Site) -> None:
    module = site.install("buckia-b", GOOD, point="b")
    site.install("buckia-a", "raise RuntimeError", point="a")
    plugins = site.plugins()
    provider = plugins.provider("b")
    assert isinstance(provider, Provider)
    assert provider.name == "b"
    assert site.imported() == [module]
    assert plugins.provider("b") is provider


def run(code: str, path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(code)],
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.returncode, done.stderr
    return done.stdout


def test_what_is_installed_is_found_and_only_what_is_asked_for_is_imported(site: Site) -> None:
    site.install("buckia-b", GOOD, point="some-b")
    site.install("buckia-a", "raise RuntimeError", point="some-a")
    code = """
        import sys
        import buckia.plugins
        before = set(sys.modules)
        plugins = buckia.plugins.Plugins()
        assert "importlib.metadata" not in sys.modules
        assert {"some-a", "some-b", "local", "memory"} <= set(plugins.names())
        print([m for m in sys.modules if m.startswith(("plugin_", "buckia.stores"))])
        print(plugins.provider("some-b").name)
        print([m for m in sys.modules if m.startswith(("plugin_", "buckia.stores"))])
    """
    assert run(code, site.path).splitlines() == ["[]", "some-b", f"['{site.modules[0]}']"]


def test_the_providers_that_come_with_buckia_are_found() -> None:
    assert {"local", "memory"} <= set(Plugins().names())


def test_a_provider_that_is_not_installed_names_the_distribution(site: Site) -> None:
    site.install("buckia-b", GOOD, point="bunny")
    error = refusal(lambda: site.plugins().provider("s3"))
    assert error.message == 'the provider "s3" is not installed'
    assert error.hint == "Install it with: pip install buckia-s3. Installed: bunny."


def test_a_slip_of_the_keyboard_gets_the_nearest_name_and_no_strange_package(site: Site) -> None:
    site.install("buckia-b", GOOD, point="bunny")
    error = refusal(lambda: site.plugins().provider("buny"))
    assert error.hint == 'Did you mean "bunny"? Installed: bunny.'


def test_what_can_be_no_distribution_is_not_handed_to_pip(site: Site) -> None:
    assert refusal(lambda: site.plugins().provider("x; rm")).hint == "Installed: none."


def test_two_distributions_with_one_name_are_both_named(site: Site) -> None:
    one = site.install("buckia-b", GOOD, point="b")
    other = site.install("evil-b", GOOD, point="b")
    error = refusal(lambda: site.plugins().provider("b"))
    assert error.message.startswith('the plugin "b" is there more than once: in ')
    assert f"buckia-b ({one})" in error.message
    assert f"evil-b ({other})" in error.message
    assert site.imported() == []


def test_one_distribution_found_twice_is_one(site: Site) -> None:
    site.install("buckia-b", GOOD, point="b")
    plugins = Plugins((), lambda group: [*site.find(group), *site.find(group)])
    assert plugins.provider("b").name == "b"


BROKEN = [
    ("import no_such_sdk", "it fails to load (ModuleNotFoundError: No module named 'no_such_sdk')"),
    ("def x(:", "it fails to load (SyntaxError: "),
    ("raise SystemExit(3)", "it fails to load (SystemExit: 3)"),
    ("raise ValueError('two\\nlines')", "it fails to load (ValueError: two lines)"),
    ("x = 1", "it has no hook buckia_provider"),
    (
        HOOK + "@hookimpl\ndef buckia_provider(): return None",
        "its hook buckia_provider returned a None, not a Provider",
    ),
    (
        HOOK + "@hookimpl\ndef buckia_provider(): return {'name': 'bad'}",
        "its hook buckia_provider returned a dict, not a Provider",
    ),
    (
        HOOK + "@hookimpl\ndef buckia_provider(): raise KeyError('x')",
        "its hook buckia_provider failed (KeyError: 'x')",
    ),
    (
        HOOK + "@hookimpl\ndef buckia_provider(wish): return None",
        "its hooks do not fit (PluginValidationError: ",
    ),
    (
        GOOD + "\n@hookimpl\ndef buckia_secrets(reference): return None",
        "its hooks do not fit (PluginValidationError: unknown hook 'buckia_secrets'",
    ),
    (GOOD.replace('"NAME"', '"other"'), 'its provider calls itself "other"'),
    (
        GOOD.replace("open=open_storage", "open=open_storage, api_version=99"),
        "it was built for version 99 of the provider interface, and this Buckia has version 1",
    ),
    (GOOD.replace("options=Options", "options=dict"), "its options are not a msgspec struct"),
    (GOOD.replace("open=open_storage", "open=None"), "its open cannot be called"),
]


@pytest.mark.parametrize(("code", "reason"), BROKEN)
def test_a_broken_plugin_is_refused_in_one_sentence(site: Site, code: str, reason: str) -> None:
    site.install("buckia-bad", code, point="bad")
    error = refusal(lambda: site.plugins().provider("bad"))
    start = 'the plugin "bad" of buckia-bad 1.2 cannot be used: '
    assert error.message.startswith(start + reason)
    assert "\n" not in error.message
    assert error.exit_code == 2
    assert "pip install --upgrade buckia-bad buckia-core" in error.hint


@pytest.mark.parametrize("code", ["import no_such_sdk", BROKEN[7][0], BROKEN[8][0]])
def test_the_cause_of_a_refusal_is_kept(site: Site, code: str) -> None:
    site.install("buckia-bad", code, point="bad")
    assert refusal(lambda: site.plugins().provider("bad")).__cause__ is not None


def test_an_entry_point_to_nothing_is_broken(site: Site) -> None:
    site.install("buckia-bad", None, point="bad")
    error = refusal(lambda: site.plugins().provider("bad"))
    assert "it fails to load (ModuleNotFoundError" in error.message


def test_a_broken_plugin_breaks_nothing_else(site: Site) -> None:
    for number, (code, _reason) in enumerate(BROKEN):
        site.install(f"bad-{number}", code, point=f"bad{number:02}")
    site.install("buckia-good", GOOD, point="good")
    plugins = site.plugins()
    lines = plugins.survey()
    assert [line.state for line in lines] == [State.BROKEN] * len(BROKEN) + [State.OK]
    for line, (_code, reason) in zip(lines, BROKEN, strict=False):
        assert reason in line.reason
    assert plugins.provider("good").name == "good"


def test_a_survey_names_each_plugin_and_where_it_comes_from(site: Site) -> None:
    site.install("buckia-a", GOOD, point="a", version="3.1")
    site.install("buckia-b", GOOD, point="b")
    site.install("one-c", GOOD, point="c")
    site.install("two-c", GOOD, point="c", version="7")
    a, b, c = site.plugins("b").survey()
    assert (a.name, a.group, a.distribution, a.version, a.state, a.reason) == (
        *("a", "buckia", "buckia-a", "3.1"),
        *(State.OK, ""),
    )
    assert a.provider is not None
    assert a.provider.name == "a"
    assert (b.state, b.provider) == (State.DISABLED, None)
    assert sorted(c.distribution.split(", ")) == ["one-c", "two-c"]
    assert c.state is State.BROKEN
    assert "more than once" in c.reason


def test_a_refused_provider_has_no_say_in_a_sync(site: Site) -> None:
    veto = "\n@hookimpl\ndef buckia_before_sync(plan): raise RuntimeError('veto')\n"
    site.install("buckia-bad", GOOD.replace('"NAME"', '"other"') + veto, point="bad")
    site.install("buckia-good", GOOD + veto, point="good")
    plugins = site.plugins()
    refusal(lambda: plugins.provider("bad"))
    plugins.before_sync("plan")
    plugins.provider("good")
    assert 'the plugin "good" failed' in refusal(lambda: plugins.before_sync("plan")).message


def test_disabling_works_in_both_groups(site: Site) -> None:
    site.install("buckia-a", GOOD, point="a")
    site.install("buckia-h", HOOK + "raise RuntimeError", point="h", group=HOOKS)
    plugins = site.plugins("a", "h")
    assert plugins.names() == ()
    assert plugins.hooks() == ()
    assert [line.state for line in plugins.survey(HOOKS)] == [State.DISABLED]
    error = refusal(lambda: plugins.provider("a"))
    assert error.message == 'the provider "a" is disabled by --disable-plugin'
    assert site.imported() == []


def test_disabling_what_is_not_there_is_an_error(site: Site) -> None:
    site.install("buckia-audit", HOOK, point="audit", group=HOOKS)
    error = refusal(lambda: site.plugins("audti"))
    assert error.message == 'there is no plugin "audti" to disable'
    assert error.hint == 'Did you mean "audit"?'
    assert refusal(lambda: site.plugins("x")).hint == "Installed: audit."


def test_hooks_are_loaded_and_the_broken_ones_are_told(site: Site) -> None:
    site.install("buckia-a", HOOK + "import no_such_module", point="a", group=HOOKS)
    watch = "@hookimpl\ndef buckia_after_sync(result): seen.append(result)"
    module = site.install("buckia-b", HOOK + watch, point="b", group=HOOKS)
    plugins = site.plugins()
    (broken,) = plugins.hooks()
    assert (broken.name, broken.state, broken.distribution) == ("a", State.BROKEN, "buckia-a")
    assert "No module named 'no_such_module'" in broken.reason
    assert plugins.hooks() == (broken,)
    plugins.after_sync("result")
    assert sys.modules[module].seen == ["result"]


def test_before_a_sync_every_plugin_sees_the_plan(site: Site) -> None:
    code = HOOK + "@hookimpl\ndef buckia_before_sync(plan): seen.append(plan)"
    modules = [site.install(f"h{n}", code, group=HOOKS) for n in range(2)]
    plugins = site.plugins()
    plugins.before_sync("too early")
    assert plugins.hooks() == ()
    plugins.before_sync("plan")
    assert [sys.modules[module].seen for module in modules] == [["plan"], ["plan"]]


def test_a_plugin_that_raises_stops_the_sync_by_name(site: Site) -> None:
    raising = HOOK + "def why(): raise ValueError('office hours')\n"
    raising += "@hookimpl\ndef buckia_before_sync(plan): why()"
    quiet = HOOK + "@hookimpl\ndef buckia_before_sync(plan): pass"
    site.install("h1", quiet, point="quiet", group=HOOKS)
    site.install("h2", raising, point="hours", group=HOOKS)
    site.install("h3", quiet, point="silent", group=HOOKS)
    plugins = site.plugins()
    plugins.hooks()
    error = refusal(lambda: plugins.before_sync("plan"))
    assert error.message == (
        'the plugin "hours" failed in buckia_before_sync: ValueError: office hours'
    )
    assert error.hint == "To go on without it: --disable-plugin hours"
    assert isinstance(error.__cause__, ValueError)


def test_an_error_of_ours_passes_a_hook_unchanged(site: Site) -> None:
    code = HOOK + "from buckia.errors import GuardStopped\n"
    code += "@hookimpl\ndef buckia_before_sync(plan): raise GuardStopped('no', hint='later')"
    site.install("h", code, group=HOOKS)
    plugins = site.plugins()
    plugins.hooks()
    with pytest.raises(GuardStopped) as caught:
        plugins.before_sync("plan")
    assert caught.value.hint == "later"


def test_the_first_plugin_that_knows_a_secret_wins(site: Site) -> None:
    knows = """
@hookimpl
def buckia_secret(reference):
    seen.append(reference)
    if reference.startswith("SCHEME:"):
        return "from SCHEME"
"""
    for scheme in ("op", "vault"):
        site.install(scheme, HOOK + knows.replace("SCHEME", scheme), group=HOOKS)
    plugins = site.plugins()
    assert plugins.hooks() == ()
    assert plugins.secret("op:x") == "from op"
    assert plugins.secret("vault:x") == "from vault"
    assert plugins.secret("other:x") is None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("return 31415926", "a plugin answered a reference to a secret with a int"),
        ("raise OSError('locked')", 'the plugin "h" failed in buckia_secret: OSError: locked'),
    ],
)
def test_a_wrong_answer_for_a_secret_is_an_error(site: Site, answer: str, message: str) -> None:
    site.install("h", HOOK + f"@hookimpl\ndef buckia_secret(reference): {answer}", group=HOOKS)
    plugins = site.plugins()
    plugins.hooks()
    assert refusal(lambda: plugins.secret("x:y")).message == message


def test_a_hooks_plugin_resolves_references_of_its_scheme(site: Site) -> None:
    from buckia.secrets import Secret, Secrets

    knows = "@hookimpl\ndef buckia_secret(reference):\n"
    knows += "    return 'sesame' if reference == 'op://a' else None"
    site.install("op", HOOK + knows, group=HOOKS)
    plugins = site.plugins()
    plugins.hooks()
    secrets = Secrets({}, keyring=lambda: None, scheme=plugins.secret)
    assert secrets.resolve("op://a") == Secret("sesame")
    with pytest.raises(ConfigError, match="no installed plugin knows its scheme"):
        secrets.resolve("op://b")


COMMANDS = """
import click
@hookimpl
def buckia_commands(cli):
    @cli.command()
    def purge():
        click.echo("purged NAME")
"""


def test_a_providers_commands_are_its_own(site: Site) -> None:
    site.install("buckia-a", GOOD + COMMANDS, point="a")
    site.install("buckia-b", GOOD + COMMANDS, point="b")
    plugins = site.plugins()
    plugins.survey()
    group = plugins.commands_of("a")
    assert isinstance(group, click.Group)
    assert (group.name, list(group.commands)) == ("a", ["purge"])
    assert CliRunner().invoke(group, ["purge"]).output == "purged a\n"


def test_a_provider_without_commands_says_so(site: Site) -> None:
    site.install("buckia-a", GOOD, point="a")
    error = refusal(lambda: site.plugins().commands_of("a"))
    assert error.message == 'the provider "a" has no commands of its own'


def test_commands_that_cannot_be_made_are_an_error(site: Site) -> None:
    broken = "\n@hookimpl\ndef buckia_commands(cli): raise ValueError('x')"
    site.install("buckia-a", GOOD + broken, point="a")
    error = refusal(lambda: site.plugins().commands_of("a"))
    assert error.message == 'the plugin "a" failed in buckia_commands: ValueError: x'


DEMO = """
from contextlib import contextmanager
seen = []

@hookimpl
def buckia_demo():
    return stand_in()

@contextmanager
def stand_in():
    seen.append("started")
    yield {"bucket_name": "of NAME"}
    seen.append("ended")
"""


def test_a_stand_in_is_that_of_the_provider_and_runs_until_the_end(site: Site) -> None:
    module = site.install("buckia-a", GOOD + DEMO, point="a")
    site.install("buckia-b", GOOD + DEMO, point="b")
    plugins = site.plugins()
    plugins.survey()
    with plugins.demo_of("a") as keys:
        assert keys == {"bucket_name": "of a"}
        assert sys.modules[module].seen == ["started"]
    assert sys.modules[module].seen == ["started", "ended"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_whatever_happens_meanwhile_the_stand_in_ends_and_has_no_say(
    site: Site, error: BaseException
) -> None:
    swallows = DEMO.replace("    yield", "    with suppress(BaseException):\n        yield")
    swallows = swallows.replace("contextmanager\n", "contextmanager, suppress\n", 1)
    module = site.install("buckia-a", GOOD + swallows, point="a")
    with pytest.raises(type(error)), site.plugins().demo_of("a"):
        raise error
    assert sys.modules[module].seen == ["started", "ended"]


def test_a_provider_without_a_stand_in_names_those_that_have_one(site: Site) -> None:
    site.install("buckia-a", GOOD, point="a")
    site.install("buckia-b", GOOD + DEMO, point="b")
    site.install("buckia-c", GOOD + DEMO, point="c")
    site.install("buckia-d", GOOD + DEMO, point="d")
    site.install("buckia-e", "raise RuntimeError", point="e")
    plugins = site.plugins("d")
    error = refusal(lambda: plugins.demo_of("a").__enter__())
    assert error.message == 'the provider "a" has no stand-in of its service to try it on'
    assert error.hint == "These can be tried: local, b, c."
    error = refusal(lambda: plugins.demo_of("f").__enter__())
    assert error.message == 'the provider "f" is not installed'


LATE = DEMO.replace("    seen.append", "    raise OSError('no port')\n    seen.append", 1)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "@hookimpl\ndef buckia_demo(): raise OSError('x')",
            'the plugin "a" failed in buckia_demo: OSError: x',
        ),
        (
            "@hookimpl\ndef buckia_demo(): return {'bucket_name': 'x'}",
            'the provider "a" answered buckia_demo with a dict, not with a context manager',
        ),
        (LATE, 'the stand-in of the provider "a" does not start: OSError: no port'),
        (
            DEMO.replace('{"bucket_name": "of NAME"}', "7"),
            'the stand-in of the provider "a" gave a int, not the keys of a bucket',
        ),
    ],
)
def test_a_stand_in_that_is_none_is_an_error(site: Site, code: str, message: str) -> None:
    module = site.install("buckia-a", GOOD + "\nseen = []\n" + code, point="a")
    error = refusal(lambda: site.plugins().demo_of("a").__enter__())
    assert error.message == message
    assert sys.modules[module].seen in ([], ["started", "ended"])


def test_an_error_of_ours_passes_a_stand_in_unchanged(site: Site) -> None:
    ours = DEMO.replace("    seen", "    raise GuardStopped('no', hint='later')\n    seen", 1)
    head = "\nfrom buckia.errors import GuardStopped\n"
    site.install("buckia-a", GOOD + head + ours, point="a")
    with pytest.raises(GuardStopped) as caught, site.plugins().demo_of("a"):
        pass
    assert caught.value.hint == "later"


def test_one_module_may_stand_in_both_groups(site: Site) -> None:
    watch = "\nseen = []\n@hookimpl\ndef buckia_after_sync(result): seen.append(result)\n"
    module = site.install("buckia-a", GOOD + watch + COMMANDS, point="a")
    points = site.path / "buckia_a-1.2.dist-info" / "entry_points.txt"
    points.write_text(f"[buckia]\na = {module}\n[buckia.hooks]\na-hooks = {module}\n")
    plugins = site.plugins()
    assert plugins.hooks() == ()
    assert plugins.provider("a").name == "a"
    plugins.after_sync(1)
    assert sys.modules[module].seen == [1]
    assert list(plugins.commands_of("a").commands) == ["purge"]


def test_a_distribution_without_metadata_is_still_a_line(site: Site) -> None:
    site.install("buckia-a", GOOD, point="a")
    (site.path / "buckia_a-1.2.dist-info" / "METADATA").unlink()
    (line,) = site.plugins().survey()
    assert (line.state, line.distribution, line.version) == (
        State.OK,
        "an unknown distribution",
        "?",
    )


def test_entry_points_are_sorted_by_name(site: Site) -> None:
    points: list[Any] = [EntryPoint(name, "m", "buckia") for name in ("b", "a", "c", "a")]
    assert {name: len(found) for name, found in by_name(points).items()} == {
        "a": 1,
        "b": 1,
        "c": 1,
    }
