"""One file as a stream of text columns: any encoding, any delimiter, CSV or Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pacsv

from connectors.errors import Garbled, MissingPermission, Refused, Unavailable
from connectors.line_feeds import Unbroken

# The longer mark first: that of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|^"
_SNIFFED = 1 << 16
"""Bytes within which a header ends."""


@dataclass(frozen=True, slots=True)
class Source:
    """One exported file; reading it never takes more memory than a few blocks."""

    path: Path
    encoding: str | None = None
    delimiter: str | None = None
    block_bytes: int = 4 << 20

    @property
    def is_parquet(self) -> bool:
        """Whether the file is Parquet; everything else is CSV."""
        return self.path.suffix.lower() in (".parquet", ".pq")

    def headers(self) -> list[str]:
        """The column names as they stand in the file."""
        if self.is_parquet:
            return list(self._parquet().schema_arrow.names)
        return self._header_line()[0]

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Rows of these columns: text from CSV, the file's own types from Parquet.

        Raises Garbled where a row has too few or too many cells, where the file ends inside a quoted cell,
        and where it changes while it is read.
        """
        before = self._stamp()
        yield from self._parquet_batches(columns) if self.is_parquet else self._csv_batches(columns)
        if self._stamp() != before:
            raise Garbled(f"{self.path} was changed while it was read; run again")

    def line_of(self, row: int) -> int:
        """The line on which a data row (from 0) of a CSV file begins; 0 for Parquet, which has no lines."""
        if self.is_parquet:
            return 0
        with (
            self._open() as stream,
            io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8", newline="") as text,
        ):
            reader = csv.reader(text, delimiter=self._header_line()[1])
            next(reader)
            rows, began = -1, reader.line_num + 1
            for cells in reader:
                rows += bool(cells)
                if rows == row:
                    return began
                began = reader.line_num + 1
        return began

    def _header_line(self) -> tuple[list[str], str]:
        with self._open() as stream:
            head = stream.read(_SNIFFED).decode("utf-8", errors="ignore")
        if not head.strip():
            raise Garbled(f"{self.path} is empty: not even a header line")
        first = next(csv.reader(io.StringIO(head)))
        line = ",".join(first)
        delimiter = self.delimiter or max(_DELIMITERS, key=lambda mark: (line.count(mark), mark == ","))
        return next(csv.reader(io.StringIO(head), delimiter=delimiter)), delimiter

    def _csv_batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        headers, delimiter = self._header_line()
        with self._open() as stream:
            try:
                reader = pacsv.open_csv(
                    pa.PythonFile(Unbroken(stream), mode="r"),
                    read_options=pacsv.ReadOptions(
                        block_size=self.block_bytes, column_names=headers, skip_rows=0
                    ),
                    parse_options=pacsv.ParseOptions(
                        delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=True
                    ),
                    convert_options=pacsv.ConvertOptions(
                        column_types=dict.fromkeys(headers, pa.string()),
                        include_columns=list(columns),
                        strings_can_be_null=True,
                        quoted_strings_can_be_null=True,
                        null_values=[""],
                    ),
                )
                first = True
                for batch in reader:
                    # The header line was given as names, so that two equal ones cannot be mixed up.
                    yield batch.slice(1) if first else batch
                    first = False
            except pa.ArrowInvalid as error:
                raise Garbled(f"{self.path}: {_short(error)}") from error
            if stream.open_quote:
                raise Garbled(f"{self.path} ends inside a quoted cell: it is cut short")

    def _parquet_batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._parquet().iter_batches(columns=list(columns))
        except (pa.ArrowInvalid, OSError) as error:
            raise Garbled(f"{self.path}: {_short(error)}") from error

    def _parquet(self) -> pa.parquet.ParquetFile:
        import pyarrow.parquet as papq

        self._stamp()
        try:
            return papq.ParquetFile(self.path)
        except (pa.ArrowInvalid, OSError) as error:
            raise Garbled(f"{self.path} is no whole Parquet file: {_short(error)}") from error

    def _open(self) -> _Utf8:
        try:
            raw = self.path.open("rb")
        except OSError as error:
            raise _os_error(self.path, error) from error
        encoding, skipped = _sniffed(raw.read(8))
        raw.seek(skipped if self.encoding is None else 0)
        encoding = self.encoding or encoding
        return _Utf8(raw, encoding, self.path)

    def _stamp(self) -> tuple[int, int, int]:
        try:
            stat = self.path.stat()
        except OSError as error:
            raise _os_error(self.path, error) from error
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _sniffed(head: bytes) -> tuple[str, int]:
    """The encoding that a file's first bytes tell, and how many of them to leave out."""
    if head[:2] == codecs.BOM_UTF16_BE and len(head) > 5:
        # Data Loader's own samples begin with the mark of UTF-16 and go on in UTF-32.
        if head[2:5] == b"\0\0\0":
            return "utf-32-be", 2
        if head[3:6] == b"\0\0\0":
            return "utf-32-le", 2
    return next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8"), 0


class _Utf8(io.RawIOBase):
    """A file decoded and given on as UTF-8, which keeps in mind whether a quote is open."""

    def __init__(self, raw: BinaryIO, encoding: str, path: Path) -> None:
        self._raw, self._path = raw, path
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._encoding, self._rest, self._offset = encoding, b"", 0
        self.open_quote = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = self._raw.read(1 << 20)
            self._rest = self._decode(chunk)
            if not chunk:
                break
        given, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(given)] = given
        self.open_quote ^= given.count(b'"') % 2 == 1
        return len(given)

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _decode(self, chunk: bytes) -> bytes:
        try:
            text = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise Refused(
                f"{self._path} is not {self._encoding}: byte {error.object[error.start]:#04x} near offset "
                f"{self._offset + error.start}; name the file's encoding in the config (encoding: cp1252)"
            ) from error
        self._offset += len(chunk)
        return text.encode("utf-8")


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:300]


def _os_error(path: Path, error: OSError) -> Exception:
    reason = error.strerror or os.strerror(error.errno or 0)
    if isinstance(error, FileNotFoundError):
        return Refused(f"{path} is not there; export it, or correct its path in the config")
    if isinstance(error, PermissionError):
        return MissingPermission(f"{path} may not be read by this user")
    return Unavailable(f"{path} cannot be read: {reason}")
