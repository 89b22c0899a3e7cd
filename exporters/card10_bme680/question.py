"""What a badge is asked to run, and its answer in what it says.

The answer is a line `<NONCE VALUES CHECK>`, or `<NONCE !ERROR CHECK>`. The nonce is another each time, so that an old
answer is none, and `<` stands before it only in the answer, not where the REPL repeats the question. The badge logs
into the same stream, in the middle of the line too: such a line does not check, and is not taken.

Source: the firmware's `bme680` module: functions from 1.4 on, since 1.10 a class, which with BSEC (1.17) tells more.
Errors: Failure garbled for an answer that is not whole, no_sensor where the badge has told an error.
"""

import os

from motes.exporters.card10_bme680 import values
from motes.exporters.card10_bme680.problems import Failure

# No more than MicroPython 1.11 knows, and no name that stays behind.
_CODE = """\
def _motes(n):
 try:
  import bme680 as b
  if hasattr(b,'Bme680'):
   with b.Bme680() as s:d=s.get_data()
  else:
   b.init()
   try:d=b.get_data()
   finally:b.deinit()
  r=' '.join([repr(v) for v in d])
 except Exception as e:r='!'+repr(e)[:99]
 r=n+' '+r
 c=0
 for x in r.encode():c=(c*31+x)%65521
 print('\\n<'+r+' %d>'%c)
"""


class Question:
    """Asked once."""

    def __init__(self) -> None:
        self.nonce = os.urandom(6).hex().encode()
        code = f"{_CODE}\n_motes('{self.nonce.decode()}')\ndel _motes\n"
        # For the raw REPL as it is, for the friendly one as a line: there, lines would be indented for us.
        self.code = code.encode()
        self.line = f"exec({code!r})\r".encode()

    def answer(self, heard: bytes) -> dict[str, float] | None:
        """The values by the badge's names; None while the answer is not there."""
        _, begun, rest = heard.partition(b"<" + self.nonce + b" ")
        line, ended, _ = rest.partition(b"\n")
        if not begun or not ended:
            return None
        told, _, check = line.rstrip(b"\r").removesuffix(b">").rpartition(b" ")
        if check != b"%d" % values.fold(self.nonce + b" " + told):
            raise Failure("garbled", f"a mutilated answer: {line[:99]!r}")
        words = told.decode("ascii", "replace")
        if words.startswith("!"):
            raise Failure("no_sensor", words[1:])
        return values.named(words.split(" "))
