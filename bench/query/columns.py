"""The columns of a row: the item of the API, then what decides whether and where it is shown.

One table for Parquet, DuckDB and ClickHouse. Lists of a null are empty in ClickHouse, which knows no null list; the
evidence is four columns everywhere.
"""

# Name: (Parquet by pyarrow, ClickHouse). `?` is nullable, `=` has few values.
TEXT, WORD = ("string", "String"), ("string", "LowCardinality(String)")
TEXT_OR_NULL, WORD_OR_NULL = ("string", "Nullable(String)"), ("string", "LowCardinality(Nullable(String))")
FLAG, FLAG_OR_NULL = ("bool", "Bool"), ("bool", "Nullable(Bool)")
U8, U16, U32, U64 = (("uint" + size, "UInt" + size) for size in ("8", "16", "32", "64"))
TIME_OR_NULL = ("timestamp", "Nullable(DateTime)")


def nullable(kind):
    return kind[0], f"Nullable({kind[1]})"


COLUMNS = {
    "type": WORD,
    "domain_from": TEXT,
    "url_from": TEXT,
    "url_from_https": FLAG,
    "domain_to": TEXT,
    "url_to": TEXT,
    "url_to_https": FLAG,
    "tld_from": WORD_OR_NULL,
    "is_new": FLAG,
    "is_lost": FLAG,
    "backlink_spam_score": nullable(U8),
    "rank": U16,
    "page_from_rank": nullable(U16),
    "domain_from_rank": nullable(U16),
    "domain_from_platform_type": ("list<string>", "Array(LowCardinality(String))"),
    "domain_from_is_ip": FLAG,
    "domain_from_ip": TEXT_OR_NULL,
    "domain_from_country": WORD_OR_NULL,
    "page_from_external_links": nullable(U32),
    "page_from_internal_links": nullable(U32),
    "page_from_size": nullable(U32),
    "page_from_encoding": WORD_OR_NULL,
    "page_from_language": WORD_OR_NULL,
    "page_from_title": TEXT_OR_NULL,
    "page_from_status_code": nullable(U16),
    "first_seen": TIME_OR_NULL,
    "prev_seen": TIME_OR_NULL,
    "last_seen": TIME_OR_NULL,
    "item_type": WORD,
    "attributes": ("list<string>", "Array(LowCardinality(String))"),
    "dofollow": FLAG,
    "original": FLAG_OR_NULL,
    "alt": TEXT_OR_NULL,
    "image_url": TEXT_OR_NULL,
    "anchor": TEXT_OR_NULL,
    "text_pre": TEXT_OR_NULL,
    "text_post": TEXT_OR_NULL,
    "semantic_location": WORD_OR_NULL,
    "links_count": U32,
    "group_count": U32,
    "is_broken": FLAG_OR_NULL,
    "url_to_status_code": nullable(U16),
    "url_to_spam_score": nullable(U8),
    "url_to_redirect_target": TEXT_OR_NULL,
    "ranked_keywords_info": TEXT_OR_NULL,
    "is_indirect_link": FLAG,
    "indirect_link_path": ("list<hop>", "Array(Tuple(type String, status_code UInt16, url String))"),
    "lost_date": TIME_OR_NULL,
    "new_reason": WORD_OR_NULL,
    "lost_reason": WORD_OR_NULL,
    "evidence_archive": WORD_OR_NULL,
    "evidence_offset": nullable(U64),
    "evidence_length": nullable(U64),
    "evidence_digest": TEXT_OR_NULL,
}

# Numbers of target and host of the page; flags; page of the target's bucket; the place of the row in the default order.
HELPERS = {
    "target": U32,
    "host_from": U32,
    "page": U32,
    "is_internal": FLAG,
    "hop_labels": U8,
    "seat": U64,
}

TIMES = [name for name, kind in COLUMNS.items() if kind[0] == "timestamp"]
# What of the export is not a column: read, and made into something else or left out.
RAW = {
    "evidence": "evidence",
    "bucket": "uint32",
    "section": "uint32",
    "row": "uint32",
    "target_domain": "string",
    "target_host": "string",
    "hop_same_host": "bool",
    "tie": "uint32",
    "last_seen_seconds": "int64",
}
