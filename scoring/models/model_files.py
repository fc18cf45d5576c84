"""Opens model files safely: only known bytes and known types, and no code of their own.

A model file is foreign data. Three conditions hold before any of it is loaded. Its SHA-256 equals
the registered one, its description names nothing but skops, and every type in it is on our list.
MLflow's own loaders are never used. They trust the list beside the model, and a `loader_module` or
a `code/` folder can run any code. Every other fault of a file has the same error: the model is
unavailable.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skops.io import get_untrusted_types
from skops.io import load as skops_load

from features.platform import strict_yaml
from features.platform.errors import ConfigurationError, ModelUnavailableError
from features.platform.objects import ObjectStore
from scoring.runs.job import ModelSlot
from scoring.runs.pins import MODEL_FILE, ModelPin

DESCRIPTION_FILE = "MLmodel"

# A crafted Tree or TreePredictor could hold bad node indices, so the digest is checked first.
_LIBRARY_TYPES = (
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
LOADER_MODULE = "mlflow.sklearn"
FLAVOURS = frozenset({"python_function", "sklearn"})
# our largest model unpacks to 6 MB; a schema takes ten times its size in memory
MAX_UNPACKED_BYTES, MAX_SCHEMA_BYTES, MAX_MEMBERS = 512 << 20, 64 << 20, 200_000
_SCHEMA = "schema.json"
#: The attributes of every fitted model in addition to the settings of its class.
_FITTED = ("features", "n_features_in_")
# NumPy reads an array's header as a syntax tree, whose depth Python 3.11 counts once for all
# threads: two parallel loads may both fail (python/cpython#106905)
_LOADING = threading.Lock()
# the allowed files of a model folder; all others are refused, above all `code/` and pickles
FOLDER_FILES = frozenset(
    {
        MODEL_FILE,
        DESCRIPTION_FILE,
        "conda.yaml",
        "python_env.yaml",
        "requirements.txt",
        "input_example.json",
        "serving_input_example.json",
        "registered_model_meta",
    }
)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_digest(path: Path, expected: str, subject: str) -> None:
    """Refuse a file whose bytes differ from the registered bytes.

    Raises:
        ModelUnavailableError: the digest differs, or none was registered.
    """
    digest = digest_of(path)
    if digest != expected:
        raise ModelUnavailableError(
            f"{subject}: the file's SHA-256 is {digest[:12]}…, registered was "
            f"{expected[:12] or 'nothing'}…; the file was altered: train again, or move the alias "
            "to an intact version"
        )


def check_folder(folder: Path, subject: str) -> None:
    """Refuse a downloaded model folder that is not exactly one skops file, without opening it.

    Raises:
        ModelUnavailableError: it holds code, a pickle, another loader or another flavour.
    """
    names = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    if strange := sorted(names - FOLDER_FILES):
        shown = ", ".join(ascii(name)[1:-1][:100] for name in strange[:5])
        raise _refused(subject, f"its folder holds {shown}")
    for name in sorted(names):
        if (folder / name).is_symlink() or not (folder / name).is_file():
            raise _refused(subject, f"its {name} is a link or no file")
    try:
        description = strict_yaml.read(folder / DESCRIPTION_FILE).content
    except (OSError, ConfigurationError) as error:
        problem = f"its {DESCRIPTION_FILE} cannot be read ({ascii(str(error))[1:-1][:200]})"
        raise _refused(subject, problem) from error
    if flaw := _problem_of(description):
        raise _refused(subject, flaw)


def _problem_of(description: Mapping[str, Any]) -> str | None:
    """Return the problem of a model's description, or None."""
    flavours = description.get("flavors")
    if not isinstance(flavours, Mapping) or set(flavours) != FLAVOURS:
        return "its flavours are not those of a scikit-learn model"
    pyfunc, sklearn = flavours["python_function"], flavours["sklearn"]
    if not isinstance(pyfunc, Mapping) or not isinstance(sklearn, Mapping):
        return "its flavours hold no keys and values"
    claims = {
        f"its loader_module is not {LOADER_MODULE}": pyfunc.get("loader_module") != LOADER_MODULE,
        "it brings code of its own": bool(pyfunc.get("code") or sklearn.get("code")),
        "it is not serialised by skops": sklearn.get("serialization_format") != "skops",
        f"its file is not {MODEL_FILE}": sklearn.get("pickled_model") != MODEL_FILE
        or pyfunc.get("model_path", MODEL_FILE) != MODEL_FILE,
    }
    return next((problem for problem, holds in claims.items() if holds), None)


def trusted_types(slot: ModelSlot) -> list[str]:
    """Return the types that the file of a job's model may hold."""
    return [*slot.classes, *slot.parts, *_LIBRARY_TYPES]


def read(path: Path, subject: str, slot: ModelSlot) -> Any:  # noqa: ANN401 - any model of ours
    """Load a skops file whose digest was checked, with the job's list of types.

    Raises:
        ModelUnavailableError: the file is not a skops file, unpacks to too much, holds a type off
            the list, or holds no fitted model of the job.
    """
    try:
        _check_members(path)
        foreign = sorted(set(get_untrusted_types(file=path)) - set(trusted_types(slot)))
    except ModelUnavailableError as error:
        raise _refused(subject, str(error)) from None
    except Exception as error:  # skops walks foreign content: any error can occur
        raise _refused(subject, "its file is not a skops file") from error
    if foreign:
        names = ", ".join(ascii(name)[1:-1][:100] for name in foreign[:5])
        raise _refused(subject, f"it holds types that are not trusted: {names}")
    try:
        with _LOADING:
            model = skops_load(path, trusted=trusted_types(slot))
    except Exception as error:  # the constructors of trusted types read foreign content
        problem = f"its file cannot be loaded ({type(error).__name__})"
        raise _refused(subject, problem) from error
    class_name = f"{type(model).__module__}.{type(model).__qualname__}"
    if class_name not in slot.classes:
        raise _refused(subject, f"a {class_name} is no model of ours")
    if flaw := _unfit(model):
        raise _refused(subject, flaw)
    return model


def _check_members(path: Path) -> None:
    """Refuse an archive that unpacks to too much; zipfile reads no more than a member declares.

    Raises:
        ModelUnavailableError: the archive is refused; the message has no subject.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        schema = sum(member.file_size for member in members if member.filename == _SCHEMA)
    if len(members) > MAX_MEMBERS:
        raise ModelUnavailableError(f"its file holds {len(members):,} members")
    if {member.compress_type for member in members} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ModelUnavailableError("its file is packed in a way that skops does not use")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or schema > MAX_SCHEMA_BYTES:
        raise ModelUnavailableError(f"its file unpacks to {unpacked:,} bytes, which is too much")


def _unfit(model: Any) -> str | None:  # noqa: ANN401 - of one of our classes, otherwise anything
    """Return the reason why a model of ours cannot score, or None."""
    held = vars(model)
    required = {*type(model)._get_param_names(), *_FITTED, *type(model).FITTED}
    if missing := sorted(required - set(held)):
        return f"the model lacks {', '.join(missing[:5])}"
    names, width = held["features"], held["n_features_in_"]
    are_names = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
    if not are_names or not names or len(set(names)) != len(names):
        return "its features are no list of different names"
    if isinstance(width, bool) or not isinstance(width, int) or width != len(names):
        return f"it names {len(names)} features and was fitted on another number"
    return None


def load(pin: ModelPin, store: ObjectStore, cache_dir: Path, slot: ModelSlot) -> Any:  # noqa: ANN401 - any model
    """Load a pinned model from the object store, without the registry.

    Args:
        pin: the model.
        store: the object store with the copy that `fetch` made.
        cache_dir: local folder for downloaded files, by digest.
        slot: the job's model, with the types that the file may hold.

    Raises:
        ModelUnavailableError: the file is missing, altered, or holds a type off the list.
    """
    path = cache_dir / f"{pin.sha256}.skops"
    if not path.exists() or digest_of(path) != pin.sha256:
        _download(pin, store, path)
    return read(path, str(pin), slot)


def _refused(subject: str, problem: str) -> ModelUnavailableError:
    return ModelUnavailableError(
        f"{subject}: {problem}; nothing of it was loaded. Register it with "
        "`vesper train`, or move the alias to another version"
    )


def _download(pin: ModelPin, store: ObjectStore, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as target:
        partial = Path(target.name)
        try:
            with store.open(pin.object_name) as source:
                shutil.copyfileobj(source, target)
        except FileNotFoundError as error:
            partial.unlink()
            raise ModelUnavailableError(
                f"{pin}: the object store has no {pin.object_name}; claim the window again, which "
                "copies it from the registry"
            ) from error
    try:
        check_digest(partial, pin.sha256, str(pin))
    except ModelUnavailableError:
        partial.unlink()
        raise
    partial.rename(path)
