"""Loading plugins one at a time, so that a broken one breaks nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pluggy

from buckia.config.where import nearest, suggestion
from buckia.errors import BuckiaError, PluginError
from buckia.plugins.hooks import PROJECT, Hooks
from buckia.plugins.installed import HOOKS, PROVIDERS, Find, Installed, State, by_name, find, origin
from buckia.protocols import API_VERSION
from buckia.provider import Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    import click

FOLDER = "local"
"""The provider that needs no stand-in to be tried: its bucket is a folder."""


class Plugins:
    """The plugins of one run.

    `disabled` are names of entry points of either group that are treated as if they were not
    there; `entry_points` gives those of a group.
    """

    def __init__(self, disabled: Collection[str] = (), entry_points: Find = find) -> None:
        self._find = entry_points
        self._points: dict[str, Mapping[str, tuple[EntryPoint, ...]]] = {}
        self._providers: dict[str, tuple[object, Provider[Any]]] = {}
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        self._disabled = frozenset(disabled)
        for name in sorted(self._disabled):
            known = {**self._group(PROVIDERS), **self._group(HOOKS)}
            if name not in known:
                raise PluginError(
                    f'there is no plugin "{name}" to disable',
                    hint=suggestion(name, known) or f"Installed: {', '.join(known) or 'none'}.",
                )

    def names(self) -> tuple[str, ...]:
        """Names of the providers, sorted; imports none of them."""
        return tuple(name for name in self._group(PROVIDERS) if name not in self._disabled)

    def provider(self, name: str) -> Provider[Any]:
        """The provider of this name; loads that one plugin and no other."""
        if name in self._disabled:
            raise PluginError(f'the provider "{name}" is disabled by --disable-plugin')
        if name not in self._providers:
            points = self._group(PROVIDERS).get(name)
            if not points:
                raise self._not_installed(name)
            self._providers[name] = self._loaded(points)
        return self._providers[name][1]

    def survey(self, group: str = PROVIDERS) -> tuple[Installed, ...]:
        """All plugins of a group, each loaded in turn; a broken one is only one broken line."""
        return tuple(self._surveyed(group, name) for name in self._group(group))

    def hooks(self) -> tuple[Installed, ...]:
        """Load the plugins that only have hooks, and return the broken ones.

        Whether to go on without them is for the caller to decide.
        """
        return tuple(one for one in self.survey(HOOKS) if one.state is State.BROKEN)

    def commands_of(self, name: str) -> click.Group:
        """The provider's own commands, as the group behind `buckia NAME`."""
        import click

        self.provider(name)
        group = click.Group(name, help=f'Commands of the provider "{name}".')
        _call(self._only(self._providers[name][0], "buckia_commands"), cli=group)
        if not group.commands:
            raise PluginError(f'the provider "{name}" has no commands of its own')
        return group

    @contextmanager
    def demo_of(self, name: str) -> Iterator[Mapping[str, object]]:
        """Within, a stand-in of the provider's service runs; the keys of a bucket on it.

        A provider that offers none is a PluginError, which names those that do.
        """
        self.provider(name)
        hook = self._only(self._providers[name][0], "buckia_demo")
        if not hook.get_hookimpls():
            raise self._no_stand_in(name)
        stand_in = _call(hook)
        if not isinstance(stand_in, AbstractContextManager):
            raise PluginError(
                f'the provider "{name}" answered buckia_demo with a {_kind(stand_in)}, '
                "not with a context manager"
            )
        with ExitStack() as stack:
            yield _started(name, stand_in, stack)

    def secret(self, reference: str) -> str | None:
        """What a plugin says that this reference stands for; None where none knows it.

        Only plugins that are loaded are asked: those of `hooks` and the providers in use.
        """
        found = _call(self._manager.hook.buckia_secret, reference=reference)
        if found is not None and not isinstance(found, str):
            # Its value is not shown: it may be the secret in another wrapping.
            raise PluginError(f"a plugin answered a reference to a secret with a {_kind(found)}")
        return found

    def before_sync(self, plan: object) -> None:
        """Show the plan to the plugins; one that raises stops the sync."""
        _call(self._manager.hook.buckia_before_sync, plan=plan)

    def after_sync(self, result: object) -> None:
        """Tell the plugins what became of the sync."""
        _call(self._manager.hook.buckia_after_sync, result=result)

    def _group(self, group: str) -> Mapping[str, tuple[EntryPoint, ...]]:
        if group not in self._points:
            self._points[group] = by_name(self._find(group))
        return self._points[group]

    def _surveyed(self, group: str, name: str) -> Installed:
        points = self._group(group)[name]
        line = Installed(
            name=name,
            group=group,
            distribution=", ".join(origin(point)[0] for point in points),
            version=", ".join(origin(point)[1] for point in points),
            state=State.DISABLED,
        )
        if name in self._disabled:
            return line
        try:
            found = self.provider(name) if group == PROVIDERS else self._registered(points) and None
        except PluginError as error:
            return msgspec.structs.replace(line, state=State.BROKEN, reason=error.message)
        return msgspec.structs.replace(line, state=State.OK, provider=found)

    def _loaded(self, points: tuple[EntryPoint, ...]) -> tuple[object, Provider[Any]]:
        plugin = self._registered(points)
        try:
            return plugin, self._provider_of(plugin, points[0])
        except PluginError:
            # One that cannot be used has no say in anything else either.
            self._manager.unregister(plugin)
            raise

    def _registered(self, points: tuple[EntryPoint, ...]) -> object:
        """The plugin itself, imported and with its hooks checked."""
        if len(points) > 1:
            raise _ambiguous(points)
        point = points[0]
        label = f"{point.group}:{point.name}"
        if self._manager.has_plugin(label):
            return self._manager.get_plugin(label)
        try:
            plugin: object = point.load()
        except (Exception, SystemExit) as error:
            # Importing a module runs any code, and that may raise anything.
            raise _broken(point, f"it fails to load ({_reason(error)})") from error
        if self._manager.is_registered(plugin):
            # One module may stand in both groups; its hooks count once.
            return plugin
        try:
            self._manager.register(plugin, label)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            if self._manager.is_registered(plugin):
                # Older versions of pluggy keep what they find wrong.
                self._manager.unregister(plugin)
            raise _broken(point, f"its hooks do not fit ({_reason(error)})") from error
        return plugin

    def _provider_of(self, plugin: object, point: EntryPoint) -> Provider[Any]:
        hook = self._only(plugin, "buckia_provider")
        if not hook.get_hookimpls():
            raise _broken(point, "it has no hook buckia_provider")
        try:
            found = hook()
        except Exception as error:
            # As above.
            raise _broken(point, f"its hook buckia_provider failed ({_reason(error)})") from error
        if problem := _problem(found, point.name):
            raise _broken(point, problem)
        provider: Provider[Any] = found
        return provider

    def _only(self, plugin: object, hook: str) -> pluggy.HookCaller:
        """The hook with the implementation of this plugin alone."""
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        return self._manager.subset_hook_caller(hook, others)

    def _no_stand_in(self, name: str) -> PluginError:
        self.survey()
        able = {
            other
            for other, (plugin, _provider) in self._providers.items()
            if self._only(plugin, "buckia_demo").get_hookimpls()
        }
        return PluginError(
            f'the provider "{name}" has no stand-in of its service to try it on',
            hint=f"These can be tried: {', '.join([FOLDER, *sorted(able - {FOLDER})])}.",
        )

    def _not_installed(self, name: str) -> PluginError:
        names = self.names()
        meant = nearest(name, names)
        hint = f"Installed: {', '.join(names) or 'none'}."
        if meant:
            hint = f'Did you mean "{meant}"? {hint}'
        elif re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            hint = f"Install it with: pip install buckia-{name}. {hint}"
        return PluginError(f'the provider "{name}" is not installed', hint=hint)


def _problem(found: object, name: str) -> str:
    """Why this cannot be the provider of that name; empty where it can."""
    if not isinstance(found, Provider):
        return f"its hook buckia_provider returned a {_kind(found)}, not a Provider"
    if found.api_version != API_VERSION:
        return (
            f"it was built for version {found.api_version} of the provider interface, "
            f"and this Buckia has version {API_VERSION}"
        )
    if found.name != name:
        return f'its provider calls itself "{found.name}"'
    # The types promise the rest already, but a plugin need not have been checked for types.
    options: Any = found.options
    if not (isinstance(options, type) and issubclass(options, msgspec.Struct)):
        return "its options are not a msgspec struct"
    opens: object = found.open
    if not callable(opens):
        return "its open cannot be called"
    return ""


def _started(
    name: str, stand_in: AbstractContextManager[Any], stack: ExitStack
) -> Mapping[str, object]:
    """The keys of a stand-in's bucket; it runs until the stack unwinds."""
    try:
        keys = stand_in.__enter__()
    except BuckiaError:
        raise
    except Exception as error:
        # A plugin's code may raise anything.
        raise PluginError(
            f'the stand-in of the provider "{name}" does not start: {_reason(error)}'
        ) from error
    # Left as after any success: whatever stopped the tour is not the stand-in's to judge.
    stack.callback(stand_in.__exit__, None, None, None)
    if not isinstance(keys, Mapping):
        raise PluginError(
            f'the stand-in of the provider "{name}" gave a {_kind(keys)}, not the keys of a bucket'
        )
    return keys


def _broken(point: EntryPoint, reason: str) -> PluginError:
    distribution, version = origin(point)
    return PluginError(
        f'the plugin "{point.name}" of {distribution} {version} cannot be used: {reason}',
        hint=f"See whether there is a newer one: pip install --upgrade {distribution} buckia-core",
    )


def _ambiguous(points: tuple[EntryPoint, ...]) -> PluginError:
    sources = " and ".join(f"{origin(point)[0]} ({point.value})" for point in points)
    return PluginError(
        f'the plugin "{points[0].name}" is there more than once: in {sources}',
        hint="Uninstall all but one of them.",
    )


def _call(caller: pluggy.HookCaller, **arguments: object) -> Any:
    """Call a hook; an error of ours passes, any other becomes one that names the plugin."""
    try:
        return caller(**arguments)
    except BuckiaError:
        raise
    except Exception as error:
        # A plugin's code may raise anything.
        name = _culprit(error, caller)
        hint = f"To go on without it: --disable-plugin {name}" if name else ""
        who = f'the plugin "{name}"' if name else "a plugin"
        raise PluginError(f"{who} failed in {caller.name}: {_reason(error)}", hint=hint) from error


def _culprit(error: Exception, caller: pluggy.HookCaller) -> str:
    """The name of the plugin in whose function an error came up; empty where it is not seen."""
    codes = {
        getattr(impl.function, "__code__", None): impl.plugin_name.partition(":")[2]
        for impl in caller.get_hookimpls()
    }
    trace = error.__traceback__
    while trace is not None:
        if name := codes.get(trace.tb_frame.f_code):
            return name
        trace = trace.tb_next
    return ""


def _reason(error: BaseException) -> str:
    """An error of somebody else in one line."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
