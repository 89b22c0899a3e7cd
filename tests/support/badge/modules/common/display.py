"""The badge's display: what it shows stands in a file, a line each row. It is 160 pixels wide and 80 high, and its
oldest font, the only one before 1.9, is 14 wide and 20 high."""

import builtins

import uos

_WIDTH, _HEIGHT = 14, 20


class Display:
    def __init__(self):
        self._rows = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @classmethod
    def open(cls):
        return cls()

    @staticmethod
    def close():
        pass

    def clear(self, col=(0, 0, 0)):  # noqa: ARG002 - colours are not played
        self._rows = {}
        return self

    def print(self, text, *, fg=(255, 255, 255), bg=(0, 0, 0), posx=0, posy=0):
        if not (0 <= posx <= 160 - _WIDTH * len(text) and 0 <= posy <= 80 - _HEIGHT):
            raise ValueError("beyond the display")
        if [len(fg), len(bg)] != [3, 3]:
            raise ValueError("no colour")
        self._rows[posy] = text
        return self

    def update(self):
        with builtins.open("display.new", "w") as file:
            file.write("".join(self._rows[row] + "\n" for row in sorted(self._rows)))
        uos.rename("display.new", "display")


open = Display.open
close = Display.close
