"""Whatever a person can put right ends a command with one message and its exit code; a bug keeps its trace."""

from __future__ import annotations

import pytest

from drivers.contracts.capture import RetryReason
from drivers.contracts.errors import (
    CardFate,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from station.cli.exit_codes import Exit
from station.cli.speaking import ending_well
from station.domain.life import Refused
from station.languages import both
from station.ports import DeviceAway, StoreFull
from station.workflows.capture_parts import NothingCaptured
from station.workflows.enrol import VerificationFailed
from station.workflows.hand_over import NotForHandOver

ENDINGS = (
    (Refused("blanks", "in_store would be -1"), Exit.NOT_HELD, "in_store would be -1"),
    (NotForHandOver("already_handed_over"), Exit.NOT_HELD, both("hand_over.already_handed_over")),
    (NothingCaptured("face", RetryReason.NO_FACE), Exit.NOT_HELD, "face: no_face"),
    (VerificationFailed({"right_index": 12}), Exit.NOT_HELD, "right_index: 12"),
    (DeviceFault(FaultCode.NOT_TRUSTED, CardFate.UNTOUCHED, "scanner"), Exit.DEVICE, both("remedy.not_trusted")),
    (TransportError("tcp://127.0.0.1:9", "refused"), Exit.DEVICE, "tcp://127.0.0.1:9: refused"),
    (RemoteProtocolError("noise"), Exit.DEVICE, "noise"),
    (DeviceAway("face_camera", "not configured"), Exit.DEVICE, "face_camera: not configured"),
    (StoreFull("log.db: no room"), Exit.STORE, "log.db: no room"),
)


@pytest.mark.parametrize(("error", "code", "text"), ENDINGS, ids=[type(row[0]).__name__ for row in ENDINGS])
def test_what_a_person_can_put_right_ends_with_a_message_and_its_code(
    error: Exception, code: Exit, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, ending_well():
        raise error
    assert ended.value.code == code
    assert text in capsys.readouterr().err


def test_a_bug_keeps_its_trace() -> None:
    with pytest.raises(LocalProtocolError), ending_well():
        raise LocalProtocolError("asked for something that is not allowed")
