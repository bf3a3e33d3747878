//! Fetches the rows of one first page from Parquet with small pages and from the store's row blocks.
//!
//! `row_blocks ROWS.jsonl DATA_DIR TARGET WORK_DIR [RUNS]`; the rows are those of `export_rows DATA_DIR
//! TARGET`, all of the target's bucket in the order of the disk. They are written to Parquet once for
//! each layout. Then the 100 rows that win the target's default question are fetched, with all columns:
//! by row selection with page index and metadata read before, and by `BucketReader::fetch`.

use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};
use arrow::json::ReaderBuilder;
use model::Target;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use store::{DataDir, RowId, Scope, Snapshot};

const CACHE_BYTES: u64 = 512 << 20;
const FIRST_PAGE: u64 = 100;

const TEXT: &str = "type domain_from url_from domain_to url_to tld_from domain_from_ip domain_from_country \
    page_from_encoding page_from_language page_from_title item_type alt image_url anchor text_pre text_post \
    semantic_location url_to_redirect_target ranked_keywords_info";
const FLAGS: &str = "url_from_https url_to_https is_new is_lost domain_from_is_ip dofollow original is_broken \
    is_indirect_link is_internal";
const SMALL: &str = "backlink_spam_score rank page_from_rank domain_from_rank page_from_status_code url_to_status_code \
    url_to_spam_score hop_labels";
const LARGE: &str = "page_from_external_links page_from_internal_links page_from_size links_count group_count page tie";
const TIMES: &str = "first_seen prev_seen last_seen lost_date";

/// A way to lay Parquet out.
#[derive(Clone, Copy)]
struct Layout {
    page_rows: usize,
    dictionary: bool,
}

const LAYOUTS: &[Layout] = &[
    Layout { page_rows: 64, dictionary: false },
    Layout { page_rows: 64, dictionary: true },
    Layout { page_rows: 512, dictionary: false },
    Layout { page_rows: 512, dictionary: true },
    Layout { page_rows: 20_000, dictionary: true },
];

/// Mean milliseconds of processor and wall clock.
struct Figures {
    cpu: f64,
    wall: f64,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, data, target, work, rest @ ..] = arguments.as_slice() else {
        bail!("usage: row_blocks ROWS.jsonl DATA_DIR TARGET WORK_DIR [RUNS]");
    };
    let runs: u32 = rest.first().map_or(Ok(200), |runs| runs.parse()).context("RUNS is a number")?;
    let (data, target, work) = (DataDir::open(Path::new(data))?, Target::parse(target, true)?, Path::new(work));
    fs::create_dir_all(work)?;

    let snapshot = open(&data, 0)?;
    let bucket = snapshot.buckets().of(&target.host());
    let reader = snapshot.bucket(bucket)?;
    let scope = Scope::of(&target).context("a domain, not a page")?;
    let list = reader.order(&scope)?.context("a target large enough to have a list")?;
    let ids: Vec<RowId> = list.rows(0, FIRST_PAGE)?.context("a first page")?.iter().map(|row| row.id).collect();
    let mut direct_rows = 0;
    for host in reader.hosts()? {
        direct_rows += host.ranges[0].rows.len();
    }

    print("layout                            bytes/row   first ms (CPU / wall)   open ms (CPU / wall)")?;
    let mut expected: Vec<String> = Vec::new();
    let mut by_place = ids.clone();
    by_place.sort_unstable();
    for row in reader.fetch(&by_place)? {
        expected.push(row.url_from);
    }
    let files = snapshot.manifest().files.iter();
    let ours =
        files.filter(|file| file.name.starts_with("links/") && file.name.ends_with(&format!("-{:04}.blk", bucket.0)));
    let (bytes, mut total) = ours.fold((0, 0), |(bytes, rows), file| {
        (bytes + file.size_bytes, rows + if file.name.contains("/keys-") { file.rows } else { 0 })
    });
    let cold = measure(runs, || Ok(open(&data, 0)?.bucket(bucket)?.fetch(&ids)?))?;
    let no_cache = measure(runs, || Ok(reader.fetch(&ids)?))?;
    report("row blocks, no cache", bytes, total, &cold, &no_cache)?;
    let cached = open(&data, CACHE_BYTES)?;
    cached.bucket(bucket)?.fetch(&ids)?;
    let warm = measure(runs, || Ok(cached.bucket(bucket)?.fetch(&ids)?))?;
    report("row blocks, decoded blocks cached", bytes, total, &cold, &warm)?;

    total = 0;
    let wanted: Vec<usize> =
        by_place.iter().map(|id| id.row as usize + usize::from(id.section) * direct_rows).collect();
    for layout in LAYOUTS {
        let name = format!("parquet-{}-{}", layout.page_rows, if layout.dictionary { "dictionary" } else { "plain" });
        let path = work.join(format!("{name}.parquet"));
        if !path.try_exists()? {
            write(Path::new(rows), &path, *layout)?;
        }
        let metadata = load(&path)?;
        if total == 0 {
            total = metadata.metadata().file_metadata().num_rows() as u64;
        }
        let found = fetch(&path, &metadata, &wanted)?;
        let urls = found.column_by_name("url_from").context("url_from")?.as_string::<i32>();
        ensure!(urls.iter().flatten().eq(expected.iter().map(String::as_str)), "{name}: other rows than the store's");
        let cold = measure(runs.min(20), || fetch(&path, &load(&path)?, &wanted))?;
        let warm = measure(runs.min(50), || fetch(&path, &metadata, &wanted))?;
        report(&name, fs::metadata(&path)?.len(), total, &cold, &warm)?;
    }
    Ok(())
}

fn open(data: &DataDir, cache_bytes: u64) -> Result<Snapshot> {
    Ok(Snapshot::open(data, data.current()?.context("there is no snapshot yet")?, cache_bytes)?)
}

/// Reads footer and page index.
fn load(path: &Path) -> Result<ArrowReaderMetadata> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    Ok(ArrowReaderMetadata::load(&File::open(path)?, options)?)
}

/// Rows by their numbers in the file, ascending; all columns.
fn fetch(path: &Path, metadata: &ArrowReaderMetadata, rows: &[usize]) -> Result<RecordBatch> {
    let (mut groups, mut ranges): (Vec<usize>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    let (mut first, mut chosen) = (0, 0);
    for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
        let count = group.num_rows() as usize;
        let inside = rows.iter().filter(|row| (first..first + count).contains(*row));
        let before = ranges.len();
        ranges.extend(inside.map(|row| row - first + chosen..row - first + chosen + 1));
        if ranges.len() > before {
            groups.push(number);
            chosen += count;
        }
        first += count;
    }
    let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), chosen);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path)?, metadata.clone())
        .with_row_groups(groups)
        .with_row_selection(selection)
        .with_batch_size(rows.len())
        .build()?;
    let schema = metadata.schema().clone();
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(&schema, &batches)?)
}

fn write(rows: &Path, path: &Path, layout: Layout) -> Result<()> {
    let schema = schema();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_data_page_row_count_limit(layout.page_rows)
        .set_write_batch_size(layout.page_rows.min(1024))
        .set_dictionary_enabled(layout.dictionary)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(false)
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, Arc::clone(&schema), Some(properties))?;
    let lines = BufReader::with_capacity(1 << 20, File::open(rows)?);
    for batch in ReaderBuilder::new(schema).with_batch_size(8192).build(lines)? {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(())
}

/// The 47 fields, our own two, and what a scan needs.
fn schema() -> Arc<Schema> {
    let named = |names: &str, kind: DataType| -> Vec<Field> {
        names.split(' ').map(|name| Field::new(name, kind.clone(), true)).collect()
    };
    let list = |item: DataType| DataType::List(Arc::new(Field::new_list_field(item, true)));
    let hop = Fields::from(vec![
        Field::new("type", DataType::Utf8, true),
        Field::new("status_code", DataType::UInt16, true),
        Field::new("url", DataType::Utf8, true),
    ]);
    let evidence = Fields::from(vec![
        Field::new("archive", DataType::Utf8, true),
        Field::new("offset", DataType::UInt64, true),
        Field::new("length", DataType::UInt64, true),
        Field::new("digest", DataType::Utf8, true),
    ]);
    let mut fields = named(TEXT, DataType::Utf8);
    fields.extend(named(FLAGS, DataType::Boolean));
    fields.extend(named(SMALL, DataType::UInt16));
    fields.extend(named(LARGE, DataType::UInt32));
    fields.extend(named(TIMES, DataType::Timestamp(TimeUnit::Millisecond, None)));
    fields.extend(named("attributes domain_from_platform_type", list(DataType::Utf8)));
    fields.push(Field::new("indirect_link_path", list(DataType::Struct(hop)), true));
    fields.push(Field::new("evidence", DataType::Struct(evidence), true));
    Arc::new(Schema::new(fields))
}

fn measure<T>(runs: u32, mut step: impl FnMut() -> Result<T>) -> Result<Figures> {
    let (cpu, started) = (cpu_ms()?, Instant::now());
    for _ in 0..runs {
        step()?;
    }
    let wall = started.elapsed().as_secs_f64() * 1000.0;
    Ok(Figures { cpu: (cpu_ms()? - cpu) / f64::from(runs), wall: wall / f64::from(runs) })
}

/// Processor time of this thread, the only one that works here.
fn cpu_ms() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").context("needs Linux")?;
    let nanoseconds: u64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds as f64 / 1e6)
}

fn report(name: &str, bytes: u64, rows: u64, cold: &Figures, warm: &Figures) -> Result<()> {
    let per_row = bytes as f64 / rows as f64;
    let (Figures { cpu: c, wall: w }, Figures { cpu, wall }) = (cold, warm);
    print(&format!("{name:<34} {per_row:>8.1}   {c:>9.2} / {w:>9.2}   {cpu:>9.2} / {wall:>9.2}"))
}

fn print(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
