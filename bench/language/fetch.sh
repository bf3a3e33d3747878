#!/bin/sh
# Gets the labelled sentences that `language_accuracy` reads: the test file of the Python package `eld` (Apache-2.0), 60
# languages of 1,000 sentences each. They stay in a folder that git ignores.
set -eu
cd "$(dirname "$0")"
mkdir -p data
python3 -m pip download --quiet --no-deps --no-binary :all: --dest data eld==1.0.6
tar --extract --gzip --file data/eld-1.0.6.tar.gz --to-stdout eld-1.0.6/eld/tests/data/big-test.txt > data/sentences.tsv
wc -l data/sentences.tsv
