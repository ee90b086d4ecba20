"""The consensus algorithm and nothing else: pure, driven alike by the node and by the simulator."""

from node.consensus.machine.machine import resume, start_height, step
from node.consensus.machine.types import State, Timeouts

__all__ = ["State", "Timeouts", "resume", "start_height", "step"]
