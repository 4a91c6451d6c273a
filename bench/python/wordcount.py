"""Words of a file, counted by an engine in Python: the same lines and the same answer as the other contenders."""

import itertools
import json
import resource
import sys
import time

engine, path, end = sys.argv[1], sys.argv[2], int(sys.argv[3])


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def lines():
    with open(path, "rb") as file:
        return file.read(end).decode("latin-1").splitlines()


def with_bytewax():
    from datetime import timedelta

    import bytewax.operators as op
    from bytewax.dataflow import Dataflow
    from bytewax.inputs import DynamicSource, StatelessSourcePartition
    from bytewax.testing import TestingSink, run_main

    class Lines(StatelessSourcePartition):
        def __init__(self):
            self.rest = None

        def next_batch(self):
            if self.rest is None:
                self.rest = iter(lines())
            batch = list(itertools.islice(self.rest, 4096))
            if not batch:
                raise StopIteration()
            return batch

    class Text(DynamicSource):
        def build(self, step_id, worker_index, worker_count):
            return Lines()

    counts = []
    flow = Dataflow("wordcount")
    words = op.flat_map("split", op.input("text", flow, Text()), lambda line: line.split(" "))
    op.output("out", op.count_final("count", words, lambda word: word), TestingSink(counts))
    return lambda: run_main(flow, epoch_interval=timedelta(seconds=10)), lambda: counts


def with_pathway():
    import pathway as pw

    class Text(pw.io.python.ConnectorSubject):
        def run(self):
            for line in lines():
                self.next(line=line)

    class Line(pw.Schema):
        line: str

    counts = {}

    def on_change(key, row, time, is_addition):
        if is_addition:
            counts[row["word"]] = row["count"]

    text = pw.io.python.read(Text(), schema=Line)
    split = pw.apply_with_type(lambda line: tuple(line.split(" ")), tuple[str, ...], pw.this.line)
    words = text.select(word=split).flatten(pw.this.word)
    totals = words.groupby(pw.this.word).reduce(pw.this.word, count=pw.reducers.count())
    pw.io.subscribe(totals, on_change=on_change)
    return lambda: pw.run(monitoring_level=pw.MonitoringLevel.NONE), lambda: counts.items()


def checksum(rows):
    count = first = second = 0
    for word, total in rows:
        text = f"{word}\t{total}".encode()
        count += 1
        first += fnv1a(text, 2166136261)
        second += fnv1a(text, 2538058380)
    return f"{count}:{first % 2**32:08x}{second % 2**32:08x}"


def fnv1a(text, base):
    for byte in text:
        base = ((base ^ byte) * 16777619) & 0xFFFFFFFF
    return base


run, rows = {"bytewax": with_bytewax, "pathway": with_pathway}[engine]()
cpu, begun = cpu_seconds(), time.perf_counter()
run()
wall, cpu = (time.perf_counter() - begun) * 1000, cpu_seconds() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
result = {"walls_ms": [wall], "cpus_s": [cpu], "cold_ms": wall, "peak_rss_mb": peak, "checksum": checksum(rows())}
print(json.dumps(result))
