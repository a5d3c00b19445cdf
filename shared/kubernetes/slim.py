"""Bring `kubernetes.aio.config` in without the rest of its distribution.

The package imports, on the way to any of its modules, everything that it has: both clients, their HTTP libraries,
dynamic clients, informers. That is half a second of start-up and twenty megabytes that neither the command line nor a
service uses: we need the reading of a configuration only. So its packages are registered first without running what
they run at import; the parts that are asked for come in by themselves, and so does the whole package for whoever wants
a name that only its own start-up gives.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Final

PACKAGES: Final = ("kubernetes", "kubernetes.aio")
"""The packages whose start-up brings in what is not needed, outermost first."""


def slim_configuration() -> ModuleType:
    """The module `kubernetes.aio.config`, complete; whatever was imported before stays as it is."""
    for package in PACKAGES:
        if package not in sys.modules:
            _register(package)
    return _without_client()


def _register(package: str) -> None:
    """Put the package into `sys.modules` before it has run; its modules can then be imported one by one."""
    spec = find_spec(package)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    loader, module = spec.loader, module_from_spec(spec)

    def missing(name: str) -> Any:
        """What the package would have had: one of its modules, or (PEP 562) what its start-up makes."""
        if not name.startswith("__") and find_spec(f"{package}.{name}"):
            return import_module(f"{package}.{name}")
        del module.__dict__["__getattr__"]
        loader.exec_module(module)
        return getattr(module, name)

    module.__dict__["__getattr__"] = missing
    sys.modules[package] = module
    parent, _, child = package.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _without_client() -> ModuleType:
    """Import the reading of configurations; the client that it could make is imported when one is made.

    Its module asks for the class by name, and with it for Pydantic and the serialization of seven hundred models.
    """
    already = "kubernetes.aio.config" in sys.modules or "kubernetes.aio.client.api_client" in sys.modules
    client: Any = import_module("kubernetes.aio.client")
    if already or "ApiClient" in vars(client):
        return import_module("kubernetes.aio.config")

    def make_client(*arguments: Any, **options: Any) -> Any:
        return import_module("kubernetes.aio.client.api_client").ApiClient(*arguments, **options)

    client.ApiClient = make_client
    try:
        return import_module("kubernetes.aio.config")
    finally:
        del client.ApiClient  # whoever asks the client package for it gets the class
