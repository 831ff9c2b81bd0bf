"""Figures of several servers side by side."""

from .workloads import RATE


class Results:
    """All values of each figure of each server, in the order in which figures came."""

    def __init__(self, names):
        self.names = names
        self.rows = {}

    def add(self, server, figure, unit, value):
        self.rows.setdefault((figure, unit), {}).setdefault(server, []).append(value)

    def table(self, middle):
        """As text: the middle value of each, and how the others compare with the first."""
        others = self.names[1:]
        lines = [f"{'':38}{'':12}" + "".join(f"{name:>12}" for name in self.names)
                 + "".join(f"{'vs ' + name:>12}" for name in others)]
        for (figure, unit), values in self.rows.items():
            middles = {name: middle(values[name]) for name in values}
            line = f"{figure:38}{unit:12}"
            line += "".join(self.cell(middles.get(name), ".1f") for name in self.names)
            line += "".join(self.cell(self.ratio(middles, name, unit), ".2f") for name in others)
            lines.append(line)
        return "\n".join(lines)

    def ratio(self, middles, other, unit):
        """Above 1 when the first server is better."""
        own, its = middles.get(self.names[0]), middles.get(other)
        if not own or not its or own < 0 or its < 0:
            return None
        return own / its if unit == RATE else its / own

    @staticmethod
    def cell(value, form):
        return f"{'-':>12}" if value is None else f"{value:>12{form}}"
