"""How steadily the machine runs: the speed of a loop on every core at once, in windows of 5 ms.

A shared or hot machine slows its clock for some tens of milliseconds at a time. No program is stopped and no steal is
counted, so times and CPU times tell nothing of it; but a server's slowest answers are made of it. `speeds` measures it,
`told` sums it up, and `ideal_p99_ms` says what a server without any cost of its own could reach on such a machine.
"""

import os
import statistics
import subprocess
import sys
import time

WINDOW = 0.005
# A window is slow when less than this share of the usual work was done in it.
SLOW = 0.5
LOOP = range(200)


def speeds(seconds):
    """Work done by all cores together in each window, the median being 1."""
    command, pipe = [sys.executable, __file__, str(seconds)], subprocess.PIPE
    children = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(os.cpu_count())]
    # Nobody begins before all are there: a window in which a child was not yet would look like one without a clock.
    for child in children:
        child.stdout.readline()
    begin = time.monotonic() + 0.1
    for child in children:
        print(begin, file=child.stdin, flush=True)
    counts = [list(map(int, child.communicate()[0].split())) for child in children]
    sums = [sum(window) for window in zip(*counts)]
    middle = statistics.median(sums)
    return [count / middle for count in sums]


def told(windows):
    slow = sum(speed < SLOW for speed in windows)
    return {"seconds": len(windows) * WINDOW, "slow_share": slow / len(windows), "slowest": min(windows)}


def steadiness(seconds=3):
    return told(speeds(seconds))


def ideal_p99_ms(windows, load):
    """The 99th percentile of the waiting in a fluid queue, first come first served, that is asked for the share `load` of
    what these cores did on the whole, evenly, and whose answers take no time but that."""
    arriving = load * statistics.mean(windows)
    queue, queues = 0.0, []
    for speed in windows:
        queue = max(0.0, queue + arriving - speed)
        queues.append(queue)
    waits = []
    for number, left in enumerate(queues):
        waited = 0.0
        for speed in windows[number + 1:]:
            if left <= 0:
                break
            waited += WINDOW * min(1.0, left / speed if speed else 1.0)
            left -= speed
        waits.append(waited)
    waits.sort()
    return waits[max(0, -(-len(waits) * 99 // 100) - 1)] * 1000


def count(begin, seconds):
    counts = [0] * round(seconds / WINDOW)
    time.sleep(max(0.0, begin - time.monotonic()))
    while True:
        for _ in LOOP:
            pass
        window = int((time.monotonic() - begin) / WINDOW)
        if window >= len(counts):
            return counts
        counts[window] += 1


if __name__ == "__main__":
    print("ready", flush=True)
    print(*count(float(input()), float(sys.argv[1])))
