"""One Python contender of the ingest bench: `peers.py CONTENDER FILE...` works as ingest_bench does."""

import json
import sys
import time
import zlib

import brotli
from fastwarc.warc import ArchiveIterator, WarcRecordType

MOST_PASSES = 5
ENOUGH_SECONDS = 3.0


def bodies(files, keep):
    """Bodies of all HTML answers, decoded: in a list, or one after the other."""
    found = (body for path in files for body in bodies_of(path))
    return list(found) if keep else found


def bodies_of(path):
    """FastWARC 2.0.1 with `auto_decode` loses the rest of a gzip archive after a body that is gzip, so that is done here."""
    for record in ArchiveIterator(path, record_types=WarcRecordType.response, parse_http=True):
        if not (record.http_content_type or "").startswith("text/html"):
            continue
        body, headers = record.reader.read(), record.http_headers
        if "chunked" in headers.get("Transfer-Encoding", "").lower():
            body = without_chunks(body)
        coding = headers.get("Content-Encoding", "").lower()
        if coding in ("gzip", "deflate"):
            body = zlib.decompress(body, 47)
        elif coding == "br":
            body = brotli.decompress(body)
        yield body


def without_chunks(body):
    parts, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        length = int(body[at:end].split(b";")[0], 16)
        if length == 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + length])
        at = end + 4 + length


def links_by_selectolax(body):
    """Address, `rel` and text of every `a`, as selectolax documents it."""
    from selectolax.lexbor import LexborHTMLParser

    links = []
    for a in LexborHTMLParser(body).css("a[href]"):
        attributes = a.attributes
        links.append((attributes["href"], attributes.get("rel"), a.text()))
    return len(links)


def warc_fastwarc(files):
    """Every record with its block in memory; HTTP heads stay in the blocks."""
    total = count = 0
    for path in files:
        for record in ArchiveIterator(path, record_types=WarcRecordType.any_type, parse_http=False, inplace=True):
            total += len(record.reader.read())
            count += 1
    return total, count


def warc_fastwarc_skip(files):
    """The same without the blocks."""
    total = count = 0
    for path in files:
        for record in ArchiveIterator(path, record_types=WarcRecordType.any_type, parse_http=False, inplace=True):
            total += record.content_length
            count += 1
    return total, count


def warc_warcio(files):
    from warcio.archiveiterator import WARCIterator

    total = count = 0
    for path in files:
        with open(path, "rb") as stream:
            for record in WARCIterator(stream, no_record_parse=True):
                total += len(record.raw_stream.read())
                count += 1
    return total, count


def whole_selectolax(files):
    total = count = 0
    for body in bodies(files, keep=False):
        total += len(body)
        count += links_by_selectolax(body)
    return total, count


def html_selectolax(files):
    kept = bodies(files, keep=True)

    def work(_):
        return sum(map(len, kept)), sum(map(links_by_selectolax, kept))

    return work


def main():
    contender, *files = sys.argv[1:]
    work = globals()[contender.replace("-", "_")]
    if contender.startswith("html-"):
        work = work(files)
    work(files)
    began, passes = time.perf_counter(), []
    while not passes or len(passes) < MOST_PASSES and time.perf_counter() - began < ENOUGH_SECONDS:
        start, cpu = time.perf_counter(), time.process_time()
        total, count = work(files)
        passes.append((time.process_time() - cpu, time.perf_counter() - start))
    passes.sort()
    (best, _), (cpu, elapsed) = passes[0], passes[len(passes) // 2]
    found = {"bytes": total, "items": count, "seconds": elapsed, "cpu_seconds": cpu, "best_cpu_seconds": best}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
