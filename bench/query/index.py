"""The index that the query and serve benches ask: one crawl of a synthetic web, built."""

import json
import shutil

import measure

HOST_EXPONENT = 1.1


def key(trust_data, *facts):
    """What data must have been made from: these facts, by the programs of now, unless whatever is there is trusted."""
    names = [measure.program("backlinks"), *map(measure.example, ("synthetic_crawl", "export_rows"))]
    return json.dumps([*facts, None if trust_data else measure.programs_key(*names)])


def made_index(folder, links, trust_data):
    def make(index):
        measure.tell(f"a crawl of {links} links")
        crawl = measure.run([measure.example("synthetic_crawl"), index, links, 0, HOST_EXPONENT], 3600)
        measure.tell("build", crawl.text.strip())
        command = [measure.program("backlinks"), "build", "--data", index, "--memory", "2GiB", "--json", "--quiet"]
        built = measure.run(command, 7200)
        kept = {"crawl": crawl.json() | crawl.figures(), "build": built.json() | built.figures()}
        (index / "build.json").write_text(json.dumps(kept))
        # Nothing answers from the crawl.
        shutil.rmtree(index / "crawls")

    return measure.made(folder / "index", key(trust_data, links, HOST_EXPONENT), make)
