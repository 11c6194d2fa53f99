"""A CD image that also boots when it is written to a stick."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from efi.esp import LABEL, MIB, Content, format_esp
from efi.unpacked import EPOCH, Unpacked
from sal.filesystem import make_sparse


def write_iso(unpacked: Unpacked, file: Path, content: Content) -> None:
    """Writes the CD image, whole.

    The boot image is a file of the CD: as a partition behind it, OVMF does not find it on a CD drive.
    """
    aside = file.with_name(f".new-{file.name}")
    date = datetime.fromtimestamp(int(EPOCH), UTC).strftime("%Y%m%d%H%M%S00")
    with tempfile.TemporaryDirectory(prefix="hardpan-iso-") as folder:
        esp = Path(folder) / "esp.img"
        make_sparse(esp, content.mebibytes * MIB)
        format_esp(unpacked, esp, content.files(), content.mebibytes)
        words = ("-as", "mkisofs", "-quiet", "-V", LABEL, f"--modification-date={date}", "-o", str(aside))
        unpacked.run("xorriso", *words, "-e", "esp.img", "-no-emul-boot", "-isohybrid-gpt-basdat", folder)
    aside.rename(file)
