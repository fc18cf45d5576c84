"""Provides the object store: a folder on a laptop, S3 or an S3-compatible service elsewhere.

Names are foreign data: they are checked before any use, and a folder store never follows a name out
of its root.
"""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import quote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from features.platform import regular_files
from features.platform.errors import ConfigurationError
from features.platform.object_names import UnsafeNameError, check_name

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MICROSECOND = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LAST_MICROSECOND = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
TEMPORARY = (".tmp", ".part")  # suffixes of unfinished writes, which listings omit


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object of a store.

    Args:
        name: below the root.
        size: in bytes.
        modified_at: the last write of its content, UTC; the order of arrival.
        changed_at: the last change of the object, UTC; separates two arrivals under one name.
        tag: of its content, if the store keeps one: its clock may count in whole seconds.
    """

    name: str
    size: int
    modified_at: datetime
    changed_at: datetime
    tag: str = ""


def _instant(nanoseconds: int) -> datetime:
    """Return a file's time; a date outside the calendar becomes the nearest date inside it."""
    microseconds = min(max(nanoseconds // 1000, _FIRST_MICROSECOND), _LAST_MICROSECOND)
    return _EPOCH + timedelta(microseconds=microseconds)


class ObjectStore(Protocol):
    """The operations that the platform needs from a store of files."""

    writes_are_atomic: bool  # a reader sees an object whole or not at all, and never growing

    def list(self, prefix: str) -> list[ObjectInfo]:
        """Return the objects whose names begin with a prefix, by name."""

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading.

        Raises:
            FileNotFoundError: there is no such object.
        """

    def put(self, name: str, source: Path | bytes) -> None:
        """Write an object; replace any object of that name."""

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Write an object unless the name is taken; return whether it was written."""

    def exists(self, name: str) -> bool:
        """Return whether there is such an object."""

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""

    def url(self, name: str) -> str:
        """Return an address for people."""


class FolderStore:
    """Objects as files below one folder."""

    writes_are_atomic = False  # people copy files into the landing folder by any means

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def list(self, prefix: str) -> list[ObjectInfo]:
        """Return the files whose names begin with a prefix, by name."""
        folder = self._root / prefix.rpartition("/")[0]
        files = (
            self._info(path, status)
            for path, status in regular_files.find(self._root, folder)
            if not path.name.endswith(TEMPORARY)
        )
        return sorted(
            (info for info in files if info.name.startswith(prefix)), key=lambda info: info.name
        )

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            FileNotFoundError: the file is absent or not a regular file.
        """
        return regular_files.open_file(self._path(name))

    def put(self, name: str, source: Path | bytes) -> None:
        """Write a draft in the same folder and rename it, so a reader never sees a partial file."""
        path = self._path(name)
        draft = self._draft(path, source)
        draft.replace(path)

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Write a file unless the name is taken; return whether it was written."""
        path = self._path(name)
        draft = self._draft(path, content)
        try:
            os.link(draft, path)  # fails if the name is taken, unlike a rename
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def exists(self, name: str) -> bool:
        """Return whether there is such a file."""
        return self._path(name).is_file()

    def delete(self, name: str) -> None:
        """Delete a file, if it exists."""
        self._path(name).unlink(missing_ok=True)

    def url(self, name: str) -> str:
        """Return the file's address."""
        return self._path(name).as_uri()

    def _path(self, name: str) -> Path:
        try:
            path = (self._root / check_name(name)).resolve()
        except RuntimeError:
            raise FileNotFoundError(f"{name} is a link to itself") from None
        if not path.is_relative_to(self._root):
            raise UnsafeNameError("object name that a link leads out of the store")
        return path

    def _info(self, path: Path, status: os.stat_result) -> ObjectInfo:
        # a file that was moved or copied in with its old date still counts as new
        changed = max(status.st_mtime_ns, status.st_ctime_ns)
        name = path.relative_to(self._root).as_posix()
        return ObjectInfo(name, status.st_size, _instant(status.st_mtime_ns), _instant(changed))

    def _draft(self, path: Path, source: Path | bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.parent / f".{uuid.uuid4().hex}.tmp"
        try:
            if isinstance(source, bytes):
                draft.write_bytes(source)
            else:
                shutil.copyfile(source, draft)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        return draft


class S3Store:
    """Objects below a prefix of one bucket."""

    writes_are_atomic = True

    def __init__(self, bucket: str, prefix: str, client: Any) -> None:  # noqa: ANN401 - untyped
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client

    def list(self, prefix: str) -> list[ObjectInfo]:
        """Return the objects whose names begin with a prefix, by name."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        return [
            ObjectInfo(
                item["Key"][len(self._prefix) :],
                item["Size"],
                item["LastModified"],
                item["LastModified"],
                item.get("ETag", ""),
            )
            for page in pages
            for item in page.get("Contents", ())
            if not item["Key"].endswith("/")
        ]

    def open(self, name: str) -> BinaryIO:
        """Open an object as a stream; raises FileNotFoundError if it is absent."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                raise FileNotFoundError(self.url(name)) from error
            raise
        return cast("BinaryIO", body)

    def put(self, name: str, source: Path | bytes) -> None:
        """Write an object; replace any object of that name."""
        if isinstance(source, bytes):
            self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=source)
        else:
            self._client.upload_file(str(source), self._bucket, self._key(name))

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Write an object unless the name is taken; return whether it was written."""
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=self._key(name), Body=content, IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in {"PreconditionFailed", "412"}:
                return False
            raise
        return True

    def exists(self, name: str) -> bool:
        """Return whether there is such an object."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return False
            raise
        return True

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""
        self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def url(self, name: str) -> str:
        """Return the object's address in S3's own form."""
        return f"s3://{self._bucket}/{quote(self._prefix + name)}"

    def _key(self, name: str) -> str:
        return self._prefix + check_name(name)


def open_store(
    url: str,
    endpoint: str | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
    region: str = "us-east-1",
) -> ObjectStore:
    """Return the store behind an address.

    Args:
        url: `file:///folder`, `file://relative/folder` or `s3://bucket/prefix`.
        endpoint: address of an S3-compatible service; None is S3 itself.
        access_key: of the service; None uses the machine's own identity.
        secret_key: belongs to the access key.
        region: of the bucket.

    Raises:
        ConfigurationError: the address has neither form.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderStore(Path(url.removeprefix("file://")))
    if parts.scheme == "s3" and parts.netloc:
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            region_name=region,
            config=Config(
                connect_timeout=3,
                read_timeout=10,
                retries={"total_max_attempts": 4, "mode": "standard"},
            ),
        )
        return S3Store(parts.netloc, parts.path, client)
    raise ConfigurationError(
        f"object store address {url!r} is neither file://<folder> nor s3://<bucket>/<prefix>"
    )
