"""Lines of JSON from export_rows to Parquet, a file for each bucket: `parquet.py FOLDER < ROWS`.

zstd, dictionaries and statistics as pyarrow has them by default, 122,880 rows a row group. Rows stay in our order: by
key of the target's host. Prints rows and bytes as JSON.
"""

import json
import os
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from columns import COLUMNS, HELPERS, RAW, TIMES

ROW_GROUP = 122_880
# 2020-01-01, before every visit of the synthetic web.
EPOCH = 1_577_836_800
TYPES = {
    "timestamp": pa.string(),
    "list<string>": pa.list_(pa.string()),
    "list<hop>": pa.list_(pa.struct([("type", pa.string()), ("status_code", pa.uint16()), ("url", pa.string())])),
    "evidence": pa.struct(
        [("archive", pa.string()), ("offset", pa.uint64()), ("length", pa.uint64()), ("digest", pa.string())]
    ),
}


def schema_of_lines():
    kinds = {name: kind[0] for name, kind in (COLUMNS | HELPERS).items()} | RAW
    made_here = {"seat", "evidence_archive", "evidence_offset", "evidence_length", "evidence_digest"}
    fields = [(name, TYPES.get(kind) or pa.type_for_alias(kind)) for name, kind in kinds.items() if name not in made_here]
    return pa.schema(fields)


def converted(batch):
    """The columns of the table, and `bucket`."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    for name in TIMES:
        text = pc.utf8_slice_codeunits(columns[name], 0, 19)
        columns[name] = pc.strptime(text, format="%Y-%m-%d %H:%M:%S", unit="s")
    for part in ("archive", "offset", "length", "digest"):
        columns[f"evidence_{part}"] = pc.struct_field(columns["evidence"], part)
    # Rank, last_seen and the place by URL in one number, the best first when ascending: 10, 29 and 25 bits.
    rank = pc.subtract(pa.scalar(1023, pa.uint64()), columns["rank"].cast(pa.uint64()))
    age = pc.subtract(pa.scalar(EPOCH + 2**29 - 1, pa.int64()), columns["last_seen_seconds"]).cast(pa.uint64())
    tie = columns["tie"].cast(pa.uint64())
    if pc.max(tie).as_py() >= 2**25 or pc.max(age).as_py() >= 2**29:
        raise SystemExit("a place does not fit in 64 bits")
    shifted = pc.bit_wise_or(pc.shift_left(rank, pa.scalar(54, pa.uint64())), pc.shift_left(age, pa.scalar(25, pa.uint64())))
    columns["seat"] = pc.bit_wise_or(shifted, tie)
    names = [*COLUMNS, *HELPERS, "bucket"]
    return pa.table({name: columns[name] for name in names})


class Writer:
    """One file after the other: rows of a bucket come together."""

    def __init__(self, folder):
        self.folder, self.bucket, self.file, self.kept, self.rows, self.bytes = folder, None, None, [], 0, 0

    def push(self, table):
        buckets = table.column("bucket")
        for bucket in pc.unique(buckets).to_pylist():
            part = table.filter(pc.equal(buckets, bucket)).drop_columns(["bucket"])
            if bucket != self.bucket:
                self.close()
                self.path = os.path.join(self.folder, f"rows-{bucket:04}.parquet")
                self.bucket, self.file = bucket, pq.ParquetWriter(self.path, part.schema, compression="zstd")
            self.kept.append(part)
            if sum(kept.num_rows for kept in self.kept) >= ROW_GROUP:
                self.flush()

    def flush(self):
        table = pa.concat_tables(self.kept)
        self.kept = []
        self.file.write_table(table, row_group_size=ROW_GROUP)
        self.rows += table.num_rows

    def close(self):
        if self.file is None:
            return
        if self.kept:
            self.flush()
        self.file.close()
        self.bytes += os.path.getsize(self.path)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    parse = pj.ParseOptions(explicit_schema=schema_of_lines(), unexpected_field_behavior="ignore")
    read = pj.ReadOptions(block_size=32 << 20)
    writer = Writer(folder)
    with pj.open_json(sys.stdin.buffer, read_options=read, parse_options=parse) as lines:
        for batch in lines:
            if batch.num_rows:
                writer.push(converted(batch))
    writer.close()
    print(json.dumps({"rows": writer.rows, "bytes": writer.bytes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
