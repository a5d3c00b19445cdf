"""Import `kubernetes.aio.config` without the rest of its distribution.

Importing any module of the package imports all of it: both clients, their HTTP libraries, dynamic clients, informers.
That is half a second of start-up and twenty megabytes that neither the command line nor a service uses: they need only
the reading of a configuration. So the packages are registered first, without running their import code. Their parts are
imported when they are used, and so is the whole package for a name that only its own import code defines.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Final

PACKAGES: Final = ("kubernetes", "kubernetes.aio")
"""The packages whose import code loads what is not needed, outermost first."""


def slim_configuration() -> ModuleType:
    """Return the complete module `kubernetes.aio.config`; whatever was imported before stays as it is."""
    for package in PACKAGES:
        if package not in sys.modules:
            _register(package)
    return _without_client()


def _register(package: str) -> None:
    """Put the package into `sys.modules` before it has run, so that its modules can be imported one by one."""
    spec = find_spec(package)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    loader, module = spec.loader, module_from_spec(spec)

    def missing(name: str) -> Any:
        """Return what the package would have: one of its modules, or (PEP 562) what its import code defines."""
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
    """Import the reading of configurations; import the client that it can make only once one is made.

    The module imports the class by name, and with it Pydantic and the serialization of seven hundred models.
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
        del client.ApiClient  # the client package now resolves the name to the class
